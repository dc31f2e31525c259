"""The set-up of an app saved and opened: in another kernel, without its file, without its service, elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table

from tapwidget.app import CrossMatch
from tapwidget.errors import SetUpError
from tapwidget.match.constraints import MagnitudeDifference, MagnitudeRange
from tapwidget.match.radius import PositionErrors
from tapwidget.simulation import user_table
from tapwidget.views.looks import looks_of

SECONDS = 60


def said(app: CrossMatch) -> str:
    """What the line of the set-up tells."""
    return app.set_up._said.value


@pytest.fixture
def restored(until: Callable[..., None]) -> Callable[[CrossMatch], None]:
    """Waits until an app has all that its set-up has."""
    return lambda app: until(app, lambda: "is restored" in said(app), "the set-up")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("first")
    user_table.csv(place)
    return place


@pytest.fixture(scope="module")
def app(tap_url: str, folder: Path, until: Callable[..., None]) -> CrossMatch:
    """An app with all that can be chosen, a run, and a query that was written by hand once."""
    app = CrossMatch(service=tap_url, table=folder / "sdss.csv")
    until(app, lambda: not app.run_button.disabled, "a query")
    app.match_form.target_picker.columns = ("objectId", "coord_ra", "coord_dec", "r_cModelMag", "refExtendedness")
    app.form.radius = 0.0002 * u.deg
    app.form.find, app.form.neighbours, app.form.unmatched = "nearest", 2, "keep"
    app.match_form.constraints.constraints = [
        MagnitudeRange("r", low=17), MagnitudeDifference("r", "r_cModelMag", 0.5), "ut1.g > 10",
    ]  # fmt: skip
    app.file_picker.role_picker.choose("ra", "dec")
    app.form.shift = (0.01, -0.02)
    until(app, lambda: "ut1.g > 10" in app.editor.adql, "the query of all this")
    app.editor.editing = True
    app.editor.adql = "SELECT TOP 3 objectId FROM dp1.Object"
    app.run()
    until(app, lambda: app.result is not None, "the answer to a query")
    app.editor.editing = False
    until(app, lambda: "ut1.g > 10" in app.editor.adql, "the form's query again")
    app.run()
    until(app, lambda: len(app.runs.runs) == 2 and app.runs.runs[1].result is not None, "the match")
    app.runs.rename(app.runs.runs[1], "bright")
    app.runs.runs[0].visible = False
    until(app, lambda: len(app.results.histogram.series) == 2, "the histogram of the match")
    with app.background.lock:
        app.results.choice.yours = "g"
    until(app, lambda: app.results.histogram.series[0].label == "ut1, g", "another column")
    app.results.histogram.logarithmic, app.results.histogram.interval = True, (18.0, 19.5)
    until(app, lambda: app.results.table.selected_rows, "the rows of the interval")
    app.results.table.columns = ("ut1_r", "objectId", "separation")
    app.results.table.arrange([("separation", "descending")], {"ut1_r": "17.5..20"})
    return app


@pytest.fixture(scope="module")
def file(app: CrossMatch, folder: Path) -> Path:
    return app.save(folder / "set-up.json")


def same_form(one: CrossMatch, other: CrossMatch) -> None:
    names = ("target", "columns", "by", "find", "neighbours", "unmatched", "shift", "where", "ra", "dec", "clean")
    for name in names:
        assert getattr(one.form, name) == getattr(other.form, name), name
    assert one.form.radius == other.form.radius
    assert one.form.radius.unit == other.form.radius.unit


def test_all_that_was_chosen_is_there_again_and_so_are_the_results(
    app: CrossMatch, file: Path, restored: Callable[[CrossMatch], None], until: Callable[..., None]
) -> None:
    again = CrossMatch.load(file)
    assert [run.name for run in again.runs.runs] == ["results", "bright"]
    restored(again)
    same_form(app, again)
    until(again, lambda: again.editor.adql == app.editor.adql, "the same query")
    assert again.editor.own == "SELECT TOP 3 objectId FROM dp1.Object"
    assert [run.visible for run in again.runs.runs] == [False, True]
    assert again.runs.current is again.runs["bright"]
    assert "tw-warning" not in said(again)
    mine, theirs = app.runs["bright"].result, again.runs["bright"].result
    assert mine.colnames == theirs.colnames
    assert np.ma.allequal(mine["ut1_objid"], theirs["ut1_objid"])
    assert np.array_equal(np.ma.getmaskarray(mine["objectId"]), np.ma.getmaskarray(theirs["objectId"]))
    until(again, lambda: again.runs["bright"].table is again.form.table, "the table that the run was made with")
    assert looks_of(again.results) == looks_of(app.results)
    assert 0 < len(again.results.table.rows_shown) < len(theirs)
    assert np.array_equal(again.results.table.rows_shown, app.results.table.rows_shown)
    until(again, lambda: again.results.table.selected_rows, "the rows of the interval")
    assert list(again.results.table.selected_rows) == list(app.results.table.selected_rows)
    again.run()  # and goes on
    until(again, lambda: len(again.runs.runs) == 3 and again.runs.runs[2].result is not None, "another match")
    assert len(again.result) == len(mine)


def test_a_fresh_process_with_a_disk_of_its_own_gets_the_whole_result(
    app: CrossMatch, file: Path, tmp_path: Path
) -> None:
    """Elsewhere: no ledger, and the table lies beside the set-up instead of where it was."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    content = json.loads(file.read_text())
    for table in (content["table"], content["runs"][1]["table"]):
        table["path"] = str(tmp_path / "gone" / "sdss.csv")
    (elsewhere / "set-up.json").write_text(json.dumps(content))
    shutil.copy(file.parent / "sdss.csv", elsewhere)
    code = f"""
import sys, time
from tapwidget.app import CrossMatch
app = CrossMatch.load({str(elsewhere / "set-up.json")!r})
end = time.monotonic() + {SECONDS}
while time.monotonic() < end and "is restored" not in app.set_up._said.value:
    time.sleep(0.05)
run = app.runs["bright"]
assert run.result is not None, app.set_up._said.value
print(len(run.result), int(run.result["ut1_objid"][0]), int(run.result["objectId"].count()), app.form.radius)
print("warning" if "tw-warning" in app.set_up._said.value else "fine")
"""
    environment = {**os.environ, "TAPWIDGET_DATA_DIR": str(tmp_path / "data")}
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=2 * SECONDS, env=environment, check=False
    )
    result = app.runs["bright"].result
    expected = f"{len(result)} {int(result['ut1_objid'][0])} {int(result['objectId'].count())} 0.0002 deg\nfine\n"
    assert answer.stdout == expected, answer.stderr


