"""Queries as people write them, after the examples that ESA, CDS and Rubin publish: answered, or a sentence that helps.

Expectations on the language are those of ADQL 2.1 (IVOA Recommendation); each entry names its section. The tables are
those of the fixture, with 12 and 3000 rows.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from tapwidget.server.faults import AdqlError

ANSWERED = [
    # ESA: cones, by DISTANCE and by CONTAINS, with unfinished decimals and signs
    (
        "SELECT *, 3600*DISTANCE(37.82, +6.92, ra, dec) AS ang_sep FROM s.many "
        "WHERE DISTANCE(37.82, +6.92, ra, dec) < 10./3600. AND r < 50 AND r IS NOT NULL ORDER BY ang_sep ASC",
        23,
    ),
    (
        "SELECT DISTANCE(POINT('ICRS', 37.82, 6.92), POINT('ICRS', ra, dec)) AS dist, * FROM s.many "
        "WHERE 1=CONTAINS(POINT('ICRS', 37.82, 6.92), CIRCLE('ICRS', ra, dec, 0.00277777778)) ORDER BY dist ASC",
        23,
    ),
    ("SELECT id FROM s.many WHERE 1=INTERSECTS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 37.82, 6.92, 10./3600))", 23),
    ("SELECT objectId FROM s.obj WHERE flag = 'True' AND mag IS NOT NULL", 5),
    # ESA: a positional match, the smaller table in the POINT
    (
        "SELECT TOP 20 * FROM s.obj AS hip JOIN s.many AS gaia "
        "ON 1 = CONTAINS(POINT(hip.coord_ra, hip.coord_dec), CIRCLE(gaia.ra, gaia.dec, 0.02))",
        0,
    ),
    # ESA: joins through a table of pairs, sub-queries as tables, histograms
    (
        "SELECT TOP 7 gaia.id, tm.id FROM s.many AS gaia JOIN s.many AS xmatch USING (id) "
        "JOIN s.many AS tm ON xmatch.id = tm.id WHERE gaia.r > 10",
        7,
    ),
    ("SELECT TOP 7 sub.* FROM (SELECT id, r, POWER(10, 0.4*r) AS f FROM s.many) AS sub WHERE sub.f > 0", 7),
    ("SELECT FLOOR(n/2)*2. AS bin, COUNT(*) AS n FROM s.obj GROUP BY bin ORDER BY bin", 7),
    ("SELECT COUNT(*) AS k, FLOOR(n) AS g FROM s.obj GROUP BY FLOOR(n)", 11),
    ("SELECT band AS b, COUNT(*) AS k FROM s.obj GROUP BY 1 ORDER BY 2 DESC, 1", 8),
    ("SELECT band, AVG(mag) AS a, STDDEV(mag) AS s, VARIANCE(n) AS v FROM s.obj GROUP BY band", 8),
    ("SELECT DISTINCT TOP 3 band FROM s.obj", 3),
    # CDS: quoted names, the table's whole name before a column, IN, BETWEEN, LIKE, a semicolon
    ('SELECT TOP 10 "s"."many".ra, "s"."many"."dec" FROM "s"."many" ORDER BY ra ASC;', 10),
    ("SELECT s.obj.n FROM s.obj WHERE s.obj.n IN (4, 5) OR s.obj.n BETWEEN 7 AND 8", 5),
    ("SELECT band FROM s.obj WHERE band LIKE '_' AND band NOT LIKE 'r'", 6),
    ("SELECT m.ra FROM s.many m WHERE CONTAINS(POINT('ICRS', m.ra, m.dec), BOX('ICRS', 37.82, 6.92, 1, 1)) = 1", 3000),
    # Rubin: fluxes as magnitudes, flags as numbers, forced to be in the catalogue
    (
        "SELECT objectId, scisql_nanojanskyToAbMag(mag) AS m FROM s.obj "
        "WHERE CONTAINS(POINT('ICRS', coord_ra, coord_dec), CIRCLE('ICRS', 37.86, 6.98, 0.05)) = 1 AND flag = 1",
        1,
    ),
    ("SELECT table_name FROM tap_schema.tables WHERE schema_name NOT LIKE 'TAP%' ORDER BY table_index ASC", 2),
    # 2.1, set operations, ORDER BY and OFFSET behind them
    ("SELECT n FROM s.obj UNION SELECT id FROM s.many WHERE id < 3 ORDER BY n OFFSET 2", 9),
    ("(SELECT TOP 2 n FROM s.obj ORDER BY n) UNION ALL (SELECT TOP 2 n FROM s.obj ORDER BY n DESC)", 4),
    ("SELECT n FROM s.obj EXCEPT SELECT n FROM s.obj WHERE n > 4", 6),
    ("SELECT TOP 2 n FROM s.obj ORDER BY n OFFSET 3", 2),
    # 2.1, joins
    ("SELECT a.n FROM s.obj AS a NATURAL JOIN s.obj AS b", 6),
    ("SELECT objectId FROM s.obj AS a JOIN s.obj AS b USING (objectId, n)", 11),
    ("SELECT a.n FROM s.obj AS a FULL OUTER JOIN s.obj AS b ON a.n = b.n + 1", 17),
    ("SELECT a.n FROM s.obj AS a JOIN (s.obj AS b JOIN s.obj AS c ON b.n = c.n) ON a.n = b.n", 17),
    # 2.1, sub-queries and WITH
    ("SELECT n FROM s.obj AS o WHERE NOT EXISTS (SELECT * FROM s.many AS m WHERE m.id = o.n)", 2),
    ("SELECT n FROM s.obj WHERE n NOT IN (SELECT n FROM s.obj WHERE n > 3)", 4),
    ("WITH q (a) AS (SELECT n FROM s.obj), p AS (SELECT a FROM q WHERE a > 3) SELECT a FROM p", 7),
    # 2.1, names and comments
    ('SELECT t."my name" FROM (SELECT n AS "my name" FROM s.obj) AS t ORDER BY t."my name"', 12),
    ("SELECT n -- which\nFROM s.obj -- where\n", 12),
]


@pytest.mark.parametrize(("query", "rows"), ANSWERED)
def test_answered(sky: Any, query: str, rows: int) -> None:
    assert len(sky.ask(query)) == rows


VALUES = [
    ("CAST(7.9 AS INT)", 7),
    ("CAST(7 AS FLOAT)", 7.0),
    ("CAST(7 AS REAL)", 7.0),
    ("CAST('2020-01-01' AS TIMESTAMP) = CAST('2020-01-01T00:00:00' AS TIMESTAMP)", True),
    ("CAST(obs_time AS VARCHAR)", "2020-09-13T12:26:40"),
    ("CAST(obs_time AS CHAR(10))", "2020-09-13"),
    ("COALESCE(NULL, band, 'none')", "r"),
    ("ROUND(123.456, -2)", 100.0),
    ("TRUNCATE(-155, -1)", -150.0),
    ("MOD(-7, 3)", -1),
    ("MOD(7.5, 2)", 1.5),
    ("POWER(2, -1)", 0.5),
    ("- -n", 7),
    ("-(-n)", 7),
    ("+n", 7),
    ("0xff", 255),
    ("0x1F + 1", 32),
    ("10./4", 2.5),
    ("5/60", 0),
    ("band || '-' || CAST(n AS VARCHAR)", "r-7"),
    ("COT(PI()/4)", 1.0),
    ("ATAN2(0, -1)", math.pi),
]


@pytest.mark.parametrize(("expression", "value"), VALUES)
def test_value(sky: Any, expression: str, value: Any) -> None:
    ((found,),) = sky.ask(f"SELECT {expression} AS x FROM s.obj WHERE objectId = 9007199254740992")
    assert found == (pytest.approx(value, rel=1e-14) if isinstance(value, float) else value)
    assert isinstance(found, type(value))


def test_rand_is_between_0_and_1_and_differs_by_row(sky: Any) -> None:
    numbers = [x for (x,) in sky.ask("SELECT RAND() AS x FROM s.many")]
    assert len(set(numbers)) > 2900
    assert all(0 <= x < 1 for x in numbers)


HELPFUL = [
    ("SELECT n % 3 FROM s.obj", "line 1, column 12: % (write MOD(a, b)) is not ADQL"),
    ("SELECT 'a' 'b' FROM s.obj", "write || between them"),
    ("SELECT CAST(mag AS NUMERIC(3)) FROM s.obj", "CAST to NUMERIC is not ADQL; it can be CHAR, VARCHAR,"),
    ("SELECT IF(n > 3, 1, 0) FROM s.obj", "there is no function IF; write CASE WHEN condition THEN a ELSE b END"),
    ("SELECT CONCAT(band, 'x') FROM s.obj", "there is no function CONCAT; write a || b"),
    ("SELECT NVL(n, 0) FROM s.obj", "there is no function NVL; write COALESCE(a, b)"),
    ('SELECT n FROM s.obj WHERE band = "g"', "line 1, column 34: there is no column g in s.obj; double quotes are for"),
    ('SELECT n FROM s.obj WHERE band = "g"', "a text is 'g'"),
    ("SELECT n FROM s.obj WHERE band IS DISTINCT FROM 'r'", "IS DISTINCT FROM is not ADQL"),
    ("SELECT n FROM s.obj WHERE (n, band) IN (SELECT n, band FROM s.obj)", "a list of values in parentheses is not"),
    ("SELECT band, COUNT(*) FROM s.obj GROUP BY 3", "numbers from 1 to 2"),
    ("SELECT band, COUNT(*) FROM s.obj GROUP BY 2", "GROUP BY takes columns"),
    ("SELECT n FROM s.obj WHERE flag IS TRUE", "expected NULL or NOT NULL after IS"),
    ("SELECT n AS a FROM s.obj WHERE a > 3", "there is no column a in s.obj"),
    ("SELECT n FROM s.obj FETCH FIRST 3 ROWS ONLY", "found 'FIRST' after 'FETCH'"),
    ('SELECT TOP 100 * FROM "I/261/fonac"', "there is no table I/261/fonac"),
    ("SELECT GAIA_HEALPIX_INDEX(8, objectId) FROM s.obj", "there is no function GAIA_HEALPIX_INDEX"),
    ("SELECT n FROM s.obj WHERE mag <> 'NaN'", "cannot compare real with text"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "said"), HELPFUL)
def test_what_is_not_adql_is_said_with_what_is(sky: Any, query: str, said: str) -> None:
    with pytest.raises(AdqlError) as raised:
        sky.translate(query)
    assert said in str(raised.value)
