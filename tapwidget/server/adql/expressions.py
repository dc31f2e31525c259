"""Expressions of a query, written anew as SQL.

Every kind of node that is allowed has its own method; every other is refused, and so is every part of a node that its
method does not know. That is the boundary between a caller and the engine.

Source: ADQL 2.1, section 2.2 (value expressions, predicates).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import sqlglot.expressions as exp

from tapwidget.server.adql import functions, geometry
from tapwidget.server.adql.cells import real
from tapwidget.server.adql.comparisons import MIRRORED, alike, nearness
from tapwidget.server.adql.constants import INT64, fold
from tapwidget.server.adql.reader import FUNCTION_MARK
from tapwidget.server.adql.scope import Scope, refused
from tapwidget.server.adql.tree import balanced, is_whole, links, only, said_of
from tapwidget.server.adql.units import in_unit
from tapwidget.server.adql.values import MOST_WORK, Kind, Value, combined, quoted
from tapwidget.server.faults import AdqlError, close_names

Subquery = Callable[[exp.Expr, Scope], tuple[str, tuple[Value, ...]]]
"""Writes a query inside this one; gives its SQL and its columns."""

CASTS = {
    "CHAR": ("VARCHAR", Kind.TEXT),
    "VARCHAR": ("VARCHAR", Kind.TEXT),
    "SMALLINT": ("SMALLINT", Kind.INTEGER),
    "INTEGER": ("INTEGER", Kind.INTEGER),
    "BIGINT": ("BIGINT", Kind.INTEGER),
    "REAL": ("FLOAT", Kind.REAL),
    "DOUBLE PRECISION": ("DOUBLE", Kind.REAL),
    "TIMESTAMP": ("TIMESTAMP", Kind.TIME),
}
SAME_CASTS = {"INT": "INTEGER", "FLOAT": "REAL", "DOUBLE": "DOUBLE PRECISION"}
COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}


class Expressions:
    """Writes the expressions of one query and of those inside it."""

    def __init__(self, subquery: Subquery) -> None:
        self.subquery = subquery
        self.work = 0

    def value(self, node: exp.Expr, scope: Scope) -> Value:
        """The value of an expression.

        Raises
        ------
        AdqlError
            Not ADQL, a name that is not there, kinds that do not go together; points at the place.
        """
        found = self.any(node, scope)
        if not isinstance(found, Value):
            raise refused(
                node, "a geometry cannot stand alone here; use it in CONTAINS, INTERSECTS, DISTANCE or COORD1/2"
            )
        return found

    def selected(self, node: exp.Expr, scope: Scope) -> Value:
        """The value of an expression after SELECT, where a geometry can stand too."""
        found = self.any(node, scope)
        return found if isinstance(found, Value) else geometry.selected(found)

    def condition(self, node: exp.Expr, scope: Scope) -> Value:
        value = self.value(node, scope)
        if value.kind not in {Kind.BOOLEAN, Kind.NULL}:
            raise refused(node, f"expected a condition, found a value of type {value.kind}; compare it with something")
        return value

    def conjuncts(self, node: exp.Expr, scope: Scope) -> list[Value]:
        """The conditions that a top-level AND joins."""
        if isinstance(node, exp.Paren):
            return self.conjuncts(node.this, scope)
        if type(node) is not exp.And:
            return [self.condition(node, scope)]
        return [value for part in links(node) for value in self.conjuncts(part, scope)]

    def any(self, node: exp.Expr, scope: Scope) -> geometry.Argument:
        method = METHODS.get(type(node))
        if method is None:
            raise refused(node, f"{said_of(node)} is not ADQL, or not supported here")
        try:
            found: geometry.Argument = getattr(self, method)(node, scope)
        except AdqlError as error:
            if error.line:
                raise
            raise refused(node, str(error)) from None
        return found

    # --- leaves

    def constant(self, node: exp.Expr, _scope: Scope) -> Value:
        text = node.name
        if node.args.get("is_string"):
            return Value(quoted(text), Kind.TEXT, literal=text)
        if is_whole(text) and int(text) < INT64:
            return Value(text, Kind.INTEGER, literal=int(text))
        try:
            number = float(text)
        except ValueError:
            raise AdqlError(f"'{text}' is not a number") from None
        if math.isinf(number):
            raise AdqlError(f"{text[:40]} is larger than any number here")
        return Value(real(number), Kind.REAL, literal=number)

    def boolean(self, node: exp.Expr, _scope: Scope) -> Value:
        return Value("true" if node.this else "false", Kind.BOOLEAN)

    def null(self, _node: exp.Expr, _scope: Scope) -> Value:
        return Value("NULL", Kind.NULL)

    def column(self, node: exp.Expr, scope: Scope) -> Value:
        assert isinstance(node, exp.Column)
        only(node, "this", "table", "db", "catalog")
        try:
            return scope.column(node)
        except AdqlError as error:
            if node.args.get("table") is not None or not node.this.args.get("quoted"):
                raise
            hint = f"{error}; double quotes are for names, a text is '{node.this.name}'"
            raise refused(node, hint.partition(": ")[2] if error.line else hint) from None

    # --- arithmetic and text

    def paren(self, node: exp.Expr, scope: Scope) -> geometry.Argument:
        only(node, "this")
        return self.any(node.this, scope)

    def negative(self, node: exp.Expr, scope: Scope) -> Value:
        if isinstance(node.this, exp.Literal) and node.this.name == str(INT64):
            return Value(f"CAST('-{INT64}' AS BIGINT)", Kind.INTEGER, literal=-INT64)
        inner = self.number(node.this, scope)
        literal = -inner.literal if isinstance(inner.literal, int | float) else None
        return replace(combined(f"(-{inner.sql})", inner.kind, inner), literal=literal)

    def number(self, node: exp.Expr, scope: Scope) -> Value:
        value = self.value(node, scope)
        if not value.kind.is_number:
            raise refused(node, f"expected a number, found {value.kind}")
        return value

    def arithmetic(self, node: exp.Expr, scope: Scope) -> Value:
        only(node, "this", "expression", "typed", "safe")
        sign = ARITHMETIC[type(node)]
        left, right = self.number(node.this, scope), self.number(node.expression, scope)
        folded = fold(sign, left, right)
        if folded is not None:
            return folded
        if Kind.REAL in {left.kind, right.kind}:
            divisor = f"nullif({right.sql}, 0)" if sign == "/" else right.sql
            return combined(f"({left.sql} {sign} {divisor})", Kind.REAL, left, right)
        # ADQL divides integers as integers; 64 bits, so that no sum of smaller ones overflows
        a, b = f"CAST({left.sql} AS BIGINT)", f"CAST({right.sql} AS BIGINT)"
        sql = f"({a} // nullif({b}, 0))" if sign == "/" else f"({a} {sign} {b})"
        return combined(sql, Kind.INTEGER, left, right)

    def concatenation(self, node: exp.Expr, scope: Scope) -> Value:
        only(node, "this", "expression", "safe")
        parts = [self.value(part, scope) for part in links(node)]
        for part in parts:
            if part.kind not in {Kind.TEXT, Kind.NULL}:
                raise AdqlError(f"|| joins texts; CAST({part.kind} AS VARCHAR) makes one")
        return combined("(" + " || ".join(part.sql for part in parts) + ")", Kind.TEXT, *parts)

    def cast(self, node: exp.Expr, scope: Scope) -> Value:
        only(node, "this", "to")
        value = self.value(node.this, scope)
        # a type that sqlglot does not know keeps its name as its kind
        wanted = node.args["to"]
        written = (
            wanted.this.name
            if wanted.args.get("kind") is None
            else str(wanted.args["kind"]).removeprefix(FUNCTION_MARK).upper()
        )
        name = SAME_CASTS.get(written, written)
        if name not in CASTS:
            raise AdqlError(f"CAST to {written} is not ADQL; it can be {', '.join(CASTS)}")
        target, kind = CASTS[name]
        if value.kind == Kind.OTHER:
            raise AdqlError("an array cannot be cast")
        sql = value.sql
        if kind == Kind.INTEGER and value.kind == Kind.REAL:
            sql = f"trunc(tw_number({sql}))"
        cast = f"CAST({sql} AS {target})"
        if kind == Kind.TEXT and value.kind == Kind.TIME:  # as ISO 8601 has it, and every other answer here
            cast = f"replace({cast}, ' ', 'T')"
        length = node.args["to"].expressions
        if kind == Kind.TEXT and length:
            if len(length) != 1 or not is_whole(length[0].name):
                raise AdqlError("expected one number as the length of a text")
            cast = f"left({cast}, {int(length[0].name)})"
        return combined(cast, kind, value)

    # --- conditions

    def chain(self, node: exp.Expr, scope: Scope) -> Value:
        """AND, OR: a balanced tree, so that a thousand of them are no deeper than ten."""
        parts = [self.condition(part, scope) for part in links(node)]
        word = " AND " if type(node) is exp.And else " OR "
        return combined(balanced([part.sql for part in parts], word), Kind.BOOLEAN, *parts)

    def negation(self, node: exp.Expr, scope: Scope) -> Value:
        only(node, "this")
        inner = self.condition(node.this, scope)
        return combined(f"(NOT {inner.sql})", Kind.BOOLEAN, inner)

    def comparison(self, node: exp.Expr, scope: Scope) -> Value:
        only(node, "this", "expression")
        sign = COMPARISONS[type(node)]
        left, right = self.value(node.this, scope), self.value(node.expression, scope)
        near = nearness(sign, left, right) or nearness(MIRRORED[sign], right, left)
        if near is not None:
            return replace(combined(near.sql, Kind.BOOLEAN, *near.parts), near=near)
        left, right = alike(left, right)
        return combined(f"({left.compared} {sign} {right.compared})", Kind.BOOLEAN, left, right)

    def between(self, node: exp.Expr, scope: Scope) -> Value:
        only(node, "this", "low", "high")
        value = self.value(node.this, scope)
        low = alike(value, self.value(node.args["low"], scope))
        high = alike(value, self.value(node.args["high"], scope))
        sql = f"({low[0].compared} >= {low[1].compared} AND {high[0].compared} <= {high[1].compared})"
        return combined(sql, Kind.BOOLEAN, value, low[1], high[1])

    def membership(self, node: exp.Expr, scope: Scope) -> Value:
        only(node, "this", "expressions", "query")
        value = self.value(node.this, scope)
        query = node.args.get("query")
        if query is not None:
            sql, columns = self.subquery(query, scope)
            if len(columns) != 1:
                raise AdqlError(f"the sub-query after IN must have one column, it has {len(columns)}")
            left, _ = alike(value, columns[0])
            return combined(f"({left.compared} IN {sql})", Kind.BOOLEAN, value, replace(columns[0], loose=frozenset()))
        choices = [alike(value, self.value(choice, scope)) for choice in node.expressions]
        if not choices:
            raise AdqlError("expected values in the parentheses after IN")
        left = choices[0][0]
        return combined(
            f"({left.compared} IN ({', '.join(right.compared for _, right in choices)}))",
            Kind.BOOLEAN, value, *(right for _, right in choices),
        )  # fmt: skip

    def like(self, node: exp.Expr, scope: Scope) -> Value:
        escape = ""
        if isinstance(node, exp.Escape):
            only(node, "this", "expression")
            character = self.value(node.expression, scope)
            if not isinstance(character.literal, str) or len(character.literal) != 1:
                raise AdqlError("ESCAPE takes one character in single quotes")
            escape = f" ESCAPE {character.sql}"
            node = node.this
        only(node, "this", "expression", "negate")
        left, right = self.value(node.this, scope), self.value(node.expression, scope)
        for part in (left, right):
            if part.kind not in {Kind.TEXT, Kind.NULL}:
                raise AdqlError(f"LIKE compares texts, not {part.kind}")
        word = ("NOT " if node.args.get("negate") else "") + ("ILIKE" if isinstance(node, exp.ILike) else "LIKE")
        return combined(f"({left.sql} {word} {right.sql}{escape})", Kind.BOOLEAN, left, right)

    def is_null(self, node: exp.Expr, scope: Scope) -> Value:
        only(node, "this", "expression")
        if not isinstance(node.expression, exp.Null):
            raise AdqlError("expected NULL or NOT NULL after IS")
        value = self.value(node.this, scope)
        return combined(f"({value.compared} IS NULL)", Kind.BOOLEAN, value)

    def exists(self, node: exp.Expr, scope: Scope) -> Value:
        only(node, "this")
        sql, _ = self.subquery(node.this, scope)
        return Value(f"(EXISTS {sql})", Kind.BOOLEAN)

    def scalar(self, node: exp.Expr, scope: Scope) -> Value:
        sql, columns = self.subquery(node, scope)
        if len(columns) != 1:
            raise AdqlError(f"a sub-query used as a value must have one column, it has {len(columns)}")
        return Value(sql, columns[0].kind, may_be_nan=columns[0].may_be_nan)

    def case(self, node: exp.Expr, scope: Scope) -> Value:
        only(node, "this", "ifs", "default")
        subject = self.value(node.this, scope) if node.this else None
        parts: list[Value] = []
        results: list[Value] = []
        sql = ["CASE"]
        for branch in node.args["ifs"]:
            only(branch, "this", "true")
            if subject is None:
                test = self.condition(branch.this, scope)
                sql.append(f"WHEN {test.sql}")
            else:
                left, test = alike(subject, self.value(branch.this, scope))
                sql.append(f"WHEN {left.compared} = {test.compared}")
                parts.append(left)
            result = self.value(branch.args["true"], scope)
            sql.append(f"THEN {result.sql}")
            parts += [test, result]
            results.append(result)
        if node.args.get("default") is not None:
            result = self.value(node.args["default"], scope)
            sql.append(f"ELSE {result.sql}")
            parts.append(result)
            results.append(result)
        return combined(f"({' '.join(sql)} END)", functions.shared_kind("CASE", results), *parts)

    # --- functions

    def function(self, node: exp.Expr, scope: Scope) -> geometry.Argument:
        only(node, "this", "expressions")
        written = str(node.this).removeprefix(FUNCTION_MARK)
        name = functions.SYNONYMS.get(written.upper(), written.upper())
        if name in functions.AGGREGATES:
            return self.aggregate(name, node, scope)
        known = {*functions.FUNCTIONS, *geometry.GEOMETRY, *geometry.NUMBERS, "IN_UNIT"}
        if name not in known:
            instead = functions.INSTEAD.get(name)
            hint = f"; write {instead}" if instead else close_names(name, {*known, *functions.AGGREGATES})
            raise AdqlError(f"there is no function {written}{hint}")
        arguments = [self.any(argument, scope) for argument in node.expressions]
        if name in geometry.GEOMETRY:
            return self.bounded(geometry.region(name, arguments))
        if name in geometry.NUMBERS:
            return self.bounded(geometry.number(name, arguments))
        values = []
        for argument in arguments:
            if not isinstance(argument, Value):
                raise AdqlError(f"{written} does not take a geometry")
            values.append(argument)
        return self.bounded(in_unit(values) if name == "IN_UNIT" else functions.call(name, values))

    def aggregate(self, name: str, node: exp.Expr, scope: Scope) -> Value:
        functions.check_number(name, len(node.expressions), 1, 1)
        (argument,) = node.expressions
        if isinstance(argument, exp.Star):
            only(argument)
            if name != "COUNT":
                raise AdqlError(f"{name}(*) is not ADQL; name a column")
            return functions.aggregate(name, None, is_distinct=False)
        is_distinct = isinstance(argument, exp.Distinct)
        if is_distinct:
            only(argument, "expressions")
            if len(argument.expressions) != 1:
                raise AdqlError(f"{name}(DISTINCT ...) takes one expression")
            argument = argument.expressions[0]
        return functions.aggregate(name, self.value(argument, scope), is_distinct=is_distinct)

    def bounded(self, found: geometry.Argument) -> geometry.Argument:
        """What a function gave, when all functions of the query together are not too much."""
        parts = (found,) if isinstance(found, Value) else found.parts
        self.work += sum(part.weight for part in parts if part.is_repeated)
        if self.work > 10 * MOST_WORK:
            raise AdqlError("the functions of this query are too many; compute some of them in a query of their own")
        return found


METHODS: dict[type[exp.Expr], str] = {
    exp.Literal: "constant",
    exp.Boolean: "boolean",
    exp.Null: "null",
    exp.Column: "column",
    exp.Paren: "paren",
    exp.Neg: "negative",
    exp.DPipe: "concatenation",
    exp.And: "chain",
    exp.Or: "chain",
    exp.Not: "negation",
    exp.Is: "is_null",
    exp.Between: "between",
    exp.In: "membership",
    exp.Like: "like",
    exp.ILike: "like",
    exp.Escape: "like",
    exp.Exists: "exists",
    exp.Case: "case",
    exp.Cast: "cast",
    exp.Anonymous: "function",
    exp.Subquery: "scalar",
    **dict.fromkeys(COMPARISONS, "comparison"),
    **dict.fromkeys(ARITHMETIC, "arithmetic"),
}
"""The method of each kind of node that is allowed."""
