"""What is equal is made once, can be neither changed nor closed, and whatever stands alone still has it."""

from __future__ import annotations

import ipywidgets
import pytest

from tapwidget.errors import TapWidgetError
from tapwidget.views import basic
from tapwidget.views.job_status import JobStatus
from tapwidget.views.radius_control import RadiusControl
from tapwidget.views.shared import shared
from tapwidget.views.style import stylesheet


def close_all_below(widget: ipywidgets.Widget) -> None:
    """What somebody might do who wants to be rid of a widget."""
    for child in getattr(widget, "children", ()):
        close_all_below(child)
    for part in ("layout", "style"):
        if hasattr(widget, part):
            getattr(widget, part).close()
    widget.close()


def test_widgets_of_one_look_share_its_models() -> None:
    one, other = basic.Button(description="one"), basic.Button(description="other", layout={"width": "84px"})
    assert one.layout is basic.HTML().layout
    assert one.style is other.style
    assert other.layout is basic.Dropdown(layout={"width": "84px"}).layout
    assert (one.layout.width, other.layout.width) == (None, "84px")
    assert basic.ToggleButtons(style={"button_width": "9px"}).style is not basic.ToggleButtons().style


@pytest.mark.parametrize(("part", "trait", "value"), [("layout", "display", "none"), ("style", "button_color", "red")])
def test_what_is_shared_cannot_be_changed(part: str, trait: str, value: str) -> None:
    button = basic.Button()
    with pytest.raises(TapWidgetError, match=f"{trait} cannot be changed: .* widget.layout = "):
        setattr(getattr(button, part), trait, value)
    setattr(button, part, {trait: value})
    setattr(getattr(button, part), trait, None)
    assert getattr(getattr(basic.Button(), part), trait) is None


def test_a_layout_of_ones_own_can_be_changed() -> None:
    box = basic.HBox(layout=ipywidgets.Layout())
    box.layout.display = "none"
    assert basic.HBox().layout.display is None


def test_closing_one_widget_does_not_take_the_stylesheet_from_another() -> None:
    status, control = JobStatus(), RadiusControl()
    assert status.children[0] is control.children[0] is stylesheet()
    close_all_below(status)
    assert status.comm is None
    for part in (
        control.children[0],
        *control.children[0].children,
        control.children[0].layout,
        shared(ipywidgets.Layout),
    ):
        assert part.comm is not None, part
        assert part.model_id in ipywidgets.widgets.widget._instances
    assert "tw-phase" in RadiusControl().children[0].children[0].value
