"""Identifiers made alike before they are compared: clean-up rules, whole numbers as whole numbers, a preview.

A rule is its name, followed by what it needs:

    "strip"                    no blanks at the ends
    "remove_blanks"            no blanks at all
    ("replace", "_", " ")      one text by another, wherever it stands
    ("drop_prefix", "Gaia ")   without that beginning
    "drop_zeros"               without zeros at the beginning: 00433 is 433
    "upper", "lower"
    "unpack", "pack"           designations of minor planets: K14A01B is 2014 AB1 (`designations`)

Rules are applied in their order, to the column that travels; the user's own column stays what it is. A value of which
nothing is left is missing, and a missing one is equal to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import MaskedColumn

from tapwidget.errors import MatchError
from tapwidget.ivoa.tapschema import Column
from tapwidget.match.designations import pack, unpack

Rules = tuple[tuple[str, ...], ...]
WHOLE = re.compile("[+-]?[0-9]+")
EXACT = 2.0**53
"""Up to here a float64 holds every whole number."""


@dataclass(frozen=True)
class Rule:
    """What a rule does: `takes` are the names of what it needs, `label` its name in a form."""

    label: str
    apply: Callable[..., str]
    takes: tuple[str, ...] = ()


RULES = {
    "replace": Rule("replace", lambda text, old, new: text.replace(old, new), ("old", "new")),
    "upper": Rule("UPPER CASE", str.upper),
    "lower": Rule("lower case", str.lower),
    "strip": Rule("no blanks at the ends", str.strip),
    "remove_blanks": Rule("no blanks at all", lambda text: "".join(text.split())),
    "drop_prefix": Rule("without the beginning", lambda text, prefix: text.removeprefix(prefix), ("prefix",)),
    "drop_zeros": Rule("without zeros at the beginning", lambda text: re.sub("^0+(?=.)", "", text)),
    "unpack": Rule("unpack minor planets (K14A01B to 2014 AB1)", unpack),
    "pack": Rule("pack minor planets (2014 AB1 to K14A01B)", pack),
}


def settled(rules: object) -> Rules:
    """Rules as they were given, each as a tuple of its name and what it takes.

    Raises
    ------
    MatchError
        For a rule that is not known, or that lacks what it needs.
    """
    if isinstance(rules, str) or not isinstance(rules, Iterable):
        raise MatchError(f"clean is {rules!r}; give a list of rules, as in ['strip', ('replace', '_', ' ')].")
    return tuple(_rule(each) for each in rules)


def _rule(given: object) -> tuple[str, ...]:
    rule = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, tuple | list) else ()
    if not rule or not all(isinstance(part, str) for part in rule) or rule[0] not in RULES:
        raise MatchError(f"clean has {given!r}, which is no rule; there are {', '.join(RULES)}.")
    takes = RULES[rule[0]].takes
    if len(rule) - 1 != len(takes):
        wanted = f"takes {' and '.join(takes)}" if takes else "takes nothing"
        raise MatchError(f"The rule {rule[0]!r} {wanted}; {given!r} has {len(rule) - 1} beside its name.")
    if takes and not rule[1]:
        raise MatchError(f"The rule {rule[0]!r} needs a text for {takes[0]!r} that is not empty.")
    return rule


def in_words(rules: Rules) -> str:
    """The rules as one reads them: "replace '_' by ' ', upper"."""
    said = {"replace": "replace {0!r} by {1!r}", "drop_prefix": "drop the prefix {0!r}"}
    return ", ".join(said.get(name, name.replace("_", " ")).format(*more) for name, *more in rules)


def cleaned(text: str, rules: Rules) -> str:
    """One identifier after the rules; empty where only blanks are left.

    >>> cleaned("2010_ab12", (("replace", "_", " "), ("upper",)))
    '2010 AB12'
    """
    for name, *more in rules:
        text = RULES[name].apply(text, *more)
    return text if text.strip() else ""


@dataclass(frozen=True)
class Preview:
    """What rules do to a column. `pairs` are the first values before and after; the rest are counts.

    `values` is how many were looked at, `changed` how many of them the rules change, `emptied` of how many nothing is
    left; `collisions` how many different identifiers became equal to another one, `example` two such and what they
    became.
    """

    pairs: tuple[tuple[str, str], ...]
    values: int
    changed: int
    emptied: int
    collisions: int
    example: tuple[str, str, str] | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the rules do: how many identifiers they change, and what goes wrong by them, if anything does."""
        said = [f"{self.changed:,} of {_identifiers(self.values)} change."]
        if self.emptied:
            said.append(f"Nothing is left of {_identifiers(self.emptied)}: that matches nothing.")
        if self.example:
            one, other, both = self.example
            said.append(
                f"{_identifiers(self.collisions)} became equal to another one: {one!r} and {other!r} are both {both!r}."
            )
        return tuple(said)


