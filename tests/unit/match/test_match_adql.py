"""A match to ADQL: expected files in tests/data/adql, judged by a grammar that is not ours where it is installed.

Set TAPWIDGET_UPDATE_TEST_DATA=1 to write the expected files anew; look at the difference before you keep it.
"""

import os
import shutil
import subprocess
from pathlib import Path

import astropy.units as u
import pytest

from tapwidget.errors import MatchError
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.match.adql import query, quote
from tapwidget.match.constraints import ColourRange, ColumnRange, IsMeasured, MagnitudeDifference, MagnitudeRange
from tapwidget.match.dialects import CDS, DISTANCE_LITERAL, RUBIN
from tapwidget.match.spec import IdentifierMatch, SkyMatch

EXPECTED = Path(__file__).parents[2] / "data" / "adql"
GRAMMAR = Path("/usr/share/java/adql.jar")

BANDS = "ugrizy"
OBJECT = Table(
    "dp1.Object",
    columns=(
        Column("coord_dec", "double", unit="deg", ucd="pos.eq.dec;meta.main", principal=True),
        Column("coord_ra", "double", unit="deg", ucd="pos.eq.ra;meta.main", principal=True),
        *(Column(f"{band}_cModelMag", "float", unit="mag", principal=True) for band in BANDS),
        *(Column(f"{band}_psfFlux", "float", unit="nJy") for band in BANDS),
        Column("objectId", "long", ucd="meta.id;src", principal=True),
        Column("parentObjectId", "long"),
        Column("r", "float"),
        Column("size", "float"),
        Column("refBand", "char", "1"),
    ),
)
MPCORB = Table(
    "dp1.MPCORB",
    columns=(
        Column("mpcDesignation", "char", "13", ucd="meta.id;src"),
        Column("ssObjectId", "long", ucd="meta.id;src"),
        Column("e", "double"),
    ),
)
VIZIER = Table(
    "I/239/hip_main",
    columns=(
        Column("HIP", "int", ucd="meta.id;meta.main"),
        Column('"_RAJ2000"', "double", ucd="pos.eq.ra"),
        Column("_DEJ2000", "double", ucd="pos.eq.dec"),
        Column('"B-V"', "float"),
    ),
)
TUTORIAL_COLUMNS = ["objectId", "coord_ra", "coord_dec", *(f"{band}_cModelMag" for band in BANDS)]
NAMES = {"ra": "ra", "dec": "dec", "r": "r", "size": "size_", "my col": "my_col"}


def sky(target=OBJECT, dialect=DISTANCE_LITERAL, names=NAMES, position=("ra", "dec"), row="tw_row", **given):
    match = SkyMatch(target.name, **given)
    return query(match, target, upload_position=position, row_column=row, names=names, dialect=dialect)


def by_identifier(target, on, names, **given):
    match = IdentifierMatch(target.name, on=on, **given)
    return query(match, target, upload_position=None, row_column="tw_row", names=names)


