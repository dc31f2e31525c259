"""The functions of ADQL, and what each is in the engine.

Where a mathematical function is undefined (the logarithm of a negative flux) the answer is NULL, not an error: one bad
row must not cost the query.

Source: ADQL 2.1, section 2.3 (mathematical functions), 4.2 (string functions), 4.4 (conditional functions).
"""

from __future__ import annotations

from dataclasses import dataclass

from tapwidget.server.adql.values import Kind, Value, combined
from tapwidget.server.faults import AdqlError


@dataclass(frozen=True)
class Function:
    """One function.

    sql : template; {0} is the first argument, {all} all of them
    takes : what each argument is: n number, i integer, s text, a anything; after a "|" the optional ones, "*" for more
    gives : the kind of the answer; None for that of the arguments
    form, description : as TAPRegExt wants them, for functions that ADQL itself does not have
    """

    sql: str
    takes: str
    gives: Kind | None = Kind.REAL
    form: str = ""
    description: str = ""

    @property
    def fewest(self) -> int:
        return len(self.takes.partition("|")[0])

    @property
    def most(self) -> int | None:
        return None if self.takes.endswith("*") else len(self.takes.replace("|", ""))


def within(sql: str, condition: str) -> str:
    return f"CASE WHEN {condition} THEN {sql} END"


FUNCTIONS = {
    "ABS": Function("abs({0})", "n", None),
    "CEILING": Function("ceil({0})", "n"),
    "FLOOR": Function("floor({0})", "n"),
    "ROUND": Function("round({0}, {1})", "n|i"),
    "TRUNCATE": Function("(trunc({0} * pow(10e0, {1})) / pow(10e0, {1}))", "n|i"),
    "SQRT": Function(within("sqrt({0})", "{0} >= 0"), "n"),
    "EXP": Function("exp({0})", "n"),
    "LOG": Function(within("ln({0})", "{0} > 0"), "n"),
    "LOG10": Function(within("log10({0})", "{0} > 0"), "n"),
    "POWER": Function("tw_number(pow({0}, {1}))", "nn"),
    "MOD": Function("({0} % nullif({1}, 0))", "nn", None),
    "PI": Function("pi()", ""),
    "RAND": Function("random()", "|i"),
    "SIN": Function("sin({0})", "n"),
    "COS": Function("cos({0})", "n"),
    "TAN": Function("tan({0})", "n"),
    "COT": Function("(1e0 / nullif(tan({0}), 0))", "n"),
    "ASIN": Function(within("asin({0})", "{0} BETWEEN -1 AND 1"), "n"),
    "ACOS": Function(within("acos({0})", "{0} BETWEEN -1 AND 1"), "n"),
    "ATAN": Function("atan({0})", "n"),
    "ATAN2": Function("atan2({0}, {1})", "nn"),
    "DEGREES": Function("degrees({0})", "n"),
    "RADIANS": Function("radians({0})", "n"),
    "UPPER": Function("upper({0})", "s", Kind.TEXT),
    "LOWER": Function("lower({0})", "s", Kind.TEXT),
    "COALESCE": Function("coalesce({all})", "a*", None),
    "NULLIF": Function("nullif({0}, {1})", "aa", None, "NULLIF(a ANY, b ANY) -> ANY", "NULL where a equals b, else a."),
    "LENGTH": Function(
        "length({0})", "s", Kind.INTEGER, "LENGTH(s VARCHAR) -> INTEGER", "Number of characters of a text."
    ),
    "TRIM": Function("trim({0})", "s", Kind.TEXT, "TRIM(s VARCHAR) -> VARCHAR", "The text without spaces at its ends."),
    "SUBSTRING": Function(
        "substring({0}, {1}, {2})",
        "si|i",
        Kind.TEXT,
        "SUBSTRING(s VARCHAR, start INTEGER, length INTEGER) -> VARCHAR",
        "Part of a text; the first character is 1. Without a length, all that follows.",
    ),
    "REPLACE": Function(
        "replace({0}, {1}, {2})",
        "sss",
        Kind.TEXT,
        "REPLACE(s VARCHAR, old VARCHAR, new VARCHAR) -> VARCHAR",
        "The text with every occurrence of old replaced.",
    ),
    "SIGN": Function("CAST(sign({0}) AS INTEGER)", "n", Kind.INTEGER, "SIGN(x DOUBLE) -> INTEGER", "-1, 0 or 1."),
    "GREATEST": Function(
        "greatest({all})", "nn*", None, "GREATEST(a DOUBLE, b DOUBLE) -> DOUBLE", "The largest of the arguments."
    ),
    "LEAST": Function(
        "least({all})", "nn*", None, "LEAST(a DOUBLE, b DOUBLE) -> DOUBLE", "The smallest of the arguments."
    ),
    "SCISQL_NANOJANSKYTOABMAG": Function(
        within("(31.4e0 - 2.5e0 * log10({0}))", "{0} > 0"),
        "n",
        Kind.REAL,
        "scisql_nanojanskyToAbMag(flux DOUBLE) -> DOUBLE",
        "AB magnitude of a flux in nJy; NULL where the flux is not positive.",
    ),
    "SCISQL_NANOJANSKYTOABMAGSIGMA": Function(
        within("(2.5e0 / ln(10e0) * {1} / {0})", "{0} > 0"),
        "nn",
        Kind.REAL,
        "scisql_nanojanskyToAbMagSigma(flux DOUBLE, fluxErr DOUBLE) -> DOUBLE",
        "Error of the AB magnitude of a flux in nJy with the error given.",
    ),
}
SYNONYMS = {"CEIL": "CEILING", "CHAR_LENGTH": "LENGTH", "LN": "LOG", "POW": "POWER", "SUBSTR": "SUBSTRING"}
DEFAULTS = {"ROUND": "0", "TRUNCATE": "0"}
AGGREGATES = {
    "COUNT": "count", "SUM": "sum", "AVG": "avg", "MIN": "min", "MAX": "max",
    "STDDEV": "stddev_samp", "VARIANCE": "var_samp",
}  # fmt: skip
"""Aggregates, and what each is in the engine. The last two are not ADQL, but most services have them."""

