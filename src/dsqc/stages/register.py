"""register: what a verdict covers goes into the store and the catalog, and a receipt comes back.

The order makes a crash harmless: every byte is stored and proven first, then one transaction makes the submission
visible with its accessions, then manifest and receipt are written out of the catalog. Whatever died in between, the
same command ends as it would have.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc import logs
from dsqc.artefact import read_json, read_json_lines, sha256_of, write_json
from dsqc.catalog.curation.cases import Places, enter, hold_unanswered
from dsqc.catalog.database import Catalog
from dsqc.catalog.encryption import keep_headers
from dsqc.catalog.events import now
from dsqc.catalog.intake import NO_VERSIONS, EncryptedFile, FindingCount, Intake, IntakeFile, Stored
from dsqc.catalog.leases import LEASE_SECONDS, check_held, held
from dsqc.catalog.models import SubmissionRecord
from dsqc.catalog.receipts import manifest, receipt
from dsqc.catalog.registering import Actor, Outcome, receive
from dsqc.catalog.registering import register as register_rows
from dsqc.catalog.states import REGISTERED
from dsqc.errors import SystemFault
from dsqc.model import Submission, SubmissionState, Verdict
from dsqc.stages._register_closed import CLOSED, check_tiers, store_closed
from dsqc.station import Station
from dsqc.storage import PutItem, StoredCopy, open_place
from dsqc.version import __version__

ACTOR = f"dsqc register {__version__}"
FORMS = "forms"
"""Place of the findings about forms and transfer, beside the runs' keys."""


@dataclass(frozen=True, slots=True)
class RegisterResult:
    """What ``register`` did: the receipt, and where it stands."""

    receipt: dict[str, Any]
    path: Path

    @property
    def registered(self) -> bool:
        """Whether the submission is in the catalog with accessions."""
        return bool(self.receipt["registered"])


def register(
    results: Path, inbox: Path, station: Station, *, actor: Actor | None = None, lease_seconds: float = LEASE_SECONDS
) -> RegisterResult:
    """Register the submission whose results stand in ``results``, or say why not. May be run any number of times.

    Args:
        results: the submission's results; ``verdict.json`` and everything it covers.
        inbox: its files as they were transferred.
        station: where to.
        actor: who works and by which clock; for tests.
        lease_seconds: how long the submission stays ours without a sign of life.

    Returns:
        The receipt, also written to ``receipt.json``: registered with accessions, or returned, in curation or
        rejected with the reasons.

    Raises:
        SystemFault: something that the verdict covers has changed, or is missing.
        StorageFault, CatalogFault, TransientFault: the store or the catalog refused; running it again goes on.
    """
    intake = read_intake(results)
    log = logs.logger(stage="register", submission=intake.name)
    log.info("start", verdict=intake.verdict.value, files=len(intake.files))
    actor = actor or Actor(ACTOR)
    prefixes = station.prefixes
    with Catalog.open(station) as catalog, held(catalog, intake.key, seconds=lease_seconds) as holder:
        outcome = catalog.write(lambda session: _receive(session, intake, station, Places(results, inbox), actor))
        if outcome.fit:
            closed = store_closed(intake, inbox, catalog) if intake.tier == CLOSED else None
            stored = closed.copies if closed else store_files(intake, inbox, station)

            def commit(session: Any) -> Outcome:
                check_held(session, intake.key, holder)
                outcome = register_rows(session, intake, stored, prefixes, actor)
                if closed:
                    keep_headers(session, closed.headers)
                return outcome

            outcome = catalog.write(commit)
        result = write_receipt(catalog, intake, results, outcome)
    log.info("end", state=result.receipt["state"], accession=result.receipt["accessions"]["submission"])
    return result


def _receive(session: Any, intake: Intake, station: Station, places: Places, actor: Actor) -> Outcome:
    """Enter what was judged; what a curator decides gets its case."""
    outcome = receive(session, intake, station.prefixes, actor)
    outcome = hold_unanswered(session, intake, outcome, station.curation, actor)
    if outcome.state is SubmissionState.IN_CURATION:
        record = session.get_one(SubmissionRecord, outcome.submission_id)
        enter(session, record, intake, places, rules=station.curation, actor=actor)
    return outcome


def write_receipt(catalog: Catalog, intake: Intake, results: Path, outcome: Outcome) -> RegisterResult:
    """Write the manifest and ``receipt.json`` out of what the catalog says now."""
    refusals = [outcome.frozen] if outcome.frozen else []
    with catalog.reading() as session:
        given = receipt(session, intake.name, outcome.submission_id, refusals)
        listed = manifest(session, outcome.submission_id) if outcome.state in REGISTERED and not refusals else None
    if listed is not None:
        for place in catalog.station.places(intake.tier):
            open_place(place).put_manifest(listed["submission"], listed)
    path = results / "receipt.json"
    write_json(path, given)
    return RegisterResult(given, path)


