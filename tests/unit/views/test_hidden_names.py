"""Widgets of ours give no attribute a private name of ipywidgets', which would hide what that needs (`_compare`)."""

from __future__ import annotations

import ast
from pathlib import Path

import anywidget
import ipywidgets

import tapwidget

PACKAGE = Path(tapwidget.__file__).parent
THEIRS = {
    name
    for base in (ipywidgets.VBox, ipywidgets.HTML, anywidget.AnyWidget)
    for name in dir(base)
    if name.startswith("_") and not name.startswith("__")
}
TO_BE_GIVEN = {"_esm", "_css"}


def names_given(source: str) -> set[str]:
    """Attributes set on `self`, and methods."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found


def test_no_private_name_of_ipywidgets_is_hidden() -> None:
    assert "_compare" in THEIRS & names_given("self._compare = 1")
    for path in (PACKAGE / "app.py", *(PACKAGE / "views").glob("*.py")):
        hidden = names_given(path.read_text(encoding="utf-8")) & THEIRS - TO_BE_GIVEN
        assert not hidden, f"{path.name} hides {hidden} of ipywidgets"
