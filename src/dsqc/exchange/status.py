"""How exchange stands with each centre: packages both ways, what is missing, what contradicts."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dsqc.catalog.models import ForeignRecord, ReceivedPackageRecord, SharedPackageRecord
from dsqc.exchange.conflicts import contradictions
from dsqc.exchange.sequences import gaps
from dsqc.exchange.versions import HIDDEN
from dsqc.station import Station


def exchange_status(session: Session, station: Station) -> dict[str, Any]:
    """The shape of ``dsqc.schemas/reports/exchange_status.schema.json`` without ``schema_version``."""
    told = set(session.scalars(select(SharedPackageRecord.centre).distinct()))
    heard = set(session.scalars(select(ReceivedPackageRecord.centre).distinct()))
    centres = sorted({*station.exchange.centres, *told, *heard})
    claimed = (
        select(ForeignRecord.accession)
        .where(ForeignRecord.state != HIDDEN)
        .group_by(ForeignRecord.accession)
        .having(func.count() > 1)
        .order_by(ForeignRecord.accession)
    )
    return {
        "centre": station.centre,
        "centres": [_centre(session, station, code) for code in centres],
        "claimed_by_several": list(session.scalars(claimed)),
        "contradicting_links": [
            {"centre": link.centre, "accession": link.accession, "same_as": link.target, "against": why}
            for link, why in contradictions(session)
        ],
    }


def _centre(session: Session, station: Station, code: str) -> dict[str, Any]:
    agreement = station.exchange.centres.get(code)
    shared, received, record = SharedPackageRecord, ReceivedPackageRecord, ForeignRecord
    sent = session.scalar(select(func.max(shared.sequence)).where(shared.centre == code, shared.written))
    last = session.scalar(select(func.max(received.sequence)).where(received.centre == code))
    kinds = (
        select(record.kind, func.count())
        .where(record.centre == code, record.state != HIDDEN)
        .group_by(record.kind)
        .order_by(record.kind)
    )
    return {
        "centre": code,
        "scope": agreement.scope if agreement else None,
        "sent_packages": sent or 0,
        "received_packages": last or 0,
        "missing_packages": [{"first": gap.first, "last": gap.last} for gap in gaps(session, code)],
        "records": {row[0]: row[1] for row in session.execute(kinds)},
    }
