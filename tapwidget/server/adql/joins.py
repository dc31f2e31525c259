"""FROM: tables, sub-queries and joins.

Source: ADQL 2.1, section 2.2 (joined tables).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import sqlglot.expressions as exp

from tapwidget.server.adql.scope import Relation, Scope, Source, plain, refused
from tapwidget.server.adql.spatial import rewritten
from tapwidget.server.adql.tree import balanced, only
from tapwidget.server.adql.values import Value, combined
from tapwidget.server.faults import AdqlError

if TYPE_CHECKING:
    from tapwidget.server.adql.query import Queries

Tree = Source | tuple["Tree", str, "Tree", list[str]]
"""A table, or two trees with the word that joins them and the conditions."""


MOST_TABLES = 100
"""The engine takes seconds to put more of them in order, and cannot be stopped while it does."""


@dataclass
class From:
    """The FROM clause of one SELECT: groups of joined tables, between which stand commas."""

    scope: Scope
    groups: list[Tree] = field(default_factory=list)
    merged: list[tuple[str, Value, frozenset[str]]] = field(default_factory=list)
    """Columns of USING or NATURAL: name, value, aliases of the tables whose own column it stands for."""

    def sql(self) -> str:
        return ", ".join(written(group) for group in self.groups)

    def star(self) -> Iterator[tuple[str, Value]]:
        """All columns, those of USING and NATURAL once and first (SQL-92, 7.5)."""
        hidden = {(name.lower(), alias) for name, _, aliases in self.merged for alias in aliases}
        for name, value, _ in self.merged:
            yield name, value
        for source in self.scope.sources:
            for column in source.relation.columns:
                if (column.name.lower(), source.alias) not in hidden:
                    yield column.name, source.value(column)


def from_clause(node: exp.Select, scope: Scope, queries: Queries) -> From:
    """The FROM clause, its tables put into the scope."""
    result = From(scope)
    first = node.args.get("from_")
    if first is None:
        if node.args.get("joins"):
            raise refused(node, "expected FROM before JOIN")
        return result
    only(first, "this")
    result.groups.append(operand(first.this, result, queries))
    for join in node.args.get("joins") or []:
        add_join(join, result, queries)
    return result


def operand(node: exp.Expr, into: From, queries: Queries) -> Tree:
    """A table, a sub-query or joins in parentheses."""
    if isinstance(node, exp.Table):
        only(node, "this", "db", "catalog", "alias", "joins")
        tree: Tree = table(node, into.scope, queries)
    elif (
        isinstance(node, exp.Subquery)
        and isinstance(node.this, exp.Table | exp.Subquery)
        and not node.args.get("alias")
    ):
        only(node, "this", "joins")
        tree = operand(node.this, into, queries)
    elif isinstance(node, exp.Subquery):
        only(node, "this", "alias", "joins")
        tree = derived(node, into.scope, queries)
    else:
        raise refused(node, "expected a table or a sub-query in FROM")
    inside = node.args.get("joins") or []
    if inside:
        part = From(into.scope, [tree], into.merged)
        for join in inside:
            add_join(join, part, queries)
        tree = folded(part.groups)
    return tree


def table(node: exp.Table, scope: Scope, queries: Queries) -> Source:
    name, schema = node.this, node.args.get("db")
    if not isinstance(name, exp.Identifier) or node.args.get("catalog"):
        raise refused(node, "expected a table name: table or schema.table")
    written_name = plain(name)
    relation = scope.cte(written_name) if schema is None else None
    if relation is None:
        schema_name = plain(schema) if schema is not None else ""
        try:
            relation = queries.tables(schema_name, written_name, is_quoted(schema), is_quoted(name))
        except AdqlError as error:
            raise refused(node, str(error)) from None
    if relation is None:
        raise refused(node, f"there is no table {written_name}")
    alias = node.args.get("alias")
    if alias is not None:
        only(alias, "this")
    return add_source(
        node, relation, alias.this if alias is not None else name, scope, queries, is_alias=alias is not None
    )


def derived(node: exp.Subquery, scope: Scope, queries: Queries) -> Source:
    alias = node.args.get("alias")
    if alias is None:
        raise refused(node, "a sub-query in FROM needs a name: (SELECT ...) AS name")
    only(alias, "this", "columns")
    names = [plain(column) for column in alias.args.get("columns") or []] or None
    relation = queries.relation(node.this, plain(alias.this), scope, names)
    # its tables are counted already
    return add_source(node, replace(relation, tables=0), alias.this, scope, queries, is_alias=True)


def add_source(
    node: exp.Expr, relation: Relation, name: exp.Expr, scope: Scope, queries: Queries, *, is_alias: bool
) -> Source:
    called = plain(name)
    queries.named += relation.tables
    if queries.named > MOST_TABLES:
        raise refused(node, f"a query can name {MOST_TABLES} tables at most, those of its WITH wherever they are used")
    source = Source(
        alias=f"s{next(queries.numbers)}",
        name=called,
        schema="" if is_alias else relation.schema,
        relation=relation,
        is_delimited=is_quoted(name),
    )
    for other in scope.sources:
        if other.name.lower() == called.lower() and (is_alias or other.schema.lower() == source.schema.lower()):
            raise refused(node, f"two tables of this query are called {called}; give one of them another name with AS")
    scope.sources.append(source)
    queries.read.append(relation)
    return source


def add_join(join: exp.Expr, into: From, queries: Queries) -> None:
    """One more JOIN or comma. `JOIN` without ON, as Rubin's tutorials write it, is a comma."""
    only(join, "this", "side", "kind", "on", "using", "method")
    side, kind, method = (str(join.args.get(part) or "").upper() for part in ("side", "kind", "method"))
    if (
        side not in {"", "LEFT", "RIGHT", "FULL"}
        or kind not in {"", "INNER", "OUTER", "CROSS"}
        or method not in {"", "NATURAL"}
    ):
        raise refused(join, f"{side} {kind} {method} JOIN is not ADQL".replace("  ", " "))
    left_sources = list(into.scope.sources)
    right = operand(join.this, into, queries)
    right_sources = [source for source in into.scope.sources if source not in left_sources]
    on, using = join.args.get("on"), join.args.get("using")
    if on is None and not using and not method:
        if side or kind == "OUTER":
            raise refused(join, f"{side or kind} JOIN needs ON or USING")
        into.groups.append(right)
        return
    word = f"{side} JOIN" if side else "JOIN"
    if on is not None:
        values = queries.expressions.conjuncts(on, into.scope)
        may_repeat = {"": into.scope.sources, "LEFT": right_sources, "RIGHT": left_sources, "FULL": []}[side]
        conditions = [rewritten(v.near, into.scope.sources, may_repeat) if v.near else v.sql for v in values]
        used = frozenset().union(*(value.sources for value in values))
    else:
        conditions = merge(join, side, left_sources, right_sources, into)
        used = frozenset(source.alias for source in left_sources)
    last = into.groups[-1]
    if used - aliases(last) - aliases(right):
        into.groups = [folded(into.groups)]
    into.groups[-1] = (into.groups[-1], word, right, conditions)


