"""The short ways of the VOTable reader lead where the long ones do: base64 past the parser, short cells and texts."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from tapwidget.errors import FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables import text_bytes, votable_reader
from tapwidget.tables.binary2 import decode_rows, encode_rows
from tapwidget.tables.votable import from_votable, to_votable
from tapwidget.tables.votable_document import read_document

ROWS = 60
TABLE = Table({"id": 2**53 + np.arange(ROWS), "name": [f"J{'0' * (k % 7)}{k}" for k in range(ROWS)]})
TABLE["mag"] = MaskedColumn(np.linspace(17, 22, ROWS).astype("f4"), mask=np.arange(ROWS) % 9 == 3)
WHOLE = to_votable(TABLE)


def parts() -> tuple[bytes, bytes, bytes]:
    """What stands before the base64, it, and what stands behind it."""
    begin = WHOLE.index(b">", WHOLE.index(b"<STREAM")) + 1
    end = WHOLE.index(b"<", begin)
    return WHOLE[:begin], WHOLE[begin:end], WHOLE[end:]


def same(one: Table, other: Table) -> None:
    assert one.colnames == other.colnames
    for name in one.colnames:
        assert np.array_equal(np.ma.getmaskarray(one[name]), np.ma.getmaskarray(other[name]))
        assert np.ma.allequal(np.ma.asarray(one[name]), np.ma.asarray(other[name])), name


def read(document: bytes, chunk: int, monkeypatch: pytest.MonkeyPatch) -> Table:
    monkeypatch.setattr(votable_reader, "CHUNK", chunk)
    return from_votable(document)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 257, 1024, 1 << 20])
def test_pieces_of_any_size(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    same(read(WHOLE, chunk, monkeypatch), TABLE)
    monkeypatch.setattr(votable_reader, "CHUNK", chunk)
    same(from_votable(io.BytesIO(WHOLE)), TABLE)


@pytest.mark.parametrize("chunk", [5, 50, 300, 1 << 20])
@pytest.mark.parametrize(
    "kind", ["comment", "comment first", "cdata", "entity", "lines", "crlf", "utf-16", "processing"]
)
def test_what_may_stand_in_a_stream(kind: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before, data, behind = parts()
    data = data.strip()
    middle = len(data) // 2
    long = b"AAAA" * 100
    stream = {
        "comment": data[:middle] + b"<!-- " + long + b" -->" + data[middle:],
        "comment first": b"<!-- " + long + b" -->" + data,
        "cdata": data[:middle] + b"<![CDATA[" + data[middle:] + b"]]>",
        "entity": data[:middle] + b"&#10;&#x20;" + data[middle:],
        "lines": b"\n".join(data[at : at + 76] for at in range(0, len(data), 76)),
        "crlf": b"\t" + b"\r\n ".join(data[at : at + 64] for at in range(0, len(data), 64)) + b" ",
        "utf-16": data,
        "processing": data[:middle] + b"<?note " + long + b"?>" + data[middle:],
    }[kind]
    document = before + stream + behind
    if kind == "utf-16":
        document = document.decode().replace("UTF-8", "UTF-16").replace("utf-8", "utf-16").encode("utf-16")
    same(read(document, chunk, monkeypatch), TABLE)


@pytest.mark.parametrize("chunk", [5, 50, 300, 1 << 20])
@pytest.mark.parametrize("damage", ["cut in the stream", "other letters", "too short", "no end"])
def test_damage_is_seen_in_pieces_of_any_size(damage: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before, data, behind = parts()
    data = data.strip()
    middle = len(data) // 2 // 4 * 4
    document = {
        "cut in the stream": before + data[:middle],
        "other letters": before + data[:middle] + b"!" + data[middle + 1 :] + behind,
        "too short": before + data[: middle + 2] + behind,
        "no end": before + data + behind[:4],
    }[damage]
    with pytest.raises(FileFormatError):
        read(document, chunk, monkeypatch)


TEXT = st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=12)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.one_of(TEXT, st.just("x" * 300), st.text(max_size=3)), min_size=1, max_size=40), st.data())
def test_texts_of_any_length_come_back(texts: list[str], data: st.DataObject) -> None:
    texts = [text.replace("\0", "") for text in texts]
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))))
    kind = "char" if all(text.isascii() for text in texts) else "unicodeChar"
    columns = [Column("id", "long"), Column("t", kind, "*"), Column("x", "float")]
    arrays = [np.arange(len(texts)), np.array(texts, object), np.zeros(len(texts), "f4")]
    rows = encode_rows(columns, arrays, [None, mask, None])
    plain, short = (decode_rows(columns, rows, compact=compact) for compact in (False, True))
    expected = ["" if gone else text for text, gone in zip(texts, mask, strict=True)]
    for (ids, _), (found, missing), _ in (plain, short):
        assert ids.tolist() == list(range(len(texts)))
        assert found.tolist() == expected
        assert missing is None if not mask.any() else missing.tolist() == mask.tolist()
    if kind == "char":
        assert short[1][0].dtype.kind == "U"


@pytest.mark.parametrize("sizes", [[0], [255, 1], [256, 0, 3], [3, 70000, 2], [0, 0, 0]])
def test_counts_of_more_than_a_byte(sizes: list[int]) -> None:
    texts = np.array(["y" * size for size in sizes], object)
    columns = [Column("t", "char", "*"), Column("n", "int")]
    rows = encode_rows(columns, [texts, np.arange(len(sizes), dtype="i4")], [None, None])
    (found, _), (numbers, _) = decode_rows(columns, rows, compact=True)
    assert found.tolist() == texts.tolist()
    assert numbers.tolist() == list(range(len(sizes)))


def test_a_count_that_points_past_the_end_is_damage() -> None:
    columns = [Column("t", "char", "*")]
    for count in (9, 200, 2**24, 2**31):
        with pytest.raises(FileFormatError, match="incomplete"):
            decode_rows(columns, b"\0" + count.to_bytes(4, "big") + b"abc", compact=True)


def test_texts_that_numpy_cannot_hold_stay_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [Column("t", "char", "*")]
    nul = b"\0\0\0\0\2a\0" + b"\0\0\0\0\1b"
    assert decode_rows(columns, nul, compact=True)[0][0].tolist() == ["a\0", "b"]
    latin = b"\0\0\0\0\1\xe9"
    assert decode_rows(columns, latin, compact=True)[0][0].tolist() == ["é"]
    monkeypatch.setattr(text_bytes, "MOST_TEXT", 7)
    rows = b"\0\0\0\0\2ab"
    assert decode_rows(columns, rows, compact=True)[0][0].dtype == object


def test_a_document_keeps_objects_unless_asked() -> None:
    assert read_document(WHOLE).arrays[1].dtype == object
    assert read_document(WHOLE, compact=True).arrays[1].dtype.kind == "U"
