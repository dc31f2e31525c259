"""Files into the engine: names, types, descriptions, positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tapwidget.errors import FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.server import prepared
from tapwidget.server.catalogue import Catalogue, Served
from tapwidget.server.engine import Engine
from tapwidget.server.run import free_name, identifier
from tapwidget.server.settings import Settings

Parquet = Callable[..., Path]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path, Settings(memory="500MB"))
    yield engine
    engine.close()


def test_every_type(engine: Engine, tmp_path: Path, write_parquet: Parquet) -> None:
    columns = {
        "i8": pa.array([1], pa.int8()),
        "u1": pa.array([1], pa.uint8()),
        "u2": pa.array([2**16 - 1], pa.uint16()),
        "u4": pa.array([2**32 - 1], pa.uint32()),
        "u8": pa.array([2**63 - 1], pa.uint64()),
        "d": pa.array([Decimal("1.5")]),
        "day": pa.array([date(2026, 1, 31)]),
        "ns": pa.array([10**18], pa.timestamp("ns")),
        "zone": pa.array([10**15], pa.timestamp("us", "UTC")),
        "t": ["abc"],
        "uni": ["é"],
        "enum": pa.array(["x"]).dictionary_encode(),
        "f": pa.array([0.5], pa.float32()),
        "list": [[1.0]],
        "bytes": [b"x"],
    }
    served = prepared.load(engine, "a.b", write_parquet(tmp_path / "x.parquet", columns))
    types = {c.name: (c.datatype, c.xtype) for c in served.table.columns}
    assert types == {
        "i8": ("short", ""),
        "u1": ("unsignedByte", ""),
        "u2": ("int", ""),
        "u4": ("long", ""),
        "u8": ("long", ""),
        "d": ("double", ""),
        "day": ("char", "timestamp"),
        "ns": ("char", "timestamp"),
        "zone": ("char", "timestamp"),
        "t": ("char", ""),
        "uni": ("unicodeChar", ""),
        "enum": ("char", ""),
        "f": ("float", ""),
    }
    assert "list, bytes" in served.table.description, "what is left out is said"
    assert served.table.nrows == 1


def test_what_the_file_says(engine: Engine, tmp_path: Path, write_parquet: Parquet) -> None:
    described = (Column("alpha", "double", unit="deg", ucd="pos.eq.ra;meta.main", description="Where"),
                 Column("delta", "double", unit="deg", ucd="pos.eq.dec;meta.main"))  # fmt: skip
    path = write_parquet(
        tmp_path / "x.parquet",
        {"alpha": [1.0, 2.0], "delta": [3.0, float("nan")], "n": [1, 2]},
        described,
        description="Of the sky",
        principal=["alpha"],
        indexed=["n"],
        simulated=True,
    )
    served = prepared.load(engine, "a.b", path)
    alpha, _, n = served.table.columns
    assert (alpha.unit, alpha.ucd, alpha.description, alpha.principal) == ("deg", "pos.eq.ra;meta.main", "Where", True)
    assert (n.principal, n.indexed) == (False, True)
    assert served.table.description == "Simulated: Of the sky"
    assert served.is_simulated
    assert served.relation.cell_of == ("c1", "c2")
    assert [c.may_be_nan for c in served.relation.columns] == [False, True, False]


@pytest.mark.parametrize(
    ("names_and_unit", "cell"),
    [
        (("ra", "dec", "deg"), ("c1", "c2")),
        (("RAJ2000", "DEJ2000", ""), ("c1", "c2")),
        (("ra", "dec", "rad"), None),
        (("x", "y", "deg"), None),
    ],
)
def test_positions(
    engine: Engine, tmp_path: Path, write_parquet: Parquet, names_and_unit: tuple[str, str, str], cell: Any
) -> None:
    *names, unit = names_and_unit
    described = tuple(Column(name, "double", unit=unit) for name in names)
    path = write_parquet(tmp_path / "x.parquet", {name: [1.0] for name in names}, described)
    assert prepared.load(engine, "a.b", path).relation.cell_of == cell


def test_cells_fit_the_density(engine: Engine, tmp_path: Path, write_parquet: Parquet) -> None:
    rng = np.random.default_rng(0)
    heights = []
    for width in (0.01, 0.1, 1.0, 20.0):
        path = write_parquet(
            tmp_path / "x.parquet", {"ra": rng.random(20_000) * width, "dec": rng.random(20_000) * width}
        )
        heights.append(prepared.load(engine, f"a.b{len(heights)}", path).relation.cell_height)
    assert heights == sorted(heights)
    assert heights[0] == pytest.approx(3 / 3600)
    assert heights[1] == pytest.approx(0.1 * (2 / 20_000) ** 0.5, rel=0.2)
    assert heights[2] == pytest.approx((2 / 20_000) ** 0.5, rel=0.2)
    assert heights[3] < 0.2 + 1e-9


def test_names_of_any_kind(engine: Engine, tmp_path: Path, write_parquet: Parquet) -> None:
    names = ["two words", 'quo"te', "ünï", "select", "c1", "Ra", "RA"]
    path = write_parquet(tmp_path / "x.parquet", {name: [float(i)] for i, name in enumerate(names)})
    served = prepared.load(engine, "a.b", path)
    assert [c.name for c in served.table.columns] == [*names[:-1], "RA_1"], "ADQL cannot tell Ra from RA"


def test_no_rows(engine: Engine, tmp_path: Path, write_parquet: Parquet) -> None:
    path = write_parquet(tmp_path / "x.parquet", {"ra": pa.array([], pa.float64()), "dec": pa.array([], pa.float64())})
    assert prepared.load(engine, "a.b", path).table.nrows == 0


def test_what_cannot_be_served(engine: Engine, tmp_path: Path, write_parquet: Parquet) -> None:
    (tmp_path / "text.parquet").write_text("no Parquet")
    with pytest.raises(FileFormatError, match=r"text\.parquet cannot be read as Parquet"):
        prepared.load(engine, "a.b", tmp_path / "text.parquet")
    with pytest.raises(FileFormatError, match="no column"):
        prepared.load(engine, "a.b", write_parquet(tmp_path / "x.parquet", {"a": [b"x"]}))


def test_names_of_tables(engine: Engine, tmp_path: Path, write_parquet: Parquet) -> None:
    catalogue = Catalogue()
    assert free_name(Path("/x/dp1.Object.parquet"), catalogue) == "dp1.Object"
    assert free_name(Path("gaia.fits"), catalogue) == "data.gaia"
    assert free_name(Path("my table-2.csv.gz"), catalogue) == "data.my_table_2"
    assert free_name(Path("2mass.csv"), catalogue) == "data.t_2mass"
    assert identifier("select") == "t_select"
    assert identifier("é") == "table" or identifier("é").startswith("t_")
    loaded = prepared.load(engine, "data.gaia", write_parquet(tmp_path / "x.parquet", {"a": [1]}))
    catalogue.add(Served(loaded.table, loaded.relation))
    assert free_name(Path("other/gaia.fits"), catalogue) == "data.gaia_2"