def test_without_its_file_the_rest_is_restored_and_follows_when_the_table_is_chosen(
    app: CrossMatch, file: Path, tmp_path: Path, restored: Callable[[CrossMatch], None], until: Callable[..., None]
) -> None:
    content = json.loads(file.read_text())
    content["table"] |= {"path": str(tmp_path / "gone.csv"), "fingerprint": "0" * 64}
    content["choices"]["radius"] = {
        "kind": "PositionErrors", "k": 3.0, "mine": ["raErr"], "theirs": ["refExtendedness"], "limit": 2.0,
        "unit": "arcsec", "their_unit": "deg",
    }  # fmt: skip
    (tmp_path / "set-up.json").write_text(json.dumps(content))
    again = CrossMatch.load(tmp_path / "set-up.json")
    until(again, lambda: "gone.csv is not here any more" in said(again), "a word about the table")
    until(again, lambda: again.form.columns == app.form.columns, "the columns")
    until(again, lambda: again.runs["bright"].result is not None, "the run")
    until(again, lambda: again.form.where == app.form.where, "the constraints")
    assert "for the radius" in said(again)
    table = Table(app.form.table, copy=True)
    table["raErr"] = 0.1
    again.file_picker.choose(table)
    restored(again)
    assert again.form.radius == PositionErrors(3.0, ("raErr",), ("refExtendedness",), 2.0, "arcsec", "deg")
    assert again.form.shift == app.form.shift
    until(again, lambda: "not what it was" in said(again), "that it is another table")


def test_looks_that_do_not_fit_are_skipped_and_said(
    app: CrossMatch, file: Path, tmp_path: Path, restored: Callable[[CrossMatch], None]
) -> None:
    content = json.loads(file.read_text())
    content["looks"] |= {"colours": "pink", "filters": {"gone": "1", "ut1_r": "17.5..20"}}
    (tmp_path / "set-up.json").write_text(json.dumps(content))
    again = CrossMatch.load(tmp_path / "set-up.json", table=app.form.table)
    restored(again)
    assert "colours cannot be &#x27;pink&#x27;" in said(again)
    assert "no column gone" in said(again)
    assert again.results.table.arrangement == app.results.table.arrangement
    del content["looks"]
    (tmp_path / "older.json").write_text(json.dumps(content))
    older = CrossMatch.load(tmp_path / "older.json", table=app.form.table)
    restored(older)
    assert "tw-warning" not in said(older)
    assert older.results.table.columns == ()


