"""One TAP query, from its parameters to the file with its answer. Runs in a worker thread.

Source: TAP 1.1, section 2 (parameters).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tapwidget.errors import ColumnError, QueryError
from tapwidget.server import results, uploads
from tapwidget.server.adql.query import Translation, translate
from tapwidget.server.adql.scope import Relation
from tapwidget.server.catalogue import Catalogue
from tapwidget.server.engine import Engine, Run
from tapwidget.server.faults import RequestError
from tapwidget.server.fetching import Fetching
from tapwidget.server.parameters import Parameters
from tapwidget.server.results import Format
from tapwidget.server.settings import Settings

LANGUAGES = frozenset({"ADQL", "ADQL-2.0", "ADQL-2.1"})


@dataclass(frozen=True)
class TapQuery:
    """What is asked: ADQL, rows at most, form of the answer, uploaded tables (name to file or address)."""

    adql: str
    maxrec: int
    form: Format
    uploads: dict[str, Path | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Holdings:
    """What every query runs on."""

    engine: Engine
    catalogue: Catalogue
    settings: Settings


@dataclass(frozen=True)
class Answer:
    """What a query gave: its file, and whether rows were left out at MAXREC."""

    path: Path
    form: Format
    rows: int
    overflow: bool


def query_of(parameters: Parameters, settings: Settings) -> TapQuery:
    """The query that the parameters of a request state.

    Raises
    ------
    RequestError
        One is missing or has a value that is none.
    """
    request = parameters.get("REQUEST")
    if request and request.lower() != "doquery":
        raise RequestError(f"REQUEST={request} is not supported; leave it out, or say doQuery")
    language = parameters.get("LANG")
    if not language:
        raise RequestError("the parameter LANG is missing; it is ADQL")
    if language.upper() not in LANGUAGES:
        raise RequestError(f"LANG={language} is not supported; there is ADQL")
    adql = parameters.get("QUERY")
    if not adql or not adql.strip():
        raise RequestError("the parameter QUERY is missing")
    maxrec = parameters.get("MAXREC")
    if maxrec and not maxrec.strip().isdigit():
        raise RequestError(f"MAXREC={maxrec} is no number of rows")
    wanted = min(int(maxrec), settings.maxrec_hard) if maxrec else settings.maxrec_default
    form = results.format_named(parameters.get("RESPONSEFORMAT") or parameters.get("FORMAT") or "")
    return TapQuery(adql, wanted, form, uploads.references(parameters.all("UPLOAD"), parameters.files))


def answer(query: TapQuery, run: Run, holdings: Holdings, path: Path) -> Answer:
    """Run a query and write its answer to `path`.

    Raises
    ------
    AdqlError, RequestError, QueryError
        The query, its uploads, what the format cannot say, or the engine; `path` may hold part of an answer then.
    """
    with uploaded(query, run, holdings, path.parent) as relations:
        translation = translate(
            query.adql,
            lambda schema, name, *_: holdings.catalogue.find(schema, name, relations),
            most=query.maxrec,
        )
        schema, batches = run.batches(translation.sql, translation.rows_in_group)
        counter = Counter(query.maxrec)
        changes = holdings.catalogue.changes(translation.relations)
        infos = {
            "QUERY": query.adql[:10_000],
            **({"SIMULATED": "simulated data"} if holdings.catalogue.is_simulated else {}),
            **({"WARNING": changes} if changes else {}),
        }
        pieces = results.chunks(
            query.form,
            translation.outputs,
            schema,
            counter.counted(batches),
            status_after=counter.status,
            infos=infos,
            is_ascii=is_ascii(translation, query.adql, relations),
            scratch=path.parent,
        )
        try:
            run.growing.begin(path, query.form.mime)
            with path.open("wb") as file:
                for piece in pieces:
                    if file.tell() + len(piece) > holdings.settings.result_bytes:
                        raise too_large(holdings.settings)
                    file.write(piece)
                    file.flush()
                    run.growing.wrote(len(piece))
        except ColumnError as error:
            raise RequestError(str(error)) from error
        return Answer(path, query.form, counter.rows, counter.overflow)


def too_large(settings: Settings) -> QueryError:
    message = f"the answer is larger than {settings.result_bytes} bytes; select less of it"
    return QueryError(message, said=message)


@contextmanager
def uploaded(query: TapQuery, run: Run, holdings: Holdings, folder: Path) -> Iterator[dict[str, Relation]]:
    """The uploaded tables in the engine, for as long as the query runs; no other query can name them."""
    relations: dict[str, Relation] = {}
    try:
        for name, place in query.uploads.items():
            run.check()
            path = place if isinstance(place, Path) else folder / f"fetched{len(relations) + 1}"
            if isinstance(place, str):
                Fetching(name, path, holdings.settings, run.check).fetch(place)
            relations[name.lower()] = uploads.load(holdings.engine, run, name, path, holdings.settings)
        yield relations
    finally:
        for relation in relations.values():
            cursor = holdings.engine.connection.cursor()
            cursor.execute(f"DROP TABLE IF EXISTS {relation.sql}")
            cursor.close()


def is_ascii(translation: Translation, adql: str, relations: dict[str, Relation]) -> bool:
    """Whether texts that a query makes of its tables are certainly ASCII."""
    fields = [column.field for relation in (*relations.values(), *translation.relations) for column in relation.columns]
    return adql.isascii() and not any(f is not None and f.datatype == "unicodeChar" for f in fields)


class Counter:
    """Counts rows on their way out, and holds back the one beyond MAXREC that says there are more."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.rows = 0
        self.overflow = False

    def counted(self, batches: Iterator[object]) -> Iterator[object]:
        for batch in batches:
            size: int = batch.num_rows  # type: ignore[attr-defined]
            if self.rows + size > self.most:
                self.overflow = True
                size = self.most - self.rows
                batch = batch.slice(0, size)  # type: ignore[attr-defined] # noqa: PLW2901
            self.rows += size
            yield batch

    def status(self) -> tuple[str, str]:
        if self.overflow:
            return "OVERFLOW", f"the answer was cut at {self.most} rows (MAXREC); there are more"
        return "", ""
