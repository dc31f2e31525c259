"""A public widget takes its traits when it is made, as those of ipywidgets do."""

from __future__ import annotations

import inspect

import ipywidgets
import pytest
import traitlets
from astropy import units as u

import tapwidget
from tapwidget.ivoa.tapschema import Table

OTHERS = {
    *ipywidgets.VBox.class_trait_names(),
    *ipywidgets.DOMWidget.class_trait_names(),
    "_esm",
    "_css",
    "_anywidget_id",
}


def public_widgets() -> list[type[ipywidgets.Widget]]:
    found = [getattr(tapwidget, name) for name in tapwidget.__all__]
    widgets = [one for one in found if inspect.isclass(one) and issubclass(one, ipywidgets.Widget)]
    # What needs a table, or has no trait of its own.
    return [one for one in widgets if one not in (tapwidget.CrossMatch, tapwidget.TableTools)]


@pytest.mark.parametrize("kind", public_widgets(), ids=lambda kind: kind.__name__)
def test_each_trait_may_be_given(kind: type[ipywidgets.Widget]) -> None:
    made = kind()
    given = [
        name
        for name, trait in kind.class_traits().items()
        if name not in OTHERS and not name.startswith("_") and not trait.read_only
    ]
    assert given
    for name in given:
        value = getattr(made, name)
        if not isinstance(value, traitlets.Sentinel):
            kind(**{name: value})


def test_a_radius_in_another_unit() -> None:
    assert tapwidget.RadiusControl(quantity=2 * u.arcmin).radius == 120.0


def test_tables_of_a_service() -> None:
    picker = tapwidget.TargetPicker(target="dp1.Object", tables=(Table("dp1.Object"), Table("dp1.MPCORB")))
    assert picker.target == "dp1.Object"
