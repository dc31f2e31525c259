"""What a file is, by its first bytes; and what is no table at all, refused with a sentence."""

from __future__ import annotations

import bz2
import gzip
import html
import lzma
import re
import zlib
from collections.abc import Callable

from tapwidget.errors import FileFormatError

BINARY_FILES = {
    b"%PDF": "a PDF document; save the table itself as CSV",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"\x89HDF": "an HDF5 file; read it with astropy's Table.read(path, path='…') and hand over the table",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"\x80\x04": "a Python pickle; load it yourself and hand over the table",
    b"\x80\x05": "a Python pickle; load it yourself and hand over the table",
    b"\x93NUMPY": "a NumPy array; load it with numpy.load and hand over a Table",
    b"SQLite format 3": "an SQLite database; select the table with pandas.read_sql and hand over the data frame",
    b"\x7fELF": "a program",
    b"OBJ\x01": "an Avro file; convert it to Parquet",
}
IPAC_TYPES = re.compile(rb"^(\|\s*-?(c|char|date|i|int|l|long|f|float|d|double|r|real)\s*)+\|\s*$")
MPC_ORBIT = re.compile(
    rb"^[0-9A-Za-z~]{5,7} +-?[0-9]{1,2}\.[0-9]{1,2} +-?[0-9]\.[0-9]{2} [IJK][0-9]{2}[1-9A-C][1-9A-V] ", re.M
)


def unpacked(data: bytes, name: str) -> bytes:
    """The bytes themselves where the file is compressed (gzip, bzip2, xz), whatever its name."""
    packers: dict[bytes, Callable[[bytes], bytes]] = {
        b"\x1f\x8b": gzip.decompress,
        b"BZh": bz2.decompress,
        b"\xfd7zXZ\x00": lzma.decompress,
    }
    for magic, unpack in packers.items():
        if data.startswith(magic):
            try:
                return unpack(data)
            except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
                raise FileFormatError(
                    f"{name} is compressed, and broken or cut off ({error}). Copy or download it again."
                ) from error
    return data


def kind_of(data: bytes, name: str) -> str:
    """fits, parquet, feather, votable, ecsv, ipac, asu-tsv, mrt, mpcorb or text.

    Raises
    ------
    FileFormatError
        Where the bytes are no table: empty, a web page, an archive, an image, a pointer to a file that is elsewhere.
    """
    head = data[:65536]
    for magic, kind in ((b"SIMPLE  =", "fits"), (b"PAR1", "parquet"), (b"ARROW1", "feather")):
        if head.startswith(magic):
            return kind
    for magic, what in BINARY_FILES.items():
        if head.startswith(magic):
            raise FileFormatError(f"{name} is no table but {what}.")
    if head.startswith(b"PK\x03\x04"):
        what = (
            "an Excel workbook: save the sheet as CSV"
            if b"xl/" in data or b"[Content_Types]" in head
            else "a zip archive: unpack it"
        )
        raise FileFormatError(f"{name} is {what}, then open that.")
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not plain:
        raise FileFormatError(f"{name} is empty: there is no table in it. Export or download it again.")
    if plain.startswith(b"version https://git-lfs"):
        raise FileFormatError(f"{name} is only git-LFS's pointer to the file. Get the file itself with `git lfs pull`.")
    if plain.startswith(b"<"):
        return _markup(data, plain, name)
    if plain.startswith((b"{", b"[{", b"[[")):
        raise FileFormatError(
            f"{name} is JSON. Load it with pandas.read_json and hand over the data frame, or save it as CSV."
        )
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\x00" in head:
        raise FileFormatError(
            f"{name} is a binary file of no kind known here. Tables are read from CSV, TSV, ECSV, FITS, VOTable, "
            "Parquet and IPAC files."
        )
    return _text_kind(plain)


def _text_kind(plain: bytes) -> str:
    if plain.startswith(b"# %ECSV"):
        return "ecsv"
    lines = plain.splitlines()
    first = next((line for line in lines if not line.startswith(b"\\")), b"")
    if first.startswith(b"|") and first.rstrip().endswith(b"|"):
        below = lines[lines.index(first) + 1 : lines.index(first) + 2]
        if not below or not below[0].startswith(b"|") or IPAC_TYPES.match(below[0].lower()):
            return "ipac"
    if plain.startswith(b"#") and re.search(rb"^#(Table|RESOURCE)[\t=]", plain, re.M) and b"#Column\t" in plain:
        return "asu-tsv"
    if re.search(rb"^Byte-by-byte Description of file", plain, re.M | re.I):
        return "mrt"
    if MPC_ORBIT.search(plain):
        return "mpcorb"
    return "text"


def _markup(data: bytes, plain: bytes, name: str) -> str:
    lower = plain[:8192].lower()
    if re.search(rb"<([a-z0-9_]+:)?votable", lower):
        return "votable"
    if b"<html" in lower or b"<!doctype html" in lower or re.search(rb"<(head|body|title|p|h1|pre|script)\b", lower):
        quoted = page_message(data)
        said = f" It says: “{quoted}”." if quoted else ""
        raise FileFormatError(
            f"{name} is a web page, not a table.{said} A service or a log-in page answered instead of sending data: "
            "run that query or log in again, and save the table itself."
        )
    raise FileFormatError(f"{name} is an XML file but no VOTable. Save the table as VOTable, FITS, Parquet or CSV.")


def page_message(data: bytes) -> str:
    """What a web page says went wrong: the text of its error paragraph, else its title; at most 200 characters."""
    page = data[:200_000].decode("utf-8", "replace")
    page = re.sub(r"(?is)<(script|style)\b.*?</\1>|<!--.*?-->", " ", page)
    for pattern in (
        r"(?is)<p[^>]*class=[\"']?error[^>]*>(.*?)</p>",
        r"(?is)>([^<>]*\berror\b[^<>]{10,})<",
        r"(?is)<title[^>]*>(.*?)</title>",
        r"(?is)<h1[^>]*>(.*?)</h1>",
        r"(?is)<body[^>]*>(.*?)(?:</body>|$)",
    ):
        for found in re.findall(pattern, page):
            text = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found)).split())
            if text:
                return text if len(text) <= 200 else text[:199] + "…"
    return ""
