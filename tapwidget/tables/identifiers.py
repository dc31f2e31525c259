"""Which column identifies the objects."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from astropy.table import Table

from tapwidget.tables.column_facts import ucd_is, ucd_of

# From sure to weak; names without case, blanks and underscores.
NAMES = {
    110: {"objid", "objectid", "sourceid", "diaobjectid", "starid", "bestobjid", "gaiasourceid", "ssobjectid",
         "galaxyid"},
    45: {"id", "designation", "identifier", "mainid", "uniqueid", "catid", "idnumber", "sourcename", "iauname",
         "objectname", "2mass", "twomass", "allwise", "wise", "mpcdesignation", "obspublisherdid", "unwiseid",
         "thingid"},
    32: {"name", "object", "source", "obj", "sname", "obsid", "target", "targetname", "specobjid", "cntr"},
    22: {"star", "seq", "recno", "number", "num", "no", "nr", "index", "idx", "row", "catalogueid"},
}  # fmt: skip
MOST_ROWS = 100_000  # enough to see whether values repeat; sorting a million texts takes seconds
NEVER = re.compile(
    r"solution_?id|random|parent|(^|_)(run|tile|field|brick|htm|healpix|pixel|plate|fiber|mjd|camcol|visit|detector|group|cluster)"
    r"(_?id)?$|fieldid|htmid|_u$|flag|^n_|ref(erence)?s?$|scheme",
    re.I,
)


def identifier(table: Table, *, exclude: set[str]) -> tuple[str | None, str]:
    """The column that best identifies the rows, and why; None where nothing does it alone."""
    best: tuple[float, str, str] = (29.0, "", "")
    stem = str((table.meta.get("tapwidget") or {}).get("source") or table.meta.get("name") or "")
    stem = re.sub(r".*[/\\]", "", stem).lower()
    for position, name in enumerate(table.colnames):
        column = table[name]
        kind = column.dtype.kind
        if name in exclude or column.ndim != 1 or (kind not in "iuUSO" and len(table)) or NEVER.search(name):
            continue
        score, why = _by_words(table, name)
        lower = name.strip().lower()
        if len(lower) > 1 and lower.isalnum() and re.match(rf"{re.escape(lower)}([^a-z]|$)", stem):
            score, why = score + 50, "named as the file"
        if score <= 0:
            continue
        score += _by_values(column) + max(0.0, 3.0 - position) + (3.0 if kind in "iu" else 0.0)
        if score > best[0]:
            best = (score, name, why)
    return (best[1], best[2]) if best[1] else (None, "")


def _by_words(table: Table, name: str) -> tuple[float, str]:
    ucd = ucd_of(table, name)
    score, why = 0.0, ""
    lower = name.strip().lower()
    short = re.sub(r"[^a-z0-9]", "", lower)
    for points, names in NAMES.items():
        if short in names:
            score, why = float(points), f"name {name}"
            break
    else:
        if re.search(r"(^|_)id$|^id_?[A-Z]|[a-z]I[dD]$|_name$|^id", name.strip()) or re.search(r"designation", lower):
            score, why = 34.0, f"name {name}"
    if ucd_is(ucd, "meta.id"):
        main = "meta.main" in ucd
        score, why = score + (70.0 if main else 18.0), f"UCD {ucd}"
        if re.search(r"cross|assoc|parent", ucd):
            score -= 40.0
    elif ucd and score:
        score -= 10.0
    return score, why


def _by_values(column: Any) -> float:
    """Points off for values that repeat or are missing: an identifier tells rows apart."""
    data = np.asarray(np.ma.getdata(column))
    mask = np.ma.getmaskarray(column)
    rows = len(data)
    if rows == 0:
        return 0.0
    present = data[np.flatnonzero(~mask)[:MOST_ROWS]] if mask.any() else data[:MOST_ROWS]
    rows = min(rows, MOST_ROWS)
    if present.dtype.kind in "US":
        present = present[np.char.str_len(present) > 0]
    if len(present) < rows / 2:
        return -45.0
    distinct = len(set(present.tolist())) if present.dtype.kind == "O" else len(np.unique(present))
    if distinct == rows:
        return 8.0
    if distinct <= 1:
        return -60.0
    return -25.0 * (1.0 - distinct / len(present)) - 10.0 * (1.0 - len(present) / rows)
