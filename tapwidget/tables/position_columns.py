"""Pairs of columns that may be positions, the most likely first."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from tapwidget.tables.column_facts import is_number, is_text, ucd_is, ucd_of, unit_is, values_of

# A name is a longitude if a partner exists under the same name with the latitude's word in its place.
WORDS = (
    ("right_ascension", "declination"), ("rightascension", "declination"), ("right ascension", "declination"),
    ("alpha", "delta"), ("ra", "decl"), ("ra", "dec"), ("ra", "de"),
    ("longitude", "latitude"), ("lon", "lat"), ("l", "b"),
)  # fmt: skip
NO_POSITION = re.compile(
    r"(^|[^a-z])(e|err|error|sig|sigma|unc|std|rms|var|cov|corr|pm|mu|prop|motion|n|num|flag|offset|delta_?ra|d_ra|rate|vel)"
    r"([^a-z]|$)|err|sigma|^pm|^e_|^u_ra|corr|cosd|pixel|_pix|radial|spectra",
    re.I,
)
SPLIT = re.compile(r"^(?P<stem>.*?)(?P<axis>ra|dec|de)[ _]?(?P<part>[hmsd]|-|sign|sgn)$", re.I)
SPLIT_ORDER = ("rah", "ram", "ras", "de-", "ded", "dem", "des")
SEXAGESIMAL = re.compile(
    r"^\s*[+\-−–]?\s*\d{1,3}(\s*[hd:°]\s*|\s+)\d{1,2}(\.\d*)?"
    r"((\s*[m:'′]\s*|\s+)(\d{1,2}(\.\d*)?)?)?\s*(s|\"|″|''|m|')?\s*$",
    re.I,
)
HOURS = re.compile(r"(_?(hours?|hrs?|hms|\(h\))|_h)$")
SURE_NAMES = {
    ("ra", "dec"), ("ra", "decl"), ("raj2000", "dej2000"), ("_raj2000", "_dej2000"), ("ra_icrs", "de_icrs"),
    ("ra_icrs", "dec_icrs"), ("coord_ra", "coord_dec"), ("s_ra", "s_dec"), ("draj2000", "ddecj2000"),
    ("ra_deg", "dec_deg"), ("radeg", "decdeg"), ("radeg", "dedeg"), ("ra(deg)", "dec(deg)"),
    ("alpha_j2000", "delta_j2000"),
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    columns: tuple[str, ...]
    form: str
    frame: str
    why: str
    score: float


def candidates(table: Table) -> list[Candidate]:
    """Every pair (or set of parts) that can be read as a position, best first."""
    pairs: dict[tuple[str, str], str] = {}
    for lon, lat in _by_ucd(table):
        pairs.setdefault((lon, lat), "UCD")
    for lon, lat in _by_name(table):
        pairs.setdefault((lon, lat), "name")
    found = [c for (lon, lat), by in pairs.items() if (c := _judge(table, lon, lat, by)) is not None]
    split = _split(table)
    if split:
        found.append(split)
    return sorted(found, key=lambda c: -c.score)


def _by_ucd(table: Table) -> list[tuple[str, str]]:
    """Longitudes with the latitude that has the same UCD but for the axis; nearest in the table where several do."""
    ucds = {name: ucd_of(table, name) for name in table.colnames}
    order = {name: i for i, name in enumerate(table.colnames)}
    pairs = []
    for atom, partner in (
        ("pos.eq.ra", "pos.eq.dec"),
        ("pos.galactic.lon", "pos.galactic.lat"),
        ("pos.ecliptic.lon", "pos.ecliptic.lat"),
    ):
        latitudes = [n for n, ucd in ucds.items() if ucd_is(ucd, partner)]
        for lon in (n for n, ucd in ucds.items() if ucd_is(ucd, atom)):
            wanted = ucds[lon].replace(atom, partner)
            same = [n for n in latitudes if ucds[n] == wanted] or latitudes
            named = [n for n in same if n in _partners(table, lon)]
            if same:
                pairs.append((lon, (named or sorted(same, key=lambda n: abs(order[n] - order[lon] - 1)))[0]))
    return pairs


def _by_name(table: Table) -> list[tuple[str, str]]:
    return [(lon, partner) for lon in table.colnames for partner in _partners(table, lon)[:1]]


def _partners(table: Table, lon: str) -> list[str]:
    """Columns named as `lon` is, with the latitude's word."""
    by_lower: dict[str, list[str]] = {}
    for name in table.colnames:
        by_lower.setdefault(name.lower(), []).append(name)
    lower = lon.lower()
    found: list[str] = []
    part = SPLIT.match(lower)
    if NO_POSITION.search(lower) or (part and not part["stem"] and part["part"] in "hms"):
        return found
    for word, partner in WORDS:
        for match in re.finditer(re.escape(word), lower):
            if len(word) == 1 and lower not in {
                word,
                f"gal_{word}",
                f"gal{word}",
                f"g{word}",
                f"{word}_deg",
                f"{word}ii",
            }:
                continue
            wanted = lower[: match.start()] + partner + lower[match.end() :]
            hits = by_lower.get(wanted, [])
            if not hits and HOURS.search(wanted):  # declination is in degrees all the same
                plain = HOURS.sub("", wanted).strip()
                hits = by_lower.get(plain) or by_lower.get(f"{plain}_deg", [])
            same_case = [h for h in hits if h[:1].isupper() == lon[:1].isupper()]  # RA with Dec, not with dec
            found += [h for h in (same_case or hits) if h != lon and h not in found]
    return found


