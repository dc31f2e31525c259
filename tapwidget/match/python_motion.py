"""The lines of a cell that carry positions along their proper motions."""

from __future__ import annotations

from tapwidget.match.epoch import Epoch
from tapwidget.match.python_position import python_text


def motion_code(epoch: Epoch) -> str:
    """Code that carries `ra` and `dec` (ICRS degrees, arrays as long as `table`) to the epoch of the target."""
    pm = [f'number({python_text(name)}, "mas/yr")' for name in epoch.pm]
    if isinstance(epoch.of_upload, str):
        since = [
            f'since = number({python_text(epoch.of_upload)}, "")',
            "if np.nanmin(since) < 1700 or np.nanmax(since) > 2300:  # days",
            '    form = "jd" if np.nanmax(since) > 2e6 else "mjd"',
            "    known = np.isfinite(since)",
            '    since[known] = Time(since[known], format=form, scale="tcb").jyear',
        ]
    else:
        since = [f"since = np.full(len(table), {epoch.of_upload!r})"]
    parallax = f'number({python_text(epoch.parallax)}, "mas")' if epoch.parallax else "np.zeros(len(table))"
    velocity = f'number({python_text(epoch.radial_velocity)}, "km/s")' if epoch.radial_velocity else "0.0 * ra"
    return "\n".join(
        [
            f"# Your positions are carried along their proper motions to epoch {epoch.of_target:g}.",
            "import astropy.units as u",
            "from astropy.coordinates import Distance, SkyCoord",
            "from astropy.time import Time",
            "",
            "def number(name, unit):",
            "    values = np.array(np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan))",
            '    own = getattr(table[name], "unit", None)',
            "    return values if own is None or not unit else values * own.to(unit)",
            "",
            f"pm_ra, pm_dec = {pm[0]}, {pm[1]}",
            *since,
            "moving = np.isfinite([ra, dec, pm_ra, pm_dec, since]).all(axis=0)",
            f"parallax, velocity = np.nan_to_num({parallax}), np.nan_to_num({velocity})",
            "measured = parallax > 0",
            "# Without a parallax: so far away that it makes no difference.",
            "least = np.maximum(5.1e-4, 330 * np.radians(np.hypot(pm_ra, pm_dec) / 3600))",
            "there = SkyCoord(",
            "    ra[moving] * u.deg,",
            "    dec[moving] * u.deg,",
            "    distance=Distance(parallax=np.maximum(np.where(measured, parallax, 0), least)[moving] * u.mas),",
            "    pm_ra_cosdec=pm_ra[moving] * u.mas / u.yr,",
            "    pm_dec=pm_dec[moving] * u.mas / u.yr,",
            "    radial_velocity=np.where(measured, velocity, 0)[moving] * u.km / u.s,",
            '    obstime=Time(since[moving], format="jyear", scale="tcb"),',
            f').apply_space_motion(new_obstime=Time({epoch.of_target!r}, format="jyear", scale="tcb"))',
            "ra, dec = ra.copy(), dec.copy()",
            "ra[moving], dec[moving] = there.ra.deg, there.dec.deg",
        ]
    )
