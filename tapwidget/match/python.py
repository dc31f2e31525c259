"""A match as a notebook cell of plain pyvo, astropy and numpy, which gives the same rows without tapwidget.

The cell says what is done for the person who wants to know, or to go on from there by hand. It never holds a token: on
the Rubin platform `lsst.rsp` finds it, elsewhere a service that wants one needs a session of the user's own.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from astropy.table import QTable, Table

from tapwidget.match.adql import Query
from tapwidget.match.dialects import is_rubin
from tapwidget.match.plan import Plan
from tapwidget.match.python_position import position_code, python_text
from tapwidget.match.spec import Match

UNFINISHED = '("PENDING", "QUEUED", "EXECUTING", "HELD", "SUSPENDED", "UNKNOWN")'


def cell(match: Match, plan: Plan, service_url: str, *, table: Any = None) -> str:
    """The code of the cell.

    Parameters
    ----------
    plan : Plan
        The match made ready for the service; its ADQL and the names of its upload go into the cell.
    service_url : str
        Base URL of the service. User name, password and query string are left out of the cell.
    table : Table, optional
        The user's table. If it knows how it was read, the cell reads it so; else it uses the variable `table`.
    """
    position = position_code(plan, table) if plan.upload.position else ""
    parts = [
        _imports(plan.query, service_url, position),
        _reading(table),
        position,
        _upload(plan, table),
        f"query = {_text(plan.adql)}",
        _job(match, plan.maxrec, service_url),
        _pairs(match, plan.query),
        _result(match, plan),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _imports(asked: Query, service_url: str, position: str) -> str:
    coordinates = ["SkyCoord"] if "SkyCoord(" in position else []
    coordinates += ["angular_separation"] if asked.position else []
    third = [
        "import lsst.rsp" if is_rubin(service_url) else "",
        "import numpy as np",
        "" if is_rubin(service_url) else "import pyvo",
        f"from astropy.coordinates import {', '.join(coordinates)}" if coordinates else "",
        "from astropy.table import Table",
    ]
    return "import time\n\n" + "\n".join(line for line in third if line)


def _reading(table: Any) -> str:
    """How the cell gets the user's table, as an astropy Table called `table`."""
    if isinstance(table, str | os.PathLike):
        return f"table = Table.read({python_text(os.fspath(table))})"
    known = table.meta.get("tapwidget") if isinstance(table, Table) else None
    facts = known if isinstance(known, dict) else {}
    if facts.get("read"):
        return f"table = {facts['read']}"
    if isinstance(table, QTable):
        return "table = Table(table)  # your QTable; quantities become columns with units"
    if hasattr(table, "to_parquet"):
        return "table = Table.from_pandas(table)  # your data frame"
    file = python_text(os.path.basename(str(facts.get("source", ""))))
    return f"# `table` is your table, an astropy Table{f', as read from {file}' if facts.get('source') else ''}."


def _upload(plan: Plan, table: Any) -> str:
    upload = plan.upload
    row_type = np.asarray(upload.table[upload.row_column]).dtype.name
    lines = [
        "# What travels: the row number, the position, and the columns that the query uses.",
        f'upload = Table({{{python_text(upload.row_column)}: np.arange(len(table), dtype="{row_type}")}})',
    ]
    if upload.position:
        lines.append(f"upload[{python_text(upload.position[0])}], upload[{python_text(upload.position[1])}] = ra, dec")
    travelling = [name for name in upload.names if upload.names[name] not in (upload.position or ())]
    lines += [f"upload[{python_text(upload.names[name])}] = {_column(name, upload, table)}" for name in travelling]
    if any(upload.table[upload.names[name]].dtype.kind == "S" for name in travelling):
        lines.append("upload.convert_unicode_to_bytestring()")
    if upload.position:
        lines.append("upload = upload[np.isfinite(ra) & np.isfinite(dec)]")
    return "\n".join(lines)


def _column(name: str, upload: Any, table: Any) -> str:
    """The user's column as it travels: of another type only where the upload needs one."""
    code = f"table[{python_text(name)}]"
    if not isinstance(table, Table) or name not in table.colnames:
        return code
    ours, theirs = table[name].dtype, upload.table[upload.names[name]].dtype
    if theirs.kind in "SU":
        return code if ours.kind in "SU" else f"{code}.astype(str)"
    return code if ours == theirs or theirs.kind == "O" else f'{code}.astype("{theirs.name}")'


