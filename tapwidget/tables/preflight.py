"""What must change in a table before a TAP service takes it: columns, names, types. Says it and does it.

Sources: TAP 1.1, section 2.5 (uploads); VOTable 1.4, section 2.1 (datatypes); ADQL 2.1, section 2.1 (names). Rubin's
service refuses names that are no regular identifiers or are reserved, and reads booleans badly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Column, MaskedColumn, Table

from tapwidget.errors import ColumnError, UploadError
from tapwidget.ivoa.adql_words import RESERVED
from tapwidget.tables.formats.outcome import count
from tapwidget.tables.objects import from_list
from tapwidget.tables.positions import icrs_degrees
from tapwidget.tables.roles import Position, close
from tapwidget.tables.text_bytes import text_of_bytes

LONGEST_NAME = 60
LEGAL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
Move = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, tuple[str, ...]]]
"""Takes ICRS degrees, one for each row of the user's table, to other ones, and says what was done."""


@dataclass(frozen=True)
class Upload:
    """A slim table, ready to be encoded, and how it belongs to the user's.

    `row_column` holds the zero-based row of the user's table. `names` maps the user's names to the upload's, one to
    one. `position` are the upload's names of right ascension and declination (ICRS, deg), or None. `rows` is the number
    of rows that travel.
    """

    name: str
    table: Table
    row_column: str
    names: dict[str, str]
    position: tuple[str, str] | None
    changes: tuple[str, ...]
    rows: int


def is_reserved(name: str) -> bool:
    """Whether ADQL keeps this word for itself (whatever its case)."""
    return name.upper() in RESERVED


def prepare(
    table: Table,
    columns: Iterable[str] = (),
    *,
    position: Position | None = None,
    name: str = "ut1",
    moves: Iterable[Move] = (),
) -> Upload:
    """The part of `table` that travels: row number, position, and `columns` under legal names and types.

    Parameters
    ----------
    table : astropy.table.Table
        Is not changed.
    columns : names of columns that conditions or the match itself use
    position : Position, optional
        Rows without a position are left out (and said).
    name : str
        What the upload is called in ``TAP_UPLOAD``.
    moves : callables, optional
        What happens to the positions before they travel, one after the other: proper motion, a shift.

    Raises
    ------
    ColumnError
        A column is not there, or holds what no service takes; a position is out of range.
    UploadError
        The name of the upload is not legal; no row has a position; there are no rows.
    """
    if not LEGAL.fullmatch(name) or is_reserved(name):
        raise UploadError(
            f"An upload cannot be called {name!r}: letters, digits and underscores, a letter first, no word of ADQL. "
            "ut1 will do."
        )
    wanted = list(dict.fromkeys(columns))
    for column in wanted:
        if column not in table.colnames:
            raise ColumnError(f"The table has no column `{column}`.{close(column, table.colnames)}")
    if len(table) == 0:
        raise UploadError(
            "The table has no rows: there is nothing to match. Open another, or check how it was selected."
        )
    changes: list[str] = []
    keep: np.ndarray | None = None
    own: tuple[str, ...] = ()
    ra = dec = np.zeros(0)
    if position is not None:
        ra, dec, said = icrs_degrees(table, position)
        for move in moves:
            ra, dec, moved = move(ra, dec)
            said += moved
        changes += said
        keep = _with_position(ra, len(table), changes)
        own = position.columns if _as_they_are(table, position, ra, dec, said) else ()
    rows = np.arange(len(table), dtype=np.int32 if len(table) < 2**31 else np.int64)
    select: Any = slice(None) if keep is None else keep
    names = legal_names([*own, *(c for c in wanted if c not in own)], changes)
    row_column = _free("tw_row", names)
    # What goes into it is made here, and nobody else's: put in as it is.
    result = Table()
    result.add_column(Column(rows[select], description="Row of the user's table, from 0"), name=row_column, copy=False)
    upload_position = None
    if position is not None:
        upload_position = (names[own[0]], names[own[1]]) if own else (_free("tw_ra", names), _free("tw_dec", names))
        for label, values, axis in zip(upload_position, (ra, dec), ("ra", "dec"), strict=True):
            made = Column(values[select], unit="deg", meta={"ucd": f"pos.eq.{axis};meta.main"})
            result.add_column(made, name=label, copy=False)
        if not own:
            changes.append(f"The position travels as `{upload_position[0]}` and `{upload_position[1]}`: ICRS, degrees.")
    for column in wanted:
        if column not in own:
            result.add_column(travelling(table[column][select], column, changes), name=names[column], copy=False)
    return Upload(name, result, row_column, names, upload_position, tuple(changes), len(result))


