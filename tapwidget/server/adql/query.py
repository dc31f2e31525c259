"""A whole query: SELECT with its clauses, set operations, WITH; to SQL of the engine.

Columns are called c1, c2, ... in the SQL, and tables s1, s2, ...: the names that a query uses never leave this part.

Source: ADQL 2.1, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

import sqlglot.expressions as exp

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.adql.expressions import Expressions
from tapwidget.server.adql.joins import From, from_clause
from tapwidget.server.adql.reader import read
from tapwidget.server.adql.scope import Relation, Scope, SourceColumn, Tables, plain, refused, same
from tapwidget.server.adql.spatial import rewritten
from tapwidget.server.adql.texts import bounded, rows_in_group
from tapwidget.server.adql.tree import balanced, is_whole, only
from tapwidget.server.adql.values import Kind, Value
from tapwidget.server.faults import AdqlError

SET_WORDS: dict[type[exp.Expr], str] = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}
SELECT_PARTS = (
    "expressions",
    "distinct",
    "from_",
    "joins",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "with_",
)


@dataclass(frozen=True)
class Output:
    """A column of a query's answer; `field` describes it where it is a plain column of a table."""

    name: str
    value: Value

    @property
    def field(self) -> Column | None:
        return self.value.field


@dataclass(frozen=True)
class Body:
    """A query without ORDER BY and limits."""

    sql: str
    outputs: tuple[Output, ...]
    scope: Scope
    is_distinct: bool = False
    is_set: bool = False


@dataclass(frozen=True)
class Translation:
    """A query for the engine: its SQL, and what its columns are. `limit` is the number of rows it can have at most."""

    sql: str
    outputs: tuple[Output, ...]
    limit: int | None
    relations: tuple[Relation, ...] = ()
    """The tables it reads."""

    @property
    def rows_in_group(self) -> int:
        """How many rows of the answer may be in memory at once."""
        return rows_in_group([output.value for output in self.outputs], self.relations)


def translate(text: str, tables: Tables, *, most: int | None = None) -> Translation:
    """The engine's SQL for an ADQL query.

    Parameters
    ----------
    text : ADQL
    tables : finds the tables that the caller may read
    most : rows wanted at most, whatever TOP says; the SQL asks for one more, so that OVERFLOW can be told

    Raises
    ------
    AdqlError
    """
    try:
        return Queries(tables).top(read(text), most)
    except RecursionError:
        raise AdqlError("the query is nested too deeply") from None


