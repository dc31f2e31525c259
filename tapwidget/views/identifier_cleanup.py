"""Rules that make the user's identifiers like the target's, shown on the first rows before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets
import traitlets

from tapwidget.errors import MatchError
from tapwidget.match.identifiers import RULES, Preview, Rules, preview
from tapwidget.state.identity import Identity
from tapwidget.views import basic
from tapwidget.views.style import notes, stylesheet

ROWS = 6
LOOKED_AT = 20_000  # rows: enough to see what rules do, and quick
BEGINNINGS = {"old": "_", "new": " ", "prefix": ""}
WORDS = {"old": "this", "new": "by", "prefix": "this"}


class IdentifierCleanUp(ipywidgets.VBox):
    """Choose clean-up rules, and see what they make of the first identifiers.

    Attributes
    ----------
    column : column of an astropy Table, or None
        The user's identifiers.
    rules : tuple
        As `IdentifierMatch(clean=)` takes them. May be set.
    ignore_case : bool
        Whether upper and lower case are the same.
    """

    column = Identity()
    rules = traitlets.Tuple()
    ignore_case = traitlets.Bool(False)

    def __init__(self, **kwargs: object) -> None:
        self._rows: list[RuleRow] = []
        self._list = basic.VBox()
        self._add = basic.Dropdown(
            options=[("add a clean-up rule ...", ""), *((rule.label, name) for name, rule in RULES.items())],
            tooltip="make your identifiers like the target's before they are compared", layout={"width": "300px"},
        )  # fmt: skip
        self._case = basic.Checkbox(
            description="upper and lower case are the same", indent=False, layout={"width": "260px"}
        )
        self._preview = basic.HTML()
        row = basic.HBox([self._add, self._case])
        row.add_class("tw-wrap")
        self._collecting = False
        super().__init__([stylesheet(), self._list, row, self._preview], **kwargs)
        self._add.observe(self._chosen, "value")
        traitlets.link((self._case, "value"), (self, "ignore_case"))
        self._show()

    def _chosen(self, change: dict[str, str]) -> None:
        if change["new"]:
            self._append((change["new"], *(BEGINNINGS[word] for word in RULES[change["new"]].takes)))
            self._add.value = ""
            self._collect()

    def _append(self, rule: tuple[str, ...]) -> None:
        row = RuleRow(rule, self._collect)
        row.drop_button.on_click(lambda _: self._drop(row))
        self._rows.append(row)
        self._list.children = tuple(self._rows)

    def _drop(self, row: RuleRow) -> None:
        self._rows.remove(row)
        self._list.children = tuple(self._rows)
        self._collect()

    def _collect(self) -> None:
        self._collecting = True
        try:
            self.rules = tuple(row.rule for row in self._rows if row.is_complete)
        finally:
            self._collecting = False
        self._show()

    @traitlets.observe("rules")
    def _rules_set(self, _change: object) -> None:
        if self._collecting:
            return
        self._rows = []
        self._list.children = ()
        for rule in self.rules:
            self._append((rule,) if isinstance(rule, str) else tuple(rule))
        self._show()

    @traitlets.observe("column", "ignore_case")
    def _show(self, _change: object = None) -> None:
        rules: Rules = (*self.rules, *((("lower",),) if self.ignore_case else ()))
        if self.column is None or not (rules or self._rows):
            self._preview.value = ""
            return
        try:
            seen = preview(self.column, rules, ROWS, most=LOOKED_AT)
        except MatchError as error:
            self._preview.value = notes(str(error), css_class="tw-error")
            return
        looked_at = f"Of the first {LOOKED_AT:,} rows:" if len(self.column) > LOOKED_AT else ""
        self._preview.value = before_and_after(seen) + notes(looked_at, *seen.sentences)


class RuleRow(ipywidgets.HBox):
    """One rule: its name, boxes for what it takes, and a way to drop it."""

    def __init__(self, rule: tuple[str, ...], changed: Callable[[], None]) -> None:
        self._name = rule[0]
        takes = RULES[rule[0]].takes
        self._boxes = [
            basic.Text(
                value=value,
                tooltip=f"{RULES[rule[0]].label}: {word}",
                continuous_update=False,
                layout={"width": "80px"},
            )
            for word, value in zip(takes, rule[1:], strict=True)
        ]
        self.drop_button = basic.Button(icon="times", tooltip="drop this rule", layout={"width": "34px"})
        shown: list[ipywidgets.Widget] = [basic.Label(RULES[rule[0]].label)]
        for word, box in zip(takes, self._boxes, strict=True):
            shown += [*([basic.Label(WORDS[word])] if word != takes[0] else []), box]
            box.observe(lambda _: changed(), "value")
        super().__init__([*shown, self.drop_button])
        self.add_class("tw-wrap")

    @property
    def rule(self) -> tuple[str, ...]:
        """The rule as it stands."""
        return (self._name, *(box.value for box in self._boxes))

    @property
    def is_complete(self) -> bool:
        """Whether the first box, if there is one, says what the rule is about."""
        return not self._boxes or bool(self._boxes[0].value)


def before_and_after(seen: Preview) -> str:
    """The first identifiers before and after, as escaped HTML."""
    cells = "".join(
        f'<tr><td class="tw-verbatim">{escape(before)}</td><td>&rarr;</td>'
        f'<td class="tw-verbatim{"" if before == after else " tw-changed"}">{escape(after) or "nothing left"}</td></tr>'
        for before, after in seen.pairs
    )
    head = "<thead><tr><th>yours</th><th></th><th>as it travels</th></tr></thead>"
    return f'<div class="tw-preview"><table>{head}<tbody>{cells}</tbody></table></div>'


def users_column(table: Any, name: str) -> Any:
    """The column of that name, or None where the table has none."""
    return table[name] if table is not None and name in table.colnames else None
