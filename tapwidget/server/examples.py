"""/examples: queries to begin with, for people and for programs that read RDFa.

Source: DALI 1.1, section 2.3; TAP Note 1.0, section 2.4.
"""

from __future__ import annotations

from html import escape

from tapwidget.server.catalogue import Catalogue, Served
from tapwidget.server.tap_schema import SCHEMA, writable


def examples(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    """Identifier, title and ADQL of each example; all of them run."""
    result = [("tables", "The tables of this service", f"SELECT table_name, description FROM {SCHEMA}.tables")]
    for served in catalogue.tables():
        if served.schema == SCHEMA:
            continue
        identifier = served.table.name.replace(".", "-")
        some = ", ".join(writable(column.name) for column in served.table.columns[:5])
        result.append(
            (f"some-{identifier}", f"Ten rows of {served.table.name}", f"SELECT TOP 10 {some} FROM {served.table.name}")
        )
        cone = cone_example(served)
        if cone:
            result.append((f"cone-{identifier}", f"Objects of {served.table.name} around a position", cone))
    return result


def cone_example(served: Served) -> str:
    position = served.table.position
    if position is None:
        return ""
    ra, dec = (writable(name) for name in position)
    return (
        f"SELECT TOP 100 *\nFROM {served.table.name}\n"
        f"WHERE CONTAINS(POINT('ICRS', {ra}, {dec}), CIRCLE('ICRS', 37.86, 6.98, 0.1)) = 1"
    )


def document(catalogue: Catalogue) -> str:
    """The examples as XHTML with RDFa."""
    parts = "".join(
        f'<div typeof="example" id="{identifier}" resource="#{identifier}">\n<h2 property="name">{escape(title)}</h2>\n'
        f'<pre property="query">{escape(adql)}</pre>\n</div>\n'
        for identifier, title, adql in examples(catalogue)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml">\n'
        "<head><title>Examples</title></head>\n"
        f'<body vocab="http://www.ivoa.net/rdf/examples#">\n<h1>Examples</h1>\n{parts}</body>\n</html>\n'
    )
