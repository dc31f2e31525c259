"""Limits as a person reads them."""

import doctest

import pytest

from tapwidget.ivoa.limits import Limits
from tapwidget.views import limits
from tapwidget.views.limits import limits_in_words, size, upload_in_words


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"upload": True, "upload_bytes": 32 * 2**20}, "uploads up to 32 MiB"),
        ({"upload": True}, "uploads without a limit told"),
        ({}, "takes no uploads"),
        (
            {"upload": True, "upload_bytes": 20_000_000, "upload_rows": 100_000, "maxrec_default": 2000},
            "uploads up to 19.1 MiB, 100,000 rows · answers up to 2,000 rows",
        ),
        (
            {"upload": True, "upload_rows": 1, "maxrec_default": 5, "maxrec_hard": 10**8,
             "execution_duration": 14400.0, "retention": 604800.0},
            "uploads up to 1 row · answers up to 100,000,000 rows · jobs may run 4 hours and are kept 7 days",
        ),
        ({"upload": True, "retention": 86400.0}, "uploads without a limit told · jobs are kept 1 day"),
    ],
)  # fmt: skip
def test_a_line_of_limits(given: dict[str, object], expected: str) -> None:
    assert limits_in_words(Limits(**given)) == expected


def test_how_near_an_upload_is() -> None:
    assert upload_in_words(1, 100, Limits()) == "Upload: 1 row, under 0.1 MiB; the service tells no limit in bytes."
    rubin = Limits(upload=True, upload_bytes=32 * 2**20)
    assert upload_in_words(900_000, 35 * 2**20, rubin) == "Upload: 900,000 rows, 35 of 32 MiB."
    both = Limits(upload=True, upload_bytes=32 * 2**20, upload_rows=1000)
    assert upload_in_words(999, 5 * 10**5, both) == "Upload: 999 of 1,000 rows, 0.5 of 32 MiB."


def test_sizes_are_short() -> None:
    sizes = [size(int(mib * 2**20)) for mib in (0, 0.06, 0.44, 1, 31.97, 99.9, 1234.5)]
    assert sizes == ["0 MiB", "0.1 MiB", "0.4 MiB", "1 MiB", "32 MiB", "99.9 MiB", "1,234 MiB"]


def test_examples() -> None:
    assert doctest.testmod(limits).failed == 0
