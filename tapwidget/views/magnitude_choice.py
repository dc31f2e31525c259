"""Which magnitudes are compared: a band, or any two columns with numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets
import traitlets

from tapwidget.plots import columns
from tapwidget.plots.bands import in_order
from tapwidget.views import basic
from tapwidget.views.style import stylesheet

BY_BAND = ("as the band", "")
CLOSE = {"description_width": "auto"}
USUAL = tuple("ugrizy")  # offered while no table is there


class MagnitudeChoice(ipywidgets.HBox):
    """Three lists: a band, a column of the user's table, one of the results.

    Attributes
    ----------
    band : str
        "r", "J", ...
    yours, theirs : str
        A column of the user's table and one of the results; empty for that of the band.

    Examples
    --------
    >>> MagnitudeChoice(user, result)            # doctest: +SKIP
    """

    band = traitlets.Unicode("r")
    yours = traitlets.Unicode()
    theirs = traitlets.Unicode()

    def __init__(self, user: Any = None, *results: Any, **kwargs: Any) -> None:
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
        super().__init__([stylesheet(), self._band, self._yours, self._theirs], **kwargs)
        self.add_class("tw-wrap")
        self._fill()
        self.observe(lambda _: self._fill(), ["band", "yours", "theirs"])
        for name, box in (("band", self._band), ("yours", self._yours), ("theirs", self._theirs)):
            box.observe(lambda change, name=name: self._chosen(name, change["new"]), "value")
        if user is not None or results:
            self.offer_of(user, *results)

    def offer_of(self, user: Any, *results: Any) -> None:
        """Offer the bands and the columns with numbers of the user's table, or None, and of results of matches.

        Bands are recognised by UCD and name; what a match brought from the upload is none of the results' own.
        """
        mine = () if user is None else columns.bands(user)
        bands = in_order({*mine, *(band for result in results for band in columns.bands(result, is_result=True))})
        theirs = dict.fromkeys(name for result in results for name in columns.numbers(result))
        self.offer(bands, () if user is None else columns.numbers(user), tuple(theirs))

    @property
    def has_columns(self) -> bool:
        """Whether there is any column to choose."""
        return bool(self._there or self._columns["yours"] or self._columns["theirs"])

    def offer(self, bands: Sequence[str], yours: Sequence[str], theirs: Sequence[str]) -> None:
        """Offer these bands and columns. What was chosen stays if it is still there."""
        bands = tuple(bands)
        lists = {"yours": tuple(yours), "theirs": tuple(theirs)}
        if (bands, lists) == (self._there, self._columns):
            return
        new = bands != self._there
        self._there, self._columns = bands, lists
        self._fill()
        if new and bands and self.band not in bands:
            self.band = bands[0]
        for name, offered in lists.items():
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
                offered = self._columns[name]
                further = () if not chosen or chosen in offered else (chosen,)
                _fill(box, [BY_BAND, *((column, column) for column in (*offered, *further))], chosen)
        finally:
            self._filling = False


def _fill(box: ipywidgets.Dropdown, options: list[tuple[str, str]], value: str) -> None:
    if box.options != tuple(options):
        box.options = options
    if box.value != value:
        box.value = value
