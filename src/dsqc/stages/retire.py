"""Taking submissions back: ``withdraw`` what is registered, ``discard`` what never was."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from dsqc.catalog.database import Catalog
from dsqc.catalog.events import history
from dsqc.catalog.leases import held
from dsqc.catalog.models import SubmissionRecord
from dsqc.catalog.outcomes import Actor
from dsqc.catalog.versions.withdrawing import Named, find_named
from dsqc.catalog.versions.withdrawing import discard as discard_record
from dsqc.catalog.versions.withdrawing import withdraw as withdraw_record
from dsqc.errors import UsageError
from dsqc.stages.register import write_manifest
from dsqc.station import Station

SCHEMA_VERSION = "1.0"


def withdraw(station: Station, named: Named, *, by: str, reason: str, actor: Actor | None = None) -> dict[str, Any]:
    """Withdraw a registered submission. Its record and its objects stay; nothing of it is handed out any more, and its
    manifest says so too.

    Args:
        station: whose catalog.
        named: the submission.
        by: who decides.
        reason: why; everybody who looks the number up is told it.
        actor: by which clock; for tests.

    Returns:
        The shape of ``catalog_withdraw.schema.json``.

    Raises:
        UsageError: no name or reason is given, it is not registered, or was withdrawn with other words.
    """
    if not reason.strip():
        raise UsageError("A withdrawal needs a reason.", hint="Give --reason TEXT; it is shown with the number.")
    who = actor or Actor(by)

    def work(session: Session) -> SubmissionRecord:
        return withdraw_record(session, named, by=by.strip(), reason=reason.strip(), actor=who)

    return _do(station, named, by, work)


def discard(station: Station, named: Named, *, by: str, reason: str = "", actor: Actor | None = None) -> dict[str, Any]:
    """Give up a submission that was never registered: the catalog keeps its history and nothing of its sheets.

    Arguments, result and errors as of :func:`withdraw`; ``reason`` may be empty.
    """
    who = actor or Actor(by)

    def work(session: Session) -> SubmissionRecord:
        return discard_record(session, named, by=by.strip(), reason=reason.strip(), actor=who)

    return _do(station, named, by, work)


def _do(station: Station, named: Named, by: str, work: Callable[[Session], SubmissionRecord]) -> dict[str, Any]:
    if not by.strip():
        raise UsageError("Taking a submission back needs a name.", hint="Give --by NAME.")
    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            found = find_named(session, named)
            key = (found.submitter, found.alias)
        with held(catalog, key):
            record = catalog.write(work)
            if record.accession is not None:
                write_manifest(catalog, record.id)
            with catalog.reading() as session:
                last = history(session, record)[-1]
    return {
        "schema_version": SCHEMA_VERSION,
        "submission": record.alias,
        "accession": record.accession,
        "state": record.state,
        "at": last.at,
        "by": last.actor,
        "reason": last.reason,
    }
