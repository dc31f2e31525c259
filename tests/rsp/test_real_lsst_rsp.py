"""Rubin's own package lsst-rsp, the real one, led to our own service: "rsp" works where its notebooks run.

`.ci/rsp` runs this with the releases that Rubin's notebooks have, each on its Python. Where the package is not
installed, as in the environment of the other tests, it is skipped.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table

rsp = pytest.importorskip("lsst.rsp", reason="Rubin's package lsst-rsp is not installed; .ci/rsp installs it")

import tapwidget  # noqa: E402 - after the skip
from tapwidget.client import rubin  # noqa: E402
from tapwidget.client.job import Job  # noqa: E402
from tapwidget.client.ledger import Ledger  # noqa: E402
from tapwidget.client.service import Service  # noqa: E402
from tapwidget.errors import AuthenticationError, ServiceUnavailableError  # noqa: E402

TOKEN = "gt-tokenofthetests.verysecretindeed"
HAS_DISCOVERY = hasattr(rsp, "RSPDiscovery")
needs_discovery = pytest.mark.skipif(not HAS_DISCOVERY, reason="RSPDiscovery came with lsst-rsp 0.13")
ROWS = 500
# All that the releases of lsst.rsp look at.
VARIABLES = (
    "EXTERNAL_INSTANCE_URL", "EXTERNAL_TAP_URL", "TAP_ROUTE", "ACCESS_TOKEN", "NUBLADO_TOKEN",
    "NUBLADO_RUNTIME_MOUNTS_DIR", "TAPWIDGET_TOKEN",
)  # fmt: skip


@pytest.fixture(scope="session")
def catalogue() -> Table:
    rng = np.random.default_rng(7)
    table = Table({"objectId": np.int64(2**60) + 3 * np.arange(ROWS, dtype=np.int64)})
    table["coord_ra"] = 37.0 + rng.uniform(0, 0.1, ROWS)
    table["coord_dec"] = 6.0 + rng.uniform(0, 0.1, ROWS)
    table["r_cModelMag"] = rng.normal(22, 1, ROWS).astype("f4")
    return table


@pytest.fixture(scope="session")
def mine(catalogue: Table) -> Table:
    rng = np.random.default_rng(8)
    picked = catalogue[rng.permutation(ROWS)[:200]]
    table = Table({"objid": np.asarray(picked["objectId"]) + 1})
    table["ra"] = np.asarray(picked["coord_ra"]) + rng.uniform(-1, 1, len(picked)) / 3600
    table["dec"] = np.asarray(picked["coord_dec"])
    table["r"] = picked["r_cModelMag"]
    return table


@pytest.fixture(scope="session")
def sky(catalogue: Table, mine: Table) -> tuple[Table, Table]:
    return catalogue, mine


@pytest.fixture(scope="session")
def url(catalogue: Table, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a service of ours that wants a token."""
    file = tmp_path_factory.mktemp("served") / "dp1.Object.parquet"
    catalogue.write(file)
    process = subprocess.Popen(
        [sys.executable, "-m", "tapwidget", "serve", str(file), "--token", TOKEN, "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline().decode()
        assert "ready at" in line
        yield line.split()[-1]
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No place and no token, whatever machine this is, and a ledger of one's own."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NUBLADO_RUNTIME_MOUNTS_DIR", str(tmp_path / "mounts"))
    monkeypatch.setenv("TAPWIDGET_DATA_DIR", str(tmp_path / "data"))
    if HAS_DISCOVERY:
        monkeypatch.setattr(rsp.RSPDiscovery, "_TOKEN_PATH", tmp_path / "etc" / "token")
    monkeypatch.setattr(rubin, "DISCOVERY", tmp_path / "nowhere.json")


@pytest.fixture
def platform(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of a notebook on the platform, with our service in place of Rubin's."""
    monkeypatch.setenv("EXTERNAL_INSTANCE_URL", url.removesuffix("tap"))
    monkeypatch.setenv("TAP_ROUTE", "tap")


@pytest.fixture
def discovery(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The platform's file of services; nothing else tells where they are."""
    services = {"tap": {"url": url, "versions": {"tables": {"url": f"{url}/tables"}}}}
    told = {"datasets": {"dp02": {"services": {"sia": {"url": f"{url}/sia"}}}, "dp1": {"services": services}}}
    file = tmp_path / "v1.json"
    file.write_text(json.dumps(told))
    monkeypatch.setattr(rsp.RSPDiscovery, "_DISCOVERY_PATH", file)
    monkeypatch.setattr(rubin, "DISCOVERY", file)
    return file


def by_variable(name: str) -> Callable[[Path, pytest.MonkeyPatch, str], None]:
    return lambda mounts, monkeypatch, token: monkeypatch.setenv(name, token)


def by_file(*parts: str) -> Callable[[Path, pytest.MonkeyPatch, str], None]:
    def write(mounts: Path, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
        file = mounts.joinpath(*parts)
        file.parent.mkdir(parents=True)
        file.write_text(token + "\n")

    return write


# Where the two releases look for the token, in their order.
PLACES = {
    "mounted secret": by_file("secrets", "token"),
    "ACCESS_TOKEN": by_variable("ACCESS_TOKEN"),
    **(
        {"NUBLADO_TOKEN": by_variable("NUBLADO_TOKEN")}
        if HAS_DISCOVERY
        else {"mounted variable": by_file("environment", "ACCESS_TOKEN")}
    ),
}


def check_match(service: Service, catalogue: Table, mine: Table) -> Job:
    """A whole match with upload; the pairs are astropy's."""
    job = service.submit(
        tapwidget.SkyMatch("dp1.Object", radius=0.8 * u.arcsec, columns=["objectId", "r_cModelMag"]), mine
    )
    result = job.result()
    ours, theirs, _, _ = search_around_sky(
        SkyCoord(mine["ra"], mine["dec"], unit="deg"),
        SkyCoord(catalogue["coord_ra"], catalogue["coord_dec"], unit="deg"),
        0.8 * u.arcsec,
    )
    expected = sorted(zip(mine["objid"][ours].tolist(), catalogue["objectId"][theirs].tolist(), strict=True))
    assert len(expected) > 100
    assert sorted(zip(result["ut1_objid"].tolist(), result["objectId"].tolist(), strict=True)) == expected
    return job


@pytest.mark.parametrize("place", PLACES)
def test_get_tap_service_says_where_and_who(
    place: str, platform: None, sky: tuple[Table, Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PLACES[place](tmp_path / "mounts", monkeypatch, TOKEN)
    service = tapwidget.connect()  # on the platform, a service need not be named
    assert (service.name, service.url) == ("rsp", f"{os.environ['EXTERNAL_INSTANCE_URL']}tap")
    assert service.limits().upload
    assert service.dialect().name.startswith("Rubin"), "whatever the host is called"
    assert "dp1.Object" in [table.name for table in service.tables()]
    check_match(service, *sky)
    assert service.job(service.jobs()[0].url).result() is not None


@needs_discovery
@pytest.mark.parametrize("place", PLACES)
def test_discovery_says_where_and_who(
    place: str, discovery: Path, sky: tuple[Table, Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PLACES[place](tmp_path / "mounts", monkeypatch, TOKEN)
    for service in (tapwidget.connect("rsp"), tapwidget.connect(rsp.RSPDiscovery("dp1"))):
        assert service.url in discovery.read_text()
        assert service.limits().upload
    check_match(service, *sky)


@needs_discovery
def test_the_users_own_token_goes_before_the_platforms(
    url: str, discovery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCESS_TOKEN", "gt-expired.long.ago")
    assert tapwidget.connect("rsp", token=TOKEN).limits().upload
    monkeypatch.setenv("EXTERNAL_TAP_URL", url)
    assert tapwidget.connect("rsp", token=TOKEN).limits().upload


def test_its_tap_service_can_be_given_as_it_is(
    url: str, platform: None, sky: tuple[Table, Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCESS_TOKEN", TOKEN)
    service = tapwidget.connect(rsp.get_tap_service("tap"))
    assert service.url == url
    check_match(service, *sky)


def test_an_expired_token_is_said_to_be_one(url: str, platform: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_TOKEN", "gt-expired.long.ago")
    with pytest.raises(AuthenticationError, match=r"may have expired.*Restart your notebook server") as caught:
        tapwidget.connect("rsp")
    assert caught.value.service == url
    assert "gt-expired" not in "".join(traceback.format_exception(caught.value))


@needs_discovery
def test_an_expired_token_is_said_to_be_one_by_discovery_too(discovery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_TOKEN", "gt-expired.long.ago")
    with pytest.raises(AuthenticationError, match="may have expired"):
        tapwidget.connect("rsp")


def test_a_token_that_expires_during_a_session_is_told(
    url: str, platform: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCESS_TOKEN", TOKEN)
    service = tapwidget.connect("rsp")
    for session in service.pyvo._session.credentials.credentials.values():
        if "Authorization" in session.headers:
            session.headers["Authorization"] = "Bearer gt-expired.long.ago"
    with pytest.raises(AuthenticationError, match="may have expired"):
        service.tables()


def test_no_token_at_all_is_told(platform: None) -> None:
    with pytest.raises(AuthenticationError, match="No token was sent"):
        tapwidget.connect("rsp").limits()


@needs_discovery
def test_no_token_at_all_is_told_by_discovery_too(discovery: Path) -> None:
    with pytest.raises(AuthenticationError, match=r"finds no token here.*read:tap"):
        tapwidget.connect("rsp")


def test_elsewhere_than_on_the_platform_it_is_told_what_to_do() -> None:
    with pytest.raises(ServiceUnavailableError, match=r"Outside the platform, give a token.*token="):
        tapwidget.connect("rsp")
    assert tapwidget.connect("rsp", token=TOKEN).url == rubin.RUBIN_URL


@needs_discovery
def test_a_platform_without_tap_is_told(discovery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_TOKEN", TOKEN)
    discovery.write_text(json.dumps({"datasets": {"dp02": {"services": {}}}}))
    with pytest.raises(ServiceUnavailableError, match=r"no TAP service here; it tells of dp02\."):
        tapwidget.connect("rsp")


def test_the_token_is_shown_nowhere(
    platform: None, sky: tuple[Table, Table], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("ACCESS_TOKEN", TOKEN)
    service = tapwidget.connect("rsp")
    job = check_match(service, *sky)
    with pytest.raises(Exception, match="nonesuch") as caught:
        service.submit("SELECT nonesuch FROM dp1.Object").result()
    kept = [file.read_text(errors="replace") for file in Ledger().place.rglob("*") if file.is_file()]
    assert kept
    shown = [repr(service), repr(job), str(service.jobs()), str(vars(job)), caplog.text, *capsys.readouterr(), *kept]
    shown += traceback.format_exception(caught.value)
    assert not [text for text in shown if TOKEN in text]
    assert TOKEN in os.environ["ACCESS_TOKEN"]
