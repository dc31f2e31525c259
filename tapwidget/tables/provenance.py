"""What a table says of its own making, kept in files: `table.meta["tapwidget"]`.

ECSV keeps it as it is, if it can. The others keep one text of JSON in ASCII, which any program can read: VOTable in an
INFO called `tapwidget`, FITS in the keyword TAPWIDGT (a long string, FITS 4.0, section 4.2.1.2), Parquet under the key
`tapwidget` of its metadata. CSV has no place for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

NAME = "tapwidget"
FITS_KEYWORD = "TAPWIDGT"
OF_THE_FILE = ("source", "format", "changes", "read")  # what `read_table` says anew of each file


def is_plain(value: Any) -> bool:
    """Whether JSON and YAML can hold it without knowing its class."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (str, int, float, bool))


def kept(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance in a table's `meta`, without what is no plain value; empty where there is none."""
    told = meta.get(NAME)
    return {str(key): value for key, value in told.items() if is_plain(value)} if isinstance(told, Mapping) else {}


def as_text(meta: Mapping[str, Any]) -> str:
    """The same as JSON; an empty text where there is none."""
    told = kept(meta)
    text = json.dumps(told) if told else ""
    # Long strings of FITS are cut into cards at these two, and not every reader puts them together again as they were.
    return text.replace("'", "\\u0027").replace("&", "\\u0026")


def from_text(text: Any) -> tuple[dict[str, Any], list[str]]:
    """The provenance in such a text; and a sentence, where it is none."""
    if not text:
        return {}, []
    try:
        told = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return {}, ["What the file says of how it was made cannot be read, and is left out."]
    return told, []


def of_file(saved: Mapping[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """`meta["tapwidget"]` of a table that was read: what the file says of its making, and what is known of the file.

    `facts` are the file's own (`OF_THE_FILE`). Those that the table had before it was saved are under "before".
    """
    before = {key: saved[key] for key in (*OF_THE_FILE, "before") if key in saved}
    return {**saved, **facts, **({"before": before} if before else {})}
