"""release: data becomes public on its day and not before, is held back longer once, and is closed again if it must.

Everything here may be killed and called again, and called twice at once: each submission is worked on under its lease,
what is asked for is asked again inside the transaction, and bytes move with proof (:mod:`dsqc.stages._relocate`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc import logs
from dsqc.catalog.access import proposals
from dsqc.catalog.access.closing import Withholding, check_withholding, set_withholding
from dsqc.catalog.access.holds import BY_A_PERSON, Due, due_on, extend, hasten, held_list
from dsqc.catalog.access.notices import note_sent, unsent, write_notice
from dsqc.catalog.access.proposals import Person
from dsqc.catalog.access.settling import disclosure_of, release_day_of_record, settle, today_of
from dsqc.catalog.access.tiers import CLOSED, OPEN
from dsqc.catalog.database import Catalog
from dsqc.catalog.events import change_state
from dsqc.catalog.leases import check_held, held
from dsqc.catalog.models import DisclosureRecord, ReleaseProposalRecord, SubmissionRecord
from dsqc.catalog.registering import Actor
from dsqc.catalog.states import REGISTERED
from dsqc.errors import DsqcError, UsageError
from dsqc.model import Access
from dsqc.model import SubmissionState as State
from dsqc.stages._notices import send_notices, write_outbox
from dsqc.stages._relocate import Whose, clear, relocate
from dsqc.station import HELD, Station
from dsqc.version import __version__

SCHEMA_VERSION = "1.0"
ACTOR = f"dsqc release {__version__}"
Result = TypeVar("Result")


@dataclass(slots=True)
class ReleaseRun:
    """What one run of the job did."""

    day: str
    done: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    notices_waiting: int = 0
    notices_sent: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``release_run.schema.json``."""
        return {
            "schema_version": SCHEMA_VERSION,
            "action": "run",
            "day": self.day,
            "done": self.done,
            "failed": self.failed,
            "left": self.left,
            "notices_waiting": self.notices_waiting,
            "notices_sent": self.notices_sent,
        }


def due(station: Station, on: date | None = None, *, actor: Actor | None = None) -> dict[str, Any]:
    """What is due on a day (today's), and everything that is held or closed; ``release_due.schema.json``."""
    day = on or today_of((actor or Actor(ACTOR)).clock)
    with Catalog.open(station) as catalog, catalog.reading() as session:
        items = due_on(session, day, station.release.notice_days)
        return {
            "schema_version": SCHEMA_VERSION,
            "action": "due",
            "day": day.isoformat(),
            "due": [item.to_dict() for item in items],
            "withheld": held_list(session),
        }


def run(station: Station, on: date | None = None, *, actor: Actor | None = None) -> ReleaseRun:
    """Do what is due: settle, release, carry out what two people agreed to, write and send notices.

    A fault of one submission does not keep the others from their day.

    Raises:
        UsageError: ``on`` is a day to come: nothing is released before its own.
        CatalogFault, TransientFault: the catalog cannot be reached.
    """
    actor = actor or Actor(ACTOR)
    today = today_of(actor.clock)
    day = on or today
    if day > today:
        raise UsageError(
            f"{day} is not here yet: nothing is released before its day.", hint="`dsqc release due --on` looks ahead."
        )
    result = ReleaseRun(day.isoformat())
    log = logs.logger(stage="release")
    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            items = due_on(session, day, station.release.notice_days)
        for item in items:
            if item.what in BY_A_PERSON:
                result.left.append(item.to_dict())
                continue
            try:
                if _do(catalog, item, day, actor):
                    result.done.append(item.to_dict())
            except DsqcError as fault:
                log.warning("failed", what=item.what, accession=item.accession, problem=fault.message)
                result.failed.append({**item.to_dict(), "problem": str(fault)})
        _deliver(catalog, result, actor)
    log.info("end", done=len(result.done), failed=len(result.failed))
    return result


def _deliver(catalog: Catalog, result: ReleaseRun, actor: Actor) -> None:
    """Notices into the outbox, and to the mail server where there is one."""
    nothing = {"accession": "", "alias": "", "day": result.day, "days_before": 0, "kind": ""}
    try:
        waiting = write_outbox(catalog)
        result.notices_waiting = len(waiting)
        if catalog.station.notices.smtp and waiting:
            result.notices_sent, refused = send_notices(catalog, clock=actor.clock)
            result.failed += [{"what": "send", **nothing, "problem": text} for text in refused]
            result.notices_waiting = len(write_outbox(catalog))
    except DsqcError as fault:
        result.failed.append({"what": "send", **nothing, "problem": str(fault)})


