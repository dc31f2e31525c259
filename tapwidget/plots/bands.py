"""Photometric bands, and which one a column's name or UCD tells."""

from __future__ import annotations

import re

# In the order of their wavelengths. Case counts: G is Gaia's and g is Sloan's, R is Cousins's and r is Sloan's.
BANDS = (
    "FUV", "NUV", "u", "U", "B", "g", "BP", "V", "G", "r", "R", "RP", "i", "I", "z", "Z", "y", "Y", "J", "H", "Ks",
    "W1", "W2", "W3", "W4",
)  # fmt: skip
OTHER_SPELLINGS = {
    **{band.lower(): band for band in ("FUV", "NUV", "BP", "RP", "B", "V", "J", "H", "W1", "W2", "W3", "W4")},
    **{"k": "Ks", "K": "Ks", "ks": "Ks", "KS": "Ks", "Ic": "I", "Rc": "R"},
}
# Words in a column's name that say it is about a magnitude, but is none.
NOT_A_MAGNITUDE = {"e", "err", "error", "sigma", "sig", "unc", "flag", "flags", "n", "nobs", "ext", "extinction"}
OF_GAIA = {"phot", "mean"}  # the archive writes phot_g_mean_mag
WISE = {"3-4um": "W1", "4-8um": "W2", "8-15um": "W3", "15-30um": "W4"}  # UCD1+: em.IR.3-4um and so on


def words(name: str) -> list[str]:
    """A column's name in words: r_cModelMag is r, c, Model, Mag; psfMagErr_r is psf, Mag, Err, r."""
    return re.findall(r"[FN]UV|[BR]P|[Ww][1-4]|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)


def band_of(name: str, ucd: str = "") -> str:
    """The band of BANDS that a magnitude's name or UCD tells, or an empty string.

    The name counts before the UCD: surveys put em.opt.R on every band that is somehow red.

    >>> [band_of(name) for name in ("r_cModelMag", "psfMag_g", "rmag", "Gmag", "BPmag", "j_m", "Kmag", "e_rmag")]
    ['r', 'g', 'r', 'G', 'BP', 'J', 'Ks', '']
    """
    parts = words(name)
    lower = {part.lower() for part in parts}
    if NOT_A_MAGNITUDE & lower or "magabs" in ucd.lower():
        return ""
    for part in parts:
        word = re.sub(r"[Mm]ag$", "", part)
        if word.lower() in {"g", "bp", "rp"} and lower >= OF_GAIA:
            return word.upper()
        band = OTHER_SPELLINGS.get(word, word)
        if band in BANDS:
            return band
    found = re.search(r"\bem\.(?:opt|IR)\.([UBVRIJHK]|[\d-]+um)\b", ucd)
    if not found:
        return ""
    told = found.group(1)
    return WISE.get(told) or OTHER_SPELLINGS.get(told, told if told in BANDS else "")


def in_order(bands: set[str]) -> tuple[str, ...]:
    """The bands from blue to red; what is none comes last."""
    return tuple(band for band in BANDS if band in bands) + tuple(sorted(bands.difference(BANDS)))
