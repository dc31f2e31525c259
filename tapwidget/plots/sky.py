"""Positions on the sky made flat: an equal-area projection about a centre, and its grid of RA and declination.

Lambert's zenithal equal-area projection (ZEA; Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.7): over a field of
some degrees as good as the tangent plane, and unlike that it holds the whole sky. No pole and no RA of 0 is special.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Extent = tuple[float, float, float, float]  # left, right, bottom, top

DRAWN = 3000  # points in one picture: more are no longer told apart, and make a page slow and a file large
ENOUGH, STEPS_TO_CENTRE = 2000, 500  # positions that the centre of a cone is found by, and steps to it
UNITS = (("deg", 1.0), ("arcmin", 60.0), ("arcsec", 3600.0))
SMALLEST = 1.0 / 3600.0  # deg; a single point gets a field this wide
STEPS = (
    0.0001,
    0.0002,
    0.0005,
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    45.0,
)


@dataclass(frozen=True)
class Projection:
    """About the centre `ra`, `dec` (deg). x grows to the west, so that on a page right ascension grows to the left."""

    ra: float
    dec: float

    def plane(self, ra: Floats, dec: Floats) -> tuple[Floats, Floats]:
        """x (west) and y (north) in degrees; NaN for NaN. The point opposite, which is the whole rim, is due north."""
        d_ra, lat, lat0 = np.radians(ra - self.ra), np.radians(dec), math.radians(self.dec)
        cos_lat, sin_lat, cos_ra = np.cos(lat), np.sin(lat), np.cos(d_ra)
        cos_c = math.sin(lat0) * sin_lat + math.cos(lat0) * cos_lat * cos_ra
        scale = np.degrees(np.sqrt(2 / np.maximum(1 + cos_c, 1e-12)))
        west = -scale * cos_lat * np.sin(d_ra)
        north = scale * (math.cos(lat0) * sin_lat - math.sin(lat0) * cos_lat * cos_ra)
        opposite = 1 + cos_c < 1e-12
        return np.where(opposite, 0.0, west), np.where(opposite, math.degrees(2), north)

    def sphere(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """The other way: right ascension less the centre's (-180 to 180 deg), and declination. NaN off the sky."""
        east, north, lat0 = -np.radians(x), np.radians(y), math.radians(self.dec)
        rho = np.hypot(east, north)
        rho = np.where(rho > 2, np.nan, rho)
        c = 2 * np.arcsin(rho / 2)
        sin_c = np.where(rho == 0, 1.0, np.sin(c) / np.where(rho == 0, 1.0, rho))  # over rho
        lat = np.arcsin(np.clip(np.cos(c) * math.sin(lat0) + north * sin_c * math.cos(lat0), -1, 1))
        d_ra = np.arctan2(east * sin_c, np.cos(c) * math.cos(lat0) - north * sin_c * math.sin(lat0))
        return np.degrees(d_ra), np.degrees(lat)


def about(ra: Floats, dec: Floats) -> Projection:
    """The projection about the middle of these positions (deg), wherever RA 0 and the poles are."""
    there = ~(np.isnan(ra) | np.isnan(dec))
    if not there.any():
        return Projection(0.0, 0.0)
    lon, lat = np.radians(ra[there]), np.radians(dec[there])
    x, y, z = (np.cos(lat) * np.cos(lon)).mean(), (np.cos(lat) * np.sin(lon)).mean(), np.sin(lat).mean()
    if math.hypot(x, y, z) < 0.1:  # all round the sky
        return Projection(0.0, 0.0)
    return Projection(math.degrees(math.atan2(y, x)) % 360, math.degrees(math.atan2(z, math.hypot(x, y))))


def field(x: Floats, y: Floats, *, aspect: float = 1.0) -> Extent:
    """Left, right, bottom, top of a field with these points inside, `aspect` times as wide as high."""
    there = ~(np.isnan(x) | np.isnan(y))
    if not there.any():
        return (-aspect, aspect, -1.0, 1.0)
    x, y = x[there], y[there]
    middle_x, middle_y = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    half = 1.06 * max((x.max() - x.min()) / 2 / aspect, (y.max() - y.min()) / 2, SMALLEST / 2)
    return (
        float(middle_x - half * aspect), float(middle_x + half * aspect), float(middle_y - half), float(middle_y + half)
    )  # fmt: skip