def _with_position(ra: np.ndarray, rows: int, changes: list[str]) -> np.ndarray | None:
    good = ~np.isnan(ra)
    if not good.any():
        raise UploadError(
            "No row of the table has a position: there is nothing to match. Name other columns for the position."
        )
    if good.all():
        return None
    changes.append(f"{count(rows - int(good.sum()), 'row')} without a position left out.")
    return np.flatnonzero(good)


def _as_they_are(table: Table, position: Position, ra: np.ndarray, dec: np.ndarray, said: tuple[str, ...]) -> bool:
    """Whether the user's own columns can travel: ICRS degrees, floats, unchanged, under names that are legal."""
    if position.form != "degrees" or position.frame != "icrs" or said:
        return False
    for name, values in zip(position.columns, (ra, dec), strict=True):
        if table[name].dtype.kind != "f" or not LEGAL.fullmatch(name) or is_reserved(name) or len(name) > LONGEST_NAME:
            return False
        if not ((np.asarray(np.ma.getdata(table[name])) == values) | np.isnan(values)).all():
            return False
    return position.columns[0].lower() != position.columns[1].lower()


def legal_names(names: Iterable[str], changes: list[str]) -> dict[str, str]:
    """Each name with one that every service takes: regular, not reserved, unique whatever the case; one to one."""
    names = list(dict.fromkeys(names))
    result: dict[str, str] = {}
    for name in names:  # those that may stay stay, whoever comes first
        if LEGAL.fullmatch(name) and not is_reserved(name) and len(name) <= LONGEST_NAME and not _taken(name, result):
            result[name] = name
    for name in names:
        if name in result:
            continue
        legal = _legal(name)
        result[name] = _free(legal, result)
        changes.append(f"`{name}` travels as `{result[name]}`: {_reason(name)}.")
    return {name: result[name] for name in names}


def _reason(name: str) -> str:
    if is_reserved(name):
        return f"{name.upper()} is a word of ADQL"
    if not LEGAL.fullmatch(name):
        return "services take letters, digits and underscores only, a letter first"
    if len(name) > LONGEST_NAME:
        return f"services take names of up to {LONGEST_NAME} letters"
    return "services do not tell it from a name that differs in case only"


def _legal(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"_?[^A-Za-z0-9_]+", "_", plain).strip("_")
    if not plain or not plain[0].isalpha():
        plain = f"c_{plain}".rstrip("_")
    plain = plain[: LONGEST_NAME - 4]
    return f"{plain}_" if is_reserved(plain) else plain


def _taken(name: str, names: dict[str, str]) -> bool:
    return name.lower() in {n.lower() for n in names.values()}


def _free(name: str, names: dict[str, str]) -> str:
    candidate, number = name, 2
    while _taken(candidate, names) or is_reserved(candidate):
        candidate, number = f"{name.rstrip('_')}_{number}", number + 1
    return candidate


def travelling(column: Any, name: str, changes: list[str]) -> Column | MaskedColumn:
    """The column with a type that VOTable and the services have; every change said."""
    mask = np.array(np.ma.getmaskarray(column), dtype=bool)
    data = np.array(np.ma.getdata(column))
    if data.ndim != 1:
        raise ColumnError(
            f"`{name}` holds {data[0].size if len(data) else 'several'} values a row: make a column of the one needed."
        )
    kind = data.dtype.kind
    if kind == "O":
        return _dress(_objects(column, name, changes), column)
    if kind == "b":
        data = data.astype(np.int16)
        changes.append(f"`{name}`: true and false travel as 1 and 0.")
    elif kind in "iu":
        data = _integers(data, mask, name, changes)
    elif kind == "f":
        data = _floats(data, name, changes)
    elif kind in "US":
        data = _texts(data, mask, name, changes)
    elif kind in "mM":
        mask |= np.isnat(data)
        data = np.datetime_as_string(data) if kind == "M" else data.astype(str)
        data = _narrow(np.where(mask, "", data))
        changes.append(f"`{name}`: times travel as text in ISO 8601.")
    else:
        raise ColumnError(f"`{name}` holds {data.dtype.name}, which no service takes: convert it to numbers or text.")
    return _dress(MaskedColumn(data, mask=mask) if mask.any() else Column(data), column)


