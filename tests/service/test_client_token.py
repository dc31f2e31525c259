"""The token is nowhere that anybody reads: not in what is shown, logged, kept, raised, or saved with a notebook."""

from __future__ import annotations

import copy
import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from astropy.table import Table

from tapwidget import errors
from tapwidget.actions.background import Immediate
from tapwidget.actions.set_up import load_set_up
from tapwidget.app import CrossMatch
from tapwidget.client.follower import Pace
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.errors import TapWidgetError
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.views.earlier_jobs import EarlierJobs

SECRET = "gt-Zm9vYmFy.NoOneShallSeeThis"
HASTY = Pace(first=0.01, last=0.05, retry_first=0.01, retry_last=0.02, patience=0.05, push_after=0.02)
MATCH = IdentifierMatch("dp1.Object", on=("objid", "objectId"))
TABLE = Table({"objid": [1, 2**60 + 1]})


@pytest.fixture
def service(fake: Any, tmp_path: Path) -> Service:
    fake.token = SECRET
    return Service(fake.url, token=SECRET, ledger=Ledger(tmp_path / "jobs"), pace=HASTY)


def refused(fake: Any, service: Service, **fault: Any) -> None:
    service.limits()
    fake.inject("status", "/async", times=10**6, **fault)
    service.submit(MATCH, TABLE)


def failed(fake: Any, service: Service) -> None:
    fake.script, fake.error = ["ERROR"], "Unknown column: nope"
    service.submit("SELECT nope").result()


def aborted(fake: Any, service: Service) -> None:
    fake.script = ["ABORTED"]
    service.submit("SELECT 1").result()


def timed_out(fake: Any, service: Service) -> None:
    fake.script = []
    job = service.submit("SELECT 1")
    try:
        job.wait(0.05)
    finally:
        job.stop_watching()


def away(fake: Any, service: Service) -> None:
    fake.inject("reset", r"/async/j\d+$", method="GET", times=10**6)
    service.submit("SELECT 1").result()


def cut(fake: Any, service: Service) -> None:
    fake.inject("truncate", "/results/result$", times=10**6)
    service.submit("SELECT 1").result()


def too_large(fake: Any, service: Service) -> None:
    fake.upload_limit = '<uploadLimit><hard unit="byte">30</hard></uploadLimit>'
    service.submit("SELECT 1", TABLE)


RAISED: dict[str, Callable[[Any, Service], Any]] = {
    "AuthenticationError": lambda fake, service: refused(fake, service, status=401, body=b"expired"),
    "ServiceUnavailableError": away,
    "TargetError": lambda fake, service: service.table("dp1.Objekt"),
    "QueryError": failed,
    "JobError": lambda fake, service: service.job("j9999"),
    "JobAbortedError": aborted,
    "JobTimeoutError": timed_out,
    "ResultError": cut,
    "UploadError": too_large,
    "ColumnError": lambda fake, service: service.submit(SkyMatch("dp1.Object"), TABLE),
    "MatchError": lambda fake, service: service.submit(""),
    "FileFormatError": lambda fake, service: service.submit(MATCH, "/nowhere/at/all.csv"),
    "SetUpError": lambda fake, service: load_set_up("/nowhere/at/all.json"),
}
# Roots of the tree, which are never raised themselves.
ROOTS = {"TapWidgetError", "TableError", "ServiceError"}


def test_every_class_of_error_is_raised_here() -> None:
    classes = {n for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, TapWidgetError)}
    raised_under_another_name = {"OverLimitError"}
    assert classes - ROOTS - raised_under_another_name == set(RAISED)


@pytest.mark.parametrize("name", RAISED)
def test_no_error_shows_it(
    fake: Any, service: Service, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(TapWidgetError) as caught:
        RAISED[name](fake, service)
    # With the locals of every frame, as %xmode Verbose shows them.
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in told.stack if "/tapwidget/" in (frame.filename or "")]
    assert ours
    shown = ["".join(told.format(chain=True)), repr(caught.value), repr(vars(caught.value)), caplog.text]
    assert caught.type.__name__ == name or name in {c.__name__ for c in caught.type.__mro__}
    assert not [text for text in (*shown, *capfd.readouterr()) if SECRET in text]


def test_a_service_that_repeats_it_in_an_error_does_not_make_it_seen(fake: Any, service: Service) -> None:
    with pytest.raises(TapWidgetError) as caught:
        refused(fake, service, status=403, body=f"Bearer {SECRET} may not do this".encode())
    assert "Bearer *** may not do this" in str(caught.value)


def test_nor_does_one_that_repeats_it_in_a_failed_job(fake: Any, service: Service) -> None:
    fake.script, fake.error = ["ERROR"], f"no rows for {SECRET}"
    with pytest.raises(TapWidgetError) as caught:
        service.submit("SELECT 1").result()
    assert "no rows for ***" in str(caught.value)


def test_nothing_shown_logged_or_kept_has_it(
    fake: Any, service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    job = service.submit("SELECT * FROM TAP_UPLOAD.ut1", TABLE)
    result = job.result()
    found = Service(fake.url, token=SECRET, ledger=Ledger(tmp_path / "jobs"), pace=HASTY).job(job.url)
    found.result()
    things = [service, job, found, service._transport, service._transport.session, service._transport.session.auth]
    things += [service.limits(), service.jobs(), service.tables(), service.pyvo, result.meta, job.summary]
    shown = [repr(thing) for thing in things] + [str(thing) for thing in things] + [caplog.text, *capfd.readouterr()]
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not [text for text in shown if SECRET in text]
    assert not [content for content in kept if SECRET.encode() in content]
    assert all(r.headers["Authorization"] == f"Bearer {SECRET}" for r in fake.requests)
    assert "Authorization" not in copy.copy(service._transport.session.headers)


def test_no_widget_has_it(fake: Any, service: Service) -> None:
    """What a notebook saves of its widgets, where a person has that switched on."""
    service.submit("SELECT 1").result()
    app = CrossMatch(service=service, table=TABLE)
    earlier = EarlierJobs(service, background=Immediate())
    earlier.refresh()
    assert len(earlier.jobs) == 1
    with app.background.lock:
        state = json.dumps(ipywidgets.Widget.get_manager_state(), default=repr)
    assert fake.host in state
    assert SECRET not in state
    assert SECRET not in repr(app) + repr(earlier) + repr(app.form) + repr(app.form.service)
