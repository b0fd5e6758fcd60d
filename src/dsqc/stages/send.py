"""send: a submission from the submitter's desk into the station's inbox, every byte proven there."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsqc import logs
from dsqc.crypt4gh import PublicKey
from dsqc.errors import DsqcError, UsageError
from dsqc.findings import FindingLog, finding
from dsqc.language import Text
from dsqc.listing import RECEIPT, RESULTS, Digests
from dsqc.progress import Estimate, Gauge, InTurns
from dsqc.sending import (
    PARALLEL,
    PART_BYTES,
    Destination,
    Grant,
    Journal,
    Line,
    Outcome,
    Plan,
    Progress,
    SentRecord,
    open_destination,
    plan_sending,
    require_recipient,
    send_planned,
    state_directory,
)
from dsqc.station import S3Options

TAKEN = Text("a name and size that the inbox takes", "수신함이 받는 이름과 크기")


@dataclass(frozen=True, slots=True)
class SendResult:
    """What a sending came to: ``record`` is what ``--json`` prints; ``fault`` is what stopped it, if anything did.

    With ``check``: ``fault`` is what would keep it from beginning.
    """

    record: dict[str, Any]
    log: FindingLog
    fault: DsqcError | None


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How to send.

    Attributes:
        line: limits of the line, and the sign to stop.
        parallel: requests at once.
        part_bytes: size of the parts of large files, where a grant does not settle it.
        anyway: send what can be sent although something is missing or wrong; the station is not told that it is all.
        check: look, send nothing.
        state: where to remember what was done; ``None`` for the user's state directory.
        recipient: whom data of a closed submission is encrypted to; ``None`` for the key in the grant, if it has one.
    """

    line: Line
    parallel: int = PARALLEL
    part_bytes: int = PART_BYTES
    anyway: bool = False
    check: bool = False
    state: Path | None = None
    recipient: PublicKey | None = None


def send(
    submission: Path,
    to: str | Grant,
    options: SendOptions,
    *,
    s3: S3Options | None = None,
    progress: Progress | None = None,
) -> SendResult:
    """Send the forms of a submission and every file they list; last of all the list of what was sent.

    May be killed at any moment and called again, also on another host: only unfinished parts travel again. Data of a
    closed submission is encrypted to the station's key while it is read, and stands there as ``NAME.c4gh``; on another
    host its unfinished files are begun anew. Without a key nothing of it goes: the result's fault says so.

    Args:
        submission: its directory, or its workbook.
        to: a directory, an ``s3://bucket/prefix`` URL, or a grant.

    Raises:
        UsageError: there is no submission, the destination is named wrongly, or grant and option name two keys.
        TransientFault: the same submission is being sent already.
        SystemFault: the submission or the state directory cannot be used.
    """
    plan = plan_sending(submission)
    recipient = _recipient(to, options)
    log = logs.logger(submission=plan.directory.resolve().name)
    destination = open_destination(to, options.line, s3=s3, part_bytes=options.part_bytes)
    if destination.url == str(plan.directory.resolve()):
        raise UsageError(
            f"{plan.directory} is submission and inbox at once.", hint="Give the inbox a place of its own."
        )
    there: frozenset[str] = frozenset()
    plan = _without_refused_receipt(plan, destination)
    try:
        refused = _refusal(plan, recipient)
        if refused is None:
            _name_refused(plan, destination)
        if options.check and refused is None:
            outcome = _unsent(plan)
            there = _survey(plan, destination, outcome)
        elif refused or options.check or (plan.log.has_errors and not options.anyway):
            outcome = _unsent(plan, refused)
        else:
            log.info("send begins", destination=destination.url, files=len(plan.travelling))
            outcome = _send(plan, destination, options, progress or Progress(), recipient)
    finally:
        destination.close()
    states = [item.state for item in outcome.files]
    if not options.check:
        counts = {state: states.count(state) for state in sorted(set(states))}
        log.info("send ends", complete=outcome.complete, **counts)
    return SendResult(_to_dict(plan, destination, outcome, there), outcome.log, outcome.fault)


def _recipient(to: str | Grant, options: SendOptions) -> PublicKey | None:
    granted = to.station_public_key if isinstance(to, Grant) else None
    if granted and options.recipient and granted != options.recipient:
        raise UsageError(
            f"The grant names the key {granted.fingerprint}, and --recipient is {options.recipient.fingerprint}.",
            hint="Leave --recipient out; or ask the station which of its keys is right.",
        )
    return options.recipient or granted


