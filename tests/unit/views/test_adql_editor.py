"""The query follows the form until somebody edits it, and does again after that."""

from tapwidget.views.adql_editor import AdqlEditor


def test_it_shows_what_the_form_makes() -> None:
    editor = AdqlEditor()
    editor.generated = "SELECT 1"
    assert editor.adql == "SELECT 1"
    assert "SELECT 1" in editor._shown.value


def test_an_edit_is_not_lost_when_the_form_changes() -> None:
    editor = AdqlEditor("SELECT 1")
    editor.editing = True
    editor._text.value = "SELECT 2"
    editor.generated = "SELECT 3"
    assert editor.adql == "SELECT 2"
    editor.editing = False
    assert editor.adql == "SELECT 3"


def test_why_there_is_no_query_is_said_in_its_place() -> None:
    editor = AdqlEditor()
    editor.problem = "Choose a service first."
    assert "Choose a service first." in editor._shown.value
    assert editor.adql == ""


def test_text_never_becomes_markup() -> None:
    editor = AdqlEditor("SELECT '<img src=x onerror=alert(1)>'")
    assert "<img" not in editor._shown.value
    assert "&lt;img" in editor._shown.value
