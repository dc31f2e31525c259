"""Numbers that a word processor gave its own minus sign are numbers; names with one stay as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tapwidget.tables.files import read_table

MINUS = "\N{MINUS SIGN}"


def test_typographic_minus_signs_are_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"n,Dec,name\n{MINUS}3,{MINUS}3.5,J1530{MINUS}5557\n4,4.25e{MINUS}1,b\n,,\n", encoding="utf-8")
    table = read_table(path)
    assert table["n"].dtype == np.int64
    assert table["n"].tolist()[:2] == [-3, 4]
    assert table["Dec"].tolist()[:2] == [-3.5, 0.425]
    assert table["name"].tolist()[:2] == [f"J1530{MINUS}5557", "b"]
    assert "The typographic minus sign in `n`, `Dec` was read as a minus." in table.meta["tapwidget"]["changes"]


def test_other_text_with_one_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b\n{MINUS}3,x\nabout {MINUS}4,y\n", encoding="utf-8")
    table = read_table(path)
    assert table["a"].tolist() == [f"{MINUS}3", f"about {MINUS}4"]
    assert not any("minus" in change for change in table.meta["tapwidget"]["changes"])
