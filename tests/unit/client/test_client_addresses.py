"""Addresses: cleaned, compared, shown without secrets."""

from __future__ import annotations

import pytest

from tapwidget.client.addresses import clean, mask, origin, resolve
from tapwidget.client.transport import Credential


@pytest.mark.parametrize(
    ("given", "base", "user"),
    [
        ("https://data.lsst.cloud/api/tap", "https://data.lsst.cloud/api/tap", None),
        (" HTTPS://Data.LSST.cloud/api/tap/ ", "https://data.lsst.cloud/api/tap", None),
        ("http://dc.g-vo.org/tap/sync?REQUEST=doQuery", "http://dc.g-vo.org/tap", None),
        ("https://x.org/TAP/async/", "https://x.org/TAP", None),
        ("https://x.org:8443/tap", "https://x.org:8443/tap", None),
        ("https://me:p%40ss@x.org/tap", "https://x.org/tap", ("me", "p@ss")),
        ("http://[::1]:8080/tap", "http://[::1]:8080/tap", None),
    ],
)
def test_a_base_url_is_cleaned(given: str, base: str, user: tuple[str, str] | None) -> None:
    assert clean(given) == (base, user)


@pytest.mark.parametrize("given", ["gaia", "ftp://x.org/tap", "http://", "", "file:///etc/passwd", "x.org/tap"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="not an http or https address"):
        clean(given)


def test_user_and_password_are_not_shown() -> None:
    assert mask("https://me:secret@x.org/tap?a=1") == "https://***@x.org/tap?a=1"
    assert mask("https://x.org/tap/async/a@b") == "https://x.org/tap/async/a@b"


def test_an_https_host_that_writes_http_is_kept_at_https() -> None:
    base = "https://x.org/tap/async"
    assert resolve(base, "http://x.org/tap/async/1") == "https://x.org/tap/async/1"
    assert resolve(base, "http://x.org:80/tap/async/1") == "https://x.org/tap/async/1"
    assert resolve(base, "http://y.org/tap/async/1") == "http://y.org/tap/async/1"
    assert resolve(base, "/tap/async/1") == "https://x.org/tap/async/1"
    assert resolve(base + "/", "results/result") == "https://x.org/tap/async/results/result"


def test_default_ports_are_no_difference() -> None:
    assert origin("https://X.org/tap") == origin("https://x.org:443/other")
    assert origin("http://x.org/") != origin("https://x.org/")
    assert origin("http://127.0.0.1:8080/").is_private
    assert not origin("http://x.org/").is_private


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        ("https://x.org/tap/async/1", True),
        ("https://x.org:443/elsewhere", True),
        ("https://x.org:8443/tap", False),
        ("http://x.org/tap", False),
        ("https://evil.org/tap", False),
        ("https://x.org.evil.org/tap", False),
    ],
)
def test_a_token_goes_to_its_own_origin_only(url: str, goes: bool) -> None:
    import requests

    credential = Credential(origin("https://x.org/tap"), token="secret")
    request = credential(requests.Request("GET", url).prepare())
    assert request.headers.get("Authorization") == ("Bearer secret" if goes else None)
    assert "secret" not in repr(credential)
