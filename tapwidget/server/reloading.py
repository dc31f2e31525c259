"""Files that change while they are served are read anew, while the service goes on.

All tables are loaded into a second engine, as at a start; those that have not changed are found prepared. New queries
then go there. Queries that run keep the engine they began with, which is closed when the last of them has ended. Where
the new state of a file is no table, the service keeps to the old one, and says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Any

from tapwidget.errors import TapWidgetError
from tapwidget.server.jobs import Runner
from tapwidget.server.query import Holdings

INTERVAL = 1.0
"""Seconds between two looks at the files; one that changed must be the same at two looks: it may be half written."""


class Reloading:
    """Watches the files of what a runner serves.

    Parameters
    ----------
    load : gives all tables in a new engine, locked; called in a thread
    """

    def __init__(self, runner: Runner, load: Callable[[], Holdings]) -> None:
        self.runner = runner
        self.load = load
        self.failed: tuple[object, ...] = ()

    async def watch(self) -> None:
        """Look at the files and read them anew, for ever."""
        loop = asyncio.get_running_loop()
        before: tuple[object, ...] = ()
        while True:
            await asyncio.sleep(INTERVAL)
            catalogue = self.runner.holdings.catalogue
            state = await loop.run_in_executor(None, catalogue.states)
            is_steady, before = state == before, state
            if is_steady and state != self.failed:
                changes = await loop.run_in_executor(None, catalogue.all_changes)
                if changes:
                    await self.reload(state)

    async def reload(self, state: tuple[object, ...]) -> None:
        """Load everything into a new engine, and serve that from now on."""
        try:
            holdings = await self.loaded()
        except (TapWidgetError, OSError) as error:
            self.failed = state
            self.runner.holdings.catalogue.problem = (
                f"A file that changed cannot be served as it is now: {error} Answers are from what it was."
            )
            print(f"tapwidget serve: {self.runner.holdings.catalogue.problem}", file=sys.stderr, flush=True)
            return
        self.failed = ()
        self.runner.serve(holdings)
        print("tapwidget serve: the files that changed have been read anew.", file=sys.stderr, flush=True)

    async def loaded(self) -> Holdings:
        """What `load` gives. Its thread does not keep a service alive that is told to end meanwhile."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Holdings] = loop.create_future()

        def finish(give: Callable[[Any], None], what: Any) -> None:
            if not done.cancelled():
                give(what)

        def work() -> None:
            give: Callable[[Any], None]
            what: Any
            try:
                give, what = done.set_result, self.load()
            except Exception as error:  # noqa: BLE001 (raised again where the result is waited for)
                give, what = done.set_exception, error
            with contextlib.suppress(RuntimeError):  # the service has ended
                loop.call_soon_threadsafe(finish, give, what)

        threading.Thread(target=work, daemon=True, name="reload").start()
        return await done
