"""What is truly in the field: stars and galaxies, before anybody looks.

Counts, colours and sizes are of the shape that the literature gives for |b| = 48 deg; they are no fit to any survey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tapwidget.simulation.field import CENTRE, RADIUS, Floats, offset, separation, stream, uniform_cap

BANDS = "ugrizy"
FAINTEST = 25.8
"""The population ends at this r magnitude, well below what the survey detects."""

# Decimal logarithm of the number per square degree and magnitude, at these r magnitudes.
COUNT_MAGNITUDES = np.array([12.5, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0, 25.8])
GALAXY_COUNTS = np.array([-1.0, -0.1, 1.05, 2.15, 3.08, 3.88, 4.62, 5.15])
STAR_COUNTS = np.array([1.5, 1.95, 2.3, 2.55, 2.7, 2.88, 3.0, 3.05])

# The stellar locus by its g-i colour (from hot to the coolest dwarfs), AB magnitudes.
LOCUS_GI = np.array([-0.3, 0.2, 0.5, 0.8, 1.2, 1.8, 2.4, 3.0, 3.6])
LOCUS_UG = np.array([0.85, 0.9, 1.0, 1.3, 1.95, 2.5, 2.6, 2.55, 2.6])
LOCUS_RI = np.array([-0.15, 0.03, 0.11, 0.18, 0.32, 0.62, 1.05, 1.52, 1.98])
LOCUS_IZ = np.array([-0.15, -0.03, 0.01, 0.06, 0.15, 0.32, 0.56, 0.82, 1.1])
LOCUS_ZY = np.array([-0.08, -0.02, 0.0, 0.03, 0.07, 0.16, 0.28, 0.42, 0.6])

# Colours of passive and of star-forming galaxies by redshift: u-g, g-r, r-i, i-z, z-y.
REDSHIFTS = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.5])
RED_COLOURS = np.array(
    [
        [1.70, 1.85, 1.70, 1.40, 1.20, 1.10, 1.00, 1.30],
        [0.75, 1.15, 1.65, 1.65, 1.50, 1.40, 1.20, 0.90],
        [0.38, 0.48, 0.65, 1.00, 1.15, 1.10, 0.90, 0.60],
        [0.28, 0.33, 0.38, 0.48, 0.68, 0.85, 0.80, 0.45],
        [0.15, 0.20, 0.24, 0.28, 0.34, 0.45, 0.60, 0.40],
    ]
)
BLUE_COLOURS = np.array(
    [
        [1.10, 1.05, 0.85, 0.60, 0.45, 0.40, 0.40, 0.90],
        [0.40, 0.52, 0.70, 0.62, 0.45, 0.38, 0.25, 0.20],
        [0.20, 0.25, 0.32, 0.50, 0.55, 0.48, 0.30, 0.20],
        [0.12, 0.15, 0.20, 0.25, 0.35, 0.45, 0.35, 0.20],
        [0.06, 0.09, 0.12, 0.16, 0.20, 0.26, 0.30, 0.20],
    ]
)


@dataclass(frozen=True)
class Population:
    """Everything in the field down to `FAINTEST`; arrays of one length, `magnitudes` of shape (6, n) in AB."""

    ra: Floats
    dec: Floats
    magnitudes: Floats
    is_star: NDArray[np.bool_]
    half_light: Floats
    """Half-light radius [arcsec]; 0 for stars."""
    ellipticity: Floats
    angle: Floats
    """Position angle of a galaxy's longer axis [rad]."""
    motion_east: Floats
    """Proper motion times cos(dec) [arcsec/yr]."""
    motion_north: Floats

    def __len__(self) -> int:
        return len(self.ra)


