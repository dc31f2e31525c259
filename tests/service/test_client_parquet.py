"""Results in Parquet: asked for only where they say it when rows were left out, and never believed elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from tapwidget.client import service as service_module
from tapwidget.client import trial
from tapwidget.client.follower import Pace
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.errors import QueryError, ResultError
from tapwidget.ivoa.tapschema import Column
from tapwidget.server.parquet import parquet
from tapwidget.tables.parquet_document import KEY
from tapwidget.tables.votable import from_votable

SECONDS = 60
MINE = Table({"ra": [1.0, 2.0], "dec": [3.0, 4.0]})
MIME = "application/vnd.apache.parquet"
BINARY2 = "application/x-votable+xml;serialization=binary2"
OFFERS = "".join(f"<outputFormat><mime>{mime}</mime></outputFormat>" for mime in (BINARY2, MIME))
IDS = [2**53 + 1, -(2**63), 2**63 - 1]
PACE = Pace(first=0.01, last=0.05, most=10**6, retry_first=0.02, retry_last=0.05, patience=20.0, push_after=0.05)
Writer = Callable[[list[int], bool], bytes]


def tells(ids: list[int], overflow: bool = False) -> bytes:
    """As our own service writes it."""
    table = pa.table({"tw_row": ids})
    status = ("OVERFLOW", "cut") if overflow else ("", "")
    columns = [Column("tw_row", "long", ucd="meta.id")]
    return b"".join(
        parquet(columns, table.schema, iter(table.to_batches()), status_after=lambda: status, infos={"QUERY": "q"})
    )


def said(content: bytes, change: Callable[[bytes], bytes | None]) -> bytes:
    """The same rows, with another description."""
    table = pq.read_table(io.BytesIO(content))
    metadata = {} if (new := change(table.schema.metadata[KEY])) is None else {KEY: new}
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), out)
    return out.getvalue()


def says_all_is_well(ids: list[int], overflow: bool = False) -> bytes:
    """The description is written before the rows: as Rubin's service does, and CADC's."""
    return tells(ids)


def says_no_status(ids: list[int], overflow: bool = False) -> bytes:
    return said(tells(ids), lambda content: content.replace(b'<INFO name="QUERY_STATUS" value="OK"></INFO>', b""))


def says_nothing(ids: list[int], overflow: bool = False) -> bytes:
    return said(tells(ids), lambda content: None)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAPWIDGET_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def unknown(fake: Any, fake_uws: Any) -> Callable[..., Any]:
    """A service of a kind that nobody knows, which offers Parquet and writes it in the given way, or (None) cannot."""
    plain = fake._respond
    fake.server = "Apache"
    fake.upload_limit = OFFERS

    def writing(writer: Writer | None, *, ignores_format: bool = False) -> Any:
        def respond(request: Any) -> tuple[Any, ...]:
            if not (request.path.endswith("/sync") and "UPLOAD" in request.form):
                return plain(request)
            ids = [int(value) for value in from_votable(request.file)["tw_row"]]
            most = int(request.form.get("MAXREC", len(ids)))
            if "parquet" not in request.form.get("RESPONSEFORMAT", "") or ignores_format:
                return 200, fake_uws.votable({"tw_row": "long"}, [(value,) for value in ids[:most]]), "application/xml"
            if writer is None:
                return 500, b"NullPointerException", "text/plain"
            return 200, writer(ids[:most], len(ids) > most), MIME

        fake._respond = respond
        return fake

    return writing


def asked_for(fake: Any) -> list[str]:
    """The formats that the jobs were asked for."""
    return [job.form.get("RESPONSEFORMAT", "") for job in fake.jobs.values()]


def trials(fake: Any) -> int:
    return len([r for r in fake.asked("POST", "/sync") if "UPLOAD" in r.form])


def connected(fake: Any, tmp_path: Path, **more: Any) -> Service:
    """The service as a new kernel has it."""
    return Service(fake.url, ledger=Ledger(tmp_path / "jobs"), pace=PACE, **more)


def result(service: Service, table: Table | None = MINE) -> Table:
    return service.submit("SELECT * FROM TAP_UPLOAD.ut1" if table else "SELECT 1", table).result(SECONDS)


def test_parquet_that_tells_is_asked_for_from_the_first_job_on(unknown: Any, tmp_path: Path) -> None:
    fake = unknown(tells)
    for overflow in (False, True):
        fake.result = tells(IDS, overflow)
        table = result(connected(fake, tmp_path))
        assert table["tw_row"].tolist() == IDS
        assert table["tw_row"].meta["ucd"] == "meta.id"
        assert table.meta["overflow"] is overflow
    result(connected(fake, tmp_path), None)
    assert asked_for(fake) == [MIME] * 3
    assert trials(fake) == 1, "with the trial of uploads, and once for all"


@pytest.mark.parametrize("writer", [says_all_is_well, says_no_status, says_nothing, None])
def test_parquet_that_does_not_tell_is_not_asked_for(unknown: Any, tmp_path: Path, writer: Writer | None) -> None:
    fake = unknown(writer)
    for _ in range(2):
        assert result(connected(fake, tmp_path))["objectId"].tolist() == [648368125565216675, 2**63 - 1]
    assert asked_for(fake) == [BINARY2] * 2
    assert trials(fake) <= 2
    assert b"<BINARY2>" in next(iter(fake.jobs.values())).file, "of uploads the trial has told all the same"


def test_a_votable_in_place_of_parquet_is_seen(unknown: Any, tmp_path: Path) -> None:
    fake = unknown(tells, ignores_format=True)
    result(connected(fake, tmp_path))
    assert asked_for(fake) == [BINARY2]
    assert trials(fake) == 1


def test_without_uploads_or_offer_no_trial(unknown: Any, tmp_path: Path) -> None:
    fake = unknown(tells)
    result(connected(fake, tmp_path), None)
    assert trials(fake) == 0
    fake.upload_limit = ""
    result(connected(fake, tmp_path))
    assert [r.form.get("RESPONSEFORMAT") for r in fake.asked("POST", "/sync") if "UPLOAD" in r.form] == [None]
    assert asked_for(fake) == [BINARY2, ""]


@pytest.mark.parametrize("writer", [tells, says_all_is_well, says_nothing])
def test_kinds_whose_uploads_are_known_are_tried_when_it_is_worth_a_request(
    unknown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Writer
) -> None:
    fake = unknown(writer)
    fake.server = "DaCHS/3 twistedWeb"
    result(connected(fake, tmp_path))
    assert trials(fake) == 0
    monkeypatch.setattr(service_module, "WORTH_A_TRIAL", 2)
    fake.result = tells(IDS)
    for _ in range(2):
        if writer is tells:
            assert result(connected(fake, tmp_path))["tw_row"].tolist() == IDS
        else:
            connected(fake, tmp_path).submit("SELECT 1", MINE)
    assert trials(fake) == 1
    assert asked_for(fake) == [BINARY2, *[MIME if writer is tells else BINARY2] * 2]


def test_rubin_is_asked_for_binary2_without_a_trial(unknown: Any, tmp_path: Path) -> None:
    fake = unknown(tells)
    result(connected(fake, tmp_path, name="rsp"))
    assert trials(fake) == 0
    assert asked_for(fake) == [BINARY2]


@pytest.mark.parametrize("writer", [says_all_is_well, says_no_status, says_nothing])
def test_a_result_that_does_not_tell_is_no_whole_one(unknown: Any, tmp_path: Path, writer: Writer) -> None:
    """A job that somebody else asked for Parquet is found again; the rows it has may be all, or not."""
    fake = unknown(None)
    fake.result = writer(IDS, False)
    service = connected(fake, tmp_path)
    job = service.submit("SELECT 1")
    with pytest.raises(ResultError, match=r"not taken for a whole one\. Submit the job again"):
        job.result(SECONDS)
    assert len(fake.asked("GET", "results/result")) == 1, "it would be no other"
    fake.result = tells(IDS, True)  # that rows were left out may be believed of anybody
    assert service.job(job.url).result(SECONDS).meta["overflow"] is True


def test_a_service_that_tells_no_more_is_found_out(unknown: Any, tmp_path: Path) -> None:
    fake = unknown(tells)
    fake.result = says_no_status(IDS)
    service = connected(fake, tmp_path)
    with pytest.raises(ResultError, match="not taken for a whole one"):
        result(service)
    assert asked_for(fake) == [MIME]
    fake.result = tells(IDS)
    service.submit("SELECT 1", MINE)
    assert asked_for(fake) == [MIME, BINARY2]


def test_what_a_trial_found_counts_for_results_that_are_older(
    unknown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = unknown(tells)
    fake.result = tells(IDS)
    job = connected(fake, tmp_path).submit("SELECT 1", MINE)
    job.wait(SECONDS)
    monkeypatch.setattr(trial, "REMEMBERED_S", 0.0)
    assert connected(fake, tmp_path).job(job.url).result(SECONDS)["tw_row"].tolist() == IDS


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.01])
def test_a_cut_file_is_fetched_again(unknown: Any, tmp_path: Path, kept: float) -> None:
    """Announced as whole, so that only the missing end tells."""
    fake = unknown(tells)
    whole = tells(IDS * 1000)
    fake.result = whole
    job = connected(fake, tmp_path).submit("SELECT 1", MINE)
    job.wait(SECONDS)
    fake.inject("status", "results/result", status=200, body=whole[: max(5, int(kept * len(whole)))])
    assert len(job.result(SECONDS)) == 3000
    assert len(fake.asked("GET", "results/result")) == 2
    again = connected(fake, tmp_path).job(job.url)
    fake.inject("status", "results/result", times=2, status=200, body=whole[: int(kept * len(whole))] + b"PAR1")
    with pytest.raises(ResultError, match=r"did not arrive whole: .*incomplete or damaged.*2 times"):
        again.result(SECONDS)


def test_an_error_in_the_description_is_the_services_error(unknown: Any, tmp_path: Path) -> None:
    fake = unknown(tells)
    fake.result = said(tells(IDS), lambda content: content.replace(b'value="OK">', b'value="ERROR">the disk is full'))
    with pytest.raises(QueryError, match="the disk is full"):
        result(connected(fake, tmp_path))


def test_a_description_of_other_columns_is_refused(unknown: Any, tmp_path: Path) -> None:
    fake = unknown(tells)
    fake.result = said(
        tells(IDS), lambda content: content.replace(b"<FIELD", b'<FIELD name="b" datatype="int"/><FIELD')
    )
    with pytest.raises(ResultError, match="describes 2 columns, but holds 1"):
        result(connected(fake, tmp_path))


@pytest.mark.parametrize("most", [None, 7])
def test_the_built_in_service_is_asked_for_parquet_without_a_trial(
    tap_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int | None
) -> None:
    upload = Table({"id": IDS * 7, "ra": [0.1, float("nan"), -0.0] * 7, "name": ["a", "", "é"] * 7})
    upload["ra"].unit, upload["ra"].description = "deg", "where"
    monkeypatch.setattr(trial, "_tried", lambda *_: pytest.fail("a trial was made"))
    read = []
    for is_told in (True, False):
        monkeypatch.setattr(service_module, "tells_in_parquet", lambda *_, is_told=is_told: is_told)
        service = Service(tap_url, ledger=Ledger(tmp_path))
        job = service.submit("SELECT * FROM TAP_UPLOAD.ut1 ORDER BY id", upload, maxrec=most)
        read.append(job.result(SECONDS))
        assert job.overflow is (most is not None)
        assert len(read[-1]) == (most or 21)
        job.delete()
    one, other = read
    assert one.dtype == other.dtype
    assert repr(one) == repr(other)
    assert one["ra"].description == other["ra"].description == "where"
