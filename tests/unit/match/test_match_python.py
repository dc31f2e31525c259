"""The cell of plain pyvo: executed against a service made of arrays, it gives what the package itself gives."""

import ast
import contextlib
import io
import re
from types import SimpleNamespace

import astropy.units as u
import numpy as np
import pytest
import pyvo
from astropy.coordinates import SkyCoord
from astropy.io.votable import parse_single_table
from astropy.table import MaskedColumn, QTable, Table
from astropy.time import Time

from tapwidget.client.plan import make_plan
from tapwidget.errors import MatchError
from tapwidget.ivoa.tapschema import Column
from tapwidget.ivoa.tapschema import Table as Target
from tapwidget.match.pairs import separation_arcsec
from tapwidget.match.python import cell
from tapwidget.match.radius import PositionErrors, RadiusColumn
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.tables.objects import as_table
from tapwidget.tables.roles import Position

TARGET = Target(
    "dp1.Object",
    columns=(
        Column("objectId", "long", ucd="meta.id;src", principal=True),
        Column("coord_ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        Column("coord_dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
        Column("r_cModelMag", "float", unit="mag", principal=True),
        Column("name", "char", "*"),
        Column("r_err", "float", unit="mas"),
    ),
)
RNG = np.random.default_rng(7)
SKY = Table(
    {
        "objectId": 648368125565216675 + np.arange(60),
        "coord_ra": (359.99 + RNG.uniform(0, 0.02, 60)) % 360,
        "coord_dec": RNG.uniform(-0.01, 0.01, 60),
        "r_cModelMag": MaskedColumn(RNG.uniform(17, 22, 60).astype("f4"), mask=np.arange(60) % 7 == 0, unit="mag"),
        "name": [f"2000 VC{i}" for i in range(60)],
        "r_err": np.where(np.arange(60) % 13 == 0, np.nan, RNG.uniform(0, 700, 60)).astype("f4"),
    }
)
SKY["coord_ra"].unit = SKY["coord_dec"].unit = "deg"


def user_table():
    """Some of the sky, moved a little, twice over, with missing positions and magnitudes and one of every type."""
    chosen = np.tile(np.arange(0, 60, 2), 2)
    ra = (SKY["coord_ra"][chosen] + RNG.normal(0, 3e-4, 60)) % 360
    return Table(
        {
            "objid": 1237670017269367163 + np.arange(60),
            "ra": MaskedColumn(ra, mask=np.arange(60) == 5),
            "dec": np.where(np.arange(60) == 8, np.nan, SKY["coord_dec"][chosen] + RNG.normal(0, 3e-4, 60)),
            "r": MaskedColumn(RNG.uniform(17, 22, 60), mask=np.arange(60) % 5 == 0, unit="mag"),
            "size": np.arange(60, dtype="u2"),
            "good": np.arange(60) % 2 == 0,
            "name": SKY["name"][chosen],
            "reach": MaskedColumn(RNG.uniform(-100, 2000, 60), mask=np.arange(60) % 9 == 0),
            "reach_deg": np.where(np.arange(60) % 4 == 0, np.nan, RNG.uniform(0, 3, 60) / 3600) * u.deg,
            "e_ra": RNG.uniform(0, 0.5, 60),
            "e_dec": MaskedColumn(RNG.uniform(-0.05, 0.5, 60).astype("f4"), mask=np.arange(60) % 11 == 0),
        }
    )


class FakeJob:
    """A job that answers with the pairs, as VOTable, after two phases of work."""

    def __init__(self, answer):
        self.answer, self.log, self.phases = answer, [], ["QUEUED", "EXECUTING", "COMPLETED"]

    def run(self):
        self.log.append("run")

    @property
    def phase(self):
        return self.phases.pop(0) if len(self.phases) > 1 else self.phases[0]

    def raise_if_error(self):
        self.log.append("raise_if_error")

    def fetch_result(self):
        buffer = io.BytesIO()
        self.answer.write(buffer, format="votable")
        buffer.seek(0)
        return SimpleNamespace(to_table=lambda: parse_single_table(buffer).to_table(use_names_over_ids=True))

    def delete(self):
        self.log.append("delete")


class FakeService:
    """Joins every pair by itself; the query's text only gives the select list."""

    def __init__(self, join):
        self.join, self.jobs = join, []

    def submit_job(self, query, *, uploads, **more):
        ((self.name, self.upload),) = uploads.items()
        buffer = io.BytesIO()
        self.upload.write(buffer, format="votable")  # as pyvo sends it
        mine, theirs = self.join(self.upload)
        names = re.findall(r"\b[ot]\.(\w+)", query.split("FROM")[0])
        answer = Table({f"{self.name}_tw_row": self.upload["tw_row"][mine]})
        for name in names:
            answer[name] = SKY[name][theirs]
        self.query = query
        self.jobs.append(FakeJob(answer[np.random.default_rng(1).permutation(len(answer))]))
        return self.jobs[-1]


def by_position(radius, names=("ra", "dec")):
    def join(upload):
        ra, dec = (np.asarray(upload[name])[:, None] for name in names)
        near = (
            separation_arcsec(ra, dec, np.asarray(SKY["coord_ra"])[None], np.asarray(SKY["coord_dec"])[None]) < radius
        )
        return np.nonzero(near)

    return join


def by_name(upload):
    return np.nonzero(np.asarray(upload["name"]).astype(str)[:, None] == np.asarray(SKY["name"])[None])


def run(code, service, monkeypatch, table):
    monkeypatch.setattr(pyvo.dal, "TAPService", lambda url: service)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    variables = {"table": table.copy()}
    exec(compile(code, "cell", "exec"), variables)
    return variables["result"]


def same(one, other):
    assert one.colnames == other.colnames
    for name in one.colnames:
        assert one[name].dtype == other[name].dtype, name
        assert np.array_equal(np.ma.getmaskarray(one[name]), np.ma.getmaskarray(other[name])), name
        assert np.ma.allequal(
            np.ma.masked_invalid(one[name]) if one[name].dtype.kind == "f" else one[name], other[name]
        ), name
        assert one[name].unit == other[name].unit, name


MODES = {
    "all": {},
    "nearest": {"find": "nearest"},
    "two nearest": {"find": "nearest", "neighbours": 2},
    "nearest of theirs": {"find": "nearest_theirs"},
    "symmetric": {"find": "symmetric"},
    "keep": {"unmatched": "keep"},
    "keep symmetric": {"find": "symmetric", "unmatched": "keep"},
    "only": {"unmatched": "only", "radius": 0.8},
    "only symmetric": {"find": "symmetric", "unmatched": "only", "radius": 0.8},
    "shift": {"find": "nearest", "shift": (0.4, -0.3)},
    "radius column": {"radius": RadiusColumn("reach", unit="mas", factor=2), "find": "nearest_theirs"},
    "radius column with a unit": {"radius": RadiusColumn("reach_deg"), "unmatched": "keep"},
    "errors": {
        "radius": PositionErrors(3, ("e_ra", "e_dec"), "r_err", limit=5, unit="arcsec"),
        "find": "symmetric",
    },
    "my errors": {"radius": PositionErrors(3, "e_ra", limit=2.5, unit="arcsec")},
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("columns", [["objectId", "r_cModelMag"], ["r_cModelMag"], ["coord_ra", "name"]])
def test_sky_match_gives_the_same_rows(mode, columns, monkeypatch):
    table = user_table()
    given = {"radius": 3, **MODES[mode]}
    match = SkyMatch("dp1.Object", columns=columns, where=["ut1.size > 0", "ut1.good = 1"], **given)
    plan = make_plan(match, table, TARGET)
    service = FakeService(by_position(float(plan.adql.split("< ")[1].split()[0]) * 3600, plan.upload.position))
    result = run(cell(match, plan, "http://127.0.0.1:1/tap", table=table), service, monkeypatch, table)
    job = service.jobs[0]
    assert job.log == ["run", "raise_if_error", "delete"]
    assert service.query.strip() == plan.adql
    assert service.name == "ut1"
    expected = plan.finish(job.answer, table)
    assert len(result) > 5
    assert len(result) == len(expected)
    same(result, expected)


def test_a_result_may_be_the_next_upload(monkeypatch):
    table = user_table()
    table.add_column(np.arange(60), name="ut1_ra", index=0)
    match = SkyMatch("dp1.Object", radius=3, columns=["objectId"], ra="ra", dec="dec")
    plan = make_plan(match, table, TARGET)
    service = FakeService(by_position(3))
    result = run(cell(match, plan, "http://127.0.0.1:1/tap", table=table), service, monkeypatch, table)
    assert result.colnames[0] == "ut1_ut1_ra"
    same(result, plan.finish(service.jobs[0].answer, table))


def test_the_upload_is_the_same(monkeypatch):
    table = user_table()
    match = SkyMatch("dp1.Object", where=["ut1.size > 0", "ut1.good = 1", "ut1.name <> 'x'", "ut1.r > 17"])
    plan = make_plan(match, table, TARGET)
    service = FakeService(by_position(1))
    run(cell(match, plan, "http://127.0.0.1:1/tap", table=table), service, monkeypatch, table)
    sent = service.upload
    assert sorted(sent.colnames) == sorted(plan.upload.table.colnames)
    assert len(sent) == 58
    for name in sent.colnames:
        ours = plan.upload.table[name]
        assert sent[name].dtype == ours.dtype, name
        assert np.ma.allequal(sent[name], ours), name


def test_a_service_may_change_the_case_of_names(monkeypatch):
    table = user_table()
    match = SkyMatch("dp1.Object", radius=3, columns=["objectId", "r_cModelMag"], find="nearest")
    plan = make_plan(match, table, TARGET)
    service = FakeService(by_position(3))
    result = run(cell(match, plan, "http://127.0.0.1:1/tap", table=table), service, monkeypatch, table)
    answer = FakeJob.fetch_result

    def in_capitals(job):
        shouting = answer(job).to_table()
        shouting.rename_columns(shouting.colnames, [name.upper() for name in shouting.colnames])
        return SimpleNamespace(to_table=lambda: shouting)

    monkeypatch.setattr(FakeJob, "fetch_result", in_capitals)
    again = run(cell(match, plan, "http://127.0.0.1:1/tap", table=table), service, monkeypatch, table)
    same(again, result)


def test_identifier_match_gives_the_same_rows(monkeypatch):
    table = user_table()
    match = IdentifierMatch("dp1.Object", on=("name", "name"), columns=["objectId"], upload="ut2")
    plan = make_plan(match, table, TARGET)
    service = FakeService(by_name)
    result = run(cell(match, plan, "http://127.0.0.1:1/tap", table=table), service, monkeypatch, table)
    assert len(result) == 60
    assert result.colnames[0] == "ut2_objid"
    same(result, plan.finish(service.jobs[0].answer, table))


def test_columns_of_the_same_name_are_told_apart(monkeypatch):
    table = user_table()[["ra", "dec"]]
    table["separation"] = 1.0
    target = Target("dp1.Object", columns=(*TARGET.columns, Column("separation", "double"), Column("ut1_ra", "double")))
    match = SkyMatch("dp1.Object", columns=["objectId", "ut1_ra"])
    plan = make_plan(match, table, target)
    monkeypatch.setitem(globals(), "SKY", Table({**{n: SKY[n] for n in SKY.colnames}, "ut1_ra": SKY["coord_ra"]}))
    service = FakeService(by_position(3))
    result = run(cell(match, plan, "http://127.0.0.1:1/tap", table=table), service, monkeypatch, table)
    expected = plan.finish(service.jobs[0].answer, table)
    assert result.colnames == [
        "ut1_ra",
        "ut1_dec",
        "ut1_separation",
        "objectId",
        "ut1_ra_2",
        "separation",
        "position_angle",
    ]
    same(result, expected)


def test_a_failed_job_is_deleted_and_raises(monkeypatch):
    table = user_table()
    match = SkyMatch("dp1.Object")
    plan = make_plan(match, table, TARGET)
    service = FakeService(by_position(1))

    def refuse(job):
        raise pyvo.dal.DALQueryError("no")

    monkeypatch.setattr(FakeJob, "raise_if_error", refuse)
    with pytest.raises(pyvo.dal.DALQueryError, match="no"):
        run(cell(match, plan, "http://127.0.0.1:1/tap", table=table), service, monkeypatch, table)
    assert service.jobs[0].log == ["run", "delete"]


SOURCES = SkyCoord([10.0, 200.123456, 359.99999], [-0.5, 45.6789, -80.0], unit="deg")
FORMS = {
    "hours": (
        Position(("RA", "DE"), "hours"),
        {"RA": SOURCES.ra.hour, "DE": SOURCES.dec.deg},
    ),
    "radians": (
        Position(("RA", "DE"), "radians"),
        {"RA": SOURCES.ra.rad, "DE": SOURCES.dec.rad},
    ),
    "arcmin": (
        Position(("RA", "DE"), "degrees"),
        {"RA": SOURCES.ra.arcmin * u.arcmin, "DE": SOURCES.dec.arcmin * u.arcmin},
    ),
    "negative": (Position(("RA", "DE"), "degrees"), {"RA": SOURCES.ra.wrap_at(180 * u.deg).deg, "DE": SOURCES.dec.deg}),
    "fk5": (Position(("RA", "DE"), "degrees", "fk5"), {"RA": SOURCES.fk5.ra.deg, "DE": SOURCES.fk5.dec.deg}),
    "fk4": (Position(("RA", "DE"), "degrees", "fk4"), {"RA": SOURCES.fk4.ra.deg, "DE": SOURCES.fk4.dec.deg}),
    "galactic": (
        Position(("l", "b"), "degrees", "galactic"),
        {"l": SOURCES.galactic.l.deg, "b": SOURCES.galactic.b.deg},
    ),
    "ecliptic": (
        Position(("lon", "lat"), "degrees", "ecliptic"),
        {"lon": SOURCES.barycentricmeanecliptic.lon.deg, "lat": SOURCES.barycentricmeanecliptic.lat.deg},
    ),
    "sexagesimal": (
        Position(("RA", "DE"), "sexagesimal"),
        {
            "RA": SOURCES.ra.to_string("hour", sep=":", precision=8),
            "DE": SOURCES.dec.to_string("deg", sep=" ", precision=8, alwayssign=True),
        },
    ),
    "split": (
        Position(("RAh", "RAm", "RAs", "DE-", "DEd", "DEm", "DEs"), "split"),
        {
            "RAh": SOURCES.ra.hms.h, "RAm": SOURCES.ra.hms.m, "RAs": SOURCES.ra.hms.s,
            "DE-": ["-", "+", "-"], "DEd": abs(SOURCES.dec.dms.d).astype(int),
            "DEm": abs(SOURCES.dec.dms.m), "DEs": abs(SOURCES.dec.dms.s),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("missing", [False, True])
def test_positions_of_every_form(form, missing):
    """The lines that make `ra` and `dec` give ICRS degrees, whatever the user's columns hold."""
    position, columns = FORMS[form]
    table = Table(QTable(columns), masked=missing)
    if missing:
        for name in position.columns[:1]:
            table[name].mask[1] = True
    upload = SimpleNamespace(
        names={}, position=("tw_ra", "tw_dec"), row_column="tw_row", table={"tw_row": np.arange(3)}
    )
    match = SkyMatch("dp1.Object")
    plain = make_plan(match, Table({"ra": [1.0], "dec": [1.0]}), TARGET)
    plan = SimpleNamespace(
        adql="",
        query=plain.query,
        upload=upload,
        names=plain.names,
        separation="separation",
        position_angle="position_angle",
        position=position,
        maxrec=None,
    )
    code = cell(match, plan, "http://x/tap", table=table).split("# What travels")[0]
    variables = {"table": table}
    exec(compile(code, "cell", "exec"), variables)
    got = SkyCoord(variables["ra"], variables["dec"], unit="deg")
    have = np.array([True, not missing, True])
    assert np.array_equal(np.isfinite(variables["ra"] + variables["dec"]), have)
    assert np.all(got[have].separation(SOURCES[have]) < 1e-5 * u.arcsec)
    assert np.all((variables["ra"][have] >= 0) & (variables["ra"][have] < 360))


def test_a_conversion_that_is_not_known_is_not_guessed():
    match = SkyMatch("dp1.Object")
    plain = make_plan(match, Table({"ra": [1.0], "dec": [1.0]}), TARGET)
    upload = SimpleNamespace(names={}, position=("tw_ra", "tw_dec"), row_column="tw_row", table=plain.upload.table)
    plan = SimpleNamespace(
        adql="",
        query=plain.query,
        upload=upload,
        names=plain.names,
        separation="",
        position_angle="",
        position=None,
        maxrec=None,
    )
    with pytest.raises(MatchError, match="converted before the upload"):
        cell(match, plan, "http://x/tap", table=None)


def a_plan(**given):
    table = user_table()
    match = SkyMatch("dp1.Object", **given)
    return match, make_plan(match, table, TARGET), table


def test_how_the_cell_gets_the_table():
    match, plan, table = a_plan()

    def reading(of):
        return next(line for line in cell(match, plan, "http://x/tap", table=of).splitlines() if "table" in line[:9])

    assert reading(None) == "# `table` is your table, an astropy Table."
    assert reading(as_table({"ra": [1.0]})).endswith("table = app.form.table, in the app.")
    assert reading(table) == "# `table` is your table, an astropy Table."
    table.meta["tapwidget"] = {"source": "/home/me/sdss.csv", "read": ""}
    assert reading(table) == '# `table` is your table, an astropy Table, as read from "sdss.csv".'
    table.meta["tapwidget"] = {"read": 'Table.read("sdss.csv", format="ascii.csv", comment="#")'}
    assert reading(table) == 'table = Table.read("sdss.csv", format="ascii.csv", comment="#")'
    assert reading("mine.fits") == 'table = Table.read("mine.fits")'
    assert reading(QTable({"ra": [1] * u.deg})).startswith("table = Table(table)")
    assert reading(Table({"ra": [1.0]}).to_pandas()).startswith("table = Table.from_pandas(table)")


def test_no_secret_gets_into_the_cell():
    match, plan, table = a_plan()
    code = cell(match, plan, "https://me:gt-secret@tap.example.org:8443/tap?token=gt-secret#gt-secret", table=table)
    assert 'TAPService("https://tap.example.org:8443/tap")' in code
    assert "gt-secret" not in code
    assert "me:" not in code


def test_on_the_rubin_platform_lsst_rsp_finds_the_service():
    match, plan, table = a_plan()
    code = cell(match, plan, "https://data.lsst.cloud/api/tap", table=table)
    assert 'service = lsst.rsp.get_tap_service("tap")' in code
    assert "import lsst.rsp" in code
    assert "pyvo" not in code
    assert 'get_tap_service("ssotap")' in cell(match, plan, "https://data.lsst.cloud/api/ssotap/", table=table)


@pytest.mark.parametrize("mode", MODES)
def test_the_cell_needs_nothing_of_ours_and_imports_no_more_than_it_uses(mode):
    match, plan, table = a_plan(**MODES[mode])
    code = cell(match, plan, "http://x/tap", table=table)
    assert "tapwidget" not in code
    tree = ast.parse(code)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert imported <= used
    assert max(len(line) for line in code.splitlines()) <= 130


@pytest.mark.parametrize("name", ['a"b', "back\\slash", "it's", "both \"'", "new\nline"])
def test_names_that_need_care_in_python(name, monkeypatch):
    table = user_table()
    table[name] = table["r"]
    match = SkyMatch("dp1.Object", columns=["objectId"], where=['ut1."' + name.replace('"', '""') + '" > 0'])
    plan = make_plan(match, table, TARGET)
    service = FakeService(by_position(1))
    with contextlib.redirect_stdout(io.StringIO()):
        result = run(cell(match, plan, "http://127.0.0.1:1/tap", table=table), service, monkeypatch, table)
    assert f"ut1_{name}" in result.colnames
    same(result, plan.finish(service.jobs[0].answer, table))


def test_a_query_that_no_triple_quotes_can_hold():
    match, plan, table = a_plan()
    for adql in ('SELECT """', "SELECT '\\n'", 'SELECT "a"'):
        odd = SimpleNamespace(
            adql=adql,
            query=plan.query,
            upload=plan.upload,
            names=plan.names,
            separation=plan.separation,
            position_angle=plan.position_angle,
            maxrec=None,
        )
        tree = ast.parse(cell(match, odd, "http://x/tap", table=table))
        value = next(n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "query")
        assert ast.literal_eval(value).strip() == adql


def test_coordinates_and_times_of_the_users(monkeypatch):
    plain = user_table()["objid", "ra", "dec"]
    ra, dec = (np.nan_to_num(np.ma.filled(np.ma.asarray(plain[name]), 0.0)) for name in ("ra", "dec"))
    sky = SkyCoord(ra, dec, unit="deg")
    when = Time(2020 + np.arange(60) / 60, format="jyear", scale="utc")
    table = QTable({"objid": plain["objid"], "place": sky.galactic, "when": when, "size": np.arange(60) * u.mas})
    table["when"][3] = np.ma.masked
    match = SkyMatch("dp1.Object", radius=2.0, where=["ut1.when > '2020-06'"], unmatched="keep")
    own = as_table(table)
    plan = make_plan(match, own, TARGET)
    service = FakeService(by_position(2.0))
    result = run(cell(match, plan, "https://example.org/tap", table=table), service, monkeypatch, table)
    assert result.colnames[:4] == ["ut1_objid", "ut1_place", "ut1_when", "ut1_size"]
    assert result["ut1_place"].frame.name == "galactic"
    again = FakeService(by_position(2.0))
    expected = run(cell(match, plan, "https://example.org/tap", table=own), again, monkeypatch, own)
    assert len(result) == len(expected) > 60
    assert np.array_equal(result["objectId"].filled(0), expected["objectId"].filled(0))
    sent = service.upload["when_"]  # a reserved word
    assert sent[3] is np.ma.masked
    assert sent[4] == own["when"][4]
