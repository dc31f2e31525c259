"""Where a file keeps its positions, and how large the cells of its index should be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.server.adql.cells import real

DEGREES = frozenset({"", "deg", "degree", "degrees"})
WORDS = (("right_ascension", "declination"), ("alpha", "delta"), ("ra", "dec"), ("ra", "decl"), ("ra", "de"))
"""A column whose name has the first word is a right ascension when there is one with the second word in its place."""

NO_POSITION = re.compile("err|sig|unc|std|var|corr|(^|_)(e|pm|d|n|cov)_|^pm|^e_|rate|flag", re.I)

COARSE = 0.05
FINE = 16.0 / 3600
"""Degrees; cells of these heights tell how dense a table is, as a whole and in its clusters."""

SMALLEST, LARGEST = 3.0 / 3600, 0.2
"""Heights of stored cells, degrees."""


def positions(columns: Sequence[Column]) -> tuple[int, int] | None:
    """Places of right ascension and declination among the columns: by UCD, by the usual names, else by names with "ra"
    and "dec" in them whose unit is degrees. Only columns in degrees, or without unit, count."""
    usable = tuple(column for column in columns if column.unit.strip().lower() in DEGREES)
    names = Table("", columns=usable).position or by_words(usable)
    if names is None:
        return None
    places = {column.name: place for place, column in enumerate(columns)}
    return places[names[0]], places[names[1]]


def by_words(columns: Iterable[Column]) -> tuple[str, str] | None:
    degrees = {c.name.lower(): c.name for c in columns if c.is_number and c.unit and not NO_POSITION.search(c.name)}
    for ra, dec in WORDS:
        for name, spelt in degrees.items():
            partner = degrees.get(re.sub(rf"(?<![a-z]){ra}(?![a-z])", dec, name, count=1))
            if partner is not None and partner != spelt:
                return spelt, partner
    return None


def cell_height(con: Any, source: str, parameters: Sequence[str], ra: str, dec: str) -> float:
    """The height of cells, in degrees, that makes a cell hold an object or two where the objects are.

    Counted twice: how crowded the covered sky is, and how crowded an object has it, for it may be in a cluster.
    `source`, `ra`, `dec` are SQL, with `parameters`.
    """
    density = 0.0
    for height in (COARSE, FINE):
        cells = f"SELECT count(*) AS n FROM {source} GROUP BY tw_cell({ra}, {dec}, {real(height)})"
        counted = f"SELECT sum(n), count(*), sum(n * (n - 1)) FROM ({cells})"
        rows, occupied, pairs = con.execute(counted, list(parameters)).fetchone()
        if not rows:
            return LARGEST
        number = rows / occupied if height == COARSE else pairs / rows
        density = max(density, float(number) / height**2)
    return float(min(max((2 / density) ** 0.5, SMALLEST), LARGEST))
