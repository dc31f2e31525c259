"""Jobs found again after an interrupt, a restart of the kernel, a crash: from the ledger and the service's list.

Source: UWS 1.1, section 2.2.2.1 (the job list).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from astropy.table import Table

from tapwidget.client import faults
from tapwidget.client.addresses import mask, origin, resolve
from tapwidget.client.chunks_kept import folded, whole_of, with_jobs
from tapwidget.client.follower import Pace, ask
from tapwidget.client.job import Job
from tapwidget.client.ledger import JobRecord, Ledger
from tapwidget.client.plan import Plan
from tapwidget.client.remade import Remade, remake
from tapwidget.client.submission import list_jobs, told
from tapwidget.client.transport import Transport
from tapwidget.errors import JobError
from tapwidget.ivoa.uws import JobPhase, JobSummary
from tapwidget.match.spec import Match

log = logging.getLogger(__name__)

JOBS_LISTED = 100


def jobs(transport: Transport, ledger: Ledger, service: str, *, ask: bool = True) -> list[JobRecord]:
    """See `Service.jobs`."""
    records = ledger.records(transport.url)
    listed = dict(list_jobs(transport, last=JOBS_LISTED)) if ask else {}
    by_run_id = {summary.run_id: url for url, summary in listed.items() if summary.run_id}
    found = []
    for record in records:
        # One whose creation was never confirmed may be in the service's list all the same.
        url = record.url or ("" if record.parts else by_run_id.get(record.run_id, ""))
        summary = listed.pop(url, None)
        known = record if summary is None else told(record, summary)
        found.append(replace(known, url=mask(url), job_id=known.job_id or url.rpartition("/")[2]))
    for url, summary in listed.items():
        blank = JobRecord(mask(url), summary.job_id, summary.phase, service, run_id=summary.run_id)
        found.append(told(blank, summary))
    return sorted(folded(found), key=lambda r: r.created.timestamp() if r.created else 0.0, reverse=True)


def job(
    transport: Transport, ledger: Ledger, pace: Pace, url_or_id: str, planned: Callable[[Match, Table], Plan]
) -> Job:
    """See `Service.job`. `planned` makes a match ready for the service."""
    url, record = _known(transport, ledger, url_or_id)
    summary = ask(transport, url)
    if record is None and (lost := ledger.find_run(transport.url, summary.run_id)) is not None:
        # Its creation was never confirmed; here it is.
        record = replace(lost, url=url, job_id=summary.job_id)

    def remember(news: JobSummary, _url: str) -> None:
        if record is None:
            return
        try:
            ledger.write(told(record, news))
        except OSError as error:
            # The ledger has the job's address; its phase the service will tell.
            log.warning("the job %s could not be written to %s: %s", news.job_id, ledger.place, error)

    remember(summary, url)
    found = Job(
        transport,
        url,
        adql=record.adql if record else "",
        summary=summary,
        remember=remember,
        forget=None if record is None else partial(ledger.drop, record),
        remake=None if record is None else partial(remake, record, ledger.tables, planned),
        # One of ours that never began was meant to; another's may be waiting for its owner.
        push=record is not None and summary.phase is JobPhase.PENDING,
        pace=pace,
    )
    found._watch()
    return found


def whole(transport: Transport, ledger: Ledger, reference: str) -> JobRecord | None:
    """The match in parts that goes by this key or run_id, with the jobs that it has; None for a job like any other.

    Of a part that was sent and never confirmed, the service's list tells; else it is sent once more.
    """
    record = ledger.find_whole(transport.url, reference.strip())
    if record is None:
        return None
    jobs = parts_of(ledger, record)
    if any(not part.url for part in with_jobs(record, jobs).parts) and any(not job.url for job in jobs):
        by_run_id = {summary.run_id: url for url, summary in list_jobs(transport, last=JOBS_LISTED)}
        jobs = [job if job.url else replace(job, url=by_run_id.get(job.run_id, "")) for job in jobs]
    return with_jobs(record, jobs)


def parts_of(ledger: Ledger, record: JobRecord) -> list[JobRecord]:
    """The jobs of a match in parts, as the ledger has them: those of parts that were tried again among them."""
    records = ledger.records(record.service)
    wholes = [each for each in records if each.parts]
    owned = ((each, whole_of(each, wholes)) for each in records)
    return [each for each, owner in owned if owner is not None and owner.key == record.key]


def remade(record: JobRecord, ledger: Ledger, planned: Callable[[Match, Table], Plan]) -> Remade:
    """The plan and the table of a match in parts; JobError where it cannot go on here, which says why."""
    made = remake(record, ledger.tables, planned)
    if made.plan is None or made.table is None:
        urls = ", ".join(part.url for part in record.parts if part.url)
        raise JobError(
            f"The match {record.run_id} cannot go on here: {made.why or 'it could not be written to the ledger'}. "
            f"Submit it again. Its jobs so far: {urls or 'none'}; service.job(...) gives the answer of each.",
            service=mask(record.service),
        )
    return made


def delete(transport: Transport, ledger: Ledger, url_or_id: str) -> None:
    """See `Service.delete`."""
    together = ledger.find_whole(transport.url, url_or_id.strip())
    if together is not None:
        jobs = parts_of(ledger, together)
        for url in dict.fromkeys((*(part.url for part in together.parts), *(job.url for job in jobs))):
            if url:
                delete(transport, ledger, url)
        for each in jobs:
            ledger.drop(each)
        ledger.drop(together)
        return
    url, record = _known(transport, ledger, url_or_id)
    doing = "deleting a job"
    response = transport.delete(url, doing=doing)
    if response.status_code not in {404, 410}:
        faults.check(response, doing, service=mask(transport.url))
    if record is not None:
        ledger.drop(record)


def _known(transport: Transport, ledger: Ledger, url_or_id: str) -> tuple[str, JobRecord | None]:
    """The address of a job, and what the ledger knows of it; JobError if it is another service's."""
    url = resolve(f"{transport.url}/async/", url_or_id.strip()).partition("?")[0].rstrip("/")
    record = ledger.find(url)
    # A job may live on another host than its service, but then it is one that the service named when it was made.
    if origin(url) != transport.home and (record is None or record.service != transport.url):
        service = mask(transport.url)
        raise JobError(
            f"{mask(url)} is not a job of {service}. Connect to the service it belongs to, and ask there.",
            service=service,
            job_url=mask(url),
        )
    return url, record
