"""curate: a curator sees what waits, looks at one submission, and decides with a reason that stays in the history."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc.artefact import write_json
from dsqc.catalog.curating import Ruling, waiting
from dsqc.catalog.curating import decide as record_decision
from dsqc.catalog.database import Catalog
from dsqc.catalog.leases import held
from dsqc.catalog.registering import Actor, Outcome, receive
from dsqc.catalog.states import REGISTERED
from dsqc.errors import UsageError
from dsqc.model import SubmissionState
from dsqc.stages.register import read_intake, write_receipt
from dsqc.stages.validate import PROFILE_PAGE as PAGE
from dsqc.station import Station
from dsqc.version import __version__

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class CurateResult:
    """What ``decide`` did: the decision as written to ``decision.json``, and the state it led to."""

    decision: dict[str, Any]
    path: Path
    state: SubmissionState


def queue(station: Station) -> dict[str, Any]:
    """What waits for a curator, in the shape of ``catalog_queue.schema.json``."""
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return {"schema_version": SCHEMA_VERSION, "submissions": waiting(session)}


def show(results: Path) -> dict[str, Any]:
    """What a curator judges by: the verdict with its reasons, the forms' objects, and each run's metrics and pages.

    Raises:
        SystemFault: the results are not those that were judged.
    """
    intake = read_intake(results)
    return {
        "schema_version": SCHEMA_VERSION,
        "submission": intake.name,
        "submission_alias": intake.alias,
        "form": dict(intake.form),
        "verdict": intake.verdict.value,
        "verdict_sha256": intake.verdict_sha256,
        "reasons": [dict(reason) for reason in intake.reasons],
        "profile": PAGE if (results / PAGE).is_file() else None,
        "object_counts": {name: len(sheet.rows) for name, sheet in intake.submission.sheets.items()},
        "findings": [
            {"place": item.place, "code": item.code, "severity": item.severity, "count": item.count}
            for item in intake.findings
        ],
        "runs": [
            {
                "run_key": key,
                "state": run["state"],
                "metrics": run["metrics"],
                "pages": [f"runs/{key}/{item['html_file']}" for item in run["files"] if item.get("html_file")],
            }
            for key, run in intake.runs.items()
        ],
    }


def decide(results: Path, station: Station, ruling: Ruling, *, actor: Actor | None = None) -> CurateResult:
    """Record a curator's decision about the verdict in ``results`` and write ``decision.json``.

    The catalog keeps the decision with its time; the file says the same without it. What is returned or rejected gets
    its receipt at once; what is approved is registered by the next ``dsqc register``.

    Args:
        results: the submission's results.
        station: whose catalog.
        ruling: who decides what, and why; ``verdict_sha256`` may be empty and is taken from ``results``.
        actor: by which clock; for tests.

    Raises:
        UsageError: no reason or name is given, or the submission does not wait for a decision about this verdict.
        SystemFault: the results are not those that were judged.
    """
    if not ruling.reason.strip() or not ruling.by.strip():
        raise UsageError("A decision needs a name and a reason.", hint="Give --by NAME and --reason TEXT.")
    intake = read_intake(results)
    signed = Ruling(ruling.decision, ruling.by.strip(), ruling.reason.strip(), intake.verdict_sha256)
    who = actor or Actor(signed.by)
    with Catalog.open(station) as catalog, held(catalog, intake.key):

        def work(session: Any) -> Outcome:
            record = record_decision(session, intake.key, signed, who)
            if record.state not in REGISTERED:
                return Outcome(record.id, SubmissionState(record.state))
            # A correction: where the submission stands with it is what registering would say.
            return receive(session, intake, station.prefixes, who)

        outcome = catalog.write(work)
        document = {
            "schema_version": SCHEMA_VERSION,
            "dsqc_version": __version__,
            "submission": intake.name,
            "decision": signed.decision.value,
            "by": signed.by,
            "reason": signed.reason,
            "verdict_sha256": signed.verdict_sha256,
        }
        path = results / "decision.json"
        write_json(path, document)
        if outcome.state is not SubmissionState.IN_CURATION and not outcome.fit:
            write_receipt(catalog, intake, results, outcome)
    return CurateResult(document, path, outcome.state)
