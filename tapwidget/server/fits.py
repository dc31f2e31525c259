"""Answers as FITS: one binary table, in bounded memory.

A FITS header says first how many rows there are, how wide texts are and which integer stands for a missing one. So the
rows go to a scratch file, and are written when they have all been seen. astropy would want the whole table in memory,
and takes longer to import than most queries to run.

Source: FITS Standard 4.0, sections 4.2.1 (long strings), 7.3 (binary tables). TUCDn, TUTYPn and TCOMMn are what TOPCAT
and others write and read for UCDs, utypes and descriptions.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import ColumnError
from tapwidget.ivoa.tapschema import Column
from tapwidget.server.arrow_values import Batches, Status, array_of, letters

BLOCK = 2880
MOST_COLUMNS = 999
CARD_TEXT = 67
"""Characters of a text in one card: 68 fit, one is for the & that says it goes on."""

CODES = {"boolean": "L", "unsignedByte": "B", "short": "I", "int": "J", "long": "K", "float": "E", "double": "D"}
ITEMS = {"L": "u1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
WIDER = {"B": "I", "I": "J", "J": "K"}
FREE = (0, -1, -999, -9999, -99999, 10**9 + 7, -(10**15), 10**18 + 9)
"""Integers to try for a missing one where both ends of the type occur in the column."""


def fits(
    columns: Sequence[Column],
    schema: Any,
    batches: Batches,
    *,
    status_after: Status,
    infos: Mapping[str, str],
    scratch: Path,
) -> Iterator[bytes]:
    """The file in pieces; `scratch` is a folder for what has to wait.

    Raises
    ------
    ColumnError
        More columns than FITS can have, text beyond ASCII, or no integer left to stand for a missing one.
    """
    import pyarrow as pa

    if len(columns) > MOST_COLUMNS:
        raise ColumnError(
            f"FITS holds {MOST_COLUMNS} columns, the answer has {len(columns)}; select fewer, or ask for VOTable."
        )
    kept = [FitsColumn(column) for column in columns]
    rows = 0
    with tempfile.TemporaryFile(dir=scratch) as waiting:
        with pa.ipc.new_stream(waiting, schema) as sink:
            for batch in batches:
                for column, array in zip(kept, batch.columns, strict=True):
                    column.see(array)
                sink.write_batch(batch)
                rows += batch.num_rows
        for column in kept:
            column.decide()
        yield padded(primary(), b" ") + padded(header(kept, rows, infos, *status_after()), b" ")
        waiting.seek(0)
        row = np.dtype([(f"c{j}", column.item, column.shape) for j, column in enumerate(kept)])
        for batch in pa.ipc.open_stream(waiting):
            cells = np.zeros(batch.num_rows, row)
            for j, (column, array) in enumerate(zip(kept, batch.columns, strict=True)):
                cells[f"c{j}"] = column.cells(array)
            yield cells.tobytes()
        yield bytes(-rows * row.itemsize % BLOCK)


class FitsColumn:
    """One column: first it sees all its values, then it decides how to write them, then it writes them."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.code = "A" if column.is_text else CODES[column.datatype]
        self.width = 1
        self.is_missing = False
        self.low: int | None = None
        self.high: int | None = None
        self.free = set(FREE)
        self.null: int | None = None

    def see(self, array: Any) -> None:
        if self.column.is_text:
            flat, sizes = bytes_of(array)
            if flat.size and (int(flat.max()) > 127 or not flat.all()):
                raise ColumnError(
                    f"FITS cannot hold the text in column {self.column.name}: it has letters beyond ASCII. "
                    "Ask for VOTable or Parquet, or leave that column out."
                )
            self.width = max(self.width, int(sizes.max(initial=0)))
        elif self.code in "BIJK":
            values, mask = array_of(array)
            self.is_missing = self.is_missing or (mask is not None and bool(mask.any()))
            if mask is not None:
                values = values[~mask]
            if values.size:
                self.low = min(int(values.min()), int(values.min()) if self.low is None else self.low)
                self.high = max(int(values.max()), int(values.max()) if self.high is None else self.high)
                self.free = {number for number in self.free if not (values == number).any()}

    def decide(self) -> None:
        """Which integer stands for a missing one: an end of the type, else of a wider type, else one that is free."""
        if not self.is_missing:
            return
        while self.null is None:
            ends = np.iinfo(ITEMS[self.code])
            if self.low is None or self.low > ends.min:
                self.null = int(ends.min)
            elif self.high is None or self.high < ends.max:
                self.null = int(ends.max)
            elif self.code in WIDER:
                self.code = WIDER[self.code]
            elif self.free:
                self.null = min(self.free, key=abs)
            else:
                raise ColumnError(
                    f"No integer is left to stand for a missing one in {self.column.name}; ask for VOTable."
                )

    @property
    def item(self) -> str:
        return f"S{self.width}" if self.column.is_text else ITEMS[self.code]

    @property
    def shape(self) -> tuple[int, ...]:
        size = self.column.arraysize
        return () if self.column.is_text or size in {"", "1"} else (int(size),)

    @property
    def form(self) -> str:
        number = self.width if self.column.is_text else self.shape[0] if self.shape else ""
        return f"{number}{self.code}"

    def cells(self, array: Any) -> NDArray[Any]:
        if self.column.is_text:
            flat, sizes = bytes_of(array)
            cells = np.zeros((len(sizes), self.width), np.uint8)
            cells[np.arange(self.width) < sizes[:, None]] = flat
            return cells.view(f"S{self.width}")[:, 0]
        values, mask = array_of(array)
        missing: Any = mask if mask is None or values.ndim == 1 else mask[:, None]
        if self.code == "L":
            values = np.where(values, np.uint8(ord("T")), np.uint8(ord("F")))
            return values if missing is None else np.where(missing, np.uint8(0), values)
        if missing is None:
            return values
        filling = np.nan if self.code in "ED" else self.null
        return np.where(missing, np.array(filling, ITEMS[self.code]), values)


