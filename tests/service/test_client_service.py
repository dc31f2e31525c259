"""Services: what they say of themselves, who is let in, and what is said when they are not what they should be."""

from __future__ import annotations

import logging
import pickle
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest
import requests
from astropy.table import Table

from tapwidget.client import rubin, services
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.client.services import connect
from tapwidget.errors import (
    AuthenticationError,
    JobError,
    MatchError,
    QueryError,
    ServiceError,
    ServiceUnavailableError,
    TargetError,
    UploadError,
)
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.tapschema import Schema
from tapwidget.match.spec import SkyMatch

SECRET = "gt-verysecretindeed"
OVERFLOW = '<INFO name="QUERY_STATUS" value="OVERFLOW"/>'


@pytest.fixture
def service(fake: Any, tmp_path: Path) -> Service:
    return Service(fake.url, ledger=Ledger(tmp_path))


def test_connecting_asks_nothing_and_says_where(fake: Any) -> None:
    service = connect(fake.url + "/async/")
    assert fake.requests == []
    assert service.url == fake.url
    assert service.name == fake.host
    assert repr(service) == f"<Service {fake.host} {fake.url}>"
    assert connect(service) is service


def test_limits_are_read_once(fake: Any, service: Service) -> None:
    fake.upload_limit = '<uploadLimit><hard unit="byte">33554432</hard></uploadLimit>'
    expected = Limits(
        upload=True,
        upload_bytes=33554432,
        maxrec_default=1000,
        maxrec_hard=20000,
        execution_duration=3600.0,
        retention=604800.0,
        output_formats=("application/x-votable+xml", "votable"),
        execution_duration_hard=14400.0,
        languages=("ADQL-2.0",),
        upload_methods=("inline",),
    )
    assert service.limits() == expected
    assert service.limits() == expected
    assert len(fake.requests) == 1


def test_tables_come_without_columns_and_one_with_them(fake: Any, service: Service) -> None:
    assert [t.name for t in service.tables()] == ["dp1.Object", "dp1.MPCORB", "tap_schema.tables"]
    assert all(t.columns == () for t in service.tables())
    table = service.table("DP1.object")
    assert table.name == "dp1.Object"
    assert [c.name for c in table.columns] == ["objectId", "coord_ra", "coord_dec", "r_mag"]
    assert table.position == ("coord_ra", "coord_dec")
    assert table.columns[0].principal
    service.table("dp1.Object")
    assert len(fake.asked("POST", "/sync")) == 3  # tables, schemas, columns


