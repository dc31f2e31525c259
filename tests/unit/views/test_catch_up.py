"""What a page that was restored is sent: everything below the widgets that are kept, each once."""

from __future__ import annotations

import threading
from typing import Any

import ipywidgets
import pytest

from tapwidget.actions.background import Background
from tapwidget.views.catch_up import CatchUp, below
from tapwidget.views.shared import shared


def test_all_that_a_widget_leads_to_comes_once() -> None:
    twice = ipywidgets.HTML("twice")
    box = ipywidgets.VBox([ipywidgets.HBox([twice]), twice, ipywidgets.Tab([ipywidgets.Text()])])
    found = list(below(box, set()))
    assert {box, twice, box.layout, twice.layout, twice.style} <= set(found)
    assert any(isinstance(widget, ipywidgets.Text) for widget in found)
    assert len(found) == len(set(found))


def test_what_was_seen_or_closed_is_left_out() -> None:
    known, closed = ipywidgets.HTML(), ipywidgets.HTML()
    box = ipywidgets.VBox([known, closed])
    closed.close()
    assert {known, closed}.isdisjoint(below(box, {known.model_id}))
    box.close()  # older ipywidgets cannot describe one that shows what is closed


def test_what_never_changes_is_left_out() -> None:
    looks = shared(ipywidgets.Layout, width="84px")
    assert looks not in below(ipywidgets.HTML(layout=looks), set())


def test_a_restored_page_is_sent_the_state_under_the_lock_that_guards_it(monkeypatch: pytest.MonkeyPatch) -> None:
    line, sent, done = ipywidgets.HTML("old"), [], threading.Event()
    background, catch_up = Background(), CatchUp()
    box = ipywidgets.VBox([line])
    catch_up.keep(box, background)

    def send_state(widget: ipywidgets.Widget, key: Any = None) -> None:
        del key
        if widget is line:
            sent.append(line.value)
            done.set()

    monkeypatch.setattr(ipywidgets.Widget, "send_state", send_state)
    with background.lock:
        catch_up._received(catch_up, {"type": "restored"}, [])
        line.value = "new"
    assert done.wait(30)
    assert sent == ["new"]
    catch_up.close()


def test_other_messages_send_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    catch_up = CatchUp()
    monkeypatch.setattr(catch_up, "_send_all", lambda: pytest.fail("sent"))
    catch_up._received(catch_up, {"type": "hello"}, [])
    catch_up.close()
