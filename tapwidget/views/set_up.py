"""A line behind which the state of an app is saved to a small file, and opened again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from tapwidget.actions.background import Background
from tapwidget.views import basic
from tapwidget.views.disclosure import Disclosure
from tapwidget.views.style import notes, stylesheet

FILE = "set-up.json"


class SetUpFile(ipywidgets.VBox):
    """A file name, Save and Open, and what came of it.

    Parameters
    ----------
    save : callable
        Writes the set-up to a path and returns the whole path; runs on a worker.
    load : callable
        Reads what is at a path; runs on a worker.
    take : callable
        Puts what was read, and its path, into the app.
    """

    def __init__(
        self, save: Callable[[str], Path], load: Callable[[str], Any], take: Callable[[Any, Path], None], *,
        background: Background | None = None, **kwargs: object,
    ) -> None:  # fmt: skip
        self._save, self._load, self._take = save, load, take
        self._background = background or Background()
        self.path = basic.Text(
            value=FILE, description="file", tooltip="where the set-up is kept: a name, or a path",
            continuous_update=False, layout={"width": "340px"},
        )  # fmt: skip
        self.save_button = basic.Button(
            description="Save", icon="save", tooltip="what is chosen, and where the runs are; no table, no token"
        )
        self.open_button = basic.Button(
            description="Open", icon="folder-open", tooltip="choose what that file says, and fetch its runs again"
        )
        self._said = basic.HTML()
        row = basic.HBox([self.path, self.save_button, self.open_button])
        row.add_class("tw-wrap")
        self._line = Disclosure("Save or open this set-up", row)
        super().__init__([stylesheet(self, self._background), self._line, self._said], **kwargs)
        self.save_button.on_click(lambda _: self._run(self._save, self._saved))
        self.open_button.on_click(lambda _: self._run(self._load, self._loaded))

    def say(self, problems: tuple[str, ...], waiting: tuple[str, ...]) -> None:
        """Show what could not be restored, and what is waited for; below the line, in sight also when it is folded."""
        words = f"The set-up is being restored: waiting for {'; '.join(waiting)}." if waiting else ""
        self._said.value = notes(words or "The set-up is restored.") + notes(*problems, css_class="tw-warning")

    def _run(self, work: Callable[[str], Any], then: Callable[[Any], None]) -> None:
        name = self.path.value.strip()
        if not name:
            self._said.value = notes("Type the name of a file first.", css_class="tw-error")
            return
        self.save_button.disabled = self.open_button.disabled = True
        self._background.run(lambda: work(name), then=then, failed=self._failed)

    def _saved(self, path: Path) -> None:
        self._ready()
        self._said.value = notes(f"Saved to {path}.")

    def _loaded(self, content: Any) -> None:
        self._ready()
        self._said.value = ""
        self._take(content, Path(self.path.value.strip()).expanduser().resolve())

    def _failed(self, error: BaseException) -> None:
        self._ready()
        self._said.value = notes(str(error), css_class="tw-error")

    def _ready(self) -> None:
        self.save_button.disabled = self.open_button.disabled = False
