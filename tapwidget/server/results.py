"""Answers as files: VOTable (BINARY2, TABLEDATA), CSV, TSV.

Source: TAP 1.1, section 2.7.1 (RESPONSEFORMAT); DALI 1.1, sections 3.4.3 and 4.4.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.adql.query import Output
from tapwidget.server.adql.values import Kind
from tapwidget.server.faults import RequestError
from tapwidget.tables.votable_document import write_document, write_stream

VOTABLE = "application/x-votable+xml"


@dataclass(frozen=True)
class Format:
    """A way to write an answer: names it goes by in RESPONSEFORMAT, its MIME type, its suffix."""

    name: str
    mime: str
    suffix: str
    aliases: tuple[str, ...]
    serialization: str = ""
    delimiter: str = ""


FORMATS = (
    Format("VOTable, BINARY2", f"{VOTABLE};serialization=binary2", ".vot",
           ("votable", VOTABLE, "text/xml", "application/xml", "votable/b2"), "BINARY2"),
    Format("VOTable, TABLEDATA", f"{VOTABLE};serialization=tabledata", ".vot", ("votable/td",), "TABLEDATA"),
    Format("CSV", "text/csv;header=present", ".csv", ("csv", "text/csv"), delimiter=","),
    Format("TSV", "text/tab-separated-values", ".tsv", ("tsv",), delimiter="\t"),
)  # fmt: skip

Batches = Iterator[Any]
Counted = Callable[[], tuple[str, str]]


def format_named(wanted: str) -> Format:
    """The format that a RESPONSEFORMAT means; "" is the default.

    Raises
    ------
    RequestError
        There is none of that name.
    """
    key = "".join(wanted.lower().split())
    if not key:
        return FORMATS[0]
    for form in FORMATS:
        if key in form.aliases or key == form.mime:
            return form
    names = ", ".join(form.aliases[0] for form in FORMATS)
    raise RequestError(f"RESPONSEFORMAT {wanted} is not supported; there are: {names}")


def chunks(
    form: Format,
    outputs: Sequence[Output],
    schema: Any,
    batches: Batches,
    *,
    status_after: Counted,
    infos: Mapping[str, str],
    is_ascii: bool,
) -> Iterator[bytes]:
    """The answer in pieces of bytes.

    Parameters
    ----------
    outputs, schema : the columns as the query has them, and as the engine gives them (an Arrow schema)
    batches : Arrow record batches
    status_after : asked behind the last batch, for OVERFLOW
    is_ascii : whether texts that the query made can be `char`
    """
    if form.delimiter:
        return delimited(form.delimiter, outputs, schema, batches)
    columns = [field_of(output, schema.field(i).type, is_ascii) for i, output in enumerate(outputs)]
    rows = (arrays_of(batch) for batch in batches)
    return write_stream(
        columns, rows, serialization=form.serialization, status_after=status_after, infos=infos, table_name="result"
    )


def delimited(delimiter: str, outputs: Sequence[Output], schema: Any, batches: Batches) -> Iterator[bytes]:
    """CSV with a header (RFC 4180); a missing value is an empty cell."""
    import pyarrow as pa
    from pyarrow import csv

    names = [output.name for output in outputs]
    named = pa.schema([pa.field(name, text_type(schema.field(i).type)) for i, name in enumerate(names)])
    options = csv.WriteOptions(include_header=False, delimiter=delimiter)
    yield (delimiter.join(cell(name, delimiter) for name in names) + "\r\n").encode()
    for batch in batches:
        sink = io.BytesIO()
        arrays = [texts_of(batch.column(i)) for i in range(len(names))]
        csv.write_csv(pa.table(arrays, schema=named), sink, options)
        yield sink.getvalue()


def cell(text: str, delimiter: str) -> str:
    quote = any(character in text for character in (delimiter, '"', "\n", "\r"))
    return '"' + text.replace('"', '""') + '"' if quote else text


def text_type(kind: Any) -> Any:
    import pyarrow as pa

    return pa.string() if pa.types.is_temporal(kind) or pa.types.is_nested(kind) else kind


def texts_of(array: Any) -> Any:
    """What CSV has no word for as text: times as ISO 8601, arrays with spaces between their numbers."""
    import pyarrow as pa

    if pa.types.is_temporal(array.type):
        values, mask = moments(array)
        return pa.array(values.astype(str), pa.string(), mask=mask)
    if pa.types.is_nested(array.type):
        return pa.array([None if v is None else " ".join(map(str, v)) for v in array.to_pylist()], pa.string())
    return array


def field_of(output: Output, kind: Any, is_ascii: bool) -> Column:
    """The FIELD of a column: its own description for a plain column, else what its type says."""
    datatype, arraysize, xtype = votable_type(kind, is_ascii)
    field = output.field
    if field is None:
        return Column(output.name, datatype, arraysize, xtype)
    if field.is_text and datatype in {"char", "unicodeChar"} and output.value.kind == Kind.TEXT:
        return replace(field, name=output.name)
    if field.datatype == datatype and output.value.kind != Kind.TEXT:
        return replace(field, name=output.name, arraysize=arraysize or field.arraysize)
    return replace(field, name=output.name, datatype=datatype, arraysize=arraysize, xtype=xtype)


def votable_type(kind: Any, is_ascii: bool) -> tuple[str, str, str]:
    """Datatype, arraysize and xtype of an Arrow type."""
    import pyarrow as pa

    types = pa.types
    if types.is_fixed_size_list(kind):
        return votable_type(kind.value_type, is_ascii)[0], str(kind.list_size), ""
    if types.is_temporal(kind):
        return "char", "*", "timestamp"
    if types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind):
        return "char" if is_ascii else "unicodeChar", "*", ""
    named = {
        "bool": "boolean", "uint8": "unsignedByte", "int8": "short", "int16": "short", "int32": "int", "int64": "long",
        "float": "float", "double": "double",
    }  # fmt: skip
    return named.get(str(kind), "double"), "", ""


def arrays_of(batch: Any) -> tuple[list[np.ndarray[Any, Any]], list[np.ndarray[Any, Any] | None]]:
    """A record batch as arrays and masks, as the codec takes them."""
    pairs = [array_of(batch.column(i)) for i in range(batch.num_columns)]
    return [values for values, _ in pairs], [mask for _, mask in pairs]


def array_of(array: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    import pyarrow as pa

    types, kind = pa.types, array.type
    mask = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    if types.is_temporal(kind):
        values, _ = moments(array)
        return values.astype(str).astype(object), mask
    if types.is_fixed_size_list(kind):
        return array.flatten().to_numpy(zero_copy_only=False).reshape(-1, kind.list_size), mask
    if types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind):
        texts = array.cast(pa.string()) if types.is_null(kind) else array
        return texts.to_numpy(zero_copy_only=False), mask
    if array.null_count:
        # without a filling, integers with a null would go through float64 and lose digits
        array = array.fill_null(pa.scalar(False if types.is_boolean(kind) else 0, kind))
    values = array.to_numpy(zero_copy_only=False)
    return (values.astype(np.int16) if types.is_int8(kind) else values), mask


def moments(array: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """Times as numpy times to the millisecond, to the microsecond where that is needed, and what is missing."""
    mask = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    values = array.to_numpy(zero_copy_only=False).astype("datetime64[us]")
    if mask is not None:
        values = np.where(mask, np.datetime64(0, "us"), values)
    coarse = values.astype("datetime64[ms]")
    return (coarse if (coarse == values).all() else values), mask


def error_document(message: str) -> bytes:
    """The VOTable that says what went wrong (DALI 1.1, section 4.4.2)."""
    return b"".join(write_document((), (), (), query_status="ERROR", query_message=message))
