"""Documents of services: jobs, lists, capabilities, and what was said when something is wrong."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.client import faults
from tapwidget.client.capabilities import read_capabilities
from tapwidget.client.documents import NotXmlError, parse
from tapwidget.client.metadata import columns_of, tables_in, tables_of
from tapwidget.client.uws_document import read_job, read_jobs, read_time, result_url
from tapwidget.ivoa.tapschema import Column
from tapwidget.ivoa.uws import JobPhase
from tapwidget.tables.votable_document import read_document, write_document

RUBIN_JOB = """<?xml version="1.0" encoding="UTF-8"?>
<uws:job xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="1.1">
 <uws:jobId>uw1fro031yi60ex2</uws:jobId><uws:runId>mine</uws:runId><uws:ownerId>someone</uws:ownerId>
 <uws:phase>COMPLETED</uws:phase><uws:quote xsi:nil="true"/>
 <uws:creationTime>2026-08-20T12:00:00.123Z</uws:creationTime><uws:startTime>2026-08-20T12:00:01.000Z</uws:startTime>
 <uws:endTime>2026-08-20T12:00:05.500Z</uws:endTime><uws:executionDuration>0</uws:executionDuration>
 <uws:destruction>2026-08-27T14:00:00+02:00</uws:destruction>
 <uws:parameters><uws:parameter id="query">SELECT a &lt; b</uws:parameter></uws:parameters>
 <uws:results><uws:result id="executionId" xlink:href="execid:17"/><uws:result id="rowcount" xlink:href="final:8558"/>
 <uws:result id="result" xlink:href="https://data.lsst.cloud/api/tap/results/result_uw1fro031yi60ex2.xml"/></uws:results>
 <uws:jobInfo><progress><percentComplete>63.5</percentComplete><itemsProcessed>7</itemsProcessed>
 <totalItems>11</totalItems><message>scanning</message></progress></uws:jobInfo>
