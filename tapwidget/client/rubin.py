"""Rubin's TAP service as its platform gives it out: by the package lsst.rsp, which knows the address and who we are.

Releases differ (0.7 for Python 3.11, 1.0 from 3.12 on): all have `get_tap_service`, which reads the platform's
environment variables; from 0.13 on there is `RSPDiscovery`, which reads a file. Either alone will do.
Source: lsst-sqre/lsst-rsp, src/lsst/rsp/{catalog,utils,_services}.py.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from tapwidget.client.addresses import mask
from tapwidget.errors import AuthenticationError, ServiceUnavailableError

RUBIN_URL = "https://data.lsst.cloud/api/tap"
DISCOVERY = Path("/etc/nublado/discovery/v1.json")
# All data releases that one instance serves have the same TAP service; a newer one is the likelier to stay.
DATASETS = ("dp2", "dp1", "dp02")
NEW_TOKEN = (
    "Restart your notebook server (File > Hub Control Panel), which gets a new token, or make one with scope "
    'read:tap and pass it on: tapwidget.connect("rsp", token="...").'
)
ELSEWHERE = 'Outside the platform, give a token: tapwidget.connect("rsp", token="...").'


def is_installed() -> bool:
    """Whether lsst.rsp is here; its parent package may be, with nothing in it."""
    try:
        return importlib.util.find_spec("lsst.rsp") is not None
    except ModuleNotFoundError:
        return False


def is_platform() -> bool:
    """Whether this is a notebook on the platform, which tells lsst.rsp by these where it is."""
    return DISCOVERY.exists() or bool(address())


def address() -> str:
    """Where the platform's variables say that the service is, by lsst.rsp's own rule; "" if they are not set."""
    told = os.environ.get("EXTERNAL_TAP_URL", "")
    instance = os.environ.get("EXTERNAL_INSTANCE_URL", "")
    return told or (urljoin(instance, os.environ.get("TAP_ROUTE", "") or "api/tap") if instance else "")


def tap_service(token: str = "") -> Any:
    """The pyvo.dal.TAPService of the platform, with the session that lsst.rsp has made for it.

    With a token the package itself asks the service for its capabilities, so this can take as long as a request.
    `token` goes in place of the platform's own where the package can be given one (`RSPDiscovery`).

    Raises
    ------
    AuthenticationError
        If it has no token, or one that the service does not accept.
    ServiceUnavailableError
        If it does not know where the service is, or that does not answer.
    """
    package = importlib.import_module("lsst.rsp")
    discovery = getattr(package, "RSPDiscovery", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if discovery is not None and not address():
                return _release(discovery, token).get_tap_client()
            if not address():
                raise ServiceUnavailableError(
                    f"lsst.rsp is not told where the service is. {ELSEWHERE}", service=RUBIN_URL
                )
            return package.get_tap_service("tap")
        except ServiceUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - it, pyvo and requests each raise their own
            raise _fault(error) from None  # what pyvo and requests raised says no more, on two screens


def _release(discovery: Any, token: str) -> Any:
    """The newest data release that the platform tells of and that has a TAP service."""
    there = discovery.list_datasets()
    for name in sorted(there, key=lambda name: DATASETS.index(name) if name in DATASETS else len(DATASETS)):
        found = discovery(name, token=token or None)
        try:
            found.get_service_url("tap")
        except Exception as error:
            if type(error).__name__ != "UnknownServiceError":
                raise
        else:
            return found
    raise ServiceUnavailableError(
        f"lsst.rsp knows of no TAP service here; it tells of {', '.join(there) or 'no data release'}. Give the address "
        "of the service: tapwidget.connect(url).",
        service=RUBIN_URL,
    )


def _fault(error: Exception) -> Exception:
    said = " ".join(str(error).split())
    service = mask(address() or RUBIN_URL)
    if type(error).__name__ == "TokenNotAvailableError":
        return AuthenticationError(f"lsst.rsp finds no token here. {NEW_TOKEN}", service=service, said=said)
    if re.search(r"\b401\b", said):
        return AuthenticationError(
            f"The token that lsst.rsp found here is not accepted by {service}: it may have expired. {NEW_TOKEN}",
            service=service,
            said=said,
        )
    if re.search(r"\b403\b", said):
        return AuthenticationError(
            f"The token that lsst.rsp found here does not have the right to {service} (scope read:tap). {NEW_TOKEN}",
            service=service,
            said=said,
        )
    return ServiceUnavailableError(
        f'lsst.rsp does not give out the service "tap". It said: {said} {ELSEWHERE} On it, try again later.',
        service=service,
        said=said,
    )
