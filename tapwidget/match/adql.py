"""A match specification to ADQL, in the one shape that every service takes and Rubin's runs fast.

    SELECT ut1.tw_row AS ut1_tw_row, o.objectId, o.coord_ra, o.coord_dec
    FROM dp1.Object AS o JOIN TAP_UPLOAD.ut1 AS ut1
    ON DISTANCE(POINT('ICRS', o.coord_ra, o.coord_dec), POINT('ICRS', ut1.ra, ut1.dec)) < 0.0002777777777777778
    WHERE ut1.r > 17
      AND ABS(ut1.r - r_cModelMag) < 0.1

All pairs are asked for: nearest and symmetric are made of them here (`pairs`), and a radius of its own for each row is
applied here, to the pairs within the largest (`radius`). Only the row number of the upload comes back;
its columns are joined on here, so that their types, units and masks stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tapwidget.errors import MatchError
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.match.adql_text import close_names, exact_decimal, quote, quote_table, unquote
from tapwidget.match.conditions import Scope, joined
from tapwidget.match.dialects import DISTANCE_LITERAL, Dialect
from tapwidget.match.radius import PositionErrors, in_arcsec
from tapwidget.match.spec import IdentifierMatch, Match, SkyMatch, where_adql

__all__ = ["OutputColumn", "Query", "query", "quote"]

ALIASES = ("o", "t", "target", "tgt", "target1")
LINE = 110


@dataclass(frozen=True)
class OutputColumn:
    """A column of the answer: `column` describes it, if it is the target's and known; `requested` is False for what we
    added and the user does not want to see."""

    name: str
    column: Column | None = None
    requested: bool = True


@dataclass(frozen=True)
class Query:
    """ADQL, and what its answer means. `columns` are in the order of the select list.

    `row` is the name of the upload's row number in the answer; `key` the columns that tell one target row from another
    (its identifier, and its position where that is known); `position` RA and Dec of the target in degrees, None if not
    by position; `errors` the target's errors that the radius of a pair depends on.
    """

    adql: str
    columns: tuple[OutputColumn, ...]
    row: str
    alias: str
    key: tuple[str, ...] = ()
    position: tuple[str, str] | None = None
    errors: tuple[str, ...] = ()


def query(
    match: Match,
    target: Table,
    *,
    upload_position: tuple[str, str] | None,
    row_column: str,
    names: Mapping[str, str],
    dialect: Dialect = DISTANCE_LITERAL,
    largest: float = 0.0,
    own: Iterable[str] = (),
) -> Query:
    """The query for `match` with `target`.

    Parameters
    ----------
    upload_position : pair of str or None
        The upload's columns with ICRS right ascension and declination in degrees; needed for a SkyMatch.
    row_column : str
        The upload's column with the row number.
    names : mapping
        The user's columns to their names in the upload.
    largest : float
        The largest radius of a pair, arcsec, of a SkyMatch whose rows have radii of their own.
    own : sequence of str
        All columns of the user's table, for what is said where a condition goes wrong.

    Raises
    ------
    MatchError
        For a column that neither side has, a target without positions, a radius that the service cannot join.
    """
    upload, alias = match.upload, _alias(match.upload)
    position = _target_position(match, target) if isinstance(match, SkyMatch) else None
    by = _find(target, match.on[1]).name if isinstance(match, IdentifierMatch) else ""
    requested = _requested(match.columns, target)
    matched_by = position or (by,)
    identifier = _identifier(target)
    shown = {c.name for c in requested}
    # Only a choice between pairs is worth the transfer of an identifier that nobody asked for.
    has_key = identifier and (match.find != "all" or identifier in shown)
    # An identifier need not tell all rows apart (that of a star, in a table of its observations), the position does.
    key = ((identifier,) if has_key else ()) + (position or (() if has_key else matched_by))
    by_errors = match.row_radius if isinstance(match, SkyMatch) else None
    errors = _errors(by_errors, target) if isinstance(by_errors, PositionErrors) else []
    added = [_find(target, name) for name in (*matched_by, *key, *errors)]
    columns = {c.name: c for c in [*requested, *added]}.values()
    row = f"{upload}_{row_column}"
    if isinstance(match, SkyMatch):
        on = dialect.sky_condition(
            target=_qualified(alias, position),
            upload=_qualified(upload, upload_position),
            radius=_radius(match, target, dialect, largest),
        )
    else:
        theirs = f"{alias}.{quote(by)}"
        in_one_case = match.ignore_case and not _find(target, by).is_number  # ours travel in lower case
        on = f"{upload}.{quote(_on_upload(match, names))} = {f'LOWER({theirs})' if in_one_case else theirs}"
    scope = Scope(
        upload=upload,
        upload_names=names,
        upload_own=(row_column, *(upload_position or ())),
        target=target.name,
        alias=alias,
        target_columns=tuple(c.name for c in target.columns),
        own=tuple(own),
    )
    where = joined(scope.resolve(text) for text in where_adql(match, dialect.functions))
    lines = [
        _select([f"{upload}.{quote(row_column)} AS {quote(row)}", *(f"{alias}.{quote(c.name)}" for c in columns)]),
        f"FROM {quote_table(target.name)} AS {alias} JOIN TAP_UPLOAD.{upload} AS {upload}",
        f"ON {on}",
        *([f"WHERE {where}"] if where else []),
    ]
    return Query(
        adql="\n".join(lines),
        columns=(
            OutputColumn(row, requested=False),
            *(OutputColumn(unquote(c.name), c, requested=c.name in shown) for c in columns),
        ),
        row=row,
        alias=alias,
        key=tuple(unquote(name) for name in key),
        position=(unquote(position[0]), unquote(position[1])) if position else None,
        errors=tuple(unquote(name) for name in errors),
    )


def _qualified(table: str, position: tuple[str, str] | None) -> tuple[str, str]:
    if position is None:
        raise MatchError("Your table has no position columns. Name them (ra=, dec=), or match by identifier.")
    return f"{table}.{quote(position[0])}", f"{table}.{quote(position[1])}"


def _errors(radius: PositionErrors, target: Table) -> list[str]:
    """The target's columns of errors; MatchError where it is not known which angle they are in."""
    columns = [_find(target, name) for name in radius.theirs]
    for column in columns:
        in_arcsec(radius.their_unit or column.unit, f"{column.name} of {target.name}")
    return [column.name for column in columns]


