"""One process at a time sends the parts of a match."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tapwidget.client.turn import Turn

pytest.importorskip("fcntl")
HOLD = """
import sys
from pathlib import Path
from tapwidget.client.turn import Turn
turn = Turn(Path(sys.argv[1]))
print(turn.take(), flush=True)
sys.stdin.read()
"""


def test_one_has_it_until_it_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "jobs" / "a.lock"
    first, second = Turn(path), Turn(path)
    assert first.take()
    assert first.take()
    assert not second.take()
    assert second.holder.startswith("This process (since ")
    assert (first.is_mine, second.is_mine) == (True, False)
    second.give_back()  # which it has not
    assert not second.take()
    first.give_back()
    assert not path.exists()
    assert second.take()
    assert not first.take()
    second.give_back()


def test_who_forgets_it_gives_it_back(tmp_path: Path) -> None:
    turn = Turn(tmp_path / "a.lock")
    assert turn.take()
    del turn
    gc.collect()
    assert Turn(tmp_path / "a.lock").take()


def test_it_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    other = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(other, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        turn = Turn(path)
        assert not turn.take()
        assert turn.holder.startswith(f"Process {process.pid} on this computer (since ")
        process.kill()
        process.wait(60)
        assert path.exists()
        assert turn.take()
        turn.give_back()


def test_a_holder_on_another_computer_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    mine, other = Turn(path), Turn(path)
    assert mine.take()
    path.write_text(f"{os.getpid()}\nelsewhere\n10:00\n")
    assert not other.take()
    assert other.holder == f"Process {os.getpid()} on elsewhere (since 10:00 UTC)"
    path.write_text("")
    assert not other.take()
    assert other.holder == "Another process"
    mine.give_back()


def test_where_nothing_can_be_written_there_is_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    turn = Turn(tmp_path / "file" / "a.lock")
    assert turn.take()
    assert turn.is_mine
    turn.give_back()
    assert not turn.is_mine