class Queries:
    """Writes one query and those inside it; hands out the aliases."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.expressions = Expressions(self.subquery)
        self.numbers = count(1)
        self.read: list[Relation] = []
        self.named = 0

    def top(self, node: exp.Expr, most: int | None) -> Translation:
        node = unwrapped(node)
        body, order, limit, offset = self.parts(node, Scope())
        asked = limit if most is None else most + 1 if limit is None else min(limit, most + 1)
        return Translation(body.sql + order + bounds(asked, offset), unique(body.outputs), limit, tuple(self.read))

    def subquery(self, node: exp.Expr, scope: Scope) -> tuple[str, tuple[Value, ...]]:
        body, order, limit, offset = self.parts(unwrapped(node), Scope(parent=scope))
        needs_order = limit is not None or offset
        sql = f"({body.sql}{order if needs_order else ''}{bounds(limit, offset)})"
        return sql, tuple(output.value for output in body.outputs)

    def relation(self, node: exp.Expr, name: str, scope: Scope, names: list[str] | None = None) -> Relation:
        """A query as a table: what a FROM clause or WITH makes of it."""
        before = self.named
        body, order, limit, offset = self.parts(unwrapped(node), Scope(parent=None, ctes=visible(scope)))
        needs_order = limit is not None or offset
        sql = f"({body.sql}{order if needs_order else ''}{bounds(limit, offset)})"
        if names is not None and len(names) != len(body.outputs):
            raise refused(node, f"{name} names {len(names)} columns, but its query has {len(body.outputs)}")
        columns = tuple(
            SourceColumn(names[i] if names else o.name, f"c{i + 1}", o.value.kind, o.field, o.value.may_be_nan)
            for i, o in enumerate(body.outputs)
        )
        return Relation(name, sql, columns, tables=max(1, self.named - before))

    def parts(self, node: exp.Expr, scope: Scope) -> tuple[Body, str, int | None, int]:
        """A query's body, its ORDER BY in SQL, its TOP and its OFFSET."""
        self.add_ctes(node, scope)
        body = self.body(node, scope)
        order = self.order(node, body)
        return body, order, whole(node.args.get("limit"), "TOP"), whole(node.args.get("offset"), "OFFSET") or 0

    def add_ctes(self, node: exp.Expr, scope: Scope) -> None:
        with_ = node.args.get("with_")
        if with_ is None:
            return
        only(with_, "expressions")
        for cte in with_.expressions:
            only(cte, "this", "alias")
            alias = cte.args["alias"]
            name = plain(alias.this)
            names = [plain(column) for column in alias.args.get("columns") or []] or None
            scope.ctes[name.lower()] = self.relation(cte.this, name, scope, names)

    def body(self, node: exp.Expr, scope: Scope) -> Body:
        if isinstance(node, exp.Select):
            return self.select(node, scope)
        if type(node) in SET_WORDS:
            return self.set_operation(node, scope)
        raise refused(node, "expected SELECT")

    def operand(self, node: exp.Expr, scope: Scope) -> Body:
        """One side of a set operation; in parentheses it may have ORDER BY and TOP of its own."""
        inner = unwrapped(node)
        child = Scope(parent=scope.parent, ctes=visible(scope))
        body, order, limit, offset = self.parts(inner, child)
        return replace(body, sql=f"({body.sql}{order if limit is not None or offset else ''}{bounds(limit, offset)})")

    def set_operation(self, node: exp.Expr, scope: Scope) -> Body:
        node = by_precedence(node)
        only(node, "this", "expression", "distinct", "order", "offset", "limit", "with_")
        word = SET_WORDS[type(node)]
        left, right = self.operand(node.this, scope), self.operand(node.expression, scope)
        if len(left.outputs) != len(right.outputs):
            raise refused(node, f"the sides of {word} have {len(left.outputs)} and {len(right.outputs)} columns")
        outputs = []
        for index, (a, b) in enumerate(zip(left.outputs, right.outputs, strict=True), start=1):
            kinds = {a.value.kind, b.value.kind} - {Kind.NULL}
            if len(kinds) > 1 and kinds != {Kind.INTEGER, Kind.REAL}:
                raise refused(
                    node, f"column {index} is {a.value.kind} on one side of {word} and {b.value.kind} on the other"
                )
            field = a.field if a.field and b.field and a.field.datatype == b.field.datatype else None
            kind = Kind.REAL if Kind.REAL in kinds else a.value.kind if a.value.kind != Kind.NULL else b.value.kind
            outputs.append(Output(a.name, Value(f"c{index}", kind, field=field, may_be_nan=True)))
        every = "" if node.args.get("distinct") else " ALL"
        return Body(f"{left.sql} {word}{every} {right.sql}", tuple(outputs), scope, is_set=True)

    def select(self, node: exp.Select, scope: Scope) -> Body:
        only(node, *SELECT_PARTS)
        tables = from_clause(node, scope, self)
        conditions = self.conditions(node.args.get("where"), scope)
        outputs = self.outputs(node, scope, tables)
        groups = self.groups(node, scope, outputs)
        having = ""
        if node.args.get("having") is not None:
            value = self.expressions.condition(node.args["having"].this, scope)
            check_grouped(node, "HAVING", value, groups)
            having = f" HAVING {value.sql}"
        if groups or having or any(output.value.is_aggregate for output in outputs):
            for output in outputs:
                check_grouped(node, output.name, output.value, groups)
        is_distinct = node.args.get("distinct") is not None
        if is_distinct:
            only(node.args["distinct"])
        # ABC of the engine's SQL; tables come last, since the conditions decide which of them are expanded
        items = ", ".join(f"{bounded(o.value, scope.sources)} AS c{index}" for index, o in enumerate(outputs, start=1))
        sql = f"SELECT {'DISTINCT ' if is_distinct else ''}{items}"
        source = tables.sql()
        sql += f" FROM {source}" if source else ""
        sql += f" WHERE {balanced(conditions, ' AND ')}" if conditions else ""
        sql += f" GROUP BY {', '.join(value.sql for value in groups)}" if groups else ""
        return Body(sql + having, tuple(outputs), scope, is_distinct=is_distinct)

    def conditions(self, where: exp.Expr | None, scope: Scope) -> list[str]:
        if where is None:
            return []
        only(where, "this")
        values = self.expressions.conjuncts(where.this, scope)
        for value in values:
            if value.is_aggregate:
                raise refused(where, "an aggregate cannot be in WHERE; use HAVING")
        return [rewritten(v.near, scope.sources, scope.sources) if v.near else v.sql for v in values]

    def outputs(self, node: exp.Select, scope: Scope, tables: From) -> list[Output]:
        result: list[Output] = []
        for item in node.expressions:
            result += self.output(item, scope, tables, len(result) + 1)
        if not result:
            raise refused(node, "expected what to select after SELECT")
        return result

    def output(self, item: exp.Expr, scope: Scope, tables: From, position: int) -> list[Output]:
        if isinstance(item, exp.Star):
            only(item)
            if not scope.sources:
                raise refused(item, "SELECT * needs a FROM")
            return [Output(name, value) for name, value in tables.star()]
        if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            only(item.this)
            named = [s for s in scope.sources if same(s.name, item.args["table"], s.is_delimited)]
            if not named:
                raise refused(item, f"{item.args['table'].name} is no table of this query")
            return [Output(c.name, s.value(c)) for s in named for c in s.relation.columns]
        name = ""
        if isinstance(item, exp.Alias):
            only(item, "this", "alias")
            name, item = plain(item.args["alias"]), item.this
        value = self.expressions.selected(item, scope)
        return [Output(name or default_name(item, position), value)]

    def groups(self, node: exp.Select, scope: Scope, outputs: list[Output]) -> list[Value]:
        group = node.args.get("group")
        if group is None:
            return []
        only(group, "expressions")
        result = []
        for item in group.expressions:
            value = named_output(item, outputs) if not known_column(item, scope) else None
            if isinstance(item, exp.Literal) and is_whole(item.name) and 1 <= int(item.name) <= len(outputs):
                value = outputs[int(item.name) - 1].value
            value = value or self.expressions.value(item, scope)
            if value.is_aggregate or isinstance(value.literal, int):
                raise refused(item, f"GROUP BY takes columns, expressions of them, or numbers from 1 to {len(outputs)}")
            result.append(value)
        return result

    def order(self, node: exp.Expr, body: Body) -> str:
        clause = node.args.get("order")
        if clause is None:
            return ""
        only(clause, "expressions")
        keys = []
        for item in clause.expressions:
            only(item, "this", "desc", "nulls_first")
            keys.append(self.order_key(item.this, body) + (" DESC" if item.args.get("desc") else ""))
        return " ORDER BY " + ", ".join(f"{key} NULLS LAST" for key in keys)

    def order_key(self, item: exp.Expr, body: Body) -> str:
        outputs = list(body.outputs)
        if isinstance(item, exp.Literal):
            if item.args.get("is_string") or not is_whole(item.name) or not 1 <= int(item.name) <= len(outputs):
                raise refused(item, f"ORDER BY a number means a column of the answer, 1 to {len(outputs)}")
            return str(int(item.name))
        index = next((i for i, o in enumerate(outputs, start=1) if is_named(item, o)), None)
        if index is not None:
            return str(index)
        if body.is_set:
            raise refused(item, "ORDER BY after a set operation takes a column of the answer, by name or number")
        value = self.expressions.value(item, body.scope)
        index = next((i for i, o in enumerate(outputs, start=1) if o.value.sql == value.sql), None)
        if index is not None:
            return str(index)
        if body.is_distinct:
            raise refused(item, "with DISTINCT, ORDER BY takes what is selected")
        return value.sql


