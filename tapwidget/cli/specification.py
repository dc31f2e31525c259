"""From the options of `tapwidget match` to the match that they ask for."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from tapwidget.cli.outcomes import UsageError

if TYPE_CHECKING:
    from tapwidget.match.epoch import Epoch
    from tapwidget.match.spec import IdentifierMatch, SkyMatch

RULE = re.compile("(?P<name>[a-z_]+)(?:(?P<sign>[^a-z_])(?P<taken>.*))?", re.DOTALL)


def specification(chosen: argparse.Namespace) -> SkyMatch | IdentifierMatch:
    """The match that the options ask for."""
    from tapwidget.match.spec import IdentifierMatch, SkyMatch

    common: dict[str, Any] = {
        "columns": names(chosen.columns),
        "where": chosen.where,
        "find": chosen.find,
        "unmatched": chosen.unmatched,
    }
    by_position = chosen.radius or chosen.radius_column or chosen.errors is not None
    if bool(chosen.on) == bool(by_position):
        raise UsageError("Give either --radius, to match by position, or --on, to match by identifier.")
    check_companions(chosen)
    if chosen.on:
        if chosen.ra or chosen.dec or chosen.target_ra or chosen.target_dec:
            raise UsageError("--ra and --dec go with --radius: a match by identifier (--on) uses no positions.")
        if chosen.neighbours != 1 or chosen.shift:
            raise UsageError("--neighbours and --shift go with --radius: a match by identifier has no separations.")
        if chosen.epoch:
            raise UsageError("--epoch goes with --radius: a match by identifier (--on) uses no positions.")
        upload_column, equals, target_column = chosen.on.partition("=")
        if not (upload_column.strip() and equals and target_column.strip()):
            raise UsageError(f"--on is {chosen.on!r}; write it as YOUR_COLUMN=TARGET_COLUMN.")
        return IdentifierMatch(
            chosen.target,
            on=(upload_column.strip(), target_column.strip()),
            clean=[rule(each) for each in chosen.clean],
            ignore_case=chosen.ignore_case,
            **common,
        )
    if chosen.clean or chosen.ignore_case:
        raise UsageError("--clean and --ignore-case go with --on: a match by position compares no identifiers.")
    if bool(chosen.ra) != bool(chosen.dec):
        raise UsageError("--ra and --dec go together: give both, or neither to have them recognised.")
    if bool(chosen.target_ra) != bool(chosen.target_dec):
        raise UsageError("--target-ra and --target-dec go together: give both, or neither.")
    theirs = {"target_ra": chosen.target_ra, "target_dec": chosen.target_dec}
    return SkyMatch(
        chosen.target,
        radius=radius(chosen),
        ra=chosen.ra,
        dec=chosen.dec,
        neighbours=chosen.neighbours,
        shift=shift(chosen.shift) if chosen.shift else (0.0, 0.0),
        epoch=epoch(chosen),
        **theirs,
        **common,
    )


def check_companions(chosen: argparse.Namespace) -> None:
    """What only tells more of another option is nothing without it, and must not be passed over in silence."""
    has_errors, has_column = chosen.errors is not None, bool(chosen.radius_column)
    for option, is_given, is_of_use, partner in (
        ("--error-columns", chosen.error_columns, has_errors, "--errors, how many times the combined error"),
        ("--radius-factor", chosen.radius_factor != 1, has_column, "--radius-column"),
        ("--radius-unit", chosen.radius_unit, has_column or has_errors, "--radius-column or --errors"),
        ("--target-unit", chosen.target_unit, has_errors, "--errors"),
        ("--motion-columns", chosen.motion_columns, chosen.epoch, "--epoch"),
    ):
        if is_given and not is_of_use:
            unit = " The unit of --radius is written with it: --radius 1arcmin." if option.endswith("-unit") else ""
            raise UsageError(f"{option} goes with {partner}.{unit}")


def radius(chosen: argparse.Namespace) -> Any:
    """The radius of a sky match: an angle, a column of the user's, or the errors of both sides."""
    from tapwidget.match.radius import PositionErrors, RadiusColumn

    if chosen.errors is not None:
        if chosen.radius_column:
            raise UsageError("Give either --errors or --radius-column.")
        if not chosen.error_columns:
            raise UsageError("--errors needs the columns that hold them: --error-columns YOURS=THEIRS.")
        mine, _, theirs = chosen.error_columns.partition("=")
        limit = {"limit": chosen.radius} if chosen.radius else {}
        return PositionErrors(
            chosen.errors,
            names(mine),
            names(theirs),
            unit=chosen.radius_unit,
            their_unit=chosen.target_unit,
            **limit,
        )
    if chosen.radius_column:
        if chosen.radius:
            raise UsageError("Give either --radius, the same for all rows, or --radius-column.")
        return RadiusColumn(chosen.radius_column, unit=chosen.radius_unit, factor=chosen.radius_factor)
    return chosen.radius


def names(text: str) -> tuple[str, ...]:
    """Names that commas part."""
    return tuple(name for name in (part.strip() for part in text.split(",")) if name)


def shift(text: str) -> tuple[float, float]:
    """Two numbers that a comma parts."""
    try:
        along_ra, along_dec = (float(part) for part in text.split(","))
        return along_ra, along_dec
    except ValueError as error:
        raise UsageError(f"--shift is {text!r}; write two numbers in arcsec, as in --shift=-0.1,0.2.") from error


def rule(text: str) -> tuple[str, ...]:
    """A clean-up rule: its name, then what it takes, each behind the same sign: "strip", "replace:_: "."""
    found = RULE.fullmatch(text)
    if found is None:
        return (text,)  # what there is instead is said by whoever checks all rules
    return (found["name"], *(found["taken"].split(found["sign"]) if found["sign"] else ()))


def epoch(chosen: argparse.Namespace) -> Epoch | None:
    """The epochs that positions are carried from and to, and the columns that say how they move."""
    from tapwidget.match.epoch import Epoch

    if not chosen.epoch:
        return None
    mine, _, theirs = (part.strip() for part in chosen.epoch.partition("="))
    columns = [name.strip() for name in chosen.motion_columns.split(",")] if chosen.motion_columns else []
    if columns and not 2 <= len(columns) <= 4:
        raise UsageError(f"--motion-columns is {chosen.motion_columns!r}; write PMRA,PMDEC[,PARALLAX[,VELOCITY]].")
    motion: dict[str, Any] = dict(zip(("parallax", "radial_velocity"), columns[2:], strict=False))
    if columns:
        motion["pm"] = (columns[0], columns[1])
    try:
        return Epoch(year_or_name(mine), float(theirs), **motion)
    except ValueError as error:
        raise UsageError(
            f"--epoch is {chosen.epoch!r}; write two Julian years, yours and the target's, as in --epoch 2016.0=2024.9."
        ) from error


def year_or_name(text: str) -> float | str:
    """A year, or else the name of the column that has it."""
    try:
        return float(text)
    except ValueError:
        return text