def _do(catalog: Catalog, item: Due, day: date, actor: Actor) -> bool:
    """Do one thing that is due; whether there was something to do still."""
    station = catalog.station
    if item.what == "notice":
        address = station.notices.station_address
        return catalog.write(
            lambda session: write_notice(session, item, actor=actor.name, station_address=address, clock=actor.clock)
        )
    if item.what == "expired":
        return catalog.write(
            lambda session: proposals.expire(
                session, session.get_one(SubmissionRecord, item.submission_id), actor.clock
            )
        )
    work = {"settle": _settle, "release": _release, "approved": _carry_out, "clear": _clear}[item.what]
    return _under_lease(catalog, item.submission_id, lambda whose: work(catalog, whose, day, actor))


def _under_lease(catalog: Catalog, submission_id: int, work: Callable[[Whose], Result]) -> Result:
    with catalog.reading() as session:
        record = session.get_one(SubmissionRecord, submission_id)
        key = (record.submitter, record.alias)
    with held(catalog, key) as holder:
        return work(Whose(submission_id, key, holder))


def _settle(catalog: Catalog, whose: Whose, _day: date, actor: Actor) -> bool:
    """Bring what was registered before releases were kept to where its forms say, and its bytes with it."""
    with catalog.reading() as session:
        record = session.get_one(SubmissionRecord, whose.id)
        if record.state != State.REGISTERED:
            return False
        is_held = release_day_of_record(session, record).is_held(today_of(actor.clock))
    tier = CLOSED if record.access_level == Access.CLOSED.value else HELD if is_held else OPEN

    def commit(session: Session, record: SubmissionRecord) -> None:
        settle(session, record, actor=actor.name, in_held_tier=tier == HELD, clock=actor.clock)

    relocate(catalog, whose, tier, commit)
    return True


def _release(catalog: Catalog, whose: Whose, day: date, actor: Actor) -> bool:
    with catalog.reading() as session:
        if not _is_due(session, whose.id, day):
            return False

    def commit(session: Session, record: SubmissionRecord) -> None:
        disclosure = disclosure_of(session, record)
        details = {"until": disclosure.until, "from": HELD, "to": OPEN}
        change_state(
            session, record, State.RELEASED, actor=actor.name, reason="its day has come", details=details,
            clock=actor.clock,
        )  # fmt: skip

    relocate(catalog, whose, OPEN, commit)
    return True


def _is_due(session: Session, submission_id: int, day: date) -> bool:
    record = session.get_one(SubmissionRecord, submission_id)
    disclosure = session.get(DisclosureRecord, submission_id)
    until = disclosure.until if disclosure else ""
    return record.state == State.HELD and bool(until) and until <= day.isoformat()


def _carry_out(catalog: Catalog, whose: Whose, _day: date, actor: Actor) -> bool:
    """Release closed data that two people agreed to release."""
    with catalog.reading() as session:
        waiting = proposals.current_proposal(session, whose.id)
        record = session.get_one(SubmissionRecord, whose.id)
        if waiting is None or waiting.state != proposals.APPROVED or record.state != State.CLOSED:
            return False
        number = waiting.id

    def commit(session: Session, record: SubmissionRecord) -> None:
        proposal = session.get_one(ReleaseProposalRecord, number)
        if proposal.state != proposals.APPROVED:
            raise UsageError(f"The release of {record.accession} was revoked.", hint="Nothing was released.")
        proposal.state = proposals.DONE
        record.access_level = Access.OPEN.value
        details = {
            "proposal": proposal.id,
            "proposed_by": proposal.proposed_by,
            "approved_by": proposal.approved_by,
            "from": CLOSED,
            "to": OPEN,
        }
        change_state(
            session, record, State.RELEASED, actor=actor.name, reason=proposal.reason, details=details,
            clock=actor.clock,
        )  # fmt: skip

    relocate(catalog, whose, OPEN, commit)
    return True


def _clear(catalog: Catalog, whose: Whose, _day: date, _actor: Actor) -> bool:
    return clear(catalog, whose)


def extend_hold(station: Station, accession: str, who: Person, until: str = "") -> dict[str, Any]:
    """Hold data back longer, once; the new day. See :func:`dsqc.catalog.access.holds.extend`."""
    years = station.release.extension_years
    with Catalog.open(station) as catalog:
        day = _change(catalog, accession, lambda session, record: extend(session, record, who, years, until))
    return _said("extend", accession, State.HELD, who, until=day)


def release_early(station: Station, accession: str, who: Person) -> dict[str, Any]:
    """Release held data today, because whoever it belongs to asks for it."""

    def work(session: Session, record: SubmissionRecord) -> int:
        if record.state != State.RELEASED:
            hasten(session, record, who)
        return record.id

    with Catalog.open(station) as catalog:
        number = _change(catalog, accession, work)
        day, actor = today_of(who.clock), Actor(who.name, who.clock)
        _under_lease(catalog, number, lambda whose: _release(catalog, whose, day, actor))
    return _said("early", accession, State.RELEASED, who)


