"""The simulated tables' columns, as the services that have the real ones describe them.

Names, datatypes, units and UCDs are Rubin's (its published schema "dp1") and Gaia's (its data model, DR3, section
"sso_orbits"). The descriptions are ours.
"""

from __future__ import annotations

from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.simulation.population import BANDS


def magnitudes(band: str) -> list[Column]:
    """PSF and cModel magnitudes of one band, with their errors."""
    kinds = {
        "psf": f"{band}-band AB magnitude, taken with the point-spread function: right for stars",
        "cModel": f"{band}-band AB magnitude of a bulge and disc model: right for galaxies, and nearly so for stars",
    }
    columns = []
    for kind, text in kinds.items():
        columns.append(Column(f"{band}_{kind}Mag", "float", unit="mag", description=text, principal=True))
        error = f"One-sigma error of {band}_{kind}Mag"
        columns.append(Column(f"{band}_{kind}MagErr", "float", unit="mag", description=error, principal=True))
    return columns


OBJECT = Table(
    "dp1.Object",
    "Objects found in deep coadded images of one field: positions, magnitudes and shapes (the principal columns)",
    (
        Column(
            "objectId",
            "long",
            ucd="meta.id;src",
            description="Number of the object, unique in this release",
            principal=True,
            indexed=True,
        ),
        Column(
            "coord_ra",
            "double",
            unit="deg",
            ucd="pos.eq.ra;meta.main",
            description="Right ascension of the centroid, ICRS",
            principal=True,
            indexed=True,
        ),
        Column(
            "coord_dec",
            "double",
            unit="deg",
            ucd="pos.eq.dec;meta.main",
            description="Declination of the centroid, ICRS",
            principal=True,
            indexed=True,
        ),
        Column("tract", "long", description="Tract of the sky map in which the object lies", principal=True),
        Column("patch", "long", description="Patch of that tract, 0 to 99", principal=True),
        Column(
            "parentObjectId",
            "long",
            description="Number of the blend out of which the object was split; 0 if it was none",
            principal=True,
        ),
        *(column for band in BANDS for column in magnitudes(band)),
        *(
            Column(
                f"{band}_psfFlux",
                "float",
                unit="nJy",
                description=f"{band}-band flux that {band}_psfMag is of; may come out negative where nothing is seen",
            )
            for band in BANDS
        ),
        Column(
            "refBand",
            "char",
            "1",
            description="Band on which position and shape rest: the first of i, r, z, y, g, u that is deep enough",
            principal=True,
        ),
        Column(
            "refExtendedness",
            "float",
            description="0 for a point source, 1 for an extended one, by its flux in two apertures",
            principal=True,
        ),
        Column(
            "refSizeExtendedness",
            "float",
            description="How much wider than a point source: 0 (a point) to 1 (all extended)",
            principal=True,
        ),
        Column("shape_xx", "float", unit="pixel**2", description="Second moment along x", principal=True),
        Column("shape_yy", "float", unit="pixel**2", description="Second moment along y", principal=True),
        Column("shape_xy", "float", unit="pixel**2", description="Mixed second moment", principal=True),
        Column("detect_isIsolated", "boolean", description="The object overlaps no other", principal=True),
        Column("detect_fromBlend", "boolean", description="The object was split out of a blend", principal=True),
        Column("deblend_nChild", "int", description="Number of objects that this one was split into", principal=True),
    ),
)

MPCORB = Table(
    "dp1.MPCORB",
    "Orbits of minor planets as the Minor Planet Center gives them",
    (
        Column(
            "mpcDesignation",
            "char",
            "13",
            ucd="meta.id;src",
            description="Principal provisional designation, written out (2000 VC34), else the number",
            indexed=True,
        ),
        Column(
            "ssObjectId",
            "long",
            ucd="meta.id;src",
            description="Number of the object, made of its packed designation",
            indexed=True,
        ),
        Column("q", "double", unit="AU", description="Perihelion distance"),
        Column("e", "double", description="Eccentricity of the orbit"),
        Column("incl", "double", unit="deg", description="Inclination to the ecliptic, J2000"),
        Column("node", "double", unit="deg", description="Longitude of the ascending node, J2000"),
        Column("peri", "double", unit="deg", description="Argument of perihelion, J2000"),
        Column("t_p", "double", unit="d", description="Time of perihelion passage, MJD (TT)"),
        Column("epoch", "double", unit="d", description="Epoch for which the elements hold, MJD (TT)"),
        Column("mpcH", "float", unit="mag", description="Absolute magnitude H"),
    ),
)

SSO_ORBITS = Table(
    "gaiadr3.sso_orbits",
    "Orbits fitted to the astrometry of solar system objects that a space mission took",
    (
        Column(
            "number_mp",
            "int",
            ucd="meta.id;meta.main",
            description="Permanent number of the minor planet",
            principal=True,
            indexed=True,
        ),
        Column(
            "denomination",
            "char",
            "20",
            ucd="meta.id",
            description="Name or provisional designation, in lower case, an underscore for the space",
            principal=True,
            indexed=True,
        ),
        Column("osc_epoch", "double", unit="d", ucd="time.epoch", description="Epoch of the elements, JD (TCB)"),
        Column(
            "mean_anomaly", "double", unit="rad", ucd="src.orbital.meanAnomaly", description="Mean anomaly at osc_epoch"
        ),
        Column(
            "arg_perihelion",
            "double",
            unit="rad",
            ucd="src.orbital.periastron",
            description="Argument of perihelion at osc_epoch",
        ),
        Column(
            "long_asc_node",
            "double",
            unit="rad",
            ucd="src.orbital.node",
            description="Longitude of the ascending node at osc_epoch",
        ),
        Column(
            "inclination",
            "double",
            unit="rad",
            ucd="src.orbital.inclination",
            description="Inclination at osc_epoch",
            principal=True,
        ),
        Column(
            "eccentricity",
            "double",
            ucd="src.orbital.eccentricity",
            description="Eccentricity at osc_epoch",
            principal=True,
        ),
        Column(
            "semi_major_axis",
            "double",
            unit="AU",
            ucd="pos.distance;src.orbital",
            description="Semi-major axis at osc_epoch",
            principal=True,
        ),
        Column(
            "std_dev_semi_major_axis",
            "double",
            unit="AU",
            ucd="stat.stdev",
            description="Standard deviation of the semi-major axis",
        ),
        Column(
            "arc_length", "double", unit="d", ucd="time.interval", description="Time between first and last observation"
        ),
        Column(
            "num_observations",
            "int",
            ucd="meta.number",
            description="Number of observations used in the fit",
            principal=True,
        ),
    ),
)

TABLES = {table.name: table for table in (OBJECT, MPCORB, SSO_ORBITS)}
