"""What is said of a result that a service cut: how far it goes, and what of it can be relied on."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.table import Table

from tapwidget.tables.files import read_table, write_table
from tapwidget.tables.overflow import how_it_was_cut


def result(**told: object) -> Table:
    return Table({"a": [1, 2, 3]}, meta={"overflow": True, "tapwidget": told} if told else {"overflow": True})


def test_a_whole_result_says_nothing() -> None:
    assert how_it_was_cut(Table({"a": [1]})) == ""
    assert how_it_was_cut(Table({"a": [1]}, meta={"overflow": False, "tapwidget": {"unmatched": "only"}})) == ""


def test_an_answer_to_a_query_has_as_many_rows_as_came() -> None:
    assert how_it_was_cut(result()).startswith("Result cut at 3 rows by the service: there are more. Narrow")
    cut = result(rows={"kept": 3})
    assert how_it_was_cut(cut[:1]) == how_it_was_cut(cut), (
        "rows that are taken out of it do not change where it was cut"
    )


@pytest.mark.parametrize(
    ("find", "unmatched", "doubt"),
    [
        ("all", "drop", ""),
        ("nearest", "drop", "A closer counterpart may lie beyond the cut. "),
        ("all", "keep", "Rows shown as unmatched may have a counterpart beyond the cut. "),
        ("all", "only", "The rows listed here as unmatched may have a counterpart beyond the cut. "),
        ("nearest", "only", "The rows listed here as unmatched may have a counterpart beyond the cut. "),
    ],
)
def test_what_is_doubtful_in_a_match(find: str, unmatched: str, doubt: str) -> None:
    """The rows of the answer are counted, not those that came of them."""
    said = how_it_was_cut(result(find=find, unmatched=unmatched, rows={"pairs": 5000, "kept": 3}))
    assert said == f"Result cut at 5,000 rows by the service: there are more. {doubt}Narrow the match, or raise maxrec."


def test_a_file_keeps_it(tmp_path: Path) -> None:
    cut = result(unmatched="only", overflow=True, rows={"pairs": 5})
    write_table(cut, tmp_path / "cut.ecsv")
    assert how_it_was_cut(read_table(tmp_path / "cut.ecsv")) == how_it_was_cut(cut) != ""
