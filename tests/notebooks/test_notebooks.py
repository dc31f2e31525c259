"""Every notebook runs from top to bottom, offline, and its named outputs are what astropy and numpy count."""

import ast
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.io import ascii as ascii_tables
from nbclient import NotebookClient

from tapwidget.simulation import sky, user_table

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def execute(notebook: Path, folder: Path, expression: str) -> Any:
    """Run the notebook in `folder`, then evaluate `expression` in its kernel; the value must be a Python literal."""
    cells = nbformat.read(notebook, as_version=4)
    cells.cells.append(nbformat.v4.new_code_cell(f"print(repr({expression}))"))
    client = NotebookClient(cells, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute()
    return ast.literal_eval(cells.cells[-1].outputs[0].text)


def pairs(user: Any, target: Any, radius: u.Quantity) -> tuple[np.ndarray, np.ndarray]:
    mine = SkyCoord(user["ra"], user["dec"], unit="deg")
    theirs = SkyCoord(target["coord_ra"], target["coord_dec"], unit="deg")
    rows, objects, *_ = search_around_sky(mine, theirs, radius)
    return rows, objects


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the tutorial's steps give, counted without tapwidget's matching."""
    paths = sky.make()
    csv = user_table.csv(tmp_path_factory.mktemp("csv"))
    user = ascii_tables.read(str(csv), format="csv", comment="#", fill_values=[("null", "0"), ("-9999", "0")])
    target = pq.read_table(paths["dp1.Object"], columns=["objectId", "coord_ra", "coord_dec", "r_cModelMag"])
    target = {name: target[name].to_numpy() for name in target.column_names}
    rows, objects = pairs(user, target, 1 * u.arcsec)
    mine = np.ma.filled(np.ma.asarray(user["r"][rows], dtype=float), np.nan)
    theirs = target["r_cModelMag"][objects].astype(float)
    kept = (mine > 17) & (np.abs(mine - theirs) < 0.1)
    edges = np.arange(40) / 2 + 7.5
    everyone = np.ma.filled(np.ma.asarray(user["r"], dtype=float), np.nan)
    series = [everyone, theirs, theirs[kept]]
    return {
        "lengths": (len(user), len(rows), int(kept.sum())),
        "ids": sorted(zip(user["objid"][rows].tolist(), target["objectId"][objects].tolist(), strict=True)),
        "counts": [np.histogram(values[np.isfinite(values)], edges)[0].tolist() for values in series],
        "by_hand": len(pairs(user, target, 0.00027 * u.deg)[0]),
    }


def test_the_tutorial(tmp_path: Path, truth: dict[str, Any]) -> None:
    user_table.csv(tmp_path)
    named = execute(
        NOTEBOOKS / "01_tutorial.ipynb",
        tmp_path,
        """{
            "lengths": (len(user), len(results), len(results_2)),
            "ids": sorted(zip(results["ut1_objid"].tolist(), results["objectId"].tolist())),
            "separation": (float(results["separation"].max()), str(results["separation"].unit)),
            "unit": str(results["r_cModelMag"].unit),
            "labels": [text.get_text() for text in figure.axes[0].get_legend().get_texts()],
            "by_hand": len(by_hand),
            "asteroids": (len(asteroids), len(matched)),
            "equal": all(a == b for a, b in zip(matched["ut2_mpc_designation"], matched["mpcDesignation"])),
            "app": type(app).__name__,
        }""",
    )
    assert named["lengths"] == truth["lengths"]
    assert named["ids"] == truth["ids"]
    assert named["by_hand"] == truth["by_hand"]
    largest, unit = named["separation"]
    assert unit == "arcsec"
    assert 0.9 < largest < 1.0
    assert named["unit"] == "mag"
    assert sorted(named["labels"]) == ["results, r_cModelMag", "results_2, r_cModelMag", "ut1, r"]
    asteroids, matched = named["asteroids"]
    assert asteroids == 1000
    assert 500 < matched < 1000
    assert named["equal"]
    assert named["app"] == "CrossMatch"


def test_how_far_to_believe_a_match(tmp_path: Path) -> None:
    csv = user_table.csv(tmp_path)
    named = execute(
        NOTEBOOKS / "02_how_far_to_believe_a_match.ipynb",
        tmp_path,
        """{
            "counts": counts,
            "best": float(best),
            "contamination": curve.contamination.tolist(),
            "measured": (measured.method, float(measured.pairs(2.0)), bool(measured.is_least)),
            "several": (several.mine_with_several, several.theirs_shared),
            "ids": (pairs["ut1_objid"].tolist(), pairs["objectId"].tolist()),
            "told": (told == {**plain, **{k: told[k] for k in ("source", "format", "changes", "read", "before")}},
                     told["adql"] == final.meta["tapwidget"]["adql"], told["rows"]["kept"] == len(final)),
        }""",
    )
    user = ascii_tables.read(str(csv), format="csv", comment="#", fill_values=[("null", "0"), ("-9999", "0")])
    target = pq.read_table(sky.make()["dp1.Object"], columns=["coord_ra", "coord_dec"])
    rows, objects = pairs(user, {name: target[name].to_numpy() for name in target.column_names}, 2 * u.arcsec)
    counts = named["counts"]
    assert counts["all"] == len(rows)
    assert counts["nearest"] == len(np.unique(rows))
    assert counts["nearest_theirs"] == len(np.unique(objects))
    assert counts["symmetric"] <= min(counts["nearest"], counts["nearest_theirs"])
    mine, theirs = named["ids"]
    several = (sum(n > 1 for n in Counter(mine).values()), sum(n > 1 for n in Counter(theirs).values()))
    assert named["several"] == several
    assert 0.2 < named["best"] < 1.0
    assert named["contamination"] == sorted(named["contamination"])
    method, expected, is_least = named["measured"]
    assert method == "shifted copy"
    assert 1000 < expected < 5000
    assert is_least
    assert named["told"] == (True, True, True)


def test_compose_your_own_panel(tmp_path: Path, truth: dict[str, Any]) -> None:
    user_table.csv(tmp_path)
    named = execute(
        NOTEBOOKS / "03_compose_your_own_panel.ipynb",
        tmp_path,
        """{
            "small": (len(table.table), [*zip(table.table["ut1_objid"].tolist(), table.table["objectId"].tolist())]),
            "button": button.disabled,
            "separations": pairs["separation"].tolist(),
            "magnitudes": pairs["r_cModelMag"].astype(float).tolist(),
            "mine": pairs["ut1_objid"].tolist(),
            "said": (counts_half, answer.value),
            "brushed": under_the_brush,
            "linked": (list(sky.selected_rows), list(chosen.selected_rows)),
            "labels": [series.label for series in histogram.series],
            "opened": ([run.name for run in opened.runs.runs], opened.form.radius.to_string(), told["service"],
                       told["table"]["path"].endswith("sdss.csv")),
        }""",
    )
    length, ids = named["small"]
    assert length == len(ids)
    assert set(ids) < set(truth["ids"])  # half an arcsec instead of a whole one
    assert not named["button"]
    rows = list(zip(named["separations"], named["magnitudes"], named["mine"], strict=True))
    for said, limit, faintest in zip(named["said"], (0.5, 0.5), (26.0, 20.0), strict=True):
        left = [mine for separation, magnitude, mine in rows
                if separation < limit and magnitude is not None and magnitude < faintest]  # fmt: skip
        assert said.startswith(f"{len(left):,} pairs, {len(set(left)):,} of {truth['lengths'][0]:,} rows")
    left = [magnitude for separation, magnitude, _ in rows
            if separation < 0.5 and magnitude is not None and magnitude < 20.0]  # fmt: skip
    assert named["brushed"] == [row for row, magnitude in enumerate(left) if 18.0 <= magnitude <= 18.5]
    assert named["brushed"]
    assert named["linked"] == ([0, 1, 2], [0, 1, 2])
    assert named["labels"] == ["ut1, r", "results, r_cModelMag"]
    assert named["opened"] == ([], "0.5 arcsec", "demo", True)


def test_every_notebook_is_tested_and_carries_no_outputs() -> None:
    names = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
    source = Path(__file__).read_text(encoding="utf-8")
    for name in names:
        assert name in source, f"{name} has no test"
        for cell in nbformat.read(NOTEBOOKS / name, as_version=4).cells:
            assert not cell.get("outputs"), f"{name} was saved with outputs: clear them"
    assert names
