"""A service made of arrays; and on a busy machine one example can take long without being wrong."""

import re

import numpy as np
import pytest
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table
from astropy.units import deg
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def matched():
    """What a match of two tables in memory returns: the pairs are astropy's, within the radius that the query names."""
    from tapwidget.client.plan import make_plan

    def match_them(match, table, sky, target):
        plan = make_plan(match, table, target)
        radius = float(re.search(r"\)\) < ([0-9.]+)", plan.adql)[1])
        sent = plan.upload.table
        ours = SkyCoord(*(np.asarray(sent[name]) for name in plan.upload.position), unit=deg)
        there = np.flatnonzero(np.isfinite(sky["ra"]) & np.isfinite(sky["dec"]))
        theirs = SkyCoord(np.asarray(sky["ra"])[there], np.asarray(sky["dec"])[there], unit=deg)
        pairs = np.zeros((2, 0), dtype=int)
        if len(there):
            mine, others, apart, _ = search_around_sky(ours, theirs, radius * deg * (1 + 1e-9))
            near = apart < radius * deg
            pairs = np.array([mine[near], there[others[near]]])
        pairs = pairs[:, np.random.default_rng(5).permutation(pairs.shape[1])]  # a service has no order
        raw = Table({plan.query.row: np.asarray(sent[plan.upload.row_column])[pairs[0]]})
        for output in plan.query.columns[1:]:
            raw[output.name] = sky[output.name][pairs[1]]
        raw.meta["overflow"] = False
        return plan.finish(raw, table)

    return match_them
