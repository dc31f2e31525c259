"""Which magnitudes are compared: a band, or any two columns with numbers; and which more of the results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import ipywidgets
import traitlets

from tapwidget.plots import columns
from tapwidget.plots.bands import BANDS, in_order
from tapwidget.views import basic
from tapwidget.views.style import stylesheet
from tapwidget.views.tick_list import Item, TickList

BY_BAND = ("as the band", "")
MOST_NAMED = 3  # of the further ones, beside the word "also"
CLOSE = {"description_width": "auto"}
USUAL = tuple("ugrizy")  # offered while no table is there


class _Photometry(NamedTuple):
    """What of a table can be compared; `over`: what of a result can be drawn over it."""

    table: Any  # kept, so that no other one gets its id
    columns: list[str]
    bands: tuple[str, ...]
    numbers: tuple[str, ...]
    over: tuple[str, ...]


class MagnitudeChoice(ipywidgets.HBox):
    """Three lists: a band, a column of the user's table, one of the results. And ticks for further ones of the results.

    Attributes
    ----------
    band : str
        "r", "J", ...
    yours, theirs : str
        A column of the user's table and one of the results; empty for that of the band.
    also : tuple of str
        Bands and columns of the results, to be drawn over these. What is both is the band.
    forgotten : tuple of str
        Of these what the tables offered last do not have any more; read only.

    Examples
    --------
    >>> MagnitudeChoice(user, result)            # doctest: +SKIP
    """

    band = traitlets.Unicode("r")
    yours = traitlets.Unicode()
    theirs = traitlets.Unicode()
    also = traitlets.Tuple()
    forgotten = traitlets.Tuple(read_only=True)

    def __init__(self, user: Any = None, *results: Any, **kwargs: Any) -> None:
        self._filling = False  # while the lists are being filled they say nothing
        self._there: tuple[str, ...] = ()
        self._known: dict[tuple[int, bool], _Photometry] = {}
        self._columns: dict[str, tuple[str, ...]] = {"yours": (), "theirs": (), "further": ()}
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
        self._more = basic.ToggleButton(
            tooltip="Draw further bands, or columns of magnitudes, of the results over these",
            icon="caret-right",
            layout={"width": "auto"},
        )
        self._ticks: TickList | None = None  # made when it is opened
        super().__init__([stylesheet(), self._band, self._yours, self._theirs, self._more], **kwargs)
        self.add_class("tw-wrap")
        self._fill()
        self._name_further()
        self._more.observe(lambda _: self._open(), "value")
        self.observe(self._choose_further, "also")
        self.observe(lambda _: self._fill(), ["band", "yours", "theirs"])
        for name, box in (("band", self._band), ("yours", self._yours), ("theirs", self._theirs)):
            box.observe(lambda change, name=name: self._chosen(name, change["new"]), "value")
        if user is not None or results:
            self.offer_of(user, *results)

    def offer_of(self, user: Any, *results: Any) -> None:
        """Offer the bands and the columns with numbers of the user's table, or None, and of results of matches.

        Bands are recognised by UCD and name; what a match brought from the upload is none of the results' own.
        """
        tables = [*([] if user is None else [(user, False)]), *((result, True) for result in results)]
        known: dict[tuple[int, bool], _Photometry] = {}
        for table, is_result in tables:  # each is looked at once
            found = self._known.get((id(table), is_result))
            if found is None or found.columns != table.colnames:
                found = _Photometry(
                    *(table, list(table.colnames), columns.bands(table, is_result=is_result), columns.numbers(table)),
                    columns.to_draw_over(table) if is_result else (),
                )
            known[id(table), is_result] = found
        self._known = known
        mine = () if user is None else known[id(user), False].numbers
        theirs = [known[id(result), True] for result in results]
        self.offer(
            in_order({band for found in known.values() for band in found.bands}),
            mine,
            tuple(dict.fromkeys(name for found in theirs for name in found.numbers)),
            tuple(dict.fromkeys(name for found in theirs for name in found.over)),
        )

    @property
    def has_columns(self) -> bool:
        """Whether there is any column to choose."""
        return bool(self._there or self._columns["yours"] or self._columns["theirs"])

    @property
    def offered(self) -> dict[str, tuple[str, ...]]:
        """What can be chosen, by the names of the traits."""
        lists = {name: ("", *self._columns[name]) for name in ("yours", "theirs")}
        return {"band": self._there or USUAL, **lists, "also": (*self._columns["theirs"], *self._columns["further"])}

    def offer(
        self, bands: Sequence[str], yours: Sequence[str], theirs: Sequence[str], further: Sequence[str] = ()
    ) -> None:
        """Offer these bands and columns, and `further` to tick. What was chosen stays if it is still there."""
        bands = tuple(bands)
        lists = {"yours": tuple(yours), "theirs": tuple(theirs), "further": tuple(further)}
        if (bands, lists) == (self._there, self._columns):
            return
        new = bands != self._there
        self._there, self._columns = bands, lists
        self._fill()
        if new and bands and self.band not in bands:
            self.band = bands[0]
        for name in ("yours", "theirs"):
            if lists[name] and getattr(self, name) not in lists[name]:
                setattr(self, name, "")
        there = {*lists["theirs"], *lists["further"]}
        gone = tuple(name for name in self.also if there and name not in there)
        if gone:
            self.also = tuple(name for name in self.also if name in there)
        self.set_trait("forgotten", gone)

    def _chosen(self, name: str, value: str | None) -> None:
        if not self._filling and value is not None:
            setattr(self, name, value)

    def _open(self) -> None:
        if self._ticks is None:
            self._ticks = TickList(
                placeholder="find bands and columns of magnitudes", width="170px", layout={"flex": "1 1 100%"}
            )
            traitlets.link((self, "also"), (self._ticks, "chosen"))
        self._fill()
        others = tuple(child for child in self.children if child is not self._ticks)
        self.children = (*others, self._ticks) if self._more.value else others
        self._more.icon = "caret-down" if self._more.value else "caret-right"

    def _choose_further(self, _change: Any) -> None:
        self.set_trait("forgotten", ())
        self._name_further()

    def _name_further(self) -> None:
        named = ", ".join(self.also) if len(self.also) <= MOST_NAMED else f"{len(self.also):,} more"
        self._more.description = f"also {named}" if named else "also ..."

    def _fill(self) -> None:
        self._filling = True
        try:
            _fill(self._band, [(band, band) for band in in_order({*(self._there or USUAL), self.band})], self.band)
            for name, box in (("yours", self._yours), ("theirs", self._theirs)):
                chosen = getattr(self, name)
                offered = self._columns[name]
                further = () if not chosen or chosen in offered else (chosen,)
                _fill(box, [BY_BAND, *((column, column) for column in (*offered, *further))], chosen)
            if self._ticks is not None:
                self._ticks.items = tuple(
                    Item(name, description=f"band {name}" if name in BANDS else "") for name in self._columns["further"]
                )
        finally:
            self._filling = False


def _fill(box: ipywidgets.Dropdown, options: list[tuple[str, str]], value: str) -> None:
    if box.options != tuple(options):
        box.options = options
    if box.value != value:
        box.value = value
