"""Accessions, minted inside the transaction that registers: numbers go up, and no two transactions get the same."""

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from dsqc.accessions import STYLES, AccessionStyle, AccessionType
from dsqc.catalog.models import AccessionCounterRecord
from dsqc.errors import CatalogFault
from dsqc.station import Prefixes


def style_of(kind: AccessionType, prefixes: Prefixes) -> AccessionStyle:
    """How this station prints accessions of ``kind``."""
    return AccessionStyle(getattr(prefixes, kind.value), STYLES[kind].digits)


def mint(session: Session, kind: AccessionType, count: int, prefixes: Prefixes) -> list[str]:
    """``count`` new accessions of ``kind``, in order.

    Numbers of a transaction that fails are given out again: nobody has seen them. They need not be without gaps.

    Raises:
        CatalogFault: the counter is missing.
    """
    if count == 0:
        return []
    counter = AccessionCounterRecord
    statement = update(counter).where(counter.type == kind.value).values(last=counter.last + count)
    last = session.execute(statement.returning(counter.last)).scalar_one_or_none()
    if last is None:
        raise CatalogFault(f"The catalog has no counter for accessions of type {kind.value}.")
    style = style_of(kind, prefixes)
    return [style.format(number) for number in range(last - count + 1, last + 1)]


def prepare_counters(session: Session) -> None:
    """Make the counters that do not exist yet; those that do go on counting."""
    known = set(session.scalars(select(AccessionCounterRecord.type)))
    for kind in AccessionType:
        if kind.value not in known:
            session.execute(insert(AccessionCounterRecord).values(type=kind.value, last=0))
