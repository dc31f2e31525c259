"""/async: the resources of a UWS.

Source: UWS 1.1, section 2.2 (REST binding); TAP 1.1, section 2.4.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tapwidget.ivoa.uws import JobPhase
from tapwidget.server import uws_xml
from tapwidget.server.access import OWNER
from tapwidget.server.faults import RequestError
from tapwidget.server.jobs import ACTIVE, Job, JobStore, now, remove
from tapwidget.server.parameters import Parameters, parameters_of
from tapwidget.server.results import error_document
from tapwidget.server.uws_xml import DECLARATION, moment

XML = "text/xml"
VOTABLE = "application/x-votable+xml"


class Uws:
    """The resources below /async."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self.settings = store.settings

    def routes(self, root: str) -> list[Route]:
        job = root + "/{job_id}"
        return [
            Route(root, self.jobs, methods=["GET", "POST"]),
            Route(job, self.job, methods=["GET", "POST", "DELETE"]),
            Route(job + "/phase", self.phase, methods=["GET", "POST"]),
            Route(job + "/executionduration", self.execution_duration, methods=["GET", "POST"]),
            Route(job + "/destruction", self.destruction, methods=["GET", "POST"]),
            Route(job + "/parameters", self.parameters, methods=["GET", "POST"]),
            Route(job + "/results", self.results),
            Route(job + "/results/result", self.result),
            Route(job + "/error", self.error),
            Route(job + "/quote", self.quote),
            Route(job + "/owner", self.owner),
        ]

    async def jobs(self, request: Request) -> Response:
        if request.method == "POST":
            return await self.create(request)
        given = await parameters_of(request, self.settings)
        found = self.store.of(owner_of(request))
        phases = {JobPhase.of(phase) for value in given.all("PHASE") for phase in value.split(",")}
        if phases:
            found = [job for job in found if job.phase in phases]
        if given.get("AFTER"):
            after = time_of("AFTER", given.get("AFTER"))
            found = [job for job in found if job.creation_time > after]
        if given.get("LAST"):
            found = found[: positive("LAST", given.get("LAST"))]
        return Response(uws_xml.jobs_document(found, address(request)), media_type=XML)

    async def create(self, request: Request) -> Response:
        job_id, folder = self.store.new_folder()
        try:
            given = await parameters_of(request, self.settings, folder)
            phase = given.get("PHASE").upper()
            if phase not in {"", "RUN"}:
                raise RequestError(f"PHASE={phase}: a new job can only be told to RUN")
            job = self.store.create(job_id, folder, given, owner_of(request))
        except BaseException:
            remove(folder)
            raise
        self.take_over(job, given)
        if phase == "RUN":
            self.store.runner.start(job)
        return RedirectResponse(f"{address(request)}/{job_id}", status_code=303)

    async def job(self, request: Request) -> Response:
        job = self.found(request)
        if request.method == "DELETE":
            await self.store.delete(job)
            return to_list(request)
        given = await parameters_of(request, self.settings, job.folder)
        if request.method == "POST":
            if given.get("ACTION").upper() == "DELETE":
                await self.store.delete(job)
                return to_list(request)
            self.changeable(job)
            job.parameters.update(given)
            self.take_over(job, given)
            return to_job(request)
        await self.wait(job, given)
        return Response(uws_xml.job_document(job, address(request)), media_type=XML)

    async def wait(self, job: Job, given: Parameters) -> None:
        """WAIT: answer when the phase changes, or when the time is over (UWS 1.1, section 2.2.1.1)."""
        text = given.get("WAIT").strip()
        if not text:
            return
        try:
            seconds = int(text)
        except ValueError:
            raise RequestError(f"WAIT={text} is no number of seconds") from None
        phase = given.get("PHASE")
        if job.phase not in ACTIVE or (phase and JobPhase.of(phase) != job.phase):
            return
        longest = self.settings.longest_wait
        await job.changed(longest if seconds < 0 else min(float(seconds), longest))

    async def phase(self, request: Request) -> Response:
        job = self.found(request)
        if request.method == "GET":
            return PlainTextResponse(job.phase.value)
        wanted = (await parameters_of(request, self.settings, job.folder)).get("PHASE").upper()
        if wanted == "RUN":
            # A second RUN changes nothing: a client that got no answer to the first one may send it again.
            if job.phase == JobPhase.PENDING:
                self.store.runner.start(job)
        elif wanted == "ABORT":
            await self.store.runner.abort(job)
        else:
            raise RequestError(f"PHASE={wanted} is not possible; there are RUN and ABORT")
        return to_job(request)

    async def execution_duration(self, request: Request) -> Response:
        job = self.found(request)
        if request.method == "GET":
            return PlainTextResponse(uws_xml.duration(job))
        self.changeable(job)
        self.take_over(job, await parameters_of(request, self.settings, job.folder))
        return to_job(request)

    async def destruction(self, request: Request) -> Response:
        job = self.found(request)
        if request.method == "GET":
            return PlainTextResponse(moment(job.destruction))
        self.take_over(job, await parameters_of(request, self.settings, job.folder))
        return to_job(request)

    async def parameters(self, request: Request) -> Response:
        job = self.found(request)
        if request.method == "GET":
            return Response(DECLARATION + uws_xml.parameters(job), media_type=XML)
        self.changeable(job)
        given = await parameters_of(request, self.settings, job.folder)
        job.parameters.update(given)
        self.take_over(job, given)
        return to_job(request)

    async def results(self, request: Request) -> Response:
        job = self.found(request)
        return Response(DECLARATION + uws_xml.results(job, job_address(request)), media_type=XML)

    async def result(self, request: Request) -> Response:
        job = self.found(request)
        if job.answer is None or job.phase != JobPhase.COMPLETED:
            raise RequestError(f"the job has no result: its phase is {job.phase.value}", 404)
        return FileResponse(job.answer.path, media_type=job.answer.form.mime)

    async def error(self, request: Request) -> Response:
        job = self.found(request)
        if job.error is None or job.phase != JobPhase.ERROR:
            raise RequestError(f"the job has no error: its phase is {job.phase.value}", 404)
        return Response(error_document(str(job.error)), media_type=VOTABLE)

    async def quote(self, request: Request) -> Response:
        """When the job will have ended: nobody knows, and then UWS has nothing said (1.1, section 2.1.7)."""
        self.found(request)
        return PlainTextResponse("")

    async def owner(self, request: Request) -> Response:
        return PlainTextResponse(self.found(request).owner)

    def found(self, request: Request) -> Job:
        return self.store.get(request.path_params["job_id"], owner_of(request))

    def changeable(self, job: Job) -> None:
        if job.phase != JobPhase.PENDING:
            raise RequestError(f"the job's phase is {job.phase.value}; only a PENDING job can be changed", 403)

    def take_over(self, job: Job, given: Parameters) -> None:
        """EXECUTIONDURATION and DESTRUCTION, each cut to what this service allows."""
        if given.get("EXECUTIONDURATION"):
            wanted = float(positive("EXECUTIONDURATION", given.get("EXECUTIONDURATION")))
            hard = self.settings.execution_duration_hard
            job.execution_duration = min(wanted or hard, hard)
        if given.get("DESTRUCTION"):
            latest = now() + timedelta(seconds=self.settings.retention_hard)
            job.destruction = min(time_of("DESTRUCTION", given.get("DESTRUCTION")), latest)


def owner_of(request: Request) -> str:
    return str(request.scope.get(OWNER, ""))


def address(request: Request) -> str:
    """The address of the resource asked for, without query."""
    return str(request.url.replace(query="")).rstrip("/")


def job_address(request: Request) -> str:
    start, _, _ = address(request).partition(f"/{request.path_params['job_id']}")
    return f"{start}/{request.path_params['job_id']}"


def to_job(request: Request) -> Response:
    return RedirectResponse(job_address(request), status_code=303)


def to_list(request: Request) -> Response:
    return RedirectResponse(job_address(request).rpartition("/")[0], status_code=303)


def positive(name: str, text: str) -> int:
    if not text.strip().isdigit():
        raise RequestError(f"{name}={text} is no whole number")
    return int(text)


def time_of(name: str, text: str) -> datetime:
    """A time of DALI: ISO 8601, UTC where no zone is said."""
    try:
        time = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        raise RequestError(f"{name}={text} is no time such as 2026-01-31T12:00:00Z") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
