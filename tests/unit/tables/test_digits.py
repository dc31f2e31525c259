"""Floats that can show a text are told by their digits: none that shows it is left out, and hardly another is in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astropy.table import Column, Table
from hypothesis import example, given
from hypothesis import strategies as st

from tapwidget.tables.cell_format import column_cells
from tapwidget.tables.digits import may_show

SIGNIFICANT = None
DECIMALS = st.integers(1, 7) | st.none()


def shown(value: float, decimals: int | None) -> str:
    """As the table shows it."""
    column = Column([value, 1.0, 1e8 if decimals is None else 1.0, 1e-3 if decimals is None else 1.0])
    cells = column_cells(Table({"x": column}), "x")
    cells.__dict__["decimals"] = decimals
    return cells.shown(slice(0, 1))[0] or ""


@st.composite
def near_ties(draw: st.DrawFn) -> float:
    """Numbers whose next digit is a 5, or nearly."""
    decimals = draw(st.integers(0, 8))
    value = (draw(st.integers(-(10**9), 10**9)) + 0.5) / 10**decimals
    for _ in range(draw(st.integers(0, 3))):
        value = math.nextafter(value, draw(st.sampled_from([-math.inf, math.inf])))
    return value


NUMBERS = (
    st.floats(allow_nan=False)
    | st.floats(-30, 30)
    | st.floats(-1e-3, 1e-3)
    | st.integers(-(10**7), 10**7).map(lambda n: n / 1000)
    | st.integers(-400, 400).map(lambda n: float(f"1e{min(max(n, -320), 308)}"))
    | st.integers(-320, 307).map(lambda n: float(f"9.999995e{n}"))
    | near_ties()
)


@given(NUMBERS, DECIMALS, st.data())
@example(999999.5, SIGNIFICANT, None)
@example(2.675, 2, None)
@example(-0.0, 3, None)
@example(1e12, 1, None)
@example(999999999999.96, 1, None)
@example(5e-324, SIGNIFICANT, None)
@example(0.05, 1, None)
@example(math.inf, 4, None)
def test_no_text_that_is_shown_is_missed(value: float, decimals: int | None, data: st.DataObject | None) -> None:
    text = shown(value, decimals)
    starts = range(len(text)) if data is None else [data.draw(st.integers(0, len(text) - 1))]
    for start in starts:
        ends = range(start + 1, len(text) + 1) if data is None else [data.draw(st.integers(start + 1, len(text)))]
        for end in ends:
            assert may_show(np.array([value]), decimals, text[start:end]).tolist() == [True], text[start:end]


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8", np.longdouble])
def test_numbers_of_other_sizes(dtype: str) -> None:
    values = np.array([20.1234567, -0.3, 0.07, np.nan, np.inf], dtype=dtype)
    for decimals in (1, 4, None):
        for number, value in enumerate(values):
            if not np.isnan(value):
                text = shown(float(value), decimals)
                assert may_show(values, decimals, text)[number]
    assert not may_show(values, 4, "nan")[3]


@pytest.mark.parametrize(
    ("decimals", "wanted", "yes", "no"),
    [
        (4, "19.5", [19.5, 119.5432, -19.5], [9.5, 195.0, 1.95, 19.45, 20.5]),
        (4, "9.50001", [], [9.50001, 19.5]),  # more decimals than there are
        (4, "17", [17.0, 3.0170, 1.1234 + 170], [1.7, 21.7, 7.1]),
        (4, "-1.5", [-1.5, -1.52], [1.5, -11.5, -21.5]),
        (4, "-15", [-15.0, -150.0], [15.0, -1.5, -115.0, -2.15]),
        (4, "007", [0.007, 1007.0, 1.2007], [7.0, 0.07, 0.7, 107.0]),
        (4, "0.0", [0.0, 10.0, 0.01], [1.1, 0.5, 10.1]),
        (4, "00.5", [100.5, 200.5], [0.5, 10.5]),
        (4, "e", [1e15, 1e-9], [1.5, 0.0]),
        (4, "e-", [1e-9], [1.5, 0.0, 0.5]),
        (4, "inf", [np.inf], [1.0]),
        (1, "999999", [999999.0, 1999999.5], [99999.9, 0.9, 999998.4]),
        (None, "1234", [1234.0, 0.001234, 1.234e20, 12.34], [1243.0, 4.321e-7]),
        (None, "0.05", [0.05, 10.05, 0.051], [0.5, 5.0, 0.0155]),
        (None, "100", [100.0, 3.1001, 1e100], [10.0, 1e-9, 2.5e6]),
        (None, "-08", [3e-8, -8e-8], [8.0, -8.0, 3e-9]),
        (None, "e-1", [3e-11, 2e-17], [0.1, -1.0]),
        (None, "-25", [-25.0, -25000.0], [25.0, -30.0]),
    ],
)
def test_hardly_another(decimals: int | None, wanted: str, yes: list[float], no: list[float]) -> None:
    assert may_show(np.array(yes), decimals, wanted).tolist() == [True] * len(yes)
    assert may_show(np.array(no), decimals, wanted).tolist() == [False] * len(no)


@pytest.mark.parametrize("wanted", ["99999", "7.654", "-4444", "00000", "e+7", "1.234567"])
@pytest.mark.parametrize("decimals", [2, 4, 7, None])
def test_of_many_numbers_few_are_left_to_be_formatted(wanted: str, decimals: int | None) -> None:
    random = np.random.default_rng(1)
    values = np.concatenate([random.normal(20, 1.5, 50_000), random.uniform(-1, 1, 50_000), [np.nan] * 1000])
    assert may_show(values, decimals, wanted).mean() < 0.01
