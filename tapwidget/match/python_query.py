"""A query written by hand, with the user's table as its upload, as a notebook cell: plain pyvo, or tapwidget.

The upload is what the app sends with such a query: every column of the table, the number of its row, and the position
in ICRS degrees that the form shows. A query of the form that was edited goes on to use their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tapwidget.match.dialects import is_rubin
from tapwidget.match.plan import Position, Upload
from tapwidget.match.python_parts import job_code, query_code, reading_code, upload_code
from tapwidget.match.python_plain import plain_code
from tapwidget.match.python_position import position_code, python_text
from tapwidget.match.python_short import short_reading


@dataclass(frozen=True)
class OwnQuery:
    """ADQL written by hand. `upload` is all of the user's table, ready to travel, made of `position`; or both None."""

    adql: str
    upload: Upload | None = None
    position: Position | None = None


def query_cell(own: OwnQuery, service_url: str, *, table: Any = None) -> str:
    """The cell of plain pyvo, which leaves the service's answer as the table `result`.

    Parameters
    ----------
    service_url : str
        Base URL of the service. User name, password and query string are left out of the cell.
    table : Table, optional
        The user's table, of which the upload was made.
    """
    upload = own.upload
    position = position_code(own, table) if upload is not None and upload.position else ""
    sent = [] if upload is None else [
        reading_code(table),
        plain_code(table),
        position,
        upload_code(upload, table, why="What travels: the row number, the position, and every column."),
    ]  # fmt: skip
    imports = [
        "import lsst.rsp" if is_rubin(service_url) else "",
        "import numpy as np" if sent else "",
        "" if is_rubin(service_url) else "import pyvo",
        "from astropy.coordinates import SkyCoord" if "SkyCoord(" in position else "",
        "from astropy.table import Table" if sent else "",
    ]
    parts = [
        "import time",
        "\n".join(line for line in imports if line),
        *sent,
        f"query = {query_code(own.adql)}",
        job_code(service_url, "" if upload is None else upload.name, "result"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def short_query_cell(own: OwnQuery, service: str, *, table: Any = None) -> str:
    """The cell of tapwidget. `service` is what `tapwidget.connect` takes."""
    upload = own.upload
    lines = [f"service = tapwidget.connect({service!r})"]
    sent, making = "table", ""
    if upload is not None:
        lines.append(short_reading(table))
        making = _making(own, upload, table)
        sent = "upload" if making else "table"
    imports = ["import numpy as np"] if "np." in making else []
    imports += ["from astropy.coordinates import SkyCoord"] if "SkyCoord(" in making else []
    uploads = "" if upload is None else f", uploads={{{python_text(upload.name)}: {sent}}}"
    parts = [
        "\n".join(imports),
        "import tapwidget",
        "\n".join(lines),
        making,
        f"query = {query_code(own.adql)}\nresult = service.submit(query{uploads}).result()",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _making(own: OwnQuery, upload: Upload, table: Any) -> str:
    """Code for what `submit` does not put into an upload by itself, as far as the query can see it; or none."""
    seen = "*" in own.adql or bool(re.search(rf"\b{re.escape(upload.row_column)}\b", own.adql, re.IGNORECASE))
    is_made = bool(upload.position) and not set(upload.position or ()) <= {upload.names.get(n) for n in table.colnames}
    leaves_out = len(upload.table) < len(table)
    # Of names that differ in case only, `submit` would keep the first as it is, the app keeps that of the position.
    names = [name.lower() for name in table.colnames]
    renamed = [n for n in table.colnames if names.count(n.lower()) > 1 and upload.names.get(n, n) != n]
    if not (seen or is_made or leaves_out or renamed):
        return ""
    lines = [position_code(own, table)] if is_made or leaves_out else []
    lines.append("upload = table.copy()")
    lines += [f"upload.rename_column({python_text(name)}, {python_text(upload.names[name])})" for name in renamed]
    if seen:
        row_type = upload.table[upload.row_column].dtype.name
        lines.append(f'upload[{python_text(upload.row_column)}] = np.arange(len(table), dtype="{row_type}")')
    if is_made:
        ra, dec = map(python_text, upload.position or ())
        lines.append(f"upload[{ra}], upload[{dec}] = ra, dec  # ICRS, degrees")
    if leaves_out:
        lines.append("upload = upload[np.isfinite(ra) & np.isfinite(dec)]  # rows with a position")
    return "\n".join(lines)
