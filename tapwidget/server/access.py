"""Who may ask: a bearer token, and for a service without one, only this machine by its own name.

The second part matters to people who have a browser open: a web page elsewhere could make its own name point at
127.0.0.1 and read the answers; but its requests say that name in their Host.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Access:
    """ASGI middleware that lets through whom the service is for."""

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self.refusal(Headers(scope=scope))
        await (refusal or self.app)(scope, receive, send)

    def refusal(self, headers: Headers) -> PlainTextResponse | None:
        if self.token is None:
            name = urlsplit("//" + headers.get("host", "")).hostname
            if name in LOOPBACK:
                return None
            return PlainTextResponse("This service answers only under the names 127.0.0.1 and localhost.\n", 403)
        scheme, _, given = headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), self.token.encode())
        if scheme.lower() == "bearer" and right:
            return None
        problem = ', error="invalid_token"' if scheme else ""
        return PlainTextResponse(
            "This service needs its token: Authorization: Bearer TOKEN.\n",
            401,
            {"WWW-Authenticate": f'Bearer realm="tapwidget"{problem}'},
        )
