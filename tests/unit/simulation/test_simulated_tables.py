"""The simulated tables have the columns, identifiers, magnitudes and gaps of the ones they stand for."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from tapwidget.simulation import schema
from tapwidget.simulation.field import CENTRE, RADIUS, separation

# Rubin's published schema "dp1", tap:principal columns of Object: name -> datatype, unit, UCD.
PRINCIPAL = {
    "tract": ("long", "", ""),
    "patch": ("long", "", ""),
    "parentObjectId": ("long", "", ""),
    "coord_ra": ("double", "deg", "pos.eq.ra;meta.main"),
    "coord_dec": ("double", "deg", "pos.eq.dec;meta.main"),
    "refBand": ("char", "", ""),
    "refExtendedness": ("float", "", ""),
    "refSizeExtendedness": ("float", "", ""),
    "shape_xx": ("float", "pixel**2", ""),
    "shape_yy": ("float", "pixel**2", ""),
    "shape_xy": ("float", "pixel**2", ""),
    "detect_isIsolated": ("boolean", "", ""),
    "detect_fromBlend": ("boolean", "", ""),
    "deblend_nChild": ("int", "", ""),
    "objectId": ("long", "", "meta.id;src"),
    **{
        f"{band}_{kind}Mag{error}": ("float", "mag", "")
        for band in "ugrizy"
        for kind in ("psf", "cModel")
        for error in ("", "Err")
    },
}


@pytest.fixture(scope="module")
def objects(arrow_tables):
    return arrow_tables["dp1.Object"]


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """A column as numpy array, nulls as NaN."""
    return table.column(name).to_numpy(zero_copy_only=False)


def test_object_has_all_principal_columns():
    found = {c.name: (c.datatype, c.unit, c.ucd) for c in schema.OBJECT.columns if c.principal}
    assert found == PRINCIPAL
    assert len(found) == 39


def test_every_column_and_table_is_described():
    for table in schema.TABLES.values():
        assert table.description
        assert all(column.description for column in table.columns)


def test_object_is_large_and_lies_in_the_field(objects):
    assert objects.num_rows >= 100_000
    distance = separation(numbers(objects, "coord_ra"), numbers(objects, "coord_dec"), *CENTRE)
    assert distance.max() < RADIUS + 0.001
    assert distance.max() > RADIUS - 0.05


def test_object_ids_are_unique_above_2_53_and_not_representable_as_floats(objects):
    ids = objects.column("objectId").to_numpy()
    assert ids.dtype == np.int64
    assert len(np.unique(ids)) == len(ids)
    assert ids.min() > 2**53
    assert str(ids.min()).startswith("648")
    assert {len(str(value)) for value in ids[::1000]} == {18}
    assert (ids.astype(np.float64).astype(np.int64) != ids).any()


def test_ids_tracts_and_patches_tell_the_same(objects):
    ids, tract, patch = (objects.column(name).to_numpy() for name in ("objectId", "tract", "patch"))
    assert set(np.unique(tract)) == {10463, 10464, 10704, 10705}
    assert patch.min() >= 0
    assert patch.max() <= 99
    packed = ids >> 37
    assert len(np.unique(packed)) == len(np.unique(tract * 100 + patch))
    assert len(np.unique(packed - tract * 100 - patch)) == 1


def test_missing_values_are_nulls_and_never_nan(objects):
    for name, column in zip(objects.column_names, objects.columns, strict=True):
        if pa.types.is_floating(column.type):
            assert not np.isnan(column.drop_null().to_numpy()).any(), name
    assert objects.column("objectId").null_count == objects.column("coord_ra").null_count == 0


def test_u_and_y_are_missing_outside_their_coverage(objects):
    share = {band: objects.column(f"{band}_cModelMag").null_count / objects.num_rows for band in "ugrizy"}
    assert share["u"] > 0.5
    assert share["y"] > 0.5
    assert all(0 < share[band] < 0.05 for band in "griz")


def test_bright_stars_saturate_in_r_and_i(objects):
    extended, z = numbers(objects, "refExtendedness"), numbers(objects, "z_cModelMag")
    bright = (extended == 0) & (z < 16)
    assert bright.sum() > 20
    fainter = (extended == 0) & (z > 17.5) & (z < 18.5)
    for band in "ri":
        missing = np.isnan(numbers(objects, f"{band}_cModelMag"))
        assert missing[bright].mean() > 0.5
        assert missing[fainter].mean() < 0.05


def test_counts_rise_with_magnitude_and_fall_at_the_limit(objects):
    r = numbers(objects, "r_cModelMag")
    counts, _ = np.histogram(r[np.isfinite(r)], bins=np.arange(17, 24.5))
    assert (np.diff(counts) > 0).all()
    assert 2 < counts[5] / counts[3] < 10
    assert np.sum(r > 25.5) < 0.1 * counts[-1]


def test_errors_grow_to_the_faint_end(objects):
    r, error = numbers(objects, "r_cModelMag"), numbers(objects, "r_cModelMagErr")
    medians = [np.median(error[(r > low) & (r < low + 1)]) for low in (18, 20, 22, 23, 24)]
    assert (np.diff(medians) > 0).all()
    assert medians[0] < 0.01
    assert 0.05 < medians[-1] < 0.4


def test_stars_are_points_and_galaxies_lose_light_to_the_psf(objects):
    r, psf, extended = (numbers(objects, name) for name in ("r_cModelMag", "r_psfMag", "refExtendedness"))
    usable = np.isfinite(r) & np.isfinite(psf) & (r < 21.5)
    stars, galaxies = usable & (extended == 0), usable & (extended == 1)
    assert abs(np.median((psf - r)[stars])) < 0.01
    assert np.median((psf - r)[galaxies]) > 0.2
    assert 0.1 < stars.sum() / usable.sum() < 0.6


def test_stars_follow_a_narrow_locus(objects):
    g, r, i, extended = (numbers(objects, name) for name in ("g_psfMag", "r_psfMag", "i_psfMag", "refExtendedness"))
    turnoff = (extended == 0) & (r < 20.5) & (g - r > 0.4) & (g - r < 0.5)
    assert turnoff.sum() > 100
    assert np.nanstd((r - i)[turnoff]) < 0.08
    dwarfs = (extended == 0) & (r < 21) & (r - i > 0.8)
    assert 1.1 < np.nanmedian((g - r)[dwarfs]) < 1.6


def test_blends_name_a_parent_that_is_no_object(objects):
    parent, blended = objects.column("parentObjectId").to_numpy(), numbers(objects, "detect_fromBlend").astype(bool)
    assert ((parent != 0) == blended).all()
    assert 0.05 < blended.mean() < 0.4
    assert not np.isin(parent[blended], objects.column("objectId").to_numpy()).any()


def test_files_describe_themselves(sky_files):
    for name, path in sky_files.items():
        metadata = pyarrow.parquet.read_schema(path).metadata
        own = json.loads(metadata[b"tapwidget.table"])
        assert own["name"] == name
        assert own["simulated"] is True
        table = schema.TABLES[name]
        assert own["principal"] == [column.name for column in table.columns if column.principal]
        root = ET.fromstring(metadata[b"IVOA.VOTable-Parquet.content"])
        fields = root.findall(".//{*}FIELD")
        assert [(f.get("name"), f.get("datatype"), f.get("unit", ""), f.get("ucd", "")) for f in fields] == [
            (c.name, c.datatype, c.unit, c.ucd) for c in table.columns
        ]


def test_astropy_reads_the_description(sky_files):
    from astropy.table import Table

    table = Table.read(sky_files["gaiadr3.sso_orbits"], format="parquet.votable")
    assert str(table["semi_major_axis"].unit) == "AU"
    assert str(table["inclination"].unit) == "rad"
    assert table["num_observations"].description


def cleaned_designations(arrow_tables) -> list[str]:
    """The tutorial's 1000 asteroids, their names written as the Minor Planet Center writes designations."""
    orbits = arrow_tables["gaiadr3.sso_orbits"]
    a, e, n = (orbits.column(name).to_numpy() for name in ("semi_major_axis", "eccentricity", "num_observations"))
    kept = (n > 200) & (a > 2.0) & (a < 3.25) & (a * (1 - e) > 1.666)
    names = orbits.column("denomination").filter(pa.array(kept)).to_pylist()
    return [name.replace("_", " ").upper() for name in names[:1000]]


