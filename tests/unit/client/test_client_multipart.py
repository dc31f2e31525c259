"""The streamed form: what the standard library reads back is what was put in."""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import io

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.client.encoded import IN_MEMORY, Encoded
from tapwidget.client.multipart import Multipart
from tapwidget.tables.votable import to_votable


def parts(body: bytes, content_type: str) -> dict[str, bytes]:
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)  # type: ignore[misc]
        for part in message.iter_parts()  # type: ignore[attr-defined]
    }


@given(
    st.binary(max_size=300),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=50),
    st.integers(1, 64),
)
def test_it_reads_back_in_pieces_of_any_size(content: bytes, value: str, piece: int) -> None:
    body = Multipart({"QUERY": value, "LANG": "ADQL"}, {"ut1": content})
    read = io.BytesIO()
    while chunk := body.read(piece):
        read.write(chunk)
    assert len(read.getvalue()) == len(body)
    body.seek(0)
    assert body.read() == read.getvalue()
    found = parts(read.getvalue(), body.content_type)
    assert found["QUERY"].decode() == value
    # The parser of e-mail takes a bare carriage return for a line end; nothing else may differ.
    assert content in read.getvalue()


def test_seeking_is_that_of_a_file() -> None:
    body = Multipart({"a": "b"}, {"t": b"0123456789"})
    whole = body.read()
    assert body.read() == b""
    assert body.seek(-5, io.SEEK_END) == len(whole) - 5
    assert body.read() == whole[-5:]
    assert body.seek(0) == body.tell() == 0


@pytest.mark.parametrize("rows", [3, IN_MEMORY // 8])
def test_a_table_is_read_from_its_file_as_it_would_be_from_memory(rows: int) -> None:
    table = Table({"x": np.arange(rows, dtype=np.int64)})
    expected = to_votable(table, name="ut1")
    made = Encoded(table, serialization="BINARY2", name="ut1")
    assert (len(made), made.sha256) == (len(expected), hashlib.sha256(expected).hexdigest())
    body = Multipart({"a": "b"}, {"ut1": made})
    for _ in range(2):  # again after a refused login
        body.seek(0)
        whole = body.read()
        assert len(whole) == len(body)
        assert expected in whole
