"""The command line: what is asked reaches the engine, what fails is one sentence and the right exit status."""

from __future__ import annotations

import builtins
import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from tapwidget import cli
from tapwidget.cli import doctor
from tapwidget.cli import match as match_command
from tapwidget.client import services
from tapwidget.errors import (
    AuthenticationError,
    QueryError,
    ResultError,
    ServiceUnavailableError,
    TargetError,
)
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.uws import JobPhase, Progress
from tapwidget.match.dialects import BUILT_IN
from tapwidget.match.epoch import Epoch
from tapwidget.match.radius import PositionErrors, RadiusColumn

MATCH = ["--service", "demo", "--target", "dp1.Object"]


class FakeJob:
    """A job that goes through its phases when its result is asked for."""

    url = "http://127.0.0.1:1/tap/async/7"
    changes = ("r: 3 missing values",)
    elapsed = 0.25

    def __init__(self, answer: Table | Exception) -> None:
        self.answer = answer
        self.phase, self.progress = JobPhase.QUEUED, Progress()
        self.callbacks: list = []

    def subscribe(self, callback):
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)

    def result(self):
        for self.phase, self.progress in (
            (JobPhase.EXECUTING, Progress(40.0)),
            (JobPhase.EXECUTING, Progress(40.0)),
            (JobPhase.COMPLETED, Progress()),
        ):
            for callback in self.callbacks:
                callback(self)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class FakeService:
    """A service that answers with a given table or error."""

    url = "http://127.0.0.1:1/tap"

    def __init__(self, answer: Table | Exception) -> None:
        self.answer = answer
        self.says = ""
        self.asked: list = []

    def submit(self, match, table, *, maxrec=None):
        self.asked.append((match, table))
        self.maxrec = maxrec
        return FakeJob(self.answer)

    def plan(self, match, table):
        class Plan:
            adql = f"SELECT 1 FROM {match.target}"

        return Plan()

    def limits(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return Limits(upload=True, upload_bytes=32 * 2**20)

    def dialect(self):
        return BUILT_IN

    def notice(self):
        return self.says


@pytest.fixture
def table_file(tmp_path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("objid,ra,dec,r\n1237670017269367163,38.0,7.4,20.5\n1237670017269367135,38.1,7.2,null\n")
    return path


@pytest.fixture
def result() -> Table:
    table = Table({"ut1_objid": np.array([1237670017269367163, 2**62 + 1]), "separation": [0.1, 0.25]})
    table["separation"].unit = "arcsec"
    return table


@pytest.fixture
def connected(monkeypatch):
    """Make `connect` give a service that answers so; the service."""

    def arrange(answer):
        service = FakeService(answer)
        monkeypatch.setattr(services, "connect", lambda name: service)
        return service

    return arrange


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


# match: what is asked


def test_a_sky_match_reaches_the_service_as_typed(connected, result, table_file, capsys):
    service = connected(result)
    options = [*MATCH, "--radius", "0.5arcmin", "--columns", "objectId, r_cModelMag", "--find", "nearest"]
    where = ["--where", "ut1.r > 17", "ABS(ut1.r - r_cModelMag) < 0.1", "--ra", "ra", "--dec", "dec"]
    assert cli.main(["match", str(table_file), *options, *where]) == 0
    match, table = service.asked[0]
    assert match.target == "dp1.Object"
    assert match.radius_deg == pytest.approx(1 / 120, rel=1e-15)
    assert match.columns == ("objectId", "r_cModelMag")
    assert match.where == ("ut1.r > 17", "ABS(ut1.r - r_cModelMag) < 0.1")
    assert (match.find, match.ra, match.dec) == ("nearest", "ra", "dec")
    assert list(table["objid"]) == [1237670017269367163, 1237670017269367135]


def test_every_way_of_a_sky_match_reaches_the_service(connected, result, table_file):
    service = connected(result)
    nearest = ["--radius", "1", "--find", "nearest", "--neighbours", "3", "--unmatched", "keep", "--shift=-0.5,0.25"]
    column = ["--radius-column", "size", "--radius-unit", "mas", "--radius-factor", "2", "--find", "nearest_theirs"]
    errors = ["--errors", "5", "--error-columns", "e_ra, e_dec=err", "--radius", "30arcsec", "--radius-unit", "mas"]
    for options in (nearest, column, [*errors, "--target-unit", "deg"], ["--errors", "3", "--error-columns", "e"]):
        assert cli.main(["match", str(table_file), *MATCH, *options, "--quiet"]) == 0
    asked = [match for match, _ in service.asked]
    assert (asked[0].neighbours, asked[0].unmatched, asked[0].shift) == (3, "keep", (-0.5, 0.25))
    assert asked[1].radius == RadiusColumn("size", unit="mas", factor=2)
    assert asked[1].find == "nearest_theirs"
    assert asked[2].radius == PositionErrors(5, ("e_ra", "e_dec"), "err", limit=30, unit="mas", their_unit="deg")
    assert asked[3].radius == PositionErrors(3, "e")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--radius", "1", "--radius-column", "size"], "either --radius"),
        (["--errors", "3", "--radius-column", "size"], "either --errors"),
        (["--radius", "1", "--error-columns", "a=b"], "goes with --errors"),
        (["--errors", "3"], "needs the columns that hold them: --error-columns"),
        (["--radius", "1", "--radius-unit", "arcmin"], "--radius-unit goes with --radius-column or --errors"),
        (["--radius", "1", "--radius-factor", "60"], "--radius-factor goes with --radius-column"),
        (["--radius-column", "size", "--target-unit", "mas"], "--target-unit goes with --errors"),
        (["--on", "a=b", "--radius-unit", "mas"], "--radius-unit goes with"),
        (["--radius", "1", "--shift", "east"], "two numbers"),
        (["--radius", "1", "--shift", "1"], "two numbers"),
        (["--radius", "1", "--neighbours", "3"], "go with find='nearest'"),
        (["--on", "a=b", "--neighbours", "3"], "no separations"),
        (["--on", "a=b", "--epoch", "2016.0=2024.9"], "--epoch goes with --radius"),
        (["--radius", "1", "--epoch", "2016.0"], "two Julian years"),
        (["--radius", "1", "--epoch", "2016.0=later"], "two Julian years"),
        (["--radius", "1", "--epoch", "2016.0=57388.5"], "must be a Julian year"),
        (["--radius", "1", "--epoch", "=2024.9"], "epoch of your positions is empty"),
        (["--radius", "1", "--motion-columns", "a,b"], "--motion-columns goes with --epoch."),
        (["--radius", "1", "--epoch", "2016.0=2024.9", "--motion-columns", "pmra"], "PMRA,PMDEC"),
        (["--radius", "1", "--clean", "strip"], "--clean and --ignore-case go with --on"),
        (["--radius", "1", "--ignore-case"], "--clean and --ignore-case go with --on"),
        (["--on", "a=b", "--clean", "polish"], "there are replace, upper"),
        (["--on", "a=b", "--clean", "Strip"], "there are replace, upper"),
        (["--on", "a=b", "--clean", "replace:_"], "'replace' takes old and new"),
    ],
)
def test_ways_that_do_not_go_together(options, says, table_file, capsys):
    assert cli.main(["match", str(table_file), *MATCH, *options]) == 2
    assert says in capsys.readouterr().err


