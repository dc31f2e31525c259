"""The answers of the parts, on disk until all are there, then one table: never are two copies of all in memory.

Columns are written one after the other in numpy's own format, to a file without a name that ends with this process.
"""

from __future__ import annotations

import tempfile
import weakref
from threading import Lock
from typing import IO, Any

import numpy as np
from astropy.table import Column, MaskedColumn, Table
from numpy.typing import NDArray

from tapwidget.errors import ResultError


class Spool:
    """Answers to one query, each a part of the whole."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="tapwidget-")  # noqa: SIM115 - lives as long as the spool
        weakref.finalize(self, self._file.close)
        self._lock = Lock()
        self._template: Table | None = None
        self._lengths: list[int] = []
        # For each answer and column: the type, and where in the file its values and its mask begin (-1: no mask).
        self._places: list[list[tuple[np.dtype[Any], int, int]]] = []
        self._overflow = False

    def add(self, answer: Table) -> None:
        """Keep an answer.

        Raises
        ------
        ResultError
            If its columns are not those of the answers before.
        """
        with self._lock:
            if self._template is None:
                self._template = answer[:0].copy()
            elif answer.colnames != self._template.colnames:
                raise ResultError(
                    "The parts of this match were answered with different columns: "
                    f"{', '.join(self._template.colnames)} and {', '.join(answer.colnames)}. Submit it again."
                )
            self._overflow |= bool(answer.meta.get("overflow", False))
            self._lengths.append(len(answer))
            self._places.append([self._write(answer[name]) for name in answer.colnames])

    def whole(self, most: int | None = None) -> Table:
        """All answers as one table, at most `most` rows; `meta["overflow"]` is True where a part was cut, or the whole.

        The file is closed after that.
        """
        with self._lock:
            result = Table() if self._template is None else self._template
            columns = [self._read(number, result[name]) for number, name in enumerate(result.colnames)]
            meta = dict(result.meta)
            result = Table(columns, copy=False)
            meta["overflow"] = self._overflow or (most is not None and len(result) > most)
            self._file.close()
        result.meta = meta
        return result[:most] if most is not None and len(result) > most else result

    def _write(self, column: Any) -> tuple[np.dtype[Any], int, int]:
        values, mask = np.ma.getdata(column), np.ma.getmask(column)
        place = self._append(np.asarray(values))
        return values.dtype, place, -1 if mask is np.ma.nomask else self._append(np.asarray(mask))

    def _append(self, values: NDArray[Any]) -> int:
        place = self._file.seek(0, 2)
        np.lib.format.write_array(self._file, values, allow_pickle=values.dtype.kind == "O")
        return place

    def _at(self, place: int) -> NDArray[Any]:
        self._file.seek(place)
        # What is read was written by this very object.
        return np.asarray(np.lib.format.read_array(self._file, allow_pickle=True))

    def _read(self, number: int, template: Any) -> Any:
        """One column of all answers, with the unit, description and meta of the first."""
        places = [answer[number] for answer in self._places]
        total = sum(self._lengths)
        values = np.empty(total, dtype=np.result_type(*(dtype for dtype, _, _ in places)))
        mask = np.zeros(total, dtype=bool) if any(place >= 0 for _, _, place in places) else None
        begin = 0
        for length, (_, place, mask_place) in zip(self._lengths, places, strict=True):
            values[begin : begin + length] = self._at(place)
            if mask is not None and mask_place >= 0:
                mask[begin : begin + length] = self._at(mask_place)
            begin += length
        about = {"name": template.name, "unit": template.unit, "description": template.description}
        made = (
            Column(values, **about, copy=False)
            if mask is None
            else MaskedColumn(values, mask=mask, **about, copy=False)
        )
        made.meta.update(template.meta)
        return made
