"""The lines of a cell that clean up identifiers as the match did."""

from __future__ import annotations

import inspect
from typing import Any

from tapwidget.match.designations import pack, unpack
from tapwidget.match.python_position import python_text
from tapwidget.match.spec import IdentifierMatch

CODE = {
    "replace": "text.replace({0}, {1})",
    "upper": "text.upper()",
    "lower": "text.lower()",
    "strip": "text.strip()",
    "remove_blanks": '"".join(text.split())',
    "drop_prefix": "text.removeprefix({0})",
    "drop_zeros": 're.sub("^0+(?=.)", "", text)',
    "unpack": "unpack(text)",
    "pack": "pack(text)",
}
FUNCTIONS = {"unpack": unpack, "pack": pack}


def identifier_code(match: Any, ours: Any, travels: Any) -> str:
    """Code that defines `identifiers`, as long as `table`, and `have`: where there is one.

    Parameters
    ----------
    ours : column of the user's table
    travels : column of the upload
        Of what type the identifiers travel: integers or text.
    """
    names = [rule[0] for rule in match.clean]
    is_whole = travels.dtype.kind in "iu"
    uses_re = is_whole or any(name in {"drop_zeros", *FUNCTIONS} for name in names)
    steps = [f"    text = {CODE[name].format(*map(python_text, more))}" for name, *more in match.clean]
    if match.ignore_case and not is_whole:
        steps.append("    text = text.lower()")
    reading = "value.decode() if isinstance(value, bytes) else str(value)"
    if ours.dtype.kind == "f":
        reading = "str(int(value)) if float(value).is_integer() else str(value)"
    lines = [
        *(["import re", ""] if uses_re else []),
        *(inspect.getsource(FUNCTIONS[name]) + "\n" for name in dict.fromkeys(names) if name in FUNCTIONS),
        "# The identifiers as they are compared; your own column stays as it is.",
        "def cleaned(value):",
        f"    text = {reading}",
        *steps,
        '    return text if text.strip() else ""',
        "",
        f"column = table[{python_text(match.on[0])}]",
        "missing = np.ma.getmaskarray(column)"
        + (" | ~np.isfinite(np.ma.getdata(column))" if ours.dtype.kind == "f" else ""),
        "values = np.ma.getdata(column).tolist()",
        'identifiers = ["" if gone else cleaned(value) for value, gone in zip(values, missing)]',
    ]
    if is_whole:
        lines += [
            'whole = [int(text) if re.fullmatch("[+-]?[0-9]+", text.strip()) else None for text in identifiers]',
            "have = np.array([number is not None and -(2**63) <= number < 2**63 for number in whole])",
            "identifiers = np.array([number if there else 0 for number, there in zip(whole, have)])",
        ]
    else:
        lines += ['have = np.array(identifiers) != ""', "identifiers = np.array(identifiers)"]
    return "\n".join(lines)


def cleaned_column(match: Any, upload: Any, table: Any) -> str:
    """The user's column of identifiers, if they travel as anything else than they are there; "" if not."""
    if not isinstance(match, IdentifierMatch) or match.on[0] not in getattr(table, "colnames", ()):
        return ""
    ours, travels = table[match.on[0]], upload.table[upload.names[match.on[0]]]
    same = ours.dtype.kind == travels.dtype.kind or {ours.dtype.kind, travels.dtype.kind} <= set("USO")
    return match.on[0] if match.clean or match.ignore_case or not same else ""
