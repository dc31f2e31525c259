"""The command `tapwidget`: demo, serve, match, doctor.

Exit status: 0 done, 1 the match (or what else was asked) failed, 2 bad usage or bad input, 3 the result is truncated.
An error is one sentence on stderr, never a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tapwidget.cli.outcomes import BAD_INPUT, DONE, FAILED, UsageError
from tapwidget.errors import MatchError, TableError, TapWidgetError, TargetError

if TYPE_CHECKING:
    from argparse import _ArgumentGroup as Group  # what `add_argument_group` returns has no public name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = build_parser()
    chosen = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        return command(chosen)
    except (UsageError, TableError, MatchError, TargetError) as error:
        return complain(error, BAD_INPUT)
    except TapWidgetError as error:
        return complain(error, FAILED)
    except BrokenPipeError:  # whoever read our output has enough of it (`| head`)
        abandon_stdout()
        return DONE
    except OSError as error:
        abandon_stdout()
        return complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.", FAILED)
    except KeyboardInterrupt:
        return complain("interrupted.", FAILED)


def abandon_stdout() -> None:
    """Let nothing more go to a standard output that takes no more: Python would complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(error: object, status: int) -> int:
    """Say the error on stderr, in one line, with what the service itself said; return the status."""
    said = getattr(error, "said", "")
    text, said = (" ".join(words.split()) for words in (str(error), said))
    more = f" The service said: {said}" if said and said not in text else ""
    print(f"tapwidget: {text}{more}", file=sys.stderr, flush=True)
    return status


