"""Positions in every form come out as ICRS degrees, judged by astropy."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import Angle, SkyCoord
from astropy.table import MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from tapwidget.errors import ColumnError
from tapwidget.tables.positions import icrs_degrees
from tapwidget.tables.roles import Position, position_of, recognise

right_ascensions = st.floats(0, 359.9999)
declinations = st.floats(-89.9999, 89.9999)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(right_ascensions, declinations), min_size=1, max_size=20), st.sampled_from([" ", ":", "hms"]))
def test_sexagesimal_text_agrees_with_astropy(pairs: list[tuple[float, float]], separator: str) -> None:
    coordinates = SkyCoord(pairs, unit="deg")
    sep: dict[str, object] = {"precision": 6, "pad": True}
    marks = ("hms", "dms") if separator == "hms" else (separator, separator)
    ra = [a.to_string(unit=u.hourangle, sep=marks[0], **sep) for a in coordinates.ra]
    dec = [a.to_string(unit=u.deg, sep=marks[1], alwayssign=True, **sep) for a in coordinates.dec]
    table = Table({"RA": ra, "Dec": dec})
    position = position_of(table, "RA", "Dec")
    assert position.form == "sexagesimal"
    got = icrs_degrees(table, position)
    assert got[0] % 360 == pytest.approx(Angle(ra, unit=u.hourangle).deg % 360, abs=1e-11)
    assert got[1] == pytest.approx(Angle(dec, unit=u.deg).deg, abs=1e-11)


@pytest.mark.parametrize(
    ("ra", "dec", "expected"),
    [
        ("09 24 37", "+49 21", (141.154166666667, 49.35)),
        ("09 24.5", "-00 30", (141.125, -0.5)),
        ("00:00:00.0", "-00:00:36", (0.0, -0.01)),
        ("12h34m56.7s", "−01d23m45s", (188.73625, -1.3958333333333333)),
        ("12h34m", "12°30'", (188.5, 12.5)),
        ("10d30m00s", "+5d30m", (10.5, 5.5)),
        ("23 59 60", "+89 59 60", (0.0, 90.0)),
    ],
)
def test_ways_to_write_sexagesimal(ra: str, dec: str, expected: tuple[float, float]) -> None:
    table = Table({"ra": [ra], "dec": [dec]})
    got = icrs_degrees(table, position_of(table, "ra", "dec"))
    assert (got[0][0], got[1][0]) == pytest.approx(expected, abs=1e-12)


def test_sexagesimal_text_that_cannot_be_read_names_the_row() -> None:
    table = Table({"ra": ["01 02 03", "01 02 03", "unknown"], "dec": ["+01 02 03", "+01 02 03", "+01 02 03"]})
    with pytest.raises(ColumnError, match=r"`ra` in row 2 \(the first is 0\) is “unknown”"):
        icrs_degrees(table, position_of(table, "ra", "dec"))
    table["ra"][2] = "25 00 00"
    with pytest.raises(ColumnError, match=r"`ra` in row 2 .* outside 0 to 24 hours"):
        icrs_degrees(table, position_of(table, "ra", "dec"))
    table["ra"][2] = "01 75 00"
    with pytest.raises(ColumnError, match=r"`ra` in row 2 .*minutes go up to 60"):
        icrs_degrees(table, position_of(table, "ra", "dec"))


def test_missing_values_become_nan_in_both() -> None:
    table = Table({"ra": MaskedColumn([1.0, 2.0, 3.0], mask=[True, False, False]), "dec": [1.0, np.nan, 3.0]})
    ra, dec, changes = icrs_degrees(table, position_of(table, "ra", "dec"))
    assert np.isnan(ra).tolist() == np.isnan(dec).tolist() == [True, True, False]
    assert changes == ()
    text = Table({"ra": MaskedColumn(["01 02 03", "x"], mask=[False, True]), "dec": ["+01 00 00", ""]})
    ra, dec, _ = icrs_degrees(text, position_of(text, "ra", "dec"))
    assert np.isnan(ra).tolist() == [False, True]


def test_the_table_and_its_columns_are_not_changed() -> None:
    table = Table({"ra": [-10.0, -9999.0, 5.0], "dec": [1.0, -9999.0, 2.0]})
    ra, dec, changes = icrs_degrees(table, position_of(table, "ra", "dec"))
    assert ra[0] == 350.0
    assert np.isnan([ra[1], dec[1]]).all()
    assert "1 row with -9999 for a position: taken as missing." in changes
    assert any("negative right ascension" in said for said in changes)
    assert table["ra"].tolist() == [-10.0, -9999.0, 5.0]


@pytest.mark.parametrize(("unit", "factor"), [("hourangle", 1 / 15), ("rad", np.pi / 180), ("arcmin", 60.0)])
def test_units_are_converted(unit: str, factor: float) -> None:
    latitude = unit if unit != "hourangle" else "deg"
    table = Table(
        {"ra": np.array([10.0, 300.0]) * factor, "dec": np.array([-45.0, 30.0]) * (factor if latitude == unit else 1)},
        units={"ra": unit, "dec": latitude},
    )
    ra, dec, _ = icrs_degrees(table, position_of(table, "ra", "dec"))
    assert ra == pytest.approx([10.0, 300.0])
    assert dec == pytest.approx([-45.0, 30.0])


@pytest.mark.parametrize(
    ("frame", "name"),
    [("galactic", "galactic"), ("fk4", "fk4"), ("fk5", "fk5"), ("ecliptic", "barycentricmeanecliptic")],
)
def test_frames_agree_with_astropy(frame: str, name: str) -> None:
    lon, lat = np.array([10.0, 200.0, np.nan]), np.array([-45.0, 30.0, 1.0])
    ra, dec, changes = icrs_degrees(Table({"a": lon, "b": lat}), Position(("a", "b"), "degrees", frame))
    expected = SkyCoord(lon[:2], lat[:2], unit="deg", frame=name).icrs
    assert ra[:2] == pytest.approx(expected.ra.deg)
    assert dec[:2] == pytest.approx(expected.dec.deg)
    assert np.isnan([ra[2], dec[2]]).all()
    assert "to ICRS" in changes[-1]


def test_parts_with_a_sign_of_their_own_and_without() -> None:
    table = Table(
        {
            "RAh": [1, 0],
            "RAm": [30, 0],
            "RAs": [0.0, 36.0],
            "DE-": ["-", "+"],
            "DEd": [0, 5],
            "DEm": [30, 0],
            "DEs": [0.0, 36.0],
        }
    )
    position = recognise(table).position
    assert position is not None
    ra, dec, _ = icrs_degrees(table, position)
    assert ra == pytest.approx([22.5, 0.15])
    assert dec == pytest.approx([-0.5, 5.01])
    unsigned = Table({"RAh": ["06", "00"], "RAm": ["30", "00"], "DEd": [-5, 5], "DEm": [30, 30]})
    position = recognise(unsigned).position
    assert position is not None
    ra, dec, _ = icrs_degrees(unsigned, position)
    assert dec == pytest.approx([-5.5, 5.5])
    assert ra == pytest.approx([97.5, 0.0])


def test_columns_that_cannot_be_positions() -> None:
    table = Table({"ra": [1.0], "dec": [2.0], "v": [3.0]}, units={"v": "km/s"})
    with pytest.raises(ColumnError, match="`v` is in km / s, which is no angle"):
        icrs_degrees(table, Position(("v", "dec")))
    with pytest.raises(ColumnError, match="no column `gone`"):
        icrs_degrees(table, Position(("gone", "dec")))
    with pytest.raises(ColumnError, match="No frame is called 'fk6'"):
        icrs_degrees(table, Position(("ra", "dec"), "degrees", "fk6"))
    with pytest.raises(ColumnError, match="inf: outside"):
        icrs_degrees(Table({"ra": [np.inf], "dec": [0.0]}), Position(("ra", "dec")))
