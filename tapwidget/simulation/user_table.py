"""The user's table: what a shallower survey measured of the same field twenty years earlier, as SkyServer writes it.

Columns are those of SkyServer's radial search. Positions scatter, stars have moved since, magnitudes are asinh
magnitudes with the errors of a 54 s exposure, faint objects are missed, and some rows are no objects at all.
Source: asinh magnitudes from Lupton, Gunn & Szalay 1999, AJ 118, 1406; softening and identifiers as SDSS documents
them.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.simulation.field import CENTRE, Floats, separation, shift, stream, uniform_cap
from tapwidget.simulation.population import Population
from tapwidget.simulation.survey import take

FILE_NAME = "sdss.csv"

RADIUS = 0.5
"""Radius of the user's cone [deg]."""

YEARS = 19.5
"""Time between the two surveys: how long the stars have moved."""

BANDS = "ugriz"
DEPTH = {"u": 22.3, "g": 23.2, "r": 22.9, "i": 22.2, "z": 20.7}
"""AB magnitude of a point source at five sigma."""

SOFTENING = {"u": 1.4e-10, "g": 0.9e-10, "r": 1.2e-10, "i": 1.8e-10, "z": 7.4e-10}
SPURIOUS = 0.05
RERUN = 301
RUNS = (5714, 5065)
SKY_VERSION = 2
STRIP = 0.2094
"""Height of the strip that one column of detectors scans [deg]."""

FIELD_LENGTH = 0.1495
"""Length of a field along the scan [deg]."""

Columns = dict[str, NDArray[Any]]


def measured(sky: Population) -> Columns:
    """The rows of the user's table, sorted by objid. NaN: SkyServer would write null; -9999: measurement failed."""
    rng = stream("user table")
    signal = 5 * 10 ** (0.4 * (DEPTH["r"] - sky.magnitudes[2])) / (1 + (sky.half_light / 1.6) ** 2) ** 0.5
    limit = 22.4 - 0.25 * np.clip(sky.half_light - 0.6, 0, 3)
    found = rng.random(len(sky)) < 1 / (1 + np.exp((sky.magnitudes[2] - limit) / 0.22))
    found &= separation(sky.ra, sky.dec, *CENTRE) < RADIUS
    sky, signal = take(sky, found), signal[found]

    sigma = np.hypot(0.045, 0.9 / np.clip(signal, 3, None)) / 3600
    ra, dec = shift(
        sky.ra,
        sky.dec,
        rng.normal(0, 1, len(sky)) * sigma - sky.motion_east * YEARS / 3600,
        rng.normal(0, 1, len(sky)) * sigma - sky.motion_north * YEARS / 3600,
    )
    columns: Columns = {"ra": ra, "dec": dec, "type": classes(rng, sky)}
    for index, band in enumerate(BANDS):
        columns |= photometry(rng, band, sky.magnitudes[index], sky.is_star)
    columns = with_spurious(rng, columns)
    spoil(rng, columns)
    return with_identifiers(columns)


def classes(rng: np.random.Generator, sky: Population) -> NDArray[np.int64]:
    """SDSS's `type`: 6 a star, 3 a galaxy; the two are confused where it gets faint."""
    doubt = np.clip(0.02 + 0.12 * (sky.magnitudes[2] - 20.5), 0.01, 0.35)
    wrong = rng.random(len(sky)) < np.where(sky.is_star, doubt, doubt / 3)
    return np.where(sky.is_star ^ wrong, 6, 3)


def photometry(rng: np.random.Generator, band: str, true: Floats, is_star: NDArray[np.bool_]) -> Columns:
    """Model magnitude and error of one band. A galaxy's model differs from that of a deeper image."""
    sky_sigma = 10 ** (-0.4 * DEPTH[band]) / 5
    model = np.where(is_star, 0.012, 0.075)
    flux = 10 ** (-0.4 * (true + rng.normal(0, 1, len(true)) * model))
    sigma = np.hypot(sky_sigma * np.where(is_star, 1, 1.4), 0.012 * flux)
    flux = flux + rng.normal(0, 1, len(true)) * sigma
    b = SOFTENING[band]
    magnitude = -2.5 / np.log(10) * (np.arcsinh(flux / (2 * b)) + np.log(b))
    error = 2.5 / np.log(10) * sigma / np.hypot(flux, 2 * b)
    return {band: magnitude, f"err_{band}": error}


