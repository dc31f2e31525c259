"""How a command ends."""

from __future__ import annotations

from tapwidget.errors import TapWidgetError

DONE = 0
FAILED = 1
BAD_INPUT = 2
TRUNCATED = 3


class UsageError(TapWidgetError):
    """What was typed makes no sense together."""
