"""The built-in service as a child process: started once, shared, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tapwidget.client import builtin
from tapwidget.client.builtin import BuiltIn, Child, demo_url
from tapwidget.client.services import connect
from tapwidget.errors import ServiceUnavailableError


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Iterator[BuiltIn]:
    """A holder of a child of its own, so that no other test's service is disturbed."""
    mine = BuiltIn()
    monkeypatch.setattr(builtin, "ONE", mine)
    yield mine
    mine.end()


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_one_child_is_shared_started_anew_if_it_died_and_ended(one: BuiltIn, eventually: Callable[..., None]) -> None:
    service = connect("demo")
    assert service.is_simulated
    assert service.name == "demo"
    assert connect("DEMO").url == service.url
    assert service.limits().upload
    assert one._child is not None
    first = one._child.pid
    os.kill(first, signal.SIGKILL)
    eventually(lambda: not one._child.is_alive)  # type: ignore[union-attr]
    with pytest.raises(ServiceUnavailableError, match="nothing answers"):
        connect(service.url).limits()
    assert connect("demo").limits().upload
    second = one._child.pid
    assert second != first
    one.end()
    assert not lives(second)


PARENT = """
import sys, time
from tapwidget.client import builtin
from tapwidget.client.builtin import demo_url
print(demo_url(), builtin.ONE._child.pid, flush=True)
{then}
"""


@pytest.mark.parametrize("how", ["end", "exit", "SIGKILL"])
def test_it_ends_with_its_parent_however_that_ends(how: str, tmp_path: Path, eventually: Callable[..., None]) -> None:
    then = {"end": "pass", "exit": "import os; os._exit(3)", "SIGKILL": "time.sleep(60)"}[how]
    # A file beside the notebook with the name of a module must not be taken for it.
    (tmp_path / "duckdb.py").write_text("raise RuntimeError('not me')")
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", PARENT.format(then=then)], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stdout is not None
    with process.stdout:
        url, pid = process.stdout.readline().split()
    assert url.startswith("http://127.0.0.1:")
    if how == "SIGKILL":
        process.kill()
    process.wait(20)
    eventually(lambda: not lives(int(pid)))


def test_an_interrupt_of_the_parents_group_does_not_reach_it(one: BuiltIn) -> None:
    demo_url()
    assert one._child is not None
    assert os.getpgid(one._child.pid) != os.getpgid(0)


def test_the_environments_service_is_used_if_it_answers(
    one: BuiltIn, tap_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPWIDGET_DEMO_URL", tap_url)
    assert connect("demo").url == tap_url
    assert one._child is None
    assert connect("demo").is_simulated


def test_an_environments_service_that_does_not_answer_is_passed_over(
    one: BuiltIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPWIDGET_DEMO_URL", "http://127.0.0.1:9/tap")
    monkeypatch.setattr(BuiltIn, "url", lambda self: "http://127.0.0.1:1/tap")
    assert connect("demo").url == "http://127.0.0.1:1/tap"


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "NEEDED", ("duckdb", "no_such_package"))
    with pytest.raises(ServiceUnavailableError, match=r'no_such_package.*pip install "tapwidget\[server\]"'):
        demo_url()


def test_a_child_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TAPWIDGET_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(ServiceUnavailableError, match=r"ended with status.*It said: .*file"):
        Child()


def test_a_child_that_is_too_slow_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServiceUnavailableError, match="did not answer within 0 s"):
        Child(deadline=0.01)


def test_the_child_gets_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWIDGET_TOKEN", "secret")
    assert "TAPWIDGET_TOKEN" not in builtin._environment()