def test_without_its_service_it_goes_on_when_another_one_is_chosen(
    app: CrossMatch, file: Path, tmp_path: Path, restored: Callable[[CrossMatch], None], until: Callable[..., None]
) -> None:
    content = json.loads(file.read_text()) | {"service": "http://127.0.0.1:9/tap"}
    (tmp_path / "set-up.json").write_text(json.dumps(content))
    again = CrossMatch.load(tmp_path / "set-up.json")
    until(again, lambda: "127.0.0.1:9" in again.service_picker._hint.value, "a word about the service")
    until(again, lambda: again.form.table is not None, "the table all the same")
    assert "waiting for the service" in said(again)
    assert again.form.find == "nearest"
    again.service_picker.choose(app.form.service.url)
    restored(again)
    same_form(app, again)


def test_a_job_that_is_gone_is_said_and_the_others_are_fetched(
    app: CrossMatch, file: Path, tmp_path: Path, restored: Callable[[CrossMatch], None]
) -> None:
    content = json.loads(file.read_text())
    content["runs"][0]["job"] += "0"
    (tmp_path / "set-up.json").write_text(json.dumps(content))
    again = CrossMatch.load(tmp_path / "set-up.json", table=app.form.table)
    restored(again)
    assert again.runs["results"].error
    assert again.runs["bright"].result is not None
    assert "results: " in said(again)


def test_a_table_that_was_the_result_of_a_run_and_one_that_was_in_memory(
    tap_url: str, tmp_path: Path, restored: Callable[[CrossMatch], None], until: Callable[..., None]
) -> None:
    first = CrossMatch(service=tap_url, table=Table({"ra": [37.86], "dec": [6.98]}))
    until(first, lambda: not first.run_button.disabled, "a query")
    in_memory = first.save(tmp_path / "memory.json")
    first.editor.editing = True
    first.editor.adql = "SELECT TOP 5 coord_ra, coord_dec FROM dp1.Object"
    first.run()
    until(first, lambda: first.result is not None, "the answer")
    first.file_picker.take_result("results", first.result)
    until(first, lambda: first.form.table is not None and len(first.form.table) == 5, "the answer as table")
    again = CrossMatch.load(first.save(tmp_path / "result.json"))
    restored(again)
    assert again.file_picker.result == "results"
    assert len(again.form.table) == 5
    again = CrossMatch.load(in_memory)
    until(again, lambda: "in the memory of another kernel" in said(again), "what became of the table")


def test_an_address_that_would_get_the_token_is_not_asked(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    monkeypatch.setenv("TAPWIDGET_TOKEN", "secret-token")
    again = CrossMatch.load(file)
    until(again, lambda: again.form.table is not None, "the table")
    assert "would get the token" in said(again)
    assert again.service_picker._asked is None
    assert "secret-token" not in again.save(tmp_path / "again.json").read_text()


def test_other_files_are_neither_read_nor_overwritten(app: CrossMatch, folder: Path, file: Path) -> None:
    before = (folder / "sdss.csv").read_bytes()
    with pytest.raises(SetUpError, match=r"sdss\.csv is there already"):
        app.save(folder / "sdss.csv")
    assert (folder / "sdss.csv").read_bytes() == before
    with pytest.raises(SetUpError, match="JSON"):
        CrossMatch.load(folder / "sdss.csv")
    with pytest.raises(SetUpError, match="cannot be read"):
        CrossMatch.load(folder / "nothing.json")
    assert app.save(file) == file  # its own may be


def test_by_mouse(
    app: CrossMatch, tmp_path: Path, restored: Callable[[CrossMatch], None], until: Callable[..., None]
) -> None:
    panel = app.set_up
    panel.path.value = str(tmp_path / "mine.json")
    panel.save_button.click()
    until(app, lambda: "Saved to" in said(app), "the file")
    app.form.find = "all"
    panel.open_button.click()
    until(app, lambda: app.form.find == "nearest", "what was chosen")
    restored(app)
    assert [run.name for run in app.runs.runs] == ["results", "bright"]  # they were there already
