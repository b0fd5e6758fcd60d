"""send: a submission from the submitter's desk into the station's inbox, every byte proven there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc import logs
from dsqc.crypt4gh import PublicKey
from dsqc.errors import DsqcError, UsageError
from dsqc.findings import FindingLog
from dsqc.listing import Digests
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


@dataclass(frozen=True, slots=True)
class SendResult:
    """What a sending came to: ``record`` is what ``--json`` prints; ``fault`` is what stopped it, if anything did."""

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
    try:
        refused = _refusal(plan, recipient)
        if refused or options.check or (plan.log.has_errors and not options.anyway):
            outcome = _unsent(plan, refused)
        else:
            log.info("send begins", destination=destination.url, files=len(plan.travelling))
            outcome = _send(plan, destination, options, progress, recipient)
    finally:
        destination.close()
    states = [item.state for item in outcome.files]
    log.info("send ends", complete=outcome.complete, **{state: states.count(state) for state in sorted(set(states))})
    return SendResult(_to_dict(plan, destination, outcome), outcome.log, outcome.fault)


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


def _send(
    plan: Plan,
    destination: Destination,
    options: SendOptions,
    progress: Progress | None,
    recipient: PublicKey | None,
) -> Outcome:
    with Journal(options.state or state_directory(), destination.url, plan.directory).locked() as journal:
        return send_planned(plan, destination, journal, progress, options.parallel, recipient=recipient)


def _unsent(plan: Plan, fault: DsqcError | None) -> Outcome:
    files = [SentRecord(item.name, item.kind, item.state or "waiting") for item in plan.items]
    return Outcome(files, plan.log, fault=fault)


def _to_dict(plan: Plan, destination: Destination, outcome: Outcome) -> dict[str, Any]:
    travelled: list[Digests] = [
        item.encrypted.digests if item.encrypted else item.digests
        for item in outcome.files
        if item.digests and item.state == "sent"
    ]
    return {
        "schema_version": "1.0",
        "submission": plan.directory.resolve().name,
        "destination": destination.url,
        "complete": outcome.complete,
        "files": [item.to_dict() for item in outcome.files],
        "planned_bytes": sum(item.far_bytes for item in plan.travelling),
        "sent_bytes": sum(item.size_bytes for item in travelled),
        "in_the_clear": outcome.in_the_clear,
        "fault": outcome.fault.message if outcome.fault else "",
        "fix": outcome.fault.hint if outcome.fault else "",
        "findings": outcome.log.to_list(),
        "finding_counts": outcome.log.counts(),
        "groups": outcome.log.groups_to_list(),
    }
