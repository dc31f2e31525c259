"""Files prepared for the engine: made once, kept in the cache, made again when the file is another one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tapwidget.errors import FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.server import loading, prepared
from tapwidget.server.catalogue import Catalogue, Served
from tapwidget.server.engine import Engine
from tapwidget.server.positions import positions
from tapwidget.server.settings import Settings

Parquet = Callable[..., Path]
Start = Callable[[], Engine]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAPWIDGET_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "served"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Makes engines, each as a service of its own would have it."""
    engines: list[Engine] = []

    def make(memory: str = "500MB") -> Engine:
        folder = tmp_path / f"service{len(engines)}"
        folder.mkdir()
        engines.append(Engine(folder, Settings(memory=memory)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read, in order."""
    read: list[Path] = []
    build = loading.build

    def counted(con: object, sql: str, path: Path) -> loading.Facts:
        read.append(path)
        return build(con, sql, path)

    monkeypatch.setattr(loading, "build", counted)
    return read


def rows(engine: Engine, served: Served) -> list[tuple[object, ...]]:
    result: list[tuple[object, ...]] = engine.connection.execute(f"SELECT c1 FROM {served.relation.sql}").fetchall()
    return result


@pytest.fixture
def catalogue(tmp_path: Path, write_parquet: Parquet) -> Path:
    (tmp_path / "mine").mkdir()
    described = (Column("id", "long", ucd="meta.id", description="Which"), Column("ra", "double", unit="deg"))
    columns = {"id": [2**53 + 1, 2], "ra": [10.0, 11.0], "dec": [float("nan"), 1.0], "t": ["é", None]}
    return write_parquet(tmp_path / "mine" / "objects.parquet", columns, described, description="Two", simulated=True)


def test_the_second_service_finds_what_the_first_one_made(
    cache: Path, start: Start, catalogue: Path, builds: list[Path]
) -> None:
    first, second = start(), start()
    one, two = (prepared.load(engine, "s.objects", catalogue) for engine in (first, second))
    assert len(builds) == 1
    assert one.table == two.table
    assert one.relation == two.relation
    assert one.table.column("id").description == "Which"  # type: ignore[union-attr]
    assert [c.may_be_nan for c in two.relation.columns] == [False, False, True, False]
    assert two.is_simulated
    assert sorted(rows(first, one)) == sorted(rows(second, two)) == [(2,), (2**53 + 1,)]


def test_the_users_folder_stays_as_it_is(cache: Path, start: Start, catalogue: Path) -> None:
    before = catalogue.read_bytes(), catalogue.stat().st_mtime_ns
    prepared.load(start(), "s.objects", catalogue)
    assert list(catalogue.parent.iterdir()) == [catalogue]
    assert (catalogue.read_bytes(), catalogue.stat().st_mtime_ns) == before
    assert len(list(cache.iterdir())) == 1, "one prepared file, nothing half made"


def test_another_state_of_the_file_is_read_anew(
    cache: Path, start: Start, catalogue: Path, write_parquet: Parquet
) -> None:
    prepared.load(start(), "s.objects", catalogue)
    write_parquet(catalogue, {"id": [7, 8, 9], "ra": [1.0, 2.0, 3.0], "dec": [0.0, 0.0, 0.0]})
    engine = start()
    assert sorted(rows(engine, prepared.load(engine, "s.objects", catalogue))) == [(7,), (8,), (9,)]
    assert len(list(cache.iterdir())) == 1, "that of the earlier state is gone"


def test_a_damaged_one_is_made_again(cache: Path, start: Start, catalogue: Path, builds: list[Path]) -> None:
    prepared.load(start(), "s.objects", catalogue)
    (kept,) = cache.iterdir()
    kept.unlink()
    kept.write_bytes(b"no database")
    engine = start()
    assert len(rows(engine, prepared.load(engine, "s.objects", catalogue))) == 2
    assert len(builds) == 2


def test_without_a_cache_it_is_kept_in_the_services_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start, catalogue: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TAPWIDGET_CACHE_DIR", str(tmp_path / "file"))
    engine = start()
    assert len(rows(engine, prepared.load(engine, "s.objects", catalogue))) == 2
    assert list((engine.folder / "served").iterdir())


def test_long_unused_ones_and_halves_of_killed_services_go(cache: Path, start: Start, catalogue: Path) -> None:
    cache.mkdir(parents=True)
    old, young = cache / "a-b.duckdb", cache / "c-d.duckdb"
    for path, age in ((old, prepared.KEPT + 60), (young, 60)):
        path.write_bytes(b"")
        os.utime(path, (time.time() - age,) * 2)
    half = cache / f"{prepared.BUILDING}dead"
    half.mkdir()
    (half / "lock").touch()
    (half / "fresh.duckdb").write_bytes(b"half")
    prepared.load(start(), "s.objects", catalogue)
    assert not old.exists()
    assert not half.exists()
    assert young.exists()


def test_a_file_that_cannot_be_served_leaves_nothing(cache: Path, start: Start, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("no Parquet")
    with pytest.raises(FileFormatError, match=r"x\.parquet cannot be read as Parquet"):
        prepared.load(start(), "s.objects", tmp_path / "x.parquet")
    assert list(cache.iterdir()) == []


def test_one_file_under_two_names(cache: Path, start: Start, catalogue: Path) -> None:
    engine = start()
    for name in ("s.one", "s.two"):
        assert prepared.load(engine, name, catalogue).table.name == name


def test_a_change_is_noticed_and_said_once(
    cache: Path, start: Start, catalogue: Path, write_parquet: Parquet, capsys: pytest.CaptureFixture[str]
) -> None:
    served = prepared.load(start(), "s.objects", catalogue)
    tables = Catalogue()
    tables.add(served)
    assert tables.changes([served.relation]) == ""
    os.utime(catalogue)
    assert tables.changes([served.relation]) == "", "touched is not changed"
    write_parquet(catalogue, {"id": [7]})
    for _ in range(2):
        assert "objects.parquet has changed since" in tables.changes([served.relation, served.relation])
    assert tables.changes([]) == ""
    catalogue.unlink()
    assert "objects.parquet is not there any more" in tables.changes([served.relation])
    assert capsys.readouterr().err.count("has changed since") == 1


def test_a_catalogue_larger_than_memory(cache: Path, start: Callable[[str], Engine], tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    path = tmp_path / "large.parquet"
    many = 1_300_000
    columns = {name: rng.random(many) for name in ("x", "y", "z", "u", "v", "w", "a", "b", "ra", "dec")}
    pq.write_table(pa.table(columns), path, row_group_size=50_000)
    assert path.stat().st_size > 100e6
    engine = start("100MB")
    served = prepared.load(engine, "s.large", path)
    total = engine.connection.execute(f"SELECT count(*), sum(c1) FROM {served.relation.sql}").fetchone()
    assert total == (many, pytest.approx(columns["x"].sum()))


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ([("a", "deg", "pos.eq.ra"), ("b", "deg", "pos.eq.dec")], (0, 1)),
        ([("a", "rad", "pos.eq.ra"), ("b", "rad", "pos.eq.dec"), ("ra", "", ""), ("dec", "", "")], (2, 3)),
        ([("ra", "h", ""), ("dec", "deg", ""), ("ra_deg", "deg", "")], (2, 1)),
        ([("gaia_ra", "deg", ""), ("gaia_dec", "deg", "")], (0, 1)),
        ([("ALPHA_SKY", "deg", ""), ("DELTA_SKY", "deg", "")], (0, 1)),
        ([("e_ra", "deg", ""), ("e_dec", "deg", "")], None),
        ([("pm_ra", "deg", ""), ("pm_dec", "deg", "")], None),
        ([("x_ra", "", ""), ("x_dec", "", "")], None),
        ([("radius", "deg", ""), ("decay", "deg", "")], None),
    ],
)  # fmt: skip
def test_where_the_positions_are(columns: list[tuple[str, str, str]], found: tuple[int, int] | None) -> None:
    assert positions([Column(name, "double", unit=unit, ucd=ucd) for name, unit, ucd in columns]) == found
