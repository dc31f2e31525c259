"""What the app shows as Python: also for a query of one's own; as a text, and below the cell that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import IPython
import pytest
from astropy.table import Table

from tapwidget.app import CrossMatch
from tapwidget.errors import MatchError
from tapwidget.simulation import user_table

pytestmark = pytest.mark.usefixtures("left_to_the_collector")
OWN = """\
SELECT ut1.tw_row, ut1.objid, o.objectId
FROM TAP_UPLOAD.ut1 JOIN dp1.Object AS o
ON DISTANCE(POINT(ut1.ra, ut1.dec), POINT(o.coord_ra, o.coord_dec)) < 0.0001
WHERE ut1.r > 17 AND 'é"' = 'é"'"""


@pytest.fixture(scope="module")
def app(tap_url: str, tmp_path_factory: pytest.TempPathFactory, until: Callable[..., None]) -> CrossMatch:
    """An app with a query written by hand, and its result."""
    app = CrossMatch(service=tap_url, table=user_table.csv(tmp_path_factory.mktemp("csv")))
    until(app, lambda: not app.run_button.disabled, "a query")
    app.editor.editing = True
    app.editor.adql = OWN
    app.run()
    until(app, lambda: app.result is not None, "the answer")
    return app


def rows(table: Any) -> list[tuple[int, ...]]:
    return sorted(zip(*(table[name].tolist() for name in ("tw_row", "objid", "objectId")), strict=True))


@pytest.mark.parametrize("form", ["pyvo", "tapwidget"])
def test_a_query_of_ones_own_gives_the_same_rows(app: CrossMatch, form: str) -> None:
    code = app.python(form)
    names: dict[str, Any] = {}
    exec(compile(code, "cell", "exec"), names)
    assert names["query"] == app.editor.adql
    assert len(names["result"]) > 100
    assert rows(names["result"]) == rows(app.result)
    assert ("pyvo" in code, "tapwidget.connect" in code) == (form == "pyvo", form == "tapwidget")


def test_the_panel_shows_it_and_hides_it_when_another_key_is_pressed(
    app: CrossMatch, until: Callable[..., None]
) -> None:
    assert not app.copy_button.disabled
    app.copy_button.click()
    until(app, lambda: "query = " in app._python.value, "the Python")
    assert "app.insert_python()" in app._python._hint.value
    before = app.editor.adql
    app.editor.adql = before + " "
    assert (app._python.value, app.copy_button.description) == ("", "Show as Python")
    app.editor.adql = before
    app.editor.editing = False
    assert "SkyMatch" in app.python("tapwidget")
    app.editor.editing = True
    app.editor.adql = before


def test_it_goes_below_the_cell_that_asks_for_it(app: CrossMatch, monkeypatch: pytest.MonkeyPatch) -> None:
    cells: list[str] = []

    class Shell:
        set_next_input = staticmethod(cells.append)

    monkeypatch.setattr(IPython, "get_ipython", Shell)
    app.insert_python("tapwidget")
    app._python.form.value = "tapwidget"
    app.insert_python()  # as the panel shows it
    assert cells == [app.python("tapwidget")] * 2
    app._python.form.value = "pyvo"
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    with pytest.raises(MatchError, match=r"no notebook.*app\.python\(\)"):
        app.insert_python()
    with pytest.raises(MatchError, match="'R': choose one of pyvo, tapwidget"):
        app.python("R")


def test_a_query_without_a_table(tap_url: str, until: Callable[..., None]) -> None:
    app = CrossMatch(service=tap_url)
    until(app, lambda: app.form.service is not None, "the service")
    with pytest.raises(MatchError, match="your table"):
        app.python()
    app.editor.editing = True
    app.editor.adql = "SELECT TOP 3 objectId FROM dp1.Object"
    for form in ("pyvo", "tapwidget"):
        names: dict[str, Any] = {}
        exec(compile(app.python(form), "cell", "exec"), names)
        assert isinstance(names["result"], Table)
        assert len(names["result"]) == 3