def test_an_identifier_match_reaches_the_service(connected, result, table_file):
    service = connected(result)
    assert cli.main(["match", str(table_file), *MATCH, "--on", "objid=objectId", "--quiet"]) == 0
    assert service.asked[0][0].on == ("objid", "objectId")


def test_identifiers_are_cleaned_up_in_the_order_of_the_options(connected, result, table_file):
    service = connected(result)
    clean = ["--clean", "strip", "replace:_: ", "--ignore-case", "--clean", "drop_prefix/Gaia: ", "replace|:|"]
    assert cli.main(["match", str(table_file), *MATCH, "--on", "objid=objectId", *clean]) == 0
    match, _ = service.asked[0]
    assert match.clean == (("strip",), ("replace", "_", " "), ("drop_prefix", "Gaia: "), ("replace", ":", ""))
    assert match.ignore_case


def test_epochs_reach_the_service(connected, result, table_file):
    service = connected(result)
    for options in (
        ["--epoch", "2016.0=2024.9"],
        ["--epoch", "ref_epoch = 2024.9", "--motion-columns", "mura, mude"],
        ["--epoch", "2016.0=2024.9", "--motion-columns", "pm_ra,pm_dec,plx,rv"],
    ):
        assert cli.main(["match", str(table_file), *MATCH, "--radius", "1", "--quiet", *options]) == 0
    assert [match.epoch for match, _ in service.asked] == [
        Epoch(2016.0, 2024.9),
        Epoch("ref_epoch", 2024.9, pm=("mura", "mude")),
        Epoch(2016.0, 2024.9, pm=("pm_ra", "pm_dec"), parallax="plx", radial_velocity="rv"),
    ]


