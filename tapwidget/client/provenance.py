"""Where a result came from: all that is needed to judge it, and to get it once more.

`result.meta["tapwidget"]`, plain values only, so that every format can keep it (`tables.saving`).
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import astropy
import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from tapwidget import __version__
from tapwidget.client.capabilities import says_simulated
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.tables.overflow import doubts
from tapwidget.tables.roles import recognise

if TYPE_CHECKING:
    from tapwidget.client.chunks import ChunkedJob
    from tapwidget.client.job import Job
    from tapwidget.client.plan import Plan


def versions() -> dict[str, str]:
    """The versions of what made a result."""
    return {"tapwidget": __version__, "astropy": astropy.__version__, "Python": platform.python_version()}


def now() -> str:
    """The time in ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def of_match(plan: Plan, raw: Table, table: Table, rows: NDArray[np.int64]) -> dict[str, Any]:
    """What is known of a match's result. `rows` are those of the user's table in the pairs that were kept.

    In "rows": `upload` in the user's table, `sent` with a position (or identifier), `pairs` in the service's answer,
    `kept` of these, and `matched`, rows of the user's table in them. "keys" are columns that tell the rows of either
    side apart.
    """
    match, told = plan.match, table.meta.get("tapwidget")
    told = told if isinstance(told, Mapping) else {}
    changes = list(plan.changes)
    if raw.meta.get("overflow", False):
        changes += filter(None, ["The service cut its answer.", doubts(match.find, match.unmatched)])
    theirs = plan.query.key
    if theirs and theirs[0] not in (plan.query.position or ()):
        theirs = theirs[:1]  # an identifier alone tells them apart
    return {
        "source": str(told.get("source", "")),
        "service": plan.service,
        "target": plan.target.name,
        "simulated": says_simulated(plan.target.description),
        **(_of_sky_match(plan, match) if isinstance(match, SkyMatch) else _of_identifiers(match)),
        "find": match.find,
        "unmatched": match.unmatched,
        "upload": match.upload,
        "adql": plan.adql,
        "changes": changes,
        "overflow": bool(raw.meta.get("overflow", False)),
        "rows": {
            "upload": len(table),
            "sent": plan.upload.rows,
            "pairs": len(raw),
            "kept": len(rows),
            "matched": len(np.unique(rows)),
        },
        "keys": {
            "mine": [f"{match.upload}_{name}" for name in _key(table)],
            "theirs": [plan.names[name] for name in theirs] if all(name in plan.names for name in theirs) else [],
        },
        # Of a result that was matched again: where that one came from.
        **({"upload_from": _first_run(told)} if told.get("adql") else {}),
        "fetched": now(),
        "versions": versions(),
    }


def of_query(job: Job, raw: Table, service: str) -> dict[str, Any]:
    """What is known of the answer to a query that was given as text."""
    return {
        "service": service,
        "adql": job.adql,
        "simulated": "SIMULATED" in raw.meta.get("infos", {}),
        "changes": list(job.changes),
        "overflow": bool(raw.meta.get("overflow", False)),
        "rows": {"kept": len(raw)},
        "fetched": now(),
        "versions": versions(),
    }


def of_job(job: Job | ChunkedJob) -> dict[str, Any]:
    """What only the job knows: its address, and when the service ran it."""
    told = job.summary
    times = {"created": told.creation_time, "started": told.start_time, "ended": told.end_time}
    return {
        "job": job.url,
        "job_times": {word: time.isoformat() for word, time in times.items() if time is not None},
    }


def _of_sky_match(plan: Plan, match: SkyMatch) -> dict[str, Any]:
    radius = {"radius": str(match.row_radius)} if match.row_radius else {"radius_arcsec": match.radius_deg * 3600}
    return {
        **radius,
        **({"neighbours": match.neighbours} if match.neighbours != 1 else {}),
        **({"shift_arcsec": list(match.shift)} if any(match.shift) else {}),
        **({"epoch": asdict(match.epoch) | {"pm": list(match.epoch.pm)}} if match.epoch else {}),
        "separation": plan.separation,
        "position_angle": plan.position_angle,
    }


def _of_identifiers(match: IdentifierMatch) -> dict[str, Any]:
    return {
        "on": list(match.on),
        **({"clean": [list(rule) for rule in match.clean]} if match.clean else {}),
        **({"ignore_case": True} if match.ignore_case else {}),
    }


def _key(table: Table) -> tuple[str, ...]:
    """The user's column that no two rows have the same value in: the identifier; else none."""
    name = recognise(table).id
    if name is None or np.ma.getmaskarray(table[name]).any():
        return ()
    ordered = np.sort(np.ma.getdata(table[name]))
    return () if (ordered[1:] == ordered[:-1]).any() else (name,)


def _first_run(told: Mapping[str, Any]) -> dict[str, Any]:
    """What matters of an earlier run, and of the one before that."""
    words = ("service", "job", "target", "adql", "fetched", "upload_from")
    return {word: told[word] for word in words if word in told}
