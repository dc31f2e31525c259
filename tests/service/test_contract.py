"""Promises of the commands that only a run from outside can show, against the built-in service."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tapwidget.tables.files import read_table


@pytest.fixture
def run(tmp_path: Path):
    """Run the command in a folder of its own, as a shell would."""

    def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "tapwidget", *arguments]
        variables = {**os.environ, **environment}
        return subprocess.run(command, capture_output=True, check=False, timeout=120, cwd=tmp_path, env=variables)

    return call


def sentence(answer: subprocess.CompletedProcess[bytes], status: int) -> str:
    """The one line on stderr of a command that failed with that status."""
    said = answer.stderr.decode()
    assert answer.returncode == status, said
    assert answer.stdout == b""
    assert len(said.splitlines()) == 1, said
    return said


def match(url: str, file: str = "mine.csv", target: str = "dp1.Object") -> list[str]:
    return ["match", file, "--service", url, "--target", target, "--quiet"]


def test_text_of_any_language_goes_to_any_standard_output(run, tap_url, tmp_path):
    (tmp_path / "mine.csv").write_text("name,ra,dec\nL1γ,37.86,6.98\n", encoding="utf-8")
    options = ["--radius", "60arcsec", "--columns", "objectId", "--find", "nearest"]
    answer = run(*match(tap_url), *options, PYTHONIOENCODING="ascii")
    assert answer.returncode == 0, answer.stderr
    (tmp_path / "out.csv").write_bytes(answer.stdout)
    assert read_table(tmp_path / "out.csv")["ut1_name"].tolist() == ["L1γ"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full is Linux's")
def test_standard_output_that_takes_no_more_is_one_sentence(tap_url, tmp_path):
    (tmp_path / "mine.csv").write_text("ra,dec\n37.86,6.98\n")
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "tapwidget", *match(tap_url), "--radius", "1arcsec"]
        answer = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False, timeout=120)
    assert (answer.returncode, answer.stderr) == (1, b"tapwidget: No space left on device.\n")


def test_a_table_without_positions_is_named_with_the_options_that_help(run, tap_url, tmp_path):
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
    said = sentence(run(*match(tap_url), "--radius", "1arcsec"), 2)
    assert "mine.csv" in said
    assert "it has a, b" in said
    assert "--ra COL --dec COL" in said


def test_a_table_without_rows_is_named(run, tap_url, tmp_path):
    (tmp_path / "mine.csv").write_text("ra,dec\n")
    said = sentence(run(*match(tap_url), "--radius", "1arcsec"), 2)
    assert "mine.csv" in said
    assert "no rows" in said


def test_a_service_that_is_no_name_nor_address_is_bad_usage(run, tmp_path):
    (tmp_path / "mine.csv").write_text("ra,dec\n1,2\n")
    said = sentence(run(*match("gaja"), "--radius", "1arcsec"), 2)
    assert "'gaja'" in said
    assert '"gaia"' in said


def test_the_tables_there_are_are_named_where_none_is_close(run, tap_url, tmp_path):
    (tmp_path / "mine.csv").write_text("ra,dec\n1,2\n")
    said = sentence(run(*match(tap_url, target="nonsense"), "--radius", "1arcsec"), 2)
    assert "'nonsense'" in said
    assert "dp1.Object" in said


def test_the_targets_position_can_be_named(run, tmp_path):
    """Two tables served from files; columns that nothing tells to be a position."""
    (tmp_path / "mine.csv").write_text("ra,dec\n10,20\n")
    (tmp_path / "theirs.csv").write_text("id,east,north\n1,10,20\n2,11,20\n")
    command = [sys.executable, "-m", "tapwidget", "serve", "theirs.csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, text=True) as service:
        try:
            assert service.stdout is not None
            url = service.stdout.readline().split()[-1]
            options = [*match(url, target="data.theirs"), "--radius", "1arcsec"]
            assert "--target-ra COL --target-dec COL" in sentence(run(*options), 2)
            assert "together" in sentence(run(*options, "--target-ra", "east"), 2)
            answer = run(*options, "--target-ra", "east", "--target-dec", "north", "--out", "out.csv")
            assert answer.returncode == 0, answer.stderr
            assert read_table(tmp_path / "out.csv")["id"].tolist() == [1]
        finally:
            service.terminate()


def test_masks_of_a_served_table_are_kept_in_every_format(run, tap_url, tmp_path):
    """The upload's missing values, and those of the target, in each kind of file that --out can be."""
    (tmp_path / "mine.csv").write_text(
        "#Table1\nobjid,ra,dec,r\n1237670017269367163,37.86,6.98,null\n1237670017269367135,37.87,6.99,20.5\n"
    )
    options = ["--radius", "30arcsec", "--columns", "objectId,u_cModelMag"]
    first = run(*match(tap_url), *options, "--out", "first.ecsv")
    assert first.returncode == 0, first.stderr
    expected = read_table(tmp_path / "first.ecsv")
    assert expected["ut1_r"].mask.any()
    assert (expected["objectId"] > 2**53).all()
    for name in ("out.fits", "out.vot", "out.parquet", "out.csv"):
        assert run(*match(tap_url), *options, "--out", name).returncode == 0
        back = read_table(tmp_path / name)
        assert back.colnames == expected.colnames
        for column in ("ut1_objid", "objectId", "ut1_r", "u_cModelMag"):
            # CSV has the shortest digits that are that float32, and no word for its type.
            assert back[column].astype(expected[column].dtype).tolist() == expected[column].tolist(), (name, column)