def build_parser() -> argparse.ArgumentParser:
    """The four commands and their options."""
    from tapwidget import __version__

    parser = argparse.ArgumentParser(
        prog="tapwidget", description="Match your objects to a survey over TAP.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"tapwidget {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, add, words in (
        ("demo", add_demo, "the app in JupyterLab over a simulated sky"),
        ("serve", add_serve, "a TAP service over files or a simulated sky"),
        ("match", add_match, "match a table, for scripts"),
        ("doctor", add_doctor, "what works here and what does not"),
    ):
        description = f"{words[0].upper()}{words[1:]}."
        add(commands.add_parser(name, help=words, description=description, allow_abbrev=False))
    return parser


def add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=port, help="port of JupyterLab (default: the first free one from 8888)")
    parser.add_argument("--dir", type=Path, default=Path("tapwidget-demo"), help="the notebooks' folder (%(default)s)")
    parser.set_defaults(command=run_demo)


def add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="Parquet, FITS, VOTable, CSV or ECSV")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=port, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--token", action="append", help="ask callers for it; with several, each has jobs of its own")
    # For a process that starts the service as its child: end with it, however it ends.
    parser.add_argument("--with-parent", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(command=run_serve)


def add_match(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Exit status: 0 done, 1 the match failed, 2 bad usage or bad input, 3 the service cut the result."
    parser.add_argument("file", metavar="FILE", help="your table: CSV, FITS, VOTable, ECSV, Parquet ...")
    parser.add_argument("--service", required=True, metavar="URL|NAME", help="its URL, or demo, rsp, gaia ...")
    parser.add_argument("--target", required=True, metavar="SCHEMA.TABLE", help="the table to match with")
    parser.add_argument("--radius", metavar="ANGLE", help="largest separation: 1arcsec, 0.5arcmin, 0.00027deg")
    parser.add_argument("--on", metavar="UPLOADCOL=TARGETCOL", help="match by identifier instead of by position")
    parser.add_argument("--columns", default="", metavar="A,B,...", help="columns of the target to return")
    parser.add_argument(
        "--where", nargs="+", action="extend", default=[], metavar="ADQL", help="conditions, as in 'ut1.r > 17'"
    )
    parser.add_argument(
        "--unmatched",
        choices=("drop", "keep", "only"),
        default="drop",
        help="rows of yours without a counterpart: left out, kept, or nothing but they",
    )
    parser.add_argument("--maxrec", type=int, metavar="N", help="rows that the service may answer with, at most")
    parser.add_argument("--out", type=Path, metavar="FILE.{fits,vot,ecsv,parquet,csv}", help="default: CSV on stdout")
    parser.add_argument("--adql", action="store_true", help="only print the query")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    add_positions(parser.add_argument_group("by position"))
    add_radii(parser.add_argument_group("by position, with a radius for each row"))
    add_identifiers(parser.add_argument_group("by identifier (--on)"))
    parser.set_defaults(command=run_match)


def add_positions(group: Group) -> None:
    """Options for where positions are, how they move, and which pairs of them are kept."""
    group.add_argument("--ra", default="", metavar="COL", help="your column of right ascension (default: recognised)")
    group.add_argument("--dec", default="", metavar="COL", help="your column of declination (default: recognised)")
    group.add_argument("--target-ra", default="", metavar="COL", help="the target's right ascension, where not known")
    group.add_argument("--target-dec", default="", metavar="COL", help="the target's declination, where not known")
    group.add_argument(
        "--find",
        choices=("all", "nearest", "nearest_theirs", "symmetric"),
        default="all",
        help="pairs to keep: all, the nearest for each of yours, for each of theirs, or each row at most once",
    )
    group.add_argument("--neighbours", type=int, default=1, metavar="N", help="with --find nearest: how many of each")
    group.add_argument(
        "--shift", default="", metavar="DRA,DDEC", help="arcsec to move your positions by first, as in --shift=-0.1,0.2"
    )
    group.add_argument(
        "--epoch",
        default="",
        metavar="YOURS=THEIRS",
        help="carry your positions by their proper motions: Julian years of both sides, as in 2016.0=2024.9; the first "
        "may be a column",
    )
    group.add_argument(
        "--motion-columns",
        default="",
        metavar="PMRA,PMDEC[,PARALLAX[,VELOCITY]]",
        help="with --epoch: your columns for that (default: pmra,pmdec)",
    )


def add_radii(group: Group) -> None:
    """Options for a radius that is not the same for all rows."""
    group.add_argument("--radius-column", default="", metavar="COL", help="your column with a radius for each row")
    group.add_argument("--radius-factor", type=float, default=1.0, metavar="X", help="times this number")
    group.add_argument("--errors", type=float, metavar="K", help="radius of K times the combined position errors")
    group.add_argument(
        "--error-columns",
        default="",
        metavar="A,B=C,D",
        help="with --errors: your columns = the target's; --radius is the largest",
    )
    group.add_argument(
        "--radius-unit", metavar="UNIT", help="unit of your columns, where they have none: arcsec, deg, mas"
    )
    group.add_argument("--target-unit", metavar="UNIT", help="unit of the target's error columns, where they have none")


def add_identifiers(group: Group) -> None:
    """Options for identifiers that the two sides write differently."""
    group.add_argument(
        "--clean",
        nargs="+",
        action="extend",
        default=[],
        metavar="RULE",
        help="what is done to your identifiers first, in this order: strip, remove_blanks, replace:OLD:NEW, "
        "drop_prefix:TEXT, drop_zeros, upper, lower, unpack, pack; any sign that is no letter may stand for the colons",
    )
    group.add_argument("--ignore-case", action="store_true", help="upper and lower case are the same")


def add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", default="", metavar="URL|NAME", help="also try this service")
    parser.set_defaults(command=run_doctor)


def port(text: str) -> int:
    """A port number as argparse reads it."""
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


def run_demo(chosen: argparse.Namespace) -> int:
    from tapwidget.demo import run

    return run(chosen.dir, port=chosen.port, browser=not chosen.no_browser)


def run_serve(chosen: argparse.Namespace) -> int:
    missing = [file for file in chosen.files if not file.is_file()]
    if missing:
        raise UsageError(f"There is no file {missing[0]}.")
    try:
        from tapwidget.server.run import main as run_server
    except ModuleNotFoundError as error:
        no_server(error)
    names = None
    if not chosen.files:
        from tapwidget.simulation.sky import make

        names = make()
    try:
        return run_server(
            chosen.files,
            names=names,
            host=chosen.host,
            port=chosen.port,
            token=chosen.token or None,
            with_parent=chosen.with_parent,
        )
    except KeyboardInterrupt:  # the usual end of a service in a terminal
        return DONE


def no_server(error: ModuleNotFoundError) -> NoReturn:
    """Say what to install when a package of the server is missing; anything else missing is a fault of ours."""
    if (error.name or "").startswith("tapwidget"):
        raise error
    raise TapWidgetError(
        f'The built-in service is not installed here (no {error.name}). Install it: pip install "tapwidget[server]"'
    ) from error


def run_match(chosen: argparse.Namespace) -> int:
    from tapwidget.cli.match import run

    return run(chosen)


def run_doctor(chosen: argparse.Namespace) -> int:
    from tapwidget.cli.doctor import run

    return run(chosen.service)
