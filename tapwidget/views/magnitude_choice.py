"""Which magnitudes are compared: a band, or any two columns with numbers."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets
import traitlets

from tapwidget.plots.bands import in_order
from tapwidget.views import basic

BY_BAND = ("as the band", "")
CLOSE = {"description_width": "auto"}
USUAL = tuple("ugrizy")  # offered while no table is there


class MagnitudeChoice(ipywidgets.HBox):
    """Three lists to choose from.

    Attributes
    ----------
    band : str
        "r", "J", ...
    yours, theirs : str
        A column of the user's table and one of the results; empty for that of the band.
    """

    band = traitlets.Unicode("r")
    yours = traitlets.Unicode()
    theirs = traitlets.Unicode()

    def __init__(self, **kwargs: object) -> None:
        self._filling = False  # while the lists are being filled they say nothing
        self._there: tuple[str, ...] = ()
        self._columns: dict[str, tuple[str, ...]] = {"yours": (), "theirs": ()}
        self._band = basic.Dropdown(
            description="band", tooltip="the bands of your table and of the results",
            layout={"width": "110px"}, style=CLOSE,
        )  # fmt: skip
        self._yours, self._theirs = (
            basic.Dropdown(
                description=words, tooltip=f"any column of {of} with numbers", layout={"width": "230px"}, style=CLOSE
            )
            for words, of in (("your column", "your table"), ("target's", "the results"))
        )
        super().__init__([self._band, self._yours, self._theirs], **kwargs)
        self.add_class("tw-wrap")
        self._fill()
        self.observe(lambda _: self._fill(), ["band", "yours", "theirs"])
        for name, box in (("band", self._band), ("yours", self._yours), ("theirs", self._theirs)):
            box.observe(lambda change, name=name: self._chosen(name, change["new"]), "value")

    @property
    def has_columns(self) -> bool:
        """Whether there is any column to choose."""
        return bool(self._there or self._columns["yours"] or self._columns["theirs"])

    def offer(self, bands: Sequence[str], yours: Sequence[str], theirs: Sequence[str]) -> None:
        """Offer these bands and columns. What was chosen stays if it is still there."""
        bands = tuple(bands)
        columns = {"yours": tuple(yours), "theirs": tuple(theirs)}
        if (bands, columns) == (self._there, self._columns):
            return
        new = bands != self._there
        self._there, self._columns = bands, columns
        self._fill()
        if new and bands and self.band not in bands:
            self.band = bands[0]
        for name, offered in columns.items():
            if offered and getattr(self, name) not in offered:
                setattr(self, name, "")

    def _chosen(self, name: str, value: str | None) -> None:
        if not self._filling and value is not None:
            setattr(self, name, value)

    def _fill(self) -> None:
        self._filling = True
        try:
            _fill(self._band, [(band, band) for band in in_order({*(self._there or USUAL), self.band})], self.band)
            for name, box in (("yours", self._yours), ("theirs", self._theirs)):
                chosen = getattr(self, name)
                columns = self._columns[name]
                further = () if not chosen or chosen in columns else (chosen,)
                _fill(box, [BY_BAND, *((column, column) for column in (*columns, *further))], chosen)
        finally:
            self._filling = False


def _fill(box: ipywidgets.Dropdown, options: list[tuple[str, str]], value: str) -> None:
    if box.options != tuple(options):
        box.options = options
    if box.value != value:
        box.value = value
