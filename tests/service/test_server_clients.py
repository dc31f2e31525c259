"""Clients of others, as they are: pyvo, astroquery's TapPlus, STILTS."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvo
from astropy.table import Table

pytestmark = pytest.mark.usefixtures("left_to_the_collector")
QUERY = "SELECT TOP 5 objectId, coord_ra, coord_dec FROM dp1.Object ORDER BY objectId"
MATCH = (
    "SELECT u.i, o.objectId FROM TAP_UPLOAD.mine AS u JOIN dp1.Object AS o "
    "ON DISTANCE(POINT('ICRS', o.coord_ra, o.coord_dec), POINT('ICRS', u.ra, u.dec)) < 0.00001 ORDER BY u.i"
)


@pytest.fixture(scope="module")
def five(tap_url: str) -> Table:
    """Five objects of the service."""
    found = pyvo.dal.TAPService(tap_url).run_sync(QUERY).to_table()
    assert len(found) == 5
    return found


@pytest.fixture(scope="module")
def mine(five: Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same five as a user's file."""
    path = tmp_path_factory.mktemp("mine") / "mine.vot"
    table = Table({"i": np.arange(5), "ra": five["coord_ra"], "dec": five["coord_dec"]})
    table.write(path, format="votable")
    return path


class Quiet(SimpleHTTPRequestHandler):
    """Files, without a log."""

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def elsewhere(mine: Path) -> Iterator[str]:
    """The address of the user's file on a web server."""

    def handler(*arguments: Any) -> Quiet:
        return Quiet(*arguments, directory=str(mine.parent))

    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{mine.name}"
        server.shutdown()
        thread.join()


class TestPyvo:
    def test_uploads(self, tap_url: str, five: Table, mine: Path, elsewhere: str) -> None:
        service = pyvo.dal.TAPService(tap_url)
        for upload in (str(mine), Table.read(mine), elsewhere):
            for run in (service.run_sync, service.run_async):
                rows = run(MATCH, uploads={"mine": upload})
                assert rows["objectId"].tolist() == five["objectId"].tolist(), (upload, run)

    def test_a_job_step_by_step(self, tap_url: str) -> None:
        job = pyvo.dal.TAPService(tap_url).submit_job(QUERY, runid="steps", maxrec=3)
        assert job.phase == "PENDING"
        assert job.quote is None
        job.execution_duration = 100
        assert job.execution_duration.sec == 100
        job.run().wait(timeout=60)
        assert job.phase == "COMPLETED"
        result = job.fetch_result()
        assert (len(result), result.query_status) == (3, "OVERFLOW")
        job.delete()

    def test_what_the_service_says_of_itself(self, tap_url: str) -> None:
        service = pyvo.dal.TAPService(tap_url)
        assert "dp1.Object" in service.tables
        assert service.tables["dp1.Object"].columns[0].name
        assert service.maxrec > 0
        assert service.hardlimit > 0
        assert {method.ivo_id.rpartition("-")[2] for method in service.upload_methods} >= {"inline", "http"}
        assert len(service.examples) >= 2
        language = service.get_tap_capability().get_adql()
        assert language.get_feature("ivo://ivoa.net/std/TAPRegExt#features-adqlgeo", "POLYGON")

    def test_errors_are_said(self, tap_url: str) -> None:
        service = pyvo.dal.TAPService(tap_url)
        for run in (service.run_sync, service.run_async):
            with pytest.raises(pyvo.dal.DALQueryError, match="there is no column objectIdd"):
                run("SELECT objectIdd FROM dp1.Object")


@pytest.fixture
def tap(tap_url: str) -> Any:
    from astroquery.utils.tap.core import TapPlus

    return TapPlus(url=tap_url)


class TestTapPlus:
    def test_sync_and_async(self, tap: Any, five: Table, capsys: pytest.CaptureFixture[str]) -> None:
        for launch in (tap.launch_job, tap.launch_job_async):
            rows = launch(QUERY).get_results()
            assert rows["objectId"].tolist() == five["objectId"].tolist()

    def test_uploads(self, tap: Any, five: Table, mine: Path) -> None:
        for launch in (tap.launch_job, tap.launch_job_async):
            job = launch(MATCH, upload_resource=str(mine), upload_table_name="mine")
            assert job.get_results()["objectId"].tolist() == five["objectId"].tolist()

    def test_a_file(self, tap: Any, tmp_path: Path) -> None:
        """Not from /sync, where astroquery 0.4.11 reads a file only after a redirect, as ESA's services send one; nor
        `load_tables`, which wants an attribute of ESA's own that the schema of VODataService has no room for."""
        file = tmp_path / "five.csv"
        tap.launch_job_async(QUERY, dump_to_file=True, output_file=str(file), output_format="csv")
        assert len(file.read_text().split()) == 6

    def test_errors_are_said(self, tap: Any) -> None:
        from requests import HTTPError

        with pytest.raises(HTTPError, match="there is no column objectIdd"):
            tap.launch_job("SELECT objectIdd FROM dp1.Object")


@pytest.mark.skipif(shutil.which("stilts") is None and not os.environ.get("CI"), reason="needs Debian's stilts")
class TestStilts:
    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["stilts", *arguments], capture_output=True, text=True, timeout=300, check=False)

    @pytest.mark.parametrize("is_sync", ["true", "false"])
    def test_uploads(self, tap_url: str, five: Table, mine: Path, is_sync: str) -> None:
        done = self.run(
            "tapquery", f"tapurl={tap_url}", f"adql={MATCH}", "nupload=1", f"upload1={mine}", "upname1=mine",
            f"sync={is_sync}", "ofmt=csv",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        rows = [line.split(",") for line in done.stdout.split()[1:]]
        assert [int(object_id) for _, object_id in rows] == five["objectId"].tolist()

    def test_errors_are_said(self, tap_url: str) -> None:
        done = self.run("tapquery", f"tapurl={tap_url}", "adql=SELECT objectIdd FROM dp1.Object", "sync=true")
        assert done.returncode != 0
        assert "there is no column objectIdd" in done.stderr
