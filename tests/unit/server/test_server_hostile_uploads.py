"""Uploads meant to hurt: a clear error, or a table; memory and time bounded by what was sent."""

from __future__ import annotations

import base64
import contextlib
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tapwidget.server import uploads
from tapwidget.server.faults import RequestError
from tapwidget.server.settings import Settings

HEAD = '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><TABLE>'
TAIL = "</TABLE></RESOURCE></VOTABLE>"


def field(datatype: str, arraysize: str = "", name: str = "a") -> str:
    return f'<FIELD name="{name}" datatype="{datatype}"' + (f' arraysize="{arraysize}"' if arraysize else "") + "/>"


def binary2(rows: bytes) -> str:
    stream = base64.b64encode(rows).decode()
    return f'<DATA><BINARY2><STREAM encoding="base64">{stream}</STREAM></BINARY2></DATA>'


def cells(rows: str) -> str:
    return f"<DATA><TABLEDATA>{rows}</TABLEDATA></DATA>"


LENGTH = struct.Struct(">I")
FILES = {
    "a million columns": HEAD + "".join(field("int", name=f"c{i}") for i in range(1_000_000)) + cells("") + TAIL,
    "1001 columns": HEAD + "".join(field("int", name=f"c{i}") for i in range(1001)) + cells("") + TAIL,
    "columns of one name": HEAD + field("int") * 900 + cells("") + TAIL,
    "entities": '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + HEAD + field("int") + TAIL,
    "outer entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + HEAD + field("int") + TAIL,
    "text of 2 GB": HEAD + field("char", "2000000000") + binary2(bytes(100)) + TAIL,
    "array of 2 GB": HEAD + field("double", "2000000000") + cells("<TR><TD>1</TD></TR>") + TAIL,
    "array of arrays": HEAD + field("double", "100000x100000") + binary2(bytes(100)) + TAIL,
    "wide texts": HEAD + field("char", "16000000") + cells("<TR><TD>1</TD></TR>" * 1000) + TAIL,
    "wide arrays": HEAD + field("double", "16000000") + cells("<TR><TD></TD></TR>" * 1000) + TAIL,
    "arraysize below zero": HEAD + field("double", "-5") + binary2(bytes(100)) + TAIL,
    "arraysize of words": HEAD + field("double", "many") + binary2(bytes(100)) + TAIL,
    "lying length": HEAD + field("char", "*") + binary2(b"\0" + LENGTH.pack(0xFFFFFFFF) + b"abc") + TAIL,
    "lying length of numbers": HEAD + field("double", "*") + binary2(b"\0" + LENGTH.pack(0x7FFFFFFF) + b"abc") + TAIL,
    "cut off": HEAD + field("long") + binary2(bytes(9 * 1000 - 4)) + TAIL,
    "one long, many short": HEAD + field("char", "*")
    + binary2(b"\0" + LENGTH.pack(10**6) + bytes(10**6) + (b"\0" + LENGTH.pack(1) + b"y") * 300_000) + TAIL,
    "cells of nothing": HEAD + field("char", "0") + binary2(bytes(500_000)) + TAIL,
    "too many rows": HEAD + field("char", "0") + binary2(bytes(3_000_000)) + TAIL,
    "nested resources": HEAD.replace("<TABLE>", "<RESOURCE>" * 200_000),
    "rows in rows": HEAD + field("int") + "<DATA><TABLEDATA>" + "<TR>" * 200_000,
    "rows of nothing": HEAD + field("int") + cells("<TR/>" * 500_000) + TAIL,
    "not base64": HEAD + field("int") + "<DATA><BINARY2><STREAM encoding='base64'>@</STREAM></BINARY2></DATA>" + TAIL,
    "elsewhere": HEAD + field("int") + "<DATA><BINARY2><STREAM href='file:///etc/passwd'/></BINARY2></DATA>" + TAIL,
    "FITS elsewhere": HEAD + field("int") + "<DATA><FITS><STREAM href='file:///etc/passwd'/></FITS></DATA>" + TAIL,
    "a name of megabytes": HEAD + field("int", name="x" * 5_000_000) + cells("") + TAIL,
    "no columns": HEAD + cells("") + TAIL,
    "control characters": HEAD + field("int", name="a\0") + TAIL,
    "nothing": "",
}  # fmt: skip
FINE = frozenset(
    {"columns of one name", "wide texts", "one long, many short", "cells of nothing", "a name of megabytes"}
)


def load(sky: Any, content: bytes) -> int | None:
    """Rows of the table, which is dropped again."""
    path = sky.folder / "hostile.vot"
    path.write_bytes(content)
    run = sky.engine.run()
    try:
        relation = uploads.load(sky.engine, run, "u", path, Settings())
    finally:
        run.finish()
    sky.engine.connection.execute(f"DROP TABLE {relation.sql}")
    return relation.rows


@pytest.mark.parametrize("name", FILES)
def test_hostile_files(sky: Any, name: str) -> None:
    content = FILES[name].encode()
    status = Path("/proc/self/clear_refs")
    if status.exists():
        status.write_text("5")
    before = resident()
    began = time.monotonic()
    if name in FINE:
        assert load(sky, content) is not None
    else:
        with pytest.raises(RequestError, match="upload u"):
            load(sky, content)
    assert time.monotonic() - began < 20
    assert resident() - before < 200 + 10 * len(content) / 2**20
    assert sky.ask("SELECT COUNT(*) FROM s.obj") == [(12,)]


def resident() -> int:
    """Megabytes at the highest; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    return int(status.read_text().split("VmHWM:")[1].split()[0]) // 1024 if status.exists() else 0


def good(serialization: str) -> bytes:
    """A table with columns of all kinds."""
    from tapwidget.ivoa.tapschema import Column
    from tapwidget.tables.votable_document import write_document

    columns = [Column("i", "long"), Column("x", "double"), Column("t", "char", "*"), Column("v", "float", "3")]
    arrays = [np.arange(5), np.linspace(0, 1, 5), np.array(["a", "bb", "", "é", "e"], object), np.ones((5, 3), "f4")]
    columns[2] = Column("t", "unicodeChar", "*")
    return b"".join(write_document(columns, arrays, query_status="", serialization=serialization))


GOOD = {name: good(name) for name in ("BINARY2", "TABLEDATA")}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(GOOD)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=3),
)
@example("TABLEDATA", [(0.5, 40, b"")])
def test_damaged_files_are_tables_or_errors(sky: Any, name: str, damage: list[tuple[float, int, bytes]]) -> None:
    """Bytes cut out of a good file and others put in: no other end than a table or a RequestError."""
    content = GOOD[name]
    for place, length, replacement in damage:
        at = int(place * len(content))
        content = content[:at] + replacement + content[at + length :]
    with contextlib.suppress(RequestError):
        load(sky, content)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(GOOD)), st.floats(0, 0.999))
def test_files_cut_off_are_never_taken_for_whole(sky: Any, name: str, place: float) -> None:
    with pytest.raises(RequestError):
        load(sky, GOOD[name][: int(place * len(GOOD[name].rstrip()))])
