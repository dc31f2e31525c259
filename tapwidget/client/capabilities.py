"""What a service says of itself: its VOSI capabilities, as `Limits`.

Source: VOSI 1.1, section 4.1; TAPRegExt 1.0, section 2 (names and units of the limits).
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from tapwidget.client.documents import child, children, parse, text_of
from tapwidget.ivoa.limits import Limits

TAP_STANDARD = "ivo://ivoa.net/std/tap"
SIMULATED = "simulated"


@dataclass(frozen=True)
class Capabilities:
    """The limits of a service, and whether it says that its tables are simulated; `server` is that header."""

    limits: Limits
    is_simulated: bool = False
    server: str = ""


def read_capabilities(content: bytes, server: str = "") -> Capabilities | None:
    """The capabilities of a TAP service; None if the document speaks of none.

    Raises
    ------
    NotXmlError
        If it is no XML.
    """
    root = parse(content)
    tap = next((c for c in children(root, "capability") if _standard(c) == TAP_STANDARD), None)
    if tap is None:
        return None
    maxrec_default, maxrec_hard = _limit(child(tap, "outputLimit"), "row")
    upload_default, upload_hard = _limit(child(tap, "uploadLimit"), "row")
    bytes_default, bytes_hard = _limit(child(tap, "uploadLimit"), "byte")
    output_default, output_hard = _limit(child(tap, "outputLimit"), "byte")
    methods = _upload_methods(tap)
    adql = [part for part in children(tap, "language", deep=False) if text_of(part, "name").upper() == "ADQL"]
    functions = _features(adql, "features-udf")
    limits = Limits(
        # Where methods are named, the one that we use has to be among them.
        upload="inline" in methods if methods else child(tap, "uploadMethod") is not None,
        upload_rows=_first(upload_hard, upload_default),
        upload_bytes=_first(bytes_hard, bytes_default),
        maxrec_default=maxrec_default,
        maxrec_hard=maxrec_hard,
        output_bytes=_first(output_hard, output_default),
        execution_duration=_duration(child(tap, "executionDuration"), "default", "hard"),
        retention=_duration(child(tap, "retentionPeriod"), "default", "hard"),
        output_formats=_formats(tap),
        execution_duration_hard=_duration(child(tap, "executionDuration"), "hard"),
        retention_hard=_duration(child(tap, "retentionPeriod"), "hard"),
        languages=_languages(tap),
        functions=tuple(functions),
        signatures=tuple(functions.values()),
        geometry=tuple(_features(adql, "features-adqlgeo")),
        upload_methods=methods,
    )
    said = [part.text or part.get("value") or "" for name in ("description", "INFO") for part in children(root, name)]
    return Capabilities(limits, is_simulated=any(says_simulated(text) for text in said), server=server)


def says_simulated(description: str) -> bool:
    """Whether a description calls what it describes simulated: those of the built-in service's sky begin so."""
    return description.lstrip().lower().startswith(SIMULATED)


def _standard(capability: ElementTree.Element) -> str:
    return capability.get("standardID", "").lower().partition("#")[0].rstrip("/")


def _limit(element: ElementTree.Element | None, unit: str) -> tuple[int | None, int | None]:
    """Default and hard limit in that unit; a limit without unit counts rows. Zero or less says nothing."""
    found: list[int | None] = []
    for name in ("default", "hard"):
        part = None if element is None else child(element, name)
        text = "" if part is None or part.get("unit", "row").lower() != unit else (part.text or "").strip()
        found.append(int(text) if text.isdigit() and int(text) > 0 else None)
    return found[0], found[1]


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _duration(element: ElementTree.Element | None, *names: str) -> float | None:
    """The first of these that is told; a time of zero or less says nothing."""
    for name in names:
        text = "" if element is None else text_of(element, name)
        if text.replace(".", "", 1).isdigit() and float(text) > 0:
            return float(text)
    return None


def _upload_methods(tap: ElementTree.Element) -> tuple[str, ...]:
    """The ways to upload, by the last word of their identifiers: ivo://ivoa.net/std/TAPRegExt#upload-inline."""
    ids = (
        part.get("ivo-id") or part.get("ivo-ID") or part.get("ivoID") or ""
        for part in children(tap, "uploadMethod", deep=False)
    )
    return tuple(found.rpartition("#upload-")[2].lower() for found in ids if "#upload-" in found)


def _languages(tap: ElementTree.Element) -> tuple[str, ...]:
    found = []
    for language in children(tap, "language", deep=False):
        name = text_of(language, "name")
        versions = [(part.text or "").strip() for part in children(language, "version", deep=False)]
        found += [f"{name}-{version}" if version else name for version in versions or [""]]
    return tuple(dict.fromkeys(filter(None, found)))


def _features(languages: list[ElementTree.Element], kind: str) -> dict[str, tuple[str, str]]:
    """The functions in one group of features: form and description by the name, which stands before the parenthesis."""
    told = [
        (text_of(feature, "form"), text_of(feature, "description"))
        for language in languages
        for group in children(language, "languageFeatures", deep=False)
        if group.get("type", "").lower().endswith(f"#{kind}")
        for feature in children(group, "feature", deep=False)
    ]
    found: dict[str, tuple[str, str]] = {}
    for form, description in told:
        name = form.partition("(")[0].strip()
        if name:
            found.setdefault(name, ("" if form == name else form, description))
    return found


def _formats(tap: ElementTree.Element) -> tuple[str, ...]:
    """MIME types and short names, in the service's order."""
    found = []
    for element in children(tap, "outputFormat", deep=False):
        found += [
            (part.text or "").strip() for name in ("mime", "alias") for part in children(element, name, deep=False)
        ]
    return tuple(dict.fromkeys(name for name in found if name))
