"""A proxy before a real service, that does to one step of the protocol what networks and gateways do. Standard library.

    proxy.fault("cut", "result", times=1)

Steps are those of STEPS; faults are the methods of `Faults`. Real sockets on both sides; nothing is patched.
"""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

STEPS = {
    "capabilities": ("GET", r"/capabilities$"),
    "tables": ("POST", r"/sync$"),
    "create": ("POST", r"/async$"),
    "run": ("POST", r"/async/[^/]+/phase$"),
    "poll": ("GET", r"/async/[^/]+$"),
    "result": ("GET", r"/results/result$"),
}
BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body>nginx: upstream is gone</body></html>"
LOGIN = b"<!DOCTYPE html><html><body><h1>Please log in</h1><form><input name='password'></form></body></html>"


@dataclass
class Answer:
    """What the service answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Rule:
    fault: str
    step: str
    times: int
    happened: int = 0
    after: int = 0
    above: int = 0


@dataclass
class Seen:
    """One request that went by. `step` is "" for one that is none of the protocol's."""

    method: str
    path: str
    step: str
    headers: dict[str, str] = field(default_factory=dict)


class Handler(BaseHTTPRequestHandler):
    """One request: forwarded, unless a rule says otherwise."""

    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_args: Any) -> None:
        pass

    def handle_any(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        proxy: FaultyProxy = self.server.proxy
        fault = proxy.fault_for(self.command, urlsplit(self.path).path, dict(self.headers), size)
        self.body = b"" if fault == "unread" else self.rfile.read(size)
        getattr(Faults(self), fault)()

    do_GET = do_POST = do_DELETE = handle_any

    def forward(self) -> Answer:
        """The service's answer. The Host stays the proxy's, so that the addresses in it are too."""
        connection = http.client.HTTPConnection(self.server.proxy.backend, timeout=60)
        try:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in {"connection", "content-length"}}
            connection.request(self.command, self.path, self.body or None, headers)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def reply(self, answer: Answer, *, upto: int | None = None) -> None:
        """The answer, or its first bytes under the length of the whole."""
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[:upto])
        self.wfile.flush()

    def hang_up(self, *, abruptly: bool = True) -> None:
        """End the connection: by a reset, or as after a last word."""
        if abruptly:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.close_connection = True


