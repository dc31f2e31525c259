"""/sync: ask and get the answer in one request.

Source: TAP 1.1, section 2.3; DALI 1.1, section 2.
"""

from __future__ import annotations

import asyncio

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from tapwidget.server.faults import RequestError
from tapwidget.server.growing import GrowingResponse, gone
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
            assert job.run is not None
            assert job.task is not None
            job.run.growing.loop = asyncio.get_running_loop()
            await self.begun(job, request)
            if not job.task.done():
                return GrowingResponse(
                    job.run.growing,
                    lambda: job.error,
                    job.task,
                    lambda: self.store.runner.abort(job),
                    lambda: remove(folder),
                )
            if job.error is not None:
                raise job.error
            if job.answer is None:
                raise RequestError("the caller went away", 499)
            form = job.answer.form
            return FileResponse(job.answer.path, media_type=form.mime, background=BackgroundTask(remove, folder))
        except BaseException:
            remove(folder)
            raise

    async def begun(self, job: Job, request: Request) -> None:
        """Wait until the job is done, or its answer so long that it can begin to travel; stop its query when the caller
        goes away."""
        assert job.run is not None
        assert job.task is not None
        growing = asyncio.ensure_future(job.run.growing.change.wait())
        left = asyncio.ensure_future(gone(request.receive))
        try:
            await asyncio.wait({job.task, growing, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            growing.cancel()
            left.cancel()
        if left.done() and not left.cancelled() and not job.task.done():
            await self.store.runner.abort(job)
            await job.task
        elif not growing.done() or growing.cancelled():
            await job.task
