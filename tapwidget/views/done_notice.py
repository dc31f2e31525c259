"""A notification of the browser when a long job is done, for those who ask for it."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets


class DoneNotice(anywidget.AnyWidget):
    """A box to tick: "Notify me when it is done". The browser is asked for its permission by that click, not before.

    Attributes
    ----------
    wanted : bool
        Whether it is ticked, and the browser allowed it.
    drawn : bool
        Whether a page has drawn it; none can without anywidget's front end.
    """

    _esm = Path(__file__).parent / "static" / "done_notice.js"

    wanted = traitlets.Bool(False).tag(sync=True)
    drawn = traitlets.Bool(False).tag(sync=True)

    def tell(self, title: str, body: str, seconds: float) -> None:
        """Have a notification shown, if it is wanted: on a page out of sight, or of what took half a minute or more.

        `seconds`: how long it took.
        """
        if self.wanted:
            self.send({"type": "done", "title": title, "body": body, "seconds": seconds})
