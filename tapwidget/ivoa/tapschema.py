"""Tables and columns as TAP_SCHEMA and VOTable describe them.

Source: TAP 1.1, section 4 (TAP_SCHEMA); VOTable 1.4, section 4.1 (FIELD).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column: a row of TAP_SCHEMA.columns, or a FIELD of a VOTable.

    `datatype` and `arraysize` are VOTable's: "long" and "" for an int64, "char" and "13" or "*" for text.
    """

    name: str
    datatype: str
    arraysize: str = ""
    xtype: str = ""
    unit: str = ""
    ucd: str = ""
    utype: str = ""
    description: str = ""
    principal: bool = False
    indexed: bool = False
    std: bool = False
    column_index: int | None = None

    @property
    def is_text(self) -> bool:
        return self.datatype in {"char", "unicodeChar"}

    @property
    def is_number(self) -> bool:
        return self.datatype in {"short", "int", "long", "float", "double", "unsignedByte"} and self.arraysize in {
            "",
            "1",
        }


@dataclass(frozen=True)
class Schema:
    """Tables that belong together, and what the service says of them; no name where that is not known."""

    name: str = ""
    description: str = ""


NO_SCHEMA = Schema()


@dataclass(frozen=True)
class Table:
    """A table of a service. `name` is qualified by its schema, as one writes it in ADQL: "dp1.Object".

    `columns` is empty until somebody asked for this table's columns. `nrows` is None where the service does not say.
    """

    name: str
    description: str = ""
    columns: tuple[Column, ...] = ()
    nrows: int | None = None
    table_type: str = "table"
    schema: Schema = NO_SCHEMA

    def column(self, name: str) -> Column | None:
        """The column of that name; ADQL compares regular identifiers without case (ADQL 2.1, section 2.1.3)."""
        wanted = name.strip('"')
        exact = [c for c in self.columns if c.name == wanted]
        if exact:
            return exact[0]
        return next((c for c in self.columns if c.name.lower() == wanted.lower()), None)

    @property
    def position(self) -> tuple[str, str] | None:
        """Names of the main right ascension and declination in degrees, by UCD, else by the usual names."""
        ra = ucd_column(self.columns, "pos.eq.ra") or named_column(self.columns, RA_NAMES)
        dec = ucd_column(self.columns, "pos.eq.dec") or named_column(self.columns, DEC_NAMES)
        return (ra.name, dec.name) if ra and dec else None


RA_NAMES = ("ra", "coord_ra", "raj2000", "ra_icrs", "_raj2000", "s_ra", "ra_deg", "radeg")
DEC_NAMES = ("dec", "decl", "coord_dec", "dej2000", "dec_icrs", "_dej2000", "s_dec", "de_icrs", "dec_deg", "decdeg")


def ucd_column(columns: Iterable[Column], atom: str) -> Column | None:
    """The column whose UCD begins with `atom`: the one marked meta.main first (UCD 1+, section 3)."""
    hits = [c for c in columns if c.is_number and c.ucd.lower().split(";")[0] == atom]
    return next((c for c in hits if "meta.main" in c.ucd.lower()), hits[0] if hits else None)


def named_column(columns: Iterable[Column], names: tuple[str, ...]) -> Column | None:
    """The first numeric column with one of these names, in the order of the names."""
    by_name = {c.name.lower(): c for c in columns if c.is_number}
    return next((by_name[name] for name in names if name in by_name), None)
