"""What reading a file gave: the table, and every word about how it was read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from astropy.table import Column, MaskedColumn, Table


@dataclass
class Outcome:
    """A table as read, the format's name, what was done to it in sentences, and the same in plain astropy.

    `call` is a Python expression with the word ``PATH`` in place of the file's path; empty where plain astropy
    does not give the same table. For text, `texts` are the columns as they were written (pyarrow), and `words` those
    that mean "missing", as astropy's `fill_values` wants them. `saved` is what the file says of its own making.
    """

    table: Table
    format: str
    changes: list[str] = field(default_factory=list)
    call: str = ""
    texts: dict[str, Any] = field(default_factory=dict)
    words: list[tuple[str, ...]] = field(default_factory=list)
    saved: dict[str, Any] = field(default_factory=dict)

    def expression(self, path: str, masked: dict[str, Any]) -> str:
        """`call` for that path, with the words that were masked afterwards: row masks by column."""
        found: dict[str, list[str]] = {}
        for name, rows in masked.items():
            if name not in self.texts:
                return ""
            hit = self.texts[name].filter(pa.array(rows))
            for word in dict.fromkeys(hit.to_pylist()):
                found.setdefault(word.strip(), []).append(name)
        if not self.call:
            return ""
        words = self.words + [(word, "0", *names) for word, names in found.items()]
        if words:
            words.insert(0, ("", "0"))  # astropy's own, which any others replace
        call = self.call.replace("PATH", repr(path))
        return f"{call[:-1]}, fill_values={words!r})" if words else call


@contextmanager
def quiet() -> Iterator[None]:
    """Without astropy's warnings on units and headers: what matters of them is said in `changes`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def listing(names: list[str] | tuple[str, ...], most: int = 5) -> str:
    """Names in a sentence: the first few, and how many more."""
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def count(number: int, noun: str) -> str:
    """1 row, 2 rows, 12,070 rows."""
    plural = noun[:-1] + "ies" if noun.endswith("ry") else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"


def mask_empty_text(table: Table) -> None:
    """Empty text counts as missing, as it does in CSV: FITS and VOTable have no other way to say it."""
    for column in list(table.columns.values()):
        if not isinstance(column, Column) or column.dtype.kind not in "US" or column.ndim != 1 or len(column) == 0:
            continue
        empty = np.char.str_len(np.char.strip(np.ma.getdata(column))) == 0
        if empty.any():
            masked = MaskedColumn(column, mask=empty | np.ma.getmaskarray(column))
            table.replace_column(column.name, masked)