def bytes_of(array: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of texts end to end, and how many each has; none for a missing one, times as ISO 8601."""
    import pyarrow as pa

    if pa.types.is_temporal(array.type):
        values, mask = array_of(array)
        array = pa.array(values, pa.string(), mask=mask)
    flat, edges = letters(array)
    return flat, np.diff(edges)


def primary() -> str:
    return card("SIMPLE", "T") + card("BITPIX", "8") + card("NAXIS", "0") + card("EXTEND", "T") + "END".ljust(80)


def header(columns: Sequence[FitsColumn], rows: int, infos: Mapping[str, str], status: str, message: str) -> str:
    """The header of the table, without padding."""
    width = sum(np.dtype((column.item, column.shape)).itemsize for column in columns)
    text = "XTENSION= 'BINTABLE'".ljust(80)
    for key, number in (("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", width), ("NAXIS2", rows), ("PCOUNT", 0), ("GCOUNT", 1)):
        text += card(key, str(number))
    text += card("TFIELDS", str(len(columns))) + texts("EXTNAME", "result")
    for number, (column, name) in enumerate(zip(columns, names(columns), strict=True), start=1):
        about = column.column
        text += texts(f"TTYPE{number}", name) + texts(f"TFORM{number}", column.form)
        if column.null is not None:
            text += card(f"TNULL{number}", str(column.null))
        words = {"TUNIT": about.unit, "TUCD": about.ucd, "TUTYP": about.utype, "TCOMM": about.description}
        text += "".join(texts(f"{key}{number}", word) for key, word in words.items() if word)
    text += texts("QSTATUS", status or "OK") + remarks(message)
    for key, word in infos.items():
        text += remarks(f"{key}: {word}")
    return text + "END".ljust(80)


def card(key: str, value: str) -> str:
    return f"{key:8}= {value:>20}".ljust(80)


def texts(key: str, text: str) -> str:
    """A text as one card, or as several with CONTINUE."""
    pieces = [""]
    for letter in printable(text).replace("'", "''"):
        if len(pieces[-1]) >= CARD_TEXT - 1 and not odd(pieces[-1], letter):
            pieces.append("")
        pieces[-1] += letter
    first, *more = [piece + "&" for piece in pieces[:-1]] + [pieces[-1]]
    return f"{key:8}= '{first:8}'".ljust(80) + "".join(f"CONTINUE  '{piece}'".ljust(80) for piece in more)


def odd(piece: str, letter: str) -> bool:
    """Whether a letter is the second one of a doubled quote, which must not be parted."""
    return letter == "'" and (len(piece) - len(piece.rstrip("'"))) % 2 == 1


def remarks(text: str) -> str:
    words = printable(text)
    return "".join(f"COMMENT {words[at : at + 72]}".ljust(80) for at in range(0, len(words), 72))


def printable(text: str) -> str:
    """Text as a header can hold it: one line of ASCII."""
    return re.sub(r"[^ -~]", "?", " ".join(text.split()))


def names(columns: Sequence[FitsColumn]) -> list[str]:
    """The names as FITS can tell them apart: it knows no upper and lower case."""
    result: list[str] = []
    taken: set[str] = set()
    for column in columns:
        name = re.sub(r"[^ -~]", "_", column.column.name)
        candidate, number = name, 2
        while candidate.lower() in taken:
            candidate, number = f"{name}_{number}", number + 1
        taken.add(candidate.lower())
        result.append(candidate)
    return result


def padded(text: str, filling: bytes) -> bytes:
    data = text.encode("ascii")
    return data + filling * (-len(data) % BLOCK)