</uws:job>"""


def test_a_job_as_rubins_service_writes_it() -> None:
    job = read_job(RUBIN_JOB.encode(), "https://data.lsst.cloud/api/tap/async/uw1fro031yi60ex2")
    assert (job.job_id, job.run_id, job.owner, job.phase) == ("uw1fro031yi60ex2", "mine", "someone", JobPhase.COMPLETED)
    assert job.creation_time == datetime(2026, 8, 20, 12, 0, 0, 123000, tzinfo=UTC)
    assert job.destruction == datetime(2026, 8, 27, 12, 0, tzinfo=UTC)
    assert job.execution_duration is None
    assert job.quote is None
    assert job.parameters == {"QUERY": "SELECT a < b"}
    assert job.progress.percent == 63.5
    assert (job.progress.items_done, job.progress.items_total, job.progress.message) == (7, 11, "scanning")
    assert result_url(job, "https://x/1") == "https://data.lsst.cloud/api/tap/results/result_uw1fro031yi60ex2.xml"


@pytest.mark.parametrize("phase", list(JobPhase))
def test_all_phases_are_read_and_others_are_unknown(phase: JobPhase) -> None:
    text = RUBIN_JOB.replace("COMPLETED", phase)
    assert read_job(text.encode(), "https://x/1").phase is phase
    assert read_job(RUBIN_JOB.replace("COMPLETED", "TEAPOT").encode(), "https://x/1").phase is JobPhase.UNKNOWN


def test_a_job_that_says_little() -> None:
    job = read_job(
        b"<job><phase>ERROR</phase><errorSummary><message> why \n</message></errorSummary></job>", "http://x/a/7/"
    )
    assert (job.job_id, job.error_message) == ("7", "why")
    assert math.isnan(job.progress.percent)
    assert result_url(job, "http://x/a/7") == "http://x/a/7/results/result"


def test_relative_and_odd_results_are_found() -> None:
    text = '<job xmlns:l="http://www.w3.org/1999/xlink"><phase>COMPLETED</phase><results>{}</results></job>'
    relative = read_job(text.format('<result id="result" l:href="results/result"/>').encode(), "http://x/a/7")
    assert result_url(relative, "http://x/a/7") == "http://x/a/7/results/result"
    other = '<result id="diag" l:href="http://x/d"/><result id="r" l:href="http://x/a/7/results/result"/>'
    assert result_url(read_job(text.format(other).encode(), "http://x/a/7"), "http://x/a/7").endswith("results/result")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"<html><body/></html>",
        RUBIN_JOB.encode()[:300],
        b'<!DOCTYPE job [<!ENTITY a "aaaa">]><job><phase>&a;</phase></job>',
        b"<job/>",
    ],
)
def test_what_is_no_job_is_refused(content: bytes) -> None:
    with pytest.raises(NotXmlError):
        read_job(content, "http://x/1")


@given(st.integers(0, len(RUBIN_JOB) - 1))
def test_no_part_of_a_job_is_taken_for_a_job(length: int) -> None:
    with pytest.raises(NotXmlError):
        read_job(RUBIN_JOB[:length].encode(), "http://x/1")


def test_a_list_of_jobs() -> None:
    text = b"""<jobs xmlns="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink">
     <jobref id="a" xlink:href="https://x.org/tap/async/a"><phase>COMPLETED</phase><runId>r</runId>
      <creationTime>2026-08-20T12:00:00</creationTime></jobref>
     <jobref id="b"><phase>EXECUTING</phase></jobref></jobs>"""
    jobs = read_jobs(text, "https://x.org/tap/async")
    assert [url for url, _ in jobs] == ["https://x.org/tap/async/a", "https://x.org/tap/async/b"]
    assert [(j.job_id, j.phase, j.run_id) for _, j in jobs] == [("a", "COMPLETED", "r"), ("b", "EXECUTING", "")]


def test_times_without_zone_are_utc() -> None:
    assert read_time("2026-08-20T12:00:00") == datetime(2026, 8, 20, 12, tzinfo=UTC)
    assert read_time("yesterday") is None
    assert read_time("") is None


def test_capabilities_as_rubins_service_writes_them() -> None:
    text = b"""<cap:capabilities xmlns:cap="http://www.ivoa.net/xml/VOSICapabilities/v1.0">
    <capability standardID="ivo://ivoa.net/std/VOSI#capabilities"/>
    <capability standardID="ivo://ivoa.net/std/TAP"><uploadMethod ivo-id="ivo://ivoa.net/std/TAPRegExt#upload-inline"/>
     <outputFormat><mime>application/x-votable+xml</mime><alias>votable</alias></outputFormat>
     <retentionPeriod><default>604800</default></retentionPeriod>
     <executionDuration><default>14400</default><hard>14400</hard></executionDuration>
     <outputLimit><default unit="byte">3221225472</default><hard unit="byte">3221225472</hard></outputLimit>
     <uploadLimit><default unit="byte">33554432</default><hard unit="byte">33554432</hard></uploadLimit>
    </capability></cap:capabilities>"""
    found = read_capabilities(text)
    assert found is not None
    limits = found.limits
    assert (limits.upload, limits.upload_bytes, limits.upload_rows) == (True, 33554432, None)
    assert (limits.output_bytes, limits.maxrec_hard) == (3221225472, None)
    assert (limits.execution_duration, limits.retention) == (14400.0, 604800.0)
    assert not found.is_simulated


def test_a_service_that_says_nothing_of_limits_has_none() -> None:
    found = read_capabilities(b'<c><capability standardID="ivo://ivoa.net/std/TAP#x"/></c>')
    assert found is not None
    assert found.limits.upload is False
    assert found.limits.maxrec_default is None
    assert read_capabilities(b'<c><capability standardID="ivo://ivoa.net/std/SIA"/></c>') is None


def document(columns: list[str], rows: list[tuple[str | None, ...]]) -> object:
    arrays = [np.array([row[i] or "" for row in rows], dtype=object) for i in range(len(columns))]
    masks = [np.array([row[i] is None for row in rows]) for i in range(len(columns))]
    fields = [Column(name, "unicodeChar", "*") for name in columns]
    return read_document(b"".join(write_document(fields, arrays, masks)))


def test_tap_schema_of_a_tap_10_service_is_understood() -> None:
    """Lower-case or not, "size" for arraysize, types by their TAP 1.0 names."""
    columns = columns_of(
        document(
            ["COLUMN_NAME", "datatype", "size", "unit", "principal"],
            [
                ("b", "adql:VARCHAR", "20", None, "0"),
                ("a", "BIGINT", "8", None, "1"),
                ("c", "adql:DOUBLE", None, "deg", "0"),
                ('"z w"', "CHAR(4)", "4", None, "0"),
                ("t", "TIMESTAMP", None, None, "0"),
            ],
        )
    )
    assert [(c.name, c.datatype, c.arraysize) for c in columns] == [
        ("a", "long", ""),
        ("b", "char", "20"),
        ("c", "double", ""),
        ("z w", "char", "4"),
        ("t", "char", "*"),
    ]
    assert columns[0].principal
    assert columns[2].unit == "deg"


def test_tables_are_in_the_services_order_and_qualified() -> None:
    tables = tables_of(
        document(
            ["schema_name", "table_name", "description", "table_index"],
            [("dp1", "dp1.B", "b", "2"), ("dp1", "A", None, "1"), ("vizier", '"J/A+A/1"', "c", None)],
        )
    )
    assert [t.name for t in tables] == ["dp1.A", "dp1.B", 'vizier."J/A+A/1"']


def test_vosi_of_one_table() -> None:
    (table,) = tables_in(
        b"<t:table xmlns:t='x'><name>a.b</name><nrows>12</nrows><column><name>c</name></column></t:table>"
    )
    assert (table.name, table.nrows, table.columns[0].name) == ("a.b", 12, "c")


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (
            b'<VOTABLE><RESOURCE><INFO name="QUERY_STATUS" value="ERROR"> no such\n table </INFO></RESOURCE></VOTABLE>',
            "",
            "no such\n table",
        ),
        (b"<job><errorSummary><message>boom</message></errorSummary></job>", "", "boom"),
        (
            b"<html><head><title>502</title><style>x{}</style></head><body>Bad &amp; sad<br>gate</body>",
            "text/html",
            "502 Bad & sad gate",
        ),
        ("größer".encode(), "text/plain", "größer"),
        (b"", "text/html", ""),
        (b"\xff\xfe", "", "\ufffd\ufffd"),
    ],
    ids=["votable", "uws", "html", "text", "nothing", "garbage"],
)
def test_what_was_said_is_found_whatever_the_document(content: bytes, kind: str, said: str) -> None:
    assert faults.words_in(content, kind) == said


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ("Unknown column: objctId", "spelling"),
        ("Column foo not found in table", "spelling"),
        ("Query timed out after 3600 s", "Ask for less"),
        ("Query results are too large to return", "Ask for less"),
        ("Maximum running queries reached (12 running, maximum 12)", "Wait for one"),
        ("The TAP service is currently down for maintenance.", "Try again later"),
        ("Unable to evaluate query by joining only partition-local data", "one arcminute"),
        ("Encountered FORM. Was expecting one of: FROM", "conditions"),
        ("???", "job.adql"),
    ],
)
def test_an_error_suggests_what_to_do(said: str, step: str) -> None:
    error = faults.of_query(said, "https://x.org/tap")
    assert step in str(error)
    assert error.said == said
    assert said in str(error)


def test_long_words_are_whole_in_the_exception() -> None:
    error = faults.of_query("x" * 3000, "https://x.org/tap")
    assert len(error.said) == 3000
    assert len(str(error)) < 1000


def test_no_document_of_this_package_leaves_its_folder(tmp_path: Path) -> None:
    """An external entity is never fetched."""
    target = tmp_path / "secret"
    target.write_text("secret")
    with pytest.raises(NotXmlError):
        parse(f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file://{target}">]><a>&b;</a>'.encode())