class Faults:
    """What can go wrong with one request."""

    def __init__(self, handler: Handler) -> None:
        self.at = handler
        self.proxy: FaultyProxy = handler.server.proxy

    def none(self) -> None:
        try:
            self.at.reply(self.at.forward())
        except (ConnectionError, http.client.HTTPException):
            self.at.hang_up()  # as if nobody stood between the two

    def reset(self) -> None:
        """The connection breaks before the service hears of it."""
        self.at.hang_up()

    def unread(self) -> None:
        """The connection breaks while the body is being sent, of which nothing was read."""
        self.at.hang_up()

    def drop(self) -> None:
        """The service does it, and its answer is lost."""
        self.at.forward()
        self.at.hang_up()

    def stall(self) -> None:
        """The service does it, and no answer comes for as long as anybody waits."""
        self.at.forward()
        self.proxy.over.wait(60)
        self.at.hang_up()

    def cut(self) -> None:
        """Half of the answer comes, under the length of the whole."""
        answer = self.at.forward()
        self.at.reply(answer, upto=len(answer.body) // 2)
        self.at.hang_up(abruptly=False)

    def shortened(self) -> None:
        """Half of the answer comes, as if that were all."""
        answer = self.at.forward()
        self.at.reply(Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2]))

    def status_500(self) -> None:
        self.at.reply(Answer(500, [("Content-Type", "text/plain")], b"the disk is full"))

    def status_502(self) -> None:
        self.at.reply(Answer(502, [("Content-Type", "text/html")], BAD_GATEWAY))

    def lost_502(self) -> None:
        """The service does it; the gateway thinks that it is gone."""
        self.at.forward()
        self.status_502()

    def status_503(self) -> None:
        headers = [("Content-Type", "text/plain"), ("Retry-After", "0")]
        self.at.reply(Answer(503, headers, b"maintenance until noon"))

    def html(self) -> None:
        """A page in place of the answer, as if all were well."""
        self.at.reply(Answer(200, [("Content-Type", "text/html")], LOGIN))

    def redirect(self) -> None:
        """To a page on another host, where one shall log in."""
        self.at.reply(Answer(302, [("Location", self.proxy.elsewhere + self.at.path)], b""))

    def hold(self) -> None:
        """Nothing is said to the service; the test is told, and does what it wants meanwhile."""
        self.proxy.held.set()
        self.proxy.over.wait(60)
        self.at.hang_up()

    def hold_after(self) -> None:
        """The service does it; then as `hold`."""
        answer = self.at.forward()
        self.at.reply(answer, upto=len(answer.body) // 2) if self.at.command == "GET" else None
        self.proxy.held.set()
        self.proxy.over.wait(60)
        self.at.hang_up()

    def kill(self) -> None:
        """The service dies of it."""
        self.proxy.on_kill()
        self.none()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: FaultyProxy

    def process_request(self, request: Any, client_address: Any) -> None:
        self.proxy.count_connection(1)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.proxy.count_connection(-1)

    def handle_error(self, *_args: Any) -> None:
        pass  # a client that went away is what this is about


class FaultyProxy:
    """The proxy: `url` in place of the service's own. `others` are the requests that came to the other host."""

    def __init__(self, service_url: str) -> None:
        parts = urlsplit(service_url)
        self.backend = parts.netloc
        self.rules: list[Rule] = []
        self.seen: list[Seen] = []
        self.others: list[dict[str, str]] = []
        self.over, self.held = threading.Event(), threading.Event()
        self.on_kill: Callable[[], None] = lambda: None
        self.connections = 0  # that are open, with what came over them not yet handled
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._servers = [Server(("127.0.0.1", 0), Handler), Server(("127.0.0.1", 0), self._other_host())]
        for server in self._servers:
            server.proxy = self
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._servers[0].server_port}{parts.path}"
        self.elsewhere = f"http://localhost:{self._servers[1].server_port}"

    def fault(self, fault: str, step: str, times: int = 1, *, after: int = 0, above: int = 0) -> Rule:
        """From now on, for so many requests of that step, `after` so many others; only of a body `above` some bytes."""
        assert hasattr(Faults, fault)
        assert step in STEPS
        self.rules.append(Rule(fault, step, times, after=after, above=above))
        return self.rules[-1]

    def heal(self) -> None:
        """All goes well from now on, and what is held ends."""
        with self._lock:
            self.rules.clear()
        self.over.set()

    def count_connection(self, change: int) -> None:
        with self._changed:
            self.connections += change
            self._changed.notify_all()

    def wait_for_connections(self, most: int, seconds: float) -> bool:
        """Wait until no more than so many are open; who came before this call is counted."""
        socket.create_connection(self._servers[0].server_address[:2]).close()  # accepted one after the other
        with self._changed:
            return self._changed.wait_for(lambda: self.connections <= most, seconds)

    def close(self) -> None:
        self.heal()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def count(self, step: str) -> int:
        """How many requests of that step have come."""
        return sum(seen.step == step for seen in self.seen)

    def fault_for(self, method: str, path: str, headers: dict[str, str], size: int = 0) -> str:
        step = next((n for n, (verb, form) in STEPS.items() if verb == method and re.search(form, path)), "")
        with self._lock:
            self.seen.append(Seen(method, path, step, headers))
            for rule in self.rules:
                if rule.step != step or size < rule.above or rule.happened >= rule.times:
                    continue
                if rule.after:
                    rule.after -= 1
                else:
                    rule.happened += 1
                    return rule.fault
        return "none"

    def _other_host(self) -> type[BaseHTTPRequestHandler]:
        others = self.others

        class Other(BaseHTTPRequestHandler):
            def log_message(self, *_args: Any) -> None:
                pass

            def _login(self) -> None:
                others.append(dict(self.headers))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(LOGIN)))
                self.end_headers()
                self.wfile.write(LOGIN)

            do_GET = do_POST = _login

        return Other
