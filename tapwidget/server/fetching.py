"""Uploads by URL: `UPLOAD=name,http://...`. TAPRegExt makes every service that takes uploads take these.

Whoever asks makes this machine send a request, from where it stands. So:

* A service that other machines can reach fetches from public addresses only: never from this machine, never from the
  network it is in, where there may be things that trust their neighbours (routers, metadata services of clouds).
* A service on the loopback interface is asked by programs of this machine only, which can fetch what they like
  themselves; so there, any address is as good as another.
* The address that was looked at is the one connected to: a name cannot mean something else the second time.
* A redirect is followed on the same host only. Size and time are bounded. No credentials are sent, no proxy is used.

Source: TAP 1.1, section 2.5.1; TAPRegExt 1.0, section 2.4.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

from tapwidget.server.faults import RequestError
from tapwidget.server.settings import Settings

PORTS = {"http": 80, "https": 443}
MOST_REDIRECTS = 3
PIECE = 1 << 16
SILENCE = 10.0
"""Seconds that a host may say nothing."""


class Connection(http.client.HTTPConnection):
    """A connection to an address that was already looked up and found harmless, under the name it was asked by."""

    def __init__(self, url: SplitResult, address: tuple[str, int], timeout: float) -> None:
        super().__init__(url.hostname or "", url.port or PORTS[url.scheme], timeout=timeout)
        self.address = address
        self.is_secure = url.scheme == "https"

    def connect(self) -> None:
        plain = socket.create_connection(self.address, self.timeout)
        self.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=self.host) if self.is_secure else plain
        )


@dataclass(frozen=True)
class Fetching:
    """One upload being fetched. Blocks; runs in a worker thread.

    Parameters
    ----------
    name : the upload, for messages
    target : the file it is written into
    check : raises when the job was stopped
    """

    name: str
    target: Path
    settings: Settings
    check: Callable[[], None]
    began: float = field(default_factory=time.monotonic)

    def fetch(self, uri: str) -> None:
        """Fetch from an address.

        Raises
        ------
        RequestError
            It may not be fetched from, does not answer, answers with an error, or with too much (413).
        """
        try:
            for _ in range(MOST_REDIRECTS + 1):
                onward = self.follow(uri)
                if onward is None:
                    return
                if urlsplit(onward).hostname != urlsplit(uri).hostname:
                    raise self.refused(f"{uri} sends on to another host ({onward}); give that address")
                uri = onward
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise self.refused(f"{uri} cannot be fetched: {str(error) or type(error).__name__}") from error
        raise self.refused(f"{uri} sends on and on")

    def follow(self, uri: str) -> str | None:
        """One request; the address that a redirect gives, or None when the file is there."""
        url = self.parsed(uri)
        connection = Connection(url, self.permitted(url), min(SILENCE, self.settings.fetch_duration))
        try:
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.request("GET", path, headers={"Accept-Encoding": "identity", "User-Agent": "tapwidget"})
            answer = connection.getresponse()
            location = answer.getheader("Location")
            if answer.status in {301, 302, 303, 307, 308} and location:
                return urljoin(uri, location)
            if answer.status != 200:
                raise self.refused(f"{uri} answered with status {answer.status} {answer.reason}")
            self.receive(answer)
            return None
        finally:
            connection.close()

    def receive(self, answer: http.client.HTTPResponse) -> None:
        most, longest = self.settings.upload_bytes, self.settings.fetch_duration
        got = 0
        with self.target.open("wb") as file:
            while piece := answer.read1(PIECE):
                self.check()
                got += len(piece)
                if got > most:
                    raise self.refused(f"it is larger than this service takes: {most} bytes", 413)
                if time.monotonic() - self.began > longest:
                    raise self.refused(f"it took longer than {longest:g} s to fetch; send it inline (param:...)")
                file.write(piece)
        if answer.length:
            raise self.refused(f"it ended {answer.length} bytes too early")

    def parsed(self, uri: str) -> SplitResult:
        """The parts of an address that can be fetched from."""
        try:
            url = urlsplit(uri)
            usable = url.scheme in PORTS and bool(url.hostname) and url.username is None and url.port != 0
        except ValueError:
            usable = False
        # control characters and spaces would let an address write a request of its own
        if not usable or any(c <= " " or c == "\x7f" for c in uri) or not uri.isascii():
            raise self.refused(f"{uri!r} is no address such as http://host/table.vot")
        return url

    def permitted(self, url: SplitResult) -> tuple[str, int]:
        """Where to connect to: the first address of the host, when all of its addresses may be fetched from."""
        port = url.port or PORTS[url.scheme]
        found = [entry[4][:2] for entry in socket.getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)]
        if not self.settings.fetches_anywhere and not all(is_public(str(host)) for host, _ in found):
            raise self.refused(f"{url.hostname} is no public address; send the table inline (param:...)", 403)
        host, number = found[0]
        return str(host), int(number)

    def refused(self, message: str, status: int = 400) -> RequestError:
        return RequestError(f"upload {self.name}: {message}", status)


def is_public(address: str) -> bool:
    """Whether an address is out in the world. Addresses of IPv4 in those of IPv6 count as what they are inside."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        # 64:ff9b::/96 is what NAT64 writes an IPv4 address into
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner)) and not inner.is_multicast
    return ip.is_global and not ip.is_multicast
