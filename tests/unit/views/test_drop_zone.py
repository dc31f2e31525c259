"""DropZone without a browser: what it answers to the pieces that come."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime

import pytest

from tapwidget.actions.background import Immediate
from tapwidget.views.drop_zone import DropZone
from tapwidget.views.file_picker import FilePicker

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")
DATA = b"ra,dec\n1,2\n3,4\n"


class Browser:
    def __init__(self, zone):
        self.zone, self.answers = zone, []
        zone.send = lambda content, buffers=None: self.answers.append(content)

    def says(self, type, *buffers, id="1", **content):
        self.zone._receive(self.zone, {"type": type, "id": id, **content}, list(buffers))
        return self.answers[-1]

    def brings(self, name="a.csv", id="1"):
        self.says("begin", name=name, size=len(DATA), id=id)
        self.says("piece", memoryview(DATA), offset=0, id=id)
        return self.says("end", crc=zlib.crc32(DATA), id=id)


@pytest.fixture
def browser(tmp_path):
    return Browser(DropZone(tmp_path))


def test_every_piece_is_confirmed(browser, tmp_path):
    assert browser.says("begin", name="a.csv", size=len(DATA)) == {"type": "next", "id": "1", "received": 0}
    assert browser.says("piece", memoryview(DATA)[:5], offset=0)["received"] == 5
    assert browser.says("piece", memoryview(DATA)[9:], offset=9)["received"] == 5  # one between got lost
    assert browser.says("piece", memoryview(DATA)[5:], offset=5)["received"] == len(DATA)
    done = browser.says("end", crc=zlib.crc32(DATA))
    assert done == {"type": "done", "id": "1", "name": "a.csv"}
    assert browser.zone.path == str(tmp_path / "a.csv")
    assert browser.says("end", crc=zlib.crc32(DATA)) == done  # asked again, as the answer got lost


def test_what_is_wrong_is_said(browser, tmp_path):
    browser.says("begin", name="a.csv", size=99)
    assert "did not arrive whole" in browser.says("end", crc=0)["why"]
    assert browser.says("piece", memoryview(DATA), offset=0)["type"] == "refused"
    assert browser.zone.path == ""
    assert not list(tmp_path.iterdir())


def test_stopping_leaves_nothing(browser, tmp_path):
    browser.says("begin", name="a.csv", size=len(DATA))
    browser.says("stop")
    assert not list(tmp_path.iterdir())
    assert browser.says("piece", memoryview(DATA), offset=0)["type"] == "refused"


def test_the_file_picker_opens_what_came(tmp_path):
    picker = FilePicker(folder=tmp_path, background=Immediate())
    picker._bring.value = True
    browser = Browser(picker._bringing.zone)
    browser.brings()
    assert len(picker.table) == 2
    assert picker.path == str(tmp_path / "a.csv")
    assert picker._pick.value == picker.path
    picker.table = picker.table[:1]
    browser.brings(id="2")  # once more: opened once more
    assert len(picker.table) == 2


def test_a_page_that_cannot_draw_it_gets_a_plain_button(tmp_path):
    picker = FilePicker(folder=tmp_path, background=Immediate())  # at once, as if the time were over
    picker._bring.value = True
    place, button, said = picker._bringing.children
    assert place.layout.display == "none"
    file = {
        "name": "../a.csv",
        "type": "",
        "size": len(DATA),
        "content": memoryview(DATA),
        "last_modified": datetime.now(UTC),
    }
    button.set_trait("value", (file,))
    assert len(picker.table) == 2
    assert picker.path == str(tmp_path / "a.csv")
    assert button.value == ()
    button.set_trait("value", ({**file, "size": 99},))
    assert "did not arrive whole" in said.value
    button.set_trait("value", (file,))
    assert said.value.count("Up to 10 MB") == 1
    assert "arrive" not in said.value
    picker._bringing.zone.drawn = True
    assert picker._bringing.children == (place,)
    assert place.layout.display is None
