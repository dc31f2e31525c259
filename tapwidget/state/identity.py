"""A trait for what must not be compared: tables, services, jobs."""

from __future__ import annotations

from typing import Any

import traitlets


class Identity(traitlets.TraitType[Any, Any]):
    """Any object or None, and told to observers when it is another object, whether or not it looks the same.

    traitlets.Any asks the old value whether it equals the new one; an astropy Table answers that cell by cell, and
    two tables with equal cells are still two tables, with units and identifiers of their own.
    """

    default_value = None
    allow_none = True

    def set(self, obj: Any, value: Any) -> None:
        new = self._validate(obj, value)
        old = obj._trait_values.get(self.name)
        obj._trait_values[self.name] = new
        if new is not old:
            obj._notify_trait(self.name, old, new)
