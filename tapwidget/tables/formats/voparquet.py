"""The VOTable that VOParquet puts into the metadata of a Parquet file: names, units, UCDs, descriptions, no rows.

Source: Parquet in the VO (IVOA Note 1.0): keys IVOA.VOTable-Parquet.version and IVOA.VOTable-Parquet.content.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
from astropy.table import Table
from astropy.table.meta import get_yaml_from_table
from astropy.units import UnrecognizedUnit

from tapwidget.tables import provenance

VERSION_KEY, CONTENT_KEY = b"IVOA.VOTable-Parquet.version", b"IVOA.VOTable-Parquet.content"
DATATYPES = {
    "bool": "boolean", "int8": "short", "uint8": "unsignedByte", "int16": "short", "uint16": "int", "int32": "int",
    "uint32": "long", "int64": "long", "uint64": "long", "halffloat": "float", "float": "float", "double": "double",
}  # fmt: skip


def votable_metadata(table: Table, arrow: Any) -> dict[bytes, bytes]:
    """The entries of metadata for `table`, whose Arrow form is `arrow`."""
    lengths: dict[bytes, bytes] = {}
    root = ElementTree.Element("VOTABLE", {"version": "1.4", "xmlns": "http://www.ivoa.net/xml/VOTable/v1.3"})
    element = ElementTree.SubElement(ElementTree.SubElement(root, "RESOURCE", {"type": "meta"}), "TABLE")
    for field, column in zip(arrow.schema, table.columns.values(), strict=True):
        kind, size = field.type, ""
        if pa.types.is_fixed_size_list(kind):
            kind, size = kind.value_type, str(kind.list_size)
        datatype = DATATYPES.get(str(kind), "unicodeChar")
        if datatype == "unicodeChar":
            # A fixed size, and the next key, as astropy writes them: its reader takes no other text without complaint.
            width = {"U": 4, "S": 1}.get(column.dtype.kind)
            letters = column.dtype.itemsize // width if width else 0
            size = f"{letters}x{size}" if letters and size else str(letters or "*")
            if letters and not np.ma.getmaskarray(column).any():  # it would make a missing text the word "None"
                lengths[f"table::len::{column.name}".encode()] = str(letters).encode()
        words = {"name": column.name, "datatype": datatype, "arraysize": size}
        words["unit"] = _unit(column.unit)
        words |= {key: str(column.meta.get(key) or "") for key in ("ucd", "utype", "xtype")}
        made = ElementTree.SubElement(element, "FIELD", {key: word for key, word in words.items() if word})
        if column.description:
            ElementTree.SubElement(made, "DESCRIPTION").text = str(column.description)
    return {VERSION_KEY: b"1.0", CONTENT_KEY: ElementTree.tostring(root), **lengths}


def astropy_metadata(table: Table) -> dict[bytes, bytes]:
    """Where the table came from; and that with units and descriptions once more, as astropy's own reader wants them."""
    said = provenance.as_text(table.meta)
    entries = {provenance.NAME.encode(): said.encode()} if said else {}
    if any(column.dtype.kind == "O" for column in table.columns.values()):
        return entries  # which astropy's reader gives no such facts to
    bare = Table(meta={provenance.NAME: provenance.from_text(said)[0]} if said else {})
    for column in table.columns.values():
        bare[column.name] = column[:0]
        kept = bare[column.name]
        kept.meta = {key: value for key, value in column.meta.items() if provenance.is_plain(value)}
        if isinstance(column.unit, UnrecognizedUnit):
            kept.unit = None
    return {**entries, b"table_meta_yaml": "\n".join(get_yaml_from_table(bare)).encode()}


def _unit(unit: Any) -> str:
    if unit is None:
        return ""
    try:
        return str(unit.to_string("vounit"))
    except (ValueError, AttributeError):
        return str(unit)
