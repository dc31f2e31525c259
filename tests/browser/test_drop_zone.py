"""DropZone in a real JupyterLab: a file larger than one message may be, chosen and dropped."""

from __future__ import annotations

import hashlib
import random

import pytest
from playwright.sync_api import expect

MB = 1_000_000


@pytest.fixture(scope="module")
def notebook(lab):
    notebook = lab.open_notebook(["from tapwidget.views.drop_zone import DropZone\nzone = DropZone()\nzone"], keep=True)
    yield notebook
    lab.close(notebook)


def test_a_file_of_25_mb_arrives_whole(notebook, tmp_path):
    data = random.Random(1).randbytes(25 * MB)
    (tmp_path / "large.fits").write_bytes(data)
    page = notebook.page
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").press("Enter")
    chooser.value.set_files(tmp_path / "large.fits")
    expect(page.get_by_text("large.fits is here (25.0 MB).")).to_be_visible()
    digest = notebook.python("hashlib.sha256(open(zone.path, 'rb').read()).hexdigest()", first="import hashlib")
    assert digest == hashlib.sha256(data).hexdigest()


def test_a_dropped_file_arrives(notebook):
    zone = notebook.page.locator(".twd-zone")
    dropped = notebook.page.evaluate_handle(
        """() => {
            const dropped = new DataTransfer();
            dropped.items.add(new File(["ra,dec\\n1,2\\n"], "<b>mine.csv"));
            return dropped;
        }"""
    )
    zone.dispatch_event("dragenter", {"dataTransfer": dropped})
    zone.dispatch_event("drop", {"dataTransfer": dropped})
    expect(notebook.page.get_by_text("<b>mine.csv is here (0.0 MB).")).to_be_visible()
    assert notebook.python("open(zone.path).read()") == "ra,dec\n1,2\n"