class Cone(NamedTuple):
    """A circle on the sky: the positions within `radius` of `ra`, `dec`; all in degrees, ICRS."""

    ra: float
    dec: float
    radius: float

    def outline(self, projection: Projection) -> tuple[Floats, Floats]:
        """Its edge in the plane, closed."""
        there = Projection(self.ra, self.dec)
        angle, far = np.linspace(0, 2 * np.pi, 181), np.degrees(2 * np.sin(np.radians(self.radius) / 2))
        d_ra, dec = there.sphere(far * np.cos(angle), far * np.sin(angle))
        return projection.plane(self.ra + d_ra, dec)

    def __str__(self) -> str:
        """Its radius with a unit that suits it: 1.5 deg, 30.1 arcmin, 12 arcsec."""
        unit, scale = next((one for one in UNITS if self.radius * one[1] >= 1), UNITS[-1])
        return f"{self.radius * scale:.3g} {unit}"


def cone_around(ra: Floats, dec: Floats) -> Cone | None:
    """A circle with all these positions (deg) inside and hardly larger than it must be.

    None where they are all the same, or fill more than half of the sky.
    """
    there = ~(np.isnan(ra) | np.isnan(dec))
    ra, dec = ra[there], dec[there]
    if not len(ra):
        return None
    middle = about(ra, dec)
    x, y = middle.plane(ra, dec)
    some = np.union1d(sample(len(x), ENOUGH), [np.argmax(a * x + b * y) for a in (-1, 0, 1) for b in (-1, 0, 1)])
    at_x = at_y = 0.0
    # Badoiu & Clarkson 2003 (SODA '03, p. 801), section 2: ever smaller steps to what is farthest away.
    for step in range(2, STEPS_TO_CENTRE):
        far = some[np.argmax((x[some] - at_x) ** 2 + (y[some] - at_y) ** 2)]
        at_x, at_y = at_x + (x[far] - at_x) / step, at_y + (y[far] - at_y) / step
    d_ra, centre = (float(value[0]) for value in middle.sphere(np.array([at_x]), np.array([at_y])))
    at = Projection((middle.ra + d_ra) % 360, centre)
    farthest = float(np.max(np.hypot(*at.plane(ra, dec)), initial=0.0))  # the chord, by an equal-area projection
    radius = math.degrees(2 * math.asin(min(math.radians(farthest) / 2, 1.0)))
    return Cone(at.ra, at.dec, radius) if 1e-9 < radius <= 90 else None


@dataclass(frozen=True)
class Grid:
    """Lines of constant RA and Dec (x, y; NaN between them), and where they meet the lower and the left edge.

    `ra_step` and `dec_step` (deg) are between the lines; a tick is a place along the edge and its label.
    """

    x: Floats
    y: Floats
    ra_ticks: tuple[tuple[float, str], ...]
    dec_ticks: tuple[tuple[float, str], ...]
    ra_step: float
    dec_step: float


def grid(projection: Projection, extent: Extent, *, about_lines: int = 5) -> Grid:
    """Round values of RA and Dec through a field."""
    left, right, bottom, top = extent
    ra_range, dec_range = _ranges(projection, extent)
    ra_step = _step(ra_range[1] - ra_range[0], about_lines)
    dec_step = _step(dec_range[1] - dec_range[0], about_lines)
    fine = np.linspace(0.0, 1.0, 61)
    meridian = dec_range[0] + (dec_range[1] - dec_range[0]) * fine
    parallel = projection.ra + ra_range[0] + (ra_range[1] - ra_range[0]) * fine
    lines: list[tuple[Floats, Floats]] = []
    ra_ticks: list[tuple[float, str]] = []
    dec_ticks: list[tuple[float, str]] = []
    for ra in _multiples(projection.ra + ra_range[0], projection.ra + ra_range[1], ra_step):
        x, y = projection.plane(np.full_like(meridian, ra), meridian)
        lines.append((x, y))
        ra_ticks += [
            (place, _degrees(ra % 360, ra_step)) for place in _crossing(y, x, bottom) if left <= place <= right
        ]
    for dec in _multiples(max(dec_range[0], -90 + dec_step / 2), min(dec_range[1], 90 - dec_step / 2), dec_step):
        x, y = projection.plane(parallel, np.full_like(parallel, dec))
        lines.append((x, y))
        dec_ticks += [(place, _degrees(dec, dec_step)) for place in _crossing(x, y, left) if bottom <= place <= top]
    gap = np.array([np.nan])
    xs = [piece for x, _y in lines for piece in (x, gap)][:-1] or [gap]
    ys = [piece for _x, y in lines for piece in (y, gap)][:-1] or [gap]
    return Grid(np.concatenate(xs), np.concatenate(ys), tuple(ra_ticks), tuple(dec_ticks), ra_step, dec_step)


