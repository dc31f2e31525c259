"""Text formats with a description of their own: ECSV, IPAC, CDS with its ReadMe, VizieR's asu-tsv, MPCORB."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
from astropy.table import Table

from tapwidget.errors import FileFormatError
from tapwidget.tables import provenance
from tapwidget.tables.formats.delimited import decoded
from tapwidget.tables.formats.layout import unique_names
from tapwidget.tables.formats.outcome import Outcome, listing, quiet
from tapwidget.tables.formats.units import as_unit
from tapwidget.tables.formats.values import Notes, typed

# How CDS tables write "no value", whatever single one their ReadMe declares.
DASHES = ("-", "--", "---", "----", "-----")

# Minor Planet Center, "Export Format for Minor-Planet Orbits": first and last byte (from 1), name, unit, meaning.
MPCORB = (
    (1, 7, "designation", "", "Number or provisional designation, packed"),
    (9, 13, "H", "mag", "Absolute magnitude"),
    (15, 19, "G", "", "Slope parameter"),
    (21, 25, "epoch", "", "Epoch, packed (0h TT)"),
    (27, 35, "M", "deg", "Mean anomaly at the epoch"),
    (38, 46, "peri", "deg", "Argument of perihelion (J2000.0)"),
    (49, 57, "node", "deg", "Longitude of the ascending node (J2000.0)"),
    (60, 68, "incl", "deg", "Inclination to the ecliptic (J2000.0)"),
    (71, 79, "e", "", "Orbital eccentricity"),
    (81, 91, "n", "deg / d", "Mean daily motion"),
    (93, 103, "a", "AU", "Semimajor axis"),
    (106, 106, "U", "", "Uncertainty parameter"),
    (108, 116, "reference", "", "Reference"),
    (118, 122, "n_obs", "", "Number of observations"),
    (124, 126, "n_opp", "", "Number of oppositions"),
    (128, 136, "arc", "", "Years of observation, or length of the arc"),
    (138, 141, "rms", "arcsec", "r.m.s. residual"),
    (143, 145, "perturbers", "", "Coarse indicator of perturbers"),
    (147, 149, "precise_perturbers", "", "Precise indicator of perturbers"),
    (151, 160, "computer", "", "Computer name"),
    (162, 165, "flags", "", "4-hexdigit flags"),
    (167, 194, "name", "", "Designation, readable"),
    (195, 202, "last_obs", "", "Date of the last observation"),
)


def read_ecsv(data: bytes, _name: str) -> Outcome:
    """Enhanced CSV (astropy APE 6), any version."""
    with quiet():
        table = Table.read(data.decode("utf-8-sig").splitlines(), format="ascii.ecsv")
    told = table.meta.get(provenance.NAME)
    saved, said = (dict(told), []) if isinstance(told, dict) else provenance.from_text(told)
    return Outcome(table, "ECSV", said, 'Table.read(PATH, format="ascii.ecsv")', saved=saved)


def read_ipac(data: bytes, name: str) -> Outcome:
    """IPAC table; the descriptions that IRSA puts into the comments become the columns' own."""
    text = decoded(data, name)[0].decode()
    with quiet():
        table = Table.read(text.splitlines(), format="ascii.ipac")
    for column, said in re.findall(r"(?m)^\\ (\w+)(?: \([^)]*\))? *\n\\ +_+ (.+)$", text):
        if column in table.colnames and not table[column].description:
            table[column].description = said.strip()
    keywords = {key: value["value"] for key, value in table.meta.get("keywords", {}).items()}
    table.meta = {"comments": table.meta.get("comments", []), **keywords}
    return Outcome(table, "IPAC table", [], 'Table.read(PATH, format="ascii.ipac")')


def readme_of(path: Path) -> Path | None:
    """The CDS ReadMe in the same folder that describes this file, if there is one."""
    for name in ("ReadMe", "README", "readme", "ReadMe.txt"):
        readme = path.parent / name
        try:
            text = readme.read_text("utf-8", "replace") if readme.is_file() and readme != path else ""
        except OSError:
            continue
        described = re.findall(r"(?mi)^Byte-by-byte Description of file: *(.+)$", text)
        if any(path.name.removesuffix(".gz") in line.replace(",", " ").split() for line in described):
            return readme
    return None


def refuse_readme(data: bytes, path: Path) -> None:
    """Refuse a CDS ReadMe opened in place of the table that it describes."""
    head = data[:200_000].decode("utf-8", "replace")
    described = re.findall(r"(?mi)^Byte-by-byte Description of file: *(\S+)", head)
    if described and re.search(r"(?mi)^File Summary:", head) and path.name not in described:
        raise FileFormatError(
            f"{path.name} describes tables but holds none: open {described[0]} (with this file in the same folder)."
        )


def read_cds(path: Path, readme: Path) -> Outcome:
    """A CDS table with its ReadMe ("Standards for Astronomical Catalogues", version 2.0)."""
    words = [(dash, "0") for dash in DASHES]
    with quiet():
        table = Table.read(path, readme=str(readme), format="ascii.cds", fill_values=words)
    said = [f"The columns are as {readme} describes them.", "Dashes in place of a number were read as missing."]
    call = f'Table.read(PATH, readme={str(readme)!r}, format="ascii.cds", fill_values={words!r})'
    return Outcome(table, "CDS table", said, call)


def read_mrt(data: bytes, name: str) -> Outcome:
    """A machine-readable table of the AAS journals: description and data in one file."""
    words = [(dash, "0") for dash in DASHES]
    with quiet():
        table = Table.read(decoded(data, name)[0].decode().splitlines(), format="ascii.mrt", fill_values=words)
    return Outcome(table, "machine-readable table", [], f'Table.read(PATH, format="ascii.mrt", fill_values={words!r})')


