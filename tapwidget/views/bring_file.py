"""Bring a file from the computer in front of you: by DropZone, or by a plain button where a page cannot draw that."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from tapwidget.actions.background import Background
from tapwidget.actions.receive import Incoming
from tapwidget.errors import TapWidgetError
from tapwidget.views import basic
from tapwidget.views.drop_zone import DropZone
from tapwidget.views.once_drawn import once_drawn
from tapwidget.views.style import notes

UP_TO = (  # what is larger closes the connection, and is lost without a word
    "Up to 10 MB; a larger one by the upload button above JupyterLab's list of files, or here after you reload the "
    "page in the browser."
)
PATIENCE = 5.0  # seconds that the page gets to draw the DropZone


class BringFile(ipywidgets.VBox):
    """Calls `came` with the path of each file that has arrived in `zone.folder`."""

    def __init__(self, folder: Path, came: Callable[[str], None], background: Background) -> None:
        self.zone = DropZone(folder)
        self._came = came
        self._said = basic.HTML()
        super().__init__([once_drawn(self.zone)])
        self.zone.observe(lambda change: change["new"] and came(change["new"]), "path")
        self.zone.observe(self._arrange, "drawn")
        background.after(PATIENCE, self._arrange)

    def _arrange(self, _change: object = None) -> None:
        # The zone stays in the page, since only there it can say that it is drawn.
        self.children = self.children[:1] if self.zone.drawn else (self.children[0], *self._plain())

    def _plain(self) -> tuple[ipywidgets.Widget, ...]:
        button = ipywidgets.FileUpload(description="Choose a file")
        button.observe(self._take, "value")
        self._said.value = notes(UP_TO)
        return button, self._said

    def _take(self, change: dict[str, Any]) -> None:
        if change["new"]:
            self._said.value = notes(UP_TO)
        for file in change["new"]:
            try:
                incoming = Incoming(Path(self.zone.folder), file["name"], file["size"])
                incoming.add(0, file["content"])
                path = incoming.finish(zlib.crc32(file["content"]))
            except TapWidgetError as error:
                self._said.value = notes(str(error), css_class="tw-error")
            else:
                self._came(str(path))
        if change["new"]:
            change["owner"].value = ()  # so that the same file can be chosen again
