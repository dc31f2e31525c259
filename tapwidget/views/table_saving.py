"""Save what a results table holds, or a part of it, to a file beside the notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import traitlets

from tapwidget.actions.background import Background
from tapwidget.tables.files import write_table
from tapwidget.views import basic
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.style import counted, notes, stylesheet

ROWS = (("all rows", "all"), ("rows that are shown", "shown"), ("selected rows", "selected"))
FORMATS = (("FITS", ".fits"), ("VOTable", ".vot"), ("ECSV", ".ecsv"), ("Parquet", ".parquet"), ("CSV", ".csv"))


class TableSaving(ipywidgets.VBox):
    """Name, format, which rows, which columns; a file that is there is replaced only when asked twice.

    Attributes
    ----------
    name : str
        The file's name without its ending; a path if need be.
    """

    name = traitlets.Unicode("results")

    def __init__(self, table: ResultsTable, *, background: Background | None = None, **kwargs: object) -> None:
        self._table = table
        self._background = background or Background()
        self._asked: Path | None = None  # whether to replace this one
        self._name = basic.Text(description="file", layout={"width": "260px"})
        self._format = basic.Dropdown(options=FORMATS, description="format", layout={"width": "190px"})
        self._rows = basic.Dropdown(options=ROWS, description="rows", layout={"width": "280px"})
        self._only_shown = basic.Checkbox(description="only the columns shown", indent=False)
        self._button = basic.Button(description="Save", icon="save")
        self._said = basic.HTML()
        row = basic.HBox([self._name, self._format, self._rows, self._only_shown, self._button])
        row.add_class("tw-wrap")
        super().__init__([stylesheet(self, self._background), row, self._said], **kwargs)
        traitlets.link((self, "name"), (self._name, "value"))
        self._button.on_click(lambda _: self.save())
        for box in (self._name, self._format):
            box.observe(lambda _: self._ask_no_more(), "value")

    def save(self) -> None:
        """Write the file in the background; the first call asks back where a file of that name is there."""
        table = self._part()
        if table is None or not len(table):
            return self._say("There are no such rows to save." if table is not None else "There is no table to save.")
        path = Path(f"{self.name.strip() or 'results'}{self._format.value}").expanduser()
        if path.exists() and self._asked != path:
            self._asked = path
            self._button.description, self._button.button_style = "Replace it", "warning"
            return self._say(f"{path} is there already. Replace it, or choose another name.")
        self._ask_no_more()
        self._button.disabled = True
        self._say(f"Saving {counted(len(table), 'row')} ...")
        self._background.run(
            lambda: write_table(table, path), then=lambda _: self._saved(table, path), failed=self._failed
        )
        return None

    def _part(self) -> Any:
        whole = self._table.table
        if whole is None:
            return None
        rows = {
            "all": slice(None),
            "shown": self._table.rows_shown,
            "selected": np.asarray(self._table.selected_rows, dtype=np.int64),
        }[self._rows.value]
        part = whole[rows]
        return part[list(self._table.columns)] if self._only_shown.value and self._table.columns else part

    def _saved(self, table: Any, path: Path) -> None:
        self._button.disabled = False
        size = path.stat().st_size
        self._say(
            f"Saved {counted(len(table), 'row')} of {counted(len(table.colnames), 'column')} to {path.resolve()} "
            f"({size / 1e6:,.1f} MB)."
        )

    def _failed(self, error: BaseException) -> None:
        self._button.disabled = False
        self._said.value = notes(str(error), css_class="tw-error")

    def _ask_no_more(self) -> None:
        self._asked = None
        self._button.description, self._button.button_style = "Save", ""

    def _say(self, text: str) -> None:
        self._said.value = notes(text)
