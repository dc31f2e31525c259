"""A user's table held by reference: what is done to it while its job runs never gets into the result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.client import kept_tables
from tapwidget.client.ledger import JobRecord, Ledger
from tapwidget.client.own_table import OwnTable
from tapwidget.errors import TableError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.tables.exact_copy import fingerprint
from tapwidget.tables.files import as_table, read_table

ROWS = 1000


def users_table() -> Table:
    rng = np.random.default_rng(1)
    table = Table({"ra": rng.uniform(0, 360, ROWS), "n": np.arange(ROWS)})
    table["g"] = MaskedColumn(rng.normal(20, 1, ROWS), mask=np.arange(ROWS) % 7 == 0)
    return table


def kept(table: Table, place: Path) -> tuple[OwnTable, str]:
    """Of a job that was submitted, and what the user was told."""
    own = OwnTable(as_table(table))
    ledger = Ledger(place)
    record = ledger.add(JobRecord("", "", JobPhase.PENDING, "https://x.org/tap", table=own.record))
    return own, own.keep(ledger, record)


def same(table: Table) -> Table:
    return table


def sort(table: Table) -> None:
    table.sort("ra")


def fill(table: Table) -> None:
    table["ra"][3] = 17.0


def unmask(table: Table) -> None:
    table["g"].mask[7] = False


CHANGES = {"sorted": sort, "one value": fill, "one mask": unmask}


def test_the_users_own_columns_are_joined(tmp_path: Path) -> None:
    table = users_table()
    own, said = kept(table, tmp_path)
    assert said == ""
    assert np.shares_memory(own.joined(same)["ra"], table["ra"])


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("is_large", [False, True])
def test_a_table_that_was_changed_is_joined_as_it_was(
    change: Callable[[Table], None], is_large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_large:  # too large for the ledger: then there is a file that goes with the process
        monkeypatch.setattr(kept_tables, "LARGEST", 1)
    table = users_table()
    own, said = kept(table, tmp_path)
    assert ("After a restart of the kernel" in said) is is_large
    change(table)
    for _ in range(2):
        joined = own.joined(same)
        assert fingerprint(joined) == fingerprint(users_table()) != fingerprint(table)
        assert joined["n"].tolist() == list(range(ROWS))


def test_columns_put_in_or_taken_out_meanwhile_do_not_matter(tmp_path: Path) -> None:
    table = users_table()
    own, _ = kept(table, tmp_path)
    table["n"] = 0
    table["more"] = 1
    table.remove_column("ra")
    table.remove_rows(slice(0, 10))
    assert fingerprint(own.joined(same)) == fingerprint(users_table())


def test_a_change_during_the_joining_is_noticed(tmp_path: Path) -> None:
    table = users_table()
    own, _ = kept(table, tmp_path)
    seen = []

    def join(mine: Table) -> Table:
        seen.append(mine["n"].tolist())
        table.sort("ra")
        return mine["n",].copy()

    assert own.joined(join)["n"].tolist() == list(range(ROWS))
    assert len(seen) == 2


def test_without_a_copy_a_change_is_an_error_and_undoing_it_helps() -> None:
    table = users_table()
    own = OwnTable(as_table(table))
    before = table["ra"][3]
    table["ra"][3] = 17.0
    with pytest.raises(TableError, match=r"changed after it was submitted.*Undo the change"):
        own.joined(same)
    table["ra"][3] = before
    assert own.joined(same)["ra"][3] == before


def test_a_copy_that_was_spoilt_is_not_joined(tmp_path: Path) -> None:
    table = users_table()
    own, _ = kept(table, tmp_path)
    (path,) = (tmp_path / "tables").iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    table.sort("ra")
    with pytest.raises(TableError, match="no copy of it could be used"):
        own.joined(same)


def test_a_table_of_a_file_that_is_too_large_to_be_copied_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_tables, "LARGEST", 1)
    users_table().write(tmp_path / "mine.ecsv")
    table = read_table(tmp_path / "mine.ecsv")
    own, said = kept(table, tmp_path / "jobs")
    assert said == ""
    table.sort("ra")
    assert own.joined(same)["n"].tolist() == list(range(ROWS))


def test_a_table_with_lists_in_cells_is_copied_at_once() -> None:
    table = users_table()
    table["lists"] = np.array([np.arange(n % 3) for n in range(ROWS)], dtype=object)
    own = OwnTable(table)
    table.sort("ra")
    assert own.joined(same)["n"].tolist() == list(range(ROWS))
