"""Kinds of TAP services: how each wants a sky match written, and what else is known of it, with where it is known from.

One shape is the default: `JOIN ... ON DISTANCE(POINT, POINT) < literal`. ADQL 2.1 (section "Preferred crossmatch
syntax") asks services to run it fast, ADQL 2.0 has it too, and by it Rubin's Qserv recognises that it can partition an
upload. No dialect gets sub-queries, LIMIT, a quoted name that needs no quotes, or an expression for a number.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Fact:
    """Something known of a kind of service, and its source."""

    text: str
    source: str


@dataclass(frozen=True)
class Dialect:
    """How a kind of service wants a match written.

    Parameters
    ----------
    sky_join : "distance" or "contains"
        The condition that it runs fast.
    max_radius : float
        In degrees: the largest one that it can join.
    functions : tuple of str
        Those that it has beside ADQL's own and that conditions make use of.
    takes_binary2 : bool or None
        Whether uploads in BINARY2 arrive whole there; None if nobody has told, so that it is to be tried.
    tells_in_parquet : bool or None
        Whether a result in Parquet says truly if rows were left out; None as before.
    facts : tuple of Fact
        What these rest on, and what else a user may run into.
    """

    name: str
    sky_join: Literal["distance", "contains"] = "distance"
    max_radius: float = 180.0
    functions: tuple[str, ...] = ()
    takes_binary2: bool | None = None
    tells_in_parquet: bool | None = None
    facts: tuple[Fact, ...] = ()

    def sky_condition(self, target: tuple[str, str], upload: tuple[str, str], radius: str) -> str:
        """The ON condition; `target` and `upload` are qualified names of RA and Dec, `radius` a literal in degrees."""
        point = f"POINT('ICRS', {target[0]}, {target[1]})"
        if self.sky_join == "contains":
            return f"CONTAINS({point}, CIRCLE('ICRS', {upload[0]}, {upload[1]}, {radius})) = 1"
        return f"DISTANCE({point}, POINT('ICRS', {upload[0]}, {upload[1]})) < {radius}"


PREFERRED = Fact(
    "a join ON DISTANCE(POINT, POINT) < radius is the form that services are asked to run fast",
    "ADQL 2.1, section Preferred crossmatch syntax; mail.ivoa.net/pipermail/dal/2017-November/007887.html",
)

DISTANCE_LITERAL = Dialect("a TAP service", facts=(PREFERRED,))
"""The default: what the standards promise, and nothing more."""

RUBIN = Dialect(
    "Rubin Science Platform (Qserv)",
    max_radius=60 / 3600,
    functions=("scisql_nanojanskyToAbMag",),
    takes_binary2=True,
    tells_in_parquet=False,
    facts=(
        Fact(
            "an upload is partitioned only for DISTANCE(...) or CONTAINS(POINT, CIRCLE) with columns qualified by the "
            "upload's alias and one numeric literal; no OR around it, no LEFT JOIN",
            "lsst-sqre/lsst-tap-service, UploadPartitionDetector.java; lsst/qserv, src/qana/RelationGraph.cc",
        ),
        Fact(
            "the radius has to be within the overlap of the partitions, one arc minute for user tables",
            "lsst/qserv, src/czar/HttpCzarIngestModuleBase.cc (defaultOverlap 0.01667 deg)",
        ),
        Fact("sub-queries, UNION and LIMIT are refused", "lsst/qserv, doc/user/sql.rst"),
        Fact(
            "fluxes are in nJy; scisql_nanojanskyToAbMag(flux) is their AB magnitude",
            "Rubin tutorial notebooks DP1 102.1 and 102.2",
        ),
        Fact(
            "uploads are VOTables of at most 32 MiB, TABLEDATA or BINARY2 (which arrived empty before 3.2.0); measured "
            "is what the service writes anew from them",
            "lsst-sqre/lsst-tap-service, CHANGELOG and RubinUploadManagerImpl.java",
        ),
        Fact(
            "results in Parquet say QUERY_STATUS OK even where rows were left out: it is written before them",
            "lsst-sqre/qserv-kafka 6.0.0, storage/votable.py (VOParquetEncoder) and services/query.py",
        ),
        Fact(
            "names are compared without case; the answer has them as in the select list",
            "lsst-sqre/lsst-tap-service, QServAdqlTest.java",
        ),
    ),
)

DACHS = Dialect(
    "GAVO DaCHS",
    takes_binary2=True,
    facts=(
        PREFERRED,
        Fact(
            "JOIN without ON, LIMIT, a final semicolon and bare reserved words are syntax errors; 1/3600 is 0",
            "DaCHS 2.7, run with our tests (tests/live)",
        ),
        Fact("BINARY2 uploads arrive whole; columns of type bit are refused", "DaCHS 2.7, run with our tests"),
        Fact(
            "TAP_SCHEMA has names in lower case, answers have the case of their source; quoted names keep theirs",
            "DaCHS 2.7, run with our tests",
        ),
    ),
)

ESA = Dialect(
    "ESA archives (TAP+)",
    facts=(
        PREFERRED,
        Fact(
            "without an account, answers are cut: of /sync at 2,000 rows, of /async at 3,000,000",
            "astroquery.readthedocs.io, Gaia TAP+; astropy/astroquery issues 1760 and 2572",
        ),
        Fact("jobs of users without an account are ended after 90 minutes", "astropy/astroquery issue 2572"),
    ),
)

CDS = Dialect(
    "CDS (VizieR, SIMBAD)",
    sky_join="contains",
    facts=(
        Fact("its own examples join by CONTAINS(POINT, CIRCLE) = 1", "tapvizier.cds.unistra.fr/adql/help.html"),
        Fact(
            "names of tables and columns with other characters than letters, digits and _, or that begin with _ or a "
            'digit, are quoted: "II/246/out"."2MASS"',
            "tapvizier.cds.unistra.fr/adql/about.html",
        ),
        Fact(
            "a query may take five hours; answers are kept for five days and go only to the address that asked",
            "tapvizier.cds.unistra.fr/adql/about.html",
        ),
    ),
)

BUILT_IN = Dialect(
    "built-in service",
    takes_binary2=True,
    tells_in_parquet=True,
    functions=("scisql_nanojanskyToAbMag",),
    facts=(PREFERRED, Fact("both forms run at the same speed; every format of uploads is taken", "tapwidget.server")),
)


def dialect_of(service_url: str, *, server: str = "", functions: Collection[str] = (), name: str = "") -> Dialect:
    """The dialect of a service, the default for one that is not known.

    Parameters
    ----------
    service_url : str
        Its host is what many are known by.
    server : str
        The header of this name in its answers.
    functions : collection of str
        What its capabilities list beside ADQL's own.
    name : str
        What people call it; Rubin's platform has many hosts, but one name.
    """
    known = _kind_of(service_url, server, functions, name)
    if not functions:
        return known
    # What the service itself lists, spelt as there, goes before what is known of its kind.
    ours = {function.lower() for function in (*RUBIN.functions, *BUILT_IN.functions)}
    listed = tuple(function for function in functions if function.lower() in ours)
    return replace(known, functions=listed or (known.functions if known is RUBIN else ()))


def _kind_of(service_url: str, server: str, functions: Collection[str], name: str) -> Dialect:
    host = _host(service_url)
    if is_rubin(service_url) or name == "rsp":
        return RUBIN
    if server.startswith("tapwidget/"):
        return BUILT_IN
    if server.startswith("DaCHS/") or any(function.lower().startswith("gavo_") for function in functions):
        return DACHS
    if host.endswith(("u-strasbg.fr", "unistra.fr")):
        return CDS
    if host.endswith((".esac.esa.int", ".esa.int")):
        return ESA
    return DISTANCE_LITERAL


def is_rubin(service_url: str) -> bool:
    """Whether a Rubin Science Platform is there: data.lsst.cloud, rsp.lsst.ac.uk, usdf-rsp.slac.stanford.edu."""
    labels = _host(service_url).split(".")
    return "lsst" in labels or "usdf-rsp" in labels[0]


def _host(service_url: str) -> str:
    return (urlsplit(service_url).hostname or "").lower()
