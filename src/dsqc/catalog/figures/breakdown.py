"""Runs and volumes by any dimensions: a row a combination of values, what may be told of closed data in one row."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from dsqc.catalog.figures.counting import Amount, count_cells


def breakdown(
    session: Session,
    dimensions: Sequence[str],
    *,
    zone: ZoneInfo,
    as_of: date | None = None,
    threshold: int | None = None,
) -> dict[str, Any]:
    """Count by ``dimensions``.

    For the public, closed and held data is told in one sum and not by dimensions, and not at all while it is smaller
    than ``threshold``: tables by different dimensions could be compared with each other.

    Args:
        dimensions: of ``counting.DIMENSIONS``.
        as_of: the end of this day; ``None`` for now.
        threshold: least number of closed records that is told; ``None`` counts them like the others.

    Raises:
        UsageError: there is no such dimension.
    """
    cells = count_cells(session, dimensions, zone=zone, as_of=as_of)
    closed, total = Amount(), Amount()
    rows: list[dict[str, Any]] = []
    for cell in cells:
        closed.add(cell.closed)
        amount = Amount()
        amount.add(cell.open)
        if threshold is None:
            amount.add(cell.closed)
        total.add(amount)
        if amount.runs:
            rows.append({**dict(zip(dimensions, cell.key, strict=True)), **_figures(amount)})
    is_told = threshold is None or closed.runs == 0 or closed.runs >= threshold
    if threshold is not None:
        total.add(closed)
    return {
        "dimensions": list(dimensions),
        "as_of": as_of.isoformat() if as_of else None,
        "public": threshold is not None,
        "threshold": threshold,
        "rows": rows,
        "closed": _figures(closed) if threshold is not None and is_told else None,
        "total": _figures(total) if is_told else None,
    }


def _figures(amount: Amount) -> dict[str, int]:
    return {"runs": amount.runs, "bytes": amount.bytes, "bases": amount.bases}
