"""What only GAVO DaCHS can be asked for: a job as long as one likes, and tables whose pairs are known.

DACHS_DATA   folder with the tables that the service was loaded from; without it their pairs are not checked
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table

from tapwidget.client.service import Service
from tapwidget.errors import JobAbortedError, JobTimeoutError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.constraints import ColourRange, IsMeasured, MagnitudeDifference, MagnitudeRange
from tapwidget.match.dialects import DACHS
from tapwidget.match.spec import SkyMatch

MINUTES = 300.0
LONG = "JUST HANG around"
PAIRS_OF_UT1 = 8667


@pytest.fixture(scope="module", autouse=True)
def _is_dachs(is_dachs: bool, lacking: Callable[[str], Any]) -> None:
    if not is_dachs:
        lacking("the service is not DaCHS")


@pytest.fixture
def hanging(submit: Callable[..., Any]) -> Any:
    """A job that runs, and will for an hour."""
    job, runs = submit(LONG), Event()
    unsubscribe = job.subscribe(lambda job: runs.set() if job.phase is JobPhase.EXECUTING else None)
    if job.phase is not JobPhase.EXECUTING:
        assert runs.wait(60), f"the job does not begin: {job}"
    unsubscribe()
    return job


def test_a_long_job_is_aborted(hanging: Any) -> None:
    hanging.abort()
    assert hanging.wait(60) is JobPhase.ABORTED
    with pytest.raises(JobAbortedError, match="aborted"):
        hanging.result()


def test_waiting_has_an_end_and_the_job_goes_on(hanging: Any) -> None:
    with pytest.raises(JobTimeoutError, match="goes on"):
        hanging.wait(0.5)
    assert hanging.phase is JobPhase.EXECUTING
    hanging.abort()
    assert hanging.wait(60) is JobPhase.ABORTED


def test_a_running_job_is_found_and_aborted_from_elsewhere(hanging: Any, another_session: Service) -> None:
    record = next(record for record in another_session.jobs() if record.job_id == hanging.job_id)
    assert record.phase is JobPhase.EXECUTING
    found = another_session.job(record.url)
    assert (found.phase, found.adql) == (JobPhase.EXECUTING, LONG)
    found.abort()
    assert found.wait(60) is JobPhase.ABORTED
    assert hanging.wait(60) is JobPhase.ABORTED


def test_its_kind_is_known(service: Service) -> None:
    assert service.dialect() == DACHS
    assert {"ADQL-2.0", "ADQL-2.1"} <= set(service.limits().languages)
    assert "inline" in service.limits().upload_methods
    assert service.notice() == ""


@pytest.mark.parametrize(
    "given",
    [
        {"find": "nearest", "neighbours": 3, "unmatched": "keep"},
        {"where": (MagnitudeRange("r", 10, 30), MagnitudeDifference("r", "r_cModelMag", 20))},
        {"where": (IsMeasured("g_cModelMag"), ColourRange("g_cModelMag", "r_cModelMag", -20, 20))},
        {"where": ("r_cModelMag > -1e3 OR ut1.r > +17", "NOT (ut1.r < -5)")},
        {"where": ("ut1.\"size\" > 0", "ut1.r BETWEEN -10 AND 40"), "upload": "o"},
        {"columns": ["*"], "find": "symmetric", "radius": 0.00027 * u.deg},
    ],
    ids=["nearest", "magnitudes", "colours", "text", "names", "all columns"],
)  # fmt: skip
def test_every_way_to_ask_is_taken(submit: Callable[..., Any], ask: Callable[[str], Table], given: Any) -> None:
    few = ask("SELECT TOP 40 coord_ra, coord_dec, r_cModelMag FROM dp1.Object WHERE r_cModelMag IS NOT NULL")
    mine = Table({"ra": np.asarray(few.columns[0]), "dec": np.asarray(few.columns[1]), "r": few.columns[2]})
    mine["size"] = np.arange(1, len(mine) + 1)
    given = {"columns": ["objectid"], **given}
    if given.get("upload") == "o":
        given["where"] = tuple(text.replace("ut1.", "o.") for text in given["where"])
    result = submit(SkyMatch("dp1.Object", **given), mine).result(MINUTES)
    assert len(result) > 30  # each finds itself, but for those without a g magnitude


def test_the_known_pairs(submit: Callable[..., Any], service: Service) -> None:
    if not os.environ.get("DACHS_DATA"):
        pytest.skip("DACHS_DATA is not set: it names the folder with the tables of the service")
    folder = Path(os.environ["DACHS_DATA"])
    mine = Table(dict(np.load(folder / "ut1.npz")))
    objects = np.load(folder / "object.npz")
    radius = 0.00027 * u.deg
    target = service.table("dp1.Object")
    identifier = target.column("objectId").name
    result = submit(SkyMatch(target.name, radius=radius, columns=[identifier]), mine).result(MINUTES)
    ours, theirs, _, _ = search_around_sky(
        SkyCoord(mine["ra"], mine["dec"], unit="deg"),
        SkyCoord(objects["coord_ra"], objects["coord_dec"], unit="deg"),
        radius,
    )
    expected = set(zip(mine["objid"][ours].tolist(), objects["objectId"][theirs].tolist(), strict=True))
    assert len(result) == len(expected) == PAIRS_OF_UT1
    assert set(zip(result["ut1_objid"].tolist(), result[identifier].tolist(), strict=True)) == expected
