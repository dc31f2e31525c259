"""A table on disk just as it is in memory, for this program alone to read again: every dtype, mask, unit, byte order.

numpy's own format (npz, without pickles: reading one runs nothing) with a header in JSON. People save tables with
`write_table`; every format there changes something on the way.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from astropy.table import Column, MaskedColumn, Table
from astropy.units import Unit

from tapwidget.errors import ColumnError, FileFormatError

VERSION = 1
# Rows of a column that are looked at in one go, so that a large one is never copied.
BLOCK = 2**15


def fingerprint(table: Table) -> str:
    """SHA-256 of names, types, units, masks and values of all columns: equal for equal tables, whatever their meta."""
    digest = hashlib.sha256()
    for column in table.columns.values():
        data, mask = np.ma.getdata(column), np.ma.getmask(column)
        facts = (column.name, data.dtype.str, data.shape, str(column.unit or ""), isinstance(column, MaskedColumn))
        digest.update(repr(facts).encode())
        is_masked = bool(mask.any())
        digest.update(np.packbits(mask).tobytes() if is_masked else b"")
        if data.dtype.kind == "O":
            digest.update(repr(column.tolist()).encode())
            continue
        for low in range(0, len(data) if data.nbytes else 0, BLOCK):
            shown = data[low : low + BLOCK]
            if is_masked:  # what lies hidden below a mask is nobody's value
                shown = np.where(mask[low : low + BLOCK], np.zeros((), data.dtype), shown)
            # As bytes where they lie, if they lie in one piece.
            digest.update(np.ascontiguousarray(shown).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def size(table: Table) -> int:
    """Bytes that the copy of a table takes, nearly."""
    return sum(np.ma.getdata(c).nbytes + (c.size if isinstance(c, MaskedColumn) else 0) for c in table.columns.values())


def write_copy(table: Table, target: Path | IO[bytes]) -> None:
    """Write a copy to a path, which gets just that name, or to an open file.

    Raises
    ------
    ColumnError
        If a column holds Python objects, which only a pickle could keep.
    OSError
        If the disk does not take it.
    """
    columns, arrays = [], {}
    for number, column in enumerate(table.columns.values()):
        data = np.ma.getdata(column)
        if data.dtype.kind == "O":
            raise ColumnError(f"`{column.name}` holds lists of varying length, which cannot be kept in a copy.")
        arrays[f"values{number}"] = np.asarray(data)
        if isinstance(column, MaskedColumn):
            arrays[f"mask{number}"] = np.ma.getmaskarray(column)
        columns.append(
            {
                "name": column.name,
                "unit": column.unit.to_string() if column.unit is not None else None,
                "description": column.description,
                "format": column.format if isinstance(column.format, str) else None,
                "meta": _plain(column.meta),
            }
        )
    header = json.dumps({"version": VERSION, "columns": columns, "meta": _plain(table.meta)})
    arrays["header"] = np.frombuffer(header.encode(), np.uint8)
    # As numpy.savez does, which would have a column or 16 MiB of it in memory once more.
    with zipfile.ZipFile(target, "w") as archive:
        for name, values in arrays.items():
            about = {"descr": np.lib.format.dtype_to_descr(values.dtype), "fortran_order": False, "shape": values.shape}
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array_header_2_0(member, about)
                for low in range(0, len(values), BLOCK):
                    member.write(values[low : low + BLOCK].tobytes())


def read_copy(source: Path | IO[bytes]) -> Table:
    """The table that `write_copy` wrote, to a path or to a file that is still open.

    Raises
    ------
    FileFormatError
        If it is no such copy, or a damaged one.
    OSError
        If it is not there, or cannot be read.
    """
    name = source.name if isinstance(source, Path) else "The file"
    try:
        if not isinstance(source, Path):
            source.seek(0)
            return _read(source)
        with source.open("rb") as file:
            return _read(file)
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise FileFormatError(f"{name} is no copy of a table, or a damaged one ({error}).") from error


def _read(file: IO[bytes]) -> Table:
    with np.load(file, allow_pickle=False) as arrays:
        header = json.loads(arrays["header"].tobytes())
        if header["version"] != VERSION:
            raise ValueError("it was made by another version of tapwidget")
        columns = [_column(facts, arrays, number) for number, facts in enumerate(header["columns"])]
    return Table(columns, copy=False, meta=header["meta"])


def _column(facts: dict[str, Any], arrays: Any, number: int) -> Column | MaskedColumn:
    more = {name: facts[name] for name in ("name", "description", "format", "meta")}
    more["unit"] = None if facts["unit"] is None else Unit(facts["unit"], parse_strict="silent")
    if f"mask{number}" in arrays:
        return MaskedColumn(arrays[f"values{number}"], mask=arrays[f"mask{number}"], **more)
    return Column(arrays[f"values{number}"], **more)


def _plain(meta: Any) -> dict[str, Any]:
    """Of a table's or column's metadata what JSON can hold; the rest is of no use to a match."""
    kept = {}
    for name, value in dict(meta or {}).items():
        try:
            kept[str(name)] = json.loads(json.dumps(value))
        except (TypeError, ValueError):
            continue
    return kept
