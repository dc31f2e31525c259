"""What a deep survey measures of the population: the columns of dp1.Object.

Fluxes are measured with noise and then become magnitudes, as a pipeline does it: a flux that comes out negative has no
magnitude. Missing values are NaN here; they become nulls in the file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.simulation.field import CENTRE, RADIUS, Floats, separation, shift, stream
from tapwidget.simulation.population import BANDS, Population
from tapwidget.simulation.skymap import object_ids, tract_and_patch

Columns = dict[str, NDArray[Any]]

DEPTH = {"u": 23.4, "g": 24.9, "r": 24.75, "i": 24.4, "z": 23.6, "y": 22.4}
"""AB magnitude of a point source at five sigma in the middle of the field."""

SATURATION = {"u": 13.5, "g": 16.0, "r": 16.6, "i": 16.3, "z": 15.6, "y": 14.8}
"""Point sources brighter than about this have no magnitude in that band."""

COVERAGE = {"u": (37.62, 7.12, 0.40), "y": (38.10, 6.80, 0.36)}
"""The two bands seen in part of the field only: right ascension, declination and radius of that part [deg]."""

SEEING = {"u": 1.25, "g": 1.12, "r": 1.05, "i": 1.0, "z": 1.0, "y": 1.05}
"""Full width at half maximum of the coadded point-spread function [arcsec]."""

PIXEL = 0.2
"""Pixel scale [arcsec]."""

NANOJANSKY = 31.4
"""AB magnitude of a flux of 1 nJy."""

CALIBRATION = 0.004
"""Error of the photometric calibration [mag]: no magnitude is better than that."""


def objects(sky: Population) -> Columns:
    """The columns of dp1.Object, in the order of their identifiers."""
    rng = stream("survey")
    loss = edge_loss(sky)
    covered = {band: coverage(rng, sky, band, loss) for band in BANDS}
    seen = detected(rng, sky, loss, covered)
    sky, loss = take(sky, seen), loss[seen]
    covered = {band: mask[seen] for band, mask in covered.items()}

    ra, dec = measured_positions(rng, sky, loss)
    columns: Columns = {"coord_ra": ra, "coord_dec": dec}
    for index, band in enumerate(BANDS):
        columns |= photometry(rng, sky, band, true=sky.magnitudes[index], loss=loss, covered=covered[band])
    columns |= shapes(rng, sky)
    columns["refBand"] = reference_band(columns)

    tract, patch = tract_and_patch(ra, dec)
    order = np.lexsort((dec, patch, tract))
    columns = {name: values[order] for name, values in columns.items()}
    columns["tract"], columns["patch"] = tract[order], patch[order]
    columns["objectId"] = object_ids(columns["tract"], columns["patch"])
    return columns | blends(columns)


def take(sky: Population, rows: NDArray[np.bool_]) -> Population:
    """The population's rows where `rows` is true."""
    picked = {name: values[..., rows] for name, values in vars(sky).items()}
    return Population(**picked)


def edge_loss(sky: Population) -> Floats:
    """How much shallower than in the middle the survey is at each place [mag]: dithered pointings thin out."""
    distance = separation(sky.ra, sky.dec, *CENTRE)
    ripple = 0.08 * np.sin(np.radians(sky.ra * 1500)) * np.cos(np.radians(sky.dec * 1300))
    return 0.12 + ripple + 2.2 * np.clip((distance - 0.52) / (RADIUS - 0.52), 0, None) ** 2


def coverage(rng: np.random.Generator, sky: Population, band: str, loss: Floats) -> NDArray[np.bool_]:
    """Where a band was observed: all of the field or a part of it, less what bad pixels and edges take away."""
    failed = rng.random(len(sky)) < 0.004 + 0.02 * np.clip(loss, 0, 2)
    if band not in COVERAGE:
        return ~failed
    ra, dec, radius = COVERAGE[band]
    return ~failed & (separation(sky.ra, sky.dec, ra, dec) < radius)