def test_a_limit_of_rows_reaches_the_service(connected, result, table_file, capsys):
    service = connected(result)
    for options, asked in ([], None), (["--maxrec", "5000"], 5000):
        assert cli.main(["match", str(table_file), *MATCH, "--radius", "1", "--quiet", *options]) == 0
        assert service.maxrec == asked
    with pytest.raises(SystemExit) as stopped:
        cli.main(["match", str(table_file), *MATCH, "--radius", "1", "--maxrec", "many"])
    assert stopped.value.code == 2


def test_where_may_be_given_several_times(connected, result, table_file):
    service = connected(result)
    cli.main(["match", str(table_file), *MATCH, "--radius", "1", "--where", "r_cModelMag > 1", "--where", "ut1.r > 2"])
    assert service.asked[0][0].where == ("r_cModelMag > 1", "ut1.r > 2")


def test_adql_prints_the_query_and_nothing_else(connected, result, table_file, capsys):
    service = connected(result)
    assert cli.main(["match", str(table_file), *MATCH, "--radius", "1arcsec", "--adql"]) == 0
    assert capsys.readouterr().out == "SELECT 1 FROM dp1.Object\n"
    assert service.asked == []


# match: what comes out


def test_csv_on_stdout_is_all_that_is_there(connected, result, table_file, capsys):
    connected(result)
    assert cli.main(["match", str(table_file), *MATCH, "--radius", "1arcsec"]) == 0
    printed = capsys.readouterr()
    assert list(csv.reader(lines(printed.out))) == [
        ["ut1_objid", "separation"],
        ["1237670017269367163", "0.1"],
        ["4611686018427387905", "0.25"],
    ]
    told = lines(printed.err)
    assert told[0].endswith("mine.csv: 2 rows")
    assert f"job {FakeJob.url}" in told
    assert "  r: 3 missing values" in told
    assert [line.split("  ")[0] for line in told if line.endswith(" s")] == ["QUEUED", "EXECUTING 40 %", "COMPLETED"]
    assert told[-1] == "2 rows"


