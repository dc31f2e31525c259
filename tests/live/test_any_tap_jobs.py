"""Jobs at a TAP service of others: cut, refused, found again, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from astropy.table import Table

from tapwidget.client.service import Service
from tapwidget.errors import JobError, QueryError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.spec import SkyMatch

pytestmark = pytest.mark.usefixtures("tap_url")

MINUTES = 300.0


@pytest.fixture(scope="module")
def done(submit: Callable[..., Any], cone: Any, mine: Table, truth: Any) -> Any:
    """A match that was cut at five rows."""
    job = submit(SkyMatch(cone.target.name, radius=truth.radius, columns=[cone.id]), mine, maxrec=5)
    job.wait(MINUTES)
    return job


def test_a_result_that_was_cut_is_said_to_be(done: Any) -> None:
    result = done.result(MINUTES)
    assert len(result) == 5
    assert done.overflow is True
    assert result.meta["overflow"] is True


def test_a_query_that_was_cut_is_said_to_be(submit: Callable[..., Any], cone: Any) -> None:
    job = submit(f"SELECT {cone.id} FROM {cone.target.name}", maxrec=7)
    assert len(job.result(MINUTES)) == 7
    assert job.overflow is True


@pytest.mark.parametrize(
    ("adql", "named"),
    [("SELECT {id}, nosuchcolumn FROM {target}", "nosuchcolumn"), ("SELECT {id} FROM {target} WHERE {id} >< 3", "")],
    ids=["unknown column", "no ADQL"],
)
def test_a_wrong_query_fails_with_the_services_words(
    submit: Callable[..., Any], cone: Any, adql: str, named: str
) -> None:
    with pytest.raises(QueryError) as caught:
        submit(adql.format(id=cone.id, target=cone.target.name)).result(MINUTES)
    said = " ".join(caught.value.said.split())
    assert said
    assert named in said
    assert said[:100] in str(caught.value)


def test_a_job_is_found_again(service: Service, another_session: Service, done: Any) -> None:
    raw = done.result(MINUTES)
    again = another_session.job(done.url)
    assert again.phase is JobPhase.COMPLETED
    assert again.adql.split() == done.adql.split()
    assert len(again.result(MINUTES)) == len(raw)
    assert len(service.job(done.job_id).result(MINUTES)) == len(raw)


def test_a_job_is_listed_once(service: Service, done: Any) -> None:
    listed = [record for record in service.jobs() if record.job_id == done.job_id]
    assert [(record.url, record.phase) for record in listed] == [(done.url, JobPhase.COMPLETED)]
    assert listed[0].adql == done.adql
    assert listed[0].uploads[0].name == "ut1"


def test_a_job_that_was_deleted_is_gone(submit: Callable[..., Any], service: Service, cone: Any) -> None:
    job = submit(f"SELECT TOP 1 {cone.id} FROM {cone.target.name}")
    result = job.result(MINUTES)
    job.delete()
    assert job.result() is result
    with pytest.raises(JobError, match="does not have the job"):
        service.job(job.url)