def _refusal(plan: Plan, recipient: PublicKey | None) -> UsageError | None:
    try:
        require_recipient(plan, recipient)
    except UsageError as refused:
        return refused
    return None


def _without_refused_receipt(plan: Plan, destination: Destination) -> Plan:
    """A receipt is a help: an inbox that does not take it (a grant names its files) gets the submission without."""
    own = [item for item in plan.travelling if item.name in (RECEIPT, RESULTS)]
    if any(destination.refusal(item.far_name, item.far_bytes) for item in own):
        return replace(plan, items=tuple(item for item in plan.items if item not in own))
    return plan


def _name_refused(plan: Plan, destination: Destination) -> None:
    """What the inbox does not take, as findings: a grant for other files must not get half of this submission."""
    for item in plan.travelling:
        reason = destination.refusal(item.far_name, item.far_bytes)
        if reason:
            plan.log.add(
                finding(
                    "DSQC-F019",
                    item.place,
                    object_id=item.name,
                    value=reason,
                    expected=TAKEN.en,
                    expected_ko=TAKEN.ko,
                )
            )


def _survey(plan: Plan, destination: Destination, outcome: Outcome) -> frozenset[str]:
    """Names that stand there already; what is wrong with the destination becomes the outcome's fault."""
    try:
        return destination.survey({item.far_name: item.far_bytes for item in plan.travelling})
    except DsqcError as fault:
        outcome.fault = fault
        return frozenset()


def _send(
    plan: Plan, destination: Destination, options: SendOptions, progress: Progress, recipient: PublicKey | None
) -> Outcome:
    gauge = Gauge(progress.estimate)
    told = InTurns([gauge, progress, _Estimating(progress, options.line.pacer.rate)])
    state, reason = "interrupted", ""
    try:
        with Journal(options.state or state_directory(), destination.url, plan.directory).locked() as journal:
            outcome = send_planned(plan, destination, journal, told, options.parallel, recipient=recipient)
        state = "done" if outcome.complete else "findings"
        if outcome.fault is not None:
            state, reason = "failed", outcome.fault.message
        return outcome
    except DsqcError as fault:
        state, reason = "failed", fault.message
        raise
    finally:
        progress.end(gauge.ending(state, reason))


class _Estimating(Progress):
    """Says after the plan how long it takes at the limit; without one, only what is measured tells."""

    def __init__(self, progress: Progress, rate: float) -> None:
        self._progress = progress
        self._rate = rate

    def plan(self, files: int, size_bytes: int) -> None:
        """The first estimate."""
        self._progress.estimate(Estimate(files, size_bytes, self._rate, "limit" if self._rate else "unknown"))


def _unsent(plan: Plan, fault: DsqcError | None = None) -> Outcome:
    files = [SentRecord(item.name, item.kind, item.state or "waiting") for item in plan.items]
    return Outcome(files, plan.log, fault=fault)


def _to_dict(plan: Plan, destination: Destination, outcome: Outcome, there: frozenset[str]) -> dict[str, Any]:
    sizes = {item.name: item.file.size_bytes for item in plan.travelling if item.file}
    travelled: list[Digests] = [
        item.encrypted.digests if item.encrypted else item.digests
        for item in outcome.files
        if item.digests and item.state == "sent"
    ]
    standing = [item.far_bytes for item in plan.travelling if item.far_name in there]
    return {
        "schema_version": "1.0",
        "submission": plan.directory.resolve().name,
        "destination": destination.url,
        "complete": outcome.complete,
        "files": [item.to_dict() | _size(item, sizes) for item in outcome.files],
        "planned_bytes": sum(item.far_bytes for item in plan.travelling) - sum(standing),
        "there_files": len(standing),
        "there_bytes": sum(standing),
        "sent_bytes": sum(item.size_bytes for item in travelled),
        "in_the_clear": outcome.in_the_clear,
        "fault": outcome.fault.message if outcome.fault else "",
        "fix": outcome.fault.hint if outcome.fault else "",
        "findings": outcome.log.to_list(),
        "finding_counts": outcome.log.counts(),
        "groups": outcome.log.groups_to_list(),
    }


def _size(item: SentRecord, sizes: dict[str, int]) -> dict[str, int]:
    """The size of a file that was looked at and not read."""
    return {"size_bytes": sizes[item.name]} if item.digests is None and item.name in sizes else {}
