"""A specification is checked when it is made, and says what is wrong in words."""

import astropy.units as u
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import MatchError
from tapwidget.match.constraints import MagnitudeDifference, MagnitudeRange
from tapwidget.match.spec import IdentifierMatch, SkyMatch, where_adql


@pytest.mark.parametrize(
    ("radius", "degrees"),
    [
        (1, 1 / 3600),
        (1.0 * u.arcsec, 1 / 3600),
        (36, 0.01),
        (0.00027 * u.deg, 0.00027),
        (0.972, 0.00027),
        (30 * u.arcmin, 0.5),
        (500 * u.mas, 500 / 3.6e6),
        ("1 arcsec", 1 / 3600),
        ("1arcsec", 1 / 3600),
        ("0.00027 deg", 0.00027),
        ("2.5", 2.5 / 3600),
        (u.Quantity(180, "deg"), 180.0),
    ],
)
def test_radius_in_degrees(radius, degrees):
    match = SkyMatch("dp1.Object", radius=radius)
    assert match.radius_deg == degrees
    assert match.radius.to_value(u.deg) == pytest.approx(degrees)


def test_radius_of_another_angle_unit():
    assert SkyMatch("t", radius=0.001 * u.rad).radius_deg == pytest.approx(0.0572957795)
    assert SkyMatch("t", radius=0.001 * u.hourangle).radius_deg == pytest.approx(0.015)


@given(st.floats(min_value=1e-6, max_value=180 * 3600))
def test_radius_is_arcsec_over_3600(arcsec):
    assert (
        SkyMatch("t", radius=arcsec).radius_deg == SkyMatch("t", radius=arcsec * u.arcsec).radius_deg == arcsec / 3600
    )


@pytest.mark.parametrize(
    ("radius", "says"),
    [
        (0, "must be above 0"),
        (-1 * u.arcsec, "must be above 0"),
        (181 * u.deg, "more than 180"),
        (1 * u.m, "not an angle"),
        (1 * u.dimensionless_unscaled, "not an angle"),
        ("wide", "not an angle"),
        ("3 mag", "not an angle"),
        (float("nan"), "finite"),
        (float("inf") * u.deg, "finite"),
        ([1, 2] * u.arcsec, "one radius"),
        (None, "not a number"),
        (True, "not a number"),
    ],
)
def test_radius_that_is_none(radius, says):
    with pytest.raises(MatchError, match=says):
        SkyMatch("dp1.Object", radius=radius)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"target": ""}, "no target"),
        ({"target": "  "}, "no target"),
        ({"target": None}, "no target"),
        ({"find": "best"}, "'all', 'nearest', 'nearest_theirs', 'symmetric'"),
        ({"upload": "size"}, "reserved word"),
        ({"upload": "my table"}, "no plain name"),
        ({"upload": ""}, "no plain name"),
        ({"upload": "1ut"}, "no plain name"),
        ({"upload": None}, "no plain name"),
        ({"where": [17]}, "neither ADQL text nor a constraint"),
        ({"where": [MagnitudeRange]}, "neither ADQL text nor a constraint"),
        ({"where": 17}, "a list of ADQL conditions"),
        ({"where": "r > 1; DROP"}, "semicolon at character 6"),
        ({"where": ["r > 1 -- x"]}, "comment at character 7"),
        ({"where": ["r > 1 /* x"]}, "comment at character 7"),
        ({"where": ["(r > 1"]}, r"parenthesis \( at character 1"),
        ({"where": ["r > 1)"]}, r"parenthesis \) at character 6"),
        ({"where": ["name = 'x"]}, "quote ' at character 8"),
        ({"where": ['"r > 1']}, 'quote " at character 1'),
        ({"where": ["AND r > 1"]}, "begins with AND"),
        ({"where": ["r > 1 or"]}, "ends with or"),
        ({"where": ["WHERE r > 1"]}, "WHERE at character 1"),
        ({"where": ["r > 1 ORDER BY r"]}, "ORDER at character 7"),
        ({"where": ["r > 1 UNION SELECT 1"]}, "UNION at character 7"),
        ({"columns": [1]}, "not the name of a column"),
        ({"columns": 5}, "a list of the target's column names"),
        ({"columns": ["a", " "]}, "not the name of a column"),
        ({"ra": "RA"}, "ra and dec go together"),
        ({"target_dec": "d"}, "target_ra and target_dec go together"),
    ],
)
def test_what_makes_no_sense(given, says):
    with pytest.raises(MatchError, match=says):
        SkyMatch(**{"target": "dp1.Object", **given})