def _dress(made: Any, column: Any) -> Any:
    made.unit = column.unit
    made.description = column.description
    made.meta.update(column.meta)
    return made


def _integers(data: np.ndarray, mask: np.ndarray, name: str, changes: list[str]) -> np.ndarray:
    """Signed, in native order, no narrower than 16 bits: VOTable has no other."""
    wider = {"int8": np.int16, "uint8": np.int16, "uint16": np.int32, "uint32": np.int64}.get(data.dtype.name)
    if data.dtype.name == "uint64":
        present = data[~mask]
        if len(present) and int(present.max()) >= 2**63:
            changes.append(f"`{name}` holds whole numbers beyond 64 bits with sign: they travel as text.")
            return _narrow(np.where(mask, "", data.astype(str)))
        data = np.where(mask, 0, data)
        wider = np.int64
    if wider is not None:
        changes.append(f"`{name}` travels as {np.dtype(wider).name}: services have no {data.dtype.name}.")
        return data.astype(wider)
    return data.astype(data.dtype.newbyteorder("="), copy=False)


def _narrow(texts: np.ndarray) -> np.ndarray:
    """ASCII text as bytes, as wide as the longest."""
    width = max(1, int(np.char.str_len(texts).max(initial=0)))
    return texts.astype(f"S{width}")


def _floats(data: np.ndarray, name: str, changes: list[str]) -> np.ndarray:
    if data.dtype.itemsize in {4, 8}:
        return data.astype(data.dtype.newbyteorder("="), copy=False)
    wider = np.float32 if data.dtype.itemsize < 4 else np.float64
    changes.append(f"`{name}` travels as {np.dtype(wider).name}: services have no {data.dtype.name}.")
    return data.astype(wider)


def _texts(data: np.ndarray, mask: np.ndarray, name: str, changes: list[str]) -> np.ndarray:
    """Bytes where ASCII is enough, else unicode; nothing under the mask. What services mistreat is said."""
    data = np.where(mask, data.dtype.type(), data)
    if data.dtype.kind == "U":
        try:
            data = data.astype(np.bytes_)
        except UnicodeEncodeError:
            changes.append(f"`{name}` has letters beyond ASCII: older services may not take them.")
    else:
        try:
            data.astype(np.str_)
        except UnicodeDecodeError:
            data, odd = text_of_bytes(data)
            latin = f", {count(odd, 'value')} read as Latin-1, not being UTF-8" if odd else ""
            changes.append(f"`{name}` holds bytes beyond ASCII: they travel as unicode text{latin}.")
    if data.dtype.itemsize == 0:
        data = data.astype(f"{data.dtype.kind}1")
    lengths = np.char.str_len(data)
    if lengths.max(initial=0) > 255:
        changes.append(f"`{name}` has text of up to {int(lengths.max())} letters: some services cut it after 255.")
    lost = np.isin(
        np.char.lower(data[lengths <= 9]), np.array(["nan", "inf", "-inf", "infinity"]).astype(data.dtype.kind)
    )
    if lost.any():
        changes.append(
            f"`{name}` is the word nan or inf in {count(int(lost.sum()), 'row')}: some services take it for missing."
        )
    return data


def _objects(column: Any, name: str, changes: list[str]) -> Column | MaskedColumn:
    values = [
        None if gone else v for v, gone in zip(np.ma.getdata(column).tolist(), np.ma.getmaskarray(column), strict=True)
    ]
    if any(isinstance(v, (list, tuple, np.ndarray, dict, set)) for v in values):
        raise ColumnError(
            f"`{name}` holds arrays or structures, which no service takes: make a column of the value needed."
        )
    if not any(v is not None for v in values):
        made: Any = MaskedColumn(np.full(len(values), b"", dtype="S1"), mask=np.ones(len(values), bool))
        return made
    typed = from_list(name, values, changes)
    return travelling(typed, name, changes)
