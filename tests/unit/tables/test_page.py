"""Sorting, filtering, slicing and formatting of a table for the screen, judged by plain Python and numpy."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import ColumnError, TableError
from tapwidget.tables.page import Pages

BIG = 648368125565216675  # a dp1 objectId: float64 cannot hold it
ALL = slice(None)


def shown(column, name="c"):
    return Pages(Table({name: column})).cells(name).shown(ALL)


def rows_passing(column, text):
    return Pages(Table({"c": column})).order(filters={"c": text}).tolist()


# What a cell shows


@pytest.mark.parametrize("value", [BIG, BIG + 1, -(2**63), 2**63 - 1])
def test_int64_is_shown_exactly(value):
    assert shown(np.array([value], dtype=np.int64)) == [str(value)]


def test_uint64_and_python_integers_are_shown_exactly():
    assert shown(np.array([2**64 - 1], dtype=np.uint64)) == [str(2**64 - 1)]
    assert shown(np.array([2**70, None], dtype=object)) == [str(2**70), None]


def test_missing_is_never_a_number():
    assert shown(MaskedColumn([1, BIG], mask=[True, False])) == [None, str(BIG)]
    assert shown(np.array([np.nan, 1.5])) == [None, "1.5"]
    assert shown(MaskedColumn([2.5, np.nan], mask=[True, False])) == [None, None]
    assert shown(MaskedColumn(["a", "b"], mask=[False, True])) == ["a", None]
    assert shown(np.array(["NaT", "2025-06-30"], dtype="datetime64[D]")) == [None, "2025-06-30"]
    assert shown(MaskedColumn([True, False], mask=[False, True])) == ["True", None]


def test_positions_magnitudes_and_separations_have_their_decimals():
    table = Table(
        {
            "ra": np.array([37.86, 359.999999949]) * u.deg,
            "sep": np.array([0.12345, 0.5]) * u.arcsec,
            "mag": [21.0, 21.98768],
            "mjd": [60000.123456789, 1.0],
            "ra32": np.array([37.86, 1], dtype="f4"),
        }
    )
    table["mag"].meta["ucd"] = "phot.mag;em.opt.r"
    table["mjd"].unit = "d"
    table["ra32"].meta["ucd"] = "pos.eq.ra;meta.main"
    pages = Pages(table)
    assert pages.cells("ra").shown(ALL) == ["37.8600000", "359.9999999"]
    assert pages.cells("sep").shown(ALL) == ["0.1235", "0.5000"]
    assert pages.cells("mag").shown(ALL) == ["21.0000", "21.9877"]
    assert pages.cells("mjd").shown(ALL)[0] == "60000.123457"
    assert pages.cells("ra32").shown(ALL) == ["37.86000", "1.00000"]


def test_other_floats_get_what_they_need():
    assert shown([1.5, 2.25]) == ["1.50", "2.25"]
    assert shown([1.0, 2.0]) == ["1.0", "2.0"]
    assert shown([1e-20, 1.0]) == ["1e-20", "1"]
    assert shown([0.0, np.inf, -np.inf]) == ["0.0", "inf", "-inf"]
    assert shown(np.array([0.1, 0.25], dtype="f4")) == ["0.10", "0.25"]


@given(st.floats(allow_nan=False, width=64), st.sampled_from(["deg", "mag", "arcsec", "Jy"]))
def test_a_number_on_screen_is_near_the_number_and_zero_only_for_zero(value, unit):
    (text,) = shown(np.array([value]) * u.Unit(unit))
    assert text is not None
    if value == 0 or not np.isfinite(value):
        assert float(text) == value
    else:
        assert float(text) != 0
        assert abs(float(text) - value) <= max(1e-4 * 0.5000001, 1e-5 * abs(value)) or abs(value) < 1e-4


def test_text_bytes_and_booleans():
    assert shown(["", "größer"]) == ["", "größer"]
    assert shown(np.array([b"K09V50X", "é".encode(), b"\xff"])) == ["K09V50X", "é", "\\xff"]
    assert shown(np.array([None, "a", b"b"], dtype=object)) == [None, "a", "b"]
    assert shown([True, False]) == ["True", "False"]


def test_long_text_ends_in_an_ellipsis_on_screen_and_not_in_a_copy():
    pages = Pages(Table({"c": ["x" * 1000]}))
    assert pages.cells("c").shown(ALL) == ["x" * 99 + "…"]
    assert pages.cells("c").exact(ALL) == ["x" * 1000]


def test_arrays():
    assert shown(np.arange(20.0).reshape(2, 10))[0] == "[0, 1, 2, 3, 4, 5, …]"
    assert shown(np.array([[1.0, np.nan], [np.nan, np.nan]])) == ["[1, —]", None]
    assert shown(MaskedColumn([[1, 2], [3, 4]], mask=[[False, True], [True, True]])) == ["[1, —]", None]
    ragged = np.empty(2, dtype=object)
    ragged[:] = [np.array([1, 2, 3]), None]
    assert shown(ragged) == ["[1, 2, 3]", None]


def test_the_format_of_the_column_wins():
    table = Table({"a": [1.23456], "b": [1.23456], "c": [1.23456]})
    table["a"].format, table["b"].format, table["c"].format = "%.2f", "{:.1f}", ".3f"
    assert [Pages(table).cells(n).shown(ALL)[0] for n in "abc"] == ["1.23", "1.2", "1.235"]


def test_mixins_are_shown():
    table = QTable({"t": Time(["2025-06-30T00:00:00"]), "q": [1.5] * u.km})
    pages = Pages(table)
    assert pages.cells("t").shown(ALL) == ["2025-06-30T00:00:00.000"]
    assert pages.cells("q").shown(ALL) == ["1.5"]
    assert pages.headings[1]["unit"] == "km"


def test_headings_tell_what_the_column_is():
    table = Table({"ra": [1.0] * u.deg, "v": np.zeros((1, 3)), "objectId": [BIG]})
    table["ra"].description, table["ra"].meta["ucd"] = "Right ascension", "pos.eq.ra"
    ra, vector, identifier = Pages(table).headings
    assert {key: ra[key] for key in ("name", "kind", "unit", "ucd", "description", "sortable")} == {
        "name": "ra",
        "kind": "float",
        "unit": "deg",
        "ucd": "pos.eq.ra",
        "description": "Right ascension",
        "sortable": True,
    }
    assert vector["sortable"] is False
    assert identifier["kind"] == "integer"
    assert identifier["width"] >= len(str(BIG))


# Sorting


def test_missing_is_last_both_ways():
    column = MaskedColumn([3.0, np.nan, 1.0, 2.0], mask=[False, False, False, True])
    pages = Pages(Table({"c": column}))
    assert pages.order([("c", "ascending")]).tolist() == [2, 0, 1, 3]
    assert pages.order([("c", "descending")]).tolist() == [0, 2, 1, 3]


def test_neighbouring_ids_sort_exactly():
    ids = np.array([BIG + 2, BIG, BIG + 1])
    assert Pages(Table({"c": ids})).order([("c", "descending")]).tolist() == [0, 2, 1]


@given(
    st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 3)), st.sampled_from("abc")), min_size=1, max_size=30),
    st.booleans(),
    st.booleans(),
)
def test_several_keys_as_python_sorts_them(rows, first_down, second_down):
    numbers = MaskedColumn([0 if n is None else n for n, _ in rows], mask=[n is None for n, _ in rows])
    pages = Pages(Table({"n": numbers, "t": [t for _, t in rows]}))
    direction = {True: "descending", False: "ascending"}
    order = pages.order([("n", direction[first_down]), ("t", direction[second_down])]).tolist()
    expected = sorted(range(len(rows)), key=lambda i: rows[i][1], reverse=second_down)
    there = [i for i in expected if rows[i][0] is not None]
    expected = sorted(there, key=lambda i: rows[i][0], reverse=first_down) + [i for i in expected if rows[i][0] is None]
    assert order == expected


def test_what_cannot_be_sorted_says_so():
    pages = Pages(Table({"v": np.zeros((2, 3)), "a": [1, 2]}))
    with pytest.raises(ColumnError, match="v holds an array"):
        pages.order([("v", "ascending")])
    with pytest.raises(ColumnError, match="no column 'b'"):
        pages.order([("b", "ascending")])


def test_text_and_bytes_and_objects_sort():
    for column in (["b", "a", "c"], np.array([b"b", b"a", b"c"]), np.array(["b", b"a", "c"], dtype=object)):
        assert Pages(Table({"c": column})).order([("c", "ascending")]).tolist() == [1, 0, 2]
    assert Pages(Table({"c": [True, False]})).order([("c", "ascending")]).tolist() == [1, 0]


# Filtering


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("15..24", [1, 2, 3]),
        ("15 .. 24", [1, 2, 3]),
        ("..15", [0, 1]),
        ("20.5..", [3, 4]),
        (">15", [2, 3, 4]),
        (">= 15", [1, 2, 3, 4]),
        ("≤15", [0, 1]),
        ("<15", [0]),
        (">15 <24", [2]),
        (">15 & <24", [2]),
        ("=15", [1]),
        ("15", [1]),
        ("!=15", [0, 2, 3, 4]),
        ("18.5", [2]),
        ("18.52", [2]),
        ("18.51", []),
        ("-5..15, 30", [0, 1, 4]),
        ("!=15, !=30", [0, 2, 3]),
        ("≠15, 30", [0, 2, 3]),
        ("15..24, !=15", [2, 3]),
        (">20, !=30, 15", [1, 3]),
        ("!=15 <24, 30", [0, 2, 4]),
        (",", []),
        ("1.8e1..19", [2]),
        ("--", [5]),
        ("missing", [5]),
        ("!--", [0, 1, 2, 3, 4]),
        ("present", [0, 1, 2, 3, 4]),
    ],
)
def test_filters_of_floats(text, expected):
    passed = rows_passing([-3.25, 15.0, 18.5217, 24.0, 30.0, np.nan], text)
    assert passed == (expected if text else [*expected, 5])


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.data())
def test_filters_of_integers_are_exact(ids, data):
    column = np.array(ids, dtype=np.int64)
    wanted = data.draw(st.sampled_from(ids)) + data.draw(st.integers(-1, 1))
    assert rows_passing(column, f"={wanted}") == [i for i, v in enumerate(ids) if v == wanted]
    assert rows_passing(column, f">{wanted}") == [i for i, v in enumerate(ids) if v > wanted]
    assert rows_passing(column, f"<={wanted}.5") == [
        i for i, v in enumerate(ids) if v <= (wanted if wanted >= 0 else wanted - 1)
    ]
    assert rows_passing(column, f"{wanted}..") == [i for i, v in enumerate(ids) if v >= wanted]


def test_odd_numbers_against_integers():
    column = np.array([0, 1, 2], dtype=np.int16)
    assert rows_passing(column, "<1e300") == [0, 1, 2]
    assert rows_passing(column, ">-1e300") == [0, 1, 2]
    assert rows_passing(column, ">1e-300") == [1, 2]
    assert rows_passing(column, "=1.5") == []
    assert rows_passing(np.array([2**70, None], dtype=object), f"={2**70}") == [0]


def test_a_float32_bound_means_what_is_on_screen():
    assert rows_passing(np.array([17.1, 17.2], dtype="f4"), ">=17.1") == [0, 1]
    assert rows_passing(np.array([17.1, 17.2], dtype="f4"), "<=17.1") == [0]


@pytest.mark.parametrize("text", ["=abc", "abc", "..", ">", "15..abc", "1 or 1", "=="])
def test_what_is_no_filter_says_so(text):
    with pytest.raises(ColumnError, match=r"^c: “.*” is no filter for this column"):
        rows_passing([1.0], text)
    with pytest.raises(ColumnError, match="true, false"):
        rows_passing([True], text)


@pytest.mark.parametrize(
    "column",
    [
        np.array(["STAR", "galaxy", "", "Großer Stern"]),
        np.array(["STAR", "galaxy", "", "Großer Stern"], dtype=object),
        np.array([t.encode() for t in ["STAR", "galaxy", "", "Großer Stern"]]),
    ],
    ids=["str", "object", "bytes"],
)
def test_filters_of_text(column):
    assert rows_passing(column, "ster") == [3]
    assert rows_passing(column, "sta") == [0]
    assert rows_passing(column, "=STAR") == [0]
    assert rows_passing(column, "=star") == []
    assert rows_passing(column, "!a") == [2, 3]
    assert rows_passing(column, "!=galaxy") == [0, 2, 3]
    assert rows_passing(column, "GROSS") == [3]
    assert rows_passing(column, '=""') == [2]
    assert rows_passing(column, '"missing"') == []
    assert rows_passing(column, "missing") == []


def test_filters_of_text_take_lists():
    bands = np.array(["r", "i", "z", "y, clear", "grizy", ""])
    assert rows_passing(bands, "r,i") == [0, 1, 3, 4]
    assert rows_passing(bands, "=r,i") == [0, 1]
    assert rows_passing(bands, " = r , =i,") == [0, 1]
    assert rows_passing(bands, "r, =i") == [0, 1, 3, 4]
    assert rows_passing(bands, "!=r,i") == [2, 3, 4, 5]
    assert rows_passing(bands, "!=r, !=i") == [2, 3, 4, 5]
    assert rows_passing(bands, "!r,i") == [2, 5]
    assert rows_passing(bands, "=z, !r") == [1, 2, 3, 4, 5]
    # A text that holds a comma is quoted; a comma alone is one.
    assert rows_passing(bands, '"y, clear"') == [3]
    assert rows_passing(bands, '="y, clear", z') == [2, 3]
    assert rows_passing(bands, '!="y, clear", "z"') == [0, 1, 4, 5]
    assert rows_passing(bands, '=r, ""') == [0, 5]
    assert rows_passing(bands, ",") == [3]
    assert rows_passing(bands, "!,") == [0, 1, 2, 4, 5]
    # A list that would leave out the missing in silence is refused, as that of numbers is.
    for told in ("r, --", "missing, r", "r, !--"):
        with pytest.raises(ColumnError, match=r"missing\) alone"):
            rows_passing(bands, told)
    assert rows_passing(bands, 'r, "missing"') == [0, 3, 4]
    days = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], dtype="datetime64[D]")
    assert rows_passing(days, "2024-01-01, 2024-01-02") == [0, 1]
    assert rows_passing(days, "!2024-01-01, 2024-01-02") == [2]
    odd = np.array(['5" pipe', 'a"b', "[1, 2]"])
    assert rows_passing(odd, '5"') == [0]
    assert rows_passing(odd, '="a"b"') == [1]
    assert rows_passing(odd, '"5"", "a"') == [0, 1]


def test_masked_rows_pass_no_condition():
    masked = MaskedColumn([1, 2, 3], mask=[False, True, False])
    assert rows_passing(masked, "!=1") == [2]
    assert rows_passing(MaskedColumn(["a", "b"], mask=[False, True]), "!c") == [0]
    assert rows_passing(MaskedColumn([True, False], mask=[True, False]), "!true") == [1]
    assert rows_passing([True, False], "yes") == [0]


def test_arrays_are_filtered_as_text():
    assert rows_passing(np.array([[1, 2], [3, 4]]), "3") == [1]
    assert rows_passing(np.array([[1, 2], [2, 1]]), "1, 2") == [0]  # as it is shown


def test_filters_and_sort_together():
    table = Table({"a": [3, 1, 2, 5], "b": ["x", "x", "y", "x"]})
    assert Pages(table).order([("a", "descending")], {"b": "x", "a": "<5"}).tolist() == [0, 1]


# Windows and copies


def test_a_window_is_one_list_a_column():
    pages = Pages(Table({"a": [3, 1, 2], "b": ["x", "y", "z"]}))
    assert pages.window(np.array([2, 0]), ["b", "a"]) == [["z", "x"], ["2", "3"]]


def test_a_copy_is_exact_and_has_one_line_a_row():
    table = Table({"id": [BIG], "x": [1 / 3], "f": np.array([0.1], dtype="f4"), "t": ["a\tb\nc"], "m": [np.nan]})
    assert Pages(table).tab_separated(np.array([0])) == f"id\tx\tf\tt\tm\n{BIG}\t0.3333333333333333\t0.1\ta b c\t"
    assert Pages(table).tab_separated(np.array([0]), ["id"], header=False) == str(BIG)


def test_a_copy_too_large_is_refused_whole():
    pages = Pages(Table({"a": np.zeros(1000)}))
    with pytest.raises(TableError, match=r"3,000,000 rows of 1 columns are too many"):
        pages.tab_separated(np.zeros(3_000_000, dtype=np.int64))


def test_an_empty_table():
    pages = Pages(Table({"a": np.zeros(0), "b": np.zeros(0, dtype="U5"), "v": np.zeros((0, 3))}))
    assert pages.order([("a", "descending")], {"b": "x"}).tolist() == []
    assert pages.window(pages.order(), pages.names) == [[], [], []]
    assert [heading["name"] for heading in pages.headings] == ["a", "b", "v"]


# Some of the columns, and what is where


def test_columns_shown_in_an_order_of_their_own():
    table = Table({"a": [1, 2], "b": [3.5, 4.5], "c": ["x", "y"]})
    pages = Pages(table).showing(["c", "a"])
    assert [heading["name"] for heading in pages.headings] == ["c", "a"]
    assert pages.order([("b", "descending")]).tolist() == [1, 0]  # by one that is not shown


def test_find_goes_on_from_where_it_is_and_round():
    table = Table({"id": [648368125565216675, 2, 3], "name": ["Vega", "vega b", "Deneb"]})
    pages = Pages(table)
    rows = pages.order([("name", "ascending")])  # Deneb, Vega, vega b
    assert pages.find("VEGA", rows) == (1, 1)
    assert pages.find("VEGA", rows, 2) == (2, 1)
    assert pages.find("deneb", rows, 2) == (0, 1)
    assert pages.find("216675", rows) == (1, 0)
    assert pages.find("Sirius", rows) is None
    assert pages.find("  ", rows) is None


def test_find_sees_what_is_on_the_screen_and_all_of_a_long_text():
    table = Table(
        {"x": MaskedColumn([1.23456789012, 9.0], mask=[False, True], unit="mag"), "t": ["x" * 200 + "y", "z"]}
    )
    pages = Pages(table)
    assert pages.find("1.2346", pages.order()) == (0, 0)
    assert pages.find("56789012", pages.order()) is None
    assert pages.find("9", pages.order()) is None  # the masked value counts for nothing
    assert pages.find("—", pages.order()) is None
    assert pages.find("xy", pages.order()) == (0, 1)


def test_find_ends_when_it_is_no_longer_wanted():
    pages = Pages(Table({"x": np.arange(20_000)}))
    assert pages.find("19999", pages.order(), going=lambda: False) is None
