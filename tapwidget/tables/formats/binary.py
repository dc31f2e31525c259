"""FITS, Parquet and Feather."""

from __future__ import annotations

import io
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from astropy.io import fits
from astropy.table import Column, MaskedColumn, Table

from tapwidget.errors import FileFormatError
from tapwidget.tables import provenance
from tapwidget.tables.formats.arrow import from_arrow
from tapwidget.tables.formats.outcome import Outcome, count, mask_empty_text, quiet
from tapwidget.tables.formats.units import as_unit

VOTABLE_KEY = b"IVOA.VOTable-Parquet.content"


def read_fits(data: bytes, name: str, *, table: int | str | None = None) -> Outcome:
    """A table HDU of a FITS file: the first with rows, or the one asked for.

    Blank fields of ASCII tables are missing even without TNULL (FITS 4.0, section 7.2.5 reads them as 0).
    """
    changes: list[str] = []
    with quiet(), fits.open(io.BytesIO(data), memmap=False) as hdus:
        tables = [i for i, hdu in enumerate(hdus) if isinstance(hdu, (fits.BinTableHDU, fits.TableHDU))]
        if not tables:
            raise FileFormatError(f"{name} is a FITS file without a table: {count(len(hdus), 'image')} only.")
        chosen = _hdu(hdus, tables, table, name)
        if len(tables) > 1:
            changes.append(
                f"The file holds {len(tables)} tables: this is HDU {chosen} ({count(len(hdus[chosen].data), 'row')}); "
                "choose another with table=<number of the HDU>."
            )
        hdu = hdus[chosen]
        result = Table.read(hdu, format="fits", unit_parse_strict="silent")
        blanks = _mask_blanks(result, hdu) if isinstance(hdu, fits.TableHDU) else []
        _describe(result, hdu.header)
        saved, said = provenance.from_text(str(hdu.header.get(provenance.FITS_KEYWORD, "")))
    changes += blanks + said
    mask_empty_text(result)
    for column in list(result.columns.values()):
        if isinstance(column, Column) and column.dtype.byteorder == ">":
            native = column.astype(column.dtype.newbyteorder("="))
            native.meta, native.unit, native.description = column.meta, column.unit, column.description
            result.replace_column(column.name, native)
    call = "" if blanks else f'Table.read(PATH, format="fits", hdu={chosen})'
    return Outcome(result, "FITS", changes, call, saved=saved)


def _hdu(hdus: Any, tables: list[int], table: int | str | None, name: str) -> int:
    if table is None:
        return next((i for i in tables if len(hdus[i].data)), tables[0])
    for i in tables:
        if table in {i, hdus[i].name}:
            return i
    raise FileFormatError(f"{name} has tables in the HDUs {', '.join(map(str, tables))}: there is none in {table!r}.")


def _mask_blanks(table: Table, hdu: Any) -> list[str]:
    raw = np.asarray(hdu.data)
    changes = []
    for column in hdu.columns:
        field = raw[column.name]
        if field.dtype.kind != "S" or table[column.name].dtype.kind not in "if":
            continue
        blank = np.char.strip(field) == b""
        if blank.any():
            values = table[column.name]
            table.replace_column(column.name, MaskedColumn(values, mask=blank | np.ma.getmaskarray(values)))
            changes.append(f"{count(int(blank.sum()), 'blank value')} of `{column.name}` read as missing, not as 0.")
    return changes


def _describe(table: Table, header: Any) -> None:
    """UCDs and descriptions from TUCDn, TCOMMn and TDESCn, as STIL and Gaia write them; else TTYPEn's comment."""
    for number in range(1, int(header.get("TFIELDS", 0)) + 1):
        # astropy puts columns that it took apart together again: a SkyCoord, a Time. Those keep what they know.
        column = table.columns.get(header.get(f"TTYPE{number}", f"col{number}"))
        if not isinstance(column, Column):
            continue
        if header.get(f"TUCD{number}"):
            column.meta["ucd"] = header[f"TUCD{number}"]
        if header.get(f"TUTYP{number}"):
            column.meta["utype"] = header[f"TUTYP{number}"]
        comment = header.comments[f"TTYPE{number}"] if f"TTYPE{number}" in header else ""
        plain = "" if re.match(r"(label for field|Field name)", comment, re.I) else comment
        said = header.get(f"TCOMM{number}") or header.get(f"TDESC{number}") or column.description or plain
        column.description = str(said) if said else None
        column.unit = as_unit(column.unit)
    keep = {key: table.meta[key] for key in ("EXTNAME", "EQUINOX", "RADESYS", "EPOCH") if key in table.meta}
    table.meta = keep


def read_parquet(data: bytes, _name: str) -> Outcome:
    """Parquet; units, UCDs and descriptions from a VOTable in its metadata (VOParquet 1.0) or astropy's."""
    with pa.BufferReader(data) as source:
        arrow = pyarrow.parquet.read_table(source)
    metadata = arrow.schema.metadata or {}
    saved, said = provenance.from_text(metadata.get(provenance.NAME.encode()))
    if b"__serialized_columns__" in metadata.get(b"table_meta_yaml", b""):
        # astropy took columns apart: a mask is a column of its own, and what it hides still has values.
        with quiet():
            return Outcome(
                Table.read(io.BytesIO(data), format="parquet"), "Parquet", [], 'Table.read(PATH, format="parquet")'
            )
    table, changes = from_arrow(arrow)
    if VOTABLE_KEY in metadata:
        _votable_fields(table, metadata[VOTABLE_KEY])
    elif b"table_meta_yaml" in metadata:
        _astropy_fields(table, metadata[b"table_meta_yaml"].decode())
    plain = not changes and all(c.null_count == 0 and _plain(c.type) for c in arrow.columns)
    call = 'Table.read(PATH, format="parquet")' if plain else ""
    return Outcome(table, "Parquet", changes + said, call, saved=saved)


def _plain(kind: Any) -> bool:
    """Whether astropy's own reader gives the same column."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_string(kind))


def read_feather(data: bytes, _name: str) -> Outcome:
    """Feather, which is Arrow's IPC file."""
    table, changes = from_arrow(pyarrow.feather.read_table(io.BytesIO(data)))
    return Outcome(table, "Feather", changes)


def _votable_fields(table: Table, xml: bytes) -> None:
    if b"<!DOCTYPE" in xml:
        return  # no VOTable needs one, and entities could be made to fill the memory
    for element in ElementTree.fromstring(xml).iter():
        name = element.get("name", "")
        if element.tag.rpartition("}")[2] != "FIELD" or name not in table.colnames:
            continue
        column = table[name]
        column.unit = as_unit(element.get("unit"))
        for key in ("ucd", "utype", "xtype"):
            if element.get(key):
                column.meta[key] = element.get(key)
        for child in element:
            if child.tag.rpartition("}")[2] == "DESCRIPTION" and child.text:
                column.description = child.text.strip()


def _astropy_fields(table: Table, yaml: str) -> None:
    from astropy.table import meta

    header = meta.get_header_from_yaml(yaml.split("\n"))
    for field in header.get("datatype", []):
        if field["name"] in table.colnames:
            column = table[field["name"]]
            column.unit = as_unit(field.get("unit"))
            column.description = field.get("description")
            column.meta.update(field.get("meta") or {})
