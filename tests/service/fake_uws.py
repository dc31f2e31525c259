"""A TAP service that does what a test tells it, faults above all. Standard library only; it runs no queries."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

FINAL = {"COMPLETED", "ERROR", "ABORTED", "ARCHIVED"}
WAITS_IN = {"PENDING", "QUEUED", "EXECUTING"}

CAPABILITIES = """<?xml version="1.0"?>
<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0"
  xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <capability standardID="ivo://ivoa.net/std/TAP" xsi:type="tr:TableAccess">
  <language><name>ADQL</name><version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version></language>
  <outputFormat><mime>application/x-votable+xml</mime><alias>votable</alias></outputFormat>
  <uploadMethod ivo-id="ivo://ivoa.net/std/TAPRegExt#upload-inline"/>
  <retentionPeriod><default>604800</default></retentionPeriod>
  <executionDuration><default>3600</default><hard>14400</hard></executionDuration>
  <outputLimit><default unit="row">1000</default><hard unit="row">20000</hard></outputLimit>
  {upload_limit}
 </capability>
</vosi:capabilities>"""

TABLE = """<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">
<INFO name="QUERY_STATUS" value="OK"/><TABLE>{fields}<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE>
{after}</RESOURCE></VOTABLE>"""


def votable(columns: dict[str, str], rows: list[tuple[Any, ...]], after: str = "") -> bytes:
    """A VOTable with these columns ({name: datatype}; text is "char")."""
    fields = "".join(
        '<FIELD name="{}" datatype="{}"{}/>'.format(name, kind, ' arraysize="*"' if kind == "char" else "")
        for name, kind in columns.items()
    )
    cells = "".join("<TR>" + "".join(f"<TD>{cell}</TD>" for cell in row) + "</TR>" for row in rows)
    return TABLE.format(fields=fields, rows=cells, after=after).encode()


def error_votable(message: str) -> bytes:
    return (
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
        f'<INFO name="QUERY_STATUS" value="ERROR">{message}</INFO></RESOURCE></VOTABLE>'
    ).encode()


RESULT = votable({"objectId": "long", "r": "double"}, [(648368125565216675, 17.5), (9223372036854775807, 18.25)])
TABLES = votable(
    {"schema_name": "char", "table_name": "char", "description": "char"},
    [("dp1", "dp1.Object", "Objects"), ("dp1", "dp1.MPCORB", "Orbits"), ("tap_schema", "tap_schema.tables", "Tables")],
)
COLUMNS = votable(
    {"column_name": "char", "datatype": "char", "unit": "char", "ucd": "char", "principal": "int", "indexed": "int"},
    [
        ("r_mag", "float", "mag", "", 0, 0),
        ("objectId", "long", "", "meta.id;meta.main", 1, 1),
        ("coord_ra", "double", "deg", "pos.eq.ra;meta.main", 1, 1),
        ("coord_dec", "double", "deg", "pos.eq.dec;meta.main", 1, 1),
    ],
)


@dataclass
class Fault:
    """What happens instead, to the next `times` requests that match."""

    what: str  # "reset" | "status" | "truncate" | "stall" | "early" (answers done, then reset before the reply)
    pattern: str
    method: str = ""
    times: int = 1
    status: int = 500
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Fields of a form, urlencoded or multipart; files are left out."""
        kind = self.headers.get("Content-Type", "")
        if "multipart" not in kind:
            return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        boundary = kind.partition("boundary=")[2].encode()
        found = {}
        for part in self.body.split(b"--" + boundary):
            name = re.search(rb'name="([^"]+)"', part)
            if name and b"filename=" not in part:
                found[name.group(1).decode()] = part.partition(b"\r\n\r\n")[2].rstrip(b"\r\n").decode()
        return found

    @property
    def file(self) -> bytes:
        """The one uploaded file."""
        for part in self.body.split(b"--" + self.headers["Content-Type"].partition("boundary=")[2].encode()):
            if b"filename=" in part:
                return part.partition(b"\r\n\r\n")[2][:-2]
        return b""


