"""Addresses of services and jobs: cleaned, compared, and shown without secrets.

Source: RFC 3986, sections 3.2.1 (userinfo) and 6.2.3 (default ports).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port: what decides whether a secret may travel."""

    scheme: str
    host: str
    port: int | None

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent there."""
        return self.scheme == "https" or self.is_loopback


def origin(url: str) -> Origin:
    """The origin of an address; `port` is the scheme's own where none is written."""
    parts = urlsplit(url)
    return Origin(parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(parts.scheme))


def clean(url: str) -> tuple[str, tuple[str, str] | None]:
    """A service's base URL without trailing slash, query and userinfo; and the user and password that stood in it.

    Raises
    ------
    ValueError
        If it is not an absolute http or https URL.
    """
    parts = urlsplit(url.strip())
    if parts.scheme.lower() not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{mask(url)!r} is not an http or https address")
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    bare = urlunsplit((parts.scheme.lower(), _host(parts), parts.path.rstrip("/"), "", ""))
    # People paste the address of an endpoint as readily as that of the service.
    for endpoint in ("/sync", "/async", "/capabilities", "/tables", "/availability"):
        bare = bare.removesuffix(endpoint)
    return bare, user


def mask(url: str) -> str:
    """The address as it may be shown: user and password, if any, replaced by ***."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit((parts.scheme, f"***@{parts.netloc.rpartition('@')[2]}", parts.path, parts.query, parts.fragment))


def resolve(base: str, reference: str) -> str:
    """`reference` as an absolute address, seen from `base`.

    Services behind a proxy write http for their own https host; following that would send a token in the clear,
    or lose it, so the scheme of `base` is kept for the same host.
    """
    url = urljoin(base, reference.strip())
    here, there = urlsplit(base), urlsplit(url)
    if (
        here.scheme == "https"
        and there.scheme == "http"
        and here.hostname == there.hostname
        and there.port in {None, 80, 443}
    ):
        return urlunsplit(("https", here.netloc.rpartition("@")[2], there.path, there.query, there.fragment))
    return url


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2].lower()
