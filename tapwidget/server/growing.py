"""An answer that travels while it is still being written.

The query writes into a file at its own speed; whoever fetches the answer reads what is there at theirs. So a large
answer begins early, a slow reader holds up nobody, and neither needs more memory than a piece.

A query that fails halfway cannot take back what was sent. The connection is closed before the answer's end is sent, so
that no client takes a part for the whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

EARLY = 256 * 1024
"""Bytes from which an answer begins to travel; a smaller one is sent when it is whole, or as an error."""

PIECE = 1 << 20
log = logging.getLogger(__name__)


@dataclass
class Growing:
    """The file of an answer, seen from two threads: one writes and calls `wrote`, the loop's waits for `change`."""

    path: Path | None = None
    mime: str = ""
    size: int = 0
    loop: asyncio.AbstractEventLoop | None = None
    change: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, path: Path, mime: str) -> None:
        self.path, self.mime = path, mime

    def wrote(self, size: int) -> None:
        """So many more bytes are in the file."""
        self.size += size
        if self.loop is not None and self.size >= EARLY:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the service ends
                self.loop.call_soon_threadsafe(self.change.set)

    @property
    def is_early(self) -> bool:
        return self.size >= EARLY


class GrowingResponse(Response):
    """Sends a file while it grows.

    Parameters
    ----------
    growing : the file
    error : why the file will never be whole; asked when `task` is done
    task : the writing
    stop : stops the writing, for a caller who has gone
    afterwards : called at the end, whatever happened
    """

    def __init__(
        self,
        growing: Growing,
        error: Callable[[], Exception | None],
        task: asyncio.Task[None],
        stop: Callable[[], Awaitable[None]],
        afterwards: Callable[[], None],
    ) -> None:
        super().__init__(media_type=growing.mime)
        del self.headers["content-length"]
        self.growing = growing
        self.error = error
        self.task = task
        self.stop = stop
        self.afterwards = afterwards

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Returns without an end where the writing failed: the server closes the connection then."""
        del scope
        sending = asyncio.ensure_future(self.send_all(send))
        leaving = asyncio.ensure_future(gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                sending.cancel()
                await self.stop()
            else:
                sending.result()
        finally:
            leaving.cancel()
            await asyncio.wait({self.task})
            self.afterwards()

    async def send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        assert self.growing.path is not None
        with self.growing.path.open("rb") as file:
            while True:
                self.growing.change.clear()
                is_whole = self.task.done()  # asked before reading: what comes after is read in the next round
                while piece := await asyncio.to_thread(file.read, PIECE):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                if is_whole:
                    break
                waiting = asyncio.ensure_future(self.growing.change.wait())
                await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
        error = self.error()
        if error is not None:
            log.warning("an answer broke off: %s", error)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def gone(receive: Receive) -> None:
    """Returns when the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        continue
