"""Some rows of an upload on their way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from astropy.table import Table
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Rows of a table, by their places in it. They are copied a few at a time, as they are encoded, never all."""

    whole: Table
    rows: NDArray[Any]

    def __len__(self) -> int:
        return len(self.rows)


Uploaded = Table | Excerpt
