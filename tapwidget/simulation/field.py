"""Where the simulated field lies, its random streams, and points on the sphere.

All angles are ICRS degrees in float64 unless a name says otherwise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CENTRE = (37.86, 6.98)
"""Right ascension and declination of the field's centre [deg]: a field of low ecliptic latitude that DP1 has too."""

RADIUS = 0.7
"""Radius of what the survey covers [deg]."""

SEED = 20_250_630


def stream(name: str) -> np.random.Generator:
    """A random stream of its own for each part, so that a change in one part leaves the others as they were."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([SEED, *name.encode()])))


def uniform_cap(rng: np.random.Generator, count: int, radius: float) -> tuple[Floats, Floats]:
    """`count` points, uniform in area within `radius` [deg] of the field's centre: RA, Dec [deg]."""
    # 1 - cos(theta) is uniform on a cap; sin^2 of the half angle keeps its digits where cos would lose them.
    half = np.arcsin(np.sqrt(rng.random(count)) * np.sin(np.radians(radius) / 2))
    return offset(*CENTRE, np.degrees(2 * half), rng.uniform(0, 360, count))


def offset(
    ra: float | Floats, dec: float | Floats, distance: float | Floats, angle: float | Floats
) -> tuple[Floats, Floats]:
    """The points `distance` [deg] away along a great circle that starts at position angle `angle` [deg, N over E]."""
    alpha, delta = np.radians(ra), np.radians(dec)
    theta, phi = np.radians(distance), np.radians(angle)
    east, north = np.sin(theta) * np.sin(phi), np.sin(theta) * np.cos(phi)
    new_dec = np.arcsin(np.clip(np.sin(delta) * np.cos(theta) + np.cos(delta) * north, -1, 1))
    new_ra = alpha + np.arctan2(east, np.cos(delta) * np.cos(theta) - np.sin(delta) * north)
    return np.degrees(new_ra) % 360, np.degrees(new_dec)


def shift(ra: Floats, dec: Floats, east: Floats, north: Floats) -> tuple[Floats, Floats]:
    """The points moved by small amounts [deg] to the east and to the north, away from the poles."""
    return (ra + east / np.cos(np.radians(dec))) % 360, dec + north


def separation(ra: Floats, dec: Floats, ra0: float, dec0: float) -> Floats:
    """Angle [deg] between each point and one other (haversine: exact for small angles)."""
    alpha, delta, delta0 = np.radians(ra - ra0), np.radians(dec), np.radians(dec0)
    hav = np.sin((delta - delta0) / 2) ** 2 + np.cos(delta) * np.cos(delta0) * np.sin(alpha / 2) ** 2
    angle: Floats = np.degrees(2 * np.arcsin(np.sqrt(np.clip(hav, 0, 1))))
    return angle
