"""Chance matches by experiment: the upload's positions moved aside by up to an arcminute, and matched again.

Moved, no row can meet its own counterpart, but the target is as dense there as it was before. Copies go to several
directions, each with its opposite, so that a slope of the density cancels; a random part of the rows is enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from astropy.coordinates import offset_by
from numpy.typing import NDArray

from tapwidget.errors import MatchError, ResultError
from tapwidget.match.chance import Chance
from tapwidget.match.pairs import separation_arcsec
from tapwidget.match.plan import Plan
from tapwidget.match.spec import IdentifierMatch, SkyMatch

Floats = NDArray[np.float64]

ROWS = 20_000  # positions of all copies together: a small job, and good for a few percent in most fields
COPIES = (8, 32)  # directions, at least and at most
NEAREST_SHIFT, FURTHEST_SHIFT = 6.0, 60.0  # arcsec, unless the radius asks for more
SURE = 3.0  # standard errors that make a trend
FIELD = 50  # rows that make a field
REACH = 2.0  # of the radius: four times the pairs, and chance pairs grow with the area


class Submitter(Protocol):
    """A TAP service, as far as the experiment needs it."""

    @property
    def url(self) -> str: ...

    def plan(self, match: Any, table: Any) -> Plan: ...
    def submit(
        self, query: Any, table: Any = None, *, uploads: Mapping[str, Any], maxrec: int | None = None
    ) -> Any: ...


@dataclass(frozen=True, eq=False)
class ShiftedCopy:
    """The experiment, ready to be sent: `adql` with `uploads`; `finish` makes the rate of its answer.

    `distances` are those of the copies (arcsec), `copy` tells of each shifted row which one it belongs to.
    """

    adql: str
    uploads: dict[str, Any]
    maxrec: int | None
    plan: Plan
    rows: int
    reach: float
    distances: Floats
    copy: NDArray[np.int64]
    loss: float

    def submit(self, service: Submitter) -> Any:
        """Send it; returns the job."""
        return service.submit(self.adql, uploads=self.uploads, maxrec=self.maxrec)

    def finish(self, raw: Any) -> Chance:
        """The rate of chance pairs, from the service's answer.

        Raises
        ------
        ResultError
            If the service cut the answer, or it does not belong to this query.
        """
        if raw.meta.get("overflow"):
            raise ResultError(
                "The service cut the answer to the shifted copy at its row limit, so its pairs cannot be counted. "
                "Ask for fewer: a smaller radius, or fewer rows (rows=)."
            )
        position = self.plan.query.position
        uploaded, where = next(iter(self.uploads.values())), self.plan.upload.position
        if position is None or where is None:
            raise ResultError("The query has no positions, so there are no chance matches to count.")
        rows = np.asarray(self._of(raw, self.plan.query.row), dtype=np.int64)
        if np.any((rows < 0) | (rows >= len(uploaded))):
            raise ResultError("The answer names rows that the shifted copy does not have. Try it once more.")
        ours = [np.asarray(uploaded[name], dtype=np.float64)[rows] for name in where]
        separation = separation_arcsec(*ours, *(self._of(raw, name) for name in position))
        rows = rows[separation <= self.reach]
        return self._rate(np.bincount(rows, minlength=len(uploaded)))

    def _rate(self, counts: NDArray[np.int64]) -> Chance:
        area, copies = math.pi * self.reach**2, len(self.distances)
        per_copy = np.bincount(self.copy, minlength=copies)
        in_copy = np.bincount(self.copy, weights=counts, minlength=copies) / per_copy
        notes, used = [], np.ones(copies, dtype=bool)
        is_least = _thins_out(self.distances, in_copy, per_copy)
        if is_least:
            # The nearest copies know best how dense it is; they do not know how dense it is right there.
            used = self.distances <= np.median(self.distances)
            notes.append(
                "The target is clumped: the less far a copy was moved, the more it met. Around your own positions "
                "there may be more still, objects that belong to the same group. The widest separations count these, "
                "too: match with a radius several times the errors of the positions."
            )
        if self.loss > 0.02:
            notes.append(
                f"The positions were moved by {self.distances.min():.0f} to {self.distances.max():.0f} arcsec, much in "
                f"so small a field: up to {100 * min(self.loss, 1):.0f} % of them may have left it, so there may be "
                "that many more chance matches."
            )
        counts, in_copy = counts[used[self.copy]], in_copy[used]
        counted, mean = int(counts.sum()), float(counts.mean())
        # A clump of the target gives pairs to many rows at once: then the copies differ by more than Poisson says.
        scatter = float(in_copy.std(ddof=1)) / math.sqrt(len(in_copy))
        poisson = math.sqrt(counted) / len(counts) if counted else 1.15 / len(counts)
        clumping = max(0.0, (float(counts.var()) - mean) / mean**2) if counted >= 10 else 0.0
        return Chance(
            density=mean / area,
            error=math.hypot(max(scatter, poisson), self.loss / 2 * mean) / area,
            rows=self.rows,
            counted=counted,
            method="shifted copy",
            reach=self.reach,
            is_least=is_least,
            clumping=clumping,
            notes=tuple(notes),
        )

    def _of(self, raw: Any, name: str) -> Any:
        """A column of the answer, by its name, else by its place in the select list."""
        if name in raw.colnames:
            return raw[name]
        names = [column.name for column in self.plan.query.columns]
        if len(raw.colnames) != len(names):
            raise ResultError(f"The answer to the shifted copy lacks the column {name!r}. Try it once more.")
        return raw[raw.colnames[names.index(name)]]


def shifted_copy(
    match: SkyMatch | IdentifierMatch,
    service: Submitter,
    table: Any,
    *,
    rows: int = ROWS,
    distance: float | None = None,
    seed: int = 0,
) -> ShiftedCopy:
    """Get the experiment for `match` ready: nothing is sent yet.

    Parameters
    ----------
    rows : int
        How many positions travel in all, drawn at random.
    distance : float, optional
        By how many arcsec the nearest copy is moved; the furthest goes ten times as far. By default 6, or three times
        what is searched.
    seed : int
        Of the random choice: the same rows and directions each time.

    Raises
    ------
    MatchError
        For a match that is not by position with one radius for all rows.
    """
    if not isinstance(match, SkyMatch) or match.row_radius is not None:
        raise MatchError("Chance matches can be measured for a match by position with one radius for all rows.")
    radius = match.radius_deg * 3600
    reach = REACH * radius if REACH * radius <= 600 else radius
    distance = max(NEAREST_SHIFT, 3 * reach) if distance is None else float(distance)
    if distance <= reach + radius:
        raise MatchError(f"Moved by {distance:g} arcsec a row could still meet its own counterpart; move it further.")
    wide = replace(match, radius=reach, find="all", neighbours=1, unmatched="drop", columns=())
    try:
        position = service.plan(wide, table).query.position
    except MatchError:
        # Some services join an upload within a certain radius only; with the match's own, they do or say why not.
        reach, wide = radius, replace(wide, radius=radius)
        position = service.plan(wide, table).query.position
    plan = service.plan(replace(wide, columns=position or ()), table)
    if plan.upload.position is None:
        raise MatchError("The upload has no positions that could be moved.")
    ra, dec = (np.asarray(plan.upload.table[name], dtype=np.float64) for name in plan.upload.position)
    random = np.random.default_rng(seed)
    copies = int(np.clip(2 * (rows // (2 * len(ra))), *COPIES))
    distances, angles = _moves(copies, distance, random)
    each = max(1, min(len(ra), rows // copies))
    chosen = np.concatenate([np.sort(random.choice(len(ra), each, replace=False)) for _ in range(copies)])
    copy = np.repeat(np.arange(copies), each)
    upload = plan.upload.table[chosen]
    lon, lat = offset_by(
        np.radians(ra[chosen]), np.radians(dec[chosen]), np.radians(angles[copy]), np.radians(distances[copy] / 3600)
    )
    upload[plan.upload.position[0]] = lon.to_value("deg") % 360
    upload[plan.upload.position[1]] = lat.to_value("deg")
    upload[plan.upload.row_column] = np.arange(len(upload), dtype=np.int64)
    # Of so few rows one cannot tell what the field is.
    loss = 2 * float(distances.mean()) / (math.pi * _extent(ra, dec)) if len(ra) >= FIELD else 0.0
    return ShiftedCopy(plan.adql, {match.upload: upload}, plan.maxrec, plan, len(ra), reach, distances, copy, loss)


def measure(match: SkyMatch | IdentifierMatch, service: Submitter, table: Any, **options: Any) -> Chance:
    """Do the experiment: send it, wait, count. `options` are those of `shifted_copy`."""
    copy = shifted_copy(match, service, table, **options)
    return copy.finish(copy.submit(service).result())


def _thins_out(distances: Floats, in_copy: Floats, per_copy: NDArray[np.int64]) -> bool:
    """Whether copies meet fewer the further they were moved: a straight line in the logarithm of the distance."""
    x = np.log(distances) - np.log(distances).mean()
    slope = float((x * in_copy).sum() / (x**2).sum())
    line = in_copy.mean() + slope * x
    scatter = float(np.square(in_copy - line).sum()) / max(len(x) - 2, 1)
    variance = max(scatter, float(in_copy.mean()) / float(per_copy.mean()))
    return slope < -SURE * math.sqrt(variance / float((x**2).sum()))


def _moves(copies: int, distance: float, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Distances (arcsec) and position angles (deg): evenly all round, each with its opposite as far away."""
    half = copies // 2
    far = distance * (FURTHEST_SHIFT / NEAREST_SHIFT) ** (np.arange(half) / max(half - 1, 1))
    random.shuffle(far)
    angles = 180 * (np.arange(half) + random.random()) / half
    return np.concatenate([far, far]), np.concatenate([angles, angles + 180])


def _extent(ra: Floats, dec: Floats) -> float:
    """The radius (arcsec) of a disc over which positions would be spread as these are; of a whole sky, much."""
    lon, lat = np.radians(ra), np.radians(dec)
    xyz = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    spread = float(np.sqrt(np.square(xyz - xyz.mean(axis=1, keepdims=True)).sum(axis=0).mean()))
    return max(math.sqrt(2) * math.degrees(spread) * 3600, 1e-3)
