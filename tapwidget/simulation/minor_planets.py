"""Minor planets: the orbits that a space mission fitted (gaiadr3.sso_orbits), and the list of all orbits (dp1.MPCORB).

The two tables name the same bodies differently, and that is their point: one writes `2000_vc34` where the other has
`2000 VC34`; and a body with a name (`kalm`) is found under its name in the one, under its designation in the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.simulation.field import Floats, stream

Columns = dict[str, NDArray[Any]]

BODIES = 7000
FITTED = 5000
NAMED = 0.16
"""Part of the bodies that have a name: of the numbered ones about one in six."""

RENAMED = 0.03
"""Part of the fitted bodies whose principal designation has changed since."""

EPOCH = 60_800.0
"""Epoch of the elements in dp1.MPCORB [MJD, TT]."""

HALF_MONTHS = "ABCDEFGHJKLMNOPQRSTUVWXY"
ORDER_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
PACKED_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SYLLABLES = ("ka", "lo", "mi", "ra", "ven", "ta", "ul", "sor", "den", "ia", "bel", "no", "thy", "er", "gi", "hal", "pe")


@dataclass(frozen=True)
class Bodies:
    """Minor planets in the order of their numbers; arrays of one length. Angles in degrees, lengths in au."""

    number: NDArray[np.int64]
    designation: list[str]
    name: list[str]
    """Lower case; empty where a body has no name."""
    axis: Floats
    eccentricity: Floats
    inclination: Floats
    node: Floats
    perihelion: Floats
    anomaly: Floats
    absolute: Floats


def minor_planets() -> tuple[Columns, Columns]:
    """The columns of dp1.MPCORB and of gaiadr3.sso_orbits."""
    rng = stream("minor planets")
    bodies = draw_bodies(rng)
    return all_orbits(rng, bodies), fitted_orbits(rng, bodies)


def draw_bodies(rng: np.random.Generator) -> Bodies:
    """Main-belt asteroids with the Kirkwood gaps, some Hungarias, near-Earth objects, Hildas and Trojans."""
    axis = np.concatenate(
        [
            rng.normal(2.36, 0.10, int(BODIES * 0.34)),
            rng.normal(2.65, 0.10, int(BODIES * 0.30)),
            rng.normal(3.10, 0.09, int(BODIES * 0.27)),
            rng.normal(1.93, 0.05, int(BODIES * 0.03)),
            rng.uniform(1.0, 2.4, int(BODIES * 0.02)),
            rng.normal(3.96, 0.03, int(BODIES * 0.02)),
        ]
    )
    axis = np.concatenate([axis, rng.normal(5.2, 0.05, BODIES - len(axis))])
    for gap in (2.502, 2.825, 2.958):
        inside = np.abs(axis - gap) < 0.02
        axis[inside] += np.where(axis[inside] < gap, -0.035, 0.035)
    rng.shuffle(axis)
    near_earth = (axis < 2.4) & (rng.random(BODIES) < 0.03)
    eccentricity = np.clip(np.where(near_earth, 0.45, 0) + rng.rayleigh(0.11, BODIES), 0.001, 0.85)
    absolute = np.clip(16.9 - rng.exponential(1.1, BODIES) + np.where(near_earth, 2.5, 0), 6, 24)
    return Bodies(
        number=np.sort(rng.choice(np.arange(1_000, 620_000), BODIES, replace=False)).astype(np.int64),
        designation=designations(rng, BODIES),
        name=names(rng, BODIES),
        axis=axis,
        eccentricity=eccentricity,
        inclination=np.clip(rng.rayleigh(6.5, BODIES), 0.05, 60),
        node=rng.uniform(0, 360, BODIES),
        perihelion=rng.uniform(0, 360, BODIES),
        anomaly=rng.uniform(0, 360, BODIES),
        absolute=absolute,
    )


def designations(rng: np.random.Generator, count: int) -> list[str]:
    """Distinct provisional designations written out: `2000 VC34`, some of the Palomar-Leiden surveys (`2040 P-L`)."""
    found: dict[str, None] = {}
    while len(found) < count:
        if rng.random() < 0.01:
            survey = ("P-L", "T-1", "T-2", "T-3")[rng.integers(4)]
            found[f"{rng.integers(1001, 9999)} {survey}"] = None
            continue
        year = int(2014 - min(rng.exponential(13), 60))
        half, order = HALF_MONTHS[rng.integers(len(HALF_MONTHS))], ORDER_LETTERS[rng.integers(len(ORDER_LETTERS))]
        cycle = int(rng.exponential(60 if year > 1990 else 2))
        found[f"{year} {half}{order}{cycle or ''}" if cycle < 620 else f"{year} {half}{order}"] = None
    return list(found)


def names(rng: np.random.Generator, count: int) -> list[str]:
    """Made-up names for a part of the bodies, each once; "" for the others."""
    chosen: list[str] = []
    used = {""}
    for has_name in rng.random(count) < NAMED:
        name = ""
        while has_name and name in used:
            name = "".join(SYLLABLES[k] for k in rng.integers(len(SYLLABLES), size=rng.integers(2, 5)))
        used.add(name)
        chosen.append(name)
    return chosen


def packed(designation: str) -> str:
    """The Minor Planet Center's packed form, seven characters: `2000 VC34` is `K00V34C`, `2040 P-L` is `PLS2040`."""
    first, second = designation.split()
    if second[1] == "-":
        return f"{second[0]}{second[2]}S{first}"
    cycle = int(second[2:] or 0)
    century = {"18": "I", "19": "J", "20": "K"}[first[:2]]
    return f"{century}{first[2:]}{second[0]}{PACKED_DIGITS[cycle // 10]}{cycle % 10}{second[1]}"


