"""Columns to a Parquet file that carries its own description.

Source: "VOParquet" (IVOA Note, 2025): a VOTable without data in the file's metadata, under the key
`IVOA.VOTable-Parquet.content`. What a VOTable has no word for (principal, indexed, simulated) is JSON under a second
key, `tapwidget.table`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tapwidget.ivoa.tapschema import Column, Table

ARROW_TYPES = {
    "boolean": pa.bool_(),
    "short": pa.int16(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "char": pa.string(),
}

ROWS_IN_GROUP = 50_000


def write(path: Path, table: Table, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write the columns in the order of `table.columns`. NaN becomes null. Every column must be there."""
    arrays = [to_arrow(column, columns[column.name]) for column in table.columns]
    described = pa.Table.from_arrays(arrays, names=[column.name for column in table.columns])
    texts = {
        name: array for name, array in zip(described.column_names, arrays, strict=True) if array.type == pa.string()
    }
    metadata = {
        "IVOA.VOTable-Parquet.version": "1.0",
        "IVOA.VOTable-Parquet.type": "Parquet-local-XML",
        "IVOA.VOTable-Parquet.encoding": "utf-8",
        "IVOA.VOTable-Parquet.content": votable_header(table),
        "tapwidget.table": json.dumps(
            {
                "name": table.name,
                "description": table.description,
                "principal": [column.name for column in table.columns if column.principal],
                "indexed": [column.name for column in table.columns if column.indexed],
                "simulated": True,
            }
        ),
        # Without these astropy looks for the longest text itself, and warns.
        **{f"table::len::{name}": str(longest(array)) for name, array in texts.items()},
    }
    pq.write_table(described.replace_schema_metadata(metadata), path, compression="zstd", row_group_size=ROWS_IN_GROUP)


def to_arrow(column: Column, values: NDArray[Any]) -> pa.Array:
    """One column as Arrow has it: NaN is null, for a magnitude that was not measured is not a number in any sense."""
    missing = np.isnan(values) if values.dtype.kind == "f" else None
    return pa.array(values, type=ARROW_TYPES[column.datatype], mask=missing)


def longest(texts: pa.Array) -> int:
    """Characters in the longest of the texts."""
    return max((len(text) for text in texts.to_pylist() if text), default=0)


def votable_header(table: Table) -> str:
    """A VOTable 1.4 document with the fields of `table` and no data."""
    fields = "".join(
        "<FIELD"
        + "".join(
            f" {name}={quoteattr(value)}"
            for name, value in {
                "name": column.name,
                "datatype": column.datatype,
                "arraysize": column.arraysize,
                "unit": column.unit,
                "ucd": column.ucd,
            }.items()
            if value
        )
        + f"><DESCRIPTION>{escape(column.description)}</DESCRIPTION></FIELD>"
        for column in table.columns
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
        f"<TABLE name={quoteattr(table.name)}><DESCRIPTION>{escape(table.description)}</DESCRIPTION>{fields}"
        "</TABLE></RESOURCE></VOTABLE>"
    )
