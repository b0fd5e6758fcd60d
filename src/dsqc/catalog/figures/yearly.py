"""Yearly reports: what was handed over and to whom, and what concerned the safety of the data.

Both come from what the catalog keeps as append-only rows. Tables that this catalog does not have (an older one, or a
station without web pages) are told as such: nothing counted is not the same as nothing that happened.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dsqc.catalog.figures.control import SIGNAL
from dsqc.catalog.figures.periods import local_day, midnight, period_of
from dsqc.catalog.models import (
    AccessEntryRecord,
    AuditEventRecord,
    EventRecord,
    FixityEventRecord,
    ObjectCopyRecord,
    ReleaseProposalRecord,
)
from dsqc.model import SubmissionState as State

ACCESS = AccessEntryRecord.__table__
AUDIT = AuditEventRecord.__table__
PROPOSALS = ReleaseProposalRecord.__table__
EXPORTED, ROTATED = "exported", "rotated"
"""Actions of events of closed data (``dsqc.stages.closed``)."""
FAILED_LOG_IN, REFUSED = "log-in refused", "refused"
"""Actions of the audit."""


class _Year:
    """A year in the station's time zone, as bounds of times of the catalog."""

    def __init__(self, session: Session, year: int, zone: ZoneInfo) -> None:
        self.session = session
        self.zone = zone
        self.start, self.end = midnight(date(year, 1, 1), zone), midnight(date(year + 1, 1, 1), zone)
        self.months = [f"{year}-{month:02d}" for month in range(1, 13)]

    def within(self, at: Any) -> Any:
        """Whether a time lies in the year."""
        return (at >= self.start) & (at < self.end)

    def month(self, at: str) -> str:
        return period_of(local_day(at, self.zone), "month")


def yearly_report(session: Session, year: int, zone: ZoneInfo) -> dict[str, Any]:
    """The reports of use and of security of one year."""
    span = _Year(session, year, zone)
    return {"year": year, "timezone": zone.key, "use": _use(span), "security": _security(span)}


def _use(span: _Year) -> dict[str, Any]:
    exports = span.session.scalar(
        select(func.count()).select_from(EventRecord).where(EventRecord.action == EXPORTED, span.within(EventRecord.at))
    )
    registered = _registered_by_month(span)
    months: dict[str, dict[str, Any]] = {
        name: {"month": name, "handed_over": 0, "refused": 0, "size_bytes": 0} for name in span.months
    }
    kinds: Counter[str] = Counter()
    recipients: set[str] = set()
    files = size = 0
    c = ACCESS.c
    rows = span.session.execute(
        select(c.at, c.recipient, c.action, c.kind, c.files, c.size_bytes).where(span.within(c.at))
    )
    for at, recipient, action, kind, number, size_bytes in rows:
        month = months[span.month(at)]
        if action == REFUSED:
            month["refused"] += 1
            continue
        month["handed_over"] += 1
        month["size_bytes"] += size_bytes
        kinds[kind] += 1
        recipients.add(recipient)
        files, size = files + number, size + size_bytes
    return {
        "access_log": True,
        "registered": registered,
        "closed_exports": exports or 0,
        "handed_over": {
            "count": sum(kinds.values()),
            "refused": sum(month["refused"] for month in months.values()),
            "recipients": len(recipients),
            "files": files,
            "size_bytes": size,
            "by_kind": dict(sorted(kinds.items())),
            "by_month": list(months.values()),
        },
    }


def _registered_by_month(span: _Year) -> list[dict[str, Any]]:
    query = select(EventRecord.at).where(EventRecord.action == State.REGISTERED.value, span.within(EventRecord.at))
    counts = Counter(span.month(at) for at in span.session.scalars(query))
    return [{"month": name, "submissions": counts[name]} for name in span.months]


def _security(span: _Year) -> dict[str, Any]:
    session = span.session
    fixity = session.execute(
        select(FixityEventRecord.action, func.count())
        .where(span.within(FixityEventRecord.at))
        .group_by(FixityEventRecord.action)
    )
    broken = session.execute(
        select(ObjectCopyRecord.state, func.count())
        .where(ObjectCopyRecord.state != "present")
        .group_by(ObjectCopyRecord.state)
    )
    rotations = session.execute(
        select(EventRecord.at, EventRecord.details).where(EventRecord.action == ROTATED, span.within(EventRecord.at))
    ).all()
    return {
        "log_ins": _log_ins(span),
        "refused_hand_overs": _refused(span),
        "fixity_events": _pairs(fixity),
        "copies_not_present_now": _pairs(broken),
        "key_rotations": {
            "keys": len({details.get("recipient") for _, details in rotations}),
            "submissions": len(rotations),
            "headers": sum(int(details.get("headers", 0)) for _, details in rotations),
        },
        "two_person_releases": _two_person(span),
        "control_signals": session.scalar(
            select(func.count())
            .select_from(EventRecord)
            .where(EventRecord.action == SIGNAL, span.within(EventRecord.at))
        )
        or 0,
    }


def _log_ins(span: _Year) -> dict[str, Any]:
    """Acts on the web pages."""
    query = select(AUDIT.c.action, func.count()).where(span.within(AUDIT.c.at)).group_by(AUDIT.c.action)
    actions: dict[str, int] = _pairs(span.session.execute(query))
    return {
        "failed": actions.get(FAILED_LOG_IN, 0),
        "refused_pages": actions.get(REFUSED, 0),
        "by_action": actions,
    }


def _refused(span: _Year) -> int:
    query = select(func.count()).select_from(ACCESS).where(ACCESS.c.action == REFUSED, span.within(ACCESS.c.at))
    return span.session.scalar(query) or 0


def _two_person(span: _Year) -> dict[str, int]:
    """Proposals to release closed data by how they ended."""
    query = (
        select(PROPOSALS.c.state, func.count()).where(span.within(PROPOSALS.c.proposed_at)).group_by(PROPOSALS.c.state)
    )
    return _pairs(span.session.execute(query))


def _pairs(rows: Iterable[Any]) -> dict[str, int]:
    """Names with their counts, by name."""
    return dict(sorted((row[0], row[1]) for row in rows))
