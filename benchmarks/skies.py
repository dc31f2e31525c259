"""Fields of objects, and the service's engine over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tapwidget.ivoa.tapschema import Column
from tapwidget.server import prepared, tap_schema, uploads
from tapwidget.server.adql.query import translate
from tapwidget.server.adql.scope import Relation, SourceColumn
from tapwidget.server.adql.values import kind_of
from tapwidget.server.catalogue import Catalogue
from tapwidget.server.engine import Engine
from tapwidget.server.settings import Settings

CENTRE = (37.86, 6.98)
Positions = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def field(rows: int, kind: str, seed: int = 1) -> Positions:
    """Right ascension and declination in degrees: "uniform" within 1.5 degrees, "crowded" within 0.15 degrees,
    "clustered" half of them in 30 clusters of 20 arcsec to 3 arcmin."""
    rng = np.random.default_rng(seed)
    radius = 0.15 if kind == "crowded" else 1.5
    r, angle = radius * np.sqrt(rng.random(rows)), rng.random(rows) * 2 * np.pi
    x, y = r * np.cos(angle), r * np.sin(angle)
    if kind == "clustered":
        members = rows // 2
        cluster = rng.integers(0, 30, members)
        size = np.geomspace(20 / 3600, 0.05, 30)[cluster]
        x[:members] = x[-30:][cluster] + rng.normal(0, size)
        y[:members] = y[-30:][cluster] + rng.normal(0, size)
    return CENTRE[0] + x / np.cos(np.radians(CENTRE[1])), CENTRE[1] + y


def measured_again(positions: Positions, rows: int, kind: str, seed: int = 2) -> Positions:
    """Half of the rows near objects of the catalogue (0.2 arcsec), half anywhere in the field."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(positions[0]), rows // 2)
    near = [values[chosen] + rng.normal(0, 0.2 / 3600, len(chosen)) for values in positions]
    other = field(rows - rows // 2, "uniform" if kind == "clustered" else kind, seed)
    return tuple(np.concatenate(pair) for pair in zip(near, other, strict=True))  # type: ignore[return-value]


class Service:
    """The engine with a catalogue `s.objects` and uploads, asked in ADQL without HTTP."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(folder, Settings())
        self.catalogue = Catalogue()
        self.uploads: dict[str, Relation] = {}

    def load(self, path: Path) -> None:
        self.catalogue.add(prepared.load(self.engine, "s.objects", path))
        tap_schema.add(self.engine, self.catalogue)
        self.engine.lock()

    def upload(self, name: str, columns: dict[str, Any]) -> None:
        facts = [Column(c, "long" if values.dtype.kind == "i" else "double") for c, values in columns.items()]
        rows = len(next(iter(columns.values())))
        pieces = self.engine.pieces(rows)
        table = pa.table({f"c{i}": values for i, values in enumerate(columns.values(), start=1)})
        table = uploads.by_declination(table, tuple(facts), pieces)
        sql = self.engine.upload_name()
        run = self.engine.run()
        run.create_from_arrow(sql, table)
        run.finish()
        sources = tuple(
            SourceColumn(c.name, f"c{i}", kind_of(c), c, largest=uploads.largest(values, None))
            for i, (c, values) in enumerate(zip(facts, columns.values(), strict=True), start=1)
        )
        self.uploads[name] = Relation(f"TAP_UPLOAD.{name}", sql, sources, rows, pieces=pieces)

    def ask(self, adql: str) -> int:
        """Run a query to its end; the number of rows."""
        run = self.engine.run()
        try:
            translation = translate(adql, lambda schema, name, *_: self.catalogue.find(schema, name, self.uploads))
            _, batches = run.batches(translation.sql)
            return sum(batch.num_rows for batch in batches)
        finally:
            run.finish()


@contextmanager
def service(columns: dict[str, Any]) -> Iterator[Service]:
    """A service whose table s.objects has these columns."""
    with TemporaryDirectory(prefix="tapwidget-benchmark-") as name:
        folder = Path(name)
        pq.write_table(pa.table(columns), folder / "objects.parquet")
        made = Service(folder)
        made.load(folder / "objects.parquet")
        yield made
        made.engine.close()