def _job(match: Match, maxrec: int | None, service_url: str) -> str:
    if is_rubin(service_url):
        name = "ssotap" if urlsplit(service_url).path.rstrip("/").endswith("ssotap") else "tap"
        service = f'lsst.rsp.get_tap_service("{name}")'
    else:
        service = f"pyvo.dal.TAPService({python_text(_without_secrets(service_url))})"
    rows = f", maxrec={maxrec}" if maxrec is not None else ""
    return f"""\
service = {service}
job = service.submit_job(query, uploads={{{python_text(match.upload)}: upload}}{rows})
try:
    job.run()
    while job.phase in {UNFINISHED}:
        time.sleep(1)
    job.raise_if_error()
    pairs = job.fetch_result().to_table()
finally:
    job.delete()"""


def _pairs(match: Match, asked: Query) -> str:
    """The pairs in order of upload row and separation, and the choice among them that `find` asks for."""
    names = _listed([python_text(column.name) for column in asked.columns], "[]")
    lines = [
        "# Names as asked for: some services change their case.",
        f"pairs.rename_columns(pairs.colnames, {names})",
        f"rows = np.asarray(pairs[{python_text(asked.row)}])",
    ]
    if asked.position:
        ra, dec = (f"np.asarray(pairs[{python_text(name)}])" for name in asked.position)
        lines += [
            "here = np.radians(ra[rows]), np.radians(dec[rows])",
            f"there = np.radians({ra}), np.radians({dec})",
            "separation = np.degrees(angular_separation(*here, *there)) * 3600",
        ]
    keys = [f"np.asarray(pairs[{python_text(name)}])" for name in reversed(asked.key)]
    by = ", ".join([*keys, *(["separation"] if asked.position else []), "rows"])
    lines.append(f"order = np.lexsort(({by}))")
    if match.find == "nearest":
        lines += [
            "# The nearest counterpart of each row.",
            "order = order[np.unique(rows[order], return_index=True)[1]]",
        ]
    if match.find == "symmetric":
        key = (
            f"pairs[{python_text(asked.key[0])}]"
            if len(asked.key) == 1
            else f"zip({', '.join(f'pairs[{python_text(k)}]' for k in asked.key)})"
        )
        closest = ", ".join(["rows", *keys, "separation"])
        lines += [
            "# The closest pairs first, each row of either side at most once.",
            f"keys = list({key})",
            "used_rows, used_keys, kept = set(), set(), np.zeros(len(pairs), dtype=bool)",
            f"for i in np.lexsort(({closest})):",
            "    if rows[i] not in used_rows and keys[i] not in used_keys:",
            "        kept[i] = True",
            "        used_rows.add(rows[i])",
            "        used_keys.add(keys[i])",
            "order = order[kept[order]]",
        ]
    return "\n".join(lines)


def _result(match: Match, plan: Plan) -> str:
    names = {column.name: plan.names[column.name] for column in plan.query.columns if column.name in plan.names}
    if all(name == shown for name, shown in names.items()):
        copying = [
            f"for name in {_listed([python_text(name) for name in names], '[]')}:",
            "    result[name] = pairs[name][order]",
        ]
    else:  # the user's table has columns of these names
        renamed = _listed([f"{python_text(name)}: {python_text(shown)}" for name, shown in names.items()], "{}")
        copying = [f"for name, shown in {renamed}.items():", "    result[shown] = pairs[name][order]"]
    lines = [
        "# Your columns, joined back by row number, then the target's.",
        f'result = Table({{f"{match.upload}_{{name}}": table[name][rows[order]] for name in table.colnames}})',
        *copying,
    ]
    if plan.separation:
        lines += [
            f"result[{python_text(plan.separation)}] = separation[order]",
            f'result[{python_text(plan.separation)}].unit = "arcsec"',
        ]
    return "\n".join([*lines, "result"])


def _listed(items: list[str], brackets: str) -> str:
    """The items in brackets, on one line if they fit, else on several."""
    flat = f"{brackets[0]}{', '.join(items)}{brackets[1]}"
    if len(flat) <= 80:
        return flat
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) > 100:
            lines.append("")
        lines[-1] += f"{item}, "
    return "\n".join([brackets[0], *(f"    {line.rstrip()}" for line in lines), brackets[1]])


def _text(adql: str) -> str:
    """The query as a Python literal, on several lines where that is safe."""
    if '"""' in adql or "\\" in adql or adql.endswith('"'):
        return repr(adql)
    return f'"""\n{adql}\n"""'


def _without_secrets(service_url: str) -> str:
    """The URL without user, password, query and fragment."""
    parts = urlsplit(service_url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
