"""Runs are named as the tutorial names its results, and stay findable by name."""

import pytest

from tapwidget.state.runs import Runs


def test_names_count_up_and_are_never_given_twice() -> None:
    runs = Runs()
    first, second = runs.add(), runs.add()
    assert [first.name, second.name] == ["results", "results_2"]
    runs.remove(first)
    assert runs.add().name == "results"
    assert runs.add().name == "results_3"


def test_dropping_the_current_run_shows_the_last_one_that_is_done() -> None:
    runs = Runs()
    first, second, third = runs.add(), runs.add(), runs.add()
    first.result = "a table"
    second.result = "another"
    runs.current = second
    runs.remove(second)
    assert runs.current is first
    runs.remove(first)
    assert runs.current is None
    assert runs.runs == (third,)


def test_a_wrong_name_is_told_the_right_ones() -> None:
    runs = Runs()
    runs.add()
    with pytest.raises(KeyError, match=r"'result'.*results"):
        runs["result"]


def test_runs_are_moved_as_far_as_the_shelf_goes() -> None:
    runs = Runs()
    first, second, third = runs.add(), runs.add(), runs.add()
    runs.move(third, -1)
    assert runs.runs == (first, third, second)
    runs.move(third, -1)
    runs.move(third, -1)
    assert runs.runs == (third, first, second)
    runs.move(third, 5)
    assert runs.runs == (first, second, third)
