"""The match radius: a number with its unit, and a slider in arcsec."""

from __future__ import annotations

import math

import ipywidgets
import traitlets
from astropy import units as u

from tapwidget.views import basic
from tapwidget.views.style import notes, stylesheet

UNITS = {"arcsec": u.arcsec, "mas": u.mas, "arcmin": u.arcmin, "deg": u.deg}
SLIDER_STEP = 0.01  # of the logarithm
SLIDER_RANGE = (0.01, 60.0)  # arcsec; the number box takes anything up to 180 deg


class RadiusControl(ipywidgets.VBox):
    """Choose the largest separation accepted.

    Attributes
    ----------
    radius : float
        In arcsec. Set it, link it, or observe it.
    quantity : astropy.units.Quantity
        The same angle as it was typed: 0.00027 deg stays 0.00027 deg.
    label : str
        What stands before the number.
    """

    radius = traitlets.Float(1.0, help="arcsec")
    label = traitlets.Unicode("radius", help="what stands before the number")
    quantity = traitlets.Any(1.0 * u.arcsec)

    def __init__(self, radius: float = 1.0, *, quantity: u.Quantity | None = None, **kwargs: object) -> None:
        self._number = basic.FloatText(value=radius, description="radius", step=0.1, layout={"width": "190px"})
        self._unit = basic.Dropdown(
            options=list(UNITS), value="arcsec", tooltip="unit of the radius", layout={"width": "84px"}
        )
        low, high = SLIDER_RANGE
        self._slider = basic.FloatLogSlider(
            value=radius, min=math.log10(low), max=math.log10(high), step=SLIDER_STEP, readout=False,
            tooltip="radius, 0.01 to 60 arcsec", layout={"width": "220px"},
        )  # fmt: skip
        self._said = basic.HTML()
        row = basic.HBox([self._number, self._unit, self._slider])
        row.add_class("tw-wrap")
        self._updating = False
        super().__init__([stylesheet(), row, self._said], **kwargs)
        traitlets.dlink((self, "label"), (self._number, "description"))
        self._number.observe(self._typed, "value")
        self._unit.observe(self._typed, "value")
        self._slider.observe(self._slid, "value")
        self.set_quantity(radius * u.arcsec if quantity is None else quantity)

    def set_quantity(self, quantity: u.Quantity) -> None:
        """Show and hold this angle; the unit box keeps its unit where it can show it."""
        arcsec = float(quantity.to_value(u.arcsec))
        if not 0 < arcsec <= 180 * 3600:
            self._said.value = notes("The radius must be more than 0 and at most 180 deg.", css_class="tw-error")
            return
        self._said.value = "" if quantity.unit == u.arcsec else notes(f"= {arcsec:.6g} arcsec")
        self._updating = True
        try:
            unit = next((name for name, known in UNITS.items() if known == quantity.unit), "arcsec")
            self._unit.value = unit
            self._number.value = float(quantity.to_value(UNITS[unit]))
            self._slider.value = min(max(arcsec, SLIDER_RANGE[0]), SLIDER_RANGE[1])
            with self.hold_trait_notifications():
                self.quantity = quantity
                self.radius = arcsec
        finally:
            self._updating = False

    @traitlets.observe("radius")
    def _radius_set(self, change: dict[str, float]) -> None:
        if not self._updating:
            self.set_quantity(change["new"] * u.arcsec)

    @traitlets.observe("quantity")
    def _quantity_set(self, change: dict[str, u.Quantity]) -> None:
        if not self._updating:
            self.set_quantity(change["new"])

    def _typed(self, _change: object) -> None:
        if not self._updating:
            self.set_quantity(self._number.value * UNITS[self._unit.value])

    def _slid(self, change: dict[str, float]) -> None:
        # The browser answers a radius between two steps of the slider with the nearer step: nobody has moved it.
        is_echo = abs(math.log10(change["new"] / self.radius)) <= SLIDER_STEP / 2 + 1e-9
        if not self._updating and not is_echo:
            self.set_quantity(round(change["new"], 3 if change["new"] < 1 else 2) * u.arcsec)
