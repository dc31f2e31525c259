"""AdqlText: a text area that colours ADQL, completes the service's names, and marks what cannot be right."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from tapwidget.ivoa.adql_words import RESERVED
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.match.adql_check import Problem, problems
from tapwidget.match.adql_text import quote, quote_table

STATIC = Path(__file__).parent / "static"
GEOMETRY = {
    "AREA": "AREA(region): square degrees",
    "BOX": "BOX('ICRS', ra, dec, width, height): degrees",
    "CENTROID": "CENTROID(region)",
    "CIRCLE": "CIRCLE('ICRS', ra, dec, radius): degrees",
    "CONTAINS": "CONTAINS(point, region) = 1",
    "COORD1": "COORD1(point): degrees",
    "COORD2": "COORD2(point): degrees",
    "COORDSYS": "COORDSYS(region)",
    "DISTANCE": "DISTANCE(point, point): degrees",
    "INTERSECTS": "INTERSECTS(region, region) = 1",
    "POINT": "POINT('ICRS', ra, dec): degrees",
    "POLYGON": "POLYGON('ICRS', ra1, dec1, ra2, dec2, ra3, dec3): degrees",
    "REGION": "REGION('a region in STC-S')",
}
MOST_TABLES, MOST_COLUMNS = 2000, 3000  # names that travel to the page


class AdqlText(anywidget.AnyWidget):
    """ADQL to be written by hand.

    Attributes
    ----------
    value : str
        The text.
    tables : tuple of ivoa.tapschema.Table
        Those of the service, and the uploads as TAP_UPLOAD.<name>; with columns where they are known.
    limits : ivoa.limits.Limits or None
        What the service says that it has: its functions are offered, and ADQL's geometry as far as it has that.
    found : tuple of match.adql_check.Problem
        What is wrong with the text, as far as it can be seen.
    drawn : bool
        True once a browser has drawn it; it stays False where anywidget's front end is missing.
    """

    _esm = STATIC / "adql_text.js"
    _css = STATIC / "adql_text.css"

    value = traitlets.Unicode("").tag(sync=True)
    problems = traitlets.List().tag(sync=True)
    columns = traitlets.List().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    keywords = traitlets.List(sorted(RESERVED)).tag(sync=True)
    tables = traitlets.Tuple()
    limits = traitlets.Any()
    found = traitlets.Tuple()
    drawn = traitlets.Bool(False)

    def __init__(self, value: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.on_msg(lambda _widget, content, _buffers: self._said(content))
        self._offer()
        self.value = value

    def _said(self, content: dict[str, Any]) -> None:
        if content.get("type") == "hello":
            self.drawn = True

    @traitlets.observe("value", "tables")
    def _check(self, _change: Any) -> None:
        columns = {t.name: [c.name for c in t.columns] for t in self.tables if t.columns}
        self.found = problems(self.value, tables=[t.name for t in self.tables], columns=columns)
        self.problems = [_wire(problem, self.value) for problem in self.found]

    @traitlets.observe("tables", "limits")
    def _offer(self, _change: Any = None) -> None:
        tables = [[quote_table(t.name), t.description or "table", "table", ""] for t in self.tables[:MOST_TABLES]]
        columns = [
            [quote(c.name), f"{f'{c.unit} ' if c.unit else ''}{c.description or t.name}", "column", t.name]
            for t in self.tables
            for c in t.columns
        ]
        functions = [[name, about, "function", ""] for name, about in functions_of(self.limits).items()]
        words = [[word, "", "word", ""] for word in sorted(RESERVED) if word not in GEOMETRY]
        self.columns = columns[:MOST_COLUMNS]  # apart from the rest, which need not travel again with them
        self.names = [*tables, *functions, *words]


def functions_of(limits: Limits | None) -> dict[str, str]:
    """The functions to offer, with how each is called: ADQL's geometry, and what the service has beside ADQL's own.

    A service that does not say which geometry it has is taken to have all of it.
    """
    if limits is None:
        return GEOMETRY
    there = {name.upper() for name in limits.geometry or GEOMETRY}
    signatures = limits.signatures or [("", "")] * len(limits.functions)
    own = {
        name: " · ".join(filter(None, signature)) or "function of the service"
        for name, signature in zip(limits.functions, signatures, strict=True)
    }
    return {name: about for name, about in GEOMETRY.items() if name in there} | own


def _wire(problem: Problem, adql: str) -> dict[str, Any]:
    # JavaScript counts UTF-16 units, Python characters.
    start, end = (len(adql[:at].encode("utf-16-le")) // 2 for at in (problem.start, problem.end))
    return {"start": start, "end": end, "text": problem.text, "where": problem.where(adql)}


def upload_table(name: str, columns: Iterable[str]) -> Table:
    """An upload as one of the service's tables, as far as names go."""
    own = tuple(Column(column, datatype="", description="of your table") for column in columns)
    return Table(f"TAP_UPLOAD.{name}", description="your table", columns=own)
