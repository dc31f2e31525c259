"""The built-in service over HTTP: TAP, UWS and VOSI as their standards say, on a small catalogue."""

from __future__ import annotations

import csv
import io
import math
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from astropy.table import Table

from tapwidget.client.uws_document import read_job
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.votable_document import Document, read_document, write_document

UWS = "{http://www.ivoa.net/xml/UWS/v1.0}"
XLINK = "{http://www.w3.org/1999/xlink}"
LONG = "SELECT COUNT(*) FROM s.many AS a, s.many AS b, s.many AS c WHERE a.r + b.r < c.r AND a.r * b.r > c.r"
MAIN = """
import sys
from pathlib import Path
from tapwidget.server.run import main
from tapwidget.server.settings import Settings
settings = Settings(upload_bytes=200_000, upload_rows=1000, maxrec_default=500, maxrec_hard=1000, sync_duration=2.0,
                    parameter_bytes=100_000, result_bytes=20_000_000)
sys.exit(main(names={"s.many": Path(sys.argv[1])}, with_parent=True, settings=settings))
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("catalogue") / "many.parquet"
    rng = np.random.default_rng(1)
    table = {"id": np.arange(5000) + 2**53, "ra": rng.random(5000), "dec": rng.random(5000), "r": rng.random(5000)}
    table["name"] = np.array([f"o{i}" for i in range(5000)])
    pq.write_table(pa.table(table), path)
    command = [sys.executable, "-c", MAIN, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("TAP service ready at http://127.0.0.1:"), line
        yield line.split()[-1]
        process.stdin.close()
        assert process.wait(20) == 0


def sync(url: str, query: str, **more: str) -> requests.Response:
    return requests.post(f"{url}/sync", data={"LANG": "ADQL", "QUERY": query, **more}, timeout=60)


def start(url: str, query: str = "SELECT TOP 3 id FROM s.many", **more: str) -> str:
    """The URL of a new job."""
    answer = requests.post(
        f"{url}/async", data={"LANG": "ADQL", "QUERY": query, **more}, timeout=60, allow_redirects=False
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def phase(job: str) -> str:
    return requests.get(f"{job}/phase", timeout=60).text


def ended(job: str) -> ET.Element:
    """The job's document when it has ended, by WAIT."""
    until = time.monotonic() + 60
    while True:
        document = ET.fromstring(requests.get(job, params={"WAIT": "10"}, timeout=60).content)
        if document.findtext(f"{UWS}phase") not in {"PENDING", "QUEUED", "EXECUTING"}:
            return document
        assert time.monotonic() < until


def until_phase(job: str, wanted: str) -> None:
    until = time.monotonic() + 30
    while phase(job) != wanted:
        assert time.monotonic() < until


def table_of(answer: requests.Response) -> Document:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-votable+xml")
    return read_document(answer.content)


def upload(rows: int) -> bytes:
    columns = [Column("i", "long"), Column("ra", "double"), Column("dec", "double")]
    arrays = [np.arange(rows), np.linspace(0, 1, rows), np.linspace(0, 1, rows)]
    return b"".join(write_document(columns, arrays, query_status=""))


