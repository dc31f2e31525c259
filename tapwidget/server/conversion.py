"""Files of users of every kind as Parquet for the engine, with their position as ICRS degrees.

Positions in sexagesimal text, hours, radians, parts or other frames get two columns more, which say that they were
computed; the position is marked by UCD, so that nobody who asks the service has to know the columns' names.
"""

from __future__ import annotations

import json
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tapwidget.errors import ColumnError, FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.server.loading import OUR_KEY
from tapwidget.server.positions import DEGREES, positions

if TYPE_CHECKING:
    from tapwidget.tables.roles import Position

ASTROPY = b"table_meta_yaml"
"""Where astropy keeps its own description of a table in Parquet."""

UCDS = ("pos.eq.ra", "pos.eq.dec")
MAIN = ";meta.main"

NO_POSITION = "No position: "
"""How the description of a table begins whose columns look like a position and are none."""


class PositionError(ColumnError):
    """The columns that look like a position hold what is none."""


def as_parquet(path: Path, folder: Path) -> Path:
    """The file itself where it is Parquet that says all by itself, else a Parquet file of what is in it.

    Raises
    ------
    FileFormatError, ColumnError
        The file is no table.
    """
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if is_parquet and says_all(path):
        return path
    target = folder / f"{path.stem}.parquet"
    try:
        convert(path, target)
    except PositionError as error:
        convert(path, target, no_position=NO_POSITION + str(error))
    return target


def says_all(path: Path) -> bool:
    """Whether the engine can take a Parquet file as it is: nothing taken apart, and its position found in degrees."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tapwidget.server import pieces
    from tapwidget.tables.roles import recognise

    try:
        with pq.ParquetFile(path) as file:
            if b"__serialized_columns__" in (file.metadata.metadata or {}).get(ASTROPY, b""):
                return False
        with closing(pieces.of_parquet(path)) as tables:
            first = next(tables)
    except pa.ArrowException as error:
        raise FileFormatError(f"{path.name} cannot be read as Parquet: {error}") from error
    position = recognise(first).position
    if position is None:
        return True
    found = positions(described(first))
    return found is not None and tuple(first.colnames[i] for i in found) == position.columns


def described(table: Any) -> list[Column]:
    """The columns of numbers and others as the service would describe them, as far as positions are concerned."""
    return [
        Column(
            column.name,
            "double" if column.dtype.kind in "iuf" and column.ndim == 1 else "char",
            unit=str(column.unit or ""),
            ucd=str(column.meta.get("ucd") or ""),
        )
        for column in table.columns.values()
    ]


def convert(path: Path, target: Path, no_position: str = "") -> None:
    """Write the table of a file as Parquet, piece by piece.

    Parameters
    ----------
    no_position : why no position is to be looked for, if so; it becomes the description of the table

    Raises
    ------
    PositionError
        Its position cannot be converted; what was written is not whole.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tapwidget.server import pieces
    from tapwidget.tables.formats.voparquet import votable_metadata
    from tapwidget.tables.roles import recognise
    from tapwidget.tables.saving import to_arrow

    writer: Any = None
    with closing(pieces.tables(path, target.parent)) as tables:
        first = next(tables)
        position = None if no_position else recognise(first).position
        try:
            for table in chain([first], tables):
                if position is not None:
                    set_position(table, position)
                arrow = pa.Table.from_arrays([to_arrow(c) for c in table.columns.values()], names=table.colnames)
                if writer is None:
                    ours = {OUR_KEY.encode(): json.dumps({"description": no_position}).encode()}
                    arrow = arrow.replace_schema_metadata({**votable_metadata(table, arrow), **ours})
                    writer = pq.ParquetWriter(target, arrow.schema)
                writer.write_table(arrow.cast(writer.schema))
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise FileFormatError(f"{path.name} cannot be served: {error}") from error
        finally:
            if writer is not None:
                writer.close()


def set_position(table: Any, position: Position) -> None:
    """Mark the position of a table by UCD; where it is not ICRS degrees already, with two new columns that are.

    Raises
    ------
    PositionError
        A value of it is none.
    """
    from astropy.table import MaskedColumn

    from tapwidget.tables.positions import icrs_degrees

    columns = [table[name] for name in position.columns]
    is_ready = (position.form, position.frame) == ("degrees", "icrs") and all(
        column.dtype.kind == "f" and str(column.unit or "").lower() in DEGREES for column in columns
    )
    names = position.columns
    if not is_ready:
        try:
            *degrees, changes = icrs_degrees(table, position)
        except ColumnError as error:
            raise PositionError(str(error)) from error
        names = (free("ra_icrs", table.colnames), free("dec_icrs", table.colnames))
        how = " ".join(changes) or f"Computed from {', '.join(position.columns)}."
        for name, what, values in zip(names, ("Right ascension", "Declination"), degrees, strict=True):
            mask = values != values  # noqa: PLR0124 (NaN)
            table[name] = MaskedColumn(values, mask=mask, unit="deg", description=f"{what}, ICRS, computed. {how}")
    for name, ucd in zip(names, UCDS, strict=True):
        for column in table.columns.values():
            told = str(column.meta.get("ucd") or "")
            if told.lower().startswith(ucd) and MAIN in told.lower():
                column.meta["ucd"] = ucd
        table[name].meta["ucd"] = ucd + MAIN
        table[name].unit = "deg"


def free(name: str, taken: list[str]) -> str:
    """A name that no column has yet."""
    candidate, number = name, 2
    while candidate.lower() in {other.lower() for other in taken}:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