def test_threads_that_ask_at_once_share_one_answer(fake: Any, service: Service) -> None:
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(service.table("dp1.Object"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert len(fake.asked("POST", "/sync")) == 3  # tables, schemas, columns


def test_a_target_that_does_not_exist_names_the_close_ones(service: Service) -> None:
    with pytest.raises(TargetError, match=r"'dp1\.Objct'.*dp1\.Object"):
        service.table("dp1.Objct")
    with pytest.raises(TargetError, match=r"dp1\.MPCORB"):
        service.table("mpcorb")
    with pytest.raises(TargetError, match=r"It has dp1\.Object, dp1\.MPCORB\."):
        service.table("zzz")


def test_tables_fall_back_to_vosi(fake: Any, fake_uws: Any, service: Service) -> None:
    vosi = b"""<vosi:tableset xmlns:vosi="http://www.ivoa.net/xml/VOSITables/v1.0"
     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:vod="http://www.ivoa.net/xml/VODataService/v1.1">
     <schema><name>main</name><description>All stars</description>
     <table type="view"><name>main.stars</name><description>Stars</description>
      <column><name>source_id</name><ucd>meta.id;meta.main</ucd><dataType xsi:type="vod:VOTableType">long</dataType>
       <flag>indexed</flag></column>
      <column><name>name</name><dataType xsi:type="vod:TAPType" size="12">VARCHAR</dataType></column>
     </table></schema></vosi:tableset>"""
    fake.inject("status", "/sync", status=400, body=fake_uws.error_votable("no TAP_SCHEMA here"), times=9)
    fake.inject("status", "/tables", status=200, body=vosi, headers={"Content-Type": "text/xml"})
    (table,) = service.tables()
    assert (table.name, table.description, table.table_type) == ("main.stars", "Stars", "view")
    assert table.schema == Schema("main", "All stars")
    columns = service.table("main.stars").columns
    assert [(c.name, c.datatype, c.arraysize, c.indexed) for c in columns] == [
        ("source_id", "long", "", True),
        ("name", "char", "12", False),
    ]


def test_schemas_are_told_with_their_tables(fake: Any, fake_uws: Any, tap_url: str) -> None:
    table = Service(tap_url).table("dp1.MPCORB")
    assert table.schema == Schema("dp1", "Simulated: tables of dp1")
    # Where the service does not tell, the name is known all the same.
    service = Service(fake.url)
    tables = fake_uws.votable({"schema_name": "char", "table_name": "char"}, [("main", "stars")])
    fake.inject("status", "/sync", status=200, body=tables, headers={"Content-Type": "text/xml"})
    fake.inject("status", "/sync", status=503, body=b"Too busy for schemas")
    (table,) = service.tables()
    assert (table.name, table.schema) == ("main.stars", Schema("main"))


def test_tables_are_found_by_their_columns(tap_url: str) -> None:
    service = Service(tap_url)

    def found(words: str) -> dict[str, list[str]]:
        return {each.table.name: [c.name for c in each.columns][:2] for each in service.find_tables(words).tables}

    assert found("pos.eq.ra;meta.main") == {"dp1.Object": ["coord_ra"]}
    assert found("r_cmodelmag") == {"dp1.Object": ["r_cModelMag", "r_cModelMagErr"]}
    # One word may be said of the table, and be in its name.
    assert found("inclination ORBIT") == {"dp1.MPCORB": ["incl"], "gaiadr3.sso_orbits": ["inclination"]}
    assert found("point-spread") == {"dp1.Object": ["u_psfMag", "g_psfMag"]}
    assert found("dp1 meta.id") == {"dp1.MPCORB": ["mpcDesignation", "ssObjectId"], "dp1.Object": ["objectId"]}
    assert found("planets") == {"dp1.MPCORB": []}
    for nothing in ("o'clock", "%", "back\\", "c%mag", "naïve", '"', "--"):
        assert found(nothing) == {}, nothing
    assert not service.find_tables("mag").overflow
    (column,) = service.find_tables("pos.eq.dec").tables[0].columns
    assert (column.datatype, column.unit, column.principal) == ("double", "deg", True)


def test_a_service_without_lower_or_columns(fake: Any, fake_uws: Any, service: Service) -> None:
    refusal = {"status": 400, "body": fake_uws.error_votable("Encountered LOWER, was expecting a column")}
    columns = {"table_name": "char", "column_name": "char", "ucd": "char"}
    rows = [("dp1.Object", "Plx", "pos.parallax"), ("dp1.MPCORB", "e_Plx", "")]
    service.tables()
    fake.inject("status", "/sync", **refusal)
    fake.inject("status", "/sync", status=200, body=fake_uws.votable(columns, rows, OVERFLOW))
    answer = service.find_tables("parallax")
    assert [each.table.name for each in answer.tables] == ["dp1.Object"]
    assert (answer.overflow, answer.minds_case) == (True, True)
    fake.inject("status", "/sync", times=2, **refusal)
    with pytest.raises(QueryError, match="was expecting a column"):
        service.find_tables("plx")


def test_what_is_simulated_says_so(fake: Any, fake_uws: Any, service: Service) -> None:
    service.tables()
    assert not service.is_simulated
    rows = [("dp1", "dp1.Object", "Simulated: objects"), ("tap_schema", "tap_schema.tables", "Tables")]
    body = fake_uws.votable({"schema_name": "char", "table_name": "char", "description": "char"}, rows)
    fake.inject("status", "/sync", status=200, body=body, headers={"Content-Type": "text/xml"})
    other = Service(fake.url)
    other.tables()
    assert other.is_simulated
    assert "simulated" in repr(other)


# What is wrong is said, with what to do.


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"status": 404, "body": b"Not here"}, ServiceUnavailableError, r"Not here.*base of a TAP service"),
        ({"status": 401, "body": b"Who?"}, AuthenticationError, r"Who\?.*No token was sent.*TAPWIDGET_TOKEN"),
        ({"status": 403, "body": b"Not you"}, AuthenticationError, r"Not you.*help desk"),
        ({"status": 503, "body": b"In maintenance"}, ServiceUnavailableError, r"In maintenance.*later"),
        ({"status": 500, "body": b"<html><h1>Oops</h1></html>"}, ServiceUnavailableError, r"HTTP 500\).*Oops"),
        (
            {"status": 200, "body": b"<html>Log in</html>", "headers": {"Content-Type": "text/html"}},
            ServiceUnavailableError,
            r"web page.*Log in.*browser",
        ),
        ({"status": 200, "body": b"hello"}, ServiceUnavailableError, r"makes no sense.*hello"),
        (
            {"status": 200, "body": b"<capabilities><capability standardID='ivo://ivoa.net/std/SIA'/></capabilities>"},
            ServiceUnavailableError,
            "none for TAP",
        ),
    ],
    ids=["404", "401", "403", "503", "500", "login page", "text", "no TAP"],
)
def test_a_service_that_is_none_is_told(fake: Any, fault: dict[str, Any], error: type, words: str) -> None:
    service = Service(fake.url)
    fault = {**fault, "headers": dict(fault.get("headers", {}))}
    fake.inject("status", "/capabilities", **fault)
    with pytest.raises(error, match=words) as caught:
        service.limits()
    assert fake.host in str(caught.value)
    assert caught.value.service == fake.url
    assert service.limits().upload  # a fault is not kept as if it were the answer