def with_spurious(rng: np.random.Generator, columns: Columns) -> Columns:
    """Rows added that are no objects: satellite trails, haloes of bright stars, peaks of the noise."""
    count = int(SPURIOUS * len(columns["ra"]))
    ra, dec = uniform_cap(rng, count, RADIUS)
    r = 22.9 - rng.exponential(0.7, count)
    added: Columns = {"ra": ra, "dec": dec, "type": rng.choice([3, 6], count)}
    for band in BANDS:
        added[band] = r + rng.normal({"u": 1.6, "g": 0.8, "r": 0.0, "i": -0.3, "z": -0.5}[band], 0.5, count)
        added[f"err_{band}"] = np.clip(rng.lognormal(-1.2, 0.5, count), 0.05, 5)
    return {name: np.concatenate([values, added[name]]) for name, values in columns.items()}


def spoil(rng: np.random.Generator, columns: Columns) -> None:
    """Failed measurements (-9999, error -1000 or -9999) and nulls, a few in each band; changes the columns."""
    for band in BANDS:
        draw = rng.random(len(columns["ra"]))
        failed, absent = draw < 0.004, draw > 0.9975
        columns[band][failed] = -9999
        columns[f"err_{band}"][failed] = np.where(draw[failed] < 0.002, -1000, -9999)
        columns[band][absent] = np.nan
        columns[f"err_{band}"][absent] = np.nan


def with_identifiers(columns: Columns) -> Columns:
    """run, rerun, camcol, field, obj by position, and SDSS's 64-bit objid made of them; sorted by objid."""
    strip = np.floor((columns["dec"] - CENTRE[1] + 0.6) / STRIP).astype(np.int64)
    run = np.array(RUNS)[strip % 2]
    camcol = 1 + strip % 6
    field = 100 + np.floor((columns["ra"] - CENTRE[0] + 0.6) / FIELD_LENGTH).astype(np.int64)
    order = np.lexsort((columns["ra"], field, camcol, run))
    frame = (run << 20 | camcol << 16 | field)[order]
    starts = np.flatnonzero(np.diff(frame, prepend=-1))
    # Numbers within a frame leave gaps, as parents and children of blends are not in the table.
    obj = 11 + 3 * (np.arange(len(frame)) - np.repeat(starts, np.diff(starts, append=len(frame))))
    run, camcol, field = run[order], camcol[order], field[order]
    objid = (SKY_VERSION << 59) | (RERUN << 48) | run << 32 | camcol << 29 | field << 16 | obj
    named: Columns = {
        "objid": objid,
        "run": run,
        "rerun": np.full(len(run), RERUN),
        "camcol": camcol,
        "field": field,
        "obj": obj,
    }
    named |= {name: values[order] for name, values in columns.items()}
    ranked = np.argsort(objid)
    names = ["objid", "run", "rerun", "camcol", "field", "obj", "type", "ra", "dec", *BANDS]
    return {name: named[name][ranked] for name in [*names, *(f"err_{band}" for band in BANDS)]}


def skyserver_csv(columns: Columns) -> str:
    """The table as SkyServer's tools write it: a first line `#Table1`, then the header; `null`; lines end in LF."""
    written = []
    for name, values in columns.items():
        if values.dtype.kind == "f":
            pattern = "%.15g" if name in ("ra", "dec") else "%.7g"
            written.append(["null" if value != value else pattern % value for value in values.tolist()])  # noqa: PLR0124
        else:
            written.append([str(value) for value in values.tolist()])
    out = io.StringIO()
    out.write("#Table1\n" + ",".join(columns) + "\n")
    out.writelines(",".join(row) + "\n" for row in zip(*written, strict=True))
    return out.getvalue()


def csv(directory: str | Path) -> Path:
    """Put the user's table into `directory` as `sdss.csv`. A file of that name is left as it is."""
    from tapwidget.simulation.sky import cached

    target = Path(directory) / FILE_NAME
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".sdss-") as temporary:
        copy = Path(shutil.copyfile(cached() / FILE_NAME, Path(temporary) / FILE_NAME))
        copy.replace(target)
    return target
