"""How an upload is divided when it is more than a service takes: into compact pieces of the sky, each one job.

A piece that is compact asks the service for few of its partitions. It is found by cutting the points on the unit sphere
in two along their longest extent, again and again: no pole and no zero of right ascension is special to that.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from tapwidget.client.ledger import PartRecord
from tapwidget.errors import MatchError, UploadError
from tapwidget.ivoa.limits import CAREFUL_UPLOAD_BYTES, Limits
from tapwidget.tables.preflight import Upload
from tapwidget.tables.votable import to_votable

if TYPE_CHECKING:
    from tapwidget.client.job import Job

ROW = np.int32  # more rows than that hold are no upload
Rows = NDArray[np.int32]
Points = NDArray[np.float32]

SAMPLE = 1000
# Rows whose points are made in one go.
BLOCK = 2**16
# Of the limit that a piece is made to fill: texts differ in length, and the form around the upload counts too.
FILL = 0.95
# From this fraction of a limit on, or from this size where no limit is told, a service may find an upload too large
# that we find small enough: Rubin's measures the table as it wrote it anew, which takes more room than BINARY2.
DOUBTFUL = 0.25
DOUBTFUL_BYTES = 2**20
MOST_PARTS = 500
LABEL = re.compile(r"-\d+of\d+(?:-[ab]+)?$")
TRIES = 3


@dataclass(eq=False)
class Part:
    """Some rows of an upload (their places in it) and the job that matches them, once there is one.

    `label` tells the part in the service's lists, as "03of12", or "03of12-ab" once it was halved twice. `tries` is how
    often it may still fail; `since` when trouble with it began that may pass; `url` its job's, which another kernel may
    have made.
    """

    rows: Rows
    label: str
    tries: int = TRIES
    job: Job | None = None
    since: float | None = None
    url: str = ""

    @cached_property
    def digest(self) -> str:
        """Of the rows: by it one is sure that a part found again is the same."""
        return hashlib.sha256(self.rows.astype("<i8").tobytes()).hexdigest()[:32]

    @property
    def descent(self) -> Iterator[str]:
        """Its label, and those of all the parts of which it is a half."""
        first, dash, halvings = self.label.partition("-")
        yield first
        yield from (first + dash + halvings[: n + 1] for n in range(len(halvings)))

    @property
    def is_divisible(self) -> bool:
        return len(self.rows) > 1


class Division:
    """The rows of one upload, and how they are divided: by place on the sky, or in order where there is none."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._length = len(upload.table)

    def parts(self, number: int) -> list[Part]:
        """All rows in so many parts of equal size, none of them empty."""
        pieces = list(self._pieces(np.arange(self._length, dtype=ROW), min(number, self._length)))
        width = max(2, len(str(len(pieces))))
        return [Part(rows, f"{at:0{width}d}of{len(pieces):0{width}d}") for at, rows in enumerate(pieces, 1)]

    def halves(self, part: Part) -> list[Part]:
        """A part in two, not yet sent."""
        mark = part.label if "-" in part.label else f"{part.label}-"
        return [
            replace(part, rows=rows, label=mark + letter, job=None, since=None, url="")
            for rows, letter in zip(self._pieces(part.rows, 2), "ab", strict=True)
        ]

    def again(self, known: Sequence[PartRecord]) -> list[Part]:
        """The parts as they were in another kernel.

        Raises
        ------
        MatchError
            If the upload is divided in another way now.
        """
        first = known[0].label.partition("-")[0]
        whole = {part.label: part for part in self.parts(int(first.partition("of")[2]))}
        found = []
        for record in known:
            label, _, halvings = record.label.partition("-")
            part = whole.get(label)
            for letter in halvings if part is not None else "":
                part = self.halves(part)["ab".index(letter)] if part is not None and part.is_divisible else None
            if part is None or part.digest != record.digest:
                raise MatchError("the upload is divided in another way now: tapwidget or numpy has changed since")
            part.url = record.url
            found.append(part)
        if sum(len(part.rows) for part in found) != self._length:
            raise MatchError("the ledger does not have all the parts")
        return found

    def _pieces(self, rows: Rows, number: int) -> Iterator[Rows]:
        """The rows, which are in rising order, in `number` pieces of which each is too."""
        if self._upload.position is None:
            yield from np.array_split(rows, number)
            return
        left = [(rows, number)]
        while left:
            here, many = left.pop()
            if many <= 1:
                yield here
                continue
            few = many // 2
            first, second = self._cut(here, len(here) * few // many)
            left += [(second, many - few), (first, few)]

    def _cut(self, rows: Rows, cut: int) -> tuple[Rows, Rows]:
        """The first `cut` of the rows along the longest extent of their points, and the others; both in rising order.

        Of the points there is never more than one axis: all of them would take half as much memory as the upload.
        """
        least, most = np.full(3, np.inf), np.full(3, -np.inf)
        for _, here in self._points(rows):
            least, most = np.minimum(least, here.min(axis=1)), np.maximum(most, here.max(axis=1))
        axis = int(np.argmax(most - least))
        along = np.empty(len(rows), dtype=np.float32)
        for block, here in self._points(rows):
            along[block] = here[axis]
        edge = np.partition(along, cut)[cut]
        is_first = along < edge
        # Of those at the very edge as many as are wanting, the first ones.
        wanting = cut - np.count_nonzero(is_first)
        is_first[np.flatnonzero(along == edge)[:wanting]] = True
        return rows[is_first], rows[~is_first]

    def _points(self, rows: Rows) -> Iterator[tuple[slice, Points]]:
        """The points of the rows, some at a time."""
        assert self._upload.position is not None
        ra, dec = (np.asarray(self._upload.table[name]) for name in self._upload.position)
        for low in range(0, len(rows), BLOCK):
            block = slice(low, low + BLOCK)
            yield block, points(ra[rows[block]], dec[rows[block]])


def points(ra: NDArray[np.float64], dec: NDArray[np.float64]) -> Points:
    """Positions (ICRS, deg) as points on the unit sphere, shape (3, n)."""
    lon, lat = (np.radians(np.asarray(angle, dtype=np.float32)) for angle in (ra, dec))
    across = np.cos(lat)
    return np.stack((np.cos(lon) * across, np.sin(lon) * across, np.sin(lat)))


def parts_needed(table: Table, limits: Limits) -> int:
    """In how many parts an upload goes: 0 if one plain job will do, 1 if that job may prove to be too large.

    Raises
    ------
    UploadError
        If it would be more than `MOST_PARTS`.
    """
    rows = len(table)
    head, each = measured(table)
    size = head + each * rows
    number = 1
    if limits.upload_rows:
        number = max(number, -(-rows // limits.upload_rows))
    if size > limits.careful_upload_bytes:
        room = max(each, FILL * limits.careful_upload_bytes - head)
        number = max(number, math.ceil(each * rows / room))
    if number > MOST_PARTS:
        raise UploadError(
            f"The upload has {rows:,} rows, about {size / 2**20:.0f} MiB: with what the service takes at once, it "
            f"would need {number:,} jobs; tapwidget sends at most {MOST_PARTS}. Match a part of the table at a time."
        )
    return number if number > 1 or is_doubtful(size, limits) else 0


def is_doubtful(size: int | float, limits: Limits) -> bool:
    """Whether a service may find an upload of so many bytes too large, though it is within the limit as it stands."""
    return size > (DOUBTFUL_BYTES if limits.upload_bytes is None else DOUBTFUL * limits.upload_bytes)


def estimated_size(table: Table) -> int:
    """Bytes of an upload in BINARY2, from a sample of its rows."""
    head, each = measured(table)
    return head + round(each * len(table))


def measured(table: Table) -> tuple[int, float]:
    """Bytes of an upload in BINARY2: of its head, and of each row, from a sample of them."""
    sample = table[np.linspace(0, len(table) - 1, min(SAMPLE, len(table))).astype(np.intp)]
    head = len(to_votable(sample[:0]))
    return head, (len(to_votable(sample)) - head) / len(sample)


def is_part(run_id: str) -> bool:
    """Whether a job with this run_id is one of several of a match."""
    return LABEL.search(run_id) is not None


def run_id_of_whole(run_id: str) -> str:
    """What the run_ids of all parts of a match begin with; the run_id itself where it is no part's."""
    return LABEL.sub("", run_id)


TOLD = "The upload is more than the service takes at once"
CAREFUL = (
    "The service sets no limit to the bytes of an upload, and may have one all the same, so no more than "
    f"{CAREFUL_UPLOAD_BYTES // 2**20} MiB go at once"
)
FOUND_OUT = "The service did not take the upload, or not give the whole answer, in one job"


def why_in_parts(number: int, rows: int, limits: Limits) -> str:
    """Why an upload of so many rows goes in so many parts, or may yet."""
    if number <= 1:
        return FOUND_OUT
    is_told = limits.upload_bytes is not None or (limits.upload_rows is not None and rows > limits.upload_rows)
    return TOLD if is_told else CAREFUL


def in_words(number: int, why: str = TOLD) -> str:
    """The sentence for the list of changes."""
    return f"{why}: it goes in {number} parts, each a job of its own."
