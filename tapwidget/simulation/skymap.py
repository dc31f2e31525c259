"""Tracts and patches, and the identifiers that a survey makes of them.

The rings of tracts follow Rubin's "lsst_cells_v1" sky map (120 rings, 10 x 10 patches a tract) closely enough that the
tract numbers are those of the field; patches are cut along right ascension and declination instead of in the
tract's own projection.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tapwidget.simulation.field import Floats

Integers = NDArray[np.int64]

RINGS = 120
RING_HEIGHT = 180 / (RINGS + 1)
PATCHES = 10
"""Patches along each side of a tract."""

COUNTER_BITS = 37
PACKED_BASE = 3_671_150
"""Added to tract * 100 + patch, so that identifiers have 18 digits and begin as DP1's do in this field: 648..."""


def tract_and_patch(ra: Floats, dec: Floats) -> tuple[Integers, Integers]:
    """Tract and patch numbers of positions [deg]. Patches count along increasing right ascension, then declination."""
    sizes = [tracts_in_ring(ring) for ring in range(RINGS)]
    first = np.concatenate([[1], 1 + np.cumsum(sizes)])  # tract 0 is the cap around the south pole
    ring = np.clip(((dec + 90) / RING_HEIGHT - 0.5).astype(np.int64), 0, RINGS - 1)
    width = 360 / np.array(sizes)[ring]
    in_ring = (ra / width + 0.5).astype(np.int64)
    across = ra / width + 0.5 - in_ring
    along = (dec + 90) / RING_HEIGHT - 0.5 - ring
    x = np.clip((across * PATCHES).astype(np.int64), 0, PATCHES - 1)
    y = np.clip((along * PATCHES).astype(np.int64), 0, PATCHES - 1)
    return first[ring] + in_ring % np.array(sizes)[ring], x + PATCHES * y


def tracts_in_ring(ring: int) -> int:
    """How many tracts go round the sky in this ring: enough that each is as wide as it is high at its widest."""
    low = RING_HEIGHT * (ring + 0.5) - 90
    high = low + RING_HEIGHT
    widest = 0.0 if low < 0 < high else min(abs(low), abs(high))
    return int(360 * math.cos(math.radians(widest)) / RING_HEIGHT) + 1


def object_ids(tract: Integers, patch: Integers) -> Integers:
    """Identifiers above 2**53, one for each row: tract and patch in the upper bits, a counter in the lower ones.

    Rows must be sorted by tract and patch. Neighbouring identifiers differ by little, so that a float64 confuses them.
    """
    packed = tract * PATCHES**2 + patch
    starts = np.flatnonzero(np.diff(packed, prepend=-1))
    counter = np.arange(len(packed)) - np.repeat(starts, np.diff(starts, append=len(packed)))
    return ((packed + PACKED_BASE) << COUNTER_BITS) + 1 + counter
