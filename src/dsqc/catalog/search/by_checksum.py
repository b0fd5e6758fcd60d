"""Runs that hold a file of a checksum: the question that programs ask one after the other.

Its statements are made once: to build one takes longer than the database needs to answer it.
"""

import functools
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from dsqc.catalog.models import DataFileRecord, RunSearchRecord, SubmissionRecord
from dsqc.catalog.search.fields import Kind, find_field
from dsqc.catalog.search.grammar import Node, Term
from dsqc.catalog.search.visible import is_described, is_public

_COLUMNS = {32: DataFileRecord.md5, 64: DataFileRecord.sha256}
"""Where a checksum stands, by its length."""
_ALL = 2**62


def digest_of(node: Node) -> str | None:
    """The checksum that ``node`` asks for, where it asks for nothing else."""
    if not isinstance(node, Term) or node.sign != ":" or node.is_prefix or len(node.value) not in _COLUMNS:
        return None
    field = find_field(node.field)
    return node.value.lower() if field is not None and field.kind is Kind.CHECKSUM else None


def runs_with(
    session: Session, digest: str, *, everything: bool, limit: int, offset: int
) -> list[tuple[int, int]] | None:
    """A page of the runs by accession, each with how many there are in all; ``None`` where the page is behind them.

    Args:
        limit: runs of the page; 0 for all.
    """
    values = {"digest": digest, "limit": limit or _ALL, "offset": offset}
    # Of the connection: no objects of the session are asked for.
    rows = session.connection().execute(_statement(len(digest), everything), values).all()
    return None if offset and not rows else [(row[0], row[1]) for row in rows]


@functools.cache
def _statement(length: int, everything: bool) -> Select[Any]:
    holds = select(DataFileRecord.run_id).where(_COLUMNS[length] == bindparam("digest"))
    query = (
        select(RunSearchRecord.run_id, func.count().over())
        .join(SubmissionRecord, RunSearchRecord.submission_id == SubmissionRecord.id)
        .where(RunSearchRecord.run_id.in_(holds))
        .order_by(RunSearchRecord.accession)
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )
    return query if everything else query.where(is_described(), is_public())
