"""A text is found where a look at every single cell finds it, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.tables.cell_format import column_cells
from tapwidget.tables.finding import may_contain
from tapwidget.tables.page import Pages

ROWS = 8
ANYTHING = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
WORDS = ANYTHING | st.sampled_from(["Straße", "İzmir", "ΣΊΣΥΦΟΣ", "NGC 1234", "-1", "e+05", ""])


def column(elements, dtype):
    return st.lists(elements, min_size=ROWS, max_size=ROWS).map(lambda values: np.array(values, dtype=dtype))


def objects(elements):
    def made(values):
        array = np.empty(ROWS, dtype=object)
        array[:] = values
        return array

    return st.lists(elements, min_size=ROWS, max_size=ROWS).map(made)


FLOATS = st.floats() | st.sampled_from([0.0, -0.0, 1e-9, 999999999999.99, 1e12, -1e300, float("nan"), float("inf")])
COLUMNS = st.one_of(
    column(st.integers(-(2**63), 2**63 - 1) | st.integers(-20, 20), np.int64),
    column(st.integers(0, 2**64 - 1), np.uint64),
    column(FLOATS | st.floats(-30, 30).map(lambda x: round(x, 4)), np.float64),
    column(st.floats(width=32), np.float32),
    column(st.booleans(), bool),
    column(WORDS, str),
    column(st.binary(max_size=5).map(lambda b: b.replace(b"\0", b"")), "S5"),
    objects(WORDS | st.none()),
    objects(WORDS | st.binary(max_size=4)),
    objects(st.integers(-(10**30), 10**30) | st.none()),
    objects(WORDS | st.integers() | st.none() | st.just(float("nan"))),
    st.lists(st.lists(FLOATS, min_size=8, max_size=8), min_size=ROWS, max_size=ROWS).map(np.array),
    st.lists(st.lists(st.integers(-9, 9), min_size=2, max_size=2), min_size=ROWS, max_size=ROWS).map(np.array),
)

FORMATS = (None, "%.2e", "{} pc", "<{}>")


@st.composite
def tables(draw):
    table = Table()
    for number in range(draw(st.integers(1, 4))):
        values = draw(COLUMNS)
        unit, form = draw(st.sampled_from([*(("", form) for form in FORMATS), ("deg", None), ("mag", None)]))
        mask = np.array(draw(st.lists(st.booleans(), min_size=ROWS, max_size=ROWS)))
        if values.ndim > 1:
            mask = np.repeat(mask[:, None], values.shape[1], axis=1)
        made = MaskedColumn(values, mask=mask, unit=unit) if draw(st.booleans()) else Column(values, unit=unit)
        made.info.format = form if values.dtype.kind in "if" else None
        table[f"c{number}"] = made
    return table


def hits_one_by_one(table, wanted):
    """(row, place of the column) of each cell that contains the text, in the order in which they are found."""
    found = []
    for place, name in enumerate(table.colnames):
        cells = column_cells(table, name)
        is_shown = cells.kind in {"float", "vector"} or (cells.user_format and cells.kind != "text")
        texts = cells.shown(slice(None)) if is_shown else cells.exact(slice(None))
        found += [(row, place) for row, text in enumerate(texts) if text is not None and wanted in text.casefold()]
    return sorted(found)


@given(tables(), st.data())
def test_the_same_finds_as_cell_by_cell(table, data):
    pages = Pages(table)
    texts = [text for name in table.colnames for text in column_cells(table, name).shown(slice(None)) if text]
    piece = st.sampled_from(texts).flatmap(
        lambda text: st.tuples(st.integers(0, len(text) - 1), st.integers(1, 6)).map(
            lambda cut: text[cut[0] : cut[0] + cut[1]]
        )
    )
    text = data.draw(piece | WORDS if texts else WORDS)
    wanted = text.strip().casefold()
    expected = hits_one_by_one(table, wanted) if wanted else []
    start = data.draw(st.integers(0, ROWS - 1))
    first = next((hit for hit in expected if hit[0] >= start), expected[0] if expected else None)
    assert pages.find(text, pages.order(), start) == first


@pytest.mark.parametrize(
    ("wanted", "able"),
    [
        ("sirius", ["text"]),
        ("648368125565216675", ["integer", "text", "vector"]),
        ("-17", ["integer", "float", "text", "vector"]),
        ("17.5", ["float", "text", "vector"]),
        ("tru", ["boolean", "text"]),
        ("e", ["float", "boolean", "text", "vector"]),
        ("٣", ["text"]),
    ],
)
def test_columns_that_cannot_hold_a_text_are_left_out(wanted, able):
    table = Table(
        {"integer": [1], "float": [1.5], "boolean": [True], "text": ["x"], "vector": [[1.5, 2.5]]},
    )
    assert [name for name in table.colnames if may_contain(column_cells(table, name), wanted)] == able


def test_identifiers_are_found_to_the_last_digit():
    pages = Pages(Table({"id": 648368125565216675 + np.arange(20_000)}))
    assert pages.find("648368125565236674", pages.order()) == (19_999, 0)
    assert pages.find("648368125565236675", pages.order()) is None


def test_what_a_format_shows_is_found_and_not_what_it_hides():
    table = Table({"flags": [7, 255], "is_star": [True, False]})
    table["flags"].info.format, table["is_star"].info.format = "{:8x}", lambda value: "yes" if value else "no"
    pages = Pages(table)
    order = pages.order()
    assert [pages.find(text, order) for text in ("ff", "yes", "no")] == [(1, 0), (0, 1), (1, 1)]
    assert [pages.find(text, order) for text in ("255", "true")] == [None, None]
