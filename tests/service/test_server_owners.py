"""Each token is one caller: what one has, no other can see, change, stop or guess."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

MAIN = (
    "import sys; from tapwidget.server.run import main; "
    "sys.exit(main(sys.argv[1:], token=['annas-word', 'bens-word'], with_parent=True))"
)
LONG = "SELECT COUNT(*) AS n FROM " + ", ".join(f"TAP_SCHEMA.columns AS c{i}" for i in range(8))
LONG += " WHERE c0.description < c7.description"
SECRET = "SELECT id, 'annas own text' AS note FROM data.mine"


@dataclass
class Caller:
    url: str
    word: str

    def __call__(self, method: str, url: str, **form: str) -> requests.Response:
        return requests.request(
            method,
            url if url.startswith("http") else self.url + url,
            headers={"Authorization": f"Bearer {self.word}"},
            params=form if method == "GET" else None,
            data=form if method == "POST" else None,
            timeout=60,
        )

    def start(self, query: str, **form: str) -> str:
        return self("POST", "/async", LANG="ADQL", QUERY=query, **form).url


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, Caller]]:
    folder = tmp_path_factory.mktemp("owners")
    path = folder / "mine.csv"
    path.write_text("id,ra,dec\n1,10,0\n2,11,0\n")
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        yield Caller(url, "annas-word"), Caller(url, "bens-word")
        process.stdin.close()
        assert process.wait(60) == 0


RESOURCES = [
    "", "/phase", "/executionduration", "/destruction", "/parameters", "/results", "/results/result", "/error",
    "/quote", "/owner",
]  # fmt: skip


@pytest.mark.parametrize("resource", RESOURCES)
def test_nothing_of_a_job_is_there_for_others(callers: tuple[Caller, Caller], resource: str) -> None:
    anna, ben = callers
    job = anna.start(SECRET, PHASE="RUN", RUNID="annas run")
    anna("GET", job, WAIT="30")
    for method, form in (("GET", {}), ("POST", {"PHASE": "RUN", "ACTION": "DELETE"}), ("DELETE", {})):
        answer = ben(method, job + resource, **form)
        assert answer.status_code in {404, 405}, method
        for word in ("annas", "caller1", "COMPLETED"):
            assert word not in answer.text
    assert anna("GET", f"{job}/phase").text == "COMPLETED"
    assert "annas own text" in anna("GET", f"{job}/results/result").text


def test_an_unknown_job_and_that_of_another_look_the_same(callers: tuple[Caller, Caller]) -> None:
    anna, ben = callers
    job = anna.start(SECRET)
    there, nowhere = ben("GET", job), ben("GET", job[:-3] + "xyz")
    assert (there.status_code, there.text) == (nowhere.status_code, nowhere.text)


def test_waiting_for_the_job_of_another_ends_at_once(callers: tuple[Caller, Caller]) -> None:
    anna, ben = callers
    job = anna.start(SECRET)
    began = time.monotonic()
    assert ben("GET", job, WAIT="55").status_code == 404
    assert time.monotonic() - began < 30


def test_nobody_stops_or_starts_the_job_of_another(callers: tuple[Caller, Caller]) -> None:
    anna, ben = callers
    pending, running = anna.start(SECRET), anna.start(LONG, PHASE="RUN")
    until = time.monotonic() + 60
    while anna("GET", f"{running}/phase").text != "EXECUTING":
        assert time.monotonic() < until
    assert ben("POST", f"{running}/phase", PHASE="ABORT").status_code == 404
    assert ben("POST", running, ACTION="DELETE").status_code == 404
    assert ben("POST", f"{running}/destruction", DESTRUCTION="2020-01-01T00:00:00Z").status_code == 404
    assert ben("POST", f"{pending}/phase", PHASE="RUN").status_code == 404
    assert ben("POST", f"{pending}/parameters", QUERY="SELECT 1 AS one").status_code == 404
    assert anna("GET", f"{running}/phase").text == "EXECUTING"
    assert anna("GET", f"{pending}/phase").text == "PENDING"
    assert "annas own text" in anna("GET", f"{pending}/parameters").text
    anna("DELETE", running)


def test_lists_are_of_ones_own_jobs_however_they_are_filtered(callers: tuple[Caller, Caller]) -> None:
    anna, ben = callers
    hers, his = anna.start(SECRET, RUNID="same"), ben.start(SECRET, RUNID="same")
    for form in ({}, {"PHASE": "PENDING"}, {"LAST": "100"}, {"AFTER": "2020-01-01T00:00:00Z"}):
        for caller, own, other in ((anna, hers, his), (ben, his, hers)):
            listed = caller("GET", "/async", **form).text
            assert own.rpartition("/")[2] in listed
            assert other.rpartition("/")[2] not in listed
            assert "caller" not in listed or other.rpartition("/")[2] not in listed


def test_synchronous_queries_leave_nothing_that_another_could_find(callers: tuple[Caller, Caller]) -> None:
    anna, ben = callers
    before = [caller("GET", "/async").text for caller in callers]
    answer = anna("POST", "/sync", LANG="ADQL", QUERY=SECRET, FORMAT="csv")
    assert "annas own text" in answer.text
    assert "/async/" not in answer.url
    assert [caller("GET", "/async").text for caller in callers] == before
    assert ben("GET", "/sync").status_code == 400


def test_ids_cannot_be_guessed(callers: tuple[Caller, Caller]) -> None:
    anna, _ = callers
    ids = [anna.start(SECRET).rpartition("/")[2] for _ in range(5)]
    assert all(len(job) >= 20 for job in ids)
    assert len({job[:6] for job in ids}) == 5


def test_one_callers_upload_is_no_table_for_another(callers: tuple[Caller, Caller]) -> None:
    anna, ben = callers
    table = '<TABLE><FIELD name="a" datatype="int"/><DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE>'
    files = {"t": f'<VOTABLE xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>{table}</RESOURCE></VOTABLE>'}
    form = {"LANG": "ADQL", "QUERY": LONG.replace(" WHERE", ", TAP_UPLOAD.mine AS m WHERE"), "UPLOAD": "mine,param:t"}
    headers = {"Authorization": "Bearer annas-word"}
    job = requests.post(
        f"{anna.url}/async", data={**form, "PHASE": "RUN"}, files=files, headers=headers, timeout=60
    ).url
    until = time.monotonic() + 60
    while anna("GET", f"{job}/phase").text != "EXECUTING":
        assert time.monotonic() < until
    answer = ben("POST", "/sync", LANG="ADQL", QUERY="SELECT * FROM TAP_UPLOAD.mine")
    assert answer.status_code == 400
    assert "no table TAP_UPLOAD.mine was uploaded with this query (uploaded: none)" in answer.text
    anna("DELETE", job)
