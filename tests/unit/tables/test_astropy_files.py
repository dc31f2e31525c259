"""Files that astropy itself wrote: what it takes apart to save (masks, coordinates, times) comes back whole."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table
from astropy.time import Time

from tapwidget.tables.files import read_table, write_table
from tapwidget.tables.roles import recognise


def test_masks_in_parquet_of_astropy_are_masks(tmp_path: Path) -> None:
    table = Table(
        {
            "objid": MaskedColumn([2**60 + 1, 2**60 + 3], mask=[False, True]),
            "r": MaskedColumn(np.array([18.5, -9.0], "f4"), mask=[False, True], unit="mag", description="r mag"),
            "name": MaskedColumn(["x", "secret"], mask=[False, True]),
            "ra": [1.0, 2.0],
        }
    )
    table.write(tmp_path / "t.parquet")
    back = read_table(tmp_path / "t.parquet")
    assert back.colnames == table.colnames
    for name in ("objid", "r", "name"):
        assert np.ma.getmaskarray(back[name]).tolist() == [False, True], name
    assert back["objid"][0] == 2**60 + 1
    assert back["objid"].dtype == np.int64
    assert (back["r"].dtype, back["r"].unit, back["r"].description) == (np.float32, u.mag, "r mag")
    plain = eval(back.meta["tapwidget"]["read"], {"Table": Table})
    assert np.ma.getmaskarray(plain["r"]).tolist() == [False, True]


@pytest.mark.parametrize("suffix", [".parquet", ".fits", ".ecsv"])
def test_coordinates_and_times_of_astropy(suffix: str, tmp_path: Path) -> None:
    table = QTable(
        {
            "id": [1, 2],
            "c": SkyCoord([10, 20], [3, 4], unit="deg"),
            "t": Time([60000.0, 60001.0], format="mjd"),
            "f": [1, 2] * u.mag,
        }
    )
    table["f"].info.description = "a magnitude"
    table.write(tmp_path / f"t{suffix}")
    back = read_table(tmp_path / f"t{suffix}")
    assert back.colnames == ["id", "ra", "dec", "t", "f"]
    assert back["ra"].tolist() == [10, 20]
    assert back["f"].unit == u.mag
    if suffix != ".fits":  # where astropy writes no descriptions, and times as pairs of numbers
        assert back["t"][0].startswith("2023-02-25T00:00:00")
        assert back["f"].description == "a magnitude"
    position = recognise(back).position
    assert position is not None
    assert position.columns == ("ra", "dec")


def test_astropy_reads_our_parquet_with_text(tmp_path: Path) -> None:
    table = Table({"ra": [1.5, 2.5], "name": ["M 31", "NGC 188"], "empty": ["", ""]}, units={"ra": "deg"})
    write_table(table, tmp_path / "t.parquet")
    for form in ("parquet", "parquet.votable"):
        back = Table.read(tmp_path / "t.parquet", format=form)
        assert back["name"].tolist() == ["M 31", "NGC 188"]
        assert back["ra"].unit == u.deg