def test_what_is_given_loosely_is_settled():
    match = SkyMatch(" dp1.Object ", columns="objectId", where="ut1.r > 17")
    assert (match.target, match.columns, match.where) == ("dp1.Object", ("objectId",), ("ut1.r > 17",))
    assert SkyMatch("t", columns=["a", "b", "a"]).columns == ("a", "b")
    assert SkyMatch("t", where=["", "  ", " a > 1 "]).where == ("a > 1",)
    assert SkyMatch("t", where=MagnitudeRange("r", 17)).where == (MagnitudeRange("r", 17),)


def test_words_of_other_clauses_are_fine_as_columns_and_in_subqueries():
    SkyMatch(
        "t", where=["ut1.order > 1 AND ut1.limit < 2", "objectId IN (SELECT id FROM x WHERE y > 1)", '"group" = 1']
    )


def test_equal_matches_are_equal_and_hashable():
    one = SkyMatch("t", radius=1, where=["a > 1", MagnitudeDifference("r", "g", 0.1)])
    same = SkyMatch("t", radius="1 arcsec", where=("a > 1", MagnitudeDifference("r", "g", 0.1)))
    assert one == same
    assert hash(one) == hash(same)
    assert one != SkyMatch("t", radius=2)
    assert len({one, same, SkyMatch("t")}) == 2


def test_a_match_cannot_be_changed():
    with pytest.raises(AttributeError):
        SkyMatch("t").target = "other"


@pytest.mark.parametrize("on", ["id", ("id",), ("a", "b", "c"), ("a", ""), ("a", 1)])
def test_identifiers_come_in_pairs(on):
    with pytest.raises(MatchError, match="give two names"):
        IdentifierMatch("dp1.MPCORB", on=on)


def test_an_identifier_match_has_no_nearest():
    with pytest.raises(MatchError, match="needs positions"):
        IdentifierMatch("dp1.MPCORB", on=("a", "b"), find="nearest")


def test_upload_columns_are_those_that_the_conditions_use():
    names = ["objid", "ra", "dec", "g", "r", "my col"]
    match = SkyMatch("t", where=["ut1.R > 17", "g > 20 AND 'ut1.dec' = 'x'", MagnitudeRange("my col", low=1)])
    assert match.upload_columns(names) == ("r", "my col")
    assert IdentifierMatch("t", on=("objid", "x"), where=["ut1.g > 1"]).upload_columns(names) == ("objid", "g")
    assert SkyMatch("t", upload="mine", where=["mine.g > 1", "TAP_UPLOAD.mine.r > 2"]).upload_columns(names) == (
        "g",
        "r",
    )


def test_upload_columns_that_are_not_there():
    with pytest.raises(MatchError, match=r"no column 'psfmag_r'.* Close to it: psfMag_rr"):
        SkyMatch("t", where=["ut1.psfmag_r > 17"]).upload_columns(["ra", "psfMag_rr"])
    with pytest.raises(MatchError, match="It has: ra, dec"):
        SkyMatch("t", where=["ut1.zzz > 17"]).upload_columns(["ra", "dec"])
    with pytest.raises(MatchError, match="could be any of RR, rr"):
        SkyMatch("t", where=["ut1.rR > 1"]).upload_columns(["RR", "rr"])
    with pytest.raises(MatchError, match="no column 'mpc'"):
        IdentifierMatch("t", on=("mpc", "x")).upload_columns(["mpc_designation"])


def test_the_conditions_as_text():
    match = SkyMatch("t", upload="ut2", where=["x > 1", MagnitudeRange("r", 17, 22.5)])
    assert where_adql(match) == ("x > 1", "ut2.r > 17 AND ut2.r < 22.5")


class _Plan:
    adql = "SELECT 1"


class _Service:
    url = "http://localhost/tap"

    def plan(self, match, table):
        self.asked = (match, table)
        return _Plan()


def test_adql_asks_the_service():
    service, match = _Service(), SkyMatch("t")
    assert match.adql(service, "a table") == "SELECT 1"
    assert service.asked == (match, "a table")