INSTEAD = {
    "CONCAT": "a || b",
    "IF": "CASE WHEN condition THEN a ELSE b END",
    "IIF": "CASE WHEN condition THEN a ELSE b END",
    "IFNULL": "COALESCE(a, b)",
    "ISNULL": "a IS NULL, or COALESCE(a, b)",
    "NVL": "COALESCE(a, b)",
    "LEN": "LENGTH(text)",
    "LTRIM": "TRIM(text)",
    "RTRIM": "TRIM(text)",
    "SQUARE": "POWER(x, 2)",
    "CBRT": "POWER(x, 1.0/3)",
    "RANDOM": "RAND()",
    "STDEV": "STDDEV(x)",
}
"""Functions of other dialects of SQL, and how ADQL says the same."""


def call(name: str, arguments: list[Value]) -> Value:
    """The function of that name (upper case, known) applied.

    Raises
    ------
    AdqlError
        Wrong number or kind of arguments.
    """
    function = FUNCTIONS[name]
    check_number(name, len(arguments), function.fewest, function.most)
    takes = function.takes.replace("|", "").replace("*", "")
    for index, argument in enumerate(arguments):
        check_kind(name, index, argument, takes[min(index, len(takes) - 1)])
    parts = [argument.sql for argument in arguments]
    if name in DEFAULTS and len(parts) == 1:
        parts.append(DEFAULTS[name])
    template = function.sql
    if name == "SUBSTRING" and len(parts) == 2:
        template = "substring({0}, {1})"
    sql = template.format(*parts, all=", ".join(parts))
    return combined(
        sql if sql.startswith("(") else f"({sql})", function.gives or shared_kind(name, arguments), *arguments
    )


def check_number(name: str, given: int, fewest: int, most: int | None) -> None:
    if given < fewest or (most is not None and given > most):
        wanted = str(fewest) if most == fewest else f"at least {fewest}" if most is None else f"{fewest} to {most}"
        raise AdqlError(f"{name} takes {wanted} argument{'' if wanted == '1' else 's'}, not {given}")


def check_kind(name: str, index: int, argument: Value, wanted: str) -> None:
    kinds = {
        "n": ("a number", {Kind.INTEGER, Kind.REAL}),
        "i": ("an integer", {Kind.INTEGER}),
        "s": ("a text", {Kind.TEXT}),
        "a": ("a value", set(Kind) - {Kind.OTHER}),
    }
    said, allowed = kinds[wanted]
    if argument.kind not in allowed | {Kind.NULL}:
        raise AdqlError(f"argument {index + 1} of {name} must be {said}, not {argument.kind}")


def shared_kind(name: str, arguments: list[Value]) -> Kind:
    """The one kind that all arguments can become."""
    kinds = {argument.kind for argument in arguments} - {Kind.NULL}
    if not kinds:
        return Kind.NULL
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {Kind.INTEGER, Kind.REAL}:
        return Kind.REAL
    raise AdqlError(f"{name} mixes {' and '.join(sorted(kinds))}; make them one type with CAST")


def aggregate(name: str, argument: Value | None, *, is_distinct: bool) -> Value:
    """COUNT, SUM, AVG, MIN or MAX; `argument` None is the `*` of COUNT(*). NaN is left out, as NULL is."""
    if argument is None:
        return Value("count(*)", Kind.INTEGER, is_aggregate=True)
    if argument.is_aggregate:
        raise AdqlError(f"{name} of an aggregate: use a sub-query")
    if name in {"SUM", "AVG", "STDDEV", "VARIANCE"} and not argument.kind.is_number:
        raise AdqlError(f"{name} takes a number, not {argument.kind}")
    if argument.kind == Kind.OTHER:
        raise AdqlError(f"{name} cannot take an {argument.kind}")
    sql = f"{AGGREGATES[name]}({'DISTINCT ' if is_distinct else ''}{argument.compared})"
    if name == "COUNT":
        return combined(sql, Kind.INTEGER, argument, is_aggregate=True, may_be_nan=False)
    if name == "SUM" and argument.kind == Kind.INTEGER:
        return combined(f"CAST({sql} AS BIGINT)", Kind.INTEGER, argument, is_aggregate=True)
    kind = Kind.REAL if name in {"AVG", "SUM", "STDDEV", "VARIANCE"} else argument.kind
    return combined(sql, kind, argument, is_aggregate=True, may_be_nan=False)
