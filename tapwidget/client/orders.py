"""What a service is asked for, by its limits: how many rows, and in which format."""

from __future__ import annotations

from numbers import Integral

from tapwidget.client.outgoing import Outgoing
from tapwidget.client.submission import Order
from tapwidget.errors import MatchError
from tapwidget.ivoa.limits import Limits


def most_rows(limits: Limits) -> int | None:
    """How many rows to ask for so that none is left out: the hard limit, where it is more than what comes unasked."""
    if limits.maxrec_hard is None or limits.maxrec_default is None or limits.maxrec_hard <= limits.maxrec_default:
        return None
    return limits.maxrec_hard


def order_of(
    outgoing: Outgoing, limits: Limits, maxrec: int | None, run_id: str, *, takes_parquet: bool = False
) -> Order:
    """What is asked of a service for what goes out.

    Parameters
    ----------
    maxrec
        The limit of rows that the user asked for, if any.
    takes_parquet
        Whether Parquet of this service is known to say it when rows were left out (see `trial`).

    Raises
    ------
    MatchError
        If that is no number of rows.
    """
    if maxrec is not None and (isinstance(maxrec, bool) or not isinstance(maxrec, Integral) or maxrec < 0):
        raise MatchError(f"maxrec is {maxrec!r}; give a whole number from 0, or leave it out.")
    return Order(
        adql=outgoing.adql,
        uploads=outgoing.uploads,
        maxrec=outgoing.maxrec if maxrec is None else maxrec,
        run_id=run_id,
        response_format=response_format(limits, takes_parquet=takes_parquet),
        sources=outgoing.sources,
        match=outgoing.plan.match if outgoing.plan else None,
        table=outgoing.table,
    )


def response_format(limits: Limits, *, takes_parquet: bool) -> str:
    """The name of the format to ask for: Parquet, else BINARY2, else "", a VOTable as the service likes to write it.

    Parquet is six tenths of the bytes and a third of the work to read (benchmarks/result_formats.py). But a result that
    was cut must never pass for a whole one, and nothing obliges a Parquet file to tell (Parquet in the VO, IVOA Note
    1.0, knows no QUERY_STATUS): it is only asked for where it does. BINARY2 is exact too, and smaller than TABLEDATA.
    """
    binary2 = (name for name in limits.output_formats if "serialization=binary2" in name.lower().replace(" ", ""))
    return (parquet_name(limits) if takes_parquet else "") or next(binary2, "")


def parquet_name(limits: Limits) -> str:
    """The name that Parquet goes by at a service; "" if it has none."""
    return next((name for name in limits.output_formats if "parquet" in name.lower()), "")