CASES = {
    "tutorial": lambda: sky(columns=TUTORIAL_COLUMNS),
    "tutorial_radius_in_degrees": lambda: sky(columns=TUTORIAL_COLUMNS, radius=0.00027 * u.deg),
    "tutorial_constraints": lambda: sky(
        columns=TUTORIAL_COLUMNS, where=["ut1.r > 17", "ABS(ut1.r - r_cModelMag) < 0.1"]
    ),
    "constraint_objects": lambda: sky(
        columns=["objectId"],
        where=[
            MagnitudeRange("r", 17, 22.5),
            MagnitudeDifference("r", "r_cModelMag", 0.1),
            ColumnRange("size", 0, 0.5),
        ],
    ),
    "fluxes_colours_measured": lambda: sky(
        columns=["objectId"],
        where=[
            MagnitudeRange("r_psfFlux", 17, 22, side="target", unit="nJy"),
            MagnitudeDifference("r", "r_psfFlux", 0.1, target_unit="nJy"),
            ColourRange("g_cModelMag", "r_cModelMag", -0.5, 1.2),
            ColourRange("g_psfFlux", "r_psfFlux", 0.2, unit="nJy"),
            IsMeasured("i_cModelMag"),
            IsMeasured("my col", "upload", is_float=False),
        ],
    ),
    "fluxes_rubin": lambda: sky(
        columns=["objectId"],
        dialect=RUBIN,
        where=[
            MagnitudeRange("r_psfFlux", 17, 22, side="target", unit="nJy"),
            MagnitudeDifference("r", "r_psfFlux", 0.1, target_unit="nJy"),
        ],
    ),
    "principal_columns": lambda: sky(),
    "nearest_adds_identifier": lambda: sky(columns=["r_cModelMag"], find="nearest"),
    "contains": lambda: sky(columns=["objectId"], dialect=CDS),
    "or_in_parentheses": lambda: sky(
        columns=["objectId"], where=["ut1.r > 17 OR r_cModelMag > 17", "(r_cModelMag < 5 OR refBand = 'it''s ut1.r')"]
    ),
    "names_on_both_sides": lambda: sky(columns=["objectId", "r"], where=["r > 17", "ut1.r > 17", "size < 3"]),
    "renamed_columns": lambda: sky(
        columns=["objectId"], where=["ut1.size > 1", 'ut1."my col" > 2', "TAP_UPLOAD.ut1.R > 3", "dp1.Object.r > 4"]
    ),
    "upload_called_o": lambda: sky(columns=["objectId"], upload="o", where=["o.r > 17", "t.r > 17"]),
    "quoted_names": lambda: sky(VIZIER, columns=["B-V", "HIP"], where=['"B-V" > 0.5'], position=("tw_ra", "tw_dec")),
    "identifier": lambda: by_identifier(
        MPCORB, ("mpc_designation", "mpcDesignation"), {"mpc_designation": "mpc_designation"}, upload="ut2"
    ),
    "identifier_ignoring_case": lambda: by_identifier(
        MPCORB, ("name", "mpcDesignation"), {"name": "name"}, clean=["strip"], ignore_case=True
    ),
    "identifier_where": lambda: by_identifier(
        MPCORB, ("my id", "ssObjectId"), {"my id": "my_id", "e": "e"}, columns=["e"], where=["e > 0.1", "ut1.e > 0.2"]
    ),
    "function_and_case": lambda: sky(
        columns=["objectId"],
        where=["CASE WHEN r_cModelMag IS NULL THEN 0 ELSE r_cModelMag END > 1", "POWER(10, -0.4 * ut1.r) > 1e-9"],
    ),
}  # fmt: skip
NOT_ADQL_2_0 = {"function_and_case", "identifier_ignoring_case"}  # CASE and LOWER came with 2.1