def unwrapped(node: exp.Expr) -> exp.Expr:
    """A query without the parentheses around it."""
    while isinstance(node, exp.Subquery | exp.Paren):
        if isinstance(node, exp.Subquery):
            only(node, "this")
        node = node.this
    return node


def visible(scope: Scope | None) -> dict[str, Relation]:
    """All queries of WITH that a query in this place can name."""
    result: dict[str, Relation] = {}
    while scope is not None:
        result = {**scope.ctes, **result}
        scope = scope.parent
    return result


def by_precedence(node: exp.Expr) -> exp.Expr:
    """INTERSECT binds more tightly than UNION and EXCEPT; the parser reads from left to right."""
    left = node.this
    if isinstance(node, exp.Intersect) and isinstance(left, exp.Union | exp.Except):
        inner = exp.Intersect(this=left.expression, expression=node.expression, distinct=node.args.get("distinct"))
        rest = {key: content for key, content in node.args.items() if key not in {"this", "expression", "distinct"}}
        return type(left)(this=left.this, expression=inner, distinct=left.args.get("distinct"), **rest)
    return node


def whole(clause: exp.Expr | None, word: str) -> int | None:
    """The number of a TOP or OFFSET."""
    if clause is None:
        return None
    only(clause, "expression")
    number = clause.expression
    if not isinstance(number, exp.Literal) or number.args.get("is_string") or not is_whole(number.name):
        raise refused(clause, f"expected a whole number after {word}")
    return min(int(number.name), 2**62)


