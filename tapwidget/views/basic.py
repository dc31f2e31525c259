"""ipywidgets' own widgets, made so that those of one look have one layout and one style (see `shared`).

`basic.Button(layout={"width": "84px"})` has the layout of all that are 84 px wide. One that is to change is given as an
`ipywidgets.Layout`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import ipywidgets

from tapwidget.views.shared import with_looks


def _made(kind: Any, *args: Any, **traits: Any) -> Any:
    """A widget of `kind`. A `layout` or `style` that is left out or given as a dict is shared, and never changes."""
    return kind(*args, **with_looks(kind, traits))


BoundedIntText = partial(_made, ipywidgets.BoundedIntText)
Box = partial(_made, ipywidgets.Box)
Button = partial(_made, ipywidgets.Button)
Checkbox = partial(_made, ipywidgets.Checkbox)
Dropdown = partial(_made, ipywidgets.Dropdown)
FloatLogSlider = partial(_made, ipywidgets.FloatLogSlider)
FloatProgress = partial(_made, ipywidgets.FloatProgress)
FloatRangeSlider = partial(_made, ipywidgets.FloatRangeSlider)
FloatSlider = partial(_made, ipywidgets.FloatSlider)
FloatText = partial(_made, ipywidgets.FloatText)
HBox = partial(_made, ipywidgets.HBox)
HTML = partial(_made, ipywidgets.HTML)
Image = partial(_made, ipywidgets.Image)
Label = partial(_made, ipywidgets.Label)
Text = partial(_made, ipywidgets.Text)
Textarea = partial(_made, ipywidgets.Textarea)
ToggleButton = partial(_made, ipywidgets.ToggleButton)
ToggleButtons = partial(_made, ipywidgets.ToggleButtons)
VBox = partial(_made, ipywidgets.VBox)