def test_the_main_belt_query_fills_and_most_of_it_is_in_mpcorb(arrow_tables):
    names = cleaned_designations(arrow_tables)
    known = set(arrow_tables["dp1.MPCORB"].column("mpcDesignation").to_pylist())
    assert len(names) == 1000
    matched = sum(name in known for name in names)
    assert 700 < matched < 950
    assert any(" " not in name for name in names), "some bodies go by their name"


def test_no_denomination_matches_before_the_clean_up(arrow_tables):
    written = arrow_tables["gaiadr3.sso_orbits"].column("denomination").to_pylist()
    known = set(arrow_tables["dp1.MPCORB"].column("mpcDesignation").to_pylist())
    assert all(name == name.lower() and " " not in name for name in written)
    assert not known.intersection(written)


def test_mpcorb_ids_are_packed_designations(arrow_tables):
    orbits = arrow_tables["dp1.MPCORB"].to_pydict()
    assert min(orbits["ssObjectId"]) > 2**53
    assert len(set(orbits["ssObjectId"])) == len(set(orbits["mpcDesignation"])) == len(orbits["q"])
    assert max(len(text) for text in orbits["mpcDesignation"]) <= 13
    assert all(0 <= e < 1 and q > 0.1 for e, q in zip(orbits["e"], orbits["q"], strict=True))


@pytest.mark.parametrize(
    ("written", "packed"),
    [("2000 VC34", "K00V34C"), ("1995 XA", "J95X00A"), ("1998 SQ108", "J98SA8Q"), ("2040 P-L", "PLS2040")],
)
def test_packed_form_of_the_minor_planet_center(written, packed):
    from tapwidget.simulation.minor_planets import packed as pack

    assert pack(written) == packed


def test_fluxes_are_those_of_the_magnitudes_and_may_be_negative(objects):
    flux, magnitude = (numbers(objects, name).astype(np.float64) for name in ("u_psfFlux", "u_psfMag"))
    assert (flux < 0).sum() > 10
    assert np.isnan(magnitude[~(flux > 0)]).all()
    known = ~np.isnan(magnitude)
    assert np.abs(31.4 - 2.5 * np.log10(flux[known]) - magnitude[known]).max() < 1e-5
