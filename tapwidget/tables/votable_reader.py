"""A VOTable document read by a parser of XML, in one pass, without astropy.

A document that is not whole, or not what it says, raises `FileFormatError`: half of a result is never taken for all of
it. DOCTYPE and entities are refused, so nothing in a document can grow beyond its own size or reach for another file.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import ColumnError, FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.binary2_reader import decode_rows
from tapwidget.tables.tabledata_reader import Cells

Mask = NDArray[np.bool_] | None

# Bytes given to the parser at a time.
CHUNK = 1 << 20
SPACES = (b"\n", b"\r", b" ", b"\t")
STREAM = re.compile(rb"<(?:[\w.-]+:)?STREAM[\s>]")


@dataclass(frozen=True)
class Document:
    """The first table of the results of a VOTable; no columns where the service answered with an error.

    `arrays` and `masks` are those of `binary2.decode_rows`. `infos` are INFOs by name: their value, or their text where
    they have no value. `query_status` is the last one in the document: what a service says behind the table wins.
    `changes` are sentences about what was read in another way than it stands there.
    """

    columns: tuple[Column, ...] = ()
    arrays: tuple[NDArray[Any], ...] = ()
    masks: tuple[Mask, ...] = ()
    infos: dict[str, str] = field(default_factory=dict)
    query_status: str = ""
    query_message: str = ""
    nrows: int = 0
    name: str = ""
    description: str = ""
    changes: tuple[str, ...] = ()

    @property
    def overflow(self) -> bool:
        """Whether the service cut the result at its row limit (DALI 1.1, section 4.4.1)."""
        return self.query_status == "OVERFLOW"


def read_document(source: bytes | bytearray | memoryview | BinaryIO, *, compact: bool = False) -> Document:
    """Read a VOTable (1.0 to 1.5; TABLEDATA, BINARY or BINARY2).

    The table is the first one in a RESOURCE of type "results", else the first one of all. With `compact`, text may come
    as numpy's own instead of objects (see `binary2.decode_rows`), which is faster.

    Raises
    ------
    FileFormatError
        It is no VOTable, is not whole, holds no table (and no error), or holds what it does not declare.
    """
    reader = _Reader()
    try:
        for chunk in _chunks(source):
            reader.feed(chunk)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        if not reader.seen:
            raise FileFormatError(f"This is no VOTable: it is no XML ({error}).") from error
        raise FileFormatError(
            f"The VOTable is incomplete or damaged: {error}. Fetch it again; what arrived is not the whole table."
        ) from error
    except ColumnError as error:
        raise FileFormatError(str(error)) from error
    return reader.document(compact=compact)


def _chunks(source: bytes | bytearray | memoryview | BinaryIO) -> Iterator[bytes]:
    if isinstance(source, (bytes, bytearray, memoryview)):
        view = memoryview(source)
        for at in range(0, len(view), CHUNK):
            yield bytes(view[at : at + CHUNK])
    else:
        while chunk := source.read(CHUNK):
            yield chunk


class _Base64:
    """Bytes out of base64 that comes in pieces; white space between them is of no account."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.rest = b""
        self.padded = False

    def feed(self, text: str) -> None:
        try:
            self.add(text.encode("ascii"))
        except UnicodeEncodeError as error:
            raise FileFormatError(f"The binary rows of the VOTable are damaged: {error}.") from error

    def add(self, letters: bytes) -> None:
        for space in SPACES:
            letters = letters.replace(space, b"")
        try:
            letters = self.rest + letters
            whole = len(letters) // 4 * 4
            if self.padded and letters:
                raise Base64Error("more follows what was its end")
            self.data += a2b_base64(letters[:whole], strict_mode=True)
        except Base64Error as error:
            raise FileFormatError(f"The binary rows of the VOTable are damaged: {error}.") from error
        self.rest = letters[whole:]
        self.padded = self.padded or letters[:whole].endswith(b"=")

    def close(self) -> None:
        if self.rest:
            raise FileFormatError("The binary rows of the VOTable are incomplete: their base64 ends within a group.")


@dataclass
class _Table:
    """What is known of one TABLE while it is read."""

    results: bool
    declared: str
    name: str
    columns: list[Column] = field(default_factory=list)
    nulls: list[str] = field(default_factory=list)
    description: str = ""
    serialization: str = ""
    cells: Cells | None = None
    stream: _Base64 | None = None


