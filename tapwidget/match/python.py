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
from tapwidget.match.python_identifiers import cleaned_column, identifier_code
from tapwidget.match.python_motion import motion_code
from tapwidget.match.python_pairs import pairs_code, result_code
from tapwidget.match.python_plain import plain_code
from tapwidget.match.python_position import position_code, python_text, shift_code
from tapwidget.match.spec import Match, SkyMatch

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
    motion = motion_code(match.epoch) if isinstance(match, SkyMatch) and match.epoch else ""
    plain = plain_code(table)
    parts = [
        _imports(match, plan.query, service_url, position),
        _reading(table),
        plain,
        position,
        motion,
        shift_code(match) if isinstance(match, SkyMatch) else "",
        _upload(match, plan, table),
        f"query = {_text(plan.adql)}",
        _job(match, plan.maxrec, service_url),
        pairs_code(match, plan, table),
        "table = mine  # with your own columns again" if plain else "",
        result_code(match, plan),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _imports(match: Match, asked: Query, service_url: str, position: str) -> str:
    coordinates = ["SkyCoord"] if "SkyCoord(" in position else []
    coordinates += ["angular_separation"] if asked.position else []
    coordinates += ["position_angle"] if asked.position and match.unmatched != "only" else []
    tables = ["Table", "vstack"] if match.unmatched == "keep" else ["Table"]
    third = [
        "import lsst.rsp" if is_rubin(service_url) else "",
        "import numpy as np",
        "" if is_rubin(service_url) else "import pyvo",
        f"from astropy.coordinates import {', '.join(coordinates)}" if coordinates else "",
        f"from astropy.table import {', '.join(tables)}",
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


def _upload(match: Match, plan: Plan, table: Any) -> str:
    upload = plan.upload
    cleaned = cleaned_column(match, upload, table)
    row_type = np.asarray(upload.table[upload.row_column]).dtype.name
    lines = [
        "# What travels: the row number, the position, and the columns that the query uses.",
        f'upload = Table({{{python_text(upload.row_column)}: np.arange(len(table), dtype="{row_type}")}})',
    ]
    if upload.position:
        lines.append(f"upload[{python_text(upload.position[0])}], upload[{python_text(upload.position[1])}] = ra, dec")
    travelling = [name for name in upload.names if upload.names[name] not in (upload.position or ())]
    lines += [
        f"upload[{python_text(upload.names[name])}] = {_column(name, upload, table)}"
        for name in travelling
        if name != cleaned
    ]
    if cleaned:
        lines[:0] = [identifier_code(match, table[cleaned], upload.table[upload.names[cleaned]]), ""]
        lines.append(f"upload[{python_text(upload.names[cleaned])}] = identifiers")
    if any(upload.table[upload.names[name]].dtype.kind == "S" for name in travelling):
        lines.append("upload.convert_unicode_to_bytestring()")
    if upload.position:
        lines.append("upload = upload[np.isfinite(ra) & np.isfinite(dec)]")
    if cleaned:
        lines.append("upload = upload[have]")
    return "\n".join(lines)


def _column(name: str, upload: Any, table: Any) -> str:
    """The user's column as it travels: of another type only where the upload needs one."""
    code = f"table[{python_text(name)}]"
    if not isinstance(table, Table) or name not in table.colnames:
        return code
    ours, theirs = getattr(table[name], "dtype", None), upload.table[upload.names[name]].dtype
    if ours is None:  # a time, made text by `plain_code`
        return code
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


def _text(adql: str) -> str:
    """The query as a Python literal, on several lines where that is safe."""
    if '"""' in adql or "\\" in adql or adql.endswith('"'):
        return repr(adql)
    return f'"""\n{adql}\n"""'


def _without_secrets(service_url: str) -> str:
    """The URL without user, password, query and fragment."""
    parts = urlsplit(service_url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
