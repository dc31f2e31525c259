"""What the engine gives (Arrow) as what the writers take: descriptions of columns, arrays and masks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.adql.query import Output
from tapwidget.server.adql.values import Kind
from tapwidget.tables.instants import iso_texts

Batches = Iterator[Any]
"""Arrow record batches."""

Status = Callable[[], tuple[str, str]]
"""Asked behind the last batch: ("OVERFLOW", message) where rows were left out, else ("", "")."""


def fields_of(outputs: Sequence[Output], schema: Any, is_ascii: bool) -> list[Column]:
    """The FIELDs of an answer: `outputs` as the query has them, `schema` as the engine gives them."""
    return [field_of(output, schema.field(i).type, is_ascii) for i, output in enumerate(outputs)]


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
        return iso_texts(values), mask
    if types.is_fixed_size_list(kind):
        # not flatten(), which leaves out the numbers of missing rows
        low, size = array.offset * kind.list_size, len(array) * kind.list_size
        inside = array.values.slice(low, size)
        if inside.null_count:  # those of missing rows: no array of ours lacks some of its numbers
            inside = filled(inside)
        return inside.to_numpy(zero_copy_only=False).reshape(-1, kind.list_size), mask
    if types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind):
        return strings(array), mask
    values = (filled(array) if array.null_count else array).to_numpy(zero_copy_only=False)
    return (values.astype(np.int16) if types.is_int8(kind) else values), mask


def filled(array: Any) -> Any:
    """Numbers or truth values, 0 or False where one is missing: else integers would go through float64."""
    import pyarrow as pa

    return array.fill_null(pa.scalar(False if pa.types.is_boolean(array.type) else 0, array.type))


def letters(array: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of a text column end to end, and the place where each text begins; the last place is the end.

    A missing text has no bytes.
    """
    import pyarrow as pa

    array = array.cast(pa.large_string()).fill_null("")
    edges = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
    if not len(array):
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    data = array.buffers()[2]
    flat = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)[edges[0] : edges[-1]]
    return flat, edges - edges[0]


def strings(array: Any) -> NDArray[Any]:
    """A text column as Python's texts. Arrow could do it too, but would import pandas for that: half a second."""
    flat, edges = letters(array)
    data, ends = flat.tobytes(), edges.tolist()
    pairs = pairwise(ends)
    result = np.empty(len(ends) - 1, object)
    if data.isascii():
        text = data.decode("ascii")
        result[:] = [text[low:high] for low, high in pairs]
    else:
        result[:] = [data[low:high].decode() for low, high in pairs]
    return result


def moments(array: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """Times as numpy times to the millisecond, to the microsecond where that is needed, and what is missing."""
    mask = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    values = array.to_numpy(zero_copy_only=False).astype("datetime64[us]")
    if mask is not None:
        values = np.where(mask, np.datetime64(0, "us"), values)
    coarse = values.astype("datetime64[ms]")
    return (coarse if (coarse == values).all() else values), mask
