"""Where the rows of a result are, with and without a counterpart; and what of the upload is not among them."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table

from tapwidget.plots import offsets, places, separation

UPLOAD = Table({"ra": [359.9999, 0.0001, 0.5, 1.0], "dec": [89.0, 89.0, 0.0, np.nan]})
UNMATCHED = [False, True, False]


def kept() -> Table:
    """A result of the first three rows; the second has no counterpart."""
    mine = {f"ut1_{name}": UPLOAD[name][:3] for name in UPLOAD.colnames}
    theirs = {"coord_ra": UPLOAD["ra"][:3] + 1e-5, "coord_dec": UPLOAD["dec"][:3], "separation": [0.1, 0.0, 0.2]}
    return Table({**mine, **{name: MaskedColumn(values, mask=UNMATCHED) for name, values in theirs.items()}})


def test_a_row_without_a_counterpart_is_where_the_upload_says() -> None:
    result = kept()
    found = places.of_table(result)
    assert found.position.columns == ("coord_ra", "coord_dec")
    expected = np.where(UNMATCHED, result["ut1_ra"], np.ma.getdata(result["coord_ra"]))
    np.testing.assert_array_equal(found.ra, expected)
    np.testing.assert_array_equal(found.dec, UPLOAD["dec"][:3])
    np.testing.assert_array_equal(found.own_ra, UPLOAD["ra"][:3])
    np.testing.assert_array_equal(places.matched(result), [True, False, True])
    named = places.of_table(result, "coord_ra", "coord_dec")  # then only that
    assert np.isnan(named.ra).tolist() == UNMATCHED


def test_what_of_the_upload_is_not_in_the_result() -> None:
    mine = places.of_table(UPLOAD)
    assert places.others(mine.ra, mine.dec, places.of_table(kept())).tolist() == [False] * 4  # NaN is nowhere
    assert places.others(mine.ra, mine.dec, places.of_table(kept()[:2])).tolist() == [False, False, True, False]
    assert places.others(mine.ra, mine.dec, places.of_table(Table({"ra": [0.5], "dec": [0.0]}))).sum() == 3
    assert places.others(mine.ra, mine.dec, places.of_table(None)).sum() == 3


def test_the_uploads_position_is_read_in_the_result_as_in_the_upload() -> None:
    galactic = SkyCoord([10.0, 20.0], [5.0, 6.0], unit="deg").galactic
    upload = Table({"l": galactic.l, "b": galactic.b})
    before = places.of_table(upload)
    result = Table({"ut1_l": upload["l"], "ut1_b": upload["b"], "ut1_ra": [1.0, 2.0], "ut1_dec": [1.0, 2.0]})
    after = places.of_table(result, upload=before.position)
    np.testing.assert_array_equal(after.own_ra, before.ra)
    assert not places.others(before.ra, before.dec, after).any()
    np.testing.assert_allclose(after.own_ra, [10.0, 20.0])


@pytest.mark.parametrize(
    ("told", "columns", "expected"),
    [
        ({}, {"separation": [0.1, np.nan]}, [True, False]),
        ({"find": "all", "separation": "separation_2"}, {"separation": [0.1, 0.1], "separation_2": [np.nan, 0.1]},
         [False, True]),
        ({"find": "all", "unmatched": "only"}, {"ut1_ra": [1.0, 2.0]}, [False, False]),
        ({"find": "all", "unmatched": "keep", "keys": {"theirs": ["id"]}},
         {"ut1_id": [1, 2], "id": MaskedColumn([1, 2], mask=[False, True])}, [True, False]),
        ({"find": "all", "unmatched": "keep"}, {"ut1_id": [1, 2]}, None),
        ({"adql": "SELECT 1"}, {"id": [1, 2]}, None),
    ],
)  # fmt: skip
def test_which_rows_have_a_counterpart(told: dict, columns: dict, expected: list[bool] | None) -> None:
    found = places.matched(Table(columns, meta={"tapwidget": told}))
    assert (found if found is None else found.tolist()) == expected


def test_a_catalogues_own_separation_is_not_taken_for_that_of_the_match() -> None:
    result = Table({"name": ["a", "b", "c"], "separation": MaskedColumn([5.0, 0, 14], mask=[0, 1, 0])})
    result["position_angle"] = [10.0, 20, 30]
    result.meta["tapwidget"] = {"on": ["name", "name"], "unmatched": "drop"}
    assert places.matched(result) is None or places.matched(result).all()
    assert offsets.of_result(result) is None
    assert separation.of_result(result) is None
