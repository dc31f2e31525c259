"""How results were looked at comes back as it was written; what is unfit is left out and said, and nothing else."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.state.looks import CHECKS, Looks, from_record, record_of

LOOKS = Looks(
    "é", "", "x y", ("g", "i"), (7.5, 8.0, 27.25), (15.0, 24.0), True, "band", (18.0, 18.0),
    ("g", "r", "r", ""), True, ("b", "a"), {"b": 80}, (("b", "descending"), ("a", "ascending")), {"b": "> 17 <script>"},
)  # fmt: skip


def test_they_come_back_as_they_were() -> None:
    assert from_record(json.loads(json.dumps(record_of(LOOKS), allow_nan=False))) == LOOKS
    assert record_of(Looks()) == {}
    assert from_record({}) == Looks()
    assert {*CHECKS, "lost"} == {field.name for field in fields(Looks)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("band", 1), ("yours", None), ("edges", [1]), ("edges", [2, 1]), ("edges", [1, 1]), ("edges", ["1", "2"]),
        ("edges", [0, float("nan")]), ("edges", [0, 10**400]), ("edges", list(range(3000))), ("edges", "12"),
        ("shown", [1, 1]), ("shown", [1, 2, 3]), ("logarithmic", 1), ("colours", "pink"), ("colours", []),
        ("interval", [2, 1]), ("interval", [True, 2]), ("columns", "ab"), ("columns", [1]), ("columns", {}),
        ("widths", {"a": 0}), ("widths", {"a": True}), ("widths", {"a": 1.5}), ("widths", ["a"]),
        ("sort", [["a", "up"]]), ("sort", [["a"]]), ("sort", ["ab"]), ("filters", {"a": 1}), ("filters", ["a"]),
        ("scatter", ["a", "b"]), ("scatter_down", 1),
        ("lost", ["x"]), ("token", "x" * 1000),
    ],
)  # fmt: skip
def test_what_is_unfit_is_left_out_and_said(name: str, value: Any) -> None:
    read = from_record({**record_of(LOOKS), name: value})
    (sentence,) = read.lost
    assert name in sentence
    assert len(sentence) < 200
    without = {name: None} if name in CHECKS else {}
    assert replace(read, lost=()) == replace(LOOKS, **without)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values | st.dictionaries(st.sampled_from(sorted(CHECKS)), json_values))
def test_whatever_a_file_says_is_looks(value: Any) -> None:
    read = from_record(value)
    again = from_record(json.loads(json.dumps(record_of(read))))
    assert again == replace(read, lost=())
