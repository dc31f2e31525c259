"""A widget of ours that stays out of sight until a page has drawn it."""

from __future__ import annotations

from typing import Any

import ipywidgets

from tapwidget.views import basic


def once_drawn(widget: Any) -> ipywidgets.VBox:
    """A box with `widget`, hidden until its trait `drawn` is true.

    Where anywidget's front end is missing, ipywidgets shows an error in the widget's place. That has no layout of the
    widget's, so only a box around it can hide it; what is hidden there is drawn all the same.
    """
    place = basic.VBox([widget], layout=ipywidgets.Layout(display=None if widget.drawn else "none"))
    widget.observe(lambda _: setattr(place.layout, "display", None), "drawn")
    return place
