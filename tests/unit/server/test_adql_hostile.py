"""Queries meant to hurt: refused or stopped, in bounded time and memory, and the engine answers the next one."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapwidget.errors import QueryError
from tapwidget.server.faults import AdqlError, QueryTimeoutError

C = "TAP_SCHEMA.columns"
SECONDS = 2.0


def nested(levels: int, outer: str, inner: str) -> str:
    """`outer` around itself: @ stands for what is inside, # for the level."""
    for level in range(levels):
        inner = outer.replace("@", inner).replace("#", str(level))
    return inner


def many(text: str, count: int, between: str = ", ") -> str:
    return between.join(text.replace("#", str(i)) for i in range(count))


BOMBS = {
    "text doubled": nested(40, "SELECT a || a AS a FROM (@) AS q#", f"SELECT column_name AS a FROM {C}"),
    "text replaced": nested(
        6, f"SELECT REPLACE(a, 'a', '{'a' * 50}') AS a FROM (@) AS q#", f"SELECT 'aa' AS a FROM {C}"
    ),
    "product": f"SELECT COUNT(*) FROM {many(f'{C} AS t#', 9)} WHERE t0.description < t8.description",
    "product in order": f"SELECT t0.description || t1.description AS d FROM {many(f'{C} AS t#', 8)} ORDER BY d",
    "product in groups": "SELECT t0.description || t1.description || t2.description || t3.description AS d, COUNT(*) "
    f"AS k FROM {many(f'{C} AS t#', 7)} GROUP BY d",
    "product, all of it": f"SELECT * FROM {many(f'{C} AS t#', 8)}",
    "joins": f"SELECT COUNT(*) FROM {C} AS a " + many(f"JOIN {C} AS t# ON t#.column_name = a.column_name", 300, " "),
    "WITH of WITH": f"WITH c0 AS (SELECT column_name AS a FROM {C}), "
    + ", ".join(f"c{i} AS (SELECT x.a FROM c{i - 1} AS x, c{i - 1} AS y)" for i in range(1, 40))
    + " SELECT COUNT(*) FROM c39",
    "unions": many(f"SELECT column_name FROM {C}", 3000, " UNION ALL "),
    "roots": f"SELECT {nested(28, 'SQRT(@)', 'column_index')} AS a FROM {C}",
    "powers": f"SELECT {nested(28, 'POWER(@, 2)', 'column_index')} AS a FROM {C}",
    "many deep ones": f"SELECT {many(nested(12, 'SQRT(@)', 'column_index'), 2000)} FROM {C}",
    "distances": f"SELECT {nested(10, 'DISTANCE(0, 0, @, 0)', 'column_index')} AS a FROM {C}",
    "boxes": f"SELECT {nested(10, 'AREA(BOX(@, @, 1, 1))', 'column_index')} AS a FROM {C}",
    "centroids": f"SELECT {nested(10, 'COORD1(CENTROID(BOX(@, 0, 1, 1)))', 'column_index')} AS a FROM {C}",
    "corners": f"SELECT CONTAINS(POINT(1, 1), POLYGON({many('0.0001, #', 100_000)})) AS a FROM {C}",
    "sub-queries": nested(300, "SELECT a FROM (@) AS q#", f"SELECT column_name AS a FROM {C}"),
    "EXISTS": nested(100, f"SELECT column_name FROM {C} AS z# WHERE EXISTS (@)", f"SELECT 1 AS a FROM {C}"),
    "parentheses": f"SELECT {'(' * 20_000}1{')' * 20_000} AS a FROM {C}",
    "signs": f"SELECT {'- ' * 50_000}1 AS a FROM {C}",
    "NOT": f"SELECT column_name FROM {C} WHERE {'NOT ' * 50_000}1 = 1",
    "CASE": f"SELECT {nested(500, 'CASE WHEN 1 = 1 THEN @ ELSE 0 END', '1')} AS a FROM {C}",
    "a number": f"SELECT {'9' * 100_000} AS a FROM {C}",
    "a hexadecimal number": f"SELECT 0x{'F' * 100_000} AS a FROM {C}",
    "a TOP": f"SELECT TOP {'9' * 100_000} 1 AS a FROM {C}",
    "an exponent": f"SELECT 1e{'9' * 1000} AS a FROM {C}",
    "a name": f"SELECT {'x' * 1_000_000} FROM {C}",
    "a text": f"SELECT '{'x' * 3_000_000}' AS a FROM {C}",
    "columns": f"SELECT {many('# AS c#', 20_000)} FROM {C}",
    "pattern": f"SELECT column_name FROM {C} WHERE '{'a' * 20_000}b' LIKE '{'%a' * 500}c'",
    "too long": f"SELECT 1 AS a FROM {C} -- {'x' * 5_000_000}",
    "comment not closed": f"SELECT 1 AS a FROM {C} /* {'x' * 1000}",
    "overflow": f"SELECT 9223372036854775807 + column_index AS a FROM {C}",
}


def resident() -> int:
    """Megabytes at the highest since `forget`."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024


def forget() -> int:
    """Start to measure anew; gives what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident()


