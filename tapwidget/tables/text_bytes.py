"""Columns of text to bytes laid end to end, and back.

`char` travels as ASCII (VOTable 1.5: UTF-8, of which ASCII is a part), `unicodeChar` as UTF-16 big-endian.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import ColumnError

# Rows whose bytes are looked at in one go, so that a long column needs no second copy of itself.
BLOCK = 65_536
# Bytes: text that takes more as an array of numpy, where the longest sets the width of all, stays objects.
MOST_TEXT = 512 << 20


def strings_of(name: str, values: NDArray[Any], mask: NDArray[np.bool_] | None) -> tuple[list[str], NDArray[np.bool_]]:
    """A one-dimensional column of text as str, "" where missing; and what is missing (the mask, and every None).

    Raises
    ------
    ColumnError
        A value is neither str, nor ASCII bytes, nor None.
    """
    missing = np.zeros(len(values), bool) if mask is None else np.array(mask, bool)
    if values.dtype.kind not in "USOT":
        raise ColumnError(f"Column {name!r} is declared as text, but its values are {values.dtype}.")
    texts: list[Any] = values.tolist()
    for row in np.flatnonzero(missing).tolist():
        texts[row] = ""
    if set(map(type, texts)) <= {str}:
        return texts, missing
    for row, text in enumerate(texts):
        if text is None:
            missing[row] = True
            texts[row] = ""
        elif isinstance(text, bytes):
            try:
                texts[row] = text.decode("ascii")
            except UnicodeDecodeError as error:
                raise ColumnError(
                    f"Column {name!r} holds bytes that are not ASCII at row {row}: {text[:40]!r}; decode them first."
                ) from error
        elif not isinstance(text, str):
            raise ColumnError(
                f"Column {name!r} is declared as text, but row {row} holds {text!r} ({type(text).__name__})."
            )
    return texts, missing


def text_of_bytes(values: NDArray[np.bytes_]) -> tuple[NDArray[np.str_], int]:
    """Bytes, as FITS holds text, as str: UTF-8; what is not, Latin-1, which loses nothing; and how many those were."""
    try:
        return np.char.decode(values, "utf-8"), 0
    except UnicodeDecodeError:
        pass
    texts, odd = [], 0
    for value in values.ravel().tolist():
        try:
            texts.append(value.decode("utf-8"))
        except UnicodeDecodeError:
            texts.append(value.decode("latin-1"))
            odd += 1
    return np.array(texts, dtype=np.str_).reshape(values.shape), odd


def encode_texts(name: str, texts: list[str], *, unicode: bool) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All texts as bytes end to end, and the bytes of each."""
    joined = "".join(texts)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    if joined.isascii():
        flat = np.frombuffer(joined.encode("ascii"), np.uint8)
        return (flat.astype(">u2").view(np.uint8), sizes * 2) if unicode else (flat, sizes)
    if not unicode:
        row, text = next((r, t) for r, t in enumerate(texts) if not t.isascii())
        raise ColumnError(
            f"Column {name!r} is declared as 'char', but row {row} holds {text[:40]!r}, which is not ASCII; "
            "declare it as 'unicodeChar'."
        )
    try:
        encoded = joined.encode("utf-16-be")
        if len(encoded) != 2 * len(joined):  # pairs of surrogates: two units for one character
            sizes = np.fromiter((len(t.encode("utf-16-be")) // 2 for t in texts), np.int64, len(texts))
    except UnicodeEncodeError as error:
        raise ColumnError(f"Column {name!r} holds half of a surrogate pair, which is no character.") from error
    return np.frombuffer(encoded, np.uint8), sizes * 2


def fits_numpy(widest: int, rows: int) -> bool:
    """Whether texts, the longest of so many characters, should become numpy's own fixed-width text."""
    return 4 * max(1, widest) * rows <= MOST_TEXT


def short_texts(codes: NDArray[np.uint8], sizes: NDArray[np.int64]) -> NDArray[np.str_] | None:
    """Texts of one byte a character as numpy's own; None where one is not ASCII or holds a NUL, which that cannot keep.

    Parameters
    ----------
    codes, shape (n, width)
        The bytes of each text, and anything behind them.
    sizes, shape (n,)
        How many of them are the text.
    """
    width = max(1, codes.shape[1])
    letters = np.zeros((len(codes), width), np.uint8)
    np.copyto(letters[:, : codes.shape[1]], codes, where=np.arange(codes.shape[1]) < sizes[:, None])
    if (letters >= 128).any() or np.count_nonzero(letters) != sizes.sum():
        return None
    return letters.astype(np.uint32).view(f"U{width}").reshape(-1)


def decode_texts(
    data: bytes | memoryview, starts: NDArray[np.int64], stops: NDArray[np.int64], *, unicode: bool
) -> tuple[NDArray[np.object_], int]:
    """The texts at data[start:stop] as str, and how many of them were not in the encoding the standard asks for.

    `starts` ascend, as cells of one column do. Those not UTF-8 are read as Latin-1, which loses nothing.
    """
    texts: list[str] = []
    odd = 0
    view = memoryview(data)
    for low in range(0, len(starts), BLOCK):
        block_starts, block_stops = starts[low : low + BLOCK], stops[low : low + BLOCK]
        if unicode:
            pieces = [view[a:b] for a, b in zip(block_starts.tolist(), block_stops.tolist(), strict=True)]
            joined = b"".join(pieces)
            whole = joined.decode("utf-16-be", "replace")
            if 2 * len(whole) == len(joined) and "\ufffd" not in whole:
                ends = np.cumsum(block_stops - block_starts) // 2
                texts += [whole[a:b] for a, b in pairwise([0, *ends.tolist()])]
            else:
                new = [str(piece, "utf-16-be", "replace") for piece in pieces]
                odd += sum("\ufffd" in t and b"\xff\xfd" not in p.tobytes() for t, p in zip(new, pieces, strict=True))
                texts += new
            continue
        first = int(block_starts[0])
        whole = str(view[first : int(block_stops[-1])], "latin-1")
        a_list, b_list = (block_starts - first).tolist(), (block_stops - first).tolist()
        new = [whole[a:b] for a, b in zip(a_list, b_list, strict=True)]
        if not "".join(new).isascii():
            for i, text in enumerate(new):
                if not text.isascii():
                    try:
                        new[i] = text.encode("latin-1").decode("utf-8")
                    except UnicodeDecodeError:
                        odd += 1
        texts += new
    result = np.empty(len(texts), object)
    result[:] = texts
    return result, odd
