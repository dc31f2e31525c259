"""What went wrong on the way to a service, in words that help.

Every fault becomes one of `tapwidget.errors`: what happened, at which address, what the service said (unchanged), and
what to do next. `Outage` marks those that may pass by themselves; whoever follows a job asks again after one.
"""

from __future__ import annotations

import html
import re
import socket
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from time import time

import requests

from tapwidget.client.addresses import mask, origin
from tapwidget.client.documents import NotXmlError, children, parse, text_of
from tapwidget.errors import (
    AuthenticationError,
    JobAbortedError,
    JobError,
    QueryError,
    ServiceUnavailableError,
    TapWidgetError,
    TargetError,
    UploadError,
)
from tapwidget.ivoa.uws import JobPhase, JobSummary

LONGEST_SAID = 4000
LONGEST_SHOWN = 600
NAMED = 8


class Outage(ServiceUnavailableError):
    """A fault that may pass: asking again can help.

    `retry_after` in seconds, where the service named a time; `is_undone`: the request certainly had no effect;
    `is_broken`: the connection broke while it was being made or answered.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        said: str = "",
        retry_after: float | None = None,
        is_undone: bool = True,
        is_broken: bool = False,
    ) -> None:
        super().__init__(message, service=service, said=said)
        self.retry_after = retry_after
        self.is_undone = is_undone
        self.is_broken = is_broken


def of_exception(error: Exception, url: str, doing: str) -> Outage:
    """The fault behind an exception of `requests`, raised while `doing` ("reading its tables") at `url`."""
    place, name = origin(url), mask(url)
    causes = _causes(error)
    is_undone, is_broken = True, False
    if any(isinstance(cause, socket.gaierror) for cause in causes) or "resolve" in str(error).lower():
        what = f"the name {place.host!r} is not known. Check the spelling, and the network here"
    elif isinstance(error, requests.exceptions.SSLError):
        what = "its certificate is not accepted here. Check the address, and this machine's clock and certificates"
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        what = f"nothing answers at {place.host}:{place.port}. Check the address, or start the service again"
    elif isinstance(error, requests.exceptions.ProxyError):
        what = "the proxy did not let it through. Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
    elif isinstance(error, requests.exceptions.ConnectTimeout):
        what = f"{place.host}:{place.port} did not answer in time. Check the network here, or try again later"
    elif isinstance(error, requests.exceptions.Timeout):
        is_undone = False
        what = "no answer came in time. The service may be busy: try again later"
    else:
        is_undone, is_broken = False, True
        what = "the connection broke. Try again; if it happens again, the service may be in trouble"
    return Outage(f"While {doing}, {name}: {what}.", service=name, is_undone=is_undone, is_broken=is_broken)


def of_response(response: requests.Response, doing: str, *, service: str = "") -> TapWidgetError:
    """The fault told by an answer that is not what was asked for."""
    where = service or mask(response.url)
    said = words(response)
    told = f" It said: {shorten(said)}" if said else " It said nothing more."
    status = response.status_code
    if status in {401, 403, 407}:
        return _not_allowed(response, where, doing, said, told)
    if status == 413:
        return UploadError(
            f"{where} finds the upload too large (HTTP 413).{told} Send fewer rows or fewer columns: "
            "service.limits() tells what it takes."
        )
    if status in {404, 410}:
        return ServiceUnavailableError(
            f"While {doing}, {where} has nothing at {mask(response.url)} (HTTP {status}).{told} "
            "Check that the address is the base of a TAP service, the part before /sync and /async.",
            service=where,
            said=said,
        )
    if status in {408, 425, 429} or status >= 500:
        wait = retry_after(response)
        message = _outage(status, where, doing, told, wait)
        # A gateway that lost sight of the service behind it does not know what that did.
        is_undone = status not in {502, 504}
        return Outage(message, service=where, said=said, retry_after=wait, is_undone=is_undone)
    if 400 <= status < 500:
        return QueryError(
            f"While {doing}, {where} refused the request (HTTP {status}).{told} Change the query or table as it says.",
            service=where,
            said=said,
        )
    if looks_like_html(response):
        return Outage(
            f"While {doing}, {where} sent a web page and no TAP answer.{told} It may be in maintenance, want a login, "
            "or be no TAP service: open the address in a browser to see.",
            service=where,
            said=said,
        )
    return ServiceUnavailableError(
        f"While {doing}, {where} sent an answer that makes no sense here (HTTP {status}).{told} "
        "Check that the address is that of a TAP service.",
        service=where,
        said=said,
    )


def check(response: requests.Response, doing: str, *, service: str = "") -> requests.Response:
    """The answer, if it is a success and no web page; else its fault is raised."""
    if response.status_code >= 400 or looks_like_html(response):
        raise of_response(response, doing, service=service)
    return response


def of_query(said: str, service: str, *, job_url: str = "") -> QueryError:
    """The service refused or failed a query: its words, and the next step they suggest."""
    low = said.lower()
    step = "Change the query as it says; job.adql is what it got."
    for pattern, advice in ADVICE:
        if re.search(pattern, low):
            step = advice
            break
    at = f" The job is {mask(job_url)}." if job_url else ""
    return QueryError(
        f"{mask(service)} could not run the query. It said: {shorten(said) or '(nothing)'} {step}{at}",
        service=mask(service),
        said=said,
    )


UNKNOWN = "unknown|no such|not found|unresolved|not exist|ambiguous|invalid|could not be located"
# What services say, and what one does about it; the first that fits is shown.
ADVICE = (
    (r"maintenance|try again later", "Try again later."),
    (r"maximum running queries|too many (jobs|queries|requests)", "Wait for one of your jobs to end, or abort one."),
    (r"time ?out|timed out|execution ?duration|time limit", "Ask for less: fewer rows, a smaller radius."),
    (r"too large|result.*(large|limit)|exceeds", "Ask for less: fewer rows, fewer columns, a smaller radius."),
    (r"partition.?local", "Use a radius below one arcminute."),
    (r"votable|upload", "If the words are about the uploaded table, change or drop the column they name."),
    (rf"({UNKNOWN}).*(column|table|identifier)|(column|table).*({UNKNOWN})",
     "Check the spelling of names: service.table(name)."),
    (r"parse|syntax|unexpected|encountered", "Check the conditions that were typed in."),
)  # fmt: skip


def of_job(summary: JobSummary, service: str, job_url: str) -> TapWidgetError | None:
    """Why a job that has ended has no result; None if it has one, or has not ended."""
    said = summary.error_message
    if summary.phase is JobPhase.ERROR:
        return of_query(said, service, job_url=job_url)
    if summary.phase is JobPhase.ABORTED:
        told = f" The service said: {shorten(said)}" if said else ""
        return JobAbortedError(
            f"The job {job_url} was aborted, by you or by the service.{told} Submit it again to have its result.",
            service=service,
            said=said,
            job_url=job_url,
        )
    if summary.phase is JobPhase.ARCHIVED:
        return JobError(
            f"{service} has archived the job {job_url}: its result is gone. Submit it again.",
            service=service,
            said=said,
            job_url=job_url,
        )
    return None


def no_target(wanted: str, near: list[str], service: str, *, there: Sequence[str] = ()) -> TargetError:
    """A table that the service does not have, with the names that come close, else the first of those `there` are."""
    hint = f" Close to it: {', '.join(near)}." if near else " service.tables() lists what there is."
    if there and not near:
        more = f" and {len(there) - NAMED} more (service.tables())" if len(there) > NAMED else ""
        hint = f" It has {', '.join(there[:NAMED])}{more}."
    return TargetError(f"{mask(service)} has no table {wanted!r}.{hint}", service=mask(service))


def words(response: requests.Response) -> str:
    """What the service said in an answer, as plain text: from a VOTable, a UWS job, a web page, or text."""
    return words_in(response.content, response.headers.get("Content-Type", ""))


def words_in(content: bytes, content_type: str = "") -> str:
    """The same, from the bytes of a document."""
    if not content.strip():
        return ""
    try:
        root = parse(content)
    except NotXmlError:
        pass
    else:
        for info in children(root, "INFO"):
            if info.get("name") == "QUERY_STATUS" and info.get("value") == "ERROR":
                return (info.text or "").strip()[:LONGEST_SAID]
        message = text_of(root, "message")
        if message:
            return message[:LONGEST_SAID]
    text = content[: 16 * LONGEST_SAID].decode("utf-8", "replace")
    if "html" in content_type or "<html" in text[:1000].lower():
        text = re.sub(
            r"(?is)<(script|style|head)\b.*?</\1\s*>",
            " ",
            re.sub(r"(?is)<title>(.*?)</title>", r"</head>\1 <head>", text),
        )
    text = html.unescape(re.sub(r"(?s)<[^>]*>", " ", text)) if text.lstrip().startswith("<") else text
    return re.sub(r"\s+", " ", text).strip()[:LONGEST_SAID]


def shorten(text: str) -> str:
    """At most a few lines of it, for a message that goes on after it; the whole stays in the exception's `said`."""
    flat = re.sub(r"\s+", " ", text).strip()
    if len(flat) > LONGEST_SHOWN:
        return flat[:LONGEST_SHOWN] + " ..."
    return flat if not flat or flat[-1] in ".!?:;…" else flat + "."