def ask(sky: Any, query: str, seconds: float = SECONDS) -> int:
    """Rows of the answer; stopped when its time is over."""
    sql = sky.translate(query, most=1000).sql
    run = sky.engine.run()
    timer = threading.Timer(seconds, run.stop, [QueryTimeoutError("out of time", said="")])
    timer.start()
    try:
        return sum(batch.num_rows for batch in run.batches(sql)[1])
    finally:
        run.finish()
        timer.cancel()
        timer.join()


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(sky: Any, name: str) -> None:
    is_linux = Path("/proc/self/clear_refs").exists()
    before = forget() if is_linux else 0
    began = time.monotonic()
    rows = 0
    with contextlib.suppress(QueryError):
        rows = ask(sky, BOMBS[name])
    assert rows <= 1001
    assert time.monotonic() - began < 30
    if is_linux:
        # the engine of these tests may have 1 GB
        assert resident() - before < 1500
    assert ask(sky, "SELECT objectId FROM s.obj", 30) == 12


def test_what_goes_to_disk_is_bounded(sky: Any) -> None:
    ((size,),) = sky.engine.connection.execute("SELECT current_setting('max_temp_directory_size')").fetchall()
    assert size.endswith("GiB")
    assert float(size.split()[0]) < 20


def test_a_query_that_has_ended_can_be_stopped(sky: Any) -> None:
    """Time may be over in the very moment in which a query ends."""
    run = sky.engine.run()
    run.finish()
    run.stop(QueryTimeoutError("out of time", said=""))


NUMBERS = st.sampled_from(["n", "mag", "objectId", "coord_ra", "coord_dec", "1", "-0.5", "1e300", "NULL", "0", "n / 0"])
TEXTS = st.sampled_from(["band", "'r'", "''", "'é%'", "NULL", "CAST(n AS VARCHAR)"])


OF_ONE = "ABS CEILING FLOOR ROUND TRUNCATE SQRT EXP LOG LOG10 SIN COS TAN COT ASIN ACOS ATAN DEGREES RADIANS SIGN"
OF_TWO = "POWER MOD ATAN2 NULLIF COALESCE GREATEST LEAST"


def of_numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one, two = st.sampled_from(OF_ONE.split()), st.sampled_from(OF_TWO.split())
    region = st.one_of(
        st.builds("POINT({}, {})".format, inner, inner),
        st.builds("CIRCLE({}, {}, {})".format, inner, inner, inner),
        st.builds("BOX({}, {}, {}, 2)".format, inner, inner, inner),
        st.builds("POLYGON({}, 1, 2, {}, 3, 4)".format, inner, inner),
    )
    return st.one_of(
        st.builds("{}({})".format, one, inner),
        st.builds("{}({}, {})".format, two, inner, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("CASE WHEN {} > {} THEN {} END".format, inner, inner, inner),
        st.builds("CAST({} AS DOUBLE)".format, inner),
        st.builds("DISTANCE({}, {}, {}, 1)".format, inner, inner, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["CONTAINS", "INTERSECTS"]), region, region),
        st.builds("AREA({})".format, region),
        st.builds("COORD2(CENTROID({}))".format, region),
        st.builds("LENGTH({})".format, TEXTS),
    )


EXPRESSIONS = st.recursive(NUMBERS, of_numbers, max_leaves=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EXPRESSIONS, EXPRESSIONS)
def test_expressions_of_all_kinds_are_answered(sky: Any, first: str, second: str) -> None:
    """Whatever is asked of numbers, missing ones and infinities among them: rows, or an error that says why."""
    query = f"SELECT {first} AS a FROM s.obj WHERE {second} > 0 OR {second} <= 0 OR {second} IS NULL"
    try:
        rows = ask(sky, query, 20)
    except AdqlError:
        return
    except QueryError as error:
        said = str(error)
    else:
        assert rows <= 12
        return
    assert "Out of Range" in said or "Conversion" in said, query


@pytest.mark.parametrize(
    "text", [f"'{'x' * 40_000}'", f"band || '{'x' * 32_000}'", f"COALESCE('{'x' * 40_000}', band)"]
)
def test_texts_that_a_query_makes_have_a_bound(sky: Any, text: str) -> None:
    with pytest.raises(QueryError, match="longer than 32000 bytes; select part of it with SUBSTRING"):
        ask(sky, f"SELECT {text} AS a FROM s.obj WHERE band = 'r'", 20)
    assert ask(sky, f"SELECT SUBSTRING({text}, 1, 9) AS a FROM s.obj WHERE band = 'r'", 20) == 4


def test_rows_with_such_texts_come_in_small_groups(sky: Any) -> None:
    for columns, rows in (
        ("objectId, band", 65_536),
        ("UPPER(band) AS a", 2000),
        ("UPPER(band) AS a, n || '' AS b", 1000),
    ):
        query = f"SELECT {columns} FROM s.obj".replace("n ||", "CAST(n AS VARCHAR) ||")
        assert sky.translate(query).rows_in_group == rows
