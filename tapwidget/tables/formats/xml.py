"""VOTable files."""

from __future__ import annotations

import io
from typing import Any

from astropy.table import Table

from tapwidget.errors import FileFormatError, QueryError
from tapwidget.tables import provenance
from tapwidget.tables.formats.outcome import Outcome, mask_empty_text, quiet
from tapwidget.tables.formats.units import as_unit
from tapwidget.tables.votable import from_votable


def read_votable(data: bytes, name: str, *, table: int | str | None = None) -> Outcome:
    """A VOTable of any version and serialization; columns under their names, not their IDs.

    The first table of the results comes from our own reader. Another one is asked of astropy, which knows them all.
    """
    changes: list[str] = []
    saved: dict[str, Any] = {}
    if table is None:
        try:
            result = from_votable(data)
        except QueryError as error:
            raise FileFormatError(
                f"{name} is no table but a service's error: “{error.said}”. Run that query again."
            ) from error
        changes += result.meta.pop("changes", [])
        if result.meta.get("overflow"):
            changes.append("The service cut this result at its limit of rows: the table is not whole.")
        saved, said = provenance.from_text(result.meta["infos"].get(provenance.NAME))
        changes += said
        result.meta = {key: result.meta[key] for key in ("name", "description") if key in result.meta}
        several = data.count(b"<TABLE") - data.count(b"<TABLEDATA")
        if several > 1:
            changes.append(
                f"The file holds {several} tables: this is the first; choose another with table=2 and so on."
            )
    else:
        result, which = _other_table(data, name, table)
        changes.append(which)
    for column in result.columns.values():
        column.unit = as_unit(column.unit)
    mask_empty_text(result)
    return Outcome(result, "VOTable", changes, saved=saved)


def _other_table(data: bytes, name: str, table: int | str) -> tuple[Table, str]:
    from astropy.io import votable

    with quiet():
        tables = list(votable.parse(io.BytesIO(data), verify="ignore").iter_tables())
        names = [str(t.name or t.ID or "") for t in tables]
        if isinstance(table, str) and table in names:
            number = names.index(table)
        elif isinstance(table, int) and 1 <= table <= len(tables):
            number = table - 1
        else:
            raise FileFormatError(f"{name} holds {len(tables)} tables: choose table=1 to {len(tables)}, not {table!r}.")
        result = tables[number].to_table(use_names_over_ids=True)
    for column in result.columns.values():
        column.format = None
    return result, f"The file holds {len(tables)} tables: this is number {number + 1}."
