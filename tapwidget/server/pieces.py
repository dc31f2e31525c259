"""A large file as many small ones of its own kind, so that it is read in bounded memory.

Each piece has the head of the file and some of its rows, and is read by what reads whole files: so a large file means
just what a small one means. FITS tables, Parquet, CSV and the like can be divided so; other kinds come in one piece.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import Table

from tapwidget.errors import FileFormatError
from tapwidget.tables.files import read_table
from tapwidget.tables.formats import ascii as ascii_formats
from tapwidget.tables.formats import contents, delimited, layout
from tapwidget.tables.formats.outcome import quiet

LARGE = 64 * 2**20
"""Bytes from which a file is divided."""

PIECE = 4 * 2**20
"""Bytes of rows in one piece; astropy needs several times as many to read them."""

VALUES = 1_000_000
"""Values of Parquet in one piece, about."""

BLOCK = 2880
PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}

# What a line says so that a column read with it becomes that type, by the letter of the type: text, float, and so on.
GUIDES = {"U": "text", "f": "0.5", "i": "1", "b": "true"}


class Piece(io.BytesIO):
    """Bytes with the name of the file they are of, for messages."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def tables(path: Path, scratch: Path) -> Generator[Table, None, None]:
    """The table of a file, in one or more pieces with the same columns; `scratch` is a folder to unpack in.

    Raises
    ------
    FileFormatError, ColumnError
        The file is no table, or broken.
    """
    original, path = path, unpacked(path, scratch)
    with path.open("rb") as file:
        head = file.read(layout.HEAD * 2)
        size = file.seek(0, io.SEEK_END)
        kind = contents.kind_of(head, path.name)
        if kind == "parquet":
            yield from of_parquet(path)
            return
        if size > LARGE and kind == "fits":
            place = fits_table(path)
            if place is not None:
                yield from of_fits(file, *place, name=path.name)
                return
        if size > LARGE and kind == "text" and ascii_formats.readme_of(original) is None:
            start = plain_start(head, path.name)
            if start is not None:
                yield from of_text(file, start, path.name)
                return
    yield read_table(original)


