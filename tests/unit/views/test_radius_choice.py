"""Where a radius comes from, chosen or set from Python; and the boxes of find modes."""

import pytest
import traitlets
from astropy import units as u
from astropy.table import Table

from tapwidget.match.radius import PositionErrors, RadiusColumn
from tapwidget.state.form import Form
from tapwidget.views.match_form import number_columns
from tapwidget.views.pair_choice import PairChoice
from tapwidget.views.radius_choice import RadiusChoice

MINE = (("r", "mag"), ("size", ""), ("raErr", "mas"), ("decErr", "mas"), ("rErr", "mag"))
THEIRS = (("coord_ra", "deg"), ("coord_raErr", "deg"), ("coord_decErr", "deg"), ("e_mag", "mag"))


@pytest.fixture
def choice() -> RadiusChoice:
    made = RadiusChoice()
    made.upload_columns, made.target_columns = MINE, THEIRS
    return made


def shown(choice: RadiusChoice) -> tuple[bool, bool, bool]:
    return tuple(box.layout.display != "none" for box in (choice.control, choice._by_column, choice._by_errors))


def test_one_angle_at_first(choice: RadiusChoice) -> None:
    assert choice.value == 1 * u.arcsec
    assert shown(choice) == (True, False, False)
    choice.control._number.value = 2.5
    assert choice.value == 2.5 * u.arcsec


def test_a_column(choice: RadiusChoice) -> None:
    choice._from.value = "column"
    assert shown(choice) == (False, True, False)
    assert choice.value is None  # not chosen yet
    choice._column.value = "size"
    choice._unit.value = "arcmin"
    choice._factor.value = 0.5
    assert choice.value == RadiusColumn("size", unit="arcmin", factor=0.5)
    choice._factor.value = 0
    assert choice.value is None
    assert "above 0" in choice._said.value
    choice._factor.value = 2
    assert choice._said.value == ""
    choice._from.value = "angle"
    assert choice.value == 1 * u.arcsec


def test_errors_are_recognised_and_the_angle_is_their_limit(choice: RadiusChoice) -> None:
    choice._from.value = "errors"
    assert shown(choice) == (True, False, True)
    assert choice.control._number.description == "at most"
    expected = PositionErrors(3, ("raErr", "decErr"), ("coord_raErr", "coord_decErr"), limit=1)
    assert choice.value == expected
    choice.control._number.value = 5
    for box in choice._theirs:
        box.value = ""
    assert choice.value == PositionErrors(3, ("raErr", "decErr"), limit=5)
    for box in choice._mine:
        box.value = ""
    assert choice.value is None


@pytest.mark.parametrize(
    "value",
    [
        RadiusColumn("raErr", factor=3),
        RadiusColumn("not_seen_yet", unit="deg"),
        PositionErrors(5, "raErr", ("coord_raErr",), limit=2, unit="mas", their_unit="deg"),
        0.00027 * u.deg,
    ],
)
def test_set_from_python(choice: RadiusChoice, value: object) -> None:
    form = Form()
    traitlets.link((choice, "value"), (form, "radius"))
    form.radius = value
    assert choice.value == value
    assert form.radius == value
    again = RadiusChoice()
    again.value = value
    assert again._made() == value


def test_a_form_that_lacks_the_column_says_so() -> None:
    form = Form(service=object(), table=Table({"ra": [1.0]}), target="s.t", radius=None)
    assert "column that the radius" in form.problem
    form.by, form.on = "identifier", ("a", "b")
    assert form.problem == ""


def test_columns_with_numbers() -> None:
    table = Table({"a": [1], "b": [1.5] * u.mas, "c": ["x"], "d": [True]})
    assert number_columns(table) == (("a", ""), ("b", "mas"))
    assert number_columns(None) == ()


def test_find_modes_go_into_the_match() -> None:
    form = Form(service=object(), table=Table({"ra": [1.0]}), target="s.t")
    pairs = PairChoice(form)
    assert pairs.neighbours.layout.visibility == "hidden"
    pairs.find.value = "nearest"
    pairs.neighbours.value = 4
    pairs.unmatched.value = "keep"
    assert pairs.neighbours.layout.visibility == "visible"
    match = form.match()
    assert (match.find, match.neighbours, match.unmatched) == ("nearest", 4, "keep")
    for find in ("nearest_theirs", "symmetric", "all"):
        pairs.find.value = find
        assert (form.match().find, form.match().neighbours) == (find, 1)
    form.by = "identifier"
    assert pairs.find.layout.display == "none"
    form.on = ("a", "b")
    assert form.match().unmatched == "keep"
