"""What a service is asked for: nothing that it would only refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapwidget.client.orders import order_of
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
