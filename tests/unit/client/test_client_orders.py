"""What a service is asked for: nothing that it would only refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapwidget.client.orders import order_of, response_format
from tapwidget.client.outgoing import of_adql
from tapwidget.errors import MatchError
from tapwidget.ivoa.limits import Limits

QUERY = of_adql("SELECT 1 AS one FROM t", None, None)


@pytest.mark.parametrize("maxrec", [-1, 1.5, "a", "10", True, float("nan")])
def test_a_limit_that_is_no_number_of_rows_is_refused_here(maxrec: Any) -> None:
    with pytest.raises(MatchError, match="give a whole number from 0"):
        order_of(QUERY, Limits(), maxrec, "run")


@pytest.mark.parametrize("maxrec", [None, 0, 10, np.int64(10)])
def test_limits_that_are_taken(maxrec: Any) -> None:
    assert order_of(QUERY, Limits(), maxrec, "run").maxrec == maxrec


PARQUET = "application/vnd.apache.parquet"
VOTABLES = ("application/x-votable+xml", "application/x-votable+xml; serialization=BINARY2", "votable/td")


@pytest.mark.parametrize(
    ("offered", "takes_parquet", "asked"),
    [
        ((*VOTABLES, PARQUET, "parquet"), True, PARQUET),
        ((*VOTABLES, PARQUET, "parquet"), False, VOTABLES[1]),
        (VOTABLES, True, VOTABLES[1]),
        (("parquet",), True, "parquet"),
        (("votable", PARQUET), False, ""),
        ((), True, ""),
    ],
)
def test_parquet_that_tells_then_binary2_then_any_votable(
    offered: tuple[str, ...], takes_parquet: bool, asked: str
) -> None:
    assert response_format(Limits(output_formats=offered), takes_parquet=takes_parquet) == asked
