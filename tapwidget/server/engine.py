"""DuckDB, locked down: the second wall behind the translation of ADQL.

Nothing but SQL written by `adql` comes here. Should something else ever come through, the engine has no files, no
network, no extensions and no settings to change.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from tapwidget.errors import QueryError
from tapwidget.server.adql import cells, polygons
from tapwidget.server.adql.texts import ROWS
from tapwidget.server.faults import QueryAbortedError, QueryTimeoutError
from tapwidget.server.growing import Growing
from tapwidget.server.settings import Settings

LOCKS = (
    "SET enable_external_access = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    # these two alone a cursor may still switch on: without them the engine does not count what is done
    "SET allowed_configs = ['enable_progress_bar', 'enable_progress_bar_print']",
    "SET lock_configuration = true",
)
GROUP = 30_720
"""Rows that one thread takes at a time of a prepared table; by itself the engine leaves 122,880 to one, and most of the
work may be with one of those, where a table is sorted by cells and has clusters."""

UPLOAD_PIECE, MOST_PIECES = 16_384, 16
"""Rows of an upload worth another thread, and the most of such pieces: each is a branch of the query to plan."""


class Engine:
    """One in-memory database; tables that do not fit spill into a folder.

    Parameters
    ----------
    folder : private folder of the service
    settings : memory and the like
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.threads = max(1, os.cpu_count() or 1)
        config = {
            "temp_directory": str(folder / "spill"),
            "python_enable_replacements": "false",
            "allow_persistent_secrets": "false",
            "allow_unsigned_extensions": "false",
            "preserve_insertion_order": "false",
            "threads": str(self.threads),
        }
        self.connection: Any = duckdb.connect(":memory:", config=config)
        self.connection.execute(f"SET memory_limit = '{settings.memory or self.half_the_memory()}'")
        for macro in (*cells.MACROS, *polygons.MACROS):
            self.connection.execute(f"CREATE MACRO {macro}")
        self.connection.execute("CREATE SCHEMA cat")
        self.connection.execute("ATTACH ':memory:' AS up")
        self.folder = folder
        self.attached: dict[Path, str] = {}
        self.spill_bytes = settings.spill_bytes
        self.names = threading.Lock()
        self.uploads = 0

    def half_the_memory(self) -> str:
        """About half of what this process may have; the engine by itself would take 80 %."""
        (text,) = self.connection.execute("SELECT current_setting('memory_limit')").fetchone()
        number, unit = text.split()
        return f"{float(number) * 0.5 / 0.8:.2f}{unit}"

    def attach(self, path: Path, alias: str = "", *, writable: bool = False) -> str:
        """Open a database file; the name of it in SQL. To be called before `lock`."""
        if not alias and path in self.attached:
            return self.attached[path]
        name = alias or f"file{len(self.attached) + 1}"
        quoted = str(path).replace("'", "''")
        self.connection.execute(
            f"ATTACH '{quoted}' AS {name}" + (f" (ROW_GROUP_SIZE {GROUP})" if writable else " (READ_ONLY)")
        )
        if not alias:
            self.attached[path] = name
        return name

    def detach(self, name: str) -> None:
        """Write out and close a database file that was opened under a name of its own."""
        self.connection.execute(f"DETACH {name}")

    def lock(self) -> None:
        """No way to files from here on. Called when all tables are loaded."""
        (used,) = self.connection.execute("SELECT coalesce(sum(size), 0) FROM duckdb_temporary_files()").fetchone()
        self.connection.execute(f"SET max_temp_directory_size = '{int(used) + self.spill_bytes}B'")
        for statement in LOCKS:
            self.connection.execute(statement)

    def close(self) -> None:
        self.connection.close()

    def run(self) -> Run:
        return Run(self.connection.cursor())

    def pieces(self, rows: int) -> int:
        """In how many an upload of so many rows is read side by side."""
        return max(1, min(self.threads, MOST_PIECES, rows // UPLOAD_PIECE))

    def upload_name(self) -> str:
        """A name for one more uploaded table, as SQL."""
        with self.names:
            self.uploads += 1
            return f"up.u{self.uploads}"


class Run:
    """One query being run; it can be stopped from another thread at any moment, also before it began."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.why: QueryError | None = None
        self.is_done = threading.Event()
        self.highest = -1.0
        cursor.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        self.growing = Growing()
        """The answer, while it is being written."""

    def stop(self, why: QueryError) -> None:
        """Stop the query; `why` is what `batches` raises then. Returns when the query has let go, or after a second."""
        self.why = self.why or why
        # An interrupt that comes before the query has begun is lost, hence again and again.
        for _ in range(100):
            try:
                self.cursor.interrupt()
            except duckdb.ConnectionException:
                # closed: the query has ended by itself in this very moment
                return
            if self.is_done.wait(0.01):
                return

    def percent(self) -> float | None:
        """How much of the query is done, 0 to 100, as the engine estimates it; never less than was said before.

        None before it knows, and for what it cannot estimate.
        """
        try:
            self.highest = max(self.highest, float(self.cursor.query_progress()))
        except duckdb.Error:
            return None
        return min(self.highest, 100.0) if self.highest >= 0 else None

    def check(self) -> None:
        """Raise if somebody asked to stop."""
        if self.why is not None:
            raise self.why

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Errors of the engine in words for the caller."""
        try:
            self.check()
            yield
            self.check()
        except duckdb.Error as error:
            self.check()
            raise said(error) from error

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        with self.guarded():
            self.cursor.execute(sql, list(parameters))

    def create_from_arrow(self, name: str, table: Any) -> None:
        """Make a table out of an Arrow table."""
        with self.guarded():
            self.cursor.register("tw_incoming", table)
            try:
                self.cursor.execute(f"CREATE TABLE {name} AS SELECT * FROM tw_incoming")
            finally:
                self.cursor.unregister("tw_incoming")

    def batches(self, sql: str, rows: int = ROWS) -> tuple[Any, Iterator[Any]]:
        """The Arrow schema of the answer and its record batches, of so many rows each at most.

        Raises
        ------
        QueryError
            The engine failed, or the query was stopped (`QueryAbortedError`, `QueryTimeoutError`).
        """
        with self.guarded():
            relation = self.cursor.sql(sql)
            reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
            stream = reader(rows)
        return stream.schema, self.following(stream)

    def following(self, stream: Any) -> Iterator[Any]:
        import pyarrow as pa

        while True:
            with self.guarded():
                try:
                    batch = stream.read_next_batch()
                except StopIteration:
                    return
                except (pa.ArrowException, OSError) as error:  # an interrupted query reaches Arrow as an OSError
                    self.check()
                    raise said(error) from error
            yield batch

    def finish(self) -> None:
        """Let go of the query; the cursor cannot be used any more."""
        self.is_done.set()
        self.cursor.close()


def said(error: Exception) -> QueryError:
    """The engine's first line, without the SQL that the caller never wrote."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in first:
        return QueryError(
            "the query needs more memory than this service has; select less, or add a condition", said=first
        )
    first = first.removeprefix("Invalid Input Error: ")
    return QueryError(f"the query failed while it ran: {first}", said=first)


__all__ = ["Engine", "QueryAbortedError", "QueryTimeoutError", "Run"]
