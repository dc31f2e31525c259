"""What is behind a line is out of sight until the line is pressed."""

from __future__ import annotations

import ipywidgets

from tapwidget.views.disclosure import Disclosure


def test_the_line_opens_and_closes_what_is_behind_it() -> None:
    behind = ipywidgets.Label("behind")
    disclosure = Disclosure("More", behind)
    assert disclosure._line.description == "More"
    assert disclosure._body.children == (behind,)
    assert disclosure._body.layout.display == "none"
    disclosure._line.value = True
    assert disclosure.is_open
    assert disclosure._body.layout.display is None
    disclosure.is_open = False
    disclosure.title = "Still more"
    assert (disclosure._line.value, disclosure._line.description) == (False, "Still more")
    assert disclosure._body.layout.display == "none"
