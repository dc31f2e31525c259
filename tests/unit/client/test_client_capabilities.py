"""Capabilities: what services say, in all the ways they say it, and what is gone by where they say nothing."""

from __future__ import annotations

import pytest

from tapwidget.client.capabilities import read_capabilities
from tapwidget.client.documents import NotXmlError
from tapwidget.ivoa.limits import CAREFUL_UPLOAD_BYTES, Limits

HEAD = (
    '<cap:capabilities xmlns:cap="http://www.ivoa.net/xml/VOSICapabilities/v1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<capability standardID="ivo://ivoa.net/std/VOSI#tables"/>'
    '<capability standardID="ivo://ivoa.net/std/TAP" xsi:type="tr:TableAccess">'
)
FULL = """
<interface xsi:type="vs:ParamHTTP"><accessURL use="base">https://example.org/tap</accessURL></interface>
<language><name>ADQL</name><version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version><version>2.1</version>
 <languageFeatures type="ivo://ivoa.net/std/TAPRegExt#features-udf">
  <feature><form>gavo_match(pattern TEXT, string TEXT) -&gt; INTEGER</form>
   <description>1 where it matches.</description></feature>
  <feature><form>gavo_match(pattern TEXT) -&gt; INTEGER</form></feature></languageFeatures>
 <languageFeatures type="ivo://ivoa.net/std/TAPRegExt#features-adqlgeo">
  <feature><form>POINT</form></feature><feature><form>DISTANCE</form></feature></languageFeatures></language>
<language><name>PQL</name></language>
<outputFormat ivo-id="ivo://ivoa.net/std/TAPRegExt#output-votable-binary2">
 <mime>application/x-votable+xml;serialization=BINARY2</mime><alias>vot2</alias></outputFormat>
<outputFormat><mime>text/csv</mime></outputFormat>
<uploadMethod ivo-id="ivo://ivoa.net/std/TAPRegExt#upload-inline"/>
<uploadMethod ivo-id="ivo://ivoa.net/std/TAPRegExt#upload-https"/>
<retentionPeriod><default>604800</default><hard>1209600</hard></retentionPeriod>
<executionDuration><default>3600</default><hard>14400.5</hard></executionDuration>
<outputLimit><default unit="row">2000</default><hard unit="row">3000000</hard></outputLimit>
<uploadLimit><default unit="byte">1048576</default><hard unit="byte">33554432</hard></uploadLimit>
"""


def limits(body: str) -> Limits:
    found = read_capabilities(f"{HEAD}{body}</capability></cap:capabilities>".encode())
    assert found is not None
    return found.limits


def test_all_that_can_be_said() -> None:
    assert limits(FULL) == Limits(
        upload=True,
        upload_bytes=33554432,
        maxrec_default=2000,
        maxrec_hard=3000000,
        execution_duration=3600.0,
        execution_duration_hard=14400.5,
        retention=604800.0,
        retention_hard=1209600.0,
        output_formats=("application/x-votable+xml;serialization=BINARY2", "vot2", "text/csv"),
        languages=("ADQL-2.0", "ADQL-2.1", "PQL"),
        functions=("gavo_match",),
        signatures=(("gavo_match(pattern TEXT, string TEXT) -> INTEGER", "1 where it matches."),),
        geometry=("POINT", "DISTANCE"),
        upload_methods=("inline", "https"),
    )


def test_a_service_that_says_nothing_gets_careful_defaults() -> None:
    silent = limits("")
    assert silent == Limits()
    assert not silent.upload
    assert silent.careful_upload_bytes == CAREFUL_UPLOAD_BYTES <= 20_000_000
    assert limits(FULL).careful_upload_bytes == 33554432


@pytest.mark.parametrize(
    ("methods", "taken"),
    [
        ('<uploadMethod ivo-id="ivo://ivoa.net/std/TAPRegExt#upload-inline"/>', True),
        ('<uploadMethod ivo-ID="ivo://ivoa.net/std/TAPRegExt#upload-inline"/>', True),
        ('<uploadMethod ivoID="ivo://ivoa.org/tap/uploadmethods#inline"/>', True),
        ("<uploadMethod/>", True),
        ('<uploadMethod ivo-id="ivo://ivoa.net/std/TAPRegExt#upload-http"/>', False),
        ("", False),
    ],
)
def test_uploads_need_the_method_that_we_use(methods: str, taken: bool) -> None:
    assert limits(methods).upload is taken


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<uploadLimit><hard>1000</hard></uploadLimit>", (1000, None)),
        ('<uploadLimit><default unit="row">10</default></uploadLimit>', (10, None)),
        ('<uploadLimit><default unit="row">10</default><hard unit="row">20</hard></uploadLimit>', (20, None)),
        ('<uploadLimit><default unit="byte">7</default><hard unit="row">20</hard></uploadLimit>', (20, 7)),
        ('<uploadLimit><hard unit="byte">0</hard></uploadLimit>', (None, None)),
        ('<uploadLimit><hard unit="byte">-1</hard></uploadLimit>', (None, None)),
        ('<uploadLimit><hard unit="byte">many</hard></uploadLimit>', (None, None)),
        ("<uploadLimit/>", (None, None)),
    ],
)
def test_upload_limits_in_rows_and_bytes(body: str, expected: tuple[int | None, int | None]) -> None:
    found = limits(body)
    assert (found.upload_rows, found.upload_bytes) == expected


def test_durations_without_default_and_none_at_all() -> None:
    assert limits("<retentionPeriod><hard>60</hard></retentionPeriod>").retention == 60
    nothing = limits("<executionDuration><default>0</default></executionDuration>")
    assert (nothing.execution_duration, nothing.execution_duration_hard) == (None, None)


def test_what_is_no_tap_service() -> None:
    other = b"<capabilities><capability standardID='ivo://ivoa.net/std/SIA'/></capabilities>"
    assert read_capabilities(other) is None
    with pytest.raises(NotXmlError):
        read_capabilities(b"hello")
