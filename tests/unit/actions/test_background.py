"""Work goes off the caller's thread; answers come back in order, coalesced, under the lock."""

import threading

import pytest

from tapwidget.actions.background import Background, Immediate, Latest
from tapwidget.errors import TableError

SECONDS = 20


def test_the_answer_is_published_off_the_callers_thread_and_under_the_lock() -> None:
    background, done, seen = Background(), threading.Event(), {}

    def then(answer: int) -> None:
        seen["answer"] = answer
        seen["thread"] = threading.current_thread()
        seen["locked"] = background.lock._is_owned()
        done.set()

    background.run(lambda: 42, then=then, failed=pytest.fail)
    assert done.wait(SECONDS)
    assert seen["answer"] == 42
    assert seen["locked"]
    assert seen["thread"] is not threading.current_thread()


@pytest.mark.parametrize("kind", [Background, Immediate])
def test_an_error_reaches_the_one_who_asked(kind: type[Background]) -> None:
    background, done, seen = kind(), threading.Event(), []

    def work() -> None:
        raise TableError("no such column")

    def failed(error: BaseException) -> None:
        seen.append(str(error))
        done.set()

    background.run(work, then=lambda _: pytest.fail("it did not fail"), failed=failed)
    assert done.wait(SECONDS)
    assert seen == ["no such column"]


def test_what_rests_runs_once_when_nobody_asks_any_more_and_holds_up_nothing_else() -> None:
    background, done, led, seen = Background(), threading.Event(), threading.Event(), []
    for number in range(19):
        background.rest("follow", 1000, lambda number=number: seen.append(number))
        background.post("lead", lambda number=number: (seen.append(f"lead {number}"), number == 18 and led.set()))
    assert led.wait(SECONDS)
    background.rest("follow", 0.01, lambda: (seen.append(19), done.set()))
    assert done.wait(SECONDS)
    assert seen[-1] == 19
    assert [one for one in seen if isinstance(one, int)] == [19]
    assert "lead 18" in seen


def test_what_rests_runs_at_once_where_there_are_no_threads() -> None:
    seen: list[int] = []
    Immediate().rest("follow", 1000, lambda: seen.append(1))
    assert seen == [1]


def test_of_many_actions_under_one_key_the_last_always_runs_and_few_of_the_others() -> None:
    background, done, seen = Background(), threading.Event(), []

    def publish(number: int) -> None:
        seen.append(number)
        if number == 9999:
            done.set()

    for number in range(10_000):
        background.post("phase", lambda number=number: publish(number))
    assert done.wait(SECONDS)
    assert seen[-1] == 9999
    assert seen == sorted(seen)
    assert len(seen) < 100


def test_actions_under_different_keys_all_run_in_order() -> None:
    background, done, seen = Background(), threading.Event(), []
    with background.lock:  # nothing is published meanwhile
        for number in range(50):
            background.post(object(), lambda number=number: seen.append(number))
        background.post(object(), done.set)
    assert done.wait(SECONDS)
    assert seen == list(range(50))


def test_an_action_that_fails_does_not_end_the_publisher(caplog: pytest.LogCaptureFixture) -> None:
    background, done = Background(), threading.Event()

    def broken() -> None:
        raise ValueError("a widget is broken")

    background.post(object(), broken)
    background.post(object(), done.set)
    assert done.wait(SECONDS)
    assert "a widget is broken" in caplog.text


def test_what_repeats_stops_and_is_published_once_more_after_that() -> None:
    background, done, seen = Background(), threading.Event(), []

    def look() -> None:
        seen.append(len(seen) < 3)
        if not seen[-1]:
            done.set()

    background.repeat(0.01, look, going=lambda: len(seen) < 3)
    assert done.wait(SECONDS)
    assert seen[:4] == [True, True, True, False]


def test_an_older_request_is_not_current_any_more() -> None:
    latest = Latest()
    first = latest.next()
    assert latest.is_current(first)
    second = latest.next()
    assert not latest.is_current(first)
    assert latest.is_current(second)
