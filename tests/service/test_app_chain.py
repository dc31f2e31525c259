"""The story of asteroids: a query on one service, its result cleaned up and matched with another, by mouse alone."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

import tapwidget
from tapwidget.actions.closest import closest, without_counterpart
from tapwidget.app import CrossMatch
from tapwidget.errors import MatchError
from tapwidget.match.spec import IdentifierMatch

SECONDS = 60
GAIA = (
    "SELECT TOP 1000 number_mp, denomination, num_observations, semi_major_axis, eccentricity FROM gaiadr3.sso_orbits "
    "WHERE num_observations > 100 ORDER BY number_mp"
)


def button(row: Any, text: str) -> Any:
    return next(box for box in row.children if getattr(box, "description", "") == text)


@pytest.fixture(scope="module")
def story(tap_url: str, until: Callable[..., None]) -> CrossMatch:
    """The app after the whole story."""
    app = CrossMatch(service=tap_url, target="dp1.MPCORB")
    until(app, lambda: app.form.service is not None, "the service")

    # Without a table of one's own: a query.
    assert not app.editor._edit.disabled
    app.editor._edit.value = True
    app.editor.adql = GAIA
    assert not app.run_button.disabled
    app.run_button.click()
    until(app, lambda: app.result is not None, "Gaia's orbits")
    app.editor._edit.value = False

    # Its result is the next table.
    button(app.shelf._list.children[0], "Use as my table").click()
    until(app, lambda: app.form.table is not None, "the result as table")

    # By identifier, cleaned up.
    form = app.match_form
    form._by.value = "identifier"
    form._mine.value = "denomination"
    form._theirs.value = "mpcDesignation"
    form.clean_up._add.value = "replace"
    form.clean_up._add.value = "upper"
    until(app, lambda: "mpcDesignation" in app.editor.adql and not app.run_button.disabled, "the query")
    app.run_button.click()
    until(app, lambda: len(app.runs.runs) == 2 and app.runs.runs[1].result is not None, "the match")
    return app


def test_the_result_of_a_run_is_listed_and_opened_as_a_table(story: CrossMatch) -> None:
    picker = story.file_picker
    chosen = next(label for label, value in picker._pick.options if value == picker._pick.value)
    assert chosen == "results   (result, 1,000 rows)"
    assert picker.table.meta["tapwidget"]["source"] == "results"
    assert picker.table.colnames == story.runs["results"].result.colnames


def test_the_preview_shows_what_the_rules_do(story: CrossMatch) -> None:
    shown = story.match_form.clean_up._preview.value
    first = str(story.form.table["denomination"][0])
    assert first in shown
    assert first.replace("_", " ").upper() in shown
    assert "identifiers change" in shown


def test_most_are_found_and_the_users_own_identifiers_stay(story: CrossMatch) -> None:
    result = story.runs["results_2"].result
    assert 500 < len(result) <= 1000
    mine = [str(name) for name in result["ut1_denomination"]]
    assert any("_" in name for name in mine)
    assert [name.replace("_", " ").upper() for name in mine] == [str(name) for name in result["mpcDesignation"]]
    assert result.colnames[0] == "ut1_number_mp"
    told = result.meta["tapwidget"]
    assert told["clean"] == [["replace", "_", " "], ["upper"]]
    assert any("cleaned up for the match (replace '_' by ' ', upper)" in change for change in told["changes"])


def test_a_result_of_a_match_can_be_matched_again(story: CrossMatch) -> None:
    """Names, masks and identifiers of a second round: ut1_ut1_... is legal, and exact."""
    service, first = story.form.service, story.runs["results_2"].result
    match = IdentifierMatch("dp1.MPCORB", on=("ssObjectId", "ssObjectId"), columns=["ssObjectId", "mpcDesignation"])
    again = service.submit(match, first).result(timeout=SECONDS)
    assert len(again) == len(first)
    assert again.colnames[: len(first.colnames)] == [f"ut1_{name}" for name in first.colnames]
    assert "ut1_ut1_denomination" in again.colnames
    order = np.argsort(np.asarray(first["ssObjectId"]))
    assert np.asarray(again["ut1_ssObjectId"])[np.argsort(np.asarray(again["ssObjectId"]))].tolist() == (
        np.asarray(first["ssObjectId"])[order].tolist()
    )
    for name in first.colnames:
        assert again[f"ut1_{name}"].dtype == first[name].dtype
    third = service.submit(match, again[:5]).result(timeout=SECONDS) if "ssObjectId" in again.colnames else None
    assert third is not None
    assert "ut1_ut1_ut1_denomination" in third.colnames


def test_the_closest_of_those_without_counterpart(story: CrossMatch) -> None:
    run = story.runs["results_2"]
    missing = without_counterpart(run.match, run.table, run.result)
    assert len(missing) + len(run.result) == 1000
    known = str(run.result["mpcDesignation"][0])
    wrong = known[:-1] + ("7" if known[-1] != "7" else "8")
    found = closest(run.service, run.match, [known.replace(" ", "-"), wrong.lower(), "nothing like that"])
    assert found[known.replace(" ", "-")][0] == known
    assert found[wrong.lower()]
    assert found["nothing like that"] == ()
    with pytest.raises(MatchError, match="only of texts"):
        closest(run.service, IdentifierMatch("dp1.MPCORB", on=("n", "ssObjectId")), ["1"])


def test_a_condition_that_the_next_table_cannot_have_is_an_error_beside_the_run_button(
    tap_url: str, until: Callable[..., None]
) -> None:
    table = Table({"ra": [37.9], "dec": [7.0], "r": [20.0]})
    app = CrossMatch(service=tap_url, target="dp1.Object", table=table)
    until(app, lambda: not app.run_button.disabled, "a query")
    app.match_form.constraints.constraints = [tapwidget.MagnitudeRange("r", low=17)]
    until(app, lambda: "17" in app.editor.adql, "the condition")
    assert app._run_line._problem.value == ""
    table.rename_column("r", "ut1_r")
    app.file_picker.take_result("results", table.copy())
    until(app, lambda: app.run_button.disabled and "no column" in app._run_line._problem.value, "an error")
    assert "tw-error" in app._run_line._problem.value
    assert "use ut1.ut1_r in its place, or drop the condition." in app._run_line._problem.value
    app.match_form.constraints._rows[0].drop_button.click()
    until(app, lambda: not app.run_button.disabled, "a query")
    assert app._run_line._problem.value == ""
    # What is only not chosen yet is no error.
    app.match_form.target_picker.target = ""
    app.form.target = ""
    until(app, lambda: app.run_button.disabled, "no query")
    assert app._run_line._problem.value == ""
    assert "target" in app.run_button.tooltip


def test_ignoring_case(tap_url: str, story: CrossMatch) -> None:
    service = tapwidget.connect(tap_url)
    run = story.runs["results_2"]
    match = IdentifierMatch(
        "dp1.MPCORB", on=("denomination", "mpcDesignation"), clean=[("replace", "_", " ")], ignore_case=True
    )
    assert "LOWER(o.mpcDesignation)" in match.adql(service, run.table)
    assert len(service.submit(match, run.table).result(timeout=SECONDS)) == len(run.result)


def test_the_cell_of_python_cleans_up_and_carries_as_the_match_does(
    tap_url: str, story: CrossMatch, tmp_path: Path
) -> None:
    service, table = tapwidget.connect(tap_url), story.runs["results"].result
    cleaned = IdentifierMatch(
        "dp1.MPCORB", on=("denomination", "mpcDesignation"), clean=[("replace", "_", " "), "upper", "unpack"]
    )
    numbers = IdentifierMatch("gaiadr3.sso_orbits", on=("number", "number_mp"), columns=["number_mp"])
    as_text = Table({"number": MaskedColumn([f" {n}" for n in table["number_mp"][:20]], mask=np.arange(20) % 5 == 0)})
    rng = np.random.default_rng(3)
    stars = Table({"ra": 37.86 + rng.uniform(-0.1, 0.1, 500), "dec": 6.98 + rng.uniform(-0.1, 0.1, 500)})
    stars["pmra"], stars["pmdec"] = np.where(np.arange(500) % 7, 400.0, np.nan), -300.0
    carried = tapwidget.SkyMatch(
        "dp1.Object", radius=4, columns=["objectId", "r_psfFlux"], epoch=tapwidget.Epoch(2016.0, 2024.9),
        where=[tapwidget.MagnitudeRange("r_psfFlux", high=25, side="target", unit="nJy")],
    )  # fmt: skip
    matches = [(cleaned, table), (numbers, as_text), (carried, stars)]
    cells = []
    for match, mine in matches:
        plain = Table(mine, copy=True)
        plain.meta.clear()
        cells.append((plain, match.python(service, plain)))
    # In a process of its own: pyvo leaves its connections open.
    (tmp_path / "cells").write_bytes(pickle.dumps(cells))
    subprocess.run([sys.executable, "-c", RUN_CELLS], cwd=tmp_path, check=True, timeout=SECONDS * 2)
    for (match, mine), theirs in zip(matches, pickle.loads((tmp_path / "results").read_bytes()), strict=True):
        ours = service.submit(match, mine).result(timeout=SECONDS)
        assert 10 < len(ours) == len(theirs)
        for name in ours.colnames:
            if name in theirs.colnames and ours[name].dtype.kind in "iuSU":
                assert ours[name].astype(str).tolist() == theirs[name].astype(str).tolist(), name


RUN_CELLS = """
import pickle
results = []
for table, cell in pickle.load(open("cells", "rb")):
    names = {"table": table}
    exec(cell, names)
    results.append(names["result"])
pickle.dump(results, open("results", "wb"))
"""
