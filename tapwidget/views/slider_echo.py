"""What a page makes of a slider's value by itself: the nearest step of one between two steps."""

from __future__ import annotations


def is_rounding(before: float, now: float, step: float) -> bool:
    """Whether a slider that went from one value to another was only rounded, by half a step at most.

    A hand moves it by whole steps.
    """
    return abs(now - before) < 0.6 * step