def detected(
    rng: np.random.Generator, sky: Population, loss: Floats, covered: dict[str, NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    """Objects found at five sigma in any band, except most of the few that saturate everything around them."""
    best = np.zeros(len(sky))
    for index, band in enumerate(BANDS):
        signal = 5 * 10 ** (0.4 * (DEPTH[band] - loss - extended_loss(sky, band) - sky.magnitudes[index]))
        best = np.maximum(best, np.where(covered[band], signal, 0))
    found = best + rng.normal(0, 1, len(sky)) > 5
    drowned = rng.random(len(sky)) < np.clip((14.5 - sky.magnitudes[2]) / 2, 0, 0.9)
    kept: NDArray[np.bool_] = found & ~drowned
    return kept


def extended_loss(sky: Population, band: str) -> Floats:
    """How much shallower the survey is for a galaxy of that size than for a point [mag]."""
    return 1.25 * np.log10(1 + (1.4 * sky.half_light / SEEING[band]) ** 2)


def measured_positions(rng: np.random.Generator, sky: Population, loss: Floats) -> tuple[Floats, Floats]:
    """ICRS positions [deg]: 6 mas from calibration, and centroid noise that grows to faint objects."""
    signal = 5 * 10 ** (0.4 * (DEPTH["i"] - loss - extended_loss(sky, "i") - sky.magnitudes[3]))
    sigma = np.hypot(0.006, 0.6 * np.hypot(SEEING["i"], sky.half_light) / np.clip(signal, 3, None)) / 3600
    return shift(sky.ra, sky.dec, rng.normal(0, 1, len(sky)) * sigma, rng.normal(0, 1, len(sky)) * sigma)


def photometry(
    rng: np.random.Generator,
    sky: Population,
    band: str,
    *,
    true: Floats,
    loss: Floats,
    covered: NDArray[np.bool_],
) -> Columns:
    """PSF and cModel magnitudes of one band with their errors, and the PSF flux: float32, NaN where there is none."""
    saturated = sky.is_star & (true + rng.normal(0, 0.25, len(sky)) < SATURATION[band])
    # The point-spread function catches only the core of a galaxy.
    missed = 2.5 * np.log10(1 + (1.3 * sky.half_light / SEEING[band]) ** 1.5)
    noise = rng.normal(0, 1, len(sky))  # sky noise that both measurements share
    columns: Columns = {}
    for kind, magnitude, wide in (("psf", true + missed, 0.0), ("cModel", true, 1.0)):
        sigma = 10 ** (-0.4 * (DEPTH[band] - loss - wide * extended_loss(sky, band))) / 5
        own = rng.normal(0, 0.35 * wide, len(sky))
        flux = 10 ** (-0.4 * magnitude)
        flux = flux * (1 + rng.normal(0, CALIBRATION, len(sky))) + sigma * (noise + own) / np.hypot(1, 0.35 * wide)
        missing = ~covered | saturated | (flux <= 0)
        positive = np.where(missing, 1.0, flux)
        error = 2.5 / np.log(10) * np.hypot(sigma / positive, 0.0005)
        columns[f"{band}_{kind}Mag"] = np.where(missing, np.nan, -2.5 * np.log10(positive)).astype(np.float32)
        columns[f"{band}_{kind}MagErr"] = np.where(missing, np.nan, error).astype(np.float32)
        if kind == "psf":
            nanojansky = flux * 10 ** (0.4 * NANOJANSKY)
            columns[f"{band}_psfFlux"] = np.where(~covered | saturated, np.nan, nanojansky).astype(np.float32)
    return columns


def shapes(rng: np.random.Generator, sky: Population) -> Columns:
    """Second moments [pixel^2], which include the point-spread function, and two measures of extendedness."""
    psf = (SEEING["i"] / 2.355 / PIXEL) ** 2
    size = (sky.half_light / 1.2 / PIXEL) ** 2
    signal = np.clip(5 * 10 ** (0.4 * (DEPTH["i"] - sky.magnitudes[3])), 3, None)
    stretch, twist = sky.ellipticity * np.cos(2 * sky.angle), sky.ellipticity * np.sin(2 * sky.angle)
    blur = rng.normal(0, 1, (3, len(sky))) * (psf + size) / signal * 0.7
    xx = np.clip(psf + size * (1 + stretch) + blur[0], 0.2, None)
    yy = np.clip(psf + size * (1 - stretch) + blur[1], 0.2, None)
    xy = size * twist + blur[2]
    ratio = size / (size + psf) + rng.normal(0, 0.25, len(sky)) * 5 / signal
    failed = rng.random(len(sky)) < 0.006
    return {
        "shape_xx": np.where(failed, np.nan, xx).astype(np.float32),
        "shape_yy": np.where(failed, np.nan, yy).astype(np.float32),
        "shape_xy": np.where(failed, np.nan, xy).astype(np.float32),
        "refExtendedness": np.where(failed, np.nan, ratio > 0.025).astype(np.float32),
        "refSizeExtendedness": np.where(failed, np.nan, np.clip(ratio, 0, 1)).astype(np.float32),
    }


def reference_band(columns: Columns) -> NDArray[np.str_]:
    """The first of i, r, z, y, g, u in which the object is at ten sigma, else i."""
    band = np.full(len(columns["coord_ra"]), "i")
    for name in "ugyzri":
        good = columns[f"{name}_psfMagErr"] < 0.1
        band = np.where(good, name, band)
    return band


def blends(columns: Columns) -> Columns:
    """Neighbours within a few arcseconds are taken for one footprint that was split: their parent has its own id."""
    cell = 4 / 3600
    x = np.floor(columns["coord_ra"] * np.cos(np.radians(CENTRE[1])) / cell).astype(np.int64)
    y = np.floor(columns["coord_dec"] / cell).astype(np.int64)
    _, group, size = np.unique(x * 1_000_000 + y, return_inverse=True, return_counts=True)
    blended = size[group] > 1
    highest = np.zeros(len(size), dtype=np.int64)
    np.maximum.at(highest, group, columns["objectId"])
    # Parents are not in the table themselves: their counters begin where no object's counter comes to.
    parent = highest[group] + (1 << 24)
    return {
        "parentObjectId": np.where(blended, parent, 0),
        "detect_isIsolated": ~blended,
        "detect_fromBlend": blended,
        "deblend_nChild": np.zeros(len(group), dtype=np.int32),
    }
