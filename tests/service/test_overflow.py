"""A result that the service cut is told to be one wherever a person looks: job, table, widget, exit status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

from tapwidget import cli
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.match.spec import IdentifierMatch
from tapwidget.views.table_traits import notes

MATCH = IdentifierMatch("dp1.Object", on=("objid", "objectId"), columns=["objectId"])


@pytest.fixture(params=["OVERFLOW", "OK"])
def status(request: pytest.FixtureRequest, fake: Any, fake_uws: Any) -> str:
    """What the service says behind the rows of its answer."""
    rows = [(0, 648368125565216675), (1, 9223372036854775807)]
    behind = f'<INFO name="QUERY_STATUS" value="{request.param}"/>'
    fake.result = fake_uws.votable({"ut1_tw_row": "int", "objectId": "long"}, rows, behind)
    return str(request.param)


def test_the_job_the_table_and_the_widget_say_so(fake: Any, status: str, tmp_path: Path) -> None:
    job = Service(fake.url, ledger=Ledger(tmp_path)).submit(MATCH, Table({"objid": [1, 2]}))
    for each in (job, Service(fake.url, ledger=Ledger(tmp_path)).job(job.url)):
        result = each.result(60)
        assert result["objectId"].tolist() == [648368125565216675, 9223372036854775807]
        assert each.overflow is (status == "OVERFLOW")
        assert result.meta["overflow"] is (status == "OVERFLOW")
        above = [line["text"] for line in notes(result)]
        assert any("Result cut at 2 rows by the service" in text for text in above) == (status == "OVERFLOW")


def test_the_exit_status_of_the_command_says_so(
    fake: Any, status: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv = tmp_path / "mine.csv"
    csv.write_text("objid\n1\n2\n")
    options = ["--target", "dp1.Object", "--on", "objid=objectId", "--columns", "objectId"]
    answer = cli.main(["match", str(csv), "--service", fake.url, *options])
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 3
    assert answer == (3 if status == "OVERFLOW" else 0)
    assert ("truncated" in printed.err) == (status == "OVERFLOW")


def test_rows_listed_as_unmatched_are_said_to_be_doubtful(
    fake: Any, status: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv = tmp_path / "mine.csv"
    csv.write_text("objid\n1\n2\n3\n")
    options = ["--target", "dp1.Object", "--on", "objid=objectId", "--unmatched", "only", "--maxrec", "2"]
    answer = cli.main(["match", str(csv), "--service", fake.url, *options])
    printed = capsys.readouterr()
    assert printed.out.replace('"', "").splitlines() == ["ut1_objid", "3"]
    assert answer == (3 if status == "OVERFLOW" else 0)
    doubt = (
        "The rows listed here as unmatched may have a counterpart beyond the cut. Narrow the match, or raise --maxrec."
    )
    assert (doubt in printed.err) == (status == "OVERFLOW")
    (job,) = fake.jobs.values()
    assert job.form["MAXREC"] == "2"
