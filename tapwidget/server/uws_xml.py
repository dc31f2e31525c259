"""UWS documents: a job, a list of jobs.

Source: UWS 1.1, section 2.2.1 and its schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tapwidget.server.jobs import Job
from tapwidget.tables.tabledata import escape

NAMESPACES = (
    'xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def moment(time: datetime) -> str:
    """A time as DALI writes it: UTC, ISO 8601, with Z as UWS 1.1 wants it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def attribute(text: str) -> str:
    return f'"{escape(text)}"'


def element(name: str, content: str | None) -> str:
    if content is None:
        return f'<uws:{name} xsi:nil="true"/>'
    return f"<uws:{name}>{escape(content)}</uws:{name}>"


def job_document(job: Job, url: str) -> bytes:
    """One job; `url` is its address."""
    parts = [
        element("jobId", job.job_id),
        element("runId", job.run_id) if job.run_id else "",
        element("ownerId", job.owner or None),
        element("phase", job.phase.value),
        element("quote", None),
        element("creationTime", moment(job.creation_time)),
        element("startTime", moment(job.start_time) if job.start_time else None),
        element("endTime", moment(job.end_time) if job.end_time else None),
        element("executionDuration", duration(job)),
        element("destruction", moment(job.destruction)),
        parameters(job, namespaces=""),
        results(job, url, namespaces=""),
    ]
    if job.error is not None and job.phase.value == "ERROR":
        parts.append(
            f'<uws:errorSummary type="fatal" hasDetail="true">{element("message", str(job.error))}</uws:errorSummary>'
        )
    parts.append(job_info(job))
    inner = "\n".join(part for part in parts if part)
    return f'{DECLARATION}<uws:job version="1.1" {NAMESPACES}>\n{inner}\n</uws:job>\n'.encode()


def job_info(job: Job) -> str:
    """Progress, in the words of Rubin's TAP service; nothing while the engine cannot tell it."""
    percent = job.percent
    if percent is None:
        return ""
    # what is being written is not yet done
    done = min(99, int(percent))
    return f"<uws:jobInfo><progress><percentComplete>{done}</percentComplete></progress></uws:jobInfo>"


def jobs_document(jobs: Iterable[Job], url: str) -> bytes:
    """A list of jobs; `url` is the address of the list."""
    entries = []
    for job in jobs:
        run_id = element("runId", job.run_id) if job.run_id else ""
        entries.append(
            f"<uws:jobref id={attribute(job.job_id)} xlink:href={attribute(f'{url}/{job.job_id}')}>"
            f"{element('phase', job.phase.value)}{run_id}{element('ownerId', job.owner or None)}"
            f"{element('creationTime', moment(job.creation_time))}</uws:jobref>"
        )
    inner = "\n".join(entries)
    return f'{DECLARATION}<uws:jobs version="1.1" {NAMESPACES}>\n{inner}\n</uws:jobs>\n'.encode()


def parameters(job: Job, namespaces: str = " " + NAMESPACES) -> str:
    entries = "".join(
        f"<uws:parameter id={attribute(name)}>{escape(value)}</uws:parameter>"
        for name, value in job.parameters.items()
        if name not in {"PHASE", "ACTION", "WAIT"}
    )
    return f"<uws:parameters{namespaces}>{entries}</uws:parameters>"


def results(job: Job, url: str, namespaces: str = " " + NAMESPACES) -> str:
    entry = ""
    if job.answer is not None and job.phase.value == "COMPLETED":
        size = job.answer.path.stat().st_size
        entry = (
            f'<uws:result id="result" xlink:type="simple" xlink:href={attribute(f"{url}/results/result")} '
            f'mime-type={attribute(job.answer.form.mime)} size="{size}"/>'
        )
    return f"<uws:results{namespaces}>{entry}</uws:results>"


def duration(job: Job) -> str:
    return str(int(job.execution_duration))
