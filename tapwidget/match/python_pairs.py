"""The lines of a cell that choose among the pairs of the answer, and put the result together, as `pairs` does it."""

from __future__ import annotations

from typing import Any

from tapwidget.match.plan import Plan
from tapwidget.match.python_position import numbers, python_text
from tapwidget.match.radius import PositionErrors, RadiusColumn, in_arcsec
from tapwidget.match.spec import Match, SkyMatch


def pairs_code(match: Match, plan: Plan, table: Any) -> str:
    """Code that puts the pairs in order of upload row and separation, and chooses among them as `find` asks."""
    asked = plan.query
    lines = [
        "# Names as asked for: some services change their case.",
        f"pairs.rename_columns(pairs.colnames, {listed([python_text(c.name) for c in asked.columns], '[]')})",
        f"rows = np.asarray(pairs[{python_text(asked.row)}])",
    ]
    if asked.position:
        ra, dec = (f"np.asarray(pairs[{python_text(name)}])" for name in asked.position)
        lines += [
            "here = np.radians(ra[rows]), np.radians(dec[rows])",
            f"there = np.radians({ra}), np.radians({dec})",
            "separation = np.degrees(angular_separation(*here, *there)) * 3600",
        ]
        if match.unmatched != "only":
            lines.append("angle = position_angle(*here, *there).deg % 360")
    if isinstance(match, SkyMatch):
        lines += _radius_lines(match, plan, table)
    lines += [
        "# What tells the target's rows apart settles ties.",
        f"key = [np.asarray(pairs[name]) for name in {listed([python_text(name) for name in asked.key], '[]')}]",
        f"order = np.lexsort((*key[::-1], {'separation, ' if asked.position else ''}rows))",
    ]
    return "\n".join([*lines, *_find_lines(match)])


def _radius_lines(match: SkyMatch, plan: Plan, table: Any) -> list[str]:
    """Leave out the pairs beyond the radius of their own row."""
    radius = match.row_radius
    if isinstance(radius, RadiusColumn):
        lines = [
            f"# The radius of each row, arcsec: {radius}.",
            f"radius = {_angles('table', radius.column, radius.unit or _unit(table, radius.column))}[rows]",
            *([f"radius = radius * {radius.factor!r}"] if radius.factor != 1 else []),
        ]
    elif isinstance(radius, PositionErrors):
        units = {column.name: column.column.unit if column.column else "" for column in plan.query.columns}
        mine = [f"{_angles('table', name, radius.unit or _unit(table, name))}[rows]," for name in radius.mine]
        theirs = [f"{_angles('pairs', name, radius.their_unit or units[name])}," for name in plan.query.errors]
        lines = [
            "# The radius of each pair, arcsec, from the errors of both positions.",
            "errors = [",
            *(f"    {error}" for error in (*mine, *theirs)),
            "]",
            "errors = np.where(np.array(errors) >= 0, errors, np.nan)",
            f"radius = np.minimum({radius.k!r} * np.sqrt(np.sum(np.square(errors), axis=0)), {radius.limit!r})",
        ]
    else:
        return []
    used = ", ".join(["pairs", "rows", "separation", *(["angle"] if match.unmatched != "only" else [])])
    return [*lines, f"{used} = (each[separation < radius] for each in ({used}))"]


def _angles(of: str, name: str, unit: Any) -> str:
    """Code for a column of angles in arcsec."""
    scale = in_arcsec(unit, name)
    return numbers(of, name) if scale == 1 else f"({numbers(of, name)} * {scale!r})"


def _unit(table: Any, name: str) -> Any:
    return getattr(table[name], "unit", None)


def _find_lines(match: Match) -> list[str]:
    if not isinstance(match, SkyMatch) or match.find == "all":
        return []
    if match.find == "nearest":
        which = f"{match.neighbours} nearest counterparts" if match.neighbours > 1 else "nearest counterpart"
        return [
            f"# The {which} of each row.",
            "mine = rows[order]",
            f"order = order[np.arange(len(mine)) - np.searchsorted(mine, mine) < {match.neighbours}]",
        ]
    of_both = match.find == "symmetric"
    free = "keys[i] not in used_keys" + (" and rows[i] not in used_rows" if of_both else "")
    return [
        f"# The closest pairs first, each row of {'either side' if of_both else 'the target'} at most once.",
        "keys = list(zip(*(values.tolist() for values in key)))",
        "kept = np.zeros(len(pairs), dtype=bool)",
        "used_keys, used_rows = set(), set()" if of_both else "used_keys = set()",
        "for i in np.lexsort((rows, *key[::-1], separation)):",
        f"    if {free}:",
        "        kept[i] = True",
        "        used_keys.add(keys[i])",
        *(["        used_rows.add(rows[i])"] if of_both else []),
        "order = order[kept[order]]",
    ]


def result_code(match: Match, plan: Plan) -> str:
    """Code that puts the user's columns and the target's together as `result`."""
    mine = f'{{f"{match.upload}_{{name}}": table[name][%s] for name in table.colnames}}'
    alone = [
        "# Your rows without a counterpart.",
        "alone = np.setdiff1d(np.arange(len(table)), rows[order])",
    ]
    if match.unmatched == "only":
        return "\n".join([*alone, f"result = Table({mine % 'alone'})", "result"])
    names = {column.name: plan.names[column.name] for column in plan.query.columns if column.name in plan.names}
    if all(name == shown for name, shown in names.items()):
        copying = [
            f"for name in {listed([python_text(name) for name in names], '[]')}:",
            "    result[name] = pairs[name][order]",
        ]
    else:  # the user's table has columns of these names
        renamed = listed([f"{python_text(name)}: {python_text(shown)}" for name, shown in names.items()], "{}")
        copying = [f"for name, shown in {renamed}.items():", "    result[shown] = pairs[name][order]"]
    lines = [
        "# Your columns, joined back by row number, then the target's.",
        f"result = Table({mine % 'rows[order]'})",
        *copying,
    ]
    for values, name, unit in (("separation", plan.separation, "arcsec"), ("angle", plan.position_angle, "deg")):
        if name:
            lines += [
                f"result[{python_text(name)}] = {values}[order]",
                f'result[{python_text(name)}].unit = "{unit}"',
            ]
    if match.unmatched == "keep":
        lines += [
            *alone,
            f"alone_table = Table({mine % 'alone'})",
            'result = vstack([result, alone_table], metadata_conflicts="silent")',
            'result = result[np.argsort(np.append(rows[order], alone), kind="stable")]',
        ]
    return "\n".join([*lines, "result"])


def listed(items: list[str], brackets: str) -> str:
    """The items in brackets, on one line if they fit, else on several."""
    flat = f"{brackets[0]}{', '.join(items)}{brackets[1]}"
    if len(flat) <= 80:
        return flat
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) > 100:
            lines.append("")
        lines[-1] += f"{item}, "
    return "\n".join([brackets[0], *(f"    {line.rstrip()}" for line in lines), brackets[1]])
