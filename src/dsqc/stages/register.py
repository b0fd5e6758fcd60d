"""register: what a verdict covers goes into the store and the catalog, and a receipt comes back.

The order makes a crash harmless: every byte is stored and proven first, then one transaction makes the submission
visible with its accessions, then manifest and receipt are written out of the catalog. Whatever died in between, the
same command ends as it would have.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc import logs
from dsqc.artefact import read_json, read_json_lines, sha256_of, write_json
from dsqc.catalog.access.settling import release_day_of_forms, today_of
from dsqc.catalog.access.tiers import OPEN, tier_of
from dsqc.catalog.curation.cases import Places, enter, hold_unanswered
from dsqc.catalog.database import Catalog
from dsqc.catalog.encryption import keep_headers
from dsqc.catalog.events import Clock, now
from dsqc.catalog.intake import NO_VERSIONS, EncryptedFile, FindingCount, Intake, IntakeFile, Stored
from dsqc.catalog.leases import LEASE_SECONDS, check_held, held
from dsqc.catalog.models import SubmissionRecord
from dsqc.catalog.receipts import manifest, receipt
from dsqc.catalog.receipts.distrusted_keys import note_receipt
from dsqc.catalog.registering import Actor, Outcome, receive
from dsqc.catalog.registering import register as register_rows
from dsqc.errors import SystemFault, TransientFault
from dsqc.model import Access, Submission, SubmissionState, Verdict
from dsqc.stages._qc_results import CHECK
from dsqc.stages._register_closed import CLOSED, check_tiers, store_closed
from dsqc.station import HELD, Station
from dsqc.station_key import is_signed, signed_by_station, station_signing_key
from dsqc.storage import PutItem, StoredCopy, open_place
from dsqc.version import __version__

ACTOR = f"dsqc register {__version__}"
_OF_RECEIPT = ("state", "key_id", "receipt_sha256", "reason", "run_count", "measured_again")
"""What the history says of a validation receipt."""
FORMS = "forms"
"""Place of the findings about forms and transfer, beside the runs' keys."""


@dataclass(frozen=True, slots=True)
class RegisterResult:
    """What ``register`` did: the receipt, where it stands, and what the catalog said."""

    receipt: dict[str, Any]
    path: Path
    outcome: Outcome

    @property
    def registered(self) -> bool:
        """Whether the submission is in the catalog with accessions."""
        return bool(self.receipt["registered"])

    @property
    def signed(self) -> bool:
        """Whether the station has put its signature under the receipt."""
        return is_signed(self.receipt)


def register(
    results: Path,
    inbox: Path,
    station: Station,
    *,
    actor: Actor | None = None,
    lease_seconds: float = LEASE_SECONDS,
    replace_files: bool = False,
) -> RegisterResult:
    """Register the submission whose results stand in ``results``, or say why not. May be run any number of times.

    Other sheets under the name of a registered submission make a new version of it; accessions stay what they are.

    Args:
        results: the submission's results; ``verdict.json`` and everything it covers.
        inbox: its files as they were transferred.
        station: where to.
        actor: who works and by which clock; for tests.
        lease_seconds: how long the submission stays ours without a sign of life.
        replace_files: whether other files of a registered run are meant to replace those that it has; without it, they
            are refused.

    Returns:
        The receipt, also written to ``receipt.json``: registered with accessions, or returned, in curation or
        rejected with the reasons.

    Raises:
        UsageError: the station's signing key cannot be used.
        SystemFault: something that the verdict covers has changed, or is missing.
        StorageFault, CatalogFault, TransientFault: the store or the catalog refused; running it again goes on.
    """
    intake = read_intake(results)
    log = logs.logger(stage="register", submission=intake.name)
    log.info("start", verdict=intake.verdict.value, files=len(intake.files))
    actor = actor or Actor(ACTOR)
    station_signing_key(station)  # A key that cannot be used is told before anything is registered.
    with Catalog.open(station) as catalog, held(catalog, intake.key, seconds=lease_seconds) as holder:
        outcome = register_intake(
            catalog, intake, Places(results, inbox), holder, actor=actor, replace_files=replace_files
        )
        _note_receipt(catalog, results, outcome, actor)
        result = write_receipt(catalog, intake, results, outcome)
    number = result.receipt["accessions"]["submission"]
    log.info("end", state=result.receipt["state"], accession=number, signed=result.signed)
    return result