def store_files(intake: Intake, inbox: Path, station: Station) -> Stored:
    """Put every data file of an open submission into every place of the public tier, proven at each far end.

    Raises:
        SystemFault: a file is missing in the inbox or is not what was transferred.
        StorageFault, TransientFault: a store refused: there are fewer copies than the station asks for.
    """
    check_tiers(station)
    items = {name: _put_item(name, intake, inbox) for name in (item.name for item in intake.submission.data_files())}
    copies: dict[str, list[StoredCopy]] = {name: [] for name in items}
    for place in station.places(intake.tier):
        stored = open_place(place).put_files(items.values())
        for name, item in zip(items, stored, strict=True):
            copies[name].append(
                StoredCopy(place.name, place.tier, item.key, item.sha256, item.size_bytes, item.proof, now())
            )
    return copies


def _put_item(name: str, intake: Intake, inbox: Path) -> PutItem:
    item = intake.files.get(name)
    path = inbox / name
    if item is None:
        raise SystemFault(f"{name} was never transferred.", hint="Transfer and judge it again.")
    if item.encrypted is not None:
        raise SystemFault(
            f"{name} was transferred as part of a closed submission, and this one is open (DSQC-P015).",
            hint="Transfer and judge it again.",
        )
    if not path.is_file() or path.stat().st_size != item.size_bytes:
        raise SystemFault(
            f"{path} is missing or has changed since it was transferred.", hint="Transfer and judge it again."
        )
    return PutItem(path, item.sha256, item.md5)


def read_intake(results: Path) -> Intake:
    """Read what the earlier stages wrote and prove that the verdict is about it.

    Raises:
        SystemFault: an artefact is missing, damaged, or not the one that was judged.
    """
    verdict = read_json(results / "verdict.json")
    check_inputs(results, verdict)
    submission = Submission.from_dict(read_json(_covered(results, verdict, "submission.json")))
    runs = {run.key: read_json(_covered(results, verdict, f"runs/{run.key}/qc.json")) for run in submission.runs()}
    validate = read_json(_covered(results, verdict, "validate.json"))
    return Intake(
        name=verdict["submission"],
        submission=submission,
        files=_transferred(results, verdict),
        form={key: str(value) for key, value in (validate["form"] or {}).items()},
        runs=runs,
        findings=_findings(results, verdict, {FORMS: validate, **runs}),
        verdict=Verdict(verdict["verdict"]),
        verdict_sha256=sha256_of(results / "verdict.json"),
        reasons=tuple(verdict["reasons"]),
        versions=verdict.get("versions") or NO_VERSIONS,
    )


def check_inputs(results: Path, verdict: Mapping[str, Any]) -> None:
    """Prove that everything the verdict covers is still what was judged.

    Raises:
        SystemFault: a file is missing or has changed.
    """
    for name, digest in verdict["inputs"].items():
        path = results / name
        if not path.is_file() or sha256_of(path) != digest:
            raise SystemFault(
                f"{path} is missing or has changed since the verdict.",
                hint="Run the stages of this submission again, from the one that writes it.",
            )


def _covered(results: Path, verdict: Mapping[str, Any], name: str) -> Path:
    """An artefact that the verdict is about; :func:`check_inputs` has proven that it is there and unchanged."""
    if name not in verdict["inputs"]:
        raise SystemFault(f"The verdict in {results} does not cover {name}.", hint="Run `dsqc judge` again.")
    return results / name


def _transferred(results: Path, verdict: Mapping[str, Any]) -> dict[str, IntakeFile]:
    # A submission that was judged where it stood has no transfer, and cannot be registered; it can be returned.
    there = (results / "transfer.json").exists()
    rows = read_json(_covered(results, verdict, "transfer.json"))["files"] if there else []
    return {
        row["name"]: IntakeFile(row["name"], row["size_bytes"], row["md5"], row["sha256"], _encrypted(row))
        for row in rows
        if row["kind"] == "data" and row["state"] == "copied"
    }


def _encrypted(row: Mapping[str, Any]) -> EncryptedFile | None:
    found = row.get("encrypted")
    return EncryptedFile(**found) if found else None


def _findings(results: Path, verdict: Mapping[str, Any], writers: Mapping[str, Any]) -> list[FindingCount]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for place, writer in writers.items():
        folder = "" if place == FORMS else f"runs/{place}/"
        for row in read_json_lines(_covered(results, verdict, folder + writer["findings_file"])):
            counts[place, row["code"], row["severity"]] += row["count"]
    return [FindingCount(*group, count) for group, count in sorted(counts.items())]