def test_how_long_to_wait_is_told(fake: Any) -> None:
    for retry_after, words in (("120", "wait 2 minutes"), ("7", "wait 7 s"), ("86400", "wait 24 hours"), ("", "later")):
        fake.inject("status", "/capabilities", status=503, body=b"Busy", headers={"Retry-After": retry_after})
        with pytest.raises(ServiceUnavailableError, match=rf"Busy\..*{words}"):
            Service(fake.url).limits()


def test_a_scope_that_the_token_lacks_is_told(fake: Any) -> None:
    headers = {"WWW-Authenticate": 'Bearer realm="x", error="insufficient_scope", scope="read:tap"'}
    fake.inject("status", "/capabilities", status=403, headers=headers)
    with pytest.raises(AuthenticationError, match=r"lacks the scope read:tap: make one"):
        Service(fake.url, token=SECRET).limits()


AVAILABILITY = b'<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">%b</vosi:availability>'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<vosi:available>true</vosi:available>", ""),
        (b"<vosi:available>false</vosi:available>", "{} says that it is not available now. Try again later."),
        (
            b"<vosi:available>false</vosi:available><vosi:note>New disks</vosi:note>"
            b"<vosi:backAt>2026-12-01T08:00:00Z</vosi:backAt>",
            "{} says that it is not available now. It says: New disks. It will be back at 2026-12-01T08:00:00Z.",
        ),
        (
            b"<vosi:available>true</vosi:available><vosi:downAt>2026-12-01T06:00:00Z</vosi:downAt>",
            "{} will be down from 2026-12-01T06:00:00Z. Jobs that run then may be lost.",
        ),
        (b"nonsense", ""),
    ],
)
def test_what_it_says_of_its_own_state(fake: Any, service: Service, body: bytes, words: str) -> None:
    fake.inject("status", "/availability", status=200, body=AVAILABILITY % body, headers={"Content-Type": "text/xml"})
    assert service.notice() == words.format(fake.url)
    assert service.notice() == ""  # a service that has no such page is taken to be there


def test_maintenance_is_told_where_a_service_is_chosen(fake: Any) -> None:
    from tapwidget.actions.browse import greet

    body = b"<available>false</available><note>Back on Monday</note>"
    fake.inject("status", "/availability", status=200, body=AVAILABILITY % body, times=2)
    fake.inject("status", "/capabilities", status=503, body=b"")
    with pytest.raises(ServiceUnavailableError, match=r"not available now\. It says: Back on Monday"):
        greet(fake.url)
    greeting = greet(fake.url)
    assert "Back on Monday" in greeting.notice
    assert greeting.limits.upload


