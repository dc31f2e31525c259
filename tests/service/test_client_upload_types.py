"""Every type a column can have goes out, is used by the service as what it means, and comes back as it was."""

from __future__ import annotations

from typing import Any

import astropy.units as u
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn, QTable, Table
from astropy.time import Time, TimeDelta
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.match.spec import SkyMatch
from tapwidget.simulation import sky
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.sky_plot import SkyPlot

SECONDS = 60
ROWS = 12
RNG = np.random.default_rng(5)
TEXTS = ["", "a", " b ", "nan", "NULL", "é", "日本", "𝔘", "x" * 300, "<&>", "'", '"', "\\N", "true"]
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
NAMES = [
    "size",
    "SIZE",
    "Size",
    "[Fe/H]",
    "_2MASS",
    "ut1_x",
    "tw_row",
    "RA_",
    "objectId",
    "naïve",
    "a b",
    "x" * 70,
    "1st",
]


def integers(kind: str) -> st.SearchStrategy[Any]:
    info = np.iinfo(kind)
    near = st.sampled_from([info.min, info.max, 0, 1, 2**53 + 1 if info.max > 2**53 else 2])
    return st.lists(near | st.integers(int(info.min), int(info.max)), min_size=ROWS, max_size=ROWS).map(
        lambda values: np.array(values, dtype=kind)
    )


def floats(kind: str) -> st.SearchStrategy[Any]:
    width = np.dtype(kind).itemsize * 8
    each = st.floats(width=width if width < 64 else 64, allow_nan=True, allow_infinity=True)  # type: ignore[call-overload]
    return st.lists(each, min_size=ROWS, max_size=ROWS).map(lambda values: np.array(values, dtype=kind))


def several(each: st.SearchStrategy[Any], dtype: Any = None) -> st.SearchStrategy[Any]:
    def made(values: list[Any]) -> Any:
        if dtype is not object:
            return np.array(values, dtype=dtype)
        array = np.empty(ROWS, dtype=object)
        array[:] = values
        return array

    return st.lists(each, min_size=ROWS, max_size=ROWS).map(made)


text = st.sampled_from(TEXTS) | st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=6)
values = st.one_of(
    *(integers(kind) for kind in INTEGERS),
    *(floats(kind) for kind in ("float16", "float32", "float64", ">f4", ">f8")),
    integers("int32").map(lambda array: array.astype(">i4")),
    several(st.booleans(), bool),
    several(text, str),
    several(st.sampled_from([b"", b"a", b"nan", b" z", "é".encode()]), np.bytes_),
    several(st.datetimes().map(np.datetime64), "datetime64[us]"),
    several(st.integers(-(10**9), 10**9), "timedelta64[s]"),
    several(st.none() | text, object),
    several(st.none() | st.integers(-(2**63), 2**63 - 1), object),
    several(st.none() | st.booleans(), object),
    several(st.none() | st.integers(0, 5) | st.sampled_from(["one", 2.5]), object),
)
masks = st.none() | st.lists(st.booleans(), min_size=ROWS, max_size=ROWS)
units = st.sampled_from([None, u.mag, u.km / u.s, u.Unit("furlongs", parse_strict="silent")])


@st.composite
def columns(draw: st.DrawFn) -> Column | MaskedColumn:
    data, mask = draw(values), draw(masks)
    made: Any = Column(data.copy()) if mask is None else MaskedColumn(data.copy(), mask=mask)
    made.unit, made.description = draw(units), draw(st.sampled_from([None, "mine <b>"]))
    made.meta["note"] = "kept"
    return made


@pytest.fixture(scope="module")
def service(tap_url: str, tmp_path_factory: pytest.TempPathFactory) -> Service:
    return Service(tap_url, ledger=Ledger(tmp_path_factory.mktemp("ledger")))


@pytest.fixture(scope="module")
def places() -> Table:
    """Positions of objects far enough from one another."""
    objects = pq.read_table(sky.make()["dp1.Object"], columns=["coord_ra", "coord_dec"])
    chosen = np.linspace(0, len(objects) - 1, ROWS).astype(int)
    return Table({"ra": objects["coord_ra"].to_numpy()[chosen], "dec": objects["coord_dec"].to_numpy()[chosen]})


def is_missing(column: Any) -> np.ndarray:
    """Where the service has nothing to compare: masked, NaN, NaT, None."""
    missing = np.array(np.ma.getmaskarray(column))
    data = np.ma.getdata(column)
    if data.dtype.kind in "fmM":
        missing |= np.isnan(data)
    if data.dtype.kind == "O":
        missing |= np.array([value is None for value in data])
    return missing


def unchanged(got: Any, own: Any) -> None:
    assert got.dtype == own.dtype
    assert type(got) is type(own)
    assert (got.unit, got.description, got.meta) == (own.unit, own.description, own.meta)
    assert np.array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(own))
    keep = ~np.ma.getmaskarray(own)
    a, b = np.ma.getdata(got)[keep], np.ma.getdata(own)[keep]
    assert a.tobytes() == b.tobytes() if a.dtype.kind != "O" else a.tolist() == b.tolist()


