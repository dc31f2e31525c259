"""Answers as Parquet that carries its own description ("VOParquet").

The description is a VOTable without rows in the file's metadata. These stand at the end of a Parquet file, and are
written when all rows are: so its QUERY_STATUS says truly whether rows were left out. A query that fails halfway leaves
a file without that end, which no reader takes for a whole one.

Source: Parquet in the VO (IVOA Note 1.0).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.arrow_values import Batches, Status
from tapwidget.tables.votable_document import describe

KEY = "IVOA.VOTable-Parquet."


def parquet(
    columns: Sequence[Column], schema: Any, batches: Batches, *, status_after: Status, infos: Mapping[str, str]
) -> Iterator[bytes]:
    """The file in pieces, a group of rows each."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    sink = Drain()
    written = pa.schema(
        [pa.field(column.name, stored(field.type)) for column, field in zip(columns, schema, strict=True)]
    )
    texts = [place for place, field in enumerate(written) if is_text(field.type)]
    longest = dict.fromkeys(texts, 0)
    # A copy of the schema as Arrow writes it would hide from readers what is added to the metadata at the end. Numbers
    # seldom repeat: to look for those that do takes three times as long, and makes the file larger.
    how = {"compression": "snappy", "store_schema": False, "use_dictionary": [written.field(i).name for i in texts]}
    with pq.ParquetWriter(pa.PythonFile(sink, "w"), written, **how) as writer:
        for batch in batches:
            arrays = [
                array if array.type == field.type else array.cast(field.type)
                for array, field in zip(batch.columns, written, strict=True)
            ]
            for place in texts:
                longest[place] = max(longest[place], pc.max(pc.utf8_length(arrays[place])).as_py() or 0)
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=written))
            yield sink.drained()
        status, message = status_after()
        # With a fixed arraysize astropy takes a column for text, else for objects of any kind.
        told = [
            replace(column, arraysize=str(max(1, longest[place]))) if place in longest else column
            for place, column in enumerate(columns)
        ]
        votable = describe(told, query_status=status or "OK", query_message=message, infos=infos, table_name="result")
        writer.add_key_value_metadata({
            f"{KEY}version": "1.0",
            f"{KEY}type": "Parquet-local-XML",
            f"{KEY}encoding": "utf-8",
            f"{KEY}content": votable,
            # without these astropy looks for the longest text itself, warns, and fails where one is missing
            **{f"table::len::{columns[place].name}": str(length) for place, length in longest.items()},
        })  # fmt: skip
    yield sink.drained()


def stored(kind: Any) -> Any:
    """The type in the file: that of the engine where VOTable has it too."""
    import pyarrow as pa

    if pa.types.is_int8(kind):
        return pa.int16()
    return pa.string() if pa.types.is_null(kind) else kind


def is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


class Drain(io.RawIOBase):
    """A file that only passes through: what was written can be taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        self.at += len(self.pieces[-1])
        return len(self.pieces[-1])

    def tell(self) -> int:
        return self.at

    def drained(self) -> bytes:
        whole = b"".join(self.pieces)
        self.pieces.clear()
        return whole