def all_orbits(rng: np.random.Generator, bodies: Bodies) -> Columns:
    """dp1.MPCORB, in the order of the designations; one in 150 bodies is listed by its number."""
    designation = np.array(bodies.designation)
    identifier = np.array([int.from_bytes(packed(text).encode("ascii"), "big") for text in bodies.designation])
    by_number = rng.random(BODIES) < 1 / 150
    written = np.where(by_number, bodies.number.astype(np.str_), designation)
    period = 365.25 * bodies.axis**1.5
    columns: Columns = {
        "mpcDesignation": written,
        "ssObjectId": identifier.astype(np.int64),
        "q": bodies.axis * (1 - bodies.eccentricity),
        "e": bodies.eccentricity,
        "incl": bodies.inclination,
        "node": bodies.node,
        "peri": bodies.perihelion,
        "t_p": EPOCH - (bodies.anomaly - np.where(bodies.anomaly > 180, 360, 0)) / 360 * period,
        "epoch": np.full(BODIES, EPOCH),
        "mpcH": np.where(rng.random(BODIES) < 0.01, np.nan, np.round(bodies.absolute, 2)).astype(np.float32),
    }
    order = np.argsort(written)
    return {name: values[order] for name, values in columns.items()}


def fitted_orbits(rng: np.random.Generator, bodies: Bodies) -> Columns:
    """gaiadr3.sso_orbits: the brighter bodies are the likelier to be in it; angles in radians."""
    chance = 1 / (1 + np.exp((bodies.absolute - 16.3) / 0.5))
    rows = np.sort(rng.choice(BODIES, FITTED, replace=False, p=chance / chance.sum()))
    former = iter(designations(stream("former designations"), FITTED))
    known = set(bodies.designation)
    written = []
    for row, renamed in zip(rows, rng.random(FITTED) < RENAMED, strict=True):
        text = bodies.designation[row]
        if renamed:
            text = next(other for other in former if other not in known)
        written.append(bodies.name[row] or text.lower().replace(" ", "_"))
    observations = np.clip(rng.lognormal(np.log(205), 0.5, FITTED), 20, 1500).astype(np.int32)
    sigma = 1e-7 * rng.lognormal(0, 0.8, FITTED) * (200 / observations)
    degrees = {
        "mean_anomaly": bodies.anomaly,
        "arg_perihelion": bodies.perihelion,
        "long_asc_node": bodies.node,
        "inclination": bodies.inclination,
    }
    return {
        "number_mp": bodies.number[rows].astype(np.int32),
        "denomination": np.array(written),
        "osc_epoch": np.round(2_457_388.5 + rng.normal(0, 60, FITTED), 1),
        **{name: np.radians(values[rows]) for name, values in degrees.items()},
        "eccentricity": bodies.eccentricity[rows] + rng.normal(0, 1e-6, FITTED),
        "semi_major_axis": bodies.axis[rows] + rng.normal(0, 1, FITTED) * sigma,
        "std_dev_semi_major_axis": sigma,
        "arc_length": np.clip(rng.normal(870, 110, FITTED), 100, 1030),
        "num_observations": observations,
    }