def test_times_and_coordinates_come_back_as_they_were(service: Service, places: Table) -> None:
    table = QTable({"time": Time("2026-01-01") + np.arange(ROWS) * u.day, "z": np.arange(ROWS) * u.km / u.s})
    table["place"] = SkyCoord(places["ra"], places["dec"], unit="deg").galactic
    table["last"] = TimeDelta(np.arange(ROWS) * u.hour)
    table["day"] = np.datetime64("2026-01-01") + np.arange(ROWS)
    table["any"] = np.array([None, "text", 3, 2.5] * 3, dtype=object)
    match = SkyMatch("dp1.Object", radius=0.05, columns=["objectId"], where=["ut1.z > 4", "ut1.day < '2026-01-10'"])
    job = service.submit(match, table)
    result = job.result(SECONDS)
    own = slice(5, 9)
    assert type(result) is Table
    assert result.colnames[:6] == [f"ut1_{name}" for name in table.colnames]
    assert isinstance(result["ut1_place"], SkyCoord)
    assert result["ut1_place"].frame.name == "galactic"
    assert np.array_equal(result["ut1_place"].l.deg, table["place"].l.deg[own])
    assert isinstance(result["ut1_time"], Time)
    assert np.all(result["ut1_time"] == table["time"][own])
    assert np.all(result["ut1_last"] == table["last"][own])
    assert (result["ut1_day"].dtype, result["ut1_day"].tolist()) == (table["day"].dtype, table["day"][own].tolist())
    assert result["ut1_any"].tolist() == table["any"][own].tolist()
    assert (str(result["ut1_z"].unit), result["ut1_z"].tolist()) == ("km / s", [5.0, 6.0, 7.0, 8.0])
    for shown in (ResultsTable(), SkyPlot()):
        shown.table = result
        assert shown.table is result


# numpy's own fill value, 1e20, is more than a masked float16 holds.
@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
@given(made=columns(), name=st.sampled_from(NAMES))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_column_of_any_type_is_used_and_comes_back(service: Service, places: Table, made: Any, name: str) -> None:
    table = places.copy()
    table[name] = made
    own = table[name].copy()
    quoted = '"' + name + '"'
    job = service.submit(
        SkyMatch("dp1.Object", radius=0.05, columns=["objectId"], where=[f"ut1.{quoted} IS NOT NULL"]), table
    )
    result = job.result(SECONDS)
    there = np.flatnonzero(~is_missing(own))
    if own.dtype.kind in "SUO":  # an empty text may be nothing to a service
        empty = np.array([value in {"", b""} for value in np.ma.getdata(own)[there].tolist()], dtype=bool)
        expected = set(there[~empty].tolist())
        rows = [int(np.flatnonzero(table["ra"] == ra)[0]) for ra in result["ut1_ra"]]
        assert expected <= set(rows) <= set(there.tolist())
    else:
        assert result["ut1_ra"].tolist() == table["ra"][there].tolist()
        rows = there.tolist()
    assert result.colnames == ["ut1_ra", "ut1_dec", f"ut1_{name}", *result.colnames[3:]]
    unchanged(result[f"ut1_{name}"], own[rows])
    unchanged(table[name], own)
    uploaded = job.plan.upload  # type: ignore[union-attr]
    travels = uploaded.names[name]
    if travels != name:
        assert any(f"`{travels}`" in change for change in job.changes)
    if uploaded.table[travels].dtype.newbyteorder("=") != own.dtype.newbyteorder("=") and own.dtype.kind not in "US":
        assert any(name in change for change in job.changes), "each fix is listed"


TIMES = np.datetime64("2026-01-01T00:00:00") + np.arange(ROWS).astype("m8[D]")
WORDS = np.array([f"n°{n}" for n in range(ROWS)])
EXACT = {
    "boolean": (np.arange(ROWS) % 2 == 0, "= 1", np.arange(ROWS) % 2 == 0),
    "unsigned": (np.arange(ROWS, dtype="u8") + np.uint64(2**62), f"> {2**62 + 5}", np.arange(ROWS) > 5),
    "half": (np.arange(ROWS, dtype="f2") / 2, "> 2.25", np.arange(ROWS) > 4),
    "text": (WORDS, "= 'n°7'", np.arange(ROWS) == 7),
    "time": (TIMES, "> '2026-01-06T00:00:00'", np.arange(ROWS) > 5),
    "large": (np.arange(ROWS) + 2**53, f"= {2**53 + 1}", np.arange(ROWS) == 1),
}


@pytest.mark.parametrize("name", EXACT)
def test_conditions_mean_what_the_users_own_values_are(service: Service, places: Table, name: str) -> None:
    column, condition, expected = EXACT[name]
    table = places.copy()
    table["c"] = column
    match = SkyMatch("dp1.Object", radius=0.05, columns=["objectId"], where=[f"ut1.c {condition}"])
    result = service.submit(match, table).result(SECONDS)
    assert result["ut1_c"].tolist() == column[expected].tolist()
