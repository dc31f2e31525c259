"""Answers as files: VOTable (BINARY2, TABLEDATA), CSV, TSV, FITS, Parquet.

Source: TAP 1.1, section 2.7.1 (RESPONSEFORMAT); DALI 1.1, sections 3.4.3 and 4.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tapwidget.server.adql.query import Output
from tapwidget.server.arrow_values import Batches, Status, arrays_of, fields_of
from tapwidget.server.delimited import delimited
from tapwidget.server.faults import RequestError
from tapwidget.server.fits import fits
from tapwidget.server.parquet import parquet
from tapwidget.tables.votable_document import write_document, write_stream

VOTABLE = "application/x-votable+xml"


@dataclass(frozen=True)
class Format:
    """A way to write an answer: names it goes by in RESPONSEFORMAT, its MIME type, its suffix."""

    name: str
    mime: str
    suffix: str
    aliases: tuple[str, ...]
    serialization: str = ""
    """Of a VOTable: BINARY2 or TABLEDATA."""
    delimiter: str = ""
    """Of CSV and TSV."""


FORMATS = (
    Format("VOTable, BINARY2", f"{VOTABLE};serialization=binary2", ".vot",
           ("votable", VOTABLE, "text/xml", "application/xml", "votable/b2"), "BINARY2"),
    Format("VOTable, TABLEDATA", f"{VOTABLE};serialization=tabledata", ".vot", ("votable/td",), "TABLEDATA"),
    Format("CSV", "text/csv;header=present", ".csv", ("csv", "text/csv"), delimiter=","),
    Format("TSV", "text/tab-separated-values", ".tsv", ("tsv",), delimiter="\t"),
    Format("FITS", "application/fits", ".fits", ("fits",)),
    Format("Parquet", "application/vnd.apache.parquet", ".parquet",
           ("parquet", "application/parquet", "application/x-parquet")),
)  # fmt: skip


def format_named(wanted: str) -> Format:
    """The format that a RESPONSEFORMAT means; "" is the default.

    Raises
    ------
    RequestError
        There is none of that name.
    """
    key = "".join(wanted.lower().split())
    if not key:
        return FORMATS[0]
    for form in FORMATS:
        if key in form.aliases or key == form.mime:
            return form
    names = ", ".join(form.aliases[0] for form in FORMATS)
    raise RequestError(f"RESPONSEFORMAT {wanted} is not supported; there are: {names}")


def chunks(
    form: Format,
    outputs: Sequence[Output],
    schema: Any,
    batches: Batches,
    *,
    status_after: Status,
    infos: Mapping[str, str],
    is_ascii: bool,
    scratch: Path,
) -> Iterator[bytes]:
    """The answer in pieces of bytes.

    Parameters
    ----------
    outputs, schema : the columns as the query has them, and as the engine gives them (an Arrow schema)
    batches : Arrow record batches
    status_after : asked behind the last batch, for OVERFLOW
    is_ascii : whether texts that the query made can be `char`
    scratch : a folder for what cannot be written at once
    """
    if form.delimiter:
        return delimited(form.delimiter, [output.name for output in outputs], schema, batches)
    columns = fields_of(outputs, schema, is_ascii)
    if form.suffix == ".fits":
        return fits(columns, schema, batches, status_after=status_after, infos=infos, scratch=scratch)
    if form.suffix == ".parquet":
        return parquet(columns, schema, batches, status_after=status_after, infos=infos)
    rows = (arrays_of(batch) for batch in batches)
    return write_stream(
        columns, rows, serialization=form.serialization, status_after=status_after, infos=infos, table_name="result"
    )


def error_document(message: str) -> bytes:
    """The VOTable that says what went wrong (DALI 1.1, section 4.4.2)."""
    return b"".join(write_document((), (), (), query_status="ERROR", query_message=message))
