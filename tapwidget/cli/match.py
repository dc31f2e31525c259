"""`tapwidget match`: the engine of the widgets, for scripts. The result is all that goes to stdout."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tapwidget.cli.outcomes import DONE, TRUNCATED, UsageError
from tapwidget.errors import MatchError, ServiceUnavailableError, TableError

if TYPE_CHECKING:
    from tapwidget.client.chunks import ChunkedJob
    from tapwidget.client.job import Job
    from tapwidget.client.service import Service
    from tapwidget.match.spec import IdentifierMatch, SkyMatch

IN_SHELL = {
    "SkyMatch(..., ra=, dec=)": "--ra COL --dec COL",
    "(target_ra=, target_dec=)": "(--target-ra COL --target-dec COL)",
    "match by identifier": "match by identifier (--on)",
}
SUFFIXES = (".fits", ".vot", ".xml", ".ecsv", ".parquet", ".pq", ".csv")


def run(chosen: argparse.Namespace) -> int:
    """Match as asked; the exit status."""
    # Everything that can be wrong with what was typed is found before a file is read or a service asked.
    check_out(chosen.out)
    match = specification(chosen)
    say = silence if chosen.quiet else tell

    from tapwidget.tables.files import read_table

    table = read_table(chosen.file)
    say(f"{chosen.file}: {len(table)} rows")
    for change in table.meta.get("tapwidget", {}).get("changes", ()):
        say(f"  {change}")
    service = service_named(chosen.service)
    try:
        if chosen.adql:
            print(match.adql(service, table))
            return DONE
        job = service.submit(match, table)
    except TableError as error:  # it is about this file: nothing else is uploaded
        raise UsageError(in_shell_words(f"{chosen.file}: {error}")) from error
    except MatchError as error:
        raise UsageError(in_shell_words(str(error))) from error
    for change in job.changes:
        say(f"  {change}")
    say(f"job {job.url}")
    with progress(job, say):
        try:
            result = job.result()
        except KeyboardInterrupt:
            tell(f"Not waiting any longer. The job goes on: {job.url}")
            raise
    deliver(result, chosen.out)
    say(f"{len(result)} rows" + (f" in {chosen.out}" if chosen.out else ""))
    if result.meta.get("overflow"):
        tell(
            f"The result is truncated: the service stops at this many rows, and {len(result)} are here. "
            "Match fewer rows, take a smaller radius, or add a condition."
        )
        return TRUNCATED
    return DONE


def service_named(name: str) -> Service:
    """The service; what is neither a name nor an address is bad usage."""
    from tapwidget.client.services import KNOWN, connect

    try:
        return connect(name)
    except ServiceUnavailableError as error:
        if name.strip().lower() in {"demo", "rsp", *KNOWN}:
            raise
        raise UsageError(str(error)) from error  # nothing has been asked of an address yet


def in_shell_words(message: str) -> str:
    """The way out that a message names, as options of this command."""
    for python, shell in IN_SHELL.items():
        message = message.replace(python, shell)
    return message


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
        upload_column, equals, target_column = chosen.on.partition("=")
        if not (upload_column.strip() and equals and target_column.strip()):
            raise UsageError(f"--on is {chosen.on!r}; write it as YOUR_COLUMN=TARGET_COLUMN.")
        return IdentifierMatch(chosen.target, on=(upload_column.strip(), target_column.strip()), **common)
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
    ):
        if is_given and not is_of_use:
            raise UsageError(
                f"{option} goes with {partner}. The unit of --radius is written with it: --radius 1arcmin."
            )


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


def check_out(out: Path | None) -> None:
    """A result that cannot be written is found out before the work, not after it."""
    if out is None:
        return
    if out.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--out is {out}; its name must end in one of {', '.join(SUFFIXES)}.")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {out.absolute().parent} to write {out.name} into.")
    if out.is_dir():
        raise UsageError(f"--out is {out}, which is a folder.")


def deliver(result: Any, out: Path | None) -> None:
    """Write the result to `out`, or as CSV to stdout: the same bytes as in a file."""
    from tapwidget.tables.saving import write_table

    if out is not None:
        write_table(result, out)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.csv"
        write_table(result, path)
        sys.stdout.flush()
        with path.open("rb") as written:
            shutil.copyfileobj(written, sys.stdout.buffer)
    sys.stdout.buffer.flush()


@contextlib.contextmanager
def progress(job: Job | ChunkedJob, say: Any) -> Iterator[None]:
    """Say each change of the job's phase or progress while the block runs."""
    last = ""

    def changed(job: Job | ChunkedJob) -> None:
        nonlocal last
        line = describe(job)
        if line != last:
            last = line
            say(f"{line}  {job.elapsed:.1f} s")

    changed(job)
    unsubscribe = job.subscribe(changed)
    try:
        yield
    finally:
        unsubscribe()


def describe(job: Job | ChunkedJob) -> str:
    """Phase and, where it is known, how far the job is, and how many of its parts are done."""
    told = job.progress
    return " ".join(filter(None, [f"{job.phase}", f"{told.percent:.0f} %" if told.is_known else "", told.message]))


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def silence(line: str) -> None:
    """What --quiet makes of the progress."""
