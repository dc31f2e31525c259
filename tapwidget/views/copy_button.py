"""A button that puts a text onto the clipboard: only the browser may, and only when somebody presses something."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

STATIC = Path(__file__).parent / "static"


class CopyButton(anywidget.AnyWidget):
    """Copies `value`. Where anywidget's front end is missing the text can be selected by hand.

    Attributes
    ----------
    value : str
        The text.
    drawn : bool
        Whether a page has drawn it; none can without anywidget's front end.
    """

    _esm = STATIC / "copy_button.js"

    value = traitlets.Unicode().tag(sync=True)
    drawn = traitlets.Bool(False).tag(sync=True)
