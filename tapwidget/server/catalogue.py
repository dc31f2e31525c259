"""The tables served: what they are called, what their columns are, where the engine has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tapwidget.ivoa.tapschema import Table
from tapwidget.server.adql.scope import Relation
from tapwidget.server.faults import AdqlError, close_names
from tapwidget.server.watched import Watched

UPLOAD_SCHEMA = "TAP_UPLOAD"


@dataclass(frozen=True)
class Served:
    """One table: as TAP_SCHEMA describes it, and as the engine has it."""

    table: Table
    relation: Relation
    is_simulated: bool = False
    source: Watched | None = None
    """The file it was made of."""

    @property
    def schema(self) -> str:
        return self.table.name.rpartition(".")[0]


@dataclass
class Catalogue:
    """All tables of a service, in the order they were added."""

    served: dict[str, Served] = field(default_factory=dict)
    problem: str = ""
    """Why files that have changed are not read anew."""

    def add(self, table: Served) -> None:
        self.served[table.table.name.lower()] = table

    def tables(self) -> tuple[Served, ...]:
        return tuple(self.served.values())

    def schemas(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(served.schema for served in self.served.values()))

    def get(self, name: str) -> Served | None:
        return self.served.get(name.lower())

    @property
    def is_simulated(self) -> bool:
        return any(served.is_simulated for served in self.served.values())

    def changes(self, relations: Iterable[Relation]) -> str:
        """Sentences about those of some tables whose files have changed since they were read; "" where none has."""
        served = (self.get(name) for name in dict.fromkeys(relation.name for relation in relations))
        said = (one.source.change() for one in served if one is not None and one.source is not None)
        return " ".join(filter(None, said))

    def states(self) -> tuple[object, ...]:
        """What the files look like now; the same as before where none has changed meanwhile."""
        return tuple(one.source.state() for one in self.served.values() if one.source is not None)

    def all_changes(self) -> str:
        """Sentences about all files that have changed since they were read; "" for none."""
        said = (one.source.change() for one in self.tables() if one.source is not None)
        return " ".join(filter(None, [*said, self.problem]))

    def find(self, schema: str, name: str, uploads: Mapping[str, Relation]) -> Relation:
        """The table that a query names; `uploads` are those of this query alone, by lower-case name.

        Raises
        ------
        AdqlError
            There is none of that name, or more than one without its schema.
        """
        if schema.lower() == UPLOAD_SCHEMA.lower():
            if name.lower() in uploads:
                return uploads[name.lower()]
            there = ", ".join(relation.name for relation in uploads.values()) or "none"
            raise AdqlError(f"no table {UPLOAD_SCHEMA}.{name} was uploaded with this query (uploaded: {there})")
        if schema:
            served = self.get(f"{schema}.{name}")
            if served is not None:
                return served.relation
            names = [*(s.table.name for s in self.tables()), *(r.name for r in uploads.values())]
            raise AdqlError(f"there is no table {schema}.{name}{close_names(f'{schema}.{name}', names)}")
        every = [*(s.relation for s in self.tables()), *uploads.values()]
        hits = [relation for relation in every if relation.name.rpartition(".")[2].lower() == name.lower()]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise AdqlError(f"{name} is in more than one schema: write {' or '.join(hit.name for hit in hits)}")
        short = {relation.name.rpartition(".")[2]: relation.name for relation in every}
        raise AdqlError(f"there is no table {name}{close_names(name, [*short, *short.values()])}")