def read_mpcorb(data: bytes, name: str) -> Outcome:
    """Orbits of minor planets as the Minor Planet Center exports them: fixed width, no header, no sky positions."""
    lines = decoded(data, name)[0].decode().splitlines()
    ruler = next((i for i, line in enumerate(lines) if line.startswith("-----")), -1)
    rows = [line for line in lines[ruler + 1 :] if line.strip()]
    for number, row in enumerate(rows, ruler + 2):
        if len(row) < 103:
            raise FileFormatError(f"Line {number} of {name} is no orbit of the Minor Planet Center: “{row[:60]}”.")
    notes = Notes()
    table = Table()
    for first, last, column, unit, description in MPCORB:
        table[column] = typed(column, pa.array([row[first - 1 : last] for row in rows], pa.string()), notes)
        table[column].unit = as_unit(unit)
        table[column].description = description
    table["designation"].meta["ucd"] = "meta.id;meta.main"
    table["H"].meta["ucd"] = "phys.magAbs"
    table["U"].meta["ucd"] = "meta.code.qual"
    return Outcome(
        table,
        "MPCORB",
        [
            "A file of the Minor Planet Center without header: the columns are named as the MPC describes them.",
            "Orbital elements only, no positions on the sky: match by designation. `name` is the readable one, "
            "`designation` the packed one.",
        ],
    )


def read_asu_tsv(data: bytes, name: str, *, table: int | str | None = None) -> Outcome:
    """VizieR's asu-tsv: `#Column` lines, then header, units, a ruler and the rows; several tables one after the other.

    Source: the `asu-tsv` output of VizieR 7.5; the separator is that of the ruler (tab, bar, semicolon).
    """
    clean, changes, _ = decoded(data, name)
    sections = _asu_sections(clean.decode())
    if not sections:
        raise FileFormatError(
            f"{name} is an answer of VizieR with no rows in it. Widen the search there, and save again."
        )
    names = [section.name for section in sections]
    chosen = _choose(names, table, name)
    if len(sections) > 1:
        changes.append(
            f"The file holds {len(sections)} tables: {', '.join(names)}. This is {names[chosen]}; "
            f"choose another with table={2 if chosen == 0 else 1}."
        )
    section = sections[chosen]
    columns, renamed = unique_names(section.header)
    changes += renamed
    notes = Notes()
    result = Table()
    for position, column in enumerate(columns):
        cells = []
        for number, row in section.rows:
            if len(row) != len(columns):
                raise FileFormatError(
                    f"Line {number} of {name} has {len(row)} values where there are {len(columns)} columns."
                )
            cells.append(row[position])
        result[column] = typed(column, pa.array(cells, pa.string()), notes)
        described = section.described.get(column, ("", ""))
        result[column].description = described[0] or None
        if described[1]:
            result[column].meta["ucd"] = described[1]
        result[column].unit = as_unit(section.units[position]) if position < len(section.units) else None
    notes.padded.clear()  # the format pads every value
    notes.leading_zeros = [c for c in notes.leading_zeros if c not in columns]
    result.meta["name"] = section.name
    if section.coosys:
        result.meta["COOSYS"] = section.coosys
    return Outcome(result, "VizieR asu-tsv", changes + notes.sentences())


class Section:
    """One table of an asu-tsv file."""

    def __init__(self, name: str, coosys: str) -> None:
        self.name = name
        self.coosys = coosys
        self.described: dict[str, tuple[str, str]] = {}
        self.header: list[str] = []
        self.units: list[str] = []
        self.rows: list[tuple[int, list[str]]] = []


def _asu_sections(text: str) -> list[Section]:
    sections: list[Section] = []
    lines = text.splitlines()
    found = re.search(r"(?m)^#Coosys\s+(.*)$", text)
    coosys = " ".join(found.group(1).split()) if found else ""
    for position, line in enumerate(lines):
        if line.startswith("#Table"):
            sections.append(Section(line.removeprefix("#Table").strip().rstrip(":"), coosys))
        elif line.startswith("#Name:") and sections:
            sections[-1].name = line.removeprefix("#Name:").strip()
        elif line.startswith("#Column") and sections:
            parts = line.split("\t")
            ucd = re.search(r"\[ucd=([^\]]*)\]", line)
            description = re.sub(r"\s*\[ucd=[^\]]*\]", "", parts[3] if len(parts) > 3 else "").strip()
            sections[-1].described[parts[1].strip()] = (description, ucd.group(1) if ucd else "")
        elif sections and re.fullmatch(r"-+([\t|;,]-+)*", line) and not sections[-1].header and position >= 2:
            separator = next((c for c in "\t|;," if c in line), "\t")
            sections[-1].header = lines[position - 2].split(separator)
            sections[-1].units = lines[position - 1].split(separator)
            for number in range(position + 1, len(lines)):
                if not lines[number].strip() or lines[number].startswith("#"):
                    break
                sections[-1].rows.append((number + 1, lines[number].split(separator)))
    return [section for section in sections if section.header]


def _choose(names: list[str], table: int | str | None, file: str) -> int:
    if table is None:
        return 0
    if isinstance(table, str) and table in names:
        return names.index(table)
    if isinstance(table, int) and 1 <= table <= len(names):
        return table - 1
    raise FileFormatError(
        f"{file} holds {listing(names)}: choose one by name, or table=1 to {len(names)}, not {table!r}."
    )
