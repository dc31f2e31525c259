"""Save a table: FITS, VOTable, ECSV, Parquet, CSV. Whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from astropy.io import fits
from astropy.table import Column, MaskedColumn, Table

from tapwidget.errors import ColumnError, FileFormatError, TableError
from tapwidget.tables import provenance
from tapwidget.tables.formats.outcome import listing, quiet
from tapwidget.tables.formats.voparquet import astropy_metadata, votable_metadata
from tapwidget.tables.objects import plain_table
from tapwidget.tables.text_bytes import text_of_bytes


def write_table(table: Table, path: str | os.PathLike[str]) -> None:
    """Write `table` to `path`: .fits, .vot or .xml, .ecsv, .parquet or .pq, .csv.

    int64, masks, units, descriptions and UCDs are kept as far as the format has them (CSV has none of the last three),
    and so is where the table came from, `meta["tapwidget"]` (not in CSV; `tables.provenance` says where).
    The file appears when it is complete; one that was there stays until then.

    Raises
    ------
    FileFormatError
        No format goes by that ending.
    ColumnError
        A column cannot be held by that format (says which and where it can).
    TableError
        The file cannot be written there.
    """
    target = Path(path).expanduser()
    writers: dict[str, Callable[[Table, Path], None]] = {
        ".fits": _fits, ".fit": _fits, ".vot": _votable, ".votable": _votable, ".xml": _votable, ".ecsv": _ecsv,
        ".parquet": _parquet, ".pq": _parquet, ".csv": _csv,
    }  # fmt: skip
    writer = writers.get(target.suffix.lower())
    if writer is None:
        raise FileFormatError(
            f"No format goes by the ending of {target.name}: name it .fits, .vot, .ecsv, .parquet or .csv."
        )
    plain, _ = plain_table(table)
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=target.suffix, dir=target.parent)
        os.close(handle)
        os.chmod(temporary, 0o666 & ~_umask())
        writer(plain if writer is _fits else _with_text(plain), Path(temporary))
        os.replace(temporary, target)
    except OSError as error:
        raise TableError(f"{target} cannot be written: {error.strerror or error}. Choose another folder.") from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _with_text(table: Table) -> Table:
    """Columns of bytes beyond ASCII as text: only FITS holds them as they are."""
    columns = []
    for column in table.columns.values():
        data, mask = np.asarray(np.ma.getdata(column)), np.ma.getmask(column)
        if data.dtype.kind == "S" and data.size and np.ascontiguousarray(data).view(np.uint8).max() > 127:
            texts, _ = text_of_bytes(data)
            made = MaskedColumn(texts, mask=mask) if isinstance(column, MaskedColumn) else Column(texts)
            columns.append(_dressed(made, column))
        else:
            columns.append(column)
    return Table(columns, copy=False, meta=table.meta)


def _simple(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool))


def _no_objects(table: Table, form: str) -> None:
    objects = [c.name for c in table.columns.values() if c.dtype.kind == "O"]
    if objects:
        raise ColumnError(
            f"{form} cannot hold {listing(objects)}: lists of varying length. Leave them out, or save as .parquet."
        )


def _fits(table: Table, path: Path) -> None:
    _no_objects(table, "FITS")
    strange = [name for name in table.colnames if not (name.isascii() and name.isprintable())]
    if strange:
        raise ColumnError(
            f"FITS cannot hold the names of {listing(strange)}: letters beyond ASCII. Save as .vot, .ecsv or .parquet, "
            "or rename them."
        )
    columns = []
    seen: set[str] = set()
    for column in table.columns.values():
        name = column.name
        while name.lower() in seen:  # FITS does not tell `Dec` from `dec`
            name += "_2"
        seen.add(name.lower())
        made = _fits_column(column)
        made.name = name
        columns.append(made)
    plain = Table(columns, copy=False)
    with quiet():
        hdu = fits.table_to_hdu(plain) if columns else fits.BinTableHDU()
        for key, value in table.meta.items():
            if _simple(value) and len(str(key)) <= 8 and str(value).isascii() and len(str(value)) < 68:
                hdu.header[str(key)] = value
        if said := provenance.as_text(table.meta):
            hdu.header[provenance.FITS_KEYWORD] = said
        for number, column in enumerate(table.columns.values(), 1):
            words = {"TUCD": column.meta.get("ucd"), "TCOMM": column.description, "TUTYP": column.meta.get("utype")}
            for key, word in words.items():
                if word:
                    hdu.header[f"{key}{number}"] = str(word).encode("ascii", "replace").decode()
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True)


def _fits_column(column: Any) -> Any:
    """The column as FITS can hold it: nulls of integers as a value that does not occur, of truth values as text."""
    mask = np.ma.getmaskarray(column)
    data = np.ma.getdata(column)
    if (
        data.dtype.kind == "U"
        and data.dtype.itemsize
        and (np.ascontiguousarray(data[~mask]).view(np.uint32) > 127).any()
    ):
        raise ColumnError(
            f"FITS cannot hold the letters beyond ASCII in `{column.name}`. Save as .vot, .ecsv or .parquet, or leave "
            "that column out."
        )
    if not mask.any() or data.ndim > 1:
        return column.copy(copy_data=False) if isinstance(column, MaskedColumn) else Column(column, copy=False)
    if data.dtype.kind == "b":  # FITS: logical NULL is a byte 0, which astropy does not write
        made = MaskedColumn(data.astype(np.int16), mask=mask, unit=column.unit)
        made.fill_value = -1
        return made
    if data.dtype.kind in "iu":
        info = np.iinfo(data.dtype)
        present = np.unique(data[~mask])
        free = next(v for v in chain((info.min, info.max), range(info.max, info.min, -1)) if v not in present)
        made = MaskedColumn(np.where(mask, data.dtype.type(free), data), mask=mask, unit=column.unit)
        made.fill_value = free
        return made
    if data.dtype.kind in "US":
        return MaskedColumn(
            np.where(mask, data.dtype.type(), data), mask=mask, unit=column.unit, fill_value=data.dtype.type()
        )
    return MaskedColumn(np.where(mask, np.nan, data).astype(data.dtype), mask=mask, unit=column.unit, fill_value=np.nan)


def _votable(table: Table, path: Path) -> None:
    from tapwidget.tables.votable import to_votable

    _no_objects(table, "VOTable")
    columns = []
    for column in table.columns.values():
        wider = {"int8": np.int16, "uint16": np.int32, "uint32": np.int64, "float16": np.float32}.get(column.dtype.name)
        if column.dtype.name == "uint64":
            fits_in = (
                not len(column) or int(np.max(np.ma.getdata(column)[~np.ma.getmaskarray(column)], initial=0)) < 2**63
            )
            wider = np.int64 if fits_in else np.str_
        columns.append(column if wider is None else _retyped(column, wider))
    said = provenance.as_text(table.meta)
    infos = {provenance.NAME: said} if said else {}
    path.write_bytes(to_votable(Table(columns, copy=False, meta=table.meta), infos=infos))


def _retyped(column: Any, kind: Any) -> Any:
    return _dressed(column.astype(kind), column)


def _dressed(made: Any, column: Any) -> Any:
    made.name, made.unit, made.description, made.meta = column.name, column.unit, column.description, column.meta
    return made


def _ecsv(table: Table, path: Path) -> None:
    plain = table.copy(copy_data=False)
    for keeper in (plain, *plain.columns.values()):
        keeper.meta = {key: value for key, value in keeper.meta.items() if provenance.is_plain(value)}
    if told := provenance.kept(table.meta):
        # As it is, unless YAML between comment signs does not give it back: it loses empty lines within a text.
        plain.meta[provenance.NAME] = told if _survives_ecsv(told) else provenance.as_text(table.meta)
    with quiet():
        plain.write(path, format="ascii.ecsv", overwrite=True)


def _survives_ecsv(told: dict[str, Any]) -> bool:
    file = io.StringIO()
    Table({"a": [0]}, meta=told).write(file, format="ascii.ecsv")
    try:
        return bool(dict(Table.read(file.getvalue(), format="ascii.ecsv").meta) == told)
    except ValueError:
        return False


def _parquet(table: Table, path: Path) -> None:
    arrays = _arrays(table, "Parquet")
    arrow = pa.Table.from_arrays(arrays, names=table.colnames) if arrays else pa.table({})
    metadata = {**votable_metadata(table, arrow), **astropy_metadata(table)}
    pyarrow.parquet.write_table(arrow.replace_schema_metadata(metadata), path)


def _arrays(table: Table, form: str) -> list[Any]:
    """The columns as pyarrow arrays; ColumnError for one that it has no type for."""
    arrays = []
    for column in table.columns.values():
        try:
            arrays.append(to_arrow(column))
        except pa.ArrowException as error:
            raise ColumnError(
                f"{form} cannot hold `{column.name}`: {str(error).rstrip('.')}. Leave it out, or convert it to numbers "
                "or text."
            ) from error
    return arrays


def to_arrow(column: Any) -> Any:
    """A column as a pyarrow array, its mask as nulls."""
    data = np.ma.getdata(column)
    mask = np.ma.getmaskarray(column)
    if data.ndim > 1:
        flat = pa.array(np.ascontiguousarray(data).reshape(-1))
        return pa.FixedSizeListArray.from_arrays(flat, int(np.prod(data.shape[1:])))
    data = np.asarray(data)
    if data.dtype.kind == "S":
        data, _ = text_of_bytes(data)
    if data.dtype.kind in "UO":
        return pa.array(
            [None if gone else v for v, gone in zip(data.tolist(), mask, strict=True)],
            pa.string() if data.dtype.kind == "U" else None,
        )
    return pa.array(data.astype(data.dtype.newbyteorder("=")), mask=mask if mask.any() else None)


def _csv(table: Table, path: Path) -> None:
    wide = [c.name for c in table.columns.values() if c.ndim > 1 or c.dtype.kind == "O"]
    if wide:
        raise ColumnError(f"CSV cannot hold {listing(wide)}: several values a row. Save as .parquet, .vot or .fits.")
    if not table.colnames:
        path.write_text("")
        return
    arrow = pa.Table.from_arrays(_arrays(table, "CSV"), names=table.colnames)
    pyarrow.csv.write_csv(arrow, path)
