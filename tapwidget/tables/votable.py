"""astropy tables to VOTable and back, with our own fast codec.

UCD, utype and xtype of a column are in its `meta`; its unit and description are astropy's own.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from astropy.table import Column as TableColumn
from astropy.table import MaskedColumn, Table
from numpy.typing import NDArray

from tapwidget.errors import ColumnError, QueryError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.binary2 import plain, spread
from tapwidget.tables.text_bytes import fits_numpy
from tapwidget.tables.votable_document import Batch, Document, read_document, write_stream
from tapwidget.tables.votable_units import unit_of, unit_text

Mask = NDArray[np.bool_] | None
# Rows that are copied in one go.
SOME = 16_384

DATATYPES = {
    np.dtype(bool): "boolean",
    np.dtype(np.uint8): "unsignedByte",
    np.dtype(np.int16): "short",
    np.dtype(np.int32): "int",
    np.dtype(np.int64): "long",
    np.dtype(np.float32): "float",
    np.dtype(np.float64): "double",
    np.dtype(np.complex64): "floatComplex",
    np.dtype(np.complex128): "doubleComplex",
}


def to_votable(
    table: Table, *, serialization: str = "BINARY2", name: str = "", infos: Mapping[str, str] | None = None
) -> bytes:
    """The table as a VOTable document ("BINARY2" or "TABLEDATA"), with no QUERY_STATUS: what an upload wants.

    `infos` become INFOs of that name and value.

    Raises `ColumnError` for a column that VOTable cannot hold as it is.
    """
    # Not joined: that would hold all pieces beside the whole, twice what an upload needs.
    out = io.BytesIO()
    for piece in votable_pieces(table, serialization=serialization, name=name, infos=infos):
        out.write(piece)
    return out.getvalue()


def votable_pieces(
    table: Table,
    *,
    serialization: str = "BINARY2",
    name: str = "",
    infos: Mapping[str, str] | None = None,
    rows: NDArray[Any] | None = None,
) -> Iterator[bytes]:
    """What `to_votable` gives, piece by piece: for what is too large to be held in memory once more.

    With `rows`, only these, by their places in the table; the columns are described as those of the whole.
    """
    columns = columns_of(table)
    parts = [plain(table[column.name], None) for column in columns]
    return write_stream(
        columns,
        [([values for values, _ in parts], [mask for _, mask in parts])] if rows is None else _batches(parts, rows),
        serialization=serialization,
        query_status="",
        infos=infos,
        table_name=name,
    )


def _batches(parts: list[tuple[NDArray[Any], Mask]], rows: NDArray[Any]) -> Iterator[Batch]:
    """Some rows of the columns, so many at a time."""
    for low in range(0, len(rows), SOME):
        some = rows[low : low + SOME]
        yield [values[some] for values, _ in parts], [None if mask is None else mask[some] for _, mask in parts]


def from_votable(source: bytes | str | PathLike[str] | BinaryIO) -> Table:
    """The first table of the results in a VOTable: its bytes, its path, or an open file.

    Columns have the dtype their datatype says, text 'U'; they are a `MaskedColumn` only where a value is missing. What
    the service said is in `table.meta`: "query_status", "overflow" (bool), "infos" (dict), "changes" (what was read in
    another way than it stands in the document), "name" and "description" where given.

    Raises
    ------
    FileFormatError
        No VOTable, or not whole.
    QueryError
        The document says QUERY_STATUS ERROR; `.said` is the service's message.
    """
    if isinstance(source, (str, PathLike)):
        with Path(source).open("rb") as file:
            document = read_document(file, compact=True)
    else:
        document = read_document(source, compact=True)
    return answer_of(document)


def answer_of(document: Document) -> Table:
    """A service's answer as an astropy Table; `QueryError` where it says that the query failed."""
    if document.query_status == "ERROR":
        said = document.query_message or document.infos.get("message", "")
        raise QueryError(
            f"The service answered the query with an error: {said or 'it did not say which'}. "
            "Change the query accordingly.",
            said=said,
        )
    return table_of(document)


def table_of(document: Document) -> Table:
    """A document as an astropy Table."""
    parts = zip(document.columns, document.arrays, document.masks, strict=True)
    table = Table([_column(*part) for part in parts], copy=False)
    table.meta["query_status"] = document.query_status
    table.meta["overflow"] = document.overflow
    table.meta["infos"] = dict(document.infos)
    table.meta["changes"] = list(document.changes)
    if document.name:
        table.meta["name"] = document.name
    if document.description:
        table.meta["description"] = document.description
    return table


