"""The list of earlier jobs: what it shows, what its buttons do, and what it never does by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from astropy.table import Table

from tapwidget.actions.background import Immediate
from tapwidget.client.ledger import JobRecord, PartRecord, UploadRecord
from tapwidget.errors import JobError, ServiceUnavailableError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.radius import RadiusColumn
from tapwidget.match.record import to_record
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.views.earlier_job import EarlierJob, span, title
from tapwidget.views.earlier_jobs import PAGE, EarlierJobs

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")

BASE = "https://x.org/tap"


def record(number: int, phase: str = "COMPLETED", **more: Any) -> JobRecord:
    made = JobRecord(
        f"{BASE}/async/{number}",
        str(number),
        JobPhase.of(phase),
        BASE,
        adql=f"SELECT {number}",
        rows=8558,
        created=datetime.now(UTC) - timedelta(hours=3, minutes=5),
        destruction=datetime.now(UTC) + timedelta(days=6, hours=1),
        uploads=(UploadRecord("ut1", 8558, 99, "00", "/home/me/sdss.csv"),),
        match=to_record(SkyMatch("dp1.Object")),
    )
    return replace(made, **more)


class OneService:
    """A service with these jobs; nothing of it is a network."""

    name = "x"

    def __init__(self, *jobs: JobRecord) -> None:
        self.records = list(jobs)
        self.asked: list[str] = []
        self.away = ""

    def jobs(self, *, ask: bool = True) -> list[JobRecord]:
        self.asked.append("list" if ask else "ledger")
        if ask and self.away:
            raise ServiceUnavailableError(self.away)
        return self.records

    def job(self, url: str) -> Any:
        self.asked.append(f"job {url}")
        if self.away:
            raise JobError(self.away)
        return OneJob(next(r for r in self.records if r.url == url))

    def delete(self, url: str) -> None:
        self.asked.append(f"delete {url}")
        self.records = [r for r in self.records if r.url != url]


class OneJob:
    def __init__(self, of: JobRecord) -> None:
        self.url, self.adql, self.phase = of.url, of.adql, JobPhase.COMPLETED

    def subscribe(self, _callback: Any) -> Any:
        return lambda: None

    def result(self) -> Table:
        return Table({"a": [1, 2, 3]})


def shown(earlier: EarlierJobs) -> list[EarlierJob]:
    return list(earlier._list.children)


def html(earlier: EarlierJobs) -> str:
    return "".join(row._phase.value + row._what.value for row in shown(earlier)) + earlier._said.value


def test_nothing_is_asked_before_it_is_refreshed() -> None:
    service = OneService(record(1))
    earlier = EarlierJobs(service, background=Immediate())
    earlier.service = OneService()
    earlier.service = service
    assert service.asked == []
    earlier.refresh()
    assert service.asked == ["list"]
    assert [r.job_id for r in earlier.jobs] == ["1"]


def test_phase_rows_age_and_expiry_are_told() -> None:
    earlier = EarlierJobs(OneService(record(1)), background=Immediate())
    earlier.refresh()
    said = html(earlier)
    for word in (
        "COMPLETED",
        "sdss.csv × dp1.Object within 1 arcsec",
        "8,558 rows uploaded",
        "3 h ago",
        "kept for 6 d",
    ):
        assert word in said
    assert "1 job at x" in said


def test_titles_say_what_it_was() -> None:
    by = to_record(IdentifierMatch("dp1.MPCORB", on=("name", "mpcDesignation")))
    assert title(record(1, match=by)) == "sdss.csv × dp1.MPCORB by name = mpcDesignation"
    own = to_record(SkyMatch("dp1.Object", RadiusColumn("err", "mas")))
    assert title(record(1, match=own)) == "sdss.csv × dp1.Object"
    assert title(record(1, match=None, uploads=(), adql="SELECT  1\nFROM x")) == "SELECT 1 FROM x"
    assert title(record(1, match=None, uploads=(), adql="", run_id="theirs")) == "theirs"
    assert len(title(record(1, match=None, adql="SELECT " + "x, " * 1000))) < 130


def test_nothing_in_a_job_becomes_markup() -> None:
    bad = "<img src=x onerror=alert(1)>"
    earlier = EarlierJobs(OneService(record(1, match=None, adql=bad, message=bad)), background=Immediate())
    earlier.refresh()
    assert "<img" not in html(earlier)
    assert "&lt;img" in html(earlier)


@pytest.mark.parametrize(
    ("job", "button", "disabled"),
    [
        (record(1), "Fetch", False),
        (record(1, "EXECUTING"), "Follow", False),
        (record(1, "PENDING"), "Follow", False),
        (record(1, "UNKNOWN"), "Follow", False),
        (record(1, "ERROR", message="Unknown column"), "Fetch", True),
        (record(1, "ABORTED"), "Fetch", True),
        (record(1, destruction=datetime.now(UTC) - timedelta(days=1)), "Fetch", True),
        (record(1, "UNKNOWN", url="", key="k", run_id="tapwidget-1"), "Fetch", True),
    ],
)
def test_what_can_be_done_follows_from_the_phase(job: JobRecord, button: str, disabled: bool) -> None:
    earlier = EarlierJobs(OneService(job), background=Immediate())
    earlier.refresh()
    (row,) = shown(earlier)
    assert (row._take.description, row._take.disabled) == (button, disabled)
    assert row._take.tooltip
    assert row._delete.disabled == (not job.url)


def test_a_match_in_parts_is_one_line_that_can_be_gone_on_with() -> None:
    parts = tuple(PartRecord(f"{n:02d}of04", 2000, "0", is_done=n < 3) for n in range(1, 5))
    whole = record(1, "EXECUTING", url="", key="k-whole", run_id="tapwidget-1", parts=parts)
    earlier = EarlierJobs(OneService(whole), background=Immediate())
    earlier.refresh()
    (row,) = shown(earlier)
    assert "2 of 4 parts done" in html(earlier)
    assert "never confirmed" not in html(earlier)
    assert (row._take.description, row._take.disabled, row._delete.disabled) == ("Go on", False, False)


def test_a_job_is_fetched_onto_the_shelf_once() -> None:
    service = OneService(record(1), record(2))
    earlier = EarlierJobs(service, background=Immediate())
    earlier.refresh()
    shown(earlier)[1]._take.click()
    (run,) = earlier.runner.runs.runs
    assert earlier.run is run
    assert (run.name, run.phase, len(run.result)) == ("results", "COMPLETED", 3)
    assert isinstance(run.match, SkyMatch)
    assert (shown(earlier)[1]._take.description, shown(earlier)[1]._take.disabled) == ("In results", True)
    assert earlier.take_up(service.records[1]) is run
    assert len(earlier.runner.runs.runs) == 1
    earlier.runner.runs.rename(run, "bright")
    assert shown(earlier)[1]._take.description == "In bright"
    earlier.runner.runs.remove(run)
    assert shown(earlier)[1]._take.description == "Fetch"


def test_one_that_cannot_be_had_is_told_and_can_be_tried_again() -> None:
    service = OneService(record(1))
    earlier = EarlierJobs(service, background=Immediate())
    earlier.refresh()
    service.away = "in maintenance"
    shown(earlier)[0]._take.click()
    assert earlier.run.error == "in maintenance"
    assert shown(earlier)[0]._take.disabled is False
    service.away = ""
    shown(earlier)[0]._take.click()
    assert len(earlier.run.result) == 3


def test_deleting_takes_two_presses_of_the_same_button() -> None:
    service = OneService(record(1), record(2))
    earlier = EarlierJobs(service, background=Immediate())
    earlier.refresh()
    first = shown(earlier)[0]
    first._delete.click()
    assert first._delete.description == "Delete for good?"
    first._keep.click()
    assert first._delete.description == "Delete"
    assert not [a for a in service.asked if a.startswith("delete")]
    first._delete.click()
    earlier.refresh()  # what comes in between does not take the question away
    first._delete.click()
    assert f"delete {BASE}/async/1" in service.asked
    assert [r.job_id for r in earlier.jobs] == ["2"]
    assert len(shown(earlier)) == 1


def test_a_service_away_shows_what_the_ledger_knows() -> None:
    service = OneService(record(1, "EXECUTING"))
    service.away = "x is in maintenance."
    earlier = EarlierJobs(service, background=Immediate())
    earlier.refresh()
    assert service.asked == ["list", "ledger"]
    assert "x is in maintenance. What is listed is as this computer last heard of it." in html(earlier)
    assert len(shown(earlier)) == 1


def test_no_jobs_and_no_service_are_said() -> None:
    earlier = EarlierJobs(background=Immediate())
    assert "Choose a service first." in html(earlier)
    earlier.refresh()
    earlier.service = OneService()
    earlier.refresh()
    assert "No jobs yet at x" in html(earlier)


def test_many_jobs_come_a_page_at_a_time() -> None:
    earlier = EarlierJobs(OneService(*(record(n) for n in range(2 * PAGE + 1))), background=Immediate())
    earlier.refresh()
    assert len(shown(earlier)) == PAGE
    before = shown(earlier)[0]
    earlier._more.click()
    assert len(shown(earlier)) == 2 * PAGE
    assert shown(earlier)[0] is before
    assert earlier._more.description == "Show older ones (1)"
    earlier._more.click()
    assert earlier._more.layout.display == "none"


@pytest.mark.parametrize(
    ("seconds", "said"), [(-1, "0 s"), (59.4, "59 s"), (60, "1 min"), (3599, "59 min"), (86399, "23 h"), (1e6, "11 d")]
)
def test_times_are_in_their_largest_unit(seconds: float, said: str) -> None:
    assert span(seconds) == said
