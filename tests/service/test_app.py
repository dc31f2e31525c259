"""The whole app without a browser: real threads, a real service, two apps beside each other, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from astropy import units as u
from astropy.table import Table

from tapwidget.app import CrossMatch
from tapwidget.errors import MatchError
from tapwidget.match.constraints import MagnitudeDifference, MagnitudeRange
from tapwidget.simulation import user_table

SECONDS = 120


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("csv"))


@pytest.fixture
def app(tap_url: str, csv: Path, until: Callable[..., None]) -> CrossMatch:
    app = CrossMatch(service=tap_url, table=csv)
    until(app, lambda: not app.run_button.disabled, "a query")
    return app


def test_run_constrain_and_run_again(app: CrossMatch, until: Callable[..., None]) -> None:
    assert app.form.target == "dp1.Object"
    app.run_button.click()
    until(app, lambda: app.result is not None, "the first result")
    first = app.runs["results"].result
    assert first["objectId"].dtype == "int64"
    assert first["separation"].unit == u.arcsec
    assert app.status.phase == "COMPLETED"
    app.match_form.constraints.constraints = [MagnitudeRange("r", low=17), MagnitudeDifference("r", "r_cModelMag", 0.1)]
    until(app, lambda: "ABS(ut1.r - r_cModelMag) < 0.1" in app.editor.adql, "the new query")
    app.run_button.click()
    until(app, lambda: len(app.runs.runs) == 2 and app.runs.runs[1].result is not None, "the second result")
    second = app.runs["results_2"].result
    assert app.result is second
    assert 0 < len(second) < len(first)
    labels = ["ut1, r", "results, r_cModelMag", "results_2, r_cModelMag"]
    until(app, lambda: [series.label for series in app.results.histogram.series] == labels, "the histogram")
    app.results.histogram.interval = (18.0, 18.5)
    until(app, lambda: len(app.results.table.selected_rows) > 0, "the brushed rows")
    rows = list(app.results.table.selected_rows)
    assert len(rows) < len(second)
    assert all(18.0 <= value <= 18.5 for value in second["r_cModelMag"][rows])
    compared = app.shelf.comparison
    until(app, lambda: compared.comparison is not None, "the comparison of the two")
    lost = set(first["ut1_objid"].tolist()) - set(second["ut1_objid"].tolist())
    assert (compared.comparison.mine.lost, compared.comparison.mine.gained) == (len(lost), 0)
    compared.buttons["lost"].click()
    assert app.result is first
    assert set(first["ut1_objid"][list(app.results.table.selected_rows)].tolist()) == lost


def test_the_job_says_what_a_cut_makes_doubtful(app: CrossMatch, until: Callable[..., None]) -> None:
    app.form.unmatched = "only"
    until(app, lambda: app.editor.adql, "a query")
    app.run()
    until(app, lambda: app.result is not None, "the result")
    assert app.status.message == f"results: {len(app.result):,} rows"
    with app.background.lock:
        app.runs["results"].result = app.result[:0]
    until(app, lambda: "0 rows. Each of your rows has a counterpart." in app.status.message, "what no rows mean")
    cut = app.result.copy()
    cut.meta["overflow"] = True
    with app.background.lock:
        app.runs["results"].result = cut
    until(app, lambda: "Result cut at" in app.status.message, "a word about the cut")
    assert "The rows listed here as unmatched may have a counterpart beyond the cut." in app.status.message


def test_the_match_as_python_is_shown_and_hidden(app: CrossMatch, until: Callable[..., None]) -> None:
    app.copy_button.click()
    until(app, lambda: "pyvo.dal.TAPService" in app._python.value, "the Python")
    assert app.copy_button.description == "Hide Python"
    app.copy_button.click()
    assert app._python.value == ""
    app.copy_button.click()
    until(app, lambda: app._python.value, "the Python again")
    app._python.form.value = "tapwidget"
    until(app, lambda: "tapwidget.SkyMatch(" in app._python.value, "the short form")
    names: dict[str, Any] = {}
    exec(app._python._copy.value, names)
    assert names["match"] == app.form.match()
    assert len(names["result"]) > 0
    app.match_form.radius.radius = 2.0  # what is shown would no longer be true
    assert (app._python.value, app.copy_button.description) == ("", "Show as Python")


def test_two_apps_do_not_disturb_each_other(
    app: CrossMatch, tap_url: str, csv: Path, until: Callable[..., None]
) -> None:
    other = CrossMatch(service=tap_url, table=csv)
    until(other, lambda: not other.run_button.disabled, "a query")
    other.match_form.radius.radius = 0.2
    until(other, lambda: "0.00005555" in other.editor.adql, "the smaller radius")
    app.run()
    other.run()
    until(app, lambda: app.result is not None, "the first app's result")
    until(other, lambda: other.result is not None, "the second app's result")
    assert len(other.result) < len(app.result)
    assert app.match_form.radius.radius == 1.0
    assert len(app.runs.runs) == len(other.runs.runs) == 1


def test_adql_written_by_hand_runs_over_the_whole_table(app: CrossMatch, until: Callable[..., None]) -> None:
    app.editor.editing = True
    app.editor._plain.value = "SELECT COUNT(*) AS n, MIN(ut1.run) AS run FROM TAP_UPLOAD.ut1 AS ut1"
    app.run()
    until(app, lambda: app.result is not None, "the result")
    assert app.result["n"].tolist() == [len(app.form.table)]
    assert app.result["run"].tolist() == [app.form.table["run"].min()]


def test_the_editor_knows_the_columns_of_the_upload(app: CrossMatch, until: Callable[..., None]) -> None:
    app.editor.editing = True
    app.editor._plain.value = "SELECT ut1.run, ut1.rum FROM TAP_UPLOAD.ut1 AS ut1 JOIN dp1.Object ON 1 = 1"
    until(app, lambda: [problem.text for problem in app.editor._colours.found] == [
        "TAP_UPLOAD.ut1 has no rum; did you mean run?"], "what is wrong")  # fmt: skip
    app.file_picker.table = Table({"ra": [37.8], "dec": [6.9], "rum": [1]})
    until(app, lambda: [problem.text for problem in app.editor._colours.found] == [
        "TAP_UPLOAD.ut1 has no run; did you mean rum?"], "what is wrong with another table")  # fmt: skip


def test_what_the_service_says_of_a_bad_query_is_shown_and_nothing_is_lost(
    app: CrossMatch, until: Callable[..., None]
) -> None:
    app.editor.editing = True
    wrong = "SELECT objectIdd FROM dp1.Object"
    app.editor._plain.value = wrong
    app.run()
    until(app, lambda: app.runs.runs[0].error, "the error")
    assert "objectIdd" in app.status.message
    assert app.status.is_error
    assert app.editor.adql == wrong
    app.editor.editing = False
    app.run()
    until(app, lambda: app.result is not None, "a result after the error")


def test_a_job_can_be_aborted(app: CrossMatch, until: Callable[..., None]) -> None:
    app.editor.editing = True
    app.editor._plain.value = (
        "SELECT COUNT(*) FROM dp1.Object AS a, dp1.Object AS b WHERE a.r_cModelMag * b.g_cModelMag > a.i_cModelMag"
    )
    app.run()
    until(app, lambda: not app.status.abort_button.disabled, "a running job")
    app.status.abort_button.click()
    until(app, lambda: app.status.phase == "ABORTED", "the abort")
    assert app.result is None


def test_a_service_that_is_down_is_said(csv: Path, until: Callable[..., None]) -> None:
    app = CrossMatch(service="http://127.0.0.1:9/tap", table=csv)
    until(app, lambda: "127.0.0.1:9" in app.service_picker._hint.value, "a word about the service")
    until(app, lambda: "Choose a service" in app.editor.problem, "what to do")
    assert app.run_button.disabled
    until(app, lambda: app.form.table is not None, "the table all the same")


def test_a_target_that_is_not_there_leaves_the_choice_open(tap_url: str, csv: Path, until: Callable[..., None]) -> None:
    app = CrossMatch(service=tap_url, table=csv, target="dp9.Object")
    until(app, lambda: app.form.service is not None and app.form.table is not None, "service and table")
    until(app, lambda: "target" in app.editor.problem, "a word about the target")
    assert app.run_button.disabled


def test_a_file_that_is_no_table_is_said(tap_url: str, tmp_path: Path, until: Callable[..., None]) -> None:
    page = tmp_path / "page.csv"
    page.write_text("<html><body>You have been logged out</body></html>")
    app = CrossMatch(service=tap_url, table=page)
    until(app, lambda: app.form.service is not None, "the service")
    until(
        app, lambda: "page.csv" in app.file_picker.message and "web page" in app.file_picker.message, "a word about it"
    )
    with pytest.raises(MatchError, match="table"):
        app.run()


def test_a_match_that_finds_nothing_says_what_to_look_at(tap_url: str, until: Callable[..., None]) -> None:
    hours = Table({"id": [1, 2], "ra": [2.524, 2.5241], "dec": [6.98, 6.97]})  # in hours, and nothing says so
    app = CrossMatch(service=tap_url, table=hours)
    until(app, lambda: not app.run_button.disabled, "a query")
    app.run()
    until(app, lambda: app.result is not None, "the empty result")
    assert len(app.result) == 0
    assert "0 rows" in app.status.message
    assert "in degrees" in app.status.message
    assert not app.status.is_error


def test_a_table_without_positions_can_be_matched_by_identifier(tap_url: str, until: Callable[..., None]) -> None:
    table = Table({"name": ["2000 VC34", "nobody"]})
    app = CrossMatch(service=tap_url, table=table, target="dp1.MPCORB")
    until(app, lambda: "Choose the position columns" in app.editor.problem, "a word about the position")
    app.form.by = "identifier"
    app.match_form._mine.value = "name"
    until(app, lambda: app.form.on == ("name", "mpcDesignation"), "the identifier columns")
    until(app, lambda: not app.run_button.disabled, "a query")
    app.run()
    until(app, lambda: app.result is not None, "the result")
    assert set(app.result["mpcDesignation"]) <= {"2000 VC34"}
