"""The upload that goes with ADQL written by hand: every column, and the position that the form shows."""

from __future__ import annotations

import dataclasses

from astropy.table import Table

from tapwidget.actions.run import whole_upload
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.tables.roles import recognise

TABLE = Table({"ra": [10.0, 20.0], "dec": [1.0, 2.0], "ra_u": [30.0, 40.0], "dec_u": [3.0, 4.0], "size": [5, 6]})


def test_every_column_travels_with_the_position_that_was_recognised_before() -> None:
    roles = recognise(TABLE)
    (other,) = roles.others
    upload = whole_upload(SkyMatch("s.t"), TABLE, dataclasses.replace(roles, position=other))
    assert upload.colnames == ["tw_row", "ra_u", "dec_u", "ra", "dec", "size_"]
    assert whole_upload(SkyMatch("s.t"), TABLE).colnames == ["tw_row", "ra", "dec", "ra_u", "dec_u", "size_"]


def test_columns_named_by_the_user_win() -> None:
    upload = whole_upload(SkyMatch("s.t", ra="ra_u", dec="dec_u"), TABLE, recognise(TABLE))
    assert upload.colnames[:3] == ["tw_row", "ra_u", "dec_u"]


def test_a_match_by_identifier_needs_no_position() -> None:
    upload = whole_upload(IdentifierMatch("s.t", on=("size", "id")), TABLE["size", "ra_u"], None)
    assert upload.colnames == ["tw_row", "size_", "ra_u"]