class TestSync:
    def test_get_and_post(self, url: str) -> None:
        query = {
            "lang": "ADQL-2.1",
            "query": "SELECT id, r FROM s.many WHERE id = 9007199254740993",
            "request": "doQuery",
        }
        for answer in (
            requests.get(f"{url}/sync", params=query, timeout=60),
            requests.post(f"{url}/sync", data=query, timeout=60),
        ):
            document = table_of(answer)
            assert document.arrays[0].tolist() == [2**53 + 1]
            assert [c.name for c in document.columns] == ["id", "r"]
            assert document.query_status == "OK"

    def test_formats(self, url: str) -> None:
        query = "SELECT TOP 2 id, name FROM s.many ORDER BY id"
        for name in ("votable", "votable/td", "application/x-votable+xml;serialization=TABLEDATA", "text/xml"):
            answer = sync(url, query, RESPONSEFORMAT=name)
            document = table_of(answer)
            assert document.arrays[0].tolist() == [2**53, 2**53 + 1]
            assert (b"TABLEDATA" in answer.content) == ("td" in name or "TABLEDATA" in name)
        for parameter, name, delimiter in (
            ("RESPONSEFORMAT", "csv", ","),
            ("FORMAT", "text/csv", ","),
            ("FORMAT", "tsv", "\t"),
        ):
            rows = list(csv.reader(io.StringIO(sync(url, query, **{parameter: name}).text), delimiter=delimiter))
            assert rows == [["id", "name"], ["9007199254740992", "o0"], ["9007199254740993", "o1"]]
        refused = sync(url, query, RESPONSEFORMAT="jpeg")
        assert refused.status_code == 400
        assert "jpeg is not supported; there are: votable" in read_document(refused.content).query_message

    def test_fits_and_parquet(self, url: str) -> None:
        query = "SELECT TOP 2 id, name, ra FROM s.many ORDER BY id"
        fits = sync(url, query, RESPONSEFORMAT="fits")
        assert fits.headers["content-type"] == "application/fits"
        table = Table.read(io.BytesIO(fits.content), format="fits", hdu=1)
        assert table["id"].tolist() == [2**53, 2**53 + 1]
        parquet = sync(url, query, FORMAT="application/vnd.apache.parquet")
        assert parquet.headers["content-type"] == "application/vnd.apache.parquet"
        assert pq.read_table(io.BytesIO(parquet.content))["ra"].to_pylist() == table["ra"].tolist()
        refused = sync(url, "SELECT 'é' AS name FROM s.many", RESPONSEFORMAT="fits")
        assert refused.status_code == 400
        assert "beyond ASCII" in read_document(refused.content).query_message
        told = requests.get(f"{url}/capabilities", timeout=60).text
        assert "<mime>application/fits</mime><alias>fits</alias>" in told
        assert "<mime>application/vnd.apache.parquet</mime><alias>parquet</alias>" in told

    def test_overflow(self, url: str) -> None:
        for query, more, rows, overflow in (
            ("SELECT id FROM s.many", {}, 500, True),
            ("SELECT id FROM s.many", {"MAXREC": "7"}, 7, True),
            ("SELECT id FROM s.many", {"MAXREC": "999999999"}, 1000, True),
            ("SELECT TOP 7 id FROM s.many", {"MAXREC": "7"}, 7, False),
            ("SELECT TOP 8 id FROM s.many", {"MAXREC": "7"}, 7, True),
            ("SELECT id FROM s.many", {"MAXREC": "0"}, 0, True),
            ("SELECT COUNT(*) FROM s.many", {}, 1, False),
        ):
            document = table_of(sync(url, query, **more))
            assert (document.nrows, document.overflow) == (rows, overflow), (query, more)

    @pytest.mark.parametrize(
        ("parameters", "status", "said"),
        [
            (
                {"LANG": "ADQL", "QUERY": "SELECT idd FROM s.many"},
                400,
                "line 1, column 8: there is no column idd in s.many",
            ),
            ({"LANG": "ADQL"}, 400, "QUERY is missing"),
            ({"QUERY": "SELECT id FROM s.many"}, 400, "LANG is missing"),
            ({"LANG": "SQL", "QUERY": "SELECT 1"}, 400, "LANG=SQL is not supported"),
            ({"LANG": "ADQL", "QUERY": "SELECT id FROM s.many", "MAXREC": "-1"}, 400, "MAXREC=-1"),
            ({"LANG": "ADQL", "QUERY": "SELECT id FROM s.many", "REQUEST": "getCapabilities"}, 400, "REQUEST"),
            (
                {"LANG": "ADQL", "QUERY": "SELECT id FROM s.many", "UPLOAD": "u,file:///etc/passwd"},
                400,
                "does not fetch",
            ),
            (
                {"LANG": "ADQL", "QUERY": "SELECT CAST(name AS INTEGER) FROM s.many"},
                400,
                "the query failed while it ran",
            ),
            ({"LANG": "ADQL", "QUERY": LONG}, 400, "stopped after its 2 s"),
        ],
    )
    def test_errors_are_votables(self, url: str, parameters: dict[str, str], status: int, said: str) -> None:
        answer = requests.post(f"{url}/sync", data=parameters, timeout=60)
        assert answer.status_code == status
        document = read_document(answer.content)
        assert document.query_status == "ERROR"
        assert said in document.query_message
        assert "s1." not in document.query_message, "the caller never wrote that"

    def test_upload(self, url: str) -> None:
        near = "ON DISTANCE(m.ra, m.dec, u.ra, u.dec) < 0.01"
        query = f"SELECT COUNT(*) AS k FROM s.many AS m JOIN TAP_UPLOAD.mine AS u {near}"
        files = {"part": ("x.vot", upload(100)), "other": ("y.vot", upload(3))}
        data = {"LANG": "ADQL", "QUERY": query, "UPLOAD": "mine,param:part;second,param:other"}
        document = table_of(requests.post(f"{url}/sync", data=data, files=files, timeout=60))
        assert document.arrays[0][0] > 50
        data["QUERY"] = "SELECT COUNT(*) AS k FROM TAP_UPLOAD.second"
        assert table_of(requests.post(f"{url}/sync", data=data, files=files, timeout=60)).arrays[0].tolist() == [3]

    @pytest.mark.parametrize(
        ("rows", "said"), [(1001, "has 1001 rows; this service takes 1000"), (200_000, "larger than")]
    )
    def test_upload_too_large(self, url: str, rows: int, said: str) -> None:
        data = {"LANG": "ADQL", "QUERY": "SELECT * FROM TAP_UPLOAD.u", "UPLOAD": "u,param:p"}
        answer = requests.post(f"{url}/sync", data=data, files={"p": ("x.vot", upload(rows))}, timeout=60)
        assert answer.status_code == 413
        assert said in read_document(answer.content).query_message

    def test_small_answers_are_quick(self, url: str) -> None:
        """With Nagle's algorithm on, each would take 40 ms."""
        times = []
        with requests.Session() as session:
            for _ in range(40):
                began = time.perf_counter()
                session.get(f"{url}/availability", timeout=60)
                times.append(time.perf_counter() - began)
        assert min(times) < 0.02

    def test_a_caller_that_goes_away_frees_the_engine(self, url: str) -> None:
        for _ in range(4):
            with pytest.raises(requests.Timeout):
                requests.post(f"{url}/sync", data={"LANG": "ADQL", "QUERY": LONG}, timeout=0.2)
        assert table_of(sync(url, "SELECT COUNT(*) FROM s.many")).nrows == 1