def columns_of(table: Table) -> tuple[Column, ...]:
    """The FIELDs that say what the table's columns are.

    Text is `char` where all of it is ASCII, else `unicodeChar`, of varying length; bool is `boolean`.

    Raises `ColumnError` for what VOTable has no datatype for: unsigned integers but uint8, float16, times, objects.
    """
    if not table.colnames:
        raise ColumnError("The table has no columns.")
    return tuple(_field(name, table[name]) for name in table.colnames)


def _field(name: str, column: Any) -> Column:
    if not isinstance(column, TableColumn):
        raise ColumnError(
            f"Column {name!r} is a {type(column).__name__}, which VOTable cannot hold as one column; "
            "make plain columns of it first (tapwidget.read_table does)."
        )
    values, mask = plain(column, None)
    if values.dtype.kind in "USO" or values.dtype.kind == "T":
        datatype, arraysize = _text_type(name, values, mask), "*"
    else:
        known = DATATYPES.get(values.dtype.newbyteorder("="))
        if known is None:
            raise ColumnError(
                f"Column {name!r} has values of type {values.dtype}, for which VOTable has no datatype. "
                "Convert it: unsigned or 8-bit integers to a wider signed type, float16 to float32, times to ISO text."
            )
        datatype = known
        arraysize = "x".join(map(str, values.shape[:0:-1]))
        if values.shape[1:] == (1,):
            raise ColumnError(f"Column {name!r} has arrays of one number as cells; make it a column of numbers.")
    meta = column.meta
    return Column(
        name,
        datatype,
        arraysize,
        xtype=str(meta.get("xtype", "")),
        unit=unit_text(column.unit),
        ucd=str(meta.get("ucd", "")),
        utype=str(meta.get("utype", "")),
        description=column.description or "",
    )


def _text_type(name: str, values: NDArray[Any], mask: Mask) -> str:
    """ "char" where all text is ASCII, else "unicodeChar"."""
    if values.ndim > 1:
        raise ColumnError(f"Column {name!r} has several texts in one cell, which few can read. Make a column of each.")
    shown = values if mask is None else values[~mask]
    if shown.dtype.kind in "US":
        letters = np.ascontiguousarray(shown).view(np.uint32 if shown.dtype.kind == "U" else np.uint8)
        if letters.max(initial=0) < 128:
            return "char"
        if shown.dtype.kind == "U":
            return "unicodeChar"
    texts = [text for text in shown.tolist() if text is not None]
    if set(map(type, texts)) <= {str}:
        return "char" if "".join(texts).isascii() else "unicodeChar"
    for text in texts:
        if not isinstance(text, (str, bytes)):
            raise ColumnError(
                f"Column {name!r} holds objects of type {type(text).__name__}, not text or numbers. Convert it first."
            )
        if isinstance(text, bytes) and not text.isascii():
            raise ColumnError(
                f"Column {name!r} holds bytes that are not ASCII: {text[:40]!r}. Decode them to text first."
            )
    return "char" if all(text.isascii() for text in texts) else "unicodeChar"


def _column(column: Column, values: NDArray[Any], mask: Mask) -> TableColumn:
    if column.is_text and values.dtype == object:
        values = _as_text(values)
    meta = {key: getattr(column, key) for key in ("ucd", "utype", "xtype") if getattr(column, key)}
    words: dict[str, Any] = {
        "name": column.name,
        "unit": unit_of(column.unit),
        "description": column.description or None,
        "meta": meta,
        "copy": False,
    }
    if mask is None:
        return TableColumn(values, **words)
    return MaskedColumn(values, mask=spread(mask, values.shape), **words)


def _as_text(values: NDArray[Any]) -> NDArray[Any]:
    """str objects as numpy's own text, unless one long text would make all rows as wide."""
    flat = values.ravel().tolist()
    if not set(map(type, flat)) <= {str}:
        return values  # cells with a varying number of texts
    widest = max(map(len, flat), default=1)
    if not fits_numpy(widest, len(flat)) or "\0" in "".join(flat):
        return values
    return values.astype(f"U{max(1, widest)}")