def test_quiet_says_nothing(connected, result, table_file, capsys):
    connected(result)
    assert cli.main(["match", str(table_file), *MATCH, "--radius", "1arcsec", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("suffix", match_command.SUFFIXES)
def test_out_takes_the_result(connected, result, table_file, capsys, suffix):
    connected(result)
    out = table_file.parent / f"result{suffix}"
    assert cli.main(["match", str(table_file), *MATCH, "--radius", "1arcsec", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert lines(printed.err)[-1] == f"2 rows in {out}"
    from tapwidget.tables.files import read_table

    assert list(read_table(out)["ut1_objid"]) == [1237670017269367163, 2**62 + 1]


def test_a_truncated_result_is_delivered_and_said_even_when_quiet(connected, result, table_file, capsys):
    result.meta["overflow"] = True
    connected(result)
    assert cli.main(["match", str(table_file), *MATCH, "--radius", "1arcsec", "--quiet"]) == 3
    printed = capsys.readouterr()
    assert len(lines(printed.out)) == 3
    assert "truncated" in printed.err


# match: what fails


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (QueryError("The query failed.", said="Unknown column x"), 1),
        (ResultError("The result is not whole."), 1),
        (AuthenticationError("No token."), 1),
        (ServiceUnavailableError("It is down."), 1),
        (TargetError("There is no table dp1.Objekt."), 2),
        (KeyboardInterrupt(), 1),
    ],
)
def test_a_failure_is_one_sentence(connected, table_file, capsys, error, status):
    connected(error)
    assert cli.main(["match", str(table_file), *MATCH, "--radius", "1arcsec", "--quiet"]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    last = lines(printed.err)[-1]
    assert last.startswith("tapwidget: ")
    assert str(error) in last
    assert getattr(error, "said", "") in last


def test_whoever_stops_waiting_is_told_where_the_job_is(connected, table_file, capsys):
    connected(KeyboardInterrupt())
    assert cli.main(["match", str(table_file), *MATCH, "--radius", "1arcsec", "--quiet"]) == 1
    assert FakeJob.url in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([], "--radius"),
        (["--radius", "1arcsec", "--on", "a=b"], "--radius"),
        (["--radius", "1 kilogram"], "kg"),
        (["--radius", "fast"], "fast"),
        (["--radius", "-1arcsec"], "above 0"),
        (["--radius=1arcsec", "--ra", "ra"], "--dec"),
        (["--on", "objid"], "YOUR_COLUMN=TARGET_COLUMN"),
        (["--on", "a=b", "--ra", "ra", "--dec", "dec"], "--ra"),
        (["--on", "a=b", "--find", "nearest"], "find"),
        (["--radius=1arcsec", "--out", "result.docx"], ".parquet"),
        (["--radius=1arcsec", "--out", "no/such/folder/result.fits"], "folder"),
    ],
)
def test_bad_usage_is_found_before_anything_is_asked(monkeypatch, table_file, capsys, options, why):
    monkeypatch.setattr(services, "connect", lambda name: pytest.fail("asked a service"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(table_file.parent)
        options = [f"--radius={options[1]}", *options[2:]] if options[:1] == ["--radius"] else options
        assert cli.main(["match", str(table_file), *MATCH, *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(lines(printed.err)) == 1
    assert why in printed.err


def test_a_file_that_is_no_table_is_bad_input(connected, result, tmp_path, capsys):
    connected(result)
    page = tmp_path / "page.csv"
    page.write_text("<!DOCTYPE html><html><body>Please log in</body></html>")
    for file in (page, tmp_path / "absent.csv"):
        assert cli.main(["match", str(file), *MATCH, "--radius", "1arcsec"]) == 2
        assert file.name in lines(capsys.readouterr().err)[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["match"],
        ["match", "a.csv", "--service", "demo"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "x"],
    ],
)
def test_argparse_refuses_with_two(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage: tapwidget" in capsys.readouterr().err


# serve


def test_serve_of_a_missing_file_is_bad_input(capsys):
    assert cli.main(["serve", "no-such.fits"]) == 2
    assert "no-such.fits" in capsys.readouterr().err


def test_serve_without_the_extra_says_what_to_install(monkeypatch, capsys):
    real = builtins.__import__

    def without(name, *rest):
        if name == "tapwidget.server.run":
            raise ModuleNotFoundError("No module named 'duckdb'", name="duckdb")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert cli.main(["serve"]) == 1
    assert 'pip install "tapwidget[server]"' in capsys.readouterr().err


def test_serve_passes_on_what_was_asked(monkeypatch, tmp_path):
    import tapwidget.server.run as server

    calls = []
    monkeypatch.setattr(server, "main", lambda paths, **options: calls.append((paths, options)) or 0)
    file = tmp_path / "a.fits"
    file.write_bytes(b"")
    assert cli.main(["serve", str(file), "--host", "0.0.0.0", "--port", "8123", "--token", "t", "--with-parent"]) == 0
    paths, options = calls.pop()
    assert paths == [file]
    assert options == {"names": None, "host": "0.0.0.0", "port": 8123, "token": ["t"], "with_parent": True}
    assert cli.main(["serve"]) == 0
    paths, options = calls.pop()
    assert (paths, options["token"]) == ([], None)
    assert set(options["names"]) == {"dp1.Object", "dp1.MPCORB", "gaiadr3.sso_orbits"}
    assert (options["host"], options["port"], options["with_parent"]) == ("127.0.0.1", 0, False)


# doctor


def test_doctor_never_shows_the_token(monkeypatch, capsys):
    monkeypatch.setenv("TAPWIDGET_TOKEN", "gt-secret")
    finding = doctor.token()
    assert finding.ok
    assert "TAPWIDGET_TOKEN" in finding.text
    assert "secret" not in str(finding)
    monkeypatch.delenv("TAPWIDGET_TOKEN")
    assert doctor.token().ok is None


def test_doctor_names_every_package_once_with_its_version():
    findings = list(doctor.packages())
    names = [finding.subject for finding in findings]
    assert len(set(names)) == len(names)
    assert {"astropy", "pyvo", "duckdb", "jupyterlab"} <= set(names)
    assert "hypothesis" not in names
    assert all(finding.ok and finding.text[0].isdigit() for finding in findings)


@pytest.mark.parametrize(
    ("version", "ok"), [("6.31.0", True), ("7.0.0", None), ("7.3.0", None), ("7.4.0", True), ("8.0", True)]
)
def test_doctor_knows_the_kernels_that_lose_requests(version, ok, monkeypatch):
    monkeypatch.setattr(doctor.metadata, "version", {"ipykernel": version}.get)
    (finding,) = doctor.kernel()
    assert (finding.ok, version in finding.text, "ipykernel>=7.4" in finding.text) == (ok, True, ok is None)


def test_doctor_sees_the_front_end_extensions(tmp_path, monkeypatch):
    assert [finding.ok for finding in doctor.lab_extensions()] == [True, True, True]
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *names: [str(tmp_path)])
    findings = list(doctor.lab_extensions())
    assert [finding.ok for finding in findings] == [False, False, False]
    assert all(str(tmp_path) in finding.text for finding in findings)


def test_doctor_says_whether_a_service_answers(connected, result, capsys):
    service = connected(result)
    assert cli.main(["doctor", "--service", "demo"]) == 0
    printed = capsys.readouterr().out
    assert "ok  service demo" in printed
    assert "answers (built-in service), takes uploads up to 32 MiB" in printed
    service.says = "http://127.0.0.1:1/tap says that it is not available now. Try again later."
    assert cli.main(["doctor", "--service", "demo"]) == 1
    assert "not available now" in capsys.readouterr().out
    connected(ServiceUnavailableError("There is nobody."))
    assert cli.main(["doctor", "--service", "demo"]) == 1
    printed = capsys.readouterr()
    assert "NO  service demo" in printed.out
    assert "There is nobody." in printed.out


@pytest.mark.parametrize(
    ("version", "bounds", "fits"),
    [
        ("7.1", ">=7.1", True),
        ("7.1.0", ">=7.1", True),
        ("7.0.9", ">=7.1", False),
        ("30.30.0", ">=30,<31", True),
        ("31.0.0", ">=30,<31", False),
        ("10.2", ">=9.13", True),
        ("2.0.0rc1", ">=2.0", True),
    ],
)
def test_versions_are_compared_as_numbers(version, bounds, fits):
    assert doctor.satisfies(version, bounds) is fits


# the process


def test_a_reader_that_has_enough_is_no_error():
    code = (
        "import sys; from tapwidget import cli; cli.run_serve = lambda chosen: print('x' * 200_000) or 0; "
        "sys.exit(cli.main(['serve']))"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert os.read(child.stdout.fileno(), 10) == b"x" * 10
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait(60) == 0


def test_what_the_service_said_stands_once(capsys):
    said = "Could not parse:\n  Expected  FROM"
    assert cli.complain(QueryError(f"The query failed. It said: {said}", said=said), 1) == 1
    assert capsys.readouterr().err.count("Expected FROM") == 1
    cli.complain(QueryError("The query failed.", said=said), 1)
    assert capsys.readouterr().err == "tapwidget: The query failed. The service said: Could not parse: Expected FROM\n"


def test_the_module_is_the_command():
    answer = subprocess.run(
        [sys.executable, "-m", "tapwidget", "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout == f"tapwidget {__import__('tapwidget').__version__}\n"