def test_a_service_that_is_down_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ServiceUnavailableError, match=rf"nothing answers at 127\.0\.0\.1:{port}.*Check the address"):
        connect(f"http://127.0.0.1:{port}/tap").tables()


def test_a_name_that_does_not_resolve_is_told() -> None:
    with pytest.raises(ServiceUnavailableError, match=r"no-such-host\.invalid.*not known.*spelling"):
        connect("https://no-such-host.invalid/tap").limits()


def test_a_service_that_does_not_answer_in_time_is_told(fake: Any) -> None:
    service = Service(fake.url)
    service._transport.read_s = 0.1
    fake.inject("stall", "/capabilities", seconds=1.0)
    with pytest.raises(ServiceUnavailableError, match="no answer came in time"):
        service.limits()


def test_a_connection_that_breaks_is_told(fake: Any, service: Service) -> None:
    fake.inject("reset", "/capabilities")
    with pytest.raises(ServiceUnavailableError, match="the connection broke"):
        service.limits()


def test_a_service_without_uploads_says_so(fake: Any, fake_uws: Any, service: Service) -> None:
    body = fake_uws.CAPABILITIES.replace("uploadMethod", "nothing").format(upload_limit="").encode()
    fake.inject("status", "/capabilities", status=200, body=body, headers={"Content-Type": "text/xml"})
    with pytest.raises(UploadError, match="takes no uploads"):
        service.submit("SELECT 1", {"ra": [1.0]})
    assert not fake.jobs


def test_nonsense_is_refused_before_anything_is_sent(fake: Any, service: Service) -> None:
    from tapwidget.match.spec import SkyMatch

    with pytest.raises(MatchError, match="needs your table"):
        service.submit(SkyMatch("dp1.Object"))
    with pytest.raises(MatchError, match="empty"):
        service.submit("  ")
    with pytest.raises(MatchError, match="goes with ADQL"):
        service.submit(SkyMatch("dp1.Object"), {"ra": [1.0]}, uploads={"a": {"b": [1]}})
    assert fake.requests == []


# Names and tokens.


def test_known_names_and_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connect("gaia").url == "https://gea.esac.esa.int/tap-server/tap"
    assert connect("VizieR").name == "vizier"
    assert connect("https://example.org/tap/").url == "https://example.org/tap"
    with pytest.raises(ServiceUnavailableError, match=r'neither a service.*"demo", "rsp", "gaia"'):
        connect("gaja")
    with pytest.raises(ServiceUnavailableError, match="int is no TAP service"):
        connect(7)


def test_rubin_without_its_platform_wants_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rubin, "is_installed", lambda: False)
    with pytest.raises(AuthenticationError, match="read:tap"):
        connect("rsp")
    monkeypatch.setenv("TAPWIDGET_TOKEN", SECRET)
    assert connect("rsp").url == "https://data.lsst.cloud/api/tap"


def test_without_a_name_it_is_rubin_there_else_demo_else_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rubin, "is_installed", lambda: True)
    monkeypatch.setattr(rubin, "DISCOVERY", Path("/nowhere"))
    monkeypatch.delenv("EXTERNAL_TAP_URL", raising=False)
    monkeypatch.setenv("EXTERNAL_INSTANCE_URL", "https://data.lsst.cloud")
    assert services._default() == "rsp"
    # Installed on somebody's laptop, it knows no service.
    monkeypatch.delenv("EXTERNAL_INSTANCE_URL")
    assert services._default() == "demo"
    monkeypatch.setattr(services, "missing", lambda: ["duckdb"])
    with pytest.raises(ServiceUnavailableError, match=r'pip install "tapwidget\[server\]"'):
        connect()


