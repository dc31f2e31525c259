"""`tapwidget match` against the built-in service: what scripts get is what astropy finds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import astropy.units as u
import numpy as np
import pyarrow.parquet
import pytest
from astropy.coordinates import SkyCoord, search_around_sky

from tapwidget.client.builtin import BuiltIn
from tapwidget.simulation import sky, user_table
from tapwidget.tables.files import read_table

COLUMNS = "objectId,coord_ra,coord_dec,r_cModelMag"


@pytest.fixture(scope="module")
def service_url():
    service = BuiltIn()
    yield service.url()
    service.end()


@pytest.fixture(scope="module")
def sdss(tmp_path_factory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="module")
def objects():
    return pyarrow.parquet.read_table(sky.make()["dp1.Object"], columns=COLUMNS.split(","))


@pytest.fixture
def run(service_url, monkeypatch, tmp_path):
    """Run `tapwidget match` in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def call(file: Path, *options: str, target: str = "dp1.Object") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tapwidget", "match", str(file), "--service", service_url, "--target", target]
        return subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=120)

    return call


def expected_pairs(sdss: Path, objects, radius_arcsec: float) -> set[tuple[int, int]]:
    """(objid, objectId) of all pairs, by astropy."""
    mine = read_table(sdss)
    ours = SkyCoord(mine["ra"], mine["dec"], unit="deg")
    theirs = SkyCoord(objects["coord_ra"].to_numpy(), objects["coord_dec"].to_numpy(), unit="deg")
    i, j, *_ = search_around_sky(ours, theirs, radius_arcsec * u.arcsec)
    return set(zip(np.asarray(mine["objid"])[i].tolist(), objects["objectId"].to_numpy()[j].tolist(), strict=True))


def pairs_of(result) -> set[tuple[int, int]]:
    return set(zip(result["ut1_objid"].tolist(), result["objectId"].tolist(), strict=True))


def test_pairs_equal_astropys(run, sdss, objects, tmp_path):
    answer = run(sdss, "--radius", "1arcsec", "--columns", COLUMNS, "--out", "result.parquet")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == ""
    assert "COMPLETED" in answer.stderr
    result = read_table(tmp_path / "result.parquet")
    expected = expected_pairs(sdss, objects, 1.0)
    assert len(result) == len(expected) > 5000
    assert pairs_of(result) == expected
    assert {f"ut1_{name}" for name in read_table(sdss).colnames} <= set(result.colnames)
    assert str(result["separation"].unit) == "arcsec"


def test_csv_on_stdout_has_exact_ids(run, sdss, objects, tmp_path):
    answer = run(sdss, "--radius", "0.2arcsec", "--columns", COLUMNS, "--quiet")
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    (tmp_path / "out.csv").write_text(answer.stdout)
    assert pairs_of(read_table(tmp_path / "out.csv")) == expected_pairs(sdss, objects, 0.2)


def test_conditions_and_nearest(run, sdss, objects, tmp_path):
    options = ["--radius", "1arcsec", "--columns", COLUMNS, "--find", "nearest", "--out", "near.fits"]
    answer = run(sdss, *options, "--where", "ut1.r > 17", "ABS(ut1.r - r_cModelMag) < 0.1")
    assert answer.returncode == 0, answer.stderr
    near = read_table(tmp_path / "near.fits")
    assert len(near) == len(set(near["ut1_objid"].tolist())) > 1000
    assert (near["ut1_r"] > 17).all()
    assert (np.abs(near["ut1_r"] - near["r_cModelMag"]) < 0.1 + 1e-6).all()
    assert pairs_of(near) < expected_pairs(sdss, objects, 1.0)


def test_adql_is_only_printed(run, sdss):
    answer = run(sdss, "--radius", "1arcsec", "--columns", "objectId", "--adql")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.lstrip().startswith("SELECT")
    assert "0.000277777" in answer.stdout
    assert "COMPLETED" not in answer.stderr


def test_an_identifier_match(run, tmp_path):
    orbits = pyarrow.parquet.read_table(sky.make()["gaiadr3.sso_orbits"])["denomination"].to_pylist()
    names = [name.replace("_", " ").upper() for name in orbits]
    lines = ["number,mpc_designation", *(f"{number},{name}" for number, name in enumerate(names))]
    (tmp_path / "asteroids.csv").write_text("\n".join(lines) + "\n")
    answer = run(
        tmp_path / "asteroids.csv", "--on", "mpc_designation=mpcDesignation", "--out", "a.ecsv", target="dp1.MPCORB"
    )
    assert answer.returncode == 0, answer.stderr
    known = set(pyarrow.parquet.read_table(sky.make()["dp1.MPCORB"])["mpcDesignation"].to_pylist())
    result = read_table(tmp_path / "a.ecsv")
    assert sorted(result["ut1_mpc_designation"]) == sorted(known & set(names))
    assert (result["mpcDesignation"] == result["ut1_mpc_designation"]).all()


