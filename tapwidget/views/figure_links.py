"""A button that draws a plot for paper, and links that save it on the reader's computer, wherever the kernel runs."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tapwidget.actions.background import Background, Latest
from tapwidget.views import basic
from tapwidget.views.style import notes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


class FigureLinks:
    """Both parts of one plot. The figure is made when somebody asks for it, in the background.

    Attributes
    ----------
    button : ipywidgets.Button
    links : ipywidgets.HTML
        Empty until the figure is there.

    Parameters
    ----------
    figure : callable
        Makes the figure; runs on a thread of its own.
    name : str
        Of the files, without their endings.
    """

    def __init__(self, figure: Callable[[], Figure], name: str, background: Background | None = None) -> None:
        self._figure, self._name = figure, name
        self._background = background or Background()
        self._lock, self._asked = threading.RLock(), Latest()
        self.button = basic.Button(
            description="Save", tooltip=f"the {name} as a figure by matplotlib: PNG, SVG, PDF", layout={"width": "auto"}
        )
        self.links = basic.HTML()
        self.button.on_click(lambda _button: self._draw())

    def forget(self) -> None:
        """Take the links away, also those that are being made: the plot is another one now."""
        with self._lock:
            self._asked.next()
            self.links.value = ""

    def _draw(self) -> None:
        with self._lock:
            asked = self._asked.next()
            self.links.value = notes("Drawing the figure ...")

        def show(html: str) -> None:
            with self._lock:
                if self._asked.is_current(asked):
                    self.links.value = html

        self._background.run(
            lambda: download_links(self._figure(), self._name),
            then=lambda links: show(f'<div class="tw-note">Save the figure as {links}.</div>'),
            failed=lambda error: show(notes(f"There is no figure: {error}", css_class="tw-error")),
        )


def download_links(figure: Figure, name: str) -> str:
    """HTML: one link a format, "PNG (24 kB), SVG (20 kB), PDF (12 kB)", with the file's bytes inside."""
    from tapwidget.plots.paper import FORMATS, save

    links = []
    for suffix in FORMATS:
        data = save(figure, suffix)
        href = f"data:{KINDS[suffix]};base64,{base64.b64encode(data).decode()}"
        links.append(f'<a download="{name}.{suffix}" href="{href}">{suffix.upper()}</a> ({len(data) / 1000:,.0f} kB)')
    return ", ".join(links)
