"""Which shape of a sky match a kind of service accepts and runs fast.

One shape is the default: `JOIN ... ON DISTANCE(POINT, POINT) < literal`. It is valid ADQL 2.0 and 2.1, and the one by
which Rubin's Qserv recognises that it can partition an upload. Qserv asks more of it: columns qualified by the upload's
alias, one numeric literal, and a radius within the overlap of its partitions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Dialect:
    """A way to write a sky match. `max_radius` in degrees: the largest one such a service can join.

    `functions` are those that it has beside ADQL's own and that conditions make use of.
    """

    name: str
    sky_join: Literal["distance", "contains"] = "distance"
    max_radius: float = 180.0
    functions: tuple[str, ...] = ()

    def sky_condition(self, target: tuple[str, str], upload: tuple[str, str], radius: str) -> str:
        """The ON condition; `target` and `upload` are qualified names of RA and Dec, `radius` a literal in degrees."""
        point = f"POINT('ICRS', {target[0]}, {target[1]})"
        if self.sky_join == "contains":
            return f"CONTAINS({point}, CIRCLE('ICRS', {upload[0]}, {upload[1]}, {radius})) = 1"
        return f"DISTANCE({point}, POINT('ICRS', {upload[0]}, {upload[1]})) < {radius}"


DISTANCE_LITERAL = Dialect("DISTANCE with a literal")
"""The default: DaCHS, VOLLT, ESA, the built-in service."""

CONTAINS_CIRCLE = Dialect("CONTAINS in a circle", sky_join="contains")
"""CDS, whose own examples all have this shape."""

RUBIN = Dialect("Qserv", max_radius=60 / 3600, functions=("scisql_nanojanskyToAbMag",))
"""Rubin: user tables are partitioned with an overlap of one arc minute."""


def dialect_of(service_url: str) -> Dialect:
    """The dialect of the service at that URL, by its host; the default for a host that is not known."""
    if is_rubin(service_url):
        return RUBIN
    if _host(service_url).endswith(("u-strasbg.fr", "unistra.fr")):
        return CONTAINS_CIRCLE
    return DISTANCE_LITERAL


def is_rubin(service_url: str) -> bool:
    """Whether a Rubin Science Platform is there: data.lsst.cloud, rsp.lsst.ac.uk, usdf-rsp.slac.stanford.edu."""
    labels = _host(service_url).split(".")
    return "lsst" in labels or "usdf-rsp" in labels[0]


def _host(service_url: str) -> str:
    return (urlsplit(service_url).hostname or "").lower()
