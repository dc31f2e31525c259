"""Tables that come with a query: TAP_UPLOAD.

Source: TAP 1.1, section 2.5 (table upload).
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from tapwidget.errors import FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.server.adql.scope import Relation, SourceColumn
from tapwidget.server.adql.values import Kind, kind_of
from tapwidget.server.catalogue import UPLOAD_SCHEMA
from tapwidget.server.engine import Engine, Run
from tapwidget.server.faults import RequestError
from tapwidget.server.positions import positions
from tapwidget.server.settings import Settings
from tapwidget.tables.votable_document import Document, read_document

FIELD = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,20}:)?FIELD[\s/>]")
DATA = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,20}:)?(?:TABLEDATA|BINARY2?|STREAM)[\s/>]")
BANDS = 2**15 - 1
"""Into so many the declinations of a large upload are sorted."""
TABLES_OF_A_FILE = 10
"""A file may describe other tables before the one with the rows."""

TABLE_NAME = re.compile("[A-Za-z][A-Za-z0-9_]*")


def references(values: list[str], files: dict[str, Path]) -> dict[str, Path | str]:
    """The uploads that the UPLOAD parameters name: table name to file, or to the address it is to be fetched from.

    Parameters
    ----------
    values : the values of all UPLOAD parameters, each "name,uri", more of them separated by ";"
    files : what came in the same request, by the name of its part

    Raises
    ------
    RequestError
        A name that is no identifier or comes twice, a URI other than param: and http(s):, a part that did not come.
    """
    result: dict[str, Path | str] = {}
    for entry in (entry for value in values for entry in value.split(";") if entry.strip()):
        name, comma, uri = (part.strip() for part in entry.partition(","))
        if not comma or not uri:
            raise RequestError(f"UPLOAD must be name,uri; it is {entry.strip()!r}")
        if name.upper().startswith(UPLOAD_SCHEMA + "."):
            name = name[len(UPLOAD_SCHEMA) + 1 :]
        if not TABLE_NAME.fullmatch(name):
            raise RequestError(
                f"{name!r} cannot be the name of an uploaded table: letters, digits and _ only, a letter first"
            )
        if name.lower() in {known.lower() for known in result}:
            raise RequestError(f"UPLOAD names the table {name} twice")
        if uri.lower().startswith(("http:", "https:")):
            result[name] = uri
            continue
        if not uri.lower().startswith("param:"):
            raise RequestError(
                f"UPLOAD {name} comes from {uri.split(':')[0]}:..., which this service does not fetch; "
                "it takes tables inline (param:...) and from http: and https:"
            )
        part = uri[len("param:") :]
        if part not in files:
            raise RequestError(f"UPLOAD {name} refers to the part {part!r}, which is not in the request")
        result[name] = files[part]
    return result


def load(engine: Engine, run: Run, name: str, path: Path, settings: Settings) -> Relation:
    """Put an uploaded VOTable into the engine.

    Raises
    ------
    RequestError
        No VOTable, damaged, of types that cannot be queried, or over the limits; names the upload and the column.
    """
    try:
        with path.open("rb") as file:
            check_fields(name, file, settings)
            file.seek(0)
            document = read_document(file)
    except FileFormatError as error:
        raise RequestError(f"upload {name}: {error}") from error
    if document.query_status == "ERROR":
        raise RequestError(f"upload {name} is no table but an error: {document.query_message}")
    check(name, document, settings)
    columns = tuple(described(column) for column in document.columns)
    pieces = engine.pieces(document.nrows)
    arrays = by_declination(arrow_table(name, columns, document), columns, pieces)
    sql = engine.upload_name()
    run.create_from_arrow(sql, arrays)
    sources = tuple(
        SourceColumn(c.name, f"c{i}", kind_of(c), c, has_nan(array), largest(array, mask))
        for i, (c, array, mask) in enumerate(zip(columns, document.arrays, document.masks, strict=True), start=1)
    )
    return Relation(f"{UPLOAD_SCHEMA}.{name}", sql, sources, document.nrows, pieces=pieces)


def check_fields(name: str, file: IO[bytes], settings: Settings) -> None:
    """Refuse a million columns before they are read: each is a kilobyte in memory, a tenth of that in the file."""
    found, rest = 0, b""
    while piece := file.read(1 << 20):
        # UTF-16 has a NUL beside each letter
        text = rest + piece.replace(b"\0", b"")
        found += len(FIELD.findall(text))
        if found > settings.upload_columns * TABLES_OF_A_FILE:
            raise RequestError(
                f"upload {name} has {found} columns or more; this service takes {settings.upload_columns}", 413
            )
        if DATA.search(text):
            return
        # what is counted twice, being at the seam, is far fewer than the factor allows
        rest = text[-64:]


def check(name: str, document: Document, settings: Settings) -> None:
    if not document.columns:
        raise RequestError(f"upload {name} has no columns")
    if document.nrows > settings.upload_rows:
        raise RequestError(
            f"upload {name} has {document.nrows} rows; this service takes {settings.upload_rows}. Upload it in parts.",
            413,
        )
    if len(document.columns) > settings.upload_columns:
        raise RequestError(
            f"upload {name} has {len(document.columns)} columns; this service takes {settings.upload_columns}", 413
        )
    seen: set[str] = set()
    for column in document.columns:
        if not column.name.strip():
            raise RequestError(f"upload {name} has a column without a name")
        if column.name.strip().lower() in seen:
            raise RequestError(
                f"upload {name} has two columns called {column.name}; ADQL does not tell upper case from lower"
            )
        seen.add(column.name.strip().lower())


def described(column: Column) -> Column:
    """The column as it is called and described in answers; arraysize="1" is out of use since VOTable 1.3."""
    return replace(column, name=column.name.strip(), arraysize="" if column.arraysize == "1" else column.arraysize)


def has_nan(array: np.ndarray[Any, Any]) -> bool:
    return array.dtype.kind == "f" and array.ndim == 1 and bool(np.isnan(array).any())


def largest(array: np.ndarray[Any, Any], mask: np.ndarray[Any, Any] | None) -> float | None:
    """The largest number of a column of them; None where there is none."""
    if array.dtype.kind not in "fiu" or array.ndim != 1:
        return None
    known = array[np.isfinite(array)] if mask is None else array[np.isfinite(array) & ~mask]
    return float(known.max()) if len(known) else None


def arrow_table(name: str, columns: tuple[Column, ...], document: Document) -> Any:
    """The document's rows as an Arrow table with columns c1, c2, ..."""
    import pyarrow as pa

    arrays = []
    for column, array, mask in zip(columns, document.arrays, document.masks, strict=True):
        kind = kind_of(column)
        if kind == Kind.OTHER:
            arrays.append(vectors(name, column, array))
        elif array.dtype.kind in "OUS":
            texts = pa.array([None if t is None else str(t) for t in array.tolist()], pa.string(), mask=mask)
            arrays.append(instants(name, column, texts) if kind == Kind.TIME else texts)
        else:
            arrays.append(pa.array(array, mask=mask))
    return pa.table(arrays, names=[f"c{i}" for i in range(1, len(arrays) + 1)])