def _ranges(projection: Projection, extent: Extent) -> tuple[tuple[float, float], tuple[float, float]]:
    """Which RA (less the centre's) and Dec a field covers, by walking round its border."""
    left, right, bottom, top = extent
    across, up = np.linspace(left, right, 41), np.linspace(bottom, top, 41)
    x = np.concatenate([across, across, np.full(41, left), np.full(41, right)])
    y = np.concatenate([np.full(41, bottom), np.full(41, top), up, up])
    d_ra, dec = projection.sphere(x, y)
    if np.isnan(d_ra).any():  # beyond the edge of the sky: all of it is in
        return (-180.0, 180.0), (-90.0, 90.0)
    ra_range, dec_range = (float(d_ra.min()), float(d_ra.max())), (float(dec.min()), float(dec.max()))
    for pole in (-90.0, 90.0):
        px, py = projection.plane(np.array([projection.ra]), np.array([pole]))
        if left <= px[0] <= right and bottom <= py[0] <= top:
            ra_range, dec_range = (-180.0, 180.0), (min(dec_range[0], pole), max(dec_range[1], pole))
    return ra_range, dec_range


def thin(kinds: NDArray[np.integer], limit: int) -> NDArray[np.intp]:
    """Rows to draw where there are more than `limit`: an even sample of each kind, and none of the rare kinds lost.

    Kinds are 0, 1, 2 ... The same rows each time. A kind gets its share of `limit`, but at least a tenth of it or all
    it has: a rare one is drawn more often than its share, see `are_even`.
    """
    if len(kinds) <= limit:
        return np.arange(len(kinds))
    random = np.random.default_rng(0)
    chosen = []
    counts = np.bincount(kinds)  # not np.unique, which sorts
    for value in np.flatnonzero(counts):
        count = counts[value]
        share = min(int(count), max(limit // 10, int(limit * count / len(kinds))))
        rows = np.flatnonzero(kinds == value)
        chosen.append(rows if share == count else np.sort(random.choice(rows, share, replace=False)))
    return np.sort(np.concatenate(chosen))


def are_even(kinds: NDArray[np.integer], limit: int) -> bool:
    """Whether of no kind more than its share is among the rows of `thin`."""
    counts = np.bincount(kinds)
    return len(kinds) <= limit or bool(np.all(counts * limit >= np.minimum(counts, limit // 10) * len(kinds)))


def sample(number: int, limit: int) -> NDArray[np.intp]:
    """Places of an even sample of so many rows, rising, and the same each time; of all of them where they are few."""
    if number <= limit:
        return np.arange(number)
    return np.sort(np.random.default_rng(0).choice(number, limit, replace=False))


def _step(span: float, about_lines: int) -> float:
    rough = max(span, SMALLEST) / about_lines
    return min(STEPS, key=lambda step: abs(math.log(step / rough)))


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if (last - first) * step >= 360:  # the circle is closed: its last line is its first
        last = first + round(360 / step) - 1
    return [number * step for number in range(first, last + 1)]


def _crossing(along: Floats, across: Floats, level: float) -> list[float]:
    """Where a line first passes `level` in one coordinate: its other coordinate there; none if it does not."""
    before, after = along[:-1] - level, along[1:] - level
    found = np.flatnonzero((before <= 0) != (after <= 0))
    share = before[found] / (before[found] - after[found])
    places: list[float] = (across[:-1][found] + share * (across[1:][found] - across[:-1][found])).tolist()
    return places[:1]


def _degrees(value: float, step: float) -> str:
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    text = f"{value:.{digits}f}"
    return text.replace("-0", "0", 1) if float(text) == 0 else text