def register_intake(
    catalog: Catalog,
    intake: Intake,
    places: Places,
    holder: str,
    *,
    actor: Actor | None = None,
    replace_files: bool = False,
) -> Outcome:
    """Store what is to be stored of a judged submission and register or correct it in one transaction.

    Args:
        places: where its results and its files stand.
        holder: who holds its lease (:func:`dsqc.catalog.leases.held`); it is asked again inside the transaction.
    """
    actor = actor or Actor(ACTOR)
    prefixes, inbox = catalog.station.prefixes, places.inbox
    outcome = catalog.write(
        lambda session: _receive(session, intake, catalog.station, places, actor, replace_files=replace_files)
    )
    if not outcome.fit or inbox is None:
        return outcome
    names = names_to_store(intake, outcome)
    tier = _tier_now(catalog, intake, outcome, actor)
    closed = store_closed(intake, inbox, catalog, names) if tier == CLOSED else None
    stored = closed.copies if closed else store_files(intake, inbox, catalog.station, names, tier)

    def commit(session: Any) -> Outcome:
        check_held(session, intake.key, holder)
        if outcome.correction is not None and tier_of(session.get_one(SubmissionRecord, outcome.submission_id)) != tier:
            raise TransientFault("The submission was released or closed meanwhile.", hint="Run the same command again.")
        done = register_rows(session, intake, stored, prefixes, actor, replace_files=replace_files)
        if closed:
            keep_headers(session, closed.headers)
        return done

    return catalog.write(commit)


def _tier_now(catalog: Catalog, intake: Intake, outcome: Outcome, actor: Actor) -> str:
    """The tier of a new submission is what its forms say; that of a registered one may have changed since."""
    if outcome.correction is None:
        return tier_for(intake, actor.clock)
    with catalog.reading() as session:
        return tier_of(session.get_one(SubmissionRecord, outcome.submission_id))


def names_to_store(intake: Intake, outcome: Outcome) -> tuple[str, ...]:
    """Data files whose bytes are to be stored: all of a new submission; of a corrected one those it had not."""
    if outcome.correction is not None:
        return outcome.correction.files
    return tuple(item.name for item in intake.submission.data_files())


def _note_receipt(catalog: Catalog, results: Path, outcome: Outcome, actor: Actor) -> None:
    """Have the history say what became of the receipt of the submitter's own validation, where there was one."""
    if outcome.refused or not (results / CHECK).is_file():
        return
    check = read_json(results / CHECK)
    if not (results / "transfer.json").is_file() or check["transfer_sha256"] != sha256_of(results / "transfer.json"):
        return
    details = {name: check[name] for name in _OF_RECEIPT}
    catalog.write(lambda session: note_receipt(session, outcome.submission_id, details, actor))


def _receive(
    session: Any, intake: Intake, station: Station, places: Places, actor: Actor, *, replace_files: bool
) -> Outcome:
    """Enter what was judged; what a curator decides gets its case, unless it corrects what is registered."""
    outcome = receive(session, intake, station.prefixes, actor, replace_files=replace_files)
    if outcome.correction is None:
        outcome = hold_unanswered(session, intake, outcome, station.curation, actor)
    if outcome.state is SubmissionState.IN_CURATION:
        record = session.get_one(SubmissionRecord, outcome.submission_id)
        enter(session, record, intake, places, rules=station.curation, actor=actor)
    return outcome


def write_receipt(catalog: Catalog, intake: Intake, results: Path, outcome: Outcome) -> RegisterResult:
    """Write the manifest and ``receipt.json`` out of what the catalog says now."""
    with catalog.reading() as session:
        given = receipt(session, intake.name, outcome)
    if given["registered"]:
        write_manifest(catalog, outcome.submission_id)
    given = signed_by_station(given, catalog.station)
    path = results / "receipt.json"
    write_json(path, given)
    return RegisterResult(given, path, outcome)


def tier_for(intake: Intake, clock: Clock = now) -> str:
    """Where the objects of a submission belong (DSQC-P015): open data before its day of release lies apart too."""
    if intake.submission.access is Access.CLOSED:
        return CLOSED
    return HELD if release_day_of_forms(intake.submission).is_held(today_of(clock)) else OPEN


def write_manifest(catalog: Catalog, submission_id: int) -> None:
    """Write the manifest of a submission that has an accession into every place of its tier."""
    with catalog.reading() as session:
        listed = manifest(session, submission_id)
        tier = tier_of(session.get_one(SubmissionRecord, submission_id))
    for place in catalog.station.places(tier):
        open_place(place).put_manifest(listed["submission"], listed)


def store_files(intake: Intake, inbox: Path, station: Station, names: Iterable[str], tier: str = OPEN) -> Stored:
    """Put the data files ``names`` of an open submission into every place of ``tier``, proven at each far end.

    Raises:
        SystemFault: a file is missing in the inbox or is not what was transferred.
        StorageFault, TransientFault: a store refused: there are fewer copies than the station asks for.
    """
    check_tiers(station)
    items = {name: put_item(name, intake, inbox) for name in names}
    copies: dict[str, list[StoredCopy]] = {name: [] for name in items}
    for place in station.places(tier):
        stored = open_place(place).put_files(items.values())
        for name, item in zip(items, stored, strict=True):
            copies[name].append(
                StoredCopy(place.name, place.tier, item.key, item.sha256, item.size_bytes, item.proof, now())
            )
    return copies


def put_item(name: str, intake: Intake, inbox: Path) -> PutItem:
    """A data file of an open submission, ready to be stored.

    Raises:
        SystemFault: it is missing in the inbox or is not what was transferred.
    """
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