def by_declination(table: Any, columns: tuple[Column, ...], pieces: int) -> Any:
    """The rows of a large upload in bands of declination, for a match then finds what it needs next beside what it had.

    A tenth less time for a match in a crowded field; to put 100,000 rows in order takes some milliseconds.
    """
    found = positions(columns) if pieces > 1 else None
    if found is None:
        return table
    dec = table.column(found[1]).to_numpy().astype(np.float64)
    dec[~(np.abs(dec) <= 90)] = np.nan  # which no match finds either
    there = dec[~np.isnan(dec)]
    if not len(there):
        return table
    low, high = float(there.min()), float(there.max())
    share = (dec - low) / max(high - low, 1e-9)
    bands = np.nan_to_num(share * BANDS).astype(np.int16)  # which numpy sorts by counting
    return table.take(np.argsort(bands, kind="stable"))


def instants(name: str, column: Column, texts: Any) -> Any:
    """Timestamps of DALI: ISO 8601, with or without time, fraction and Z."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        trimmed = pc.utf8_rtrim(pc.utf8_trim_whitespace(texts), characters="Z")
        return pc.cast(pc.if_else(pc.equal(trimmed, ""), None, trimmed), pa.timestamp("us"))
    except pa.ArrowInvalid as error:
        raise RequestError(f"upload {name}, column {column.name} ({column.xtype}): {error}") from error


def vectors(name: str, column: Column, array: np.ndarray[Any, Any]) -> Any:
    """Columns of arrays of one length: carried through, not computed with."""
    import pyarrow as pa

    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise RequestError(
            f"upload {name}: column {column.name} holds arrays of varying length, which cannot be queried here"
        )
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(array).reshape(-1)), array.shape[1])