def propose_release(station: Station, accession: str, who: Person) -> dict[str, Any]:
    """Propose to release closed data; another person has to agree."""
    days = station.release.proposal_days
    with Catalog.open(station) as catalog:
        made = _change(catalog, accession, lambda session, record: proposals.propose(session, record, who, days))
    return _said("propose", accession, State.CLOSED, who, expires_at=made.expires_at)


def approve_release(station: Station, accession: str, who: Person) -> dict[str, Any]:
    """Agree to a proposal, and carry the release out. Killed in between, ``run`` carries it out."""

    def work(session: Session, record: SubmissionRecord) -> int:
        proposals.approve(session, record, who)
        return record.id

    with Catalog.open(station) as catalog:
        number = _change(catalog, accession, work)
        day, actor = today_of(who.clock), Actor(who.name, who.clock)
        _under_lease(catalog, number, lambda whose: _carry_out(catalog, whose, day, actor))
    return _said("approve", accession, State.RELEASED, who)


def revoke_release(station: Station, accession: str, who: Person) -> dict[str, Any]:
    """Take a proposal back before it is carried out."""
    with Catalog.open(station) as catalog:
        _change(catalog, accession, lambda session, record: proposals.revoke(session, record, who))
    return _said("revoke", accession, State.CLOSED, who)


def _change(catalog: Catalog, accession: str, work: Callable[[Session, SubmissionRecord], Result]) -> Result:
    """Do ``work`` under the lease of a registered submission: not while its bytes move."""
    with catalog.reading() as session:
        number = find_registered(session, accession).id

    def checked(session: Session, whose: Whose) -> Result:
        check_held(session, whose.key, whose.holder)
        return work(session, find_registered(session, accession))

    return _under_lease(catalog, number, lambda whose: catalog.write(lambda session: checked(session, whose)))


def close_data(station: Station, accession: str, why: Withholding, who: Person) -> dict[str, Any]:
    """Close what is released or held: encrypted into the closed tier, and gone from the other when that is proven.

    Returns:
        ``cleared`` is false where bytes are left in the old tier, because somebody was about to use them;
        ``run`` takes them away.

    Raises:
        UsageError: it is neither released nor held, or the reason, its approval or the day of review is wrong.
        StorageFault: the closed copy could not be proven: nothing was taken away.
    """
    check_withholding(why, today_of(who.clock))

    def commit(session: Session, record: SubmissionRecord) -> None:
        set_withholding(session, record, why)
        record.access_level = Access.CLOSED.value
        details = {"reason": why.reason, "review_date": why.review_date, "to": CLOSED}
        change_state(session, record, State.CLOSED, actor=who.name, reason=who.reason, details=details, clock=who.clock)

    def work(whose: Whose) -> bool:
        with catalog.reading() as session:
            state = find_registered(session, accession).state
        # Closed by whoever was first, or by a command that was killed then: what is left to do is the same.
        return clear(catalog, whose) if state == State.CLOSED else relocate(catalog, whose, CLOSED, commit)

    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            number = find_registered(session, accession).id
        cleared = _under_lease(catalog, number, work)
    return _said("close", accession, State.CLOSED, who, cleared=cleared)


def mark_sent(station: Station, numbers: Sequence[int], *, actor: Actor | None = None) -> dict[str, Any]:
    """Note that notices of the outbox were sent by other means; all of them where no number is given."""
    clock = (actor or Actor(ACTOR)).clock
    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            waiting = [notice["id"] for notice in unsent(session)]
        wanted = list(numbers) or waiting
        unknown = sorted(set(wanted) - set(waiting))
        if unknown:
            listed = ", ".join(map(str, unknown))
            raise UsageError(f"No unsent notice has the number {listed}.", hint="They stand in the outbox.")
        for number in wanted:
            catalog.write(lambda session: note_sent(session, number, clock))  # noqa: B023  called at once
        left = len(write_outbox(catalog))
    return {"schema_version": SCHEMA_VERSION, "action": "sent", "sent": wanted, "left": left}


def _said(action: str, accession: str, state: State, who: Person, **more: Any) -> dict[str, Any]:
    """The shape of ``release_change.schema.json``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "action": action,
        "accession": accession,
        "state": state.value,
        "by": who.name,
        **more,
    }


def find_registered(session: Session, name: str) -> SubmissionRecord:
    """The registered submission with this accession.

    Raises:
        UsageError: there is none.
    """
    states = [state.value for state in REGISTERED]
    query = select(SubmissionRecord).where(SubmissionRecord.accession == name, SubmissionRecord.state.in_(states))
    record = session.scalars(query).first()
    if record is None:
        raise UsageError(
            f"No registered submission has the accession {name}.",
            hint="Releases are of whole submissions; `dsqc catalog show` names the one of a run.",
        )
    return record
