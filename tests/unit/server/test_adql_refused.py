"""Nothing of a caller reaches the engine but what the translation has understood and written anew."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapwidget.server.faults import AdqlError

CORPUS = [
    # files and the network
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('x.parquet')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_json_auto('http://127.0.0.1/')",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM glob('/*')",
    "SELECT read_text('/etc/passwd') FROM s.obj",
    "SELECT getenv('HOME') FROM s.obj",
    "SELECT content FROM s.obj, read_blob('/etc/passwd')",
    "COPY s.obj TO '/tmp/x'",
    "SELECT 1 FROM s.obj; COPY s.obj TO '/tmp/x'",
    "EXPORT DATABASE '/tmp/x'",
    # statements that are none of a reader
    "PRAGMA database_list",
    "ATTACH ':memory:' AS x",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '1TB'",
    "CREATE TABLE x AS SELECT 1",
    "INSERT INTO s.obj VALUES (1)",
    "UPDATE s.obj SET n = 1",
    "DELETE FROM s.obj",
    "DROP TABLE cat.t1",
    "CALL pragma_version()",
    "EXPLAIN SELECT 1",
    "DESCRIBE s.obj",
    "VACUUM",
    "CHECKPOINT",
    "SELECT 1 INTO x FROM s.obj",
    "SELECT n FROM s.obj; SELECT n FROM s.obj",
    # the engine's own tables and functions
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM cat.t1",
    "SELECT * FROM up.u1",
    "SELECT * FROM cat.t1 AS x, s.obj",
    "SELECT * FROM main.cat.t1",
    "SELECT * FROM memory.cat.t1",
    "SELECT c1 FROM s.obj",
    "SELECT tw_cell FROM s.obj",
    "SELECT tw_cell(1, 2, 3) FROM s.obj",
    "SELECT query('SELECT 1') FROM s.obj",
    "SELECT current_setting('memory_limit') FROM s.obj",
    "SELECT version() FROM s.obj",
    "SELECT repeat('x', 100000000) FROM s.obj",
    "SELECT random_bytes(5) FROM s.obj",
    # uploads of others
    "SELECT * FROM TAP_UPLOAD.theirs",
    'SELECT * FROM "TAP_UPLOAD"."u1"',
    # SQL that is not ADQL
    "SELECT n::VARCHAR FROM s.obj",
    "FROM s.obj",
    "SELECT * EXCLUDE (n) FROM s.obj",
    "SELECT * REPLACE (1 AS n) FROM s.obj",
    "SELECT COLUMNS('.*') FROM s.obj",
    "SELECT n FROM s.obj QUALIFY ROW_NUMBER() OVER () = 1",
    "SELECT ROW_NUMBER() OVER (ORDER BY n) FROM s.obj",
    "SELECT n FROM s.obj TABLESAMPLE 10",
    "SELECT n FROM s.obj USING SAMPLE 5",
    "SELECT UNNEST(n) FROM s.obj",
    "SELECT x FROM s.obj, LATERAL (SELECT 1 AS x) AS l",
    "SELECT [1, 2] FROM s.obj",
    "SELECT {'a': 1} FROM s.obj",
    "SELECT band[1] FROM s.obj",
    "SELECT (SELECT n, n FROM s.obj) FROM s.obj",
    "SELECT n FROM s.obj LIMIT 5",
    "SELECT n FROM s.obj FOR UPDATE",
    "SELECT n FROM s.obj WHERE band ~ 'r'",
    "SELECT n FROM s.obj WHERE band SIMILAR TO 'r'",
    "SELECT x -> x FROM s.obj",
    "SELECT list_transform(n, x -> x) FROM s.obj",
    "SELECT $1 FROM s.obj",
    "SELECT ? FROM s.obj",
    "SELECT :a FROM s.obj",
    "SELECT @a FROM s.obj",
    "SELECT n FROM s.obj PIVOT (COUNT(*) FOR band IN ('r'))",
    "SELECT n FROM s.obj GROUP BY ROLLUP (n)",
    "SELECT n FROM s.obj GROUP BY ALL",
    "WITH RECURSIVE q AS (SELECT 1 AS a FROM s.obj UNION ALL SELECT a FROM q) SELECT a FROM q",
    "WITH q AS MATERIALIZED (SELECT 1) SELECT * FROM q",
    "VALUES (1)",
    "SELECT * FROM (VALUES (1)) AS t",
    "TABLE s.obj",
    "SELECT CAST(n AS BLOB) FROM s.obj",
    "SELECT CAST('s.obj' AS REGCLASS) FROM s.obj",
    "SELECT INTERVAL 1 DAY FROM s.obj",
    "SELECT n FROM s.obj ORDER BY ALL",
    "SELECT COUNT(*) FILTER (WHERE n > 1) FROM s.obj",
    "SELECT SUM(n ORDER BY n) FROM s.obj",
    "SELECT n & 1 FROM s.obj",
    "SELECT n ^ 2 FROM s.obj",
    "SELECT DISTINCT ON (n) n FROM s.obj",
    "SELECT band COLLATE NOCASE FROM s.obj",
    "SELECT 'a' AS x, x FROM s.obj",
    "SELECT \x00 FROM s.obj",
]


@pytest.mark.parametrize("query", CORPUS)
def test_is_refused(sky: Any, query: str) -> None:
    with pytest.raises(AdqlError):
        sky.translate(query)


HARMLESS = [
    "SELECT n FROM s.obj -- ; DROP TABLE cat.t1",
    "SELECT n /* FROM read_csv('/etc/passwd') */ FROM s.obj",
    "SELECT '''; DROP TABLE cat.t1; --' AS x FROM s.obj",
    'SELECT n AS "c1; DROP TABLE cat.t1" FROM s.obj',
    'SELECT n FROM s.obj AS "s1 AS s1; DROP TABLE cat.t1"',
    "SELECT 'a\\' AS x FROM s.obj",
    "SELECT n FROM s.obj;",
]


@pytest.mark.parametrize("query", HARMLESS)
def test_is_taken_for_what_it_is(sky: Any, query: str) -> None:
    assert len(sky.ask(query)) == 12
    sql = sky.translate(query).sql
    assert "DROP" not in re.sub("'(?:[^']|'')*'", "''", sql)
    assert "read_csv" not in sql


def test_text_comes_back_as_it_was(sky: Any) -> None:
    for text in ("'; --", "\\'", "$$x$$", "E'\\n'", "%s {0} ?", "é\n\t"):
        literal = text.replace("'", "''")
        assert sky.ask(f"SELECT '{literal}' AS x FROM s.obj WHERE n = 0") == [(text,)]


WORDS = """
SELECT FROM WHERE n objectId s.obj s . obj JOIN ON ( ) , * = < + - / 'x' "y" 1 2.5 AND OR NOT IN TOP GROUP BY ORDER
UNION ALL AS COUNT POINT CIRCLE CONTAINS DISTANCE read_csv cat.t1 ; :: [ ] { } -- /* */ CASE WHEN THEN END NULL IS
BETWEEN LIKE CAST VARCHAR WITH EXISTS LEFT USING OFFSET || ' " 1e999 0x
"""
SENTENCES = st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(SENTENCES, st.text(max_size=60).map("SELECT {} FROM s.obj".format)))
def test_any_text_is_answered_or_refused(sky: Any, text: str) -> None:
    """No text makes the translation fail in another way, and what it writes, the engine can parse as one SELECT."""
    try:
        sql = sky.translate(text, most=10).sql
    except AdqlError:
        return
    statements = sky.engine.connection.extract_statements(sql)
    assert len(statements) == 1
    assert str(statements[0].type).endswith("SELECT")


def test_the_engine_itself_is_locked(sky: Any) -> None:
    import duckdb

    for sql in (
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/tapwidget-never'",
        "ATTACH '/tmp/tapwidget-never.db'",
        "SET memory_limit = '1TB'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(duckdb.Error):
            sky.engine.connection.cursor().execute(sql)
