"""A VOTable document: columns and rows to XML as it travels, in chunks, and back.

No astropy here: the built-in service answers with this, and must start fast. Source: VOTable 1.4; DALI 1.1, section 4.4
(QUERY_STATUS and OVERFLOW).
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import ColumnError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables import binary2, tabledata
from tapwidget.tables.field_types import field_type
from tapwidget.tables.tabledata import escape
from tapwidget.tables.votable_reader import Document, read_document

__all__ = ["Document", "describe", "read_document", "write_document", "write_stream"]

Mask = NDArray[np.bool_] | None
Batch = tuple[Sequence[NDArray[Any]], Sequence[Mask] | None]

HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n<RESOURCE type="results">\n'
)
FOOTER = "</RESOURCE>\n</VOTABLE>\n"
# Bytes of binary rows to a line of base64; a multiple of 3, so that lines can be decoded end to end.
LINE = 3 * 65_536
# Rows that are made ready at a time.
BLOCK = 65_536


def write_document(
    columns: Sequence[Column],
    arrays: Sequence[NDArray[Any]],
    masks: Sequence[Mask] | None = None,
    *,
    serialization: str = "BINARY2",
    query_status: str = "OK",
    query_message: str = "",
    infos: Mapping[str, str] | None = None,
    table_name: str = "",
    description: str = "",
) -> Iterator[bytes]:
    """A VOTable with one table, in chunks of bytes. Parameters are those of `write_stream`."""
    batches = [(arrays, masks)] if columns else []
    return write_stream(
        columns,
        batches,
        serialization=serialization,
        query_status=query_status,
        query_message=query_message,
        infos=infos,
        table_name=table_name,
        description=description,
    )


def describe(
    columns: Sequence[Column],
    *,
    query_status: str = "",
    query_message: str = "",
    infos: Mapping[str, str] | None = None,
    table_name: str = "",
    description: str = "",
) -> bytes:
    """A VOTable whose table has FIELDs and no DATA: what a file of another kind carries as its description.

    As in any VOTable, "OVERFLOW" stands behind the table, and "OK" before it (DALI 1.1, section 4.4.1).
    """
    overflow = query_status == "OVERFLOW"
    text = HEADER
    if query_status:
        text += _info("QUERY_STATUS", "OK" if overflow else query_status, "" if overflow else query_message)
    text += "".join(_info(name, value, "") for name, value in (infos or {}).items())
    text += _table_head(columns, table_name, description) + "</TABLE>\n"
    if overflow:
        text += _info("QUERY_STATUS", query_status, query_message)
    return (text + FOOTER).encode()


def write_stream(
    columns: Sequence[Column],
    batches: Iterable[Batch],
    *,
    serialization: str = "BINARY2",
    query_status: str = "OK",
    query_message: str = "",
    status_after: Callable[[], tuple[str, str]] | None = None,
    infos: Mapping[str, str] | None = None,
    table_name: str = "",
    description: str = "",
) -> Iterator[bytes]:
    """A VOTable whose rows come in batches, so that none but the present one is in memory.

    Parameters
    ----------
    columns
        The FIELDs. With none of them, the document holds INFOs only: an error.
    batches
        Pairs (arrays, masks) as `binary2.encode_rows` takes them.
    serialization
        "BINARY2" or "TABLEDATA".
    query_status, query_message
        INFO QUERY_STATUS and its text; "" leaves it out, as an upload wants it. "OVERFLOW" is written behind the table,
        as DALI asks, and "OK" before it.
    status_after
        Asked when all batches are written: (status, message) to write behind the table, ("", "") for nothing.

    Raises
    ------
    ColumnError
        A batch holds what its column cannot say. What was written until then is no whole document.
    """
    if serialization not in {"BINARY2", "TABLEDATA"}:
        raise ValueError(f"serialization must be 'BINARY2' or 'TABLEDATA', not {serialization!r}")
    for column in columns:
        field_type(column)
    return _chunks(
        columns,
        batches,
        serialization == "BINARY2",
        query_status,
        query_message,
        status_after,
        infos,
        table_name,
        description,
    )


def _chunks(  # noqa: PLR0917 - private, called once
    columns: Sequence[Column],
    batches: Iterable[Batch],
    binary: bool,
    status: str,
    message: str,
    status_after: Callable[[], tuple[str, str]] | None,
    infos: Mapping[str, str] | None,
    table_name: str,
    description: str,
) -> Iterator[bytes]:
    before = "OK" if status == "OVERFLOW" else status
    head = HEADER
    if before:
        head += _info("QUERY_STATUS", before, message if before == status else "")
    head += "".join(_info(name, value, "") for name, value in (infos or {}).items())
    if columns:
        head += _table_head(columns, table_name, description)
        head += '<DATA><BINARY2><STREAM encoding="base64">\n' if binary else "<DATA><TABLEDATA>\n"
        yield head.encode()
        rows = _binary(columns, batches) if binary else _tabledata(columns, batches)
        yield from rows
        head = "</STREAM></BINARY2></DATA>\n</TABLE>\n" if binary else "</TABLEDATA></DATA>\n</TABLE>\n"
    if status == "OVERFLOW":
        head += _info("QUERY_STATUS", status, message)
    after, after_message = status_after() if status_after else ("", "")
    if after:
        head += _info("QUERY_STATUS", after, after_message)
    yield (head + FOOTER).encode()


def _binary(columns: Sequence[Column], batches: Iterable[Batch]) -> Iterator[bytes]:
    rest = b""
    for encoded in _encoded(columns, batches, binary2.encode_rows, BLOCK):
        rows = memoryview(rest + encoded)
        whole = len(rows) - len(rows) % 3
        for at in range(0, whole, LINE):
            yield b2a_base64(rows[at : min(at + LINE, whole)])
        rest = bytes(rows[whole:])
    if rest:
        yield b2a_base64(rest)


def _tabledata(columns: Sequence[Column], batches: Iterable[Batch]) -> Iterator[bytes]:
    return _encoded(columns, batches, tabledata.encode_rows, 10_000)


def _encoded(
    columns: Sequence[Column], batches: Iterable[Batch], encode: Callable[..., bytes], block: int
) -> Iterator[bytes]:
    """The rows, so many at a time: more would be in memory twice before they are written."""
    for arrays, masks in batches:
        nrows = binary2.rows_of([field_type(column) for column in columns], arrays, masks or [None] * len(arrays))
        for low in range(0, max(1, nrows), block):
            part = slice(low, low + block)
            some = None if masks is None else [None if mask is None else mask[part] for mask in masks]
            try:
                yield encode(columns, [values[part] for values in arrays], some)
            except ColumnError as error:
                if low == 0:
                    raise
                raise ColumnError(f"{error} (counted from row {low})") from error


def _table_head(columns: Sequence[Column], name: str, description: str) -> str:
    about = f"<DESCRIPTION>{escape(description)}</DESCRIPTION>\n" if description else ""
    return f"<TABLE{_attribute('name', name)}>\n{about}" + "".join(map(_field, columns))


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape(value)}"' if value else ""


def _info(name: str, value: str, text: str) -> str:
    return f'<INFO name="{escape(name)}" value="{escape(value)}">{escape(text)}</INFO>\n'


def _field(column: Column) -> str:
    attributes = "".join(
        _attribute(name, getattr(column, name)) for name in ("datatype", "arraysize", "unit", "ucd", "utype", "xtype")
    )
    inside = f"<DESCRIPTION>{escape(column.description)}</DESCRIPTION>" if column.description else ""
    return f'<FIELD name="{escape(column.name)}"{attributes}>{inside}</FIELD>\n'
