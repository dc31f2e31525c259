"""Dialects: which service speaks which, that each has its facts with a source, and that all of ours is ADQL."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import astropy.units as u
import pytest

from tapwidget.errors import MatchError
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.match.adql import query
from tapwidget.match.constraints import ColourRange, ColumnRange, IsMeasured, MagnitudeDifference, MagnitudeRange
from tapwidget.match.dialects import BUILT_IN, CDS, DACHS, DISTANCE_LITERAL, ESA, RUBIN, Dialect, dialect_of
from tapwidget.match.spec import IdentifierMatch, SkyMatch

GRAMMAR = Path("/usr/share/java/adql.jar")
DIALECTS = (RUBIN, DACHS, ESA, CDS, BUILT_IN, DISTANCE_LITERAL)

PLAIN = Table(
    "dp1.Object",
    columns=(
        Column("objectId", "long", ucd="meta.id;src"),
        Column("coord_ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        Column("coord_dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
        Column("r_cModelMag", "float", unit="mag"),
        Column("g_cModelMag", "float", unit="mag"),
        Column("r_psfFlux", "float", unit="nJy"),
    ),
)
QUOTED = Table(
    "II/246/out",
    columns=(
        Column("2MASS", "char", "17", ucd="meta.id;meta.main"),
        Column("RAJ2000", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        Column("_DEJ2000", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
        Column("B-V", "float", unit="mag"),
        Column("size", "float"),
        Column("date", "char", "*"),
    ),
)
NAMES = {name: name for name in ("ra", "dec", "r", "g", "flux", "id", "rad")} | {"size": "size_", "my col": "my_col"}
CONDITIONS = {
    PLAIN.name: (
        (),
        (MagnitudeRange("r", 17, 22.5), MagnitudeDifference("r", "r_cModelMag", 0.1)),
        (MagnitudeDifference("flux", "r_psfFlux", 0.1, "nJy", "nJy"), ColourRange("g_cModelMag", "r_cModelMag", -1, 2)),
        (IsMeasured("r_cModelMag"), ColumnRange("size", 0.5, None, "upload"), "ut1.r > 17 OR r_cModelMag > -1e-3"),
        ("r_cModelMag BETWEEN -1 AND +2", "ut1.\"my col\" <> 3", "NOT (ut1.id = 1234567890123456789)"),
    ),
    QUOTED.name: (
        ('"B-V" > 0.5', "size < 3", "date LIKE '2000%'"),
        (MagnitudeRange("B-V", -0.5, 0.5, "target"), "\"2MASS\" <> 'it''s'"),
    ),
}  # fmt: skip


def sky(target: Table, dialect: Dialect, **given: object) -> str:
    match = SkyMatch(target.name, **given)
    row = {"upload_position": ("ra", "dec"), "row_column": "tw_row", "names": NAMES}
    return query(match, target, dialect=dialect, **row).adql


def written(dialect: Dialect) -> set[str]:
    """What the dialect makes of every way to match, to keep pairs, and to say conditions."""
    found = set()
    for target in (PLAIN, QUOTED):
        for find in ("all", "nearest", "symmetric"):
            found.add(sky(target, dialect, find=find, columns=[target.columns[3].name]))
        found.update(sky(target, dialect, where=where) for where in CONDITIONS[target.name])
    found.add(
        sky(PLAIN, dialect, columns=["*"], find="nearest", neighbours=3, unmatched="keep", radius=0.001 * u.arcsec)
    )
    found.add(sky(PLAIN, dialect, upload="o", radius=1e-7 * u.deg, target_ra="coord_ra", target_dec="coord_dec"))
    for on, names in ((("id", "objectId"), NAMES), (("my col", "objectId"), NAMES)):
        match = IdentifierMatch(PLAIN.name, on=on, columns=["objectId"], where=["ut1.r > 17"])
        asked = query(match, PLAIN, upload_position=None, row_column="tw_row", names=names, dialect=dialect)
        found.add(asked.adql)
    # Not with ignore_case: LOWER came with ADQL 2.1, and that grammar is of 2.0.
    match = IdentifierMatch(QUOTED.name, on=("id", "2MASS"))
    found.add(query(match, QUOTED, upload_position=None, row_column="tw_row", names=NAMES, dialect=dialect).adql)
    return found


@pytest.mark.skipif(
    not (GRAMMAR.exists() and shutil.which("java")), reason="needs java and Debian's package stilts (its ADQL grammar)"
)
def test_an_independent_grammar_accepts_all_that_we_write(tmp_path: Path) -> None:
    texts = sorted(set().union(*map(written, DIALECTS)))
    assert len(texts) > 25

    def judged(number: int) -> str:
        file = tmp_path / f"{number}.adql"
        file.write_text(texts[number])
        done = subprocess.run(
            ["java", "-XX:TieredStopAtLevel=1", "-jar", str(GRAMMAR), str(file)],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return f"{texts[number]}\n{done.stdout}{done.stderr}" if done.returncode else ""

    with ThreadPoolExecutor(2) as pool:
        refused = [said for said in pool.map(judged, range(len(texts))) if said]
    assert not refused, "\n\n".join(refused)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_no_dialect_gets_what_rubin_refuses(dialect: Dialect) -> None:
    for adql in written(dialect):
        assert adql.count("SELECT") == 1, "a sub-query"
        assert not {"LIMIT", "UNION", "ORDER", "LEFT"} & set(adql.split())
        on = adql.partition("\nON ")[2].partition("\nWHERE")[0]
        assert " OR " not in on
        if "DISTANCE" in on:
            assert set(on.rpartition(" < ")[2]) <= set("0123456789.")


def test_only_a_service_that_has_the_function_is_asked_for_it() -> None:
    where = (MagnitudeDifference("flux", "r_psfFlux", 0.1, "nJy", "nJy"),)
    assert "scisql_nanojanskyToAbMag(" in sky(PLAIN, RUBIN, where=where)
    for dialect in (DACHS, ESA, CDS, DISTANCE_LITERAL):
        assert "scisql" not in sky(PLAIN, dialect, where=where)


def test_cds_is_asked_in_its_own_shape() -> None:
    assert "CONTAINS(POINT('ICRS', o.coord_ra, o.coord_dec), CIRCLE('ICRS', ut1.ra, ut1.dec," in sky(PLAIN, CDS)
    assert "DISTANCE(" in sky(PLAIN, ESA)


def test_rubin_joins_up_to_an_arc_minute() -> None:
    sky(PLAIN, RUBIN, radius=60)
    with pytest.raises(MatchError, match="up to 60 arcsec"):
        sky(PLAIN, RUBIN, radius=61)


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("https://data.lsst.cloud/api/tap", RUBIN),
        ("https://data-int.lsst.cloud/api/ssotap", RUBIN),
        ("https://usdf-rsp.slac.stanford.edu/api/tap", RUBIN),
        ("https://not-lsst.example.org/tap", DISTANCE_LITERAL),
        ("http://tapvizier.u-strasbg.fr/TAPVizieR/tap", CDS),
        ("https://simbad.cds.unistra.fr/simbad/sim-tap", CDS),
        ("https://gea.esac.esa.int/tap-server/tap", ESA),
        ("http://127.0.0.1:8080/tap", DISTANCE_LITERAL),
        ("", DISTANCE_LITERAL),
    ],
)
def test_dialect_by_host(url: str, dialect: Dialect) -> None:
    assert dialect_of(url) is dialect


def test_dialect_by_what_the_service_says() -> None:
    url = "https://tap.example.org/tap"
    assert dialect_of(url, server="DaCHS/2.7 twistedWeb/22.4.0") is DACHS
    assert dialect_of(url, functions=("gavo_match", "ivo_hasword")) == DACHS
    assert dialect_of(url, server="tapwidget/0.1.0") is BUILT_IN
    assert dialect_of("http://127.0.0.1:9/tap", name="rsp") is RUBIN
    assert dialect_of(url, functions=("SCISQL_nanojanskyToAbMag",)).functions == ("SCISQL_nanojanskyToAbMag",)
    assert dialect_of(url, server="tapwidget/0.1.0", functions=("other",)).functions == ()


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_dialect_has_facts_with_sources(dialect: Dialect) -> None:
    assert dialect.facts
    assert all(fact.text and fact.source for fact in dialect.facts)
    assert len({fact.text for fact in dialect.facts}) == len(dialect.facts)
