"""Who may ask: those with a bearer token, and for a service without one, only this machine by its own name.

The second part matters to people who have a browser open: a web page elsewhere could make its own name point at
127.0.0.1 and read the answers; but its requests say that name in their Host.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OWNER = "tapwidget.owner"
"""Where a request carries whose it is."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Access:
    """ASGI middleware that lets through whom the service is for."""

    def __init__(self, app: ASGIApp, tokens: Sequence[str] = ()) -> None:
        self.app = app
        self.tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope[OWNER] = self.owner(headers)
        await (self.refusal(headers, scope[OWNER]) or self.app)(scope, receive, send)

    def owner(self, headers: Headers) -> str:
        """Whose token came with a request: "caller1", "caller2", ...; "" for none, or a wrong one."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return ""
        # all are looked at, so that the time this takes tells nothing
        right = [hmac.compare_digest(given.strip().encode(), token.encode()) for token in self.tokens]
        return f"caller{right.index(True) + 1}" if any(right) else ""

    def refusal(self, headers: Headers, owner: str) -> PlainTextResponse | None:
        if not self.tokens:
            name = urlsplit("//" + headers.get("host", "")).hostname
            if name in LOOPBACK:
                return None
            return PlainTextResponse("This service answers only under the names 127.0.0.1 and localhost.\n", 403)
        if owner:
            return None
        problem = ', error="invalid_token"' if "authorization" in headers else ""
        return PlainTextResponse(
            "This service needs its token: Authorization: Bearer TOKEN.\n",
            401,
            {"WWW-Authenticate": f'Bearer realm="tapwidget"{problem}'},
        )
