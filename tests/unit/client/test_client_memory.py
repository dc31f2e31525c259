"""What a large upload takes beside the user's table, as Python and numpy count it."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.client.chunks_plan import Division, estimated_size
from tapwidget.client.encoded import Encoded
from tapwidget.client.excerpt import Excerpt
from tapwidget.client.ledger import JobRecord, Ledger
from tapwidget.client.own_table import OwnTable
from tapwidget.client.plan import Plan, make_plan
from tapwidget.ivoa import tapschema
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.spec import SkyMatch
from tapwidget.tables.files import as_table

ROWS = 1_000_000
MOST = 1.5
TARGET = tapschema.Table(
    "s.t",
    "",
    (
        tapschema.Column("id", "long", ucd="meta.id;meta.main", principal=True),
        tapschema.Column("t_ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        tapschema.Column("t_dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
    ),
)
MATCH = SkyMatch("s.t", radius=1, columns=["id"], where=["ut1.r > 20"])


def users_table(rows: int, lon: str, lat: str) -> Table:
    rng = np.random.default_rng(1)
    table = Table({"objid": 2**60 + np.arange(rows), lon: rng.uniform(0, 360, rows), lat: rng.uniform(-80, 80, rows)})
    for band in "ugriz":
        table[band] = rng.normal(22, 2, rows).astype("f4")
    table["name"] = np.char.add("J", np.arange(rows).astype("U9"))
    return table


def submitted(table: Table, ledger: Ledger) -> tuple[OwnTable, Plan]:
    own = OwnTable(as_table(table))
    plan = make_plan(MATCH, own.table, TARGET)
    for part in Division(plan.upload).parts(4)[:2]:
        Encoded(Excerpt(plan.upload.table, part.rows), serialization="BINARY2", name="ut1")
    own.keep(ledger, ledger.add(JobRecord("", "", JobPhase.PENDING, "https://x.org/tap", table=own.record)))
    return own, plan


def joined(own: OwnTable, plan: Plan) -> Table:
    columns: dict[str, Any] = {c.name: np.zeros(0) for c in plan.query.columns}
    columns[plan.query.row] = np.zeros(0, np.int64)
    return own.joined(lambda table: plan.finish(Table(columns), table))


@pytest.mark.parametrize(("lon", "lat"), [("ra", "dec"), ("l", "b")])
def test_all_the_way_it_is_at_most_half_as_much_again_as_what_is_sent(lon: str, lat: str, tmp_path: Any) -> None:
    ledger = Ledger(tmp_path)
    joined(*submitted(users_table(100, lon, lat), ledger))  # all that is imported late
    table = users_table(ROWS, lon, lat)
    tracemalloc.start()
    try:
        own, plan = submitted(table, ledger)
        sending = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        joined(own, plan)
        joining = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    payload = estimated_size(plan.upload.table)
    assert sending / payload <= MOST
    assert joining / payload <= MOST
