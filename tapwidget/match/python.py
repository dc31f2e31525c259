"""A match as a cell."""

from __future__ import annotations

from typing import Any


def cell(match: Any, plan: Any, service_url: str, *, table: Any = None) -> str:
    raise NotImplementedError
