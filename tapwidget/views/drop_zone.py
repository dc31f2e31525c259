"""DropZone: bring a file from the computer in front of you to the one that runs Python, whatever its size.

ipywidgets' FileUpload loses files of 10 MB and more without a word, as the connection closes on such a message. Here a
file travels in pieces, each confirmed; one that gets lost is sent again, and a checksum tells that all of it came.

Messages from the browser, by "type":
    begin  {id, name, size}
    piece  {id, offset} and its bytes
    end    {id, crc}          CRC-32 of the whole
    stop   {id}
Messages to it: next {id, received}, done {id, name}, refused {id, why}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from tapwidget.actions.receive import Incoming
from tapwidget.errors import TapWidgetError

STATIC = Path(__file__).parent / "static"


class DropZone(anywidget.AnyWidget):
    """A place to drop a file on, or to choose one.

    Attributes
    ----------
    folder : str
        Where files go.
    path : str
        The file that came last, once it is whole; "" before.
    drawn : bool
        Whether a page has drawn it; none can without anywidget's front end.
    """

    _esm = STATIC / "drop_zone.js"
    _css = STATIC / "drop_zone.css"

    folder = traitlets.Unicode(".")
    path = traitlets.Unicode("")
    drawn = traitlets.Bool(False).tag(sync=True)

    def __init__(self, folder: str | Path = ".", **kwargs: Any) -> None:
        self._id = ""
        self._incoming: Incoming | None = None
        self._done: dict[str, Any] = {}  # the last answer, for a page that did not get it
        super().__init__(folder=str(folder), **kwargs)
        self.on_msg(self._receive)

    def _receive(self, _widget: Any, content: dict[str, Any], buffers: list[memoryview]) -> None:
        kind, number = content.get("type"), str(content.get("id", ""))
        try:
            if kind == "begin":
                self._drop()
                self._incoming = Incoming(Path(self.folder), str(content["name"]), int(content["size"]))
                self._id = number
            if self._done.get("id") == number:
                self.send(self._done)
            elif number != self._id or self._incoming is None:
                self.send({"type": "refused", "id": number, "why": "It was stopped. Choose it again."})
            elif kind == "end":
                incoming, self._incoming = self._incoming, None
                path = incoming.finish(int(content["crc"]))
                self._done = {"type": "done", "id": number, "name": path.name}
                self.send(self._done)
                self.path = ""  # so that the same name tells its observers again
                self.path = str(path)
            elif kind == "stop":
                self._drop()
            else:
                if kind == "piece":
                    self._incoming.add(int(content["offset"]), buffers[0])
                self.send({"type": "next", "id": number, "received": self._incoming.received})
        except TapWidgetError as error:
            self._incoming = None
            self.send({"type": "refused", "id": number, "why": str(error)})

    def _drop(self) -> None:
        if self._incoming is not None:
            self._incoming.drop()
        self._incoming, self._id = None, ""
