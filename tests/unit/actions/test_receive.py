"""A file that comes in pieces: whole and under its name, or not at all."""

from __future__ import annotations

import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.actions import receive
from tapwidget.actions.receive import Incoming, safe_name
from tapwidget.errors import TableError


def bring(folder, name, data, size=None, crc=None):
    incoming = Incoming(folder, name, len(data) if size is None else size)
    for offset in range(0, len(data), 7):
        assert incoming.add(offset, memoryview(data)[offset : offset + 7])
    return incoming.finish(zlib.crc32(data) if crc is None else crc)


def test_a_file_comes_whole(tmp_path):
    data = os.urandom(100)
    path = bring(tmp_path, "a.csv", data)
    assert (path.name, path.read_bytes()) == ("a.csv", data)
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_an_empty_file_is_a_file(tmp_path):
    assert bring(tmp_path, "empty.csv", b"").read_bytes() == b""


def test_another_of_that_name_stays(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"old")
    assert bring(tmp_path, "a.csv", b"new").name == "a-2.csv"
    assert (tmp_path / "a.csv").read_bytes() == b"old"
    assert bring(tmp_path, "a.csv", b"old").name == "a.csv"  # the same bytes: the file that is there
    assert bring(tmp_path, "a.csv", b"new").name == "a-2.csv"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a-2.csv", "a.csv"]


def test_pieces_out_of_turn_are_not_taken(tmp_path):
    incoming = Incoming(tmp_path, "a", 4)
    assert incoming.add(0, b"ab")
    assert not incoming.add(0, b"ab")
    assert not incoming.add(3, b"d")
    assert incoming.add(2, b"cd")
    assert incoming.finish(zlib.crc32(b"abcd")).read_bytes() == b"abcd"


@pytest.mark.parametrize(("size", "crc"), [(9, None), (None, 1)], ids=["a part", "damaged"])
def test_a_part_or_a_damaged_file_is_no_file(tmp_path, size, crc):
    with pytest.raises(TableError, match=r"a\.csv did not arrive whole"):
        bring(tmp_path, "a.csv", b"12345", size=size, crc=crc)
    assert not list(tmp_path.iterdir())


def test_more_than_announced_is_refused(tmp_path):
    with pytest.raises(TableError, match="it changed while it was read"):
        bring(tmp_path, "a.csv", b"12345", size=3)
    assert not list(tmp_path.iterdir())


def test_a_stopped_file_leaves_nothing_and_takes_nothing(tmp_path):
    incoming = Incoming(tmp_path, "a.csv", 10)
    incoming.add(0, b"12345")
    incoming.drop()
    assert not list(tmp_path.iterdir())
    assert not incoming.add(5, b"67890")
    with pytest.raises(TableError, match="no longer"):
        incoming.finish(0)


def test_a_folder_without_room_or_that_is_not_there(tmp_path):
    with pytest.raises(TableError, match="room for"):
        Incoming(tmp_path, "big.csv", 10**18)
    with pytest.raises(TableError, match="cannot be put into"):
        Incoming(tmp_path / "nowhere", "a.csv", 1)


def test_parts_left_by_the_dead_are_swept_those_of_the_living_stay(tmp_path):
    dead, alive = tmp_path / f".a.1{receive.PART}", tmp_path / f".b.2{receive.PART}"
    for part in (dead, alive):
        part.write_bytes(b"x")
    os.utime(dead, (0, 0))
    Incoming(tmp_path, "c.csv", 1).drop()
    assert [p.name for p in tmp_path.iterdir()] == [alive.name]


@given(st.text(max_size=300))
def test_no_name_leaves_the_folder(name):
    safe = safe_name(name)
    assert safe
    assert not safe.startswith(".")
    assert not {"/", "\\", "\0", "\n"}.intersection(safe)
    assert len(safe.encode()) <= 225
