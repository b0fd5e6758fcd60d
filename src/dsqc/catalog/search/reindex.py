"""Writing anew what all runs are searched by, while the station works."""

from sqlalchemy import func, select

from dsqc.catalog.database import Catalog
from dsqc.catalog.models import RunRecord
from dsqc.catalog.search.index import refresh
from dsqc.catalog.search.totals import drop_orphans, recount

STEP = 2000
"""Runs of one transaction: writers wait no longer than one of these takes, and readers see every run all the time."""


def reindex(catalog: Catalog) -> int:
    """Write the rows of every run and all totals anew; how many runs these were. Killed and run again it gives the same
    end."""
    with catalog.reading() as session:
        last = session.scalar(select(func.max(RunRecord.id))) or 0
    written = 0
    for start in range(0, last + 1, STEP):
        ids = select(RunRecord.id).where(RunRecord.id >= start, RunRecord.id < start + STEP)
        written += catalog.write(lambda session, ids=ids: refresh(session, session.scalars(ids)))  # type: ignore[misc]
    catalog.write(drop_orphans)
    catalog.write(recount)
    return written
