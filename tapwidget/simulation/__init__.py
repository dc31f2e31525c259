"""Seeded skies: a survey's objects, minor planets, and a user's table of the same piece of sky.

    field         where the field lies; random streams; points on the sphere
    population    what is truly there: stars and galaxies with positions, magnitudes, sizes
    skymap        tracts, patches and the identifiers made of them
    survey        what a deep survey measures of the population: dp1.Object
    user_table    what a shallower one measured of it years earlier: the user's CSV
    minor_planets dp1.MPCORB and gaiadr3.sso_orbits
    schema        the columns, as the services describe them
    parquet       columns to Parquet, with their description inside
    sky           all of it made on first use, and kept

Nothing here is fitted to published match counts: what comes out is what the recipe gives.
"""
