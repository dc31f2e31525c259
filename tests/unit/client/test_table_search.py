"""Finding tables by what is said of them and of their columns: what is asked, and what is made of the answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapwidget.client.table_search import TableSearch, columns_found, columns_query, folded, is_told, split
from tapwidget.errors import QueryError
from tapwidget.ivoa.tapschema import Column, Schema, Table
from tapwidget.tables.votable_document import Document

DP1 = Schema("dp1", "Data Preview 1: images of seven fields")
OBJECT = Table("dp1.Object", "Objects in deep images", schema=DP1)
DIA = Table("dp1.DiaObject", "Objects in difference images", schema=DP1)
GAIA = Table('"I/355/gaiadr3"', "Gaia DR3", schema=Schema("vizier"))
SELF = Table("TAP_SCHEMA.columns", "Columns with their parallax, for all that is known")
TABLES = [OBJECT, DIA, GAIA, SELF]
ROWS = [
    ("dp1.Object", "coord_ra", "Position", "pos.eq.ra;meta.main", 1),
    ("dp1.DiaObject", "pmParallaxChi2", "Goodness of the fit", "", 0),
    ("dp1.DiaObject", "parallax", "Parallax of the fit", "pos.parallax", 1),
    ("I/355/gaiadr3", "Plx", "Absolute stellar parallax", "pos.parallax.trig", 1),
    ("I/355/gaiadr3", "pmRA", "Proper motion", "pos.pm;pos.eq.ra", 1),
    ("I/355/gaiadr3", "E(BP-RP)", "50% of the reddening", "phot.color.excess;em.opt.B;em.opt.R", 0),
    ("TAP_SCHEMA.columns", "ucd", "UCD, of a parallax say", "", 0),
    ("stars", "plx", "Parallax of a star", "", 0),
    ("gone.away", "parallax", "A table that is not listed", "", 0),
]


def document(*rows: tuple[Any, ...], overflow: bool = False) -> Document:
    names = ("table_name", "column_name", "description", "ucd", "principal")
    arrays = tuple(np.array(values, object) for values in zip(*rows, strict=True)) if rows else ((),) * 5
    columns = tuple(Column(name, "char", "*") for name in names)
    status = "OVERFLOW" if overflow else "OK"
    return Document(columns, arrays, (None,) * 5, query_status=status, nrows=len(rows))


class Shelf:
    """The tables, and a service that answers every question about columns with all of them."""

    def __init__(self, *tables: Table, refuses: str = "nothing", overflow: bool = False) -> None:
        self._tables, self.refuses, self.overflow = list(tables) or TABLES, refuses, overflow
        self.asked: list[str] = []

    def tables(self) -> list[Table]:
        return self._tables

    def ask(self, adql: str, maxrec: int) -> Document:
        assert maxrec == 5000
        self.asked.append(adql)
        if self.refuses in adql:
            raise QueryError(f"{self.refuses} is not known here.")
        return document(*ROWS, overflow=self.overflow)

    def search(self) -> TableSearch:
        return TableSearch(self, self.ask)


def found(search: TableSearch, text: str) -> dict[str, list[str]]:
    return {each.table.name: [column.name for column in each.columns] for each in search.find(text).tables}


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("parallax", {"dp1.DiaObject": ["parallax", "pmParallaxChi2"], GAIA.name: ["Plx"]}),
        ("PROPER motion", {GAIA.name: ["pmRA"]}),
        ("pos.eq.ra", {"dp1.Object": ["coord_ra"], GAIA.name: ["pmRA"]}),
        ("phot.color.excess;em.opt.R", {GAIA.name: ["E(BP-RP)"]}),
        ("gaiadr3 parallax", {GAIA.name: ["Plx"]}),
        ("dp1 parallax", {"dp1.DiaObject": ["parallax", "pmParallaxChi2"]}),
        ("preview", {"dp1.Object": [], "dp1.DiaObject": []}),
        ("vizier", {GAIA.name: []}),
        ("difference images", {"dp1.DiaObject": []}),
        ("data preview parallax", {"dp1.DiaObject": ["parallax", "pmParallaxChi2"]}),
        ("50%", {GAIA.name: ["E(BP-RP)"]}),
        ("5_%", {}),
        ("c_ra", {}),
        ("d_ra", {"dp1.Object": ["coord_ra"]}),
        ("", {"dp1.Object": [], "dp1.DiaObject": [], GAIA.name: []}),
    ],
)
def test_tables_are_found_by_what_is_said_of_them_or_of_their_columns(text: str, tables: dict[str, list[str]]) -> None:
    assert found(Shelf().search(), text) == tables


def test_what_is_said_of_a_table_comes_before_its_columns() -> None:
    told = Table("dp1.Astrometry", "Parallax and proper motion", schema=DP1)
    search = Shelf(DIA, told).search()
    assert list(found(search, "parallax")) == ["dp1.Astrometry", "dp1.DiaObject"]


def test_a_service_may_name_a_table_without_its_schema() -> None:
    assert found(Shelf(Table("main.stars")).search(), "parallax") == {"main.stars": ["plx"]}
    assert found(Shelf(Table("main.stars"), Table("other.stars")).search(), "parallax") == {}, "either could be meant"


def test_each_question_is_asked_once_and_nothing_is_asked_without_words() -> None:
    shelf = Shelf()
    search = shelf.search()
    for _ in range(2):
        search.find("parallax  error")
        search.find(" ")
    assert len(shelf.asked) == 1
    for number in range(40):
        search.find(f"word{number}")
    search.find("parallax error")
    assert len(shelf.asked) == 42, "old answers are let go"


def test_that_more_columns_match_is_told() -> None:
    assert not Shelf().search().find("parallax").overflow
    assert Shelf(overflow=True).search().find("parallax").overflow


def test_the_query_seeks_each_word_everywhere_in_a_column() -> None:
    assert columns_query(["Parallax"]) == (
        "SELECT * FROM TAP_SCHEMA.columns WHERE (LOWER(column_name) LIKE '%parallax%' "
        "OR LOWER(description) LIKE '%parallax%' OR LOWER(ucd) LIKE '%parallax%')"
    )
    one, two = (
        f"LOWER(column_name) LIKE '%{w}%' OR LOWER(description) LIKE '%{w}%' OR LOWER(ucd) LIKE '%{w}%'"
        for w in ("proper", "motion")
    )
    assert columns_query(["proper", "motion"]) == (
        f"SELECT * FROM TAP_SCHEMA.columns WHERE ({one} OR {two}) "
        f"AND ({one} OR LOWER(table_name) LIKE '%proper%') AND ({two} OR LOWER(table_name) LIKE '%motion%')"
    )


def test_tables_of_which_a_word_is_said_are_named() -> None:
    asked = columns_query(["gaia", "parallax"], [['"I/355/o\'x"', "main.gaia"], []])
    assert """OR table_name IN ('"I/355/o''x"', 'main.gaia', 'I/355/o''x', 'gaia')) AND""" in asked
    assert asked.count(" IN ") == 1
    assert " IN " not in columns_query(["gaia", "parallax"], [["a.b"] * 51, []])
    assert " IN " not in columns_query(["gaia"], [["a.b"]])


def test_signs_that_mean_something_in_a_pattern_or_a_text_mean_nothing() -> None:
    asked = columns_query(["o'clock\\", "50%", "flüx"])
    assert "'%o_clock_%'" in asked
    assert "'%50_%'" in asked
    assert "'%fl_x%'" in asked
    assert asked.count("'") % 2 == 0


def test_a_service_without_lower_is_asked_for_the_usual_ways_to_write_a_word() -> None:
    shelf = Shelf(refuses="LOWER")
    search = shelf.search()
    answer = search.find("pmRA")
    assert [each.table.name for each in answer.tables] == [GAIA.name]
    assert answer.minds_case
    assert all(f"column_name LIKE '%{word}%'" in shelf.asked[1] for word in ("pmRA", "pmra", "Pmra", "PMRA"))
    search.find("parallax")
    assert len(shelf.asked) == 3, "it was asked again for what it had refused"
    assert not Shelf().search().find("pmRA").minds_case


def test_a_service_that_says_nothing_of_columns_is_told() -> None:
    search = Shelf(refuses="TAP_SCHEMA").search()
    for _ in range(2):
        with pytest.raises(QueryError, match="TAP_SCHEMA is not known here"):
            search.find("parallax")


def test_columns_of_a_vosi_document_are_searched_here() -> None:
    full = Table("main.stars", columns=(Column("plx", "double", ucd="pos.parallax"), Column("id", "long")))
    shelf = Shelf(full, Table("main.empty"))
    assert found(shelf.search(), "parallax") == {"main.stars": ["plx"]}
    assert shelf.asked == []


def test_words_are_compared_without_case() -> None:
    assert split(" Phot.mag;em.opt.R; plx plx") == ("Phot.mag", "em.opt.R", "plx")
    assert folded(["PLX", "plx"]) == ("plx",)
    assert is_told(OBJECT, folded(["DP1", "Deep", "SEVEN"]))
    assert not columns_found([(OBJECT, Column("ra", "double"))], ["dp1"]), "the table's words alone say nothing of it"