def looks_like_html(response: requests.Response) -> bool:
    """Whether the answer is a web page: no TAP resource is one.

    The body is only looked at where it is already here, so a streamed download is never spoilt.
    """
    return "text/html" in response.headers.get("Content-Type", "").lower()


def retry_after(response: requests.Response) -> float | None:
    """Seconds the service asks to wait (RFC 9110, section 10.2.3: seconds, or a date)."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time()) if value else None
    except (TypeError, ValueError):
        return None


def _outage(status: int, where: str, doing: str, told: str, wait: float | None) -> str:
    what = {429: "finds that too many requests come from here", 503: "is not available now, perhaps in maintenance"}
    when = "Try again later." if wait is None else f"It asks to wait {_duration(wait)} before trying again."
    return f"While {doing}, {where} {what.get(status, 'is in trouble')} (HTTP {status}).{told} {when}"


def _not_allowed(response: requests.Response, where: str, doing: str, said: str, told: str) -> AuthenticationError:
    sent = "Authorization" in response.request.headers
    challenge = response.headers.get("WWW-Authenticate", "")
    if response.status_code == 403 and "insufficient_scope" in challenge:
        scope = re.search(r'scope="([^"]+)"', challenge)  # RFC 6750, section 3
        step = f"The token lacks the scope {scope[1] if scope else 'that this needs'}: make one that has it."
    elif response.status_code == 403:
        step = "The account may lack the right to this: ask the service's help desk."
    elif sent:
        step = "The token that was sent is not accepted: it may have expired. Get a new one and connect again."
    else:
        step = 'No token was sent: tapwidget.connect(url, token="..."), or set TAPWIDGET_TOKEN before the start.'
    return AuthenticationError(
        f"While {doing}, {where} did not let us in (HTTP {response.status_code}).{told} {step}",
        service=where,
        said=said,
    )


def _duration(seconds: float) -> str:
    """A time to wait, as one says it."""
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} minutes" if seconds < 7200 else f"{round(seconds / 3600)} hours"


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and all that it wraps: requests wraps urllib3, which wraps the system's."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        item = queue.pop()
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            queue += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
    return found