def _judge(table: Table, lon: str, lat: str, by: str) -> Candidate | None:
    both_numbers = is_number(table, lon) and is_number(table, lat)
    both_texts = is_text(table, lon) and is_text(table, lat)
    if not (both_numbers or both_texts):
        return None
    form, frame, _ = form_and_frame(table, lon, lat, check=False)
    if form == "":
        return None
    ra, dec = values_of(table, lon), values_of(table, lat)
    if len(table) and (len(ra) == 0 or len(dec) == 0):
        return None
    score = {"degrees": 8.0, "radians": 5.0, "hours": 6.0, "sexagesimal": 3.0}[form]
    main = "meta.main" in ucd_of(table, lon) and "meta.main" in ucd_of(table, lat)
    score += 4.0 * main + 1.0 * (by == "UCD")
    score += {"icrs": 0.0, "fk5": -0.5, "fk4": -4.0, "galactic": -6.0, "ecliptic": -7.0}[frame]
    reasons = [f"UCD {ucd_of(table, lon)}" if by == "UCD" else f"names {lon}, {lat}"]
    if unit_is(table, lon, "deg") and unit_is(table, lat, "deg"):
        score += 2.0
        reasons.append("unit deg")
    if (lon.lower(), lat.lower()) in SURE_NAMES:
        score += 2.0
    score -= 0.02 * len(lon)  # ra before mean_ra, ra before ra_u
    score -= 0.001 * table.colnames.index(lon)
    if both_numbers and len(ra) > 1 and np.ptp(ra) == 0 and np.ptp(dec) == 0:
        score -= 5.0  # all the same: the position asked for, not the ones found
    if both_numbers:
        low, high = ra.min(initial=0.0), ra.max(initial=0.0)
        limit = {"degrees": 360.0, "hours": 24.0, "radians": 6.2832}[form]
        beyond = max(dec.max(initial=0.0), -dec.min(initial=0.0)) > {"radians": 1.5708}.get(form, 90.0)
        if beyond or high > limit or low < -limit / 2:
            score -= 3.0
            if by != "UCD" and (lon.lower(), lat.lower()) not in SURE_NAMES and not unit_is(table, lon, "deg"):
                return None
    if "j2000" in lon.lower():
        reasons.append("J2000 taken as ICRS, from which it differs by less than 0.03 arcsec")
    if form == "sexagesimal":
        reasons.append("sexagesimal text")
    return Candidate((lon, lat), form, frame, "; ".join(reasons), score)


