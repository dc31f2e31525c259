"""A small catalogue in an engine of its own, and a way to ask it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tapwidget.ivoa.tapschema import Column
from tapwidget.server import prepared, tap_schema, uploads
from tapwidget.server.adql.query import Translation, translate
from tapwidget.server.adql.scope import Relation
from tapwidget.server.catalogue import Catalogue
from tapwidget.server.engine import Engine
from tapwidget.server.settings import Settings
from tapwidget.tables.votable_document import write_document

VOTABLE_TYPES = {"i8": "long", "i4": "int", "i2": "short", "f8": "double", "f4": "float", "b1": "boolean"}


@dataclass
class Sky:
    """An engine with a catalogue."""

    engine: Engine
    catalogue: Catalogue
    folder: Path

    def translate(
        self, adql: str, relations: Mapping[str, Relation] | None = None, most: int | None = None
    ) -> Translation:
        known = dict(relations or {})
        return translate(adql, lambda schema, name, *_: self.catalogue.find(schema, name, known), most=most)

    def ask(self, adql: str, tables: Mapping[str, Mapping[str, Any]] | None = None) -> list[tuple[Any, ...]]:
        """Rows of the answer; `tables` are uploaded first."""
        run = self.engine.run()
        with ExitStack() as stack:
            stack.callback(run.finish)
            relations = {name: self.upload(name, columns) for name, columns in (tables or {}).items()}
            for relation in relations.values():
                stack.callback(self.engine.connection.execute, f"DROP TABLE {relation.sql}")
            _, batches = run.batches(self.translate(adql, relations).sql)
            return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]

    def upload(self, name: str, columns: Mapping[str, Any]) -> Relation:
        path = self.folder / "upload.vot"
        path.write_bytes(votable(columns))
        run = self.engine.run()
        try:
            return uploads.load(self.engine, run, name, path, Settings())
        finally:
            run.finish()


def votable(columns: Mapping[str, Any], serialization: str = "BINARY2") -> bytes:
    """A VOTable of arrays or masked arrays."""
    fields, arrays, masks = [], [], []
    for name, values in columns.items():
        array = np.ma.getdata(values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
        mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
        is_text = array.dtype.kind in "UO"
        fields.append(Column(name, "char" if is_text else VOTABLE_TYPES[array.dtype.str[1:]], "*" if is_text else ""))
        arrays.append(array)
        masks.append(mask)
    return b"".join(write_document(fields, arrays, masks, query_status="", serialization=serialization))


def parquet(path: Path, columns: Mapping[str, Any], described: tuple[Column, ...] = (), **facts: Any) -> Path:
    """A Parquet file; with `described`, a VOTable head in it, with `facts`, our own key."""
    table = pa.table(dict(columns))
    metadata = {}
    if described:
        head = "".join(
            f'<FIELD name="{c.name}" datatype="{c.datatype}" unit="{c.unit}" ucd="{c.ucd}">'
            f"<DESCRIPTION>{c.description}</DESCRIPTION></FIELD>"
            for c in described
        )
        metadata["IVOA.VOTable-Parquet.content"] = (
            '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
            f"<TABLE>{head}</TABLE></RESOURCE></VOTABLE>"
        )
    if facts:
        metadata["tapwidget.table"] = json.dumps(facts)
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


@pytest.fixture(scope="session")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sky]:
    """s.obj: 12 objects with every kind of column, and things missing; s.many: 3000 objects in a small field."""
    folder = tmp_path_factory.mktemp("sky")
    nan = float("nan")
    objects = {
        "objectId": pa.array([2**53 + i for i in range(12)], pa.int64()),
        "coord_ra": pa.array([0.0, 359.9999, 10.0, 10.0001, 37.86, 180.0, 0.0, 90.0, nan, None, 250.0, 250.0]),
        "coord_dec": pa.array([0.0, 0.0, 5.0, 5.0001, 6.98, -30.0, 90.0, -90.0, 0.0, 0.0, None, 91.0]),
        "mag": pa.array([15.5, 16.0, 17.25, nan, None, 20.0, 21.0, 22.0, 23.0, 24.0, 25.0, 26.0], pa.float32()),
        "n": pa.array([7, -7, 0, 1, 2, None, 4, 5, 6, 7, 8, 9], pa.int32()),
        "band": pa.array(["r", "g", "r", None, "i", "", "r", "g", "u", "z", "y", "r"]),
        "flag": pa.array([True, False] * 5 + [None, True]),
        "obs_time": pa.array([1_600_000_000_000_000 + i for i in range(12)], pa.timestamp("us")),
        "size": pa.array(range(12), pa.int16()),
    }
    rng = np.random.default_rng(7)
    many = {
        "id": np.arange(3000),
        "ra": 37.8 + rng.random(3000) * 0.05,
        "dec": 6.9 + rng.random(3000) * 0.05,
        "r": rng.normal(20, 2, 3000),
    }
    engine = Engine(folder, Settings(memory="1GB"))
    catalogue = Catalogue()
    described = (
        Column("objectId", "long", ucd="meta.id;meta.main", description="Identifier"),
        Column("coord_ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        Column("coord_dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
        Column("mag", "float", unit="mag", ucd="phot.mag"),
    )
    for name, path in (
        ("s.obj", parquet(folder / "obj.parquet", objects, described, description="Twelve", principal=["objectId"])),
        ("s.many", parquet(folder / "many.parquet", many)),
    ):
        catalogue.add(prepared.load(engine, name, path))
    tap_schema.add(engine, catalogue)
    engine.lock()
    yield Sky(engine, catalogue, folder)
    engine.close()


@pytest.fixture(scope="session")
def write_votable() -> Callable[..., bytes]:
    return votable


@pytest.fixture(scope="session")
def write_parquet() -> Callable[..., Path]:
    return parquet