def bounds(limit: int | None, offset: int) -> str:
    return (f" LIMIT {limit}" if limit is not None else "") + (f" OFFSET {offset}" if offset else "")


def is_named(item: exp.Expr, output: Output) -> bool:
    return isinstance(item, exp.Column) and item.args.get("table") is None and same(output.name, item.this)


def named_output(item: exp.Expr, outputs: list[Output]) -> Value | None:
    return next((output.value for output in outputs if is_named(item, output)), None)


def known_column(item: exp.Expr, scope: Scope) -> bool:
    return isinstance(item, exp.Column) and (
        item.args.get("table") is not None
        or any(same(c.name, item.this) for source in scope.sources for c in source.relation.columns)
    )


def check_grouped(node: exp.Expr, name: str, value: Value, groups: list[Value]) -> None:
    covered = {sql for group in groups for sql in group.loose} & {group.sql for group in groups}
    if value.sql in {group.sql for group in groups} or value.loose <= covered:
        return
    raise refused(
        node, f"{name}: with GROUP BY or an aggregate, every column must be in GROUP BY or inside an aggregate"
    )


def default_name(item: exp.Expr, position: int) -> str:
    """The name of a column that the query gives none: as written, for a column or a function; else its number."""
    if isinstance(item, exp.Column):
        return str(item.this.name)
    if isinstance(item, exp.Anonymous):
        return plain_function(item)
    return f"col{position}"


def plain_function(item: exp.Expr) -> str:
    return str(item.this).rpartition(":")[2].lower()


def unique(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    """Names made unique, as astropy does it: ra, ra_2. Two columns of one name cannot both be asked for."""
    taken = {output.name.lower() for output in outputs}
    seen: set[str] = set()
    result = []
    for output in outputs:
        name, number = output.name, 2
        while name.lower() in seen:
            name = f"{output.name}_{number}"
            number += 1
            if name.lower() in taken:
                name = output.name
        seen.add(name.lower())
        result.append(replace(output, name=name))
    return tuple(result)
