"""Registering several submissions, each for itself; and the rehearsal that says what would become of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from dsqc.catalog.database import Catalog
from dsqc.catalog.intake import Intake
from dsqc.catalog.known import known_content
from dsqc.catalog.models import PendingVersionRecord, SubmissionRecord
from dsqc.catalog.outcomes import Actor, Outcome
from dsqc.catalog.receipts import RECEIPT_STATES, receipt
from dsqc.catalog.registering import receive
from dsqc.errors import DsqcError, ExitCode
from dsqc.stages._register_closed import CLOSED, check_tiers, check_waiting
from dsqc.stages.register import ACTOR, names_to_store, put_item, read_intake, register, tier_for
from dsqc.station import Station

SCHEMA_VERSION = "1.0"
DONE = ("registered", "corrected", "unchanged", "in_curation")
"""What may become of a submission without anybody having to correct it."""


@dataclass(frozen=True, slots=True)
class RegisterManyResult:
    """What became of each submission, in the shape of ``register.schema.json``."""

    document: dict[str, Any]

    @property
    def exit_code(self) -> ExitCode:
        """1 where a fault stopped one of them, 3 where one was not taken, else 0."""
        outcomes = {row["outcome"] for row in self.document["submissions"]}
        if "fault" in outcomes:
            return ExitCode.FAULT
        return ExitCode.DONE if outcomes <= set(DONE) else ExitCode.FINDINGS


def register_many(
    places: Iterable[tuple[Path, Path]], station: Station, *, dry_run: bool = False, replace_files: bool = False
) -> RegisterManyResult:
    """Register submissions one after the other; what happens to one does not touch the others.

    Args:
        places: results and inbox of each.
        station: where to.
        dry_run: only say what would be done. Nothing is written: no object, no row, no receipt. Each is rehearsed for
            itself, so what one would leave for the next is not known.
        replace_files: as in :func:`dsqc.stages.register.register`.
    """
    rows = [_one(results, inbox, station, dry_run=dry_run, replace_files=replace_files) for results, inbox in places]
    counts = Counter(row["outcome"] for row in rows)
    document = {
        "schema_version": SCHEMA_VERSION,
        "dry_run": dry_run,
        "submissions": rows,
        "counts": dict(sorted(counts.items())),
    }
    return RegisterManyResult(document)


def _one(results: Path, inbox: Path, station: Station, *, dry_run: bool, replace_files: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"results": str(results), "submission": results.name, "fault": None, "accession": None}
    row |= {"version": None, "changes": [], "objects": {}, "files_to_store": [], "reasons": []}
    try:
        if dry_run:
            return row | rehearse(results, inbox, station, replace_files=replace_files)
        result = register(results, inbox, station, replace_files=replace_files)
    except DsqcError as error:
        fault = {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
        return row | {"outcome": "fault", "fault": fault}
    done = result.outcome.done or ("unchanged" if result.registered else result.receipt["state"])
    return row | _said(result.receipt, result.outcome) | {"outcome": done}


def rehearse(results: Path, inbox: Path, station: Station, *, replace_files: bool = False) -> dict[str, Any]:
    """What registering ``results`` would do, found out by doing it inside a transaction that is taken back.

    Raises:
        SystemFault: as registering would: something that the verdict covers has changed, or a file is missing.
    """
    intake = read_intake(results)
    with Catalog.open(station) as catalog:
        said, outcome = catalog.rehearse(lambda session: _rehearsed(session, intake, station, replace_files))
        if outcome.fit:
            said["files_to_store"] = sorted(names_to_store(intake, outcome))
            _check_inbox(intake, inbox, station, said["files_to_store"])
    return said


def _rehearsed(
    session: Session, intake: Intake, station: Station, replace_files: bool
) -> tuple[dict[str, Any], Outcome]:
    outcome = receive(session, intake, station.prefixes, Actor(ACTOR), replace_files=replace_files)
    said = _said(receipt(session, intake.name, outcome), outcome)
    if not outcome.fit:
        done = "unchanged" if said["accession"] else _state(session, outcome)
        return {**said, "outcome": done}, outcome
    reasons = [*intake.reasons, *known_content(session, intake)]
    if outcome.correction is not None:
        record = session.get_one(SubmissionRecord, outcome.submission_id)
        given = {"accession": record.accession, "version": outcome.correction.version, "outcome": "corrected"}
        return {**said, **given, "reasons": _short(reasons)}, outcome
    sheets = {name: len(intake.submission.rows(name)) for name in ("sample", "experiment", "run", "file")}
    return {**said, "outcome": "registered", "objects": sheets, "reasons": _short(reasons)}, outcome


def _state(session: Session, outcome: Outcome) -> str:
    if session.get(PendingVersionRecord, outcome.submission_id) is not None and outcome.waits:
        return "in_curation"
    state = RECEIPT_STATES.get(outcome.state, "returned")
    return "returned" if state == "registered" else state


def _said(given: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    """What a row takes out of a receipt."""
    correction = outcome.correction
    return {
        "submission": given["submission"],
        "accession": given["accessions"]["submission"],
        "version": given["version"]["number"] if "version" in given else None,
        "changes": correction.to_list() if correction else [],
        "reasons": _short(given["reasons"]),
    }


def _short(reasons: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = ("code", "severity", "object", "object_id", "message", "message_ko", "fix", "fix_ko")
    return [{name: reason[name] for name in names} for reason in reasons]


def _check_inbox(intake: Intake, inbox: Path, station: Station, names: Iterable[str]) -> None:
    """That every file that would be stored is there."""
    check_tiers(station)
    for name in names:
        if tier_for(intake) == CLOSED:
            check_waiting(intake, inbox, name)
        else:
            put_item(name, intake, inbox)