@pytest.mark.parametrize("name", CASES)
def test_expected(name):
    file = EXPECTED / f"{name}.adql"
    adql = CASES[name]().adql + "\n"
    if os.environ.get("TAPWIDGET_UPDATE_TEST_DATA"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(adql)
    assert file.exists(), "TAPWIDGET_UPDATE_TEST_DATA=1 writes the file"
    assert adql == file.read_text()


def test_no_expected_file_is_left_over():
    assert {file.stem for file in EXPECTED.glob("*.adql")} == set(CASES)


@pytest.mark.skipif(
    not (GRAMMAR.exists() and shutil.which("java")), reason="needs java and Debian's package stilts (its ADQL grammar)"
)
@pytest.mark.parametrize("name", sorted(set(CASES) - NOT_ADQL_2_0))
def test_an_independent_grammar_accepts_it(name):
    done = subprocess.run(
        ["java", "-jar", str(GRAMMAR), str(EXPECTED / f"{name}.adql")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", CASES)
def test_what_rubin_needs_to_partition_an_upload(name):
    """One numeric literal after <, the upload's columns qualified by its alias, no sub-query."""
    adql = CASES[name]().adql
    assert adql.count("SELECT") == 1
    if "DISTANCE(" in adql:
        literal = adql.split(")) < ")[1].split("\n")[0]
        assert float(literal) > 0
        assert set(literal) <= set("0123456789.")


def test_output_columns_follow_the_select_list():
    asked = sky(columns=["r_cModelMag"], find="nearest")
    assert [column.name for column in asked.columns] == [
        "ut1_tw_row",
        "r_cModelMag",
        "coord_ra",
        "coord_dec",
        "objectId",
    ]
    assert [column.requested for column in asked.columns] == [False, True, False, False, False]
    assert (asked.row, asked.position) == ("ut1_tw_row", ("coord_ra", "coord_dec"))
    assert asked.key == ("objectId", "coord_ra", "coord_dec")
    assert asked.columns[1].column == OBJECT.column("r_cModelMag")


def test_all_pairs_do_without_an_identifier_that_nobody_asked_for():
    asked = sky(columns=["r_cModelMag"])
    assert "objectId" not in asked.adql
    assert asked.key == ("coord_ra", "coord_dec")
    assert sky(columns=["objectId"]).key == ("objectId", "coord_ra", "coord_dec")


def test_names_in_the_answer_have_no_quotes():
    asked = sky(VIZIER, columns=["B-V"])
    assert [column.name for column in asked.columns] == ["ut1_tw_row", "B-V", "_RAJ2000", "_DEJ2000"]
    assert asked.position == ("_RAJ2000", "_DEJ2000")


def test_columns_are_spelt_as_the_service_spells_them():
    assert "o.r_cModelMag," in sky(columns=["R_CMODELMAG"]).adql
    assert [c.name for c in sky(columns=["*"]).columns][1:] == [c.name for c in OBJECT.columns]
    no_principal = Table("s.t", columns=(Column("ra", "double"), Column("dec", "double"), Column("x", "int")))
    assert [c.name for c in sky(no_principal).columns if c.requested] == ["ra", "dec", "x"]


def test_target_position_by_name():
    adql = sky(columns=["objectId"], target_ra="R", target_dec="size").adql
    assert "POINT('ICRS', o.r, o.\"size\")" in adql


def test_the_alias_is_never_the_uploads_name():
    for upload in ("o", "O", "t", "ut1", "target"):
        asked = sky(upload=upload)
        assert asked.alias.lower() != upload.lower()
        assert f"AS {asked.alias} JOIN TAP_UPLOAD.{upload} AS {upload}" in asked.adql


def test_a_target_without_known_columns_is_taken_at_the_users_word():
    target = Table("some.where")
    adql = sky(target, columns=["id", "x y"], target_ra="a", target_dec="d", where=["q > 1", "r > 2"]).adql
    assert 'o.id, o."x y", o.a, o.d' in adql
    assert "q > 1\n  AND o.r > 2" in adql


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"columns": ["r_cmodelmagg"]}, "no column 'r_cmodelmagg'.*r_cModelMag"),
        ({"target_ra": "raa", "target_dec": "coord_dec"}, "no column 'raa'"),
        ({"where": ["rr_cModelMag > 1"]}, "no column 'rr_cModelMag'.*r_cModelMag"),
        ({"where": ["o.nothing > 1"]}, "no column 'nothing'"),
        ({"where": ["dec > 1"]}, r"your own table write ut1\.dec"),
        ({"where": ["ut2.r > 1"]}, r"ut2\.r .*belongs to no table"),
        ({"where": ["ut1.g > 1"]}, "Your table has no column 'g'"),
    ],
)
def test_names_that_neither_side_has(given, says):
    with pytest.raises(MatchError, match=says):
        sky(**given)


def test_a_target_without_positions():
    with pytest.raises(MatchError, match="right ascension and declination"):
        sky(MPCORB)
    with pytest.raises(MatchError, match="Your table has no position"):
        sky(position=None)
    with pytest.raises(MatchError, match="no column 'mpc'"):
        by_identifier(MPCORB, ("mpc", "mpcDesignation"), {"mpc_designation": "mpc_designation"})
    with pytest.raises(MatchError, match=r"no column 'mpcdesig'.*mpcDesignation"):
        by_identifier(MPCORB, ("mpc", "mpcdesig"), {"mpc": "mpc"})


def test_quote_is_to_be_had_here_too():
    assert quote("size") == '"size"'


def test_a_star_hides_no_wrong_name():
    with pytest.raises(MatchError, match="no column 'r_cModelMg'"):
        sky(columns=["*", "r_cModelMg"])
    with_star = sky(columns=["*", "objectId"])
    assert with_star.columns == sky(columns=["*"]).columns
