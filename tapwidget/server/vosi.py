"""VOSI: availability, capabilities, tables. What the service says of itself.

Source: VOSI 1.1; TAPRegExt 1.0; VODataService 1.1.
"""

from __future__ import annotations

from collections.abc import Sequence

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.adql.functions import FUNCTIONS
from tapwidget.server.adql.geometry import GEOMETRY, NUMBERS
from tapwidget.server.catalogue import Catalogue, Served
from tapwidget.server.results import FORMATS
from tapwidget.server.settings import Settings
from tapwidget.server.tap_schema import schema_description, writable
from tapwidget.server.uws_xml import attribute
from tapwidget.tables.tabledata import escape

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
VOSI = "http://www.ivoa.net/xml/VOSI"
DATASERVICE = (
    'xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
FEATURES = "ivo://ivoa.net/std/TAPRegExt#features-"


def availability(changes: str = "", *, is_simulated: bool) -> str:
    """That the service is there; `changes` is what there is to say about the files it serves."""
    notes = ("This service serves simulated data." if is_simulated else "", changes)
    told = "".join(f"<vosi:note>{escape(note)}</vosi:note>" for note in notes if note)
    return (
        f'{DECLARATION}<vosi:availability xmlns:vosi="{VOSI}Availability/v1.0">'
        f"<vosi:available>true</vosi:available>{told}</vosi:availability>\n"
    )


def capabilities(base: str, settings: Settings, *, is_simulated: bool) -> str:
    """The capabilities document; `base` is the URL of the service."""
    simulated = "Simulated data. " if is_simulated else ""
    plain = "".join(
        capability(f"ivo://ivoa.net/std/VOSI#{name}", f"{base}/{name}") for name in ("availability", "capabilities")
    )
    tables = capability("ivo://ivoa.net/std/VOSI#tables-1.1", f"{base}/tables")
    examples = capability("ivo://ivoa.net/std/DALI#examples", f"{base}/examples", "vr:WebBrowser")
    return (
        f'{DECLARATION}<vosi:capabilities xmlns:vosi="{VOSI}Capabilities/v1.0" '
        'xmlns:vr="http://www.ivoa.net/xml/VOResource/v1.0" '
        'xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0" '
        f"{DATASERVICE}>\n{plain}{tables}{examples}"
        '<capability standardID="ivo://ivoa.net/std/TAP" xsi:type="tr:TableAccess">'
        # TAPRegExt has room for one uploadLimit: bytes there, rows here
        f"<description>{simulated}Uploads have at most {settings.upload_rows} rows each.</description>"
        f'<interface role="std" version="1.1" xsi:type="vs:ParamHTTP"><accessURL use="base">{escape(base)}</accessURL>'
        f"</interface>{language()}{formats()}"
        f"{upload_methods()}{limits(settings)}</capability>\n</vosi:capabilities>\n"
    )


def capability(standard: str, url: str, interface: str = "vs:ParamHTTP") -> str:
    role = ' role="std"' if interface == "vs:ParamHTTP" else ""
    return (
        f'<capability standardID="{standard}"><interface xsi:type="{interface}"{role}>'
        f'<accessURL use="full">{escape(url)}</accessURL></interface></capability>\n'
    )


def language() -> str:
    geometry = "".join(f"<feature><form>{name}</form></feature>" for name in sorted(GEOMETRY | NUMBERS))
    functions = "".join(
        f"<feature><form>{escape(f.form)}</form><description>{escape(f.description)}</description></feature>"
        for f in FUNCTIONS.values()
        if f.form
    ) + "".join(
        f"<feature><form>{name}(x DOUBLE) -&gt; DOUBLE</form><description>{what} of a sample.</description></feature>"
        for name, what in (("STDDEV", "Standard deviation"), ("VARIANCE", "Variance"))
    )
    optional = "".join(
        f'<languageFeatures type="ivo://ivoa.net/std/TAPRegExt#features-adql-{group}">'
        + "".join(f"<feature><form>{name}</form></feature>" for name in names)
        + "</languageFeatures>"
        for group, names in (
            ("string", ("LOWER", "UPPER", "ILIKE")),
            ("sets", ("UNION", "EXCEPT", "INTERSECT")),
            ("common-table", ("WITH",)),
            ("type", ("CAST",)),
            ("offset", ("OFFSET",)),
            ("unit", ("IN_UNIT",)),
        )
    )
    return (
        '<language><name>ADQL</name><version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version>'
        '<version ivo-id="ivo://ivoa.net/std/ADQL#v2.1">2.1</version>'
        "<description>Astronomical Data Query Language</description>"
        f'<languageFeatures type="{FEATURES}udf">{functions}</languageFeatures>'
        f'<languageFeatures type="{FEATURES}adqlgeo">{geometry}</languageFeatures>{optional}</language>'
    )


def formats() -> str:
    standard = {"BINARY2": "binary2", "TABLEDATA": "td"}
    result = ""
    for form in FORMATS:
        key = standard.get(form.serialization)
        identifier = f' ivo-id="ivo://ivoa.net/std/TAPRegExt#output-votable-{key}"' if key else ""
        aliases = "".join(
            f"<alias>{escape(name)}</alias>" for name in form.aliases if "/" not in name or "votable/" in name
        )
        result += f"<outputFormat{identifier}><mime>{escape(form.mime)}</mime>{aliases}</outputFormat>"
    return result


def upload_methods() -> str:
    """How tables can be uploaded; TAPRegExt 1.0, section 2.4, makes the first two mandatory."""
    names = ("inline", "http", "https")
    return "".join(f'<uploadMethod ivo-id="ivo://ivoa.net/std/TAPRegExt#upload-{name}"/>' for name in names)


def limits(settings: Settings) -> str:
    def pair(name: str, default: float, hard: float, unit: str = "") -> str:
        attribute = f' unit="{unit}"' if unit else ""
        return f"<{name}><default{attribute}>{int(default)}</default><hard{attribute}>{int(hard)}</hard></{name}>"

    upload = settings.upload_bytes
    return (
        pair("retentionPeriod", settings.retention, settings.retention_hard)
        + pair("executionDuration", settings.execution_duration, settings.execution_duration_hard)
        + pair("outputLimit", settings.maxrec_default, settings.maxrec_hard, "row")
        + pair("uploadLimit", upload, upload, "byte")
    )


def tableset(catalogue: Catalogue, *, with_columns: bool) -> str:
    """All tables; without their columns for `detail=min`."""
    served = catalogue.tables()
    schemas = ""
    for name in catalogue.schemas():
        own = [one for one in served if one.schema == name]
        inner = "".join(table(one, with_columns=with_columns) for one in own)
        description = escape(schema_description(name, served))
        schemas += f"<schema><name>{escape(name)}</name><description>{description}</description>{inner}</schema>\n"
    return f'{DECLARATION}<vosi:tableset xmlns:vosi="{VOSI}Tables/v1.0" {DATASERVICE}>\n{schemas}</vosi:tableset>\n'


def table_document(served: Served) -> str:
    inner = table(served, with_columns=True).removeprefix("<table").removesuffix("</table>\n")
    return f'{DECLARATION}<vosi:table xmlns:vosi="{VOSI}Tables/v1.0" {DATASERVICE}{inner}</vosi:table>\n'


def table(served: Served, *, with_columns: bool) -> str:
    facts = served.table
    rows = f"<nrows>{facts.nrows}</nrows>" if facts.nrows is not None else ""
    columns = "".join(map(column, facts.columns)) if with_columns else ""
    keys = foreign_keys(served) if with_columns else ""
    return (
        f"<table type={attribute(facts.table_type)}><name>{escape(facts.name)}</name>"
        f"<description>{escape(facts.description)}</description>{rows}{columns}{keys}</table>\n"
    )


def column(facts: Column) -> str:
    optional = "".join(
        f"<{name}>{escape(value)}</{name}>"
        for name, value in (
            ("description", facts.description), ("unit", facts.unit), ("ucd", facts.ucd), ("utype", facts.utype),
        )
        if value
    )  # fmt: skip
    shape = f" arraysize={attribute(facts.arraysize)}" if facts.arraysize else ""
    extended = f" extendedType={attribute(facts.xtype)}" if facts.xtype else ""
    flags = "".join(
        f"<flag>{flag}</flag>" for flag, on in (("indexed", facts.indexed), ("principal", facts.principal)) if on
    )
    return (
        f'<column std="{"true" if facts.std else "false"}"><name>{escape(writable(facts.name))}</name>{optional}'
        f'<dataType xsi:type="vs:VOTableType"{shape}{extended}>{escape(facts.datatype)}</dataType>{flags}</column>'
    )


def foreign_keys(served: Served) -> str:
    from tapwidget.server.tap_schema import KEYS, SCHEMA

    own: Sequence[tuple[str, str, str, str, str]] = [key for key in KEYS if f"{SCHEMA}.{key[1]}" == served.table.name]
    return "".join(
        f"<foreignKey><targetTable>{SCHEMA}.{target}</targetTable><fkColumn><fromColumn>{a}</fromColumn>"
        f"<targetColumn>{b}</targetColumn></fkColumn></foreignKey>"
        for _, _, target, a, b in own
    )