def form_and_frame(table: Table, lon: str, lat: str, *, check: bool = True) -> tuple[str, str, str]:
    """Form and frame of a pair, and a remark. With `check`, ColumnError where it is no position; else form ""."""
    frame = _frame(table, lon)
    if is_number(table, lon) and is_number(table, lat):
        return _number_form(table, lon), frame, ""
    form = ""
    if is_text(table, lon) and is_text(table, lat):
        texts, others = values_of(table, lon, 200), values_of(table, lat, 200)
        sexagesimal = sum(bool(SEXAGESIMAL.match(t)) for t in texts), sum(bool(SEXAGESIMAL.match(t)) for t in others)
        decimal = sum(_decimal(t) for t in texts), sum(_decimal(t) for t in others)
        if sexagesimal[0] > len(texts) / 2 and sexagesimal[1] > len(others) / 2:
            form = "sexagesimal"
        elif decimal[0] > len(texts) / 2 and decimal[1] > len(others) / 2:
            form = "degrees"
    if not form and check:
        from tapwidget.errors import ColumnError

        wrong = lon if not is_number(table, lon) else lat
        example = next(iter(values_of(table, wrong, 1)), "nothing")
        raise ColumnError(
            f"`{lon}` and `{lat}` are no position: `{wrong}` holds {table[wrong].dtype.name}, such as “{example}”. "
            "Wanted are decimal degrees, or text like 12 34 56.7 and -01 23 45."
        )
    return form, frame, ""


def _decimal(text: str) -> bool:
    return bool(re.match(r"^\s*[+-]?\d+(\.\d*)?\s*(deg|d|°)?\s*$", text))


def _number_form(table: Table, lon: str) -> str:
    if unit_is(table, lon, "rad"):
        return "radians"
    lower = lon.lower()
    # The unit "h" of a single column of right ascension means hours of angle.
    if unit_is(table, lon, "hourangle") or unit_is(table, lon, "h") or HOURS.search(lower) or lower == "rah":
        return "hours"
    if not unit_is(table, lon, "deg") and re.search(r"(_rad|radians?|\(rad\))$", lower):
        return "radians"
    return "degrees"


def _frame(table: Table, lon: str) -> str:
    ucd, lower = ucd_of(table, lon), lon.lower()
    if (
        "galactic" in ucd
        or lower in {"l", "gal_l", "gl", "lii", "gall", "l_deg"}
        or re.search(r"gal.*lon|^glon|l_gal", lower)
    ):
        return "galactic"
    if "ecliptic" in ucd or re.search(r"ecl.*lon|^elon", lower):
        return "ecliptic"
    meta = {str(k).lower(): str(v).lower() for k, v in table.meta.items() if isinstance(v, (str, int, float))}
    if re.search(r"b?1950", lower) or "1950" in meta.get("equinox", "") or "fk4" in lower:
        return "fk4"
    if "fk5" in lower:
        return "fk5"
    return "icrs"


def _split(table: Table) -> Candidate | None:
    """RAh, RAm, RAs, DE-, DEd, DEm, DEs as the standard for astronomical catalogues (CDS, 3.3) names them."""
    parts: dict[str, str] = {}
    for name in table.colnames:
        match = SPLIT.match(name.strip())
        if match and not match["stem"].strip("_ "):
            axis = "ra" if match["axis"].lower() == "ra" else "de"
            part = {"sign": "-", "sgn": "-"}.get(match["part"].lower(), match["part"].lower())
            parts.setdefault(axis + part, name)
    if not {"rah", "ram", "ded", "dem"} <= set(parts):
        return None
    columns = tuple(parts[key] for key in SPLIT_ORDER if key in parts)
    frame = _frame(table, parts["rah"])
    return Candidate(columns, "split", frame, "position in parts, named as CDS names them", 4.0)