def unpacked(path: Path, scratch: Path) -> Path:
    """The file itself, or what is in it where it is compressed."""
    with path.open("rb") as file:
        magic = file.read(6)
    opener: Any = next((opener for start, opener in PACKED.items() if magic.startswith(start)), None)
    if opener is None:
        return path
    plain = scratch / path.name.removesuffix(".gz").removesuffix(".bz2").removesuffix(".xz")
    try:
        with opener(path) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    except (EOFError, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise FileFormatError(
            f"{path.name} is compressed, and broken or cut off ({error}). Copy or download it again."
        ) from error
    return plain


def of_parquet(path: Path) -> Generator[Table, None, None]:
    """By groups of rows; in one piece where astropy took columns apart, which only its own reader puts together."""
    with pq.ParquetFile(path) as file:
        if b"__serialized_columns__" not in (file.schema_arrow.metadata or {}).get(b"table_meta_yaml", b""):
            rows = max(1, VALUES // max(1, len(file.schema_arrow)))
            batches = (batch for batch in file.iter_batches(rows) if batch.num_rows)
            for batch in first_of(batches, file.schema_arrow):
                sink = io.BytesIO()
                group = pa.Table.from_batches([batch]).replace_schema_metadata(file.schema_arrow.metadata)
                pq.write_table(group, sink, compression="none")
                yield read_table(Piece(sink.getvalue(), path.name))
            return
    yield read_table(path)


def first_of(batches: Iterator[Any], schema: Any) -> Iterator[Any]:
    """The batches; one without rows where there is none."""
    found = False
    for batch in batches:
        found = True
        yield batch
    if not found:
        yield pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def fits_table(path: Path) -> tuple[fits.Header, int] | None:
    """Head and place of the first table with rows; None where it cannot be divided (arrays of varying length)."""
    with quiet(), fits.open(path, memmap=True, lazy_load_hdus=True) as hdus:
        for hdu in hdus:
            if isinstance(hdu, (fits.BinTableHDU, fits.TableHDU)) and hdu.header["NAXIS2"]:
                header = hdu.header.copy()
                return None if header.get("PCOUNT", 0) else (header, hdu.fileinfo()["datLoc"])
    return None


def of_fits(file: IO[bytes], header: fits.Header, start: int, *, name: str) -> Generator[Table, None, None]:
    """Rows of a FITS table of fixed width, each piece a FITS file with that one table."""
    width, rows = int(header["NAXIS1"]), int(header["NAXIS2"])
    primary = fits.PrimaryHDU().header.tostring().encode()
    each = max(1, PIECE // width)
    for first in range(0, rows, each):
        header["NAXIS2"] = min(each, rows - first)
        file.seek(start + first * width)
        data = file.read(header["NAXIS2"] * width)
        if len(data) < header["NAXIS2"] * width:
            raise FileFormatError(f"{name} is cut off: of its {rows} rows there are {first + len(data) // width}.")
        whole = primary + header.tostring().encode() + data + bytes(-len(data) % BLOCK)
        yield read_table(Piece(whole, name))


def plain_start(head: bytes, name: str) -> int | None:
    """Where the rows of a delimited text begin; None where its head is not so plain that it can be divided."""
    text = head[: head.rfind(b"\n") + 1]
    plain, changes, _ = delimited.decoded(text, name)
    if plain != text or changes or not text:
        return None
    found = layout.find_layout(plain, name)
    return found.start if found.plain and not found.comment and found.delimiter in layout.DELIMITERS else None


def of_text(file: IO[bytes], start: int, name: str) -> Generator[Table, None, None]:
    """Lines of a delimited text below its header. They are read twice: a column's type is that of all its values."""
    file.seek(0)
    header = file.read(start)
    first = file.readline()
    found = layout.find_layout(header + first, name)
    delimiter = found.delimiter
    kinds: dict[str, str] = {}
    for lines in blocks(file, start):
        for column in read_table(Piece(header + lines, name)).columns.values():
            kinds[column.name] = common(kinds.get(column.name, ""), kind_of(column))
    words = [GUIDES.get(kind, "") for kind in kinds.values()]
    if len(layout.rows_of([first.decode("utf-8", "replace")], delimiter)[0]) == len(found.names) + 1:
        words.append("")  # each line ends with one delimiter too many
    guide = delimiter.join(words).encode() + b"\n"
    for lines in blocks(file, start):
        whole = lines if lines.endswith(b"\n") else lines + b"\n"
        yield read_table(Piece(header + whole + guide, name))[:-1]


def kind_of(column: Any) -> str:
    """The letter of the column's type; "" where nothing in it says one."""
    is_empty = hasattr(column, "mask") and bool(column.mask.all())
    return "" if is_empty else str(column.dtype.kind)


def common(one: str, other: str) -> str:
    """The type that holds values of both exactly, as one reading of all of them finds it."""
    if not one or not other or one == other:
        return one or other
    return "f" if {one, other} == {"i", "f"} else "U"


def blocks(file: IO[bytes], start: int) -> Iterator[bytes]:
    """The lines from `start` on, several megabytes at a time, and no value with line breaks torn apart."""
    file.seek(start)
    rest = b""
    while data := file.read(PIECE):
        rest += data
        end = last_line_end(rest)
        if not end and len(rest) > 4 * PIECE:  # a lone quote, and no value in quotes
            end = rest.rfind(b"\n") + 1
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest.strip():
        yield rest


def last_line_end(text: bytes) -> int:
    """Where the last whole line ends that does not end within a quoted value; 0 where none does."""
    end = text.rfind(b"\n") + 1
    is_within = text.count(b'"', 0, end) % 2
    while end and is_within:
        start = text.rfind(b"\n", 0, end - 1) + 1
        is_within ^= text.count(b'"', start, end) % 2
        end = start
    return end
