"""What a constraint keeps of a result is what the service keeps: asked of the service itself, with NULL and NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tapwidget
from tapwidget.match.constraints import (
    ColourRange,
    ColumnRange,
    Constraint,
    IsMeasured,
    MagnitudeDifference,
    MagnitudeRange,
    keep_rows,
)
from tapwidget.match.fluxes import RUBIN_FUNCTION

CENTRE = (37.86, 6.98)
COLUMNS = ["objectId", "r_cModelMag", "g_cModelMag", "u_psfMag", "r_psfFlux", "g_psfFlux", "u_psfFlux", "refBand"]


@pytest.fixture(scope="module")
def service(tap_url: str) -> Any:
    return tapwidget.connect(tap_url)


def users_table(rows: int = 400) -> Table:
    rng = np.random.default_rng(4)
    value = rng.uniform(15, 26, rows)
    flux = 10 ** ((31.4 - value) / 2.5) * rng.choice([1, 1, 1, -1, 0], rows)
    return Table(
        {
            "ra": CENTRE[0] + rng.uniform(-0.02, 0.02, rows),
            "dec": CENTRE[1] + rng.uniform(-0.02, 0.02, rows),
            "mag": MaskedColumn(np.where(rng.random(rows) < 0.1, np.nan, value), mask=rng.random(rows) < 0.1),
            "f4": MaskedColumn(value.astype("f4"), mask=rng.random(rows) < 0.1),
            "flux": MaskedColumn(np.where(rng.random(rows) < 0.1, np.nan, flux), mask=rng.random(rows) < 0.1),
            "n": MaskedColumn(rng.integers(0, 30, rows), mask=rng.random(rows) < 0.1),
        }
    )


@pytest.fixture(scope="module")
def all_pairs(service: Any) -> tuple[Table, Table]:
    """The user's table and its unconstrained match: several objects for each row, with gaps on both sides."""
    table = users_table()
    match = tapwidget.SkyMatch("dp1.Object", radius=8, columns=COLUMNS)
    return table, service.submit(match, table).result(timeout=120)


def number(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda value: round(value, 3))


def ends(low: float, high: float) -> st.SearchStrategy[tuple[float | None, float | None]]:
    pair = st.tuples(number(low, high), number(low, high)).filter(lambda p: p[0] != p[1]).map(sorted).map(tuple)
    return pair | number(low, high).map(lambda x: (x, None)) | number(low, high).map(lambda x: (None, x))


MINE = {"mag": "mag", "f4": "mag", "flux": "nJy"}
THEIRS = {"r_cModelMag": "mag", "g_cModelMag": "mag", "u_psfMag": "mag", "u_psfFlux": "nJy", "r_psfFlux": "nJy"}


@st.composite
def constraints(draw: Any) -> Constraint:
    kind = draw(st.sampled_from(["range", "difference", "colour", "column", "measured"]))
    if kind == "difference":
        mine, theirs = draw(st.sampled_from(sorted(MINE))), draw(st.sampled_from(sorted(THEIRS)))
        return MagnitudeDifference(mine, theirs, draw(number(0.01, 6)), MINE[mine], THEIRS[theirs])  # type: ignore[arg-type]
    if kind == "colour":
        names = draw(st.sampled_from([("g_psfFlux", "u_psfFlux"), ("g_cModelMag", "r_cModelMag")]))
        return ColourRange(*names, *draw(ends(-2, 3)), unit="nJy" if "Flux" in names[0] else "mag")
    side = draw(st.sampled_from(["upload", "target"]))
    units = MINE if side == "upload" else THEIRS
    if kind == "range":
        column = draw(st.sampled_from(sorted(units)))
        return MagnitudeRange(column, *draw(ends(14, 28)), side=side, unit=units[column])  # type: ignore[arg-type]
    if kind == "column":
        column = draw(st.sampled_from(["n", "f4", "flux"] if side == "upload" else ["r_psfFlux", "r_cModelMag"]))
        return ColumnRange(column, *draw(ends(-10, 30)), side=side)
    column, is_float = draw(
        st.sampled_from([("n", False), ("mag", True)] if side == "upload" else [("u_psfMag", True)])
    )
    return IsMeasured(column, side, is_float=is_float)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(constraints(), min_size=1, max_size=3))
def test_keep_is_what_the_service_keeps(service: Any, all_pairs: tuple[Table, Table], chosen: list[Constraint]) -> None:
    table, everything = all_pairs
    match = tapwidget.SkyMatch("dp1.Object", radius=8, columns=COLUMNS, where=chosen)
    answer = service.submit(match, table).result(timeout=120)
    kept = everything[keep_rows(chosen, everything)]
    for name in ("ut1_ra", "objectId"):
        assert np.asarray(answer[name]).tolist() == np.asarray(kept[name]).tolist()


def test_something_is_kept_and_something_not(all_pairs: tuple[Table, Table]) -> None:
    everything = all_pairs[1]
    for constraint in (
        MagnitudeRange("u_psfFlux", high=99, side="target", unit="nJy"),
        IsMeasured("u_psfMag"),
        IsMeasured("mag", "upload"),
        MagnitudeDifference("flux", "r_psfFlux", 2, "nJy", "nJy"),
        ColourRange("g_psfFlux", "u_psfFlux", -1, 0, unit="nJy"),
    ):
        assert 0 < keep_rows([constraint], everything).sum() < len(everything), constraint


def test_rubins_function_and_the_formula_keep_the_same(service: Any) -> None:
    for name in ("r_psfFlux", "u_psfFlux"):
        constraint = MagnitudeRange(name, 18, 24, side="target", unit="nJy")
        count = "SELECT COUNT(*) AS n FROM dp1.Object WHERE "
        numbers = [
            service.submit(count + constraint.adql(functions=functions)).result(timeout=120)["n"][0]
            for functions in ((), (RUBIN_FUNCTION,))
        ]
        assert numbers[0] == numbers[1] > 0
