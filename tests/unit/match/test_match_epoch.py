"""The epoch of a match: what it can be, and the cell that carries positions as the match does."""

import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table

from tapwidget.client.plan import make_plan
from tapwidget.errors import MatchError
from tapwidget.ivoa.tapschema import Column as TargetColumn
from tapwidget.ivoa.tapschema import Table as Target
from tapwidget.match.epoch import Epoch
from tapwidget.match.python_motion import motion_code
from tapwidget.match.record import from_record, to_record
from tapwidget.match.spec import SkyMatch

TARGET = Target(
    "dp1.Object",
    columns=(
        TargetColumn("objectId", "long", ucd="meta.id;src"),
        TargetColumn("coord_ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        TargetColumn("coord_dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
    ),
)


def stars():
    return Table(
        {
            "ra": [10.0, 20.0, 30.0, np.nan],
            "dec": [0.0, 80.0, -60.0, 1.0],
            "pmra": MaskedColumn([1000.0, -500.0, 1.0, 1.0], mask=[0, 0, 1, 0]),
            "pmdec": Column([0.5, 0.0, 0.0, 0.0], unit="arcsec/yr"),
            "ref_epoch": [2016.0, 2015.5, 2016.0, 2016.0],
            "mjd": [57388.5, 57206.0, 57388.5, np.nan],
            "parallax": [100.0, -1.0, 3.0, 3.0],
            "rv": [50.0, np.nan, 1.0, 1.0],
        }
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"of_upload": 20160}, "must be a Julian year"),
        ({"of_upload": float("nan")}, "finite"),
        ({"of_upload": " "}, "give a year, or the column"),
        ({"of_target": "2024"}, "not a number"),
        ({"pm": "pmra"}, "give two columns"),
        ({"pm": ("pmra", "")}, "give two columns"),
        ({"radial_velocity": "rv"}, "with a parallax only"),
    ],
)
def test_epochs_that_make_no_sense(given, says):
    with pytest.raises(MatchError, match=says):
        Epoch(**{"of_upload": 2016.0, "of_target": 2024.9} | given)
    with pytest.raises(MatchError, match="epoch is 2016"):
        SkyMatch("dp1.Object", epoch=2016.0)


EPOCHS = [
    Epoch(2016.0, 2024.9),
    Epoch("ref_epoch", 2024.9),
    Epoch("mjd", 1950.0),
    Epoch(2016, 2024.9, parallax="parallax", radial_velocity="rv"),
]


@pytest.mark.parametrize("epoch", EPOCHS)
def test_the_positions_travel_carried_and_it_is_said(epoch):
    match = SkyMatch("dp1.Object", epoch=epoch)
    assert from_record(to_record(match)) == match
    plan = make_plan(match, stars(), TARGET)
    sent = plan.upload.table
    assert plan.upload.position == ("tw_ra", "tw_dec")
    assert np.asarray(sent["tw_row"]).tolist() == [0, 1, 2]
    assert 1 < abs(sent["tw_ra"][0] - 10) * 3600 < 100
    assert sent["tw_ra"][2] == 30
    said = " ".join(plan.changes)
    assert "2 positions carried from epoch " in said
    assert "1 row without proper motion or epoch" in said
    cell = {"table": stars(), "np": np, "ra": np.asarray(stars()["ra"]), "dec": np.asarray(stars()["dec"])}
    exec(motion_code(epoch), cell)
    assert cell["ra"][:3] == pytest.approx(np.asarray(sent["tw_ra"]), abs=1e-13)
    assert cell["dec"][:3] == pytest.approx(np.asarray(sent["tw_dec"]), abs=1e-13)
    assert motion_code(epoch) in match.python(Service(), stars())


class Service:
    url = "http://127.0.0.1/tap"

    def plan(self, match, table):
        return make_plan(match, table, TARGET)


def test_motions_are_in_icrs():
    table = Table({"l": Column([1.0], unit="deg"), "b": Column([1.0], unit="deg"), "pmra": [1.0], "pmdec": [1.0]})
    with pytest.raises(MatchError, match="in ICRS only, and these are in GALACTIC"):
        make_plan(SkyMatch("dp1.Object", ra="l", dec="b", epoch=Epoch(2016, 2024)), table, TARGET)
