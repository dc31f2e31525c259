"""The application: all resources of the service below /tap.

Source: TAP 1.1, section 2 (resources).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tapwidget.errors import QueryError
from tapwidget.server import examples, vosi
from tapwidget.server.access import Access
from tapwidget.server.catalogue import Catalogue
from tapwidget.server.faults import RequestError
from tapwidget.server.jobs import JobStore, Runner
from tapwidget.server.parameters import parameters_of
from tapwidget.server.query import Holdings
from tapwidget.server.reloading import Reloading
from tapwidget.server.results import error_document
from tapwidget.server.settings import Settings
from tapwidget.server.sync import Sync
from tapwidget.server.uws import Uws

ROOT = "/tap"
XML = "text/xml"
VOTABLE = "application/x-votable+xml"


def create_app(load: Callable[[], Holdings], holdings: Holdings, folder: Path, tokens: Sequence[str] = ()) -> Starlette:
    """The ASGI application over tables that are loaded; it closes their engine when it ends.

    Parameters
    ----------
    load : gives the same tables anew, in another engine, for when their files have changed
    tokens : each is one caller, with jobs of its own
    """
    settings = holdings.settings
    runner = Runner(holdings)
    store = JobStore(folder / "jobs", runner, settings)
    pages = Pages(runner, settings)
    reloading = Reloading(runner, load)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        ongoing = [loop.create_task(store.sweep()), loop.create_task(reloading.watch())]
        yield
        for task in ongoing:
            task.cancel()
        await store.close()
        runner.close()

    routes = [
        Route("/", pages.home),
        Route(ROOT, pages.home),
        Route(ROOT + "/sync", Sync(store).answer, methods=["GET", "POST"]),
        *Uws(store).routes(ROOT + "/async"),
        Route(ROOT + "/availability", pages.availability),
        Route(ROOT + "/capabilities", pages.capabilities),
        Route(ROOT + "/tables", pages.tables),
        Route(ROOT + "/tables/{name:path}", pages.table),
        Route(ROOT + "/examples", pages.examples),
    ]
    handlers = {RequestError: refused, QueryError: refused, HTTPException: not_there}
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Access, tokens=tokens)],
        exception_handlers=handlers,
    )


class Pages:
    """The resources that only describe."""

    def __init__(self, runner: Runner, settings: Settings) -> None:
        self.runner = runner
        self.settings = settings

    @property
    def catalogue(self) -> Catalogue:
        return self.runner.holdings.catalogue

    async def home(self, request: Request) -> Response:
        return RedirectResponse(f"{base(request)}/capabilities", status_code=303)

    async def availability(self, _request: Request) -> Response:
        changes = await asyncio.get_running_loop().run_in_executor(None, self.catalogue.all_changes)
        return Response(vosi.availability(changes, is_simulated=self.catalogue.is_simulated), media_type=XML)

    async def capabilities(self, request: Request) -> Response:
        text = vosi.capabilities(base(request), self.settings, is_simulated=self.catalogue.is_simulated)
        return Response(text, media_type=XML)

    async def tables(self, request: Request) -> Response:
        detail = (await parameters_of(request, self.settings)).get("DETAIL").lower()
        if detail not in {"", "min", "max"}:
            raise RequestError(f"detail={detail} is not known; there are min and max")
        return Response(vosi.tableset(self.catalogue, with_columns=detail != "min"), media_type=XML)

    async def table(self, request: Request) -> Response:
        name = request.path_params["name"]
        served = self.catalogue.get(name)
        if served is None:
            raise RequestError(f"there is no table {name}", 404)
        return Response(vosi.table_document(served), media_type=XML)

    async def examples(self, _request: Request) -> Response:
        return Response(examples.document(self.catalogue), media_type="application/xhtml+xml")


def base(request: Request) -> str:
    """The URL of the service, as the caller wrote it."""
    return str(request.base_url).rstrip("/") + ROOT


async def refused(request: Request, error: Exception) -> Response:
    """An error as the caller can read it: a VOTable from /sync, a line of text from elsewhere."""
    status = error.status if isinstance(error, RequestError) else 400
    if request.url.path == ROOT + "/sync":
        return Response(error_document(str(error)), status, media_type=VOTABLE)
    return PlainTextResponse(str(error) + "\n", status)


async def not_there(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = (
        f"there is nothing at {request.url.path}; the service is at {base(request)}" if error.status_code == 404 else ""
    )
    return PlainTextResponse((text or str(error.detail)) + "\n", error.status_code, error.headers)
