"""The lines of a cell that make coordinates and times plain, numbers and text, as `tables.objects.as_table` does."""

from __future__ import annotations

from typing import Any

from astropy.coordinates import SkyCoord
from astropy.table import Table
from astropy.time import Time, TimeDelta

from tapwidget.match.python_position import python_text


def plain_code(table: Any) -> str:
    """Code that keeps the user's table as `mine` and makes a plain one, `table`; "" where it is plain already."""
    if not isinstance(table, Table):
        return ""
    taken = set(table.colnames)
    lines = []
    for name in table.colnames:
        column, own = table[name], f"mine[{python_text(name)}]"
        if isinstance(column, SkyCoord):
            names = ("ra", "dec") if not {"ra", "dec"} & taken else (f"{name}_ra", f"{name}_dec")
            taken.update(names)
            lines += [
                f'table[{python_text(made)}] = {own}.icrs.{axis}.to_value("deg")'
                for made, axis in zip(names, ("ra", "dec"), strict=True)
            ]
        elif isinstance(column, TimeDelta):
            lines.append(f'table[{python_text(name)}] = {own}.to_value("day")')
        elif isinstance(column, Time):
            lines += [
                f'when = {own}.copy(format="isot")',
                "when.precision = 9",
                'text = np.where(when.mask, "", getattr(when.value, "unmasked", when.value)).astype(str)',
                f"table[{python_text(name)}] = np.ma.array(text, mask=when.mask)",
            ]
    if not lines:
        return ""
    return "\n".join(["# Only numbers and text travel.", "mine, table = table, table.copy()", *lines])