def test_a_token_is_sent_and_shown_nowhere(
    fake: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.token = SECRET
    with pytest.raises(AuthenticationError):
        connect(fake.url).limits()
    service = Service(fake.url, token=SECRET, ledger=Ledger(tmp_path))
    job = service.submit("SELECT 1", Table({"ra": [1.0]}))
    job.result()
    fake.inject("status", "/async/", times=1, status=401, body=b"expired")
    with pytest.raises(AuthenticationError, match="may have expired") as caught:
        service.job("j0001")
    told = "".join(traceback.format_exception(caught.value))
    shown = [repr(service), repr(job), repr(service._transport), repr(service._transport.session.auth), told]
    shown += [caplog.text, *capsys.readouterr(), *(file.read_text() for file in tmp_path.glob("*"))]
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert not [text for text in shown if SECRET in text]
    assert all(r.headers.get("Authorization") == f"Bearer {SECRET}" for r in fake.requests[1:])


def test_two_services_and_tokens_do_not_mix(fake: Any, fake_uws: Any, tmp_path: Path) -> None:
    other = fake_uws.FakeUws()
    try:
        fake.token, other.token = "one", "two"
        first = Service(fake.url, token="one", ledger=Ledger(tmp_path))
        second = Service(other.url, token="two", ledger=Ledger(tmp_path))
        jobs = [service.submit(f"SELECT '{service.name}'") for service in (first, second) for _ in range(3)]
        for job in jobs:
            job.result()
        assert {r.headers["Authorization"] for r in fake.requests} == {"Bearer one"}
        assert {r.headers["Authorization"] for r in other.requests} == {"Bearer two"}
        assert {r.adql for r in first.jobs()} == {f"SELECT '{first.name}'"}
        assert {r.adql for r in second.jobs()} == {f"SELECT '{second.name}'"}
    finally:
        other.close()


@pytest.mark.parametrize("how", ["token", "user session", "userinfo"])
def test_secrets_do_not_follow_a_redirect_to_another_host(fake: Any, fake_uws: Any, tmp_path: Path, how: str) -> None:
    other = fake_uws.FakeUws()
    try:
        if how == "token":
            service = Service(fake.url, token=SECRET, ledger=Ledger(tmp_path))
        elif how == "userinfo":
            service = connect(fake.url.replace("http://", f"http://me:{SECRET}@"))
        else:
            session = requests.Session()
            session.headers["Authorization"] = f"Bearer {SECRET}"
            service = Service(fake.url, session=session, ledger=Ledger(tmp_path))
        other.jobs["j0001"] = fake_uws.FakeJob("j0001", {}, phase="COMPLETED")
        result = f"{other.url}/async/j0001/results/result"
        fake.inject("status", "/results/result$", status=302, headers={"Location": result})
        service.submit("SELECT 1").result()
        # A job that the service says to be elsewhere.
        fake.inject("status", "/async$", status=303, headers={"Location": f"{other.url}/async/j0001"})
        service.submit("SELECT 2").result()
        assert len(other.requests) >= 3
        assert not [r for r in other.requests if "Authorization" in r.headers]
        assert all("Authorization" in r.headers for r in fake.requests)
        assert SECRET not in repr(service) + service.url
    finally:
        other.close()


def test_the_environments_token_goes_where_it_may(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWIDGET_TOKEN", SECRET)
    fake.token = SECRET
    assert connect(fake.url).limits().upload
    assert connect("gaia")._transport.session.auth is None
    assert connect("https://gea.esac.esa.int/tap-server/tap")._transport.session.auth is None
    assert connect("http://example.org/tap")._transport.session.auth is None
    assert connect("https://example.org/tap")._transport.session.auth is not None


def test_a_service_of_pyvo_keeps_its_session(fake: Any) -> None:
    from pyvo.dal import TAPService

    session = requests.Session()
    session.headers["Authorization"] = "Bearer mine"
    fake.token = "mine"
    service = connect(TAPService(fake.url, session=session))
    assert service.limits().upload
    assert service.url == fake.url
    assert service.pyvo.baseurl == fake.url


def test_a_session_of_pyvo_chooses_its_own_credentials(fake: Any, tmp_path: Path) -> None:
    """As lsst.rsp makes it: a credential for the addresses of one service, none for others."""
    from pyvo.auth import AuthSession
    from pyvo.dal import TAPService

    with_token = requests.Session()
    with_token.headers["Authorization"] = f"Bearer {SECRET}"
    session = AuthSession()
    session.credentials.set("lsst-token", with_token)
    for path in ("", "/sync", "/async", "/tables"):
        session.add_security_method_for_url(fake.url + path, "lsst-token")
    fake.token = SECRET
    pyvos = TAPService(fake.url, session=session)
    # What capabilities say of an address alone goes before what the user has set for the whole service.
    session.add_security_method_for_url(f"{fake.url}/capabilities", "anonymous", exact=True)
    service = connect(pyvos)
    assert service.limits().upload
    job = service.submit("SELECT 1")
    assert len(job.result()) == 2
    assert {r.headers.get("Authorization") for r in fake.requests} == {f"Bearer {SECRET}"}
    assert SECRET not in repr(service) + repr(job)


def test_a_session_of_pyvo_without_the_right_credential_is_told(fake: Any) -> None:
    from pyvo.auth import AuthSession
    from pyvo.dal import TAPService

    session = AuthSession()
    service = connect(TAPService(fake.url, session=session))
    session.add_security_method_for_url(f"{fake.url}/capabilities", "ivo://ivoa.net/sso#BasicAA", exact=True)
    with pytest.raises(AuthenticationError, match=r"no credential that .*BasicAA.*add_security_method_for_url"):
        service.limits()


@pytest.fixture
def lsst_rsp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for lsst.rsp, as far as it is used: get_tap_service."""
    package = tmp_path / "lsst" / "rsp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import os, requests\n"
        "from pyvo.dal import TAPService\n"
        "def get_tap_service(label):\n"
        "    session = requests.Session()\n"
        "    session.headers['Authorization'] = 'Bearer platform'\n"
        "    return TAPService(os.environ['EXTERNAL_TAP_URL'], session=session)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("lsst", "lsst.rsp"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return package


def test_on_the_platform_rubins_package_says_where_and_who(
    fake: Any, lsst_rsp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXTERNAL_TAP_URL", fake.url)
    fake.token = "platform"
    service = connect()
    assert (service.name, service.url) == ("rsp", fake.url)
    assert service.limits().upload
    fake.token = "mine"
    assert connect("rsp", token="mine").limits().upload


def test_rubins_package_elsewhere_says_what_to_do(lsst_rsp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXTERNAL_TAP_URL", raising=False)
    with pytest.raises(ServiceUnavailableError, match=r"lsst\.rsp is not told where.*token="):
        connect("rsp")
    monkeypatch.setenv("TAPWIDGET_TOKEN", SECRET)
    assert connect("rsp").url == rubin.RUBIN_URL


@pytest.mark.parametrize("endpoint", ["sync", "async"])
def test_a_service_that_moved_to_https_is_told(fake: Any, service: Service, endpoint: str) -> None:
    service.limits()
    fake.inject("status", f"/{endpoint}$", status=301, headers={"Location": f"https://new.example/x/{endpoint}"})
    with pytest.raises(ServiceUnavailableError, match=r"moved to https://new\.example/x\. Connect"):
        service.table("dp1.Object") if endpoint == "sync" else service.submit("SELECT 1")


def test_what_pyvo_writes_we_read_and_back(fake: Any, service: Service) -> None:
    """pyvo understands the same service through our session."""
    job = service.submit("SELECT 1")
    job.wait(10)
    assert service.pyvo.get_tap_capability() is not None


def test_errors_can_be_raised_again_elsewhere(fake: Any, service: Service) -> None:
    """Workers hand exceptions on; their words must survive."""
    with pytest.raises(JobError) as caught:
        service.job("j9999")
    assert isinstance(caught.value, ServiceError)
    assert not isinstance(caught.value, QueryError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("query", [42, None, Table({"ra": [1.0]})])
def test_what_is_no_query_is_not_sent(query: object) -> None:
    with pytest.raises(MatchError, match=rf"{type(query).__name__} is no query\. Give ADQL, or a match"):
        connect("http://127.0.0.1:9/tap").submit(query, SkyMatch("dp1.Object"))