def merge(join: exp.Expr, side: str, left: list[Source], right: list[Source], into: From) -> list[str]:
    """USING and NATURAL: the conditions; the columns become one in the scope."""
    using = join.args.get("using")
    if using:
        names = [plain(identifier) for identifier in using]
    else:
        theirs = {c.name.lower() for source in right for c in source.relation.columns}
        names = [c.name for source in left for c in source.relation.columns if c.name.lower() in theirs]
        if not names:
            raise refused(join, "NATURAL JOIN of tables without a common column")
    conditions = []
    for name in dict.fromkeys(names):
        a, b = into.scope.merged.get(name.lower()) or only_one(join, name, left), only_one(join, name, right)
        conditions.append(f"({a.compared} = {b.compared})")
        value = b if side == "RIGHT" else a
        if side == "FULL":
            value = combined(f"coalesce({a.sql}, {b.sql})", a.kind, a, b)
        value = replace(value, sources=a.sources | b.sources)
        into.scope.merged[name.lower()] = value
        into.merged[:] = [entry for entry in into.merged if entry[0].lower() != name.lower()]
        into.merged.append((name, value, a.sources | b.sources))
    return conditions


def only_one(join: exp.Expr, name: str, sources: list[Source]) -> Value:
    hits = [s.value(c) for s in sources for c in s.relation.columns if c.name.lower() == name.lower()]
    if len(hits) != 1:
        raise refused(
            join, f"column {name} is {'in none' if not hits else 'in more than one'} of the tables to be joined"
        )
    return hits[0]


def folded(groups: list[Tree]) -> Tree:
    tree = groups[0]
    for group in groups[1:]:
        tree = (tree, "CROSS JOIN", group, [])
    return tree


def aliases(tree: Tree) -> frozenset[str]:
    if isinstance(tree, Source):
        return frozenset({tree.alias})
    return aliases(tree[0]) | aliases(tree[2])


def written(tree: Tree) -> str:
    """The SQL of a tree. Called when all conditions are known, since these decide which tables are expanded."""
    if isinstance(tree, Source):
        return tree.sql
    left, word, right, conditions = tree
    on = f" ON {balanced(conditions, ' AND ')}" if conditions else ""
    inner = written(right) if isinstance(right, Source) else f"({written(right)})"
    return f"{written(left)} {word} {inner}{on}"


def is_quoted(identifier: exp.Expr | None) -> bool:
    return identifier is not None and bool(identifier.args.get("quoted"))
