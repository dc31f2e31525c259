"""What changes while a page is being loaded shows in it all the same."""

from __future__ import annotations

from typing import Any

APP = "import tapwidget\napp = tapwidget.CrossMatch(service='demo')\napp"

# A page that is loaded asks the kernel for the state of its widgets. What changes between the answer and the moment
# when the page has made its models is lost to ipywidgets; so here something changes all the while.
CHANGE_THEN = """
import threading, time, ipywidgets

lines = [ipywidgets.HTML() for _ in range(40)]
app.children = (*app.children, *lines)
describe = ipywidgets.Widget._handle_control_comm_msg.__func__

def change():
    for number, line in enumerate(lines):
        line.value = f"line {number} came late"
        time.sleep(0.02)

def describe_then_change(cls, message):
    describe(cls, message)
    threading.Thread(target=change).start()

ipywidgets.Widget._handle_control_comm_msg = classmethod(describe_then_change)
"""


def test_what_changes_while_the_page_is_loaded_is_shown(lab: Any) -> None:
    notebook = lab.open_notebook([APP], height=1600)
    notebook.page.get_by_text("simulated sky", exact=True).first.wait_for()
    notebook.python(first=CHANGE_THEN)
    notebook.reload()
    notebook.wait_for_python("lines[-1].value")
    for number in range(40):
        notebook.page.locator(".tw-app").get_by_text(f"line {number} came late", exact=True).wait_for()
