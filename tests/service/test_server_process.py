"""The built-in service as a process: how it begins, who may ask, how it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

START = "import sys; from tapwidget.server.run import main; sys.exit(main([sys.argv[1]], {options}))"
DEADLINE = 60.0


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "survey.objects.parquet"
    pq.write_table(pa.table({"id": [1, 2], "ra": [10.0, 11.0], "dec": [0.0, 1.0]}), path)
    return path


def command(path: Path, options: str) -> list[str]:
    return [sys.executable, "-c", START.format(options=options), str(path)]


@contextlib.contextmanager
def served(path: Path, options: str = "", **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running service and its URL; its temporary files are below the catalogue's folder."""
    environment = {**os.environ, "TMPDIR": str(path.parent), **more}
    with subprocess.Popen(
        command(path, options),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line.startswith("TAP service ready at "), process.stderr.read() if process.stderr else ""
            yield process, line.split()[-1]
        finally:
            process.kill()


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def folders(path: Path) -> list[Path]:
    return list(path.parent.glob("tapwidget-serve-*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(catalogue: Path, number: int) -> None:
    with served(catalogue) as (process, url):
        assert len(folders(catalogue)) == 1
        requests.post(f"{url}/async", data={"LANG": "ADQL", "QUERY": "SELECT id FROM survey.objects"}, timeout=60)
        process.send_signal(number)
        assert process.wait(DEADLINE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert folders(catalogue) == []


def test_it_ends_with_the_standard_input(catalogue: Path) -> None:
    with served(catalogue, "with_parent=True") as (process, url):
        assert requests.get(f"{url}/availability", timeout=60).status_code == 200
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE) == 0
    assert folders(catalogue) == []


def test_a_killed_parent_leaves_no_orphan(catalogue: Path) -> None:
    start = command(catalogue, "with_parent=True")
    parent = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen({start!r}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        "print(child.pid, child.stdout.readline(), flush=True)\n"
        "child.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline().split()[0])
        assert not gone(pid)
        process.kill()
    until = time.monotonic() + DEADLINE
    while not gone(pid):
        assert time.monotonic() < until, "the service outlived its parent"
        time.sleep(0.02)


def test_what_a_killed_service_left_is_tidied_up_by_the_next(catalogue: Path) -> None:
    with served(catalogue) as (process, _):
        process.kill()
        process.wait(DEADLINE)
    (left,) = folders(catalogue)
    with served(catalogue) as (_, first):
        assert left not in folders(catalogue)
        with served(catalogue) as (_, second):
            assert len(folders(catalogue)) == 2, "the folder of a living service stays"
            assert first != second


def test_killed_before_it_took_its_lock(catalogue: Path) -> None:
    for name, age in (("tapwidget-serve-old", 2 * 3600), ("tapwidget-serve-new", 60)):
        (catalogue.parent / name).mkdir()
        os.utime(catalogue.parent / name, (time.time() - age,) * 2)
    with served(catalogue):
        assert {path.name for path in folders(catalogue)} >= {"tapwidget-serve-new"}
        assert "tapwidget-serve-old" not in {path.name for path in folders(catalogue)}
        assert len(folders(catalogue)) == 2


def test_killed_while_it_prepares_a_file(tmp_path: Path) -> None:
    """At any moment: the next one starts, serves, and tidies up."""
    path = tmp_path / "mine.csv"
    path.write_text("id,ra,dec\n" + "".join(f"{i},{i % 360}.5,{i % 90}\n" for i in range(300_000)))
    cache = tmp_path / "cache"
    environment = {**os.environ, "TMPDIR": str(tmp_path), "TAPWIDGET_CACHE_DIR": str(cache)}
    with subprocess.Popen(command(path, ""), stdout=subprocess.PIPE, text=True, env=environment) as process:
        until = time.monotonic() + DEADLINE
        while not list(cache.glob("served/building-*/lock")):
            assert time.monotonic() < until
            assert process.poll() is None
        process.kill()
    assert list(cache.glob("served/building-*"))
    with served(path, TAPWIDGET_CACHE_DIR=str(cache)) as (_, url):
        query = {"LANG": "ADQL", "FORMAT": "csv", "QUERY": "SELECT COUNT(*) AS n FROM data.mine"}
        assert requests.get(f"{url}/sync", params=query, timeout=60).text.split() == ["n", "300000"]
        assert len(folders(path)) == 1
        assert [kept.suffix for kept in cache.glob("served/*")] == [".duckdb"]


def test_the_private_folder_is_private(catalogue: Path) -> None:
    with served(catalogue):
        (folder,) = folders(catalogue)
        assert folder.stat().st_mode & 0o077 == 0


def test_one_caller_never_sees_the_jobs_of_another(catalogue: Path) -> None:
    with served(catalogue, "token=['first-word', 'second-word']") as (process, url):
        anna, ben = ({"Authorization": f"Bearer {word}"} for word in ("first-word", "second-word"))
        parameters = {"LANG": "ADQL", "QUERY": "SELECT TOP 1 id FROM survey.objects", "RUNID": "annas", "PHASE": "RUN"}
        made = requests.post(f"{url}/async", data=parameters, headers=anna, timeout=60)
        job = made.url
        document = requests.get(job, params={"WAIT": "30"}, headers=anna, timeout=60).text
        assert "<uws:ownerId>caller1</uws:ownerId>" in document
        assert requests.get(f"{job}/owner", headers=anna, timeout=60).text == "caller1"
        assert job.rpartition("/")[2] in requests.get(f"{url}/async", headers=anna, timeout=60).text
        for path in ("", "/phase", "/results", "/results/result", "/error", "/parameters", "/owner", "/quote"):
            assert requests.get(job + path, headers=ben, timeout=60).status_code == 404, path
        for path in ("", "/phase", "/parameters", "/destruction", "/executionduration"):
            changed = {"PHASE": "ABORT", "ACTION": "DELETE", "DESTRUCTION": "2020-01-01T00:00:00Z"}
            assert requests.post(job + path, data=changed, headers=ben, timeout=60).status_code == 404, path
        assert requests.delete(job, headers=ben, timeout=60).status_code == 404
        listed = requests.get(f"{url}/async", headers=ben, timeout=60).text
        assert "jobref" not in listed
        assert "annas" not in listed
        assert requests.get(job, headers=anna, timeout=60).status_code == 200
        for wrong in ({}, {"Authorization": "Bearer first-wor"}, {"Authorization": "Bearer "}):
            assert requests.get(job, headers=wrong, timeout=60).status_code == 401
        assert "first-word" not in document
        assert process.poll() is None


def test_token(catalogue: Path) -> None:
    with served(catalogue, "token='secret-word'") as (process, url):
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Basic c2VjcmV0LXdvcmQ="},
            {"Authorization": "Bearer"},
        ):
            for path in ("/capabilities", "/sync?LANG=ADQL&QUERY=SELECT+1", "/async", "/nothing"):
                answer = requests.get(url + path, headers=headers, timeout=60)
                assert answer.status_code == 401, (headers, path)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                assert "secret-word" not in answer.text
        right = {"Authorization": "Bearer secret-word"}
        assert requests.get(url + "/capabilities", headers=right, timeout=60).status_code == 200
        process.terminate()
        assert process.stderr is not None
        assert "secret-word" not in process.stderr.read()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("host='0.0.0.0'", "give a --token too"),
        ("host='192.0.2.1', token='x'", "cannot listen on 192.0.2.1"),
    ],
)
def test_options_that_cannot_be(catalogue: Path, options: str, said: str) -> None:
    done = subprocess.run(command(catalogue, options), capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_a_port_in_use(catalogue: Path) -> None:
    with served(catalogue) as (_, url):
        port = url.split(":")[2].split("/")[0]
        done = subprocess.run(
            command(catalogue, f"port={port}"), capture_output=True, text=True, timeout=DEADLINE, check=False
        )
        assert done.returncode == 2
        assert f"port {port}" in done.stderr


@pytest.mark.parametrize("content", [b"PAR1 no parquet file", b"<html><body>404</body></html>", b""])
def test_a_file_that_is_no_table(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(content)
    done = subprocess.run(command(path, ""), capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.returncode == 2
    assert "broken.parquet" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("objid,ra,dec,r\n1237670017269367163,38.05,7.42,20.8\n1237670017269367135,38.03,,\n")
    with served(path) as (_, url):
        query = {"LANG": "ADQL", "FORMAT": "csv", "QUERY": "SELECT objid, dec FROM data.mine ORDER BY objid DESC"}
        answer = requests.get(f"{url}/sync", params=query, timeout=60)
        assert answer.text.split() == ["objid,dec", "1237670017269367163,7.42", "1237670017269367135,"]
