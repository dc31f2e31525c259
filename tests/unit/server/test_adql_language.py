"""What ADQL means: types, functions, clauses, names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tapwidget.server.faults import AdqlError

ONE = "FROM s.obj WHERE objectId = 9007199254740992"

VALUES = [
    ("7/2", 3),
    ("-7/2", -3),
    ("7/2.0", 3.5),
    ("n/2", 3),
    ("n/0", None),
    ("7.0/0", None),
    ("1+2*3", 7),
    ("(1+2)*3", 9),
    ("-n", -7),
    ("9223372036854775807", 2**63 - 1),
    ("-9223372036854775808", -(2**63)),
    ("objectId + 1", 2**53 + 1),
    ("0x1F", 31),
    ("1e3", 1000.0),
    (".5", 0.5),
    ("LOG(EXP(2))", 2.0),
    ("LOG10(1000)", 3.0),
    ("LOG(-1)", None),
    ("SQRT(-1)", None),
    ("ASIN(2)", None),
    ("POWER(2, 10)", 1024.0),
    ("MOD(7, 3)", 1),
    ("ABS(-3)", 3),
    ("ABS(-3.5)", 3.5),
    ("CEILING(1.2)", 2.0),
    ("FLOOR(-1.2)", -2.0),
    ("ROUND(2.567, 1)", 2.6),
    ("ROUND(2.5)", 3.0),
    ("TRUNCATE(2.567, 2)", 2.56),
    ("TRUNCATE(-2.5)", -2.0),
    ("PI()", math.pi),
    ("DEGREES(PI())", 180.0),
    ("ATAN2(1, 1)", math.pi / 4),
    ("UPPER('aé')", "AÉ"),
    ("LOWER(band || 'X')", "rx"),
    ("'it''s'", "it's"),
    ("SUBSTRING('abcdef', 2, 3)", "bcd"),
    ("SUBSTRING('abcdef', 4)", "def"),
    ("LENGTH('abc')", 3),
    ("COALESCE(NULL, 5)", 5),
    ("NULLIF(3, 3)", None),
    ("CASE WHEN n > 5 THEN 'big' ELSE 'small' END", "big"),
    ("CASE n WHEN 7 THEN 1 END", 1),
    ("CAST('12' AS INTEGER)", 12),
    ("CAST(12.7 AS INTEGER)", 12),
    ("CAST(12 AS VARCHAR)", "12"),
    ("CAST('abcdef' AS CHAR(3))", "abc"),
    ("CAST(1 AS DOUBLE PRECISION) / 2", 0.5),
    ("scisql_nanojanskyToAbMag(1000)", 23.9),
    ("scisql_nanojanskyToAbMag(-1)", None),
    ('"size"', 0),
    ("s.obj.n", 7),
    ("obj.n", 7),
    ("N", 7),
    ('"n"', 7),
    ("DISTANCE(POINT('ICRS', coord_ra, coord_dec), POINT('ICRS', 0, 1))", 1.0),
]


@pytest.mark.parametrize(("expression", "value"), VALUES, ids=[expression for expression, _ in VALUES])
def test_value(sky: Any, expression: str, value: Any) -> None:
    ((found,),) = sky.ask(f"SELECT {expression} AS x {ONE}")
    assert found == (pytest.approx(value, rel=1e-14) if isinstance(value, float) else value)
    assert isinstance(found, type(value))


CONDITIONS = [
    ("mag > 17", 8),  # NaN is larger than nothing, NULL neither
    ("mag <= 17", 2),
    ("NOT mag > 17", 2),
    ("mag <> 20", 9),
    ("mag = mag", 10),
    ("mag IS NULL", 2),
    ("mag IS NOT NULL", 10),
    ("mag BETWEEN 16 AND 20", 3),
    ("mag NOT BETWEEN 16 AND 20", 7),
    ("n IN (7, -7)", 3),
    ("n NOT IN (7, -7)", 8),
    ("band IN ('r', 'g')", 6),
    ("band LIKE 'r%'", 4),
    ("band NOT LIKE 'r%'", 7),
    ("band ILIKE 'R'", 4),
    ("band LIKE '!%' ESCAPE '!'", 0),
    ("band = ''", 1),
    ("flag = 1", 6),
    ("flag = 'true'", 6),
    ("flag", 6),
    ("NOT flag", 5),
    ("obs_time >= '2020-09-13T12:26:40.000005'", 7),
    ("n > 5 OR n < 0 AND NOT (n = -7)", 5),
    ("objectId IN (SELECT objectId FROM s.obj WHERE n > 5)", 5),
    ("EXISTS (SELECT 1 FROM s.obj AS p WHERE p.n = obj.n + 1)", 8),
    ("n = (SELECT MAX(n) FROM s.obj)", 1),
    (" OR ".join(f"n = {i}" for i in range(3000)), 10),
    (" AND ".join(f"objectId <> {i}" for i in range(3000)), 12),
    (f"objectId IN ({', '.join(map(str, range(2**53, 2**53 + 20000)))})", 12),
]


@pytest.mark.parametrize(("condition", "rows"), CONDITIONS, ids=[condition[:60] for condition, _ in CONDITIONS])
def test_condition(sky: Any, condition: str, rows: int) -> None:
    assert len(sky.ask(f"SELECT objectId FROM s.obj WHERE {condition}")) == rows


def test_aggregates_leave_out_what_is_missing(sky: Any) -> None:
    query = "SELECT COUNT(*), COUNT(mag), COUNT(DISTINCT band), SUM(n), AVG(mag), MIN(mag), MAX(mag) FROM s.obj"
    ((every, mags, bands, total, mean, low, high),) = sky.ask(query)
    assert (every, mags, bands, total) == (12, 10, 7, 42)
    assert (mean, low, high) == (pytest.approx(20.975), 15.5, 26.0)


def test_groups_and_order(sky: Any) -> None:
    query = "SELECT band AS b, COUNT(*) AS k FROM s.obj GROUP BY band HAVING COUNT(*) > 1 ORDER BY k DESC, b"
    assert sky.ask(query) == [("r", 4), ("g", 2)]
    assert sky.ask("SELECT n FROM s.obj ORDER BY n DESC OFFSET 9") == [(0,), (-7,), (None,)]
    assert sky.ask("SELECT TOP 2 n FROM s.obj ORDER BY 1 OFFSET 1") == [(0,), (1,)]
    assert sky.ask("SELECT n + 1 AS m FROM s.obj WHERE n > 7 ORDER BY n") == [(9,), (10,)]
    grouped = "SELECT CASE WHEN n > 5 THEN 'many' ELSE 'few' END AS c, COUNT(*) FROM s.obj GROUP BY c ORDER BY c"
    assert sky.ask(grouped) == [("few", 7), ("many", 5)]


def test_joins(sky: Any) -> None:
    tables = {
        "a": {"i": np.array([1, 2, 3]), "x": np.array([10, 20, 30])},
        "b": {"i": np.array([2, 3, 4]), "y": np.array([5, 6, 7])},
    }

    def ask(text: str) -> list[tuple[Any, ...]]:
        return sky.ask(f"SELECT * FROM TAP_UPLOAD.a AS a {text} ORDER BY 1, 2", tables)

    assert ask("JOIN TAP_UPLOAD.b AS b ON a.i = b.i") == [(2, 20, 2, 5), (3, 30, 3, 6)]
    assert ask("JOIN TAP_UPLOAD.b AS b USING (i)") == [(2, 20, 5), (3, 30, 6)]
    assert ask("NATURAL JOIN TAP_UPLOAD.b") == [(2, 20, 5), (3, 30, 6)]
    assert ask("LEFT JOIN TAP_UPLOAD.b AS b USING (i)") == [(1, 10, None), (2, 20, 5), (3, 30, 6)]
    assert ask("NATURAL FULL OUTER JOIN TAP_UPLOAD.b") == [(1, 10, None), (2, 20, 5), (3, 30, 6), (4, None, 7)]
    assert len(ask(", TAP_UPLOAD.b AS b")) == len(ask("CROSS JOIN TAP_UPLOAD.b")) == 9
    assert ask(", TAP_UPLOAD.b AS b WHERE b.i = a.i + 1 AND x < 20") == [(1, 10, 2, 5)]
    nested = "LEFT JOIN (TAP_UPLOAD.b AS b JOIN TAP_UPLOAD.a AS c ON b.i = c.i) ON a.i = b.i"
    assert ask(nested) == [(1, 10, None, None, None, None), (2, 20, 2, 5, 2, 20), (3, 30, 3, 6, 3, 30)]
    mixed = "JOIN TAP_UPLOAD.b AS b JOIN TAP_UPLOAD.a AS c ON c.i = a.i AND c.i = b.i"
    assert ask(mixed) == [(2, 20, 2, 5, 2, 20), (3, 30, 3, 6, 3, 30)]


def test_queries_in_queries(sky: Any) -> None:
    assert sky.ask("SELECT q.m FROM (SELECT MAX(n) AS m FROM s.obj) AS q") == [(9,)]
    assert sky.ask(
        "WITH q (a) AS (SELECT n FROM s.obj), r AS (SELECT a FROM q WHERE a > 7) SELECT SUM(a) AS s FROM r"
    ) == [(17,)]
    assert sky.ask("SELECT n FROM s.obj WHERE n > 7 UNION SELECT n FROM s.obj WHERE n = 7 ORDER BY n") == [
        (7,),
        (8,),
        (9,),
    ]
    assert len(sky.ask("SELECT n FROM s.obj UNION ALL SELECT n FROM s.obj")) == 24
    assert sky.ask("SELECT n FROM s.obj EXCEPT SELECT n FROM s.obj WHERE n < 9 OR n IS NULL") == [(9,)]
    precedence = "SELECT 1 AS a FROM s.obj UNION SELECT 2 FROM s.obj INTERSECT SELECT 3 FROM s.obj"
    assert sky.ask(precedence) == [(1,)]
    lowest, highest = (f"(SELECT TOP 1 n FROM s.obj WHERE n <> 0 ORDER BY n{desc})" for desc in ("", " DESC"))
    assert sky.ask(f"{highest} UNION ALL {lowest} ORDER BY n") == [(-7,), (9,)]
    assert sky.ask("SELECT DISTINCT TOP 2 band FROM s.obj WHERE band > 'g' ORDER BY band") == [("i",), ("r",)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("SELECT objectId, coord_ra AS RA FROM s.obj", ["objectId", "RA"]),
        ("SELECT OBJECTID FROM s.obj", ["OBJECTID"]),
        ("SELECT TOP 1 * FROM s.many", ["id", "ra", "dec", "r"]),
        ("SELECT m.* FROM s.many AS m", ["id", "ra", "dec", "r"]),
        ("SELECT a.ra, b.ra, a.ra AS ra_2 FROM s.many AS a, s.many AS b", ["ra", "ra_3", "ra_2"]),
        ('SELECT n AS "two words", COUNT(*), n + 1 FROM s.obj GROUP BY n', ["two words", "count", "col3"]),
    ],
)
def test_names_of_columns(sky: Any, query: str, names: list[str]) -> None:
    assert [output.name for output in sky.translate(query).outputs] == names


def test_descriptions_follow_plain_columns(sky: Any) -> None:
    query = "SELECT q.o, coord_ra + 0 AS x, mag FROM (SELECT objectId AS o, coord_ra, mag FROM s.obj) AS q"
    o, x, mag = sky.translate(query).outputs
    assert (o.field.ucd, o.field.description) == ("meta.id;meta.main", "Identifier")
    assert x.field is None
    assert mag.field.unit == "mag"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "expected SELECT"),
        ("DROP TABLE s.obj", "begins with SELECT"),
        ("SELECT", "expected what to select"),
        ("SELECT n FORM s.obj", "line 1, column 15: found 's' after 'FORM'; expected ',' or FROM"),
        ("SELECT n,\n  FROM s.obj", "line 1, column 9: expected an expression after ',', found 'FROM'"),
        ("SELECT FROM s.obj", "expected what to select, found 'FROM'"),
        ("SELECT n FROM s.obj WHERE", "ends after 'WHERE'; expected a condition"),
        ("SELECT n FROM s.obj WHERE n = ", "ends after '='; expected an expression"),
        ("SELECT n FROM s.obj WHERE n = = 2", "found '=' after '='; expected an expression"),
        ("SELECT n FROM s.obj WHERE n 3", "found '3' after 'n'; expected AND, OR"),
        ("SELECT n FROM s.obj LIMIT 5", "ADQL has no LIMIT; write SELECT TOP n"),
        ("SELECT (n FROM s.obj", "1 parenthesis opened and never closed"),
        ("SELECT n) FROM s.obj", "closing parenthesis without an opening one"),
        ("SELECT 'n FROM s.obj", "a single quote is opened and never closed"),
        ("SELECT 2mass FROM s.obj", "needs double quotes"),
        (
            "SELECT objectid2\nFROM s.obj",
            "line 1, column 8: there is no column objectid2 in s.obj; did you mean objectId?",
        ),
        ("SELECT n FROM s.objs", "line 1, column 17: there is no table s.objs; did you mean s.obj?"),
        ("SELECT n FROM nothing", "there is no table nothing"),
        ("SELECT n FROM TAP_UPLOAD.ut1", "no table TAP_UPLOAD.ut1 was uploaded"),
        ("SELECT x.n FROM s.obj", "x is no table of this query"),
        ("SELECT ra FROM s.many AS a, s.many AS b", "column ra is in more than one table (a, b)"),
        ("SELECT n FROM s.obj, s.obj", "two tables of this query are called obj"),
        ("SELECT ABSS(n) FROM s.obj", "there is no function ABSS; did you mean ABS?"),
        ("SELECT ABS(n, 1) FROM s.obj", "ABS takes 1 argument, not 2"),
        ("SELECT UPPER(n) FROM s.obj", "argument 1 of UPPER must be a text, not integer"),
        ("SELECT n FROM s.obj WHERE band > 5", "cannot compare text with integer"),
        ("SELECT n FROM s.obj WHERE n", "expected a condition"),
        ("SELECT n + band FROM s.obj", "expected a number, found text"),
        ("SELECT n, COUNT(*) FROM s.obj", "every column must be in GROUP BY"),
        ("SELECT n FROM s.obj WHERE COUNT(*) > 1", "an aggregate cannot be in WHERE"),
        ("SELECT n FROM s.obj ORDER BY 2", "1 to 1"),
        ("SELECT n FROM s.obj UNION SELECT n, n FROM s.obj", "have 1 and 2 columns"),
        ("SELECT n FROM s.obj UNION SELECT band FROM s.obj", "column 1 is integer on one side"),
        ("SELECT n FROM (SELECT n FROM s.obj)", "a sub-query in FROM needs a name"),
        ("SELECT n FROM s.obj WHERE POINT(1, 2) = 1", "a geometry cannot stand alone"),
        (
            "SELECT n FROM s.obj WHERE CONTAINS(POINT('GALACTIC', 1, 2), CIRCLE('ICRS', 1, 2, 3)) = 1",
            "POINT in GALACTIC",
        ),
        ("SELECT n FROM s.obj WHERE CONTAINS(POINT(1, 2), CIRCLE(1, 2, -3)) = 1", "cannot be negative"),
        ("SELECT n FROM s.obj WHERE CONTAINS(CIRCLE(1, 2, 3), POINT(1, 2)) = 1", "no CIRCLE lies in a POINT"),
        ("SELECT n FROM s.obj WHERE CONTAINS(POINT(1), CIRCLE(1, 2, 3)) = 1", "POINT takes ra, dec"),
        ("SELECT DISTANCE(1, 2, 3) FROM s.obj", "DISTANCE takes two POINTs, or four numbers"),
        ("SELECT n FROM s.obj WHERE n IN (SELECT n, n FROM s.obj)", "must have one column"),
        ("SELECT n FROM s.obj LEFT JOIN s.many", "LEFT JOIN needs ON or USING"),
        ("SELECT TOP -1 n FROM s.obj", ""),
        ("SELECT TOP n n FROM s.obj", ""),
        ("(" * 3000 + "SELECT 1" + ")" * 3000, "too deeply"),
        ("SELECT " + "ABS(" * 3000 + "1" + ")" * 3000, "too deeply"),
    ],
)
def test_what_is_wrong_is_said(sky: Any, query: str, said: str) -> None:
    with pytest.raises(AdqlError) as raised:
        sky.translate(query)
    assert said in str(raised.value)


def test_most_rows(sky: Any) -> None:
    assert sky.translate("SELECT n FROM s.obj", most=10).sql.endswith("LIMIT 11")
    assert sky.translate("SELECT TOP 5 n FROM s.obj", most=10).sql.endswith("LIMIT 5")
    assert sky.translate("SELECT TOP 50 n FROM s.obj", most=10).sql.endswith("LIMIT 11")
