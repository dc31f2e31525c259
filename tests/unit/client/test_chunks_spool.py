"""Answers on disk, put together: the same values, types, masks and words as if they had been one."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table, vstack

from tapwidget.client.chunks_spool import Spool
from tapwidget.errors import ResultError


def answer(rows: int, seed: int, *, masked: bool = False, overflow: bool = False) -> Table:
    rng = np.random.default_rng(seed)
    table = Table()
    table["id"] = Column(rng.integers(2**60, 2**62, rows), description="Identifier", meta={"ucd": "meta.id"})
    table["r"] = MaskedColumn(rng.random(rows).astype("f4"), mask=rng.random(rows) < 0.3, unit="mag")
    table["name"] = np.array([f"o{n:0{seed}d}é" for n in range(rows)], dtype=f"U{seed + 4}")
    table["flag"] = (
        MaskedColumn(rng.random(rows) < 0.5, mask=rng.random(rows) < 0.5) if masked else rng.random(rows) < 0.5
    )
    table["any"] = np.array(["text", None, 3, 2**70][:rows] + [None] * (rows - 4), dtype=object)
    table.meta.update(overflow=overflow, query_status="OK", infos={"a": "b"})
    return table


def test_it_is_what_vstack_gives() -> None:
    answers = [answer(5, 1), answer(0, 2), answer(7, 3, masked=True), answer(4, 9)]
    spool = Spool()
    for each in answers:
        spool.add(each)
    whole = spool.whole()
    expected = vstack(answers, metadata_conflicts="silent")
    assert whole.colnames == expected.colnames
    for name in whole.colnames:
        assert whole[name].dtype == expected[name].dtype
        assert np.array_equal(np.ma.getmaskarray(whole[name]), np.ma.getmaskarray(expected[name]))
        assert whole[name].tolist() == expected[name].tolist()
    assert (whole["id"].description, whole["id"].meta, str(whole["r"].unit)) == (
        "Identifier",
        {"ucd": "meta.id"},
        "mag",
    )
    assert whole.meta == {"overflow": False, "query_status": "OK", "infos": {"a": "b"}}


def test_no_row_at_all_keeps_the_types() -> None:
    spool = Spool()
    spool.add(answer(0, 1))
    whole = spool.whole()
    assert len(whole) == 0
    assert whole["id"].dtype == np.int64


@pytest.mark.parametrize(("most", "cut"), [(None, False), (9, False), (8, True), (3, True)])
def test_a_limit_of_rows_is_overflow(most: int | None, cut: bool) -> None:
    spool = Spool()
    spool.add(answer(5, 1))
    spool.add(answer(4, 2))
    whole = spool.whole(most)
    assert whole.meta["overflow"] is cut
    assert len(whole) == (most if cut else 9)


def test_a_part_that_was_cut_is_overflow() -> None:
    spool = Spool()
    spool.add(answer(5, 1, overflow=True))
    spool.add(answer(5, 1))
    assert spool.whole().meta["overflow"] is True


def test_answers_that_do_not_belong_together_are_refused() -> None:
    spool = Spool()
    spool.add(answer(5, 1))
    with pytest.raises(ResultError, match="different columns"):
        spool.add(Table({"other": [1]}))
