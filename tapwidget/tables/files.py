"""Open any table that people have, by what the file holds and not by its name; save results.

Nothing is changed in silence: ``table.meta["tapwidget"]["changes"]`` says in sentences what was fixed on the way.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from astropy.table import Table

from tapwidget.errors import FileFormatError
from tapwidget.tables import provenance
from tapwidget.tables.formats import ascii as ascii_formats
from tapwidget.tables.formats import binary, contents, delimited, xml
from tapwidget.tables.formats.outcome import Outcome
from tapwidget.tables.objects import as_table, plain_table
from tapwidget.tables.saving import write_table
from tapwidget.tables.sentinels import mask_sentinels

__all__ = ["SUFFIXES", "as_table", "read_table", "write_table"]

PLAIN_SUFFIXES = (
    ".csv", ".tsv", ".txt", ".dat", ".ecsv", ".fits", ".fit", ".fts", ".vot", ".votable", ".xml", ".parquet", ".pq",
    ".parq", ".feather", ".arrow", ".tbl", ".ipac", ".mrt",
)  # fmt: skip
SUFFIXES = (
    *PLAIN_SUFFIXES,
    *(f"{suffix}.gz" for suffix in (".csv", ".tsv", ".txt", ".dat", ".ecsv", ".fits", ".vot", ".xml", ".tbl")),
)
"""What a file picker should list. Files under other names open as well."""

FORMATS = {
    "csv": "text", "tsv": "text", "text": "text", "ascii": "text", "asu-tsv": "asu-tsv", "ecsv": "ecsv", "fits": "fits",
    "votable": "votable", "vot": "votable", "parquet": "parquet", "feather": "feather", "ipac": "ipac", "cds": "cds",
    "mrt": "mrt", "mpcorb": "mpcorb",
}  # fmt: skip


def read_table(source: Any, *, format: str | None = None, table: int | str | None = None) -> Table:
    """Read a table from a file: CSV, TSV, VizieR asu-tsv, ECSV, FITS, VOTable, Parquet, Feather, IPAC, CDS, MPCORB.

    Parameters
    ----------
    source : path or binary file
        Its first bytes decide what it is, its name does not matter; gzip, bzip2 and xz are unpacked.
    format : str, optional
        What to read it as, where the bytes mislead: one of csv, tsv, asu-tsv, ecsv, fits, votable, parquet, feather,
        ipac, cds, mrt, mpcorb.
    table : int or str, optional
        Which table, where the file holds several: FITS counts HDUs from 0, the other formats count tables from 1;
        or its name. Without it, the first table with rows.

    Returns
    -------
    astropy.table.Table
        Never a QTable. ``meta["tapwidget"]`` has `source`, `format`, `changes` (sentences) and `read`, a Python
        expression with plain astropy that gives the same table, or ""; and, of a result that was saved, all that it
        had there, with its own source and changes under `before`.

    Raises
    ------
    FileFormatError
        The file is missing, no table, or broken; says which and what to do.
    ColumnError
        A column holds what cannot be read.
    """
    data, name, path = _bytes(source)
    kind = _kind(data, name, path, format)
    try:
        outcome = _read(kind, data, name, path, table)
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OSError,
    ) as error:  # what astropy and pyarrow raise for a broken file
        raise FileFormatError(
            f"{name} looks like {kind} but cannot be read: {error}. Export it again, or as CSV."
        ) from error
    result, flattened = plain_table(outcome.table)
    changes = [*outcome.changes, *flattened]
    said, masked = mask_sentinels(result)
    facts = {
        "source": str(path or name),
        "format": outcome.format,
        "changes": [*changes, *said],
        "read": outcome.expression(str(path), masked) if path is not None and not flattened else "",
    }
    result.meta[provenance.NAME] = provenance.of_file(outcome.saved, facts)
    return result


def _bytes(source: Any) -> tuple[bytes, str, Path | None]:
    """The bytes of a file, its name for messages, its path if it has one."""
    if hasattr(source, "read"):
        data = source.read()
        name = os.path.basename(str(getattr(source, "name", "") or "")) or "the file"
        return contents.unpacked(data.encode() if isinstance(data, str) else bytes(data), name), name, None
    if not isinstance(source, (str, os.PathLike)):
        raise FileFormatError(f"read_table wants a path or an open file, not {type(source).__name__}.")
    if str(source).startswith(("http://", "https://", "ftp://")):
        raise FileFormatError(f"{source} is on the web: download it first, and open the file.")
    path = Path(source).expanduser()
    if not path.exists():
        near = _near(path)
        raise FileFormatError(f"There is no file {path}." + (f" Did you mean {near}?" if near else ""))
    if path.is_dir():
        raise FileFormatError(f"{path} is a directory: choose a file in it.")
    try:
        return contents.unpacked(path.read_bytes(), path.name), path.name, path
    except PermissionError as error:
        raise FileFormatError(f"You may not read {path}: ask its owner, or `chmod u+r` it if it is yours.") from error
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read: {error.strerror}.") from error


def _near(path: Path) -> str:
    from difflib import get_close_matches

    if not path.parent.is_dir():
        return ""
    found = get_close_matches(path.name, [p.name for p in path.parent.iterdir()], n=1)
    return found[0] if found else ""


def _kind(data: bytes, name: str, path: Path | None, format: str | None) -> str:
    if format is not None:
        wanted = FORMATS.get(format.lower().removeprefix("ascii."))
        if wanted is None:
            raise FileFormatError(f"No format is called {format!r}: there are {', '.join(FORMATS)}.")
        return wanted
    kind = contents.kind_of(data, name)
    if path is not None and kind in {"text", "mrt"}:
        ascii_formats.refuse_readme(data, path)
        if ascii_formats.readme_of(path):
            return "cds"
    return kind


def _read(kind: str, data: bytes, name: str, path: Path | None, table: int | str | None) -> Outcome:
    if kind == "fits":
        return binary.read_fits(data, name, table=table)
    if kind == "votable":
        return xml.read_votable(data, name, table=table)
    if kind == "asu-tsv":
        return ascii_formats.read_asu_tsv(data, name, table=table)
    if kind == "text":
        return delimited.read_delimited(data, name, table=table)
    if table not in {None, 0, 1}:
        raise FileFormatError(f"{name} holds one table only: leave out table={table!r}.")
    if kind == "cds":
        readme = ascii_formats.readme_of(path) if path else None
        if path is None or readme is None:
            raise FileFormatError(f"{name} needs its CDS ReadMe in the same folder.")
        return ascii_formats.read_cds(path, readme)
    simple = {
        "parquet": binary.read_parquet,
        "feather": binary.read_feather,
        "ecsv": ascii_formats.read_ecsv,
        "ipac": ascii_formats.read_ipac,
        "mrt": ascii_formats.read_mrt,
        "mpcorb": ascii_formats.read_mpcorb,
    }
    return simple[kind](data, name)
