"""Uploads by URL: bounded, and from nowhere that a caller could not reach."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tapwidget.server import fetching
from tapwidget.server.faults import QueryAbortedError, RequestError
from tapwidget.server.settings import Settings

ANYWHERE = Settings(fetches_anywhere=True, upload_bytes=10_000, fetch_duration=20.0)


class Pages(BaseHTTPRequestHandler):
    """Answers of all kinds, good and bad."""

    def do_GET(self) -> None:
        status, headers, body = {
            "/good": (200, {"Content-Length": "5"}, b"table"),
            "/no-length": (200, {}, b"table"),
            "/short": (200, {"Content-Length": "50"}, b"table"),
            "/large": (200, {}, b"x" * 20_000),
            "/lying": (200, {"Content-Length": "99999999"}, b"x" * 20_000),
            "/near": (302, {"Location": "/good"}, b""),
            "/loop": (302, {"Location": "/loop"}, b""),
            "/far": (302, {"Location": "http://localhost:1/good"}, b""),
            "/file": (302, {"Location": "file:///etc/passwd"}, b""),
            "/slow": (200, {}, b""),
        }.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
            while self.path == "/slow":
                self.wfile.write(b"x")
                time.sleep(0.01)
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def fetched(uri: str, folder: Path, settings: Settings = ANYWHERE) -> bytes:
    target = folder / "upload"
    fetching.Fetching("u", target, settings, lambda: None).fetch(uri)
    return target.read_bytes()


@pytest.mark.parametrize("page", ["/good", "/no-length", "/near"])
def test_what_is_there_is_fetched(host: str, tmp_path: Path, page: str) -> None:
    assert fetched(host + page, tmp_path) == b"table"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("/none", "status 404"),
        ("/short", "45 bytes too early|IncompleteRead"),
        ("/large", "larger than this service takes: 10000 bytes"),
        ("/lying", "larger than this service takes: 10000 bytes"),
        ("/loop", "sends on and on"),
        ("/far", "sends on to another host"),
        ("/file", "sends on to another host"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused(host: str, tmp_path: Path, page: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        fetched(host + page, tmp_path)


def test_time_is_bounded_and_a_job_can_be_stopped(host: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"took longer than 0\.2 s"):
        fetched(f"{host}/slow", tmp_path, Settings(fetches_anywhere=True, fetch_duration=0.2))

    def stop() -> None:
        raise QueryAbortedError("stopped", said="")

    with pytest.raises(QueryAbortedError):
        fetching.Fetching("u", tmp_path / "upload", ANYWHERE, stop).fetch(f"{host}/slow")


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(RequestError, match="cannot be fetched"):
            fetched(f"http://127.0.0.1:{unused.getsockname()[1]}/", tmp_path)


@pytest.mark.parametrize(
    "uri",
    [
        "http:///x",
        "http://a b/",
        "http://127.0.0.1/\r\nX: y",
        "http://user:word@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "https://é.example/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_address(tmp_path: Path, uri: str) -> None:
    with pytest.raises(RequestError, match="is no address"):
        fetched(uri, tmp_path)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0.0.0.0", "0x7f.1"])
def test_a_service_that_others_can_ask_fetches_nothing_near(host: str, tmp_path: Path, name: str) -> None:
    port = host.rpartition(":")[2]
    with pytest.raises(RequestError, match=r"no public address|cannot be fetched"):
        fetched(f"http://{name}:{port}/good", tmp_path, Settings())


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("ff02::1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert fetching.is_public(address) is public


def test_one_private_address_among_public_ones_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the address that was judged is the one that is connected to: the name is looked up once."""
    looked_up, connected = [], []

    def getaddrinfo(name: str, port: int, **_: Any) -> list[Any]:
        looked_up.append(name)
        hosts = ["8.8.8.8", "127.0.0.1"] if name == "mixed.example" else ["8.8.8.8"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in hosts]

    def create_connection(address: tuple[str, int], timeout: float) -> None:
        connected.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    with pytest.raises(RequestError, match="no public address"):
        fetched("http://mixed.example/", tmp_path, Settings())
    assert connected == []
    with pytest.raises(RequestError, match="no network in this test"):
        fetched("https://public.example/", tmp_path, Settings())
    assert (looked_up, connected) == (["mixed.example", "public.example"], [("8.8.8.8", 443)])
