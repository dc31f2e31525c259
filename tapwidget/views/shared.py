"""Models that many widgets use: layouts and styles that are equal, the stylesheet.

ipywidgets makes a layout and a style for each widget. A page has to have every one of them before it shows an app, and
Voila gives the kernel four seconds to tell of all: so what is equal and never changes is made once in a kernel.
"""

from __future__ import annotations

import functools
from typing import Any

from tapwidget.errors import TapWidgetError


def shared(kind: Any, **traits: Any) -> Any:
    """The one widget of this kind with these (hashable) traits. It can be neither changed nor closed: all have it.

    >>> shared(ipywidgets.Layout, width="84px") is shared(ipywidgets.Layout, width="84px")
    True
    """
    return _shared(kind, tuple(sorted(with_looks(kind, traits).items())))


def with_looks(kind: Any, traits: dict[str, Any]) -> dict[str, Any]:
    """The traits with the shared layout and style, where they have none or a dict that says how it is to be."""
    known = kind.class_traits()
    looks = {name: traits.get(name, {}) for name in ("layout", "style") if name in known}
    return traits | {name: shared(known[name].klass, **look) for name, look in looks.items() if isinstance(look, dict)}


def is_shared(widget: Any) -> bool:
    """Whether this is one that never changes."""
    return getattr(widget, "is_shared", False)


@functools.cache
def _shared(kind: Any, traits: tuple[tuple[str, Any], ...]) -> Any:
    return _unchanging(kind)(**dict(traits))


@functools.cache
def _unchanging(kind: Any) -> Any:
    """A class of widgets like `kind` that stay as they were made, for as long as the kernel runs."""

    def set_attribute(self: Any, name: str, value: Any) -> None:
        if not name.startswith("_") and name in self.keys and self.comm is not None:
            raise TapWidgetError(
                f"{name} cannot be changed: many widgets have this {kind.__name__}. Give the widget its own, as in "
                'widget.layout = {"width": "50%"} or widget.style = {"font_weight": "bold"}.'
            )
        kind.__setattr__(self, name, value)

    def close(_self: Any) -> None:
        """Nothing: who closes one widget must not take it from another."""

    return type(kind.__name__, (kind,), {"__setattr__": set_attribute, "close": close, "is_shared": True})
