"""CSV and TSV: a header and a line a row.

Source: RFC 4180; DALI 1.1, section 3.4.3.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from tapwidget.server.arrow_values import moments


def delimited(delimiter: str, names: Sequence[str], schema: Any, batches: Iterator[Any]) -> Iterator[bytes]:
    """The lines. A missing value is an empty cell, an empty text is "", NaN is nan."""
    import pyarrow as pa
    from pyarrow import csv

    named = pa.schema([pa.field(name, text_type(schema.field(i).type)) for i, name in enumerate(names)])
    options = csv.WriteOptions(include_header=False, delimiter=delimiter)
    yield (delimiter.join(cell(name, delimiter) for name in names) + "\n").encode()
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