@dataclass
class FakeJob:
    job_id: str
    form: dict[str, str]
    phase: str = "PENDING"
    script: list[str] = field(default_factory=list)
    error: str = ""
    info: str = ""
    file: bytes = b""


class FakeUws:
    """The service. `script` are the phases that a job runs through, one a look; without one, a test calls `move`."""

    def __init__(self) -> None:
        self.jobs: dict[str, FakeJob] = {}
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.script: list[str] = ["QUEUED", "EXECUTING", "COMPLETED"]
        self.honours_wait = True
        self.ignores_run = 0
        self.error = ""
        self.error_document = b""
        self.info = ""
        self.result = RESULT
        self.upload_limit = ""
        self.lists_jobs = True
        self.refuses: Callable[[Request], bytes | None] = lambda request: None
        self.token = ""
        # Of a kind that is known, so that no trial of uploads goes before every test.
        self.server = "DaCHS/0 (fake)"
        self.news = threading.Condition()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def version_string(self) -> str:
                return fake.server

            def log_message(self, *_args: Any) -> None:
                pass

            def _serve(self) -> None:
                fake._serve(self)

            do_GET = do_POST = do_DELETE = _serve

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_args: Any) -> None:
                pass  # a client that went away is what some tests are about

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}/tap"

    def close(self) -> None:
        with self.news:
            for job in self.jobs.values():
                job.phase = job.phase if job.phase in FINAL else "ABORTED"
            self.news.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def move(self, phase: str, job: FakeJob | None = None) -> None:
        """Put a job (the newest, if none is named) into a phase."""
        with self.news:
            (job or list(self.jobs.values())[-1]).phase = phase
            self.news.notify_all()

    def inject(self, what: str, pattern: str, **more: Any) -> None:
        self.faults.append(Fault(what, pattern, **more))

    def asked(self, method: str, pattern: str) -> list[Request]:
        return [r for r in self.requests if r.method == method and re.search(pattern, r.path)]

    def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait for something that a test expects of the service."""
        deadline = time.monotonic() + seconds
        with self.news:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, "what was waited for did not happen"
                self.news.wait(min(left, 0.02))

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        request = Request(handler.command, parts.path, query, handler.headers, body)
        with self.news:
            self.requests.append(request)
            self.news.notify_all()
        fault = self._fault(request)
        if fault is not None and fault.what != "early":
            self._misbehave(handler, request, fault)
            return
        if self.token and handler.headers.get("Authorization") != f"Bearer {self.token}":
            self._answer(handler, 401, b"Token required", "text/plain")
            return
        answer = self._respond(request)
        if fault is not None:
            self._reset(handler)
            return
        self._answer(handler, *answer)

    def _fault(self, request: Request) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.method in {"", request.method} and re.search(fault.pattern, request.path):
                fault.times -= 1
                return fault
        return None

    def _misbehave(self, handler: BaseHTTPRequestHandler, request: Request, fault: Fault) -> None:
        if fault.what == "reset":
            self._reset(handler)
        elif fault.what == "stall":
            with self.news:
                self.news.wait_for(lambda: False, fault.seconds)
            self._reset(handler)
        elif fault.what == "truncate":
            status, content, kind, *_ = self._respond(request)
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            # Announced as whole, as by a proxy that lost its source; or cut with a length that fits, if told so.
            cut = content[: len(content) // 2]
            handler.send_header("Content-Length", str(len(cut) if fault.status == 200 else len(content)))
            handler.end_headers()
            handler.wfile.write(cut)
            handler.wfile.flush()
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
        else:
            kind = fault.headers.pop("Content-Type", "text/plain")
            self._answer(handler, fault.status, fault.body, kind, fault.headers)

    def _reset(self, handler: BaseHTTPRequestHandler) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True

    def _answer(
        self,
        handler: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        kind: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def _respond(self, request: Request) -> tuple[Any, ...]:
        path = request.path.removeprefix("/tap")
        xml = "application/xml"
        if path == "/capabilities":
            return 200, CAPABILITIES.format(upload_limit=self.upload_limit).encode(), xml
        if path == "/sync":
            query = request.form["QUERY"].lower()
            known = "dp1.object" in query or "dp1.mpcorb" in query
            return 200, TABLES if "schema.tables" in query else COLUMNS if known else votable({"a": "int"}, []), xml
        if path == "/async" and request.method == "POST":
            refusal = self.refuses(request)
            if refusal is not None:
                return 400, refusal, xml
            job = FakeJob(f"j{len(self.jobs) + 1:04d}", request.form, script=list(self.script), file=request.file)
            job.error, job.info = self.error, self.info
            self.jobs[job.job_id] = job
            return 303, b"", "text/plain", {"Location": f"{self.url}/async/{job.job_id}"}
        if path == "/async":
            return (200, self._list(), xml) if self.lists_jobs else (404, b"no list here", "text/plain")
        job_id, _, rest = path.removeprefix("/async/").partition("/")
        job = self.jobs.get(job_id)
        if job is None:
            return 404, b"No such job", "text/plain"
        if request.method == "DELETE":
            del self.jobs[job_id]
            return 303, b"", "text/plain", {"Location": f"{self.url}/async"}
        if rest == "phase" and request.method == "POST":
            return self._phase(request, job)
        if rest == "results/result":
            return 200, self.result, "application/x-votable+xml"
        if rest == "error":
            return 200, self.error_document, xml
        return 200, self._state(request, job), xml

    def _phase(self, request: Request, job: FakeJob) -> tuple[Any, ...]:
        with self.news:
            if request.form["PHASE"] == "ABORT":
                job.phase, job.script = "ABORTED", []
            elif self.ignores_run > 0:
                self.ignores_run -= 1
            elif job.phase == "PENDING":
                job.phase = job.script.pop(0) if job.script else "EXECUTING"
            self.news.notify_all()
        return 303, b"", "text/plain", {"Location": f"{self.url}/async/{job.job_id}"}

    def _state(self, request: Request, job: FakeJob) -> bytes:
        with self.news:
            if job.script and job.phase != "PENDING":
                job.phase = job.script.pop(0)
            elif self.honours_wait and job.phase in WAITS_IN:
                before, seconds = job.phase, float(request.query.get("WAIT", 0))
                # Below zero: as long as the service likes (UWS 1.1, section 2.2.1.1).
                self.news.wait_for(lambda: job.phase != before, 60.0 if seconds < 0 else seconds)
            phase = job.phase
        base = f"{self.url}/async/{job.job_id}"
        query = job.form.get("QUERY", "").replace("<", "&lt;")
        error = (
            f"<errorSummary type='fatal'><message>{job.error}</message></errorSummary>"
            if phase == "ERROR" and job.error
            else ""
        )
        result = f'<result id="result" xlink:href="{base}/results/result"/>' if phase == "COMPLETED" else ""
        return (
            '<job xmlns="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink">'
            f"<jobId>{job.job_id}</jobId><runId>{job.form.get('RUNID', '')}</runId><phase>{phase}</phase>"
            "<creationTime>2026-09-01T10:00:00Z</creationTime><executionDuration>3600</executionDuration>"
            f"<parameters><parameter id='QUERY'>{query}</parameter></parameters>"
            f'<results>{result}<result id="rowcount" xlink:href="final:2"/></results>{error}{job.info}</job>'
        ).encode()

    def _list(self) -> bytes:
        refs = "".join(
            f'<jobref id="{j.job_id}" xlink:href="{self.url}/async/{j.job_id}"><phase>{j.phase}</phase>'
            f"<runId>{j.form.get('RUNID', '')}</runId><creationTime>2026-09-01T10:00:00Z</creationTime></jobref>"
            for j in self.jobs.values()
        )
        return f'<jobs xmlns="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink">{refs}</jobs>'.encode()
