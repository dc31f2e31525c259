"""Requests to one service: its session, its patience, and its secrets to its own host only.

The session is pyvo's or the user's where one was given (lsst.rsp makes one that knows which address gets which
credential); else our own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from tapwidget import __version__
from tapwidget.client import faults
from tapwidget.client.addresses import Origin, mask, origin, resolve
from tapwidget.errors import AuthenticationError, ServiceUnavailableError

CONNECT_S = 10.0
READ_S = 30.0


class Credential(AuthBase):
    """A token, or user and password, that is shown to one origin and to nobody else, and never to a reader."""

    def __init__(self, home: Origin, *, token: str = "", user: tuple[str, str] | None = None) -> None:
        self._home = home
        self._apply: Callable[[requests.PreparedRequest], object] = HTTPBasicAuth(*user) if user else self._bearer
        self._token = token
        self._password = user[1] if user else ""

    @property
    def secret(self) -> str:
        """What must not be seen of it."""
        return self._token or self._password

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        there = origin(request.url or "")
        # The one step allowed is from http to https of the same host: requests permits it on redirects too.
        upgrade = (self._home.scheme, there.scheme, self._home.host) == ("http", "https", there.host)
        if there == self._home or (upgrade and (self._home.port, there.port) == (80, 443)):
            self._apply(request)
        return request

    def _bearer(self, request: requests.PreparedRequest) -> None:
        request.headers["Authorization"] = f"Bearer {self._token}"

    def __repr__(self) -> str:
        return f"<Credential for {self._home.host}>"


class Transport:
    """Sends requests for one service and turns faults of the network into sentences."""

    def __init__(
        self,
        url: str,
        *,
        session: Any = None,
        token: str = "",
        user: tuple[str, str] | None = None,
        read_s: float = READ_S,
    ) -> None:
        self.url = url
        self.home = origin(url)
        self.read_s = read_s
        self.is_ours = session is None
        self.session = _own_session(self.home, token, user) if session is None else session

    def get(self, url: str, *, doing: str, params: Mapping[str, str] | None = None, **more: Any) -> requests.Response:
        """GET; redirects are followed, without secrets once they leave the host."""
        return self.send("get", url, doing=doing, params=params, **more)

    def post(self, url: str, data: Any, *, doing: str, **more: Any) -> requests.Response:
        """POST without following the redirect: its target is the answer (UWS 1.1, section 2.2.3).

        Raises
        ------
        Outage
            If the network failed.
        ServiceUnavailableError
            If the service has moved: followed as a GET, such a redirect would lose what was posted.
        """
        response = self.send("post", url, doing=doing, data=data, allow_redirects=False, **more)
        endpoint = urlsplit(url).path.rpartition("/")[2]
        location = resolve(url, response.headers.get("Location", "")).partition("?")[0].rstrip("/")
        # The answer to a query is a redirect too, but never to the same endpoint elsewhere.
        if response.is_redirect and endpoint in {"sync", "async"} and location.endswith(f"/{endpoint}"):
            raise ServiceUnavailableError(
                f"{mask(self.url)} has moved to {mask(location).removesuffix(f'/{endpoint}')}. Connect to that.",
                service=mask(self.url),
            )
        return response

    def delete(self, url: str, *, doing: str) -> requests.Response:
        """DELETE without following the redirect, which leads to the list of all jobs."""
        return self.send("delete", url, doing=doing, allow_redirects=False)

    def send(
        self,
        method: str,
        url: str,
        *,
        doing: str,
        read_s: float | None = None,
        headers: Mapping[str, str | None] | None = None,
        **more: Any,
    ) -> requests.Response:
        """One request. `doing` is said in the error, if there is one: "reading its tables".

        Raises
        ------
        Outage
            If the network failed. An answer of whatever status is returned.
        """
        if not self.is_ours and origin(url) != self.home and hasattr(self.session, "headers"):
            # A plain session of the user's puts its secrets on every request; this one goes to another host.
            headers = {**(headers or {}), "Authorization": None}
            more["auth"] = _nobody
        try:
            response: requests.Response = getattr(self.session, method)(
                url, timeout=(CONNECT_S, read_s or self.read_s), headers=headers, **more
            )
            if response.status_code >= 400 or not more.get("stream"):
                self._strip_secrets(response)
        except requests.RequestException as error:
            fault = faults.of_exception(error, url, doing)
            # What requests raised says it all in one line; the two screens of urllib3 behind it help nobody.
            error.__cause__, error.__suppress_context__ = None, True
            raise fault from error
        except Exception as error:
            if not str(error).startswith("Negotiation failed"):
                raise
            # A session of pyvo has no credential of a kind that the service's capabilities name for this address.
            raise AuthenticationError(
                f"While {doing}, the pyvo session had no credential that {mask(self.url)} takes. It said: {error} "
                "Give the session one (add_security_method_for_url), or connect with token=.",
                service=mask(self.url),
                said=str(error),
            ) from None
        return response

    def _strip_secrets(self, response: requests.Response) -> None:
        """Some services repeat in an error what they were sent; their words are shown, logged and kept."""
        content = response.content
        for secret in self._secrets:
            content = content.replace(secret, b"***")
        response._content = content

    @property
    def _secrets(self) -> tuple[bytes, ...]:
        """What must not be seen of what the session sends, where the session tells it."""
        auth = getattr(self.session, "auth", None)
        sent = str((getattr(self.session, "headers", None) or {}).get("Authorization", "")).rpartition(" ")[2]
        held = auth.secret if isinstance(auth, Credential) else auth[1] if isinstance(auth, tuple) else ""
        return tuple(secret.encode() for secret in (sent, held) if secret)


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An authentication that adds nothing."""
    return request


def _own_session(home: Origin, token: str, user: tuple[str, str] | None) -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = f"tapwidget/{__version__} (IVOA-science) {requests.utils.default_user_agent()}"
    # A proxy cannot reach this machine's own loopback address; people who have one set seldom except it.
    session.trust_env = not home.is_loopback
    if token or user:
        session.auth = Credential(home, token=token, user=user)
    return session
