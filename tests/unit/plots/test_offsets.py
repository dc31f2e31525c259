"""Offsets of pairs: where astropy has them, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table

from tapwidget.match.chance import Chance
from tapwidget.match.pairs import position_angle_deg, separation_arcsec
from tapwidget.plots import offsets
from tapwidget.plots.paper import save


def pairs(ra: float, dec: float, rows: int = 400) -> tuple[Table, SkyCoord, SkyCoord]:
    """A result of pairs within an arcsec around a place on the sky, each tenth row without a counterpart."""
    random = np.random.default_rng(3)
    mine = SkyCoord(ra, dec, unit="deg").directional_offset_by(
        random.uniform(0, 360, rows) * u.deg, random.uniform(0, 60, rows) * u.arcsec
    )
    theirs = mine.directional_offset_by(
        random.uniform(0, 360, rows) * u.deg, np.sqrt(random.uniform(0, 1, rows)) * u.arcsec
    )
    places = (mine.ra.deg, mine.dec.deg, theirs.ra.deg, theirs.dec.deg)
    gone = np.arange(rows) % 10 == 0
    columns = {"separation": separation_arcsec(*places), "position_angle": position_angle_deg(*places)}
    result = Table({name: MaskedColumn(values, mask=gone) for name, values in columns.items()})
    result.meta["tapwidget"] = {"find": "all", "radius_arcsec": 1.0, "rows": {"sent": rows}}
    return result, mine, theirs


@pytest.mark.parametrize(("ra", "dec"), [(37.86, 6.98), (0.0, 0.0), (0.0, 89.0), (123.0, -89.99)])
def test_offsets_are_astropys(ra: float, dec: float) -> None:
    result, mine, theirs = pairs(ra, dec)
    found = offsets.of_result(result)
    expected = [offset.to_value("arcsec") for offset in mine.spherical_offsets_to(theirs)]
    gone = np.arange(len(result)) % 10 == 0
    assert np.isnan(found.dra).tolist() == np.isnan(found.ddec).tolist() == gone.tolist()
    np.testing.assert_array_equal(found.there, np.flatnonzero(~gone))
    for ours, astropys in zip((found.dra, found.ddec), expected, strict=True):
        np.testing.assert_allclose(ours[~gone], astropys[~gone], atol=1e-6)
    assert found.shift.dra == pytest.approx(np.median(expected[0][~gone]), abs=1e-6)
    assert found.shift.ddec == pytest.approx(np.median(expected[1][~gone]), abs=1e-6)
    assert found.shift.number == 360


def test_what_is_said() -> None:
    result, *_ = pairs(0.0, 89.0)
    measured = Chance(0.01, 0.001, 400, 100, "shifted copy", 6.0)
    found = offsets.of_result(result, measured)
    assert found.per_square_arcsec == pytest.approx(400 * 0.01)
    number, median, chance = found.sentences()
    assert number == "360 pairs; 40 rows without a counterpart."
    assert median.startswith("Median in RA and Dec, target's less yours: ")
    assert chance == ("About 13 ± 1 of 360 pairs are chance matches (3.5 %): 4 on each arcsec² of this plot.")
    result.meta["tapwidget"].pop("radius_arcsec")  # a radius for each row
    found = offsets.of_result(result)
    assert (found.radius, found.per_square_arcsec) == (None, None)
    assert found.sentences()[2] == "How many are there by chance is not known."
    assert found.reach == pytest.approx(1.06 * found.separations.values[-1])


def test_the_circle_is_that_of_the_match() -> None:
    x, y = offsets.circle(offsets.of_result(pairs(10, 10)[0]).radius)
    np.testing.assert_allclose(np.hypot(x, y), 1.0)


@pytest.mark.parametrize(
    "table",
    [
        Table({"ut1_ra": [1.0], "id": [2]}),
        Table({"separation": [1.0]}),
        Table({"separation": np.zeros(0), "position_angle": np.zeros(0)}),
        Table({"separation": [np.nan], "position_angle": [np.nan]}),
        Table({"separation": MaskedColumn([1.0], mask=[True]), "position_angle": [20.0]}),
    ],
)
def test_without_pairs_there_is_nothing(table: Table) -> None:
    assert offsets.of_result(table) is None


def test_the_figure() -> None:
    result, _, _ = pairs(37.86, 6.98, 4000)
    found = offsets.of_result(result)
    figure = offsets.draw(found, [0, 1, 2])  # the first is no pair
    axes = figure.axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[:4] == ["radius 1 arcsec", "pairs (3,600)", "selected (3)", f"median {found.shift}"]
    assert labels[4].startswith("by chance: ")
    assert labels[4].endswith(" per arcsec²")
    drawn = {line.get_label(): line for line in axes.lines}
    assert len(drawn["pairs (3,600)"].get_xdata()) == 3000
    assert drawn["selected (3)"].get_xdata().tolist() == found.dra[[1, 2]].tolist()
    left, right = axes.get_xlim()
    assert left > right  # right ascension to the left
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Δα cos δ [arcsec]", "Δδ [arcsec]")
    assert axes.get_title(loc="left").startswith("An even sample is drawn, 3,000 of 3,600 pairs")
    assert save(figure, "png").startswith(b"\x89PNG")