class _Reader:
    """Events of the parser to one `Document`."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.buffer_size = CHUNK
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self._listen()
        self.seen = False
        self.path: list[str] = []
        self.resources: list[str] = []
        self.table: _Table | None = None  # the one we are in, if it may be the one to keep
        self.kept: _Table | None = None
        self.text: list[str] | None = None
        self.info: dict[str, str] = {}
        self.infos: dict[str, str] = {}
        self.status = ("", "")
        self.is_first = True
        self.may_skip = True  # whether the encoding has one byte for an ASCII character
        self.stream: _Base64 | None = None  # the one we are in
        self.skips = False

    def feed(self, chunk: bytes) -> None:
        """Parse a piece of the document; base64 in the midst of a STREAM is no business of the parser of XML."""
        if self.is_first:
            self.is_first = False
            self.may_skip = b"\0" not in chunk[:4] and chunk[:2] not in {b"\xff\xfe", b"\xfe\xff"}
        if self.stream is None or not self.skips or b"&" in chunk:
            self.parser.Parse(chunk, False)
            # No comment and no CDATA section may be open, whose end the parser has to see.
            self.skips = self.may_skip and STREAM.match(chunk, max(0, chunk.rfind(b"<"))) is not None
            return
        end = chunk.find(b"<")
        self.stream.add(chunk if end < 0 else chunk[:end])
        if end >= 0:
            self.skips = False
            self.parser.Parse(chunk[end:], False)

    def _listen(self) -> None:
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _doctype(self, name: str, *_rest: Any) -> None:
        html = name.lower() == "html"
        raise FileFormatError(
            "This is a web page, not a VOTable; perhaps the page of a login or of an error."
            if html
            else f"The VOTable declares a DOCTYPE or entity ({name!r}); it could reach for files, so it is refused."
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        prefix, _, name = tag.rpartition(":")
        if not self.path and name != "VOTABLE":
            raise FileFormatError(f"This is no VOTable: its first element is <{tag}>.")
        self.seen = True
        parent = self.path[-1] if self.path else ""
        self.path.append(name)
        if name == "RESOURCE":
            self.resources.append(attributes.get("type", ""))
        elif name == "TABLE":
            self._start_table(attributes)
        elif name == "INFO":
            self.info, self.text = attributes, []
        elif self.table is None:
            return
        elif name == "FIELD" and parent == "TABLE":
            self._start_field(self.table, attributes)
        elif name == "VALUES" and parent == "FIELD":
            self.table.nulls[-1] = attributes.get("null", self.table.nulls[-1])
        elif name == "DESCRIPTION" and parent in {"FIELD", "TABLE"}:
            self.text = []
        elif parent == "DATA":
            self._start_data(self.table, name, f"{prefix}:" if prefix else "")
        elif name == "STREAM" and parent in {"BINARY", "BINARY2"}:
            self._start_stream(self.table, attributes)

    def _start_table(self, attributes: dict[str, str]) -> None:
        results = bool(self.resources) and self.resources[-1].lower() == "results"
        if self.kept is None or (results and not self.kept.results):
            if "ref" in attributes:
                raise FileFormatError(
                    "The VOTable's TABLE refers to the FIELDs of another one, which is not supported."
                )
            self.table = self.kept = _Table(results, attributes.get("nrows", ""), attributes.get("name", ""))

    def _start_field(self, table: _Table, attributes: dict[str, str]) -> None:
        get = attributes.get
        name = get("name") or get("ID") or f"col{len(table.columns) + 1}"
        words = {key: get(key, "") for key in ("arraysize", "xtype", "unit", "ucd", "utype")}
        table.columns.append(Column(name, get("datatype", ""), **words))  # type: ignore[arg-type]
        table.nulls.append("")

    def _start_data(self, table: _Table, name: str, prefix: str) -> None:
        if name not in {"TABLEDATA", "BINARY", "BINARY2"}:
            raise FileFormatError(
                f"The rows of the VOTable are in <{name}>; only TABLEDATA, BINARY and BINARY2 are read."
            )
        table.serialization = name
        if name == "TABLEDATA":
            table.cells = Cells(table.columns, table.nulls)
            table.cells.listen(self.parser, prefix, self._end_tabledata)

    def _end_tabledata(self) -> None:
        self._listen()
        self.path.pop()

    def _start_stream(self, table: _Table, attributes: dict[str, str]) -> None:
        if "href" in attributes:
            raise FileFormatError(
                f"The rows of the VOTable are in another file, {attributes['href']!r}, which is not fetched. "
                "Ask the service for a VOTable that holds its rows itself."
            )
        if attributes.get("encoding", "base64") != "base64":
            raise FileFormatError(
                f"The rows of the VOTable are encoded as {attributes['encoding']!r}; only base64 is read."
            )
        self.stream = table.stream = _Base64()
        self.parser.CharacterDataHandler = table.stream.feed

    def _data(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def _end(self, _tag: str) -> None:
        name = self.path.pop()
        if name == "RESOURCE":
            self.resources.pop()
        elif name == "TABLE":
            self.table = None
        elif name == "STREAM" and self.table is not None and self.table.stream is not None:
            self.table.stream.close()
            self.stream = None
            self.parser.CharacterDataHandler = self._data
        if self.text is None or name not in {"INFO", "DESCRIPTION"}:
            return
        text, self.text = "".join(self.text), None
        if name == "INFO":
            self._end_info(text.strip())
        elif self.table is None:
            return
        elif self.path[-1] == "FIELD":
            self.table.columns[-1] = replace(self.table.columns[-1], description=" ".join(text.split()))
        else:
            self.table.description = " ".join(text.split())

    def _end_info(self, text: str) -> None:
        name, value = self.info.get("name", ""), self.info.get("value", "")
        if self.resources and self.resources[-1].lower() == "meta":
            return
        if name.upper() == "QUERY_STATUS":
            self.status = (value.strip().upper(), text)
        elif name in self.infos:
            self.infos[name] += f"\n{value or text}"
        else:
            self.infos[name] = value or text

    def document(self, *, compact: bool = False) -> Document:
        """All that was read, the rows as columns."""
        table = self.kept
        found = Document(infos=self.infos, query_status=self.status[0], query_message=self.status[1])
        if table is None:
            if found.query_status != "ERROR":
                raise FileFormatError("The VOTable holds no TABLE.")
            return found
        columns, changes = _unique(table.columns)
        try:
            read = _rows(table, columns, changes, compact=compact)
        except ColumnError as error:
            raise FileFormatError(str(error)) from error
        nrows = len(read[0][0]) if read else 0
        if table.declared.strip().isdigit() and int(table.declared) != nrows:
            raise FileFormatError(f"The VOTable declares {table.declared} rows, but holds {nrows}: it is incomplete.")
        return replace(
            found,
            columns=tuple(columns),
            arrays=tuple(values for values, _ in read),
            masks=tuple(mask for _, mask in read),
            nrows=nrows,
            name=table.name,
            description=table.description,
            changes=tuple(changes),
        )


def _rows(
    table: _Table, columns: list[Column], changes: list[str], *, compact: bool
) -> list[tuple[NDArray[Any], Mask]]:
    if table.cells is not None:
        return table.cells.columns()
    if not table.serialization:
        return decode_rows(columns, b"")
    if table.stream is None:
        raise FileFormatError(f"The VOTable announces rows in <{table.serialization}>, but there is no STREAM.")
    return decode_rows(
        columns,
        table.stream.data,
        binary2=table.serialization == "BINARY2",
        nulls=table.nulls,
        notes=changes,
        compact=compact,
    )


def _unique(columns: list[Column]) -> tuple[list[Column], list[str]]:
    """Columns of one name get a number; what was done is said."""
    taken = {column.name for column in columns}
    seen: set[str] = set()
    result, changes = [], []
    for index, column in enumerate(columns):
        name, number = column.name, 2
        while name in seen or (name != column.name and name in taken):
            name, number = f"{column.name}_{number}", number + 1
        seen.add(name)
        if name != column.name:
            changes.append(f"Column {index + 1} is called {column.name!r} like one before it; it is read as {name!r}.")
        result.append(replace(column, name=name) if name != column.name else column)
    return result, changes
