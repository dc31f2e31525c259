"""A Parquet file that carries its own description ("VOParquet") as a `Document`, like that of a VOTable.

Rows are taken a group at a time into columns of the final size, so that there is no second copy of all.

Source: Parquet in the VO (IVOA Note 1.0), section 2: the VOTable in the file's metadata describes its columns one by
one, and what types they are the file itself says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from astropy.table import Table

from tapwidget.errors import FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.arrow_cells import Lists, Numbers, Others, Texts, Times, is_plain, is_text
from tapwidget.tables.votable import answer_of
from tapwidget.tables.votable_document import Document, read_document

MAGIC = b"PAR1"
KEY = b"IVOA.VOTable-Parquet.content"
ROWS = 65_536


class Cells(Protocol):
    """A column that grows by pieces."""

    def add(self, at: int, array: Any) -> None:
        """Take the cells of an Arrow array; the first of them is in row `at`."""

    def whole(self) -> tuple[Any, Any]:
        """Values and mask (None where nothing is missing), as `binary2.decode_rows` gives them."""


def from_parquet(source: bytes | BinaryIO) -> Table:
    """A Parquet file that describes itself as an astropy Table, just as `votable.from_votable` gives it.

    `meta["query_status"]` is "" where the file says nothing: whether rows were left out is not known then, and where it
    has no description at all the table has no columns.

    Raises
    ------
    FileFormatError
        No Parquet file, or not whole; one that does not hold what it describes.
    QueryError
        The description says QUERY_STATUS ERROR; `.said` is the service's message.
    """
    return answer_of(read_parquet(source))


def read_parquet(source: bytes | BinaryIO) -> Document:
    """The rows of a Parquet file with what it says of them; an empty document where it says nothing.

    Raises
    ------
    FileFormatError
        As `from_parquet`.
    """
    try:
        opened = pa.BufferReader(source) if isinstance(source, bytes) else source
        # Else all the bytes of the file are held in memory until the last row is read.
        with pq.ParquetFile(opened, pre_buffer=False) as file:
            content = (file.metadata.metadata or {}).get(KEY)
            if content is None:
                return Document()
            described = read_document(content)
            return described if not described.columns else _rows(file, described)
    except (pa.ArrowException, OSError) as error:
        raise FileFormatError(
            f"The Parquet file is incomplete or damaged: {error}. Fetch it again; what arrived is not the whole table."
        ) from error


def _rows(file: Any, described: Document) -> Document:
    schema, nrows = file.schema_arrow, file.metadata.num_rows
    if len(schema) != len(described.columns):
        raise FileFormatError(
            f"The Parquet file describes {len(described.columns)} columns, but holds {len(schema)}; which is which "
            "cannot be told. Ask for a VOTable."
        )
    columns = [_cells(column, field.type, nrows) for column, field in zip(described.columns, schema, strict=True)]
    at = 0
    for batch in file.iter_batches(ROWS):
        for place, column in enumerate(columns):
            column.add(at, batch.column(place))
        at += batch.num_rows
    read, changes = [], list(described.changes)
    for column in columns:
        read.append(column.whole())
        changes += getattr(column, "changes", ())
    return replace(
        described,
        arrays=tuple(values for values, _ in read),
        masks=tuple(mask for _, mask in read),
        nrows=nrows,
        changes=tuple(changes),
    )


def _cells(column: Column, kind: Any, nrows: int) -> Cells:
    """What takes the cells of a column; `kind` is its type in Arrow."""
    if is_plain(kind):
        return Numbers(kind, nrows)
    if is_text(kind):
        return Texts(column.name, nrows)
    if pa.types.is_timestamp(kind):
        return Times(kind, nrows)
    size = column.arraysize
    if pa.types.is_list(kind) and is_plain(kind.value_type) and size.isdigit():
        return Lists(column.name, kind.value_type, nrows, int(size))
    return Others(column.name, kind)
