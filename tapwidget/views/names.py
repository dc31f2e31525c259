"""Names: every control of ours has one, by which a screen reader calls it."""

from __future__ import annotations

from pathlib import Path

import anywidget


class Names(anywidget.AnyWidget):
    """Invisible; gives the controls that ipywidgets leaves without a name that of their description or tooltip.

    No trait of ipywidgets does it. Where anywidget's front end is missing, they stay without.
    """

    _esm = Path(__file__).parent / "static" / "names.js"