def _identifiers(number: int) -> str:
    return f"{number:,} identifier{'' if number == 1 else 's'}"


def preview(column: Any, rules: Iterable[Any], rows: int = 8, *, most: int = 100_000) -> Preview:
    """Before and after of the first `rows` values of a column, and counts over its first `most` rows."""
    settled_rules = settled(rules)
    before = [text for text in texts(column[:most]) if text]
    return _compare(before, [cleaned(text, settled_rules) for text in before], rows)


def _compare(before: list[str], after: list[str], rows: int) -> Preview:
    first: dict[str, str] = {}
    example, collisions = None, 0
    for old, new in dict.fromkeys(zip(before, after, strict=True)):
        if new and first.setdefault(new, old) != old:
            collisions += 1
            example = example or (first[new], old, new)
    return Preview(
        pairs=tuple(zip(before[:rows], after[:rows], strict=True)),
        values=len(before),
        changed=sum(old != new for old, new in zip(before, after, strict=True)),
        emptied=sum(not new for new in after),
        collisions=collisions,
        example=example,
    )


def texts(column: Any) -> list[str]:
    """The identifiers of a column as text, empty where missing; whole numbers to the last digit.

    Raises
    ------
    MatchError
        If it holds floats so large that digits are lost already.
    """
    data, mask = np.ma.getdata(column), np.ma.getmaskarray(column)
    if data.ndim != 1:
        raise MatchError("An identifier is one value a row; this column holds several.")
    if data.dtype.kind == "f":
        present = data[~mask & np.isfinite(data)]
        if len(present) and float(np.abs(present).max()) >= EXACT:
            raise MatchError(
                "The identifiers are floating-point numbers of more than 15 digits, so their last digits are lost. "
                "Read the column as whole numbers or as text."
            )
        mask = mask | ~np.isfinite(data)
    return ["" if gone else _text(value) for value, gone in zip(np.asarray(data).tolist(), mask, strict=True)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def travelling(
    column: Any, name: str, target: Column, rules: Iterable[Any] = (), *, ignore_case: bool = False
) -> tuple[Any, tuple[str, ...]]:
    """The identifiers as they travel, in the type of the target's column, and sentences on what was changed.

    The very column comes back where nothing is to be done. With `ignore_case` text is in lower case.

    Raises
    ------
    MatchError
        If floats of the user's table have lost digits that an identifier needs.
    """
    kind, rules = column.dtype.kind, settled(rules)
    as_number = target.is_number and target.datatype not in {"float", "double"}
    if not rules and _fits(column, target, ignore_case=ignore_case):
        return column, ()
    before = texts(column)
    after = [cleaned(text, rules) for text in before]
    changes = _said(name, rules, before, after)
    if as_number:
        if kind not in "iu":
            changes.append(f"`{name}` travels as whole numbers, as the target's {target.name} holds them.")
        numbers = [_whole(text) for text in after]
        lost = sum(number is None and bool(text) for number, text in zip(numbers, after, strict=True))
        if lost:
            changes.append(f"`{name}`: rows without a whole number: {lost:,}. They match nothing.")
        values = np.array([number or 0 for number in numbers], dtype=np.int64)
        made = MaskedColumn(values, mask=[number is None for number in numbers])
    else:
        if kind not in "USO":
            changes.append(f"`{name}` travels as text, as the target's {target.name} is text.")
        if ignore_case:
            after = [text.lower() for text in after]
            changes.append(f"`{name}` travels in lower case, and is compared with {target.name} in lower case.")
        made = MaskedColumn(np.array(after, dtype=np.str_), mask=[not text for text in after])
    made.description = column.description
    return made, tuple(changes)


def _fits(column: Any, target: Column, *, ignore_case: bool) -> bool:
    """Whether a column can travel as it is: of the target's type, and without empty texts."""
    kind = column.dtype.kind
    if target.is_number:
        return kind in "iu" or (kind == "f" and target.datatype in {"float", "double"})
    if kind not in "US":
        return not target.datatype and kind != "O"
    empty = np.char.str_len(np.char.strip(np.ma.getdata(column))) == 0
    return not ignore_case and not bool((empty & ~np.ma.getmaskarray(column)).any())


def _whole(text: str) -> int | None:
    """The whole number that a text is, if an int64 can hold it."""
    plain = text.strip()
    number = int(plain) if WHOLE.fullmatch(plain) and len(plain) <= 20 else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _said(name: str, rules: Rules, before: list[str], after: list[str]) -> list[str]:
    if not rules:
        return []
    found = _compare([b for b in before if b], [a for b, a in zip(before, after, strict=True) if b], 0)
    first, *more = found.sentences
    return [
        f"`{name}` was cleaned up for the match ({in_words(rules)}): {first}",
        *(f"`{name}`: {each}" for each in more),
    ]
