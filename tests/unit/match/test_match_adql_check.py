"""What is wrong with a query is marked before it is sent, and nothing that is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.match.adql_check import named_tables, problems

TABLES = ("dp1.Object", "dp1.MPCORB", "TAP_UPLOAD.ut1", "TAP_SCHEMA.tables")
COLUMNS = {"dp1.Object": ("objectId", "coord_ra", "coord_dec", "r_cModelMag"), "TAP_UPLOAD.ut1": ("ra", "dec", "r")}
MATCH = """
SELECT o.objectId, ut1.r AS "My r" -- a comment with a ( and a '
FROM dp1.Object AS o JOIN TAP_UPLOAD.ut1 AS ut1
ON DISTANCE(POINT('ICRS', o.coord_ra, o.coord_dec), POINT('ICRS', ut1.ra, ut1.dec)) < 0.00028
WHERE ut1.r > 17 AND o.r_cModelMag IS NOT NULL AND 'it''s (' <> '' /* ) */
"""


def said(adql):
    return [(adql[p.start : p.end], p.text) for p in problems(adql, tables=TABLES, columns=COLUMNS)]


@pytest.mark.parametrize(
    "adql",
    [
        "",
        "  -- nothing yet",
        MATCH,
        "SELECT TOP 5 * FROM dp1.object",
        "select ut1.ra from tap_upload.ut1",
        "WITH bright AS (SELECT * FROM dp1.Object WHERE r_cModelMag < 17) SELECT * FROM bright b WHERE b.anything > 1",
        "SELECT * FROM (SELECT objectId FROM dp1.Object) AS inner_one",
        "(SELECT 1 FROM dp1.Object) UNION (SELECT 2 FROM dp1.MPCORB)",
        "SELECT o.* FROM dp1.Object o NATURAL JOIN dp1.MPCORB m",
        'SELECT "o".coord_ra FROM "dp1"."Object" AS "o"',
        "SELECT o.coord_ra FROM dp1.Object AS o UNION SELECT o.dec FROM TAP_UPLOAD.ut1 AS o",
        "SELECT u.ra, o.coord_ra FROM TAP_UPLOAD.ut1 AS u, dp1.Object o, (SELECT 1 AS x FROM dp1.MPCORB) AS p",
        'WITH "b" AS (SELECT ra FROM TAP_UPLOAD.ut1) SELECT o.ra FROM "b", dp1.Object, (SELECT 1, o FROM b) AS o',
        "SELECT o.n FROM dp1.MPCORB s JOIN (SELECT COUNT(*) AS n FROM dp1.Object AS o GROUP BY objectId) o ON 1 = 1",
        "SELECT object.n FROM (SELECT COUNT(*) AS n FROM dp1.Object) AS object",
        "WITH o (k, l) AS (SELECT objectId, 1 FROM dp1.Object), p AS (SELECT k FROM o) SELECT o.k FROM o, p",
    ],
)
def test_what_is_right_is_left_alone(adql):
    assert said(adql) == []


@pytest.mark.parametrize(
    ("adql", "marked", "words"),
    [
        ("SELEC 1", "SELEC", "begins with SELECT"),
        ("SELECT 'abc FROM dp1.Object", "'abc FROM dp1.Object", "text that begins here has no end"),
        ("SELECT 1;", ";", "without a semicolon"),
        ("SELECT 1 FROM dp1.Object WHERE r == 1", "==", "one ="),
        ("SELECT 1 FROM dp1.Object LIMIT 10", "LIMIT 10", "SELECT TOP 10"),
        ("SELECT a, FROM dp1.Object", ",", "nothing behind it"),
        ("SELECT ABS(1 FROM dp1.Object", "(", "never closed"),
        ("SELECT 1) FROM dp1.Object", ")", "closes nothing"),
        ("SELECT 1 FROM dp1.Objct", "dp1.Objct", "did you mean dp1.Object?"),
        ("SELECT o.coord_rra FROM dp1.Object AS o", "o.coord_rra", "did you mean coord_ra"),
        ("SELECT ut1.mag FROM TAP_UPLOAD.ut1", "ut1.mag", "TAP_UPLOAD.ut1 has no mag"),
        ("SELECT 1 FROM dp1.Object o, dp1.Objct", "dp1.Objct", "did you mean dp1.Object?"),
        ("SELECT o.x FROM dp1.Object o UNION SELECT o.ra FROM TAP_UPLOAD.ut1 o", "o.x", "dp1.Object or TAP_UPLOAD.ut1"),
    ],
)
def test_what_is_wrong_is_marked(adql, marked, words):
    ((found, text),) = said(adql)
    assert found == marked
    assert words in text


@pytest.mark.parametrize("listed", ['"I/355/gaiadr3"', "I/355/gaiadr3"])
def test_a_table_is_the_same_with_its_quotes_and_without(listed):
    def told(adql):
        return [p.text for p in problems(adql, tables=[listed], columns={listed: ["_RAJ2000", "Gmag"]})]

    assert told('SELECT g.Gmag, g."_RAJ2000" FROM "I/355/gaiadr3" AS g') == []
    assert told('SELECT "I/355/gaiadr3".Gmag FROM "I/355/gaiadr3"') == []
    assert told('SELECT 1 FROM "I/355/gaia"') == ['there is no table "I/355/gaia"; did you mean "I/355/gaiadr3"?']
    assert told('SELECT g.RAJ2000 FROM "I/355/gaiadr3" AS g') == [
        '"I/355/gaiadr3" has no RAJ2000; did you mean "_RAJ2000"?'
    ]


def test_the_tables_that_a_query_names():
    adql = 'SELECT (SELECT 1 FROM a), b FROM dp1.Object o, "I/355/gaiadr3" g JOIN c ON f(x), y WHERE x IN (1, 2)'
    assert named_tables(adql) == ("a", "dp1.object", "i/355/gaiadr3", "c")


def test_nothing_is_known_of_the_tables():
    assert problems("SELECT x.y FROM some.where x") == ()


def test_the_place_is_said_in_lines():
    adql = "SELECT 1\nFROM dp1.Objct"
    (problem,) = problems(adql, tables=TABLES)
    assert problem.where(adql) == "line 2, column 6"


@given(st.text(alphabet="SELECT FROM()'\";=,.*ao1\n-/"))
def test_any_text_is_survived_and_marks_lie_in_it(adql):
    for problem in problems(adql, tables=TABLES, columns=COLUMNS):
        assert 0 <= problem.start <= problem.end <= len(adql)


def test_no_generated_query_is_marked():
    kept = sorted((Path(__file__).parents[2] / "data" / "adql").glob("*.adql"))
    assert kept
    for path in kept:
        assert problems(path.read_text(encoding="utf-8")) == (), path.name
