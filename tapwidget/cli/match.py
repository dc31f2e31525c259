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
from tapwidget.cli.specification import specification
from tapwidget.errors import MatchError, ServiceUnavailableError, TableError

if TYPE_CHECKING:
    from tapwidget.client.chunks import ChunkedJob
    from tapwidget.client.job import Job
    from tapwidget.client.service import Service

IN_SHELL = {
    "SkyMatch(..., ra=, dec=)": "--ra COL --dec COL",
    "(target_ra=, target_dec=)": "(--target-ra COL --target-dec COL)",
    "match by identifier": "match by identifier (--on)",
    "raise maxrec": "raise --maxrec",
    "maxrec is": "--maxrec is",
}
SUFFIXES = (".fits", ".vot", ".xml", ".ecsv", ".parquet", ".pq", ".csv")


def run(chosen: argparse.Namespace) -> int:
    """Match as asked; the exit status."""
    # Everything that can be wrong with what was typed is found before a file is read or a service asked.
    check_out(chosen.out)
    match = specification(chosen)
    say = silence if chosen.quiet else tell

    from tapwidget.tables.files import read_table
    from tapwidget.tables.overflow import how_it_was_cut

    table = read_table(chosen.file)
    say(f"{chosen.file}: {len(table)} rows")
    for change in table.meta.get("tapwidget", {}).get("changes", ()):
        say(f"  {change}")
    service = service_named(chosen.service)
    try:
        if chosen.adql:
            print(match.adql(service, table))
            return DONE
        job = service.submit(match, table, maxrec=chosen.maxrec)
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
    cut = how_it_was_cut(result)
    if cut:
        tell(f"The result is truncated. {in_shell_words(cut)}")
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