def population() -> Population:
    """The field's stars and galaxies, always the same ones."""
    rng = stream("population")
    area = 2 * np.pi * (1 - np.cos(np.radians(RADIUS))) * np.degrees(1) ** 2
    star_r = draw_magnitudes(rng, STAR_COUNTS, area)
    galaxy_r = draw_magnitudes(rng, GALAXY_COUNTS, area)
    stars, galaxies = len(star_r), len(galaxy_r)

    star_ra, star_dec = uniform_cap(rng, stars, RADIUS)
    galaxy_ra, galaxy_dec = clustered_cap(rng, galaxies)
    speed = 0.006 * rng.exponential(1.0, stars) * 10 ** np.clip(0.05 * (17 - star_r), -0.3, 0.3)
    heading = rng.uniform(0, 2 * np.pi, stars)
    still = np.zeros(galaxies)
    half_light = 0.95 * 10 ** (-0.1 * (galaxy_r - 20)) * rng.lognormal(0, 0.35, galaxies)

    return Population(
        ra=np.concatenate([star_ra, galaxy_ra]),
        dec=np.concatenate([star_dec, galaxy_dec]),
        magnitudes=np.concatenate([star_colours(rng, star_r), galaxy_colours(rng, galaxy_r)], axis=1),
        is_star=np.arange(stars + galaxies) < stars,
        half_light=np.concatenate([np.zeros(stars), np.clip(half_light, 0.08, 25)]),
        ellipticity=np.concatenate([np.zeros(stars), np.clip(rng.rayleigh(0.25, galaxies), 0, 0.85)]),
        angle=rng.uniform(0, np.pi, stars + galaxies),
        motion_east=np.concatenate([speed * np.sin(heading), still]),
        motion_north=np.concatenate([speed * np.cos(heading), still]),
    )


def draw_magnitudes(rng: np.random.Generator, log_counts: Floats, area: float) -> Floats:
    """r magnitudes that follow the differential counts (per deg^2 and mag) over `area` [deg^2]."""
    grid = np.linspace(COUNT_MAGNITUDES[0], FAINTEST, 2000)
    density = 10 ** np.interp(grid, COUNT_MAGNITUDES, log_counts) * area
    cumulative = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(grid))])
    count = int(rng.poisson(cumulative[-1]))
    drawn: Floats = np.interp(rng.random(count) * cumulative[-1], cumulative, grid)
    return drawn


def clustered_cap(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Positions of galaxies: two thirds spread evenly, one third in groups of some arcminutes."""
    ra, dec = uniform_cap(rng, count, RADIUS)
    groups = 900
    group_ra, group_dec = uniform_cap(rng, groups, RADIUS)
    weight = rng.pareto(1.6, groups) + 0.2
    extent = rng.uniform(0.4, 2.5, groups) / 60
    member = rng.random(count) < 0.35
    home = rng.choice(groups, size=count, p=weight / weight.sum())
    near_ra, near_dec = offset(
        group_ra[home], group_dec[home], rng.exponential(extent[home]), rng.uniform(0, 360, count)
    )
    member &= separation(near_ra, near_dec, *CENTRE) < RADIUS
    return np.where(member, near_ra, ra), np.where(member, near_dec, dec)


def star_colours(rng: np.random.Generator, r: Floats) -> Floats:
    """Magnitudes in ugrizy (6, n): turn-off stars of disc and halo, and red dwarfs, more of the latter when faint."""
    red = rng.random(len(r)) < np.clip(0.25 + 0.08 * (r - 16), 0.2, 0.7)
    gi = np.where(red, rng.normal(2.35, 0.5, len(r)), rng.normal(0.65, 0.28, len(r)))
    gi = np.clip(gi, -0.3, 3.5)
    ug, ri, iz, zy = (np.interp(gi, LOCUS_GI, locus) for locus in (LOCUS_UG, LOCUS_RI, LOCUS_IZ, LOCUS_ZY))
    colours = np.stack([ug, gi - ri, ri, iz, zy]) + rng.normal(0, 0.03, (5, len(r)))
    return from_r(r, colours)


def galaxy_colours(rng: np.random.Generator, r: Floats) -> Floats:
    """Magnitudes in ugrizy (6, n) of red and blue galaxies at redshifts that grow with magnitude."""
    redshift = np.clip(0.10 * 10 ** (0.13 * (r - 17)) * rng.lognormal(0, 0.45, len(r)), 0.005, 2.5)
    red = rng.random(len(r)) < np.clip(0.6 - 0.065 * (r - 17), 0.08, 0.6)
    colours = np.empty((5, len(r)))
    for row, (passive, forming) in enumerate(zip(RED_COLOURS, BLUE_COLOURS, strict=True)):
        colours[row] = np.where(red, np.interp(redshift, REDSHIFTS, passive), np.interp(redshift, REDSHIFTS, forming))
    scatter = np.where(red, 0.06, 0.14)
    return from_r(r, colours + rng.normal(0, 1, colours.shape) * scatter)


def from_r(r: Floats, colours: Floats) -> Floats:
    """ugrizy from r and the colours u-g, g-r, r-i, i-z, z-y."""
    ug, gr, ri, iz, zy = colours
    g, i = r + gr, r - ri
    return np.stack([g + ug, g, r, i, i - iz, i - iz - zy])
