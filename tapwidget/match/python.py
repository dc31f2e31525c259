"""A match as a notebook cell of plain pyvo, astropy and numpy, which gives the same rows without tapwidget.

The cell says what is done for the person who wants to know, or to go on from there by hand. It never holds a token: on
the Rubin platform `lsst.rsp` finds it, elsewhere a service that wants one needs a session of the user's own.
"""

from __future__ import annotations

from typing import Any

from tapwidget.match.adql import Query
from tapwidget.match.dialects import is_rubin
from tapwidget.match.plan import Plan
from tapwidget.match.python_identifiers import cleaned_column, identifier_code
from tapwidget.match.python_motion import motion_code
from tapwidget.match.python_pairs import pairs_code, result_code
from tapwidget.match.python_parts import job_code, query_code, reading_code, upload_code
from tapwidget.match.python_plain import plain_code
from tapwidget.match.python_position import position_code, shift_code
from tapwidget.match.spec import Match, SkyMatch


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
        reading_code(table),
        plain,
        position,
        motion,
        shift_code(match) if isinstance(match, SkyMatch) else "",
        _upload(match, plan, table),
        f"query = {query_code(plan.adql)}",
        job_code(service_url, match.upload, "pairs", maxrec=plan.maxrec),
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


def _upload(match: Match, plan: Plan, table: Any) -> str:
    upload = plan.upload
    cleaned = cleaned_column(match, upload, table) or ""
    cleaning = identifier_code(match, table[cleaned], upload.table[upload.names[cleaned]]) if cleaned else ""
    why = "What travels: the row number, the position, and the columns that the query uses."
    return upload_code(upload, table, cleaned=cleaned, cleaning=cleaning, why=why)