def test_identifiers_that_are_written_differently(run, tmp_path):
    table = pyarrow.parquet.read_table(sky.make()["gaiadr3.sso_orbits"], columns=["denomination"])
    pyarrow.parquet.write_table(table, tmp_path / "gaia.parquet")
    on = ["--on", "denomination=mpcDesignation", "--out", "out.parquet"]
    answer = run(tmp_path / "gaia.parquet", *on, "--clean", "replace:_: ", "upper", target="dp1.MPCORB")
    assert answer.returncode == 0, answer.stderr
    assert "cleaned up for the match (replace '_' by ' ', upper)" in answer.stderr
    cleaned = read_table(tmp_path / "out.parquet")
    assert len(cleaned) > 500
    assert [name.replace("_", " ").upper() for name in cleaned["ut1_denomination"]] == list(cleaned["mpcDesignation"])
    answer = run(tmp_path / "gaia.parquet", *on, "--clean", "replace:_: ", "--ignore-case", target="dp1.MPCORB")
    assert answer.returncode == 0, answer.stderr
    assert list(read_table(tmp_path / "out.parquet")["mpcDesignation"]) == list(cleaned["mpcDesignation"])


def test_an_epoch_carries_the_positions(run, objects, tmp_path):
    """Stars that were 5 arcsec away 10 years ago, and come back along their proper motion."""
    ra, dec = (objects[name].to_numpy()[:200] for name in ("coord_ra", "coord_dec"))
    lines = [
        "n,ra,dec,pmra,pmdec",
        *(f"{n},{a},{d - 5 / 3600},0,500" for n, (a, d) in enumerate(zip(ra, dec, strict=True))),
    ]
    (tmp_path / "stars.csv").write_text("\n".join(lines))
    options = ["--radius", "0.01arcsec", "--columns", "objectId", "--out", "moved.csv", "--quiet"]
    answer = run(tmp_path / "stars.csv", *options, "--epoch", "2014.9=2024.9")
    assert answer.returncode == 0, answer.stderr
    assert set(range(200)) == set(read_table(tmp_path / "moved.csv")["ut1_n"].tolist())


def test_a_limit_of_rows_is_a_truncated_result(run, sdss, tmp_path):
    options = ["--radius", "1arcsec", "--columns", "objectId", "--out", "cut.csv", "--unmatched", "only"]
    answer = run(sdss, *options, "--maxrec", "100", "--quiet")
    assert answer.returncode == 3, answer.stderr
    assert answer.stderr == (
        "The result is truncated. Result cut at 100 rows by the service: there are more. The rows listed here as "
        "unmatched may have a counterpart beyond the cut. Narrow the match, or raise --maxrec.\n"
    )
    assert len(read_table(tmp_path / "cut.csv")) >= len(read_table(sdss)) - 100
    answer = run(sdss, "--radius", "1arcsec", "--maxrec=-1", "--quiet")
    assert answer.returncode == 2, answer.stderr
    assert "--maxrec is -1; give a whole number from 0" in answer.stderr


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (["--target", "dp1.Objects"], 2, "dp1.Object"),
        (["--columns", "r_cModelMagg"], 2, "r_cModelMag"),
        (["--ra", "right", "--dec", "down"], 2, "right"),
        (["--where", "r_cModelMag >"], 1, "tapwidget:"),
    ],
)
def test_mistakes_are_one_sentence(run, sdss, options, status, says):
    answer = run(sdss, "--radius", "1arcsec", "--quiet", *options)  # the last --target counts
    assert answer.returncode == status, answer.stderr
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    assert says in answer.stderr


def test_a_service_that_is_down_fails_the_match(sdss):
    command = [sys.executable, "-m", "tapwidget", "match", str(sdss), "--service", "http://127.0.0.1:9/tap"]
    answer = subprocess.run(
        [*command, "--target", "dp1.Object", "--radius", "1arcsec"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert "127.0.0.1:9" in answer.stderr
