"""IN_UNIT against factors that everybody knows."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tapwidget.server.faults import AdqlError

ONE = "FROM s.obj WHERE objectId = 9007199254740996"  # coord_ra 37.86, coord_dec 6.98, mag missing


@pytest.mark.parametrize(
    ("value", "unit", "answer"),
    [
        ("coord_ra", "rad", math.radians(37.86)),
        ("coord_ra", "arcsec", 37.86 * 3600),
        ("coord_ra", "mas", 37.86 * 3.6e6),
        ("coord_dec", "deg", 6.98),
        ("DISTANCE(coord_ra, coord_dec, 37.86, 7.98)", "arcmin", 60.0),
        ("AREA(CIRCLE(0, 0, 1))", "arcmin2", math.pi * 3600 * (1 - math.radians(1) ** 2 / 12)),
        ("AREA(CIRCLE(0, 0, 1))", "sr", 2 * math.pi * (1 - math.cos(math.radians(1)))),
    ],
)
def test_values(sky: Any, value: str, unit: str, answer: float) -> None:
    query = f"SELECT IN_UNIT({value}, '{unit}') AS x {ONE}"
    assert sky.ask(query) == [(pytest.approx(answer, rel=1e-9),)]
    (output,) = sky.translate(query).outputs
    assert (output.field.unit, output.field.datatype) == (unit, "double")


def test_in_conditions(sky: Any) -> None:
    assert sky.ask("SELECT COUNT(*) AS k FROM s.obj WHERE IN_UNIT(coord_dec, 'rad') > 1.5") == [(2,)]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("IN_UNIT(coord_ra, 'km')", "cannot be converted to 'km'"),
        ("IN_UNIT(coord_ra, 'furlong')", "'furlong' is no unit"),
        ("IN_UNIT(mag, 'Jy')", "cannot be converted to 'Jy'"),
        ("IN_UNIT(coord_ra + 1, 'rad')", "the unit of an expression is not known"),
        ("IN_UNIT(n, 'rad')", "needs a column with a unit"),
        ("IN_UNIT(band, 'rad')", "takes a number, not text"),
        ("IN_UNIT(coord_ra, band)", "takes a value and a unit in single quotes"),
        ("IN_UNIT(coord_ra)", "takes a value and a unit in single quotes"),
    ],
)
def test_what_cannot_be(sky: Any, call: str, said: str) -> None:
    with pytest.raises(AdqlError, match=said):
        sky.translate(f"SELECT {call} AS x FROM s.obj")