def _radius(match: SkyMatch, target: Table, dialect: Dialect, largest: float) -> str:
    by_row = match.row_radius
    radius = largest / 3600 if by_row else match.radius_deg
    if radius > dialect.max_radius:
        which = f"The largest radius, {largest:g} arcsec of {by_row}," if by_row else f"The radius {match.radius}"
        raise MatchError(
            f"{which} is larger than this service can join {target.name} with an upload: "
            f"up to {dialect.max_radius * 3600:g} arcsec."
        )
    # A little more where the choice is made here, so that no service's rounding loses a pair at the very edge.
    return exact_decimal(min(radius * (1 + 1e-9), dialect.max_radius) if by_row else radius)


def _alias(upload: str) -> str:
    """A short name for the target in the query, never the upload's."""
    return next(alias for alias in ALIASES if alias != upload.lower())


def _find(target: Table, name: str) -> Column:
    """The target's column of that name, without case if none is the very same; MatchError if it has none.

    A target whose columns are not known is taken at the user's word.
    """
    if not target.columns:
        return Column(name, "")
    plain = unquote(name)
    same = [c for c in target.columns if unquote(c.name) == plain]
    same = same or [c for c in target.columns if unquote(c.name).lower() == plain.lower()]
    if not same:
        names = [unquote(c.name) for c in target.columns]
        raise MatchError(f"{target.name} has no column {name!r}.{close_names(plain, names)}")
    return same[0]


def _requested(names: Iterable[str], target: Table) -> list[Column]:
    """The columns to return; without names the principal ones, or all where none is principal."""
    names = tuple(names)
    found = {c.name: c for c in (_find(target, name) for name in names if name != "*")}
    if "*" in names:
        return list(target.columns)
    if names:
        return list(found.values())
    return [c for c in target.columns if c.principal] or list(target.columns)


def _target_position(match: SkyMatch, target: Table) -> tuple[str, str]:
    if match.target_ra:
        return _find(target, match.target_ra).name, _find(target, match.target_dec).name
    if target.position is None:
        raise MatchError(
            f"No columns of {target.name} are known to be its right ascension and declination in degrees. "
            f"Name them (target_ra=, target_dec=), or match by identifier."
        )
    return target.position


def _identifier(target: Table) -> str:
    """The column that names a row: UCD meta.id, the main one first (UCD 1+, section 3); empty if there is none."""
    ids = [c for c in target.columns if c.ucd.lower().split(";")[0] == "meta.id"]
    main = next((c for c in ids if "meta.main" in c.ucd.lower().split(";")), None)
    return main.name if main else ids[0].name if ids else ""


def _on_upload(match: IdentifierMatch, names: Mapping[str, str]) -> str:
    column = match.on[0]
    if column not in names:
        raise MatchError(f"Your table has no column {column!r} to match by.{close_names(column, list(names))}")
    return names[column]


def _select(items: list[str]) -> str:
    """The select list, broken into lines that one can read."""
    lines = [f"SELECT {items[0]}"]
    for item in items[1:]:
        if len(lines[-1]) + len(item) + 2 > LINE:
            lines[-1] += ","
            lines.append(f"       {item}")
        else:
            lines[-1] += f", {item}"
    return "\n".join(lines)
