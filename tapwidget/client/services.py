"""connect(): a TAP service by name, by URL, or from pyvo."""

from __future__ import annotations

import os
from typing import Any

from tapwidget.client import rubin
from tapwidget.client.addresses import clean, mask, origin
from tapwidget.client.builtin import demo_url, missing
from tapwidget.client.pyvo_session import keep_credentials
from tapwidget.client.service import Service
from tapwidget.errors import AuthenticationError, ServiceUnavailableError

__all__ = ["KNOWN", "Service", "connect"]

ENV_TOKEN = "TAPWIDGET_TOKEN"
KNOWN = {
    "gaia": "https://gea.esac.esa.int/tap-server/tap",
    "vizier": "https://tapvizier.cds.unistra.fr/TAPVizieR/tap",
    "simbad": "https://simbad.cds.unistra.fr/simbad/sim-tap",
    "gavo": "https://dc.g-vo.org/tap",
    "aip": "https://gaia.aip.de/tap",
    "irsa": "https://irsa.ipac.caltech.edu/TAP",
    "datalab": "https://datalab.noirlab.edu/tap",
    "cadc": "https://ws.cadc-ccda.hia-iha.nrc-cnrc.gc.ca/argus",
}
"""Public services by the names people have for them; none of them needs a token."""


def connect(service: Any = None, token: str | None = None) -> Service:
    """A TAP service. Nothing is asked of it yet, so a wrong address shows with the first use.

    Parameters
    ----------
    service : str or pyvo.dal.TAPService, optional
        "demo" (the built-in service over the simulated sky), "rsp" (Rubin), one of `KNOWN` ("gaia", "vizier", ...), the
        URL of any TAP service, or a service of pyvo (or an RSPDiscovery of lsst.rsp, which has one), whose session
        is used as it is. None: "rsp" on the Rubin platform, else "demo" where tapwidget[server] is installed.
    token : str, optional
        Sent as Bearer token to that service's host and nowhere else. Without it, the environment's TAPWIDGET_TOKEN is
        used for "rsp" and for URLs; never for the public services of `KNOWN`, nor over plain http.

    Raises
    ------
    ServiceUnavailableError
        If the name or address is none, or what is needed to reach it is not installed.
    AuthenticationError
        If "rsp" is asked for outside its platform without a token.
    """
    if isinstance(service, Service):
        return service
    if service is None:
        service = _default()
    if isinstance(service, str):
        return _named(service.strip(), token or "")
    if hasattr(service, "get_tap_client"):  # lsst.rsp.RSPDiscovery("dp2")
        service = service.get_tap_client()
    url, session = getattr(service, "baseurl", None), getattr(service, "_session", None)
    if not isinstance(url, str):
        raise ServiceUnavailableError(
            f"{type(service).__name__} is no TAP service. Give {_choices()}, a URL, or a pyvo.dal.TAPService."
        )
    return _from_pyvo(url, session)


def _named(name: str, token: str) -> Service:
    key = name.lower()
    if key == "demo":
        url, user = clean(demo_url())
        return Service(url, name="demo", token=token, user=user, is_simulated=True)
    if key == "rsp":
        return _rubin(token)
    if key in KNOWN:
        return Service(KNOWN[key], name=key, token=token)
    try:
        url, user = clean(name)
    except ValueError as error:
        raise ServiceUnavailableError(
            f"{mask(name)!r} is neither a service known here nor an address. Give {_choices()}, or a URL that begins "
            "with http:// or https://."
        ) from error
    return Service(url, token=token or ("" if user else _token_for(url)), user=user)


def _rubin(token: str) -> Service:
    """Rubin's service: lsst.rsp knows where it is and who we are; elsewhere a token will do."""
    given = token or _token_for(rubin.RUBIN_URL)
    if not rubin.is_installed():
        if given:
            return Service(rubin.RUBIN_URL, name="rsp", token=given)
        raise AuthenticationError(
            '"rsp" is the Rubin Science Platform, and this is not a notebook there. Give a token with scope read:tap: '
            'tapwidget.connect("rsp", token="..."), or set TAPWIDGET_TOKEN.',
            service=rubin.RUBIN_URL,
        )
    if given and not rubin.is_platform():
        # Installed somewhere else than on the platform, where it cannot know the address.
        return Service(rubin.RUBIN_URL, name="rsp", token=given)
    if token and rubin.address():
        return Service(clean(rubin.address())[0], name="rsp", token=token)
    found = rubin.tap_service(token)
    return _from_pyvo(found.baseurl, getattr(found, "_session", None), name="rsp")


def _from_pyvo(base: str, session: Any, *, name: str = "") -> Service:
    try:
        url, user = clean(base)
    except ValueError as error:
        raise ServiceUnavailableError(f"{error}. Give the pyvo service the base URL of a TAP service.") from error
    keep_credentials(session, url)
    return Service(url, name=name, session=session, user=user)


def _default() -> str:
    if rubin.is_installed() and rubin.is_platform():
        return "rsp"
    lacking = missing()
    if not lacking:
        return "demo"
    raise ServiceUnavailableError(
        f"No service was named. Give {_choices()}, or a URL; or install the built-in service with "
        '`pip install "tapwidget[server]"`.'
    )


def _token_for(url: str) -> str:
    """The environment's token, if it may be shown to that address."""
    is_public = any(origin(url).host == origin(known).host for known in KNOWN.values())
    return "" if is_public or not origin(url).is_private else os.environ.get(ENV_TOKEN, "")


def sends_token(service: str) -> bool:
    """Whether `connect` to an address would send it the token of this environment; never for a name."""
    if service.lower() in {"demo", "rsp", *KNOWN}:
        return False
    try:
        return bool(_token_for(clean(service)[0]))
    except ValueError:
        return False


def _choices() -> str:
    return ", ".join(f'"{name}"' for name in ("demo", "rsp", *KNOWN))
