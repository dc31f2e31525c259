"""UWS documents to values: one job, the list of jobs.

Source: UWS 1.1, sections 2.2 and 3.1 (schema); `jobInfo` is free-form: read is what Rubin's
service writes.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from xml.etree import ElementTree

from tapwidget.client.addresses import resolve
from tapwidget.client.documents import XLINK_HREF, NotXmlError, child, children, local, parse, text_of
from tapwidget.ivoa.uws import JobPhase, JobSummary, Progress


def read_job(content: bytes, url: str) -> JobSummary:
    """The job that a document describes; `url` is the address it came from.

    Raises
    ------
    NotXmlError
        If it is no UWS job.
    """
    root = parse(content)
    if local(root) != "job" or child(root, "phase") is None:
        raise NotXmlError(f"a <{local(root)}> where a UWS job should be")
    results = {}
    for number, result in enumerate(children(root, "result")):
        results[result.get("id") or f"result_{number}"] = resolve(url.rstrip("/") + "/", _href(result))
    return JobSummary(
        job_id=_direct(root, "jobId") or url.rstrip("/").rpartition("/")[2],
        phase=JobPhase.of(_direct(root, "phase")),
        run_id=_direct(root, "runId"),
        owner=_direct(root, "ownerId"),
        creation_time=read_time(_direct(root, "creationTime")),
        start_time=read_time(_direct(root, "startTime")),
        end_time=read_time(_direct(root, "endTime")),
        quote=read_time(_direct(root, "quote")),
        execution_duration=_seconds(_direct(root, "executionDuration")),
        destruction=read_time(_direct(root, "destruction")),
        parameters={p.get("id", "").upper(): (p.text or "").strip() for p in children(root, "parameter")},
        results=results,
        error_message=_error(root),
        progress=_progress(child(root, "jobInfo")),
    )


def read_jobs(content: bytes, url: str) -> list[tuple[str, JobSummary]]:
    """The jobs of a list, each with its address; the list says little of each (UWS 1.1, section 2.2.2.2)."""
    found = []
    for ref in children(parse(content), "jobref"):
        job_id = ref.get("id", "")
        href = _href(ref)
        job_url = resolve(url.rstrip("/") + "/", href or job_id)
        summary = JobSummary(
            job_id=job_id or job_url.rstrip("/").rpartition("/")[2],
            phase=JobPhase.of(text_of(ref, "phase")),
            run_id=text_of(ref, "runId"),
            owner=text_of(ref, "ownerId"),
            creation_time=read_time(text_of(ref, "creationTime")),
        )
        found.append((job_url, summary))
    return found


def result_url(summary: JobSummary, job_url: str) -> str:
    """Where the result is: the one named "result" (TAP 1.1, section 2.2.3); others are the service's notes."""
    named = summary.results.get("result", "")
    http = [href for href in summary.results.values() if href.startswith(("http://", "https://"))]
    at_place = [href for href in http if href.rstrip("/").endswith("results/result")]
    if named.startswith(("http://", "https://")):
        return named
    return (at_place or http or [f"{job_url.rstrip('/')}/results/result"])[0]


def read_time(text: str) -> datetime | None:
    """An ISO 8601 time as UTC; without zone it is UTC (DALI 1.1, section 3.1.2)."""
    try:
        time = datetime.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        return None
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _direct(root: ElementTree.Element, name: str) -> str:
    found = child(root, name)
    return "" if found is None else "".join(found.itertext()).strip()


def _href(element: ElementTree.Element) -> str:
    return element.get(XLINK_HREF) or element.get("href") or ""


def _seconds(text: str) -> float | None:
    """Zero stands for "no limit" (UWS 1.1, section 2.1.6)."""
    value = _number(text)
    return None if math.isnan(value) or value <= 0 else value


def _error(root: ElementTree.Element) -> str:
    summary = child(root, "errorSummary")
    return "" if summary is None else text_of(summary, "message")


def _progress(info: ElementTree.Element | None) -> Progress:
    if info is None:
        return Progress()
    percent = _number(text_of(info, "percentComplete"))
    return Progress(
        percent=min(100.0, max(0.0, percent)) if not math.isnan(percent) else percent,
        items_done=_count(text_of(info, "itemsProcessed")),
        items_total=_count(text_of(info, "totalItems")),
        message=_message(info),
    )


def _message(info: ElementTree.Element) -> str:
    progress = next(children(info, "progress"), None)
    return "" if progress is None else text_of(progress, "message")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _count(text: str) -> int | None:
    value = _number(text)
    return int(value) if math.isfinite(value) else None