class TestJobs:
    def test_life_of_a_job(self, url: str) -> None:
        job = start(url, RUNID="mine")
        document = ET.fromstring(requests.get(job, timeout=60).content)
        assert document.get("version") == "1.1"
        names = [element.tag.removeprefix(UWS) for element in document]
        assert names == ["jobId", "runId", "ownerId", "phase", "quote", "creationTime", "startTime", "endTime",
                         "executionDuration", "destruction", "parameters", "results"]  # fmt: skip
        assert document.findtext(f"{UWS}phase") == "PENDING"
        assert job.endswith(document.findtext(f"{UWS}jobId") or "?")
        run = requests.post(f"{job}/phase", data={"PHASE": "RUN"}, timeout=60, allow_redirects=False)
        assert (run.status_code, run.headers["Location"]) == (303, job)
        done = ended(job)
        assert done.findtext(f"{UWS}phase") == "COMPLETED"
        assert done.findtext(f"{UWS}runId") == "mine"
        result = done.find(f"{UWS}results/{UWS}result")
        assert result is not None
        assert result.get("id") == "result"
        assert table_of(requests.get(result.get(f"{XLINK}href") or "", timeout=60)).nrows == 3
        given = {p.get("id"): p.text for p in done.findall(f"{UWS}parameters/{UWS}parameter")}
        assert given["QUERY"] == "SELECT TOP 3 id FROM s.many"
        assert requests.delete(job, timeout=60).status_code == 200
        assert requests.get(job, timeout=60).status_code == 404

    def test_run_in_the_creating_post(self, url: str) -> None:
        assert ended(start(url, PHASE="RUN")).findtext(f"{UWS}phase") == "COMPLETED"

    def test_parameters_until_it_runs(self, url: str) -> None:
        answer = requests.post(f"{url}/async", timeout=60, allow_redirects=False)
        job = answer.headers["Location"]
        files = {"p": ("x.vot", upload(5))}
        requests.post(f"{job}/parameters", data={"lang": "ADQL", "UPLOAD": "u,param:p"}, files=files, timeout=60)
        requests.post(f"{job}/parameters", data={"QUERY": "SELECT COUNT(*) FROM TAP_UPLOAD.u"}, timeout=60)
        requests.post(f"{job}/phase", data={"PHASE": "RUN"}, timeout=60)
        assert ended(job).findtext(f"{UWS}phase") == "COMPLETED"
        assert table_of(requests.get(f"{job}/results/result", timeout=60)).arrays[0].tolist() == [5]
        late = requests.post(f"{job}/parameters", data={"QUERY": "SELECT 1"}, timeout=60)
        assert late.status_code == 403

    def test_error(self, url: str) -> None:
        job = start(url, "SELECT idd FROM s.many", PHASE="RUN")
        document = ended(job)
        assert document.findtext(f"{UWS}phase") == "ERROR"
        assert "there is no column idd" in (document.findtext(f"{UWS}errorSummary/{UWS}message") or "")
        error = table_of(requests.get(f"{job}/error", timeout=60))
        assert error.query_status == "ERROR"
        assert "there is no column idd" in error.query_message
        assert requests.get(f"{job}/results/result", timeout=60).status_code == 404

    def test_an_answer_that_would_fill_the_disk(self, url: str) -> None:
        document = ended(start(url, f"SELECT '{'x' * 30_000}' AS x FROM s.many", PHASE="RUN"))
        assert document.findtext(f"{UWS}phase") == "ERROR"
        said = document.findtext(f"{UWS}errorSummary/{UWS}message") or ""
        assert "larger than 20000000 bytes" in said

    def test_abort_stops_the_query(self, url: str) -> None:
        """Within 0.1 s; the best of five, since this machine may be busy with other things."""
        times = []
        for _ in range(5):
            job = start(url, LONG, PHASE="RUN")
            until_phase(job, "EXECUTING")
            began = time.perf_counter()
            requests.post(f"{job}/phase", data={"PHASE": "ABORT"}, timeout=60, allow_redirects=False)
            times.append(time.perf_counter() - began)
            assert phase(job) == "ABORTED"
        assert min(times) < 0.1
        # all workers are free again
        assert table_of(sync(url, "SELECT COUNT(*) FROM s.many")).nrows == 1

    def test_delete_stops_the_query(self, url: str) -> None:
        job = start(url, LONG, PHASE="RUN")
        until_phase(job, "EXECUTING")
        answer = requests.post(job, data={"ACTION": "DELETE"}, timeout=60, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{url}/async")
        assert requests.get(job, timeout=60).status_code == 404

    def test_progress_as_rubin_tells_it(self, url: str) -> None:
        job = start(url, LONG, PHASE="RUN")
        seen: list[float] = []
        until = time.monotonic() + 30
        while len(seen) < 3:
            assert time.monotonic() < until
            summary = read_job(requests.get(job, timeout=60).content, job)
            if not math.isnan(summary.progress.percent):
                seen.append(summary.progress.percent)
        assert 0 <= seen[0] <= seen[-1] < 100
        requests.post(f"{job}/phase", data={"PHASE": "ABORT"}, timeout=60)
        assert "jobInfo" not in requests.get(job, timeout=60).text

    def test_more_jobs_than_workers_wait_their_turn(self, url: str) -> None:
        first = [start(url, LONG, PHASE="RUN") for _ in range(4)]
        for job in first:
            until_phase(job, "EXECUTING")
        last = start(url, PHASE="RUN")
        assert phase(last) == "QUEUED"
        for job in first:
            requests.post(f"{job}/phase", data={"PHASE": "ABORT"}, timeout=60)
        assert ended(last).findtext(f"{UWS}phase") == "COMPLETED"

    def test_execution_duration(self, url: str) -> None:
        job = start(url, LONG)
        assert requests.get(f"{job}/executionduration", timeout=60).text == "600"
        requests.post(f"{job}/executionduration", data={"EXECUTIONDURATION": "1"}, timeout=60)
        assert requests.get(f"{job}/executionduration", timeout=60).text == "1"
        requests.post(f"{job}/phase", data={"PHASE": "RUN"}, timeout=60)
        document = ended(job)
        assert document.findtext(f"{UWS}phase") == "ERROR"
        assert "stopped after its 1 s" in (document.findtext(f"{UWS}errorSummary/{UWS}message") or "")

    def test_destruction(self, url: str) -> None:
        job = start(url)
        requests.post(f"{job}/destruction", data={"DESTRUCTION": "2999-01-01T00:00:00Z"}, timeout=60)
        assert requests.get(f"{job}/destruction", timeout=60).text < "2998", "cut to what the service allows"
        requests.post(f"{job}/destruction", data={"DESTRUCTION": "2020-01-01T00:00:00"}, timeout=60)
        until = time.monotonic() + 30
        while requests.get(job, timeout=60).status_code != 404:
            assert time.monotonic() < until

    def test_wait(self, url: str) -> None:
        job = start(url)
        began = time.perf_counter()
        requests.get(job, params={"WAIT": "1"}, timeout=60)
        assert time.perf_counter() - began > 0.9, "PENDING is waited for"
        began = time.perf_counter()
        requests.get(job, params={"WAIT": "30", "PHASE": "EXECUTING"}, timeout=60)
        assert time.perf_counter() - began < 10, "it is not in that phase: answered at once"
        requests.post(f"{job}/phase", data={"PHASE": "RUN"}, timeout=60)
        assert ended(job).findtext(f"{UWS}phase") == "COMPLETED"
        began = time.perf_counter()
        requests.get(job, params={"WAIT": "-1"}, timeout=60)
        assert time.perf_counter() - began < 10, "a job that has ended is answered at once"
        assert requests.get(job, params={"WAIT": "soon"}, timeout=60).status_code == 400

    def test_list(self, url: str) -> None:
        pending, done = start(url, RUNID="list"), start(url, PHASE="RUN")
        ended(done)

        def listed(**parameters: str) -> list[str]:
            document = ET.fromstring(requests.get(f"{url}/async", params=parameters, timeout=60).content)
            return [reference.get(f"{XLINK}href") or "" for reference in document.findall(f"{UWS}jobref")]

        assert listed()[:2] == [done, pending]
        assert listed(LAST="1") == [done]
        assert pending in listed(PHASE="PENDING")
        assert done not in listed(PHASE="PENDING")
        created = ET.fromstring(requests.get(pending, timeout=60).content).findtext(f"{UWS}creationTime")
        assert done in listed(AFTER=str(created))
        assert listed(AFTER="2999-01-01T00:00:00Z") == []

    def test_small_resources(self, url: str) -> None:
        job = start(url, QUERY="SELECT id FROM s.many")
        for name in ("quote", "owner", "parameters", "results", "destruction"):
            assert requests.get(f"{job}/{name}", timeout=60).status_code == 200, name
        assert requests.get(f"{job}/nothing", timeout=60).status_code == 404
        assert requests.post(f"{job}/phase", data={"PHASE": "HELD"}, timeout=60).status_code == 400
        assert requests.put(job, timeout=60).status_code == 405

    def test_what_xml_cannot_carry(self, url: str) -> None:
        """Control characters in a query end in no document that cannot be read."""
        query = "SELECT '\x01<&>\"' AS x FROM s.many WHERE id = 9007199254740992"
        document = ended(start(url, query, RUNID='\x02"<', PHASE="RUN"))
        assert document.findtext(f"{UWS}phase") == "COMPLETED"
        assert "<&>" in (document.findtext(f"{UWS}parameters/{UWS}parameter[@id='QUERY']") or "")
        ET.fromstring(requests.get(f"{url}/async", timeout=60).content)
        assert table_of(sync(url, query)).nrows == 1

    def test_names_of_jobs_cannot_be_guessed(self, url: str) -> None:
        names = {start(url).rpartition("/")[2] for _ in range(20)}
        assert len(names) == 20
        assert min(map(len, names)) >= 20


class TestDescriptions:
    def test_tap_schema(self, url: str) -> None:
        rows = table_of(
            sync(url, "SELECT table_name, column_name, datatype FROM TAP_SCHEMA.columns ORDER BY column_index")
        )
        found = set(zip(*(array.tolist() for array in rows.arrays), strict=True))
        assert {("s.many", "id", "long"), ("s.many", "name", "char"), ("TAP_SCHEMA.columns", '"size"', "int")} <= found
        keys = "SELECT k.from_table, c.from_column FROM TAP_SCHEMA.keys AS k NATURAL JOIN TAP_SCHEMA.key_columns AS c"
        assert table_of(sync(url, keys)).nrows == 5

    def test_tables(self, url: str) -> None:
        every = requests.get(f"{url}/tables", timeout=60).text
        assert "<name>s.many</name>" in every
        assert "<name>dec</name>" in every
        short = requests.get(f"{url}/tables", params={"detail": "min"}, timeout=60).text
        assert "<name>s.many</name>" in short
        assert "<name>dec</name>" not in short
        one = requests.get(f"{url}/tables/s.many", timeout=60).text
        assert "<name>dec</name>" in one
        assert "TAP_SCHEMA" not in one
        assert requests.get(f"{url}/tables/s.none", timeout=60).status_code == 404

    def test_capabilities(self, url: str) -> None:
        text = requests.get(f"{url}/capabilities", timeout=60).text
        ET.fromstring(text)
        for part in (
            "ivo://ivoa.net/std/TAP",
            '<hard unit="byte">200000</hard>',
            "1000 rows",
            '<default unit="row">500</default>',
        ):
            assert part in text
        assert "Simulated" not in text
        assert "<vosi:available>true</vosi:available>" in requests.get(f"{url}/availability", timeout=60).text

    def test_examples_run(self, url: str) -> None:
        document = ET.fromstring(requests.get(f"{url}/examples", timeout=60).content)
        queries = [e.text or "" for e in document.iter() if e.get("property") == "query"]
        assert len(queries) >= 2
        for query in queries:
            assert table_of(sync(url, query)).columns

    def test_other_names_are_refused(self, url: str) -> None:
        """A web page that makes its own name mean 127.0.0.1 gets nothing."""
        answer = requests.get(f"{url}/tables", headers={"Host": "evil.example"}, timeout=60)
        assert answer.status_code == 403
        port = url.split(":")[2].split("/", maxsplit=1)[0]
        assert requests.get(f"{url}/tables", headers={"Host": f"localhost:{port}"}, timeout=60).status_code == 200


def test_paths_of_the_service_stay_inside(url: str, tmp_path: Path) -> None:
    for path in ("/tap/async/../../etc/passwd", "/tap/async/%2e%2e/results/result", "/etc/passwd", "/tap/nothing"):
        assert requests.get(url.removesuffix("/tap") + path, timeout=60).status_code == 404
