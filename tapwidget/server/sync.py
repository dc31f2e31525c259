"""/sync: ask and get the answer in one request.

Source: TAP 1.1, section 2.3; DALI 1.1, section 2.
"""

from __future__ import annotations

import asyncio

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from tapwidget.ivoa.uws import JobPhase
from tapwidget.server.faults import RequestError
from tapwidget.server.jobs import Job, JobStore, now, remove
from tapwidget.server.parameters import parameters_of


class Sync:
    """Runs each request as a job that nobody else sees."""

    def __init__(self, store: JobStore) -> None:
        self.store = store

    async def answer(self, request: Request) -> Response:
        job_id, folder = self.store.new_folder()
        try:
            parameters = await parameters_of(request, self.store.settings, folder)
            job = Job(job_id, folder, parameters, self.store.settings.sync_duration, now())
            self.store.runner.start(job)
            await self.finished(job, request)
            if job.error is not None:
                raise job.error
            if job.answer is None:
                raise RequestError("the caller went away", 499)
            form = job.answer.form
            return FileResponse(job.answer.path, media_type=form.mime, background=BackgroundTask(remove, folder))
        except BaseException:
            remove(folder)
            raise

    async def finished(self, job: Job, request: Request) -> None:
        """Wait for the job; stop its query when the caller goes away."""
        assert job.task is not None
        gone = asyncio.ensure_future(self.gone(request))
        await asyncio.wait({job.task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if job.phase != JobPhase.COMPLETED and not job.task.done():
            await self.store.runner.abort(job)
        await job.task
        gone.cancel()

    async def gone(self, request: Request) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            continue
