"""The parameters of a request: from the URL, a form, or a multipart form with files.

Source: DALI 1.1, section 3 (parameter names are case-insensitive); UWS 1.1, section 2.2.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request

from tapwidget.server.faults import RequestError
from tapwidget.server.settings import Settings

COPY_BYTES = 1 << 20
REPEATABLE = frozenset({"UPLOAD"})
DRAINED = 64 * 2**20


@dataclass
class Parameters:
    """Parameters by upper-case name, each with all its values, and files by the name of their part."""

    values: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        self.values.setdefault(name.upper(), []).append(value)

    def get(self, name: str) -> str:
        """The value, "" where it is not given; the last one where it is given twice."""
        return (self.values.get(name) or [""])[-1]

    def all(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def update(self, other: Parameters) -> None:
        """Take over what another request says; it wins, but for UPLOAD, which adds."""
        for name, values in other.values.items():
            self.values[name] = [*self.values.get(name, []), *values] if name in REPEATABLE else list(values)
        self.files.update(other.files)

    def items(self) -> Iterator[tuple[str, str]]:
        for name, values in self.values.items():
            for value in values:
                yield name, value


async def parameters_of(request: Request, settings: Settings, folder: Path | None = None) -> Parameters:
    """All parameters of a request; files are written into `folder`.

    Raises
    ------
    RequestError
        Not a form, or larger than this service takes (413).
    """
    result = Parameters()
    for name, value in request.query_params.multi_items():
        result.add(name, value)
    if request.method not in {"POST", "PUT"}:
        return result
    counted = Counted(request, settings.upload_bytes + settings.parameter_bytes)
    try:
        async with Request(request.scope, counted.receive).form(max_part_size=settings.parameter_bytes) as form:
            for name, content in form.multi_items():
                if isinstance(content, str):
                    result.add(name, content)
                elif folder is not None:
                    path = folder / f"upload{len(result.files) + 1}"
                    await written(content, path)
                    result.files[name] = path
    except MultiPartException as error:
        raise RequestError(f"the request is not a form that can be read: {error}") from error
    except TooLargeError as error:
        await counted.drain()
        raise RequestError(
            f"the request is larger than this service takes: {settings.upload_bytes} bytes of uploads. "
            "Upload fewer columns, or the table in parts.",
            413,
        ) from error
    except ClientDisconnect as error:
        raise RequestError("the request ended before it was whole") from error
    return result


async def written(content: Any, path: Path) -> None:
    with path.open("wb") as file:
        while piece := await content.read(COPY_BYTES):
            file.write(piece)


class TooLargeError(Exception):
    """The body of a request is over the limit; stays inside this file."""


class Counted:
    """Receives the body of a request, counting."""

    def __init__(self, request: Request, most: int) -> None:
        self.inner = request.receive
        self.most = most
        self.got = 0
        self.more = True

    async def receive(self) -> Any:
        message = await self.inner()
        self.got += len(message.get("body", b""))
        self.more = message.get("type") == "http.request" and bool(message.get("more_body"))
        if self.got > self.most:
            raise TooLargeError
        return message

    async def drain(self) -> None:
        """Read some more of what still comes: a client that is still sending would not see the answer."""
        end = self.got + DRAINED
        while self.more and self.got < end:
            message = await self.inner()
            self.got += len(message.get("body", b""))
            self.more = message.get("type") == "http.request" and bool(message.get("more_body"))
