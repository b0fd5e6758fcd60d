"""curate: a curator sees what waits and why, looks at one, and decides for reasons that stay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dsqc.artefact import write_json
from dsqc.catalog.curating import Decision, Ruling
from dsqc.catalog.curation import agreement as agreeing
from dsqc.catalog.curation.cases import Places, case_of, check_curator, enter, find
from dsqc.catalog.curation.cases import assign as assign_case
from dsqc.catalog.curation.content import mask_of
from dsqc.catalog.curation.opinions import Given, Progress, ask_second, give
from dsqc.catalog.curation.priorities import priorities
from dsqc.catalog.curation.queue import waiting
from dsqc.catalog.curation.reasons import kinds, read_reasons, version
from dsqc.catalog.database import Catalog
from dsqc.catalog.events import now, timestamp
from dsqc.catalog.intake import Intake
from dsqc.catalog.leases import held
from dsqc.catalog.models import CurationCaseRecord, SubmissionRecord
from dsqc.catalog.registering import Actor, Outcome, find_submission, receive
from dsqc.catalog.versions.pending import decide_version, pending_of
from dsqc.errors import SystemFault, UsageError
from dsqc.model import SubmissionState
from dsqc.personal import Personal, identifiers
from dsqc.stages.curate_show import SCHEMA_VERSION, show
from dsqc.stages.register import read_intake, write_receipt
from dsqc.station import Station
from dsqc.version import __version__

DECISION = "decision.json"


@dataclass(frozen=True, slots=True)
class CurateResult:
    """What ``decide`` did.

    Attributes:
        decision: the decision as written to ``decision.json``; while opinions are missing or differ, one's own opinion.
        path: where it was written; ``None`` while it is no decision.
        state: the state it led to.
        progress: whether it is decided, waits for a second opinion, or two differ.
    """

    decision: dict[str, Any]
    path: Path | None
    state: SubmissionState
    progress: Progress = Progress.DECIDED


def queue(
    station: Station,
    *,
    mine: str = "",
    unassigned: bool = False,
    field: str = "",
    at: datetime | None = None,
) -> dict[str, Any]:
    """What waits for a curator, first what needs a person most, in the shape of ``catalog_queue.schema.json``.

    Args:
        mine: only what is assigned to this curator, or asks them for a second or third opinion.
        unassigned: only what nobody works on.
        field: only this research field.
        at: now; for tests.
    """
    with Catalog.open(station) as catalog, catalog.reading() as session:
        rows = waiting(session, at or now())
    kept = [
        {**row, "position": number}
        for number, row in enumerate(rows, start=1)
        if (not mine or mine in _asked(row))
        and (not unassigned or not row["assigned_to"])
        and (not field or row["research_field"] == field)
    ]
    versions = {"priorities": priorities().version, "reasons": version()}
    return {"schema_version": SCHEMA_VERSION, "versions": versions, "waiting": len(rows), "submissions": kept}


def _asked(row: dict[str, Any]) -> set[str]:
    """Who is asked for something about a row of the queue."""
    second = row["second"] or {"to": "", "third_to": "", "given": []}
    asked = {row["assigned_to"], second["to"], second["third_to"]}
    return asked - (set(second["given"]) if row["progress"] != Progress.DISAGREED else set())


def reason_list() -> dict[str, Any]:
    """The reasons that decisions may name, in the shape of ``curation_reasons.schema.json``."""
    return {
        "schema_version": "1.0",
        "version": version(),
        "reasons": [
            {
                "code": item.code,
                "scope": item.scope,
                "decisions": list(item.decisions),
                "label": item.label.en,
                "label_ko": item.label.ko,
                "advice": item.advice.en,
                "advice_ko": item.advice.ko,
            }
            for item in kinds().values()
        ],
    }


def results_of(name: str, station: Station | None) -> Path:
    """Where the results stand of what a curator calls ``name``: a directory, or a submission of the catalog.

    Raises:
        UsageError: there is no such directory or submission, or no station to ask.
        SystemFault: the results are not where they were when the submission came into the queue.
    """
    if (Path(name) / "verdict.json").is_file():
        return Path(name)
    if station is None:
        raise UsageError(f"{name} does not exist.", hint="Give results/<submission>, or name the station (--station).")
    with Catalog.open(station) as catalog, catalog.reading() as session:
        record = find(session, name)
        case = case_of(session, record)
        results = Path(case.results) if case else None
    if results is None or not (results / "verdict.json").is_file():
        where = f" in {results}" if results else ""
        raise SystemFault(
            f"The results of {name} do not stand{where} any more.",
            hint="Give results/<submission> where they stand now, or run its stages again.",
        )
    return results


def decide(
    results: Path,
    station: Station,
    ruling: Ruling,
    *,
    reasons: Sequence[str] = (),
    actor: Actor | None = None,
) -> CurateResult:
    """Give an opinion about the verdict in ``results``; where that makes a decision, write ``decision.json``.

    The catalog keeps the decision with its time; the file says the same without it. What is returned or rejected gets
    its receipt at once; what is approved is registered by the next ``dsqc register``.

    Args:
        results: the submission's results.
        station: whose catalog.
        ruling: who decides what, and why; ``verdict_sha256`` may be empty and is taken from ``results``.
        reasons: ``CODE[:ATTRIBUTE[@OBJECT]]`` each, beside those of ``ruling``.
        actor: by which clock; for tests.

    Raises:
        UsageError: no reason or name is given, a reason is not of the list, the submission does not wait for a decision
            about this verdict, or somebody else decides it.
        SystemFault: the results are not those that were judged.
    """
    text, name = ruling.reason.strip(), ruling.by.strip()
    if not name or not (text or reasons or ruling.reasons):
        raise UsageError(
            "A decision needs a name and a reason.", hint="Give --by NAME, and --reason CODE or --text TEXT."
        )
    intake = read_intake(results)
    if ruling.verdict_sha256 and ruling.verdict_sha256 != intake.verdict_sha256:
        raise UsageError(
            f"The verdict in {results} is not the one that was looked at.",
            hint="The submission was judged again: look at it again with `dsqc curate show`.",
        )
    _check_text(text)
    listed = [*ruling.reasons, *read_reasons(reasons, intake.submission, ruling.decision.value, text)]
    show_safe = mask_of(intake)
    masked = tuple(replace(item, value=show_safe(item.value)) for item in listed)
    signed = Ruling(ruling.decision, name, show_safe(text), intake.verdict_sha256, masked)
    who = actor or Actor(name)
    with Catalog.open(station) as catalog, held(catalog, intake.key):

        def work(session: Any) -> tuple[Given, Outcome]:
            decided = _decide_correction(session, intake, signed, station, who)
            if decided is not None:
                return decided
            record = _record(session, intake)
            case = enter(session, record, intake, Places(results), rules=station.curation, actor=who)
            given = give(session, record, case, signed, rules=station.curation, actor=who)
            return given, Outcome(record.id, SubmissionState(record.state))

        given, outcome = catalog.write(work)
        if given.ruling is None:
            return CurateResult(_document(intake, signed), None, outcome.state, given.progress)
        document, path = _document(intake, given.ruling), results / DECISION
        write_json(path, document)
        if outcome.state is not SubmissionState.IN_CURATION and not outcome.fit:
            write_receipt(catalog, intake, results, outcome)
    return CurateResult(document, path, outcome.state, given.progress)


def _decide_correction(
    session: Any, intake: Intake, ruling: Ruling, station: Station, actor: Actor
) -> tuple[Given, Outcome] | None:
    """Decide about a correction of what is registered, where one waits with this verdict; one curator is enough.

    Where the submission stands with it is what registering would say.
    """
    record = find_submission(session, intake.key)
    pending = pending_of(session, record, ruling.verdict_sha256)
    if record is None or pending is None:
        return None
    listed = "; ".join(item.code for item in ruling.reasons)
    words = {"decision": ruling.decision.value, "by": ruling.by, "reason": ruling.reason or listed}
    decide_version(session, record, pending, **words, actor=actor)
    return Given(Progress.DECIDED, ruling), receive(session, intake, station.prefixes, actor)


def _check_text(text: str) -> None:
    """Keep resident registration numbers out of what the submitter reads and the history keeps for ever.

    Raises:
        UsageError: there is one.
    """
    for seen in identifiers(text):
        if seen.kind is Personal.RESIDENT_NUMBER and seen.sure:
            raise UsageError(
                f"The text holds a resident registration number ({seen.masked}); the history keeps it for ever.",
                hint="Say where it stands instead: --reason personal_data:ATTRIBUTE@OBJECT.",
            )


def _record(session: Any, intake: Intake) -> SubmissionRecord:
    """The submission of ``intake``, where the catalog knows this verdict of it.

    Raises:
        UsageError: it does not.
    """
    record = find_submission(session, intake.key)
    if record is None:
        raise UsageError(
            f"The catalog does not know this verdict of submission {intake.alias}.",
            hint="Run `dsqc register` first: it puts a submission under review into the queue.",
        )
    if record.verdict_sha256 != intake.verdict_sha256:
        raise UsageError(
            f"The catalog does not know this verdict of submission {intake.alias}: it has another one.",
            hint="One of the two is out of date. Run `dsqc register` on the newest results, then look at them again.",
        )
    return record


def _document(intake: Intake, ruling: Ruling) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "dsqc_version": __version__,
        "submission": intake.name,
        "decision": ruling.decision.value,
        "by": ruling.by,
        "reason": ruling.reason,
        "reasons": [reason.to_dict() for reason in ruling.reasons],
        "reason_list": version(),
        "verdict_sha256": ruling.verdict_sha256,
    }


def assign(station: Station, name: str, to: str, *, actor: Actor) -> dict[str, Any]:
    """Give what waits to a curator, or with an empty ``to`` back to everybody.

    Raises:
        UsageError: ``name`` does not wait, or ``to`` is no curator.
    """

    def work(session: Any, record: SubmissionRecord, case: CurationCaseRecord) -> None:
        assign_case(session, record, case, to, rules=station.curation, actor=actor)

    return _change(station, name, work, actor)


def second(station: Station, name: str, to: str, *, actor: Actor) -> dict[str, Any]:
    """Ask a curator for a second opinion, or a third where two differ.

    Raises:
        UsageError: ``name`` does not wait, or ``to`` has given an opinion already or is no curator.
    """

    def work(session: Any, record: SubmissionRecord, case: CurationCaseRecord) -> None:
        ask_second(session, record, case, to, rules=station.curation, actor=actor)

    return _change(station, name, work, actor)


def _change(station: Station, name: str, work: Any, actor: Actor) -> dict[str, Any]:
    """Change something of a case that waits; ``name`` as in :func:`results_of`. In the shape of ``curation_case``."""
    check_curator(actor.name, station.curation)
    intake = read_intake(Path(name)) if (Path(name) / "verdict.json").is_file() else None
    with Catalog.open(station) as catalog:

        def change(session: Any) -> dict[str, Any]:
            record = _record(session, intake) if intake else find(session, name)
            case = case_of(session, record)
            if case is None and intake is not None:
                case = enter(session, record, intake, Places(Path(name)), rules=station.curation, actor=actor)
            if case is None:
                raise UsageError(
                    f"Submission {record.alias} does not wait for a curator ({record.state}).",
                    hint="`dsqc curate queue` lists what waits; `dsqc register` puts it there.",
                )
            work(session, record, case)
            return {
                "schema_version": "1.0",
                "submission": record.alias,
                "version": case.version,
                "assigned_to": case.assigned_to,
                "assigned_until": case.assigned_until,
                "second_to": case.second_to,
                "third_to": case.third_to,
            }

        return catalog.write(change)


def agreement(station: Station, since: datetime | None = None) -> dict[str, Any]:
    """How far curators agree where two decided blind, in the shape of ``curation_agreement.schema.json``."""
    start = timestamp(since) if since else ""
    with Catalog.open(station) as catalog, catalog.reading() as session:
        cases = agreeing.blind_cases(session, start)
    return {"schema_version": "1.0", "since": start or None, **agreeing.figures(cases)}


__all__ = [
    "CurateResult",
    "Decision",
    "agreement",
    "assign",
    "decide",
    "queue",
    "reason_list",
    "results_of",
    "second",
    "show",
]
