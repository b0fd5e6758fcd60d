"""What is given back: the receipt of a submission and the manifest in the store, both made of the catalog alone.

Because nothing else goes into them, a receipt written after a crash is the one that would have been written before.
"""

from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from dsqc.catalog.access.tiers import tier_of
from dsqc.catalog.intake import NO_VERSIONS
from dsqc.catalog.models import (
    ARCHIVE_ENCODINGS,
    DataFileRecord,
    EventRecord,
    ObjectCopyRecord,
    PendingVersionRecord,
    ReplacedFileRecord,
    RunRecord,
    SubmissionRecord,
    WithdrawalRecord,
)
from dsqc.catalog.outcomes import Outcome
from dsqc.catalog.states import REGISTERED
from dsqc.catalog.versions.contents import present_version
from dsqc.catalog.versions.correcting import VERSION
from dsqc.errors import CatalogFault
from dsqc.model import SubmissionState
from dsqc.storage import object_key
from dsqc.version import __version__

SCHEMA_VERSION = "1.0"
RECEIPT_STATES = {
    **dict.fromkeys(REGISTERED, "registered"),
    SubmissionState.IN_CURATION: "in_curation",
    SubmissionState.REJECTED: "rejected",
    SubmissionState.WITHDRAWN: "rejected",
}
"""What a receipt says of each state; of all others: ``returned``."""


def receipt(session: Session, name: str, outcome: Outcome) -> dict[str, Any]:
    """The receipt of a submission, in the shape of ``dsqc.schemas/reports/receipt.schema.json``.

    Args:
        session: an open session.
        name: the batch's name of the submission.
        outcome: where it stands: also whether what was handed in now is taken, where something is registered under
            its name.
    """
    record = session.get_one(SubmissionRecord, outcome.submission_id)
    registered = record.state in REGISTERED and not outcome.refused and not outcome.waits
    state = RECEIPT_STATES.get(SubmissionState(record.state), "returned")
    if outcome.waits:
        state = "in_curation"
    elif outcome.refused and state == "registered":
        state = "returned"
    given = {
        "schema_version": SCHEMA_VERSION,
        "dsqc_version": __version__,
        "submission": name,
        "registered": registered,
        "state": state,
        "versions": _versions(session, record),
        "verdict": record.verdict,
        "accessions": accessions(record) if registered else accessions(None),
        "objects": _objects(session, record) if registered else [],
        "reasons": _reasons(session, record, outcome),
        "release": {"access": record.access_level, "date": record.release_date},
    }
    if registered:
        present = present_version(session, record.accession or "")
        given["version"] = {"number": outcome.version or present, "present": present}
    return given


def _reasons(session: Session, record: SubmissionRecord, outcome: Outcome) -> list[dict[str, Any]]:
    if outcome.refused:
        return [dict(item) for item in outcome.refused]
    if outcome.waits:
        return list(session.get_one(PendingVersionRecord, record.id).details["reasons"])
    return list(record.reasons)


def _versions(session: Session, record: SubmissionRecord) -> dict[str, Any]:
    """What the verdict was reached by: the event that brought it says so."""
    query = (
        select(EventRecord.details)
        .where(
            EventRecord.submission_id == record.id,
            EventRecord.action.in_([SubmissionState.MEASURED.value, VERSION]),
        )
        .order_by(EventRecord.sequence.desc())
    )
    details = session.scalars(query).first() or {}
    return dict(details.get("versions") or NO_VERSIONS)


def accessions(record: SubmissionRecord | None) -> dict[str, Any]:
    """All accessions of a registered submission by the submitter's own names; empty for ``None``."""
    if record is None or record.project is None:
        return {"submission": None, "projects": {}, "samples": {}, "experiments": {}, "runs": {}}
    return {
        "submission": record.accession,
        "projects": {record.project.alias: record.project.accession},
        "samples": {item.name: item.accession for item in record.samples},
        "experiments": {item.library_id: item.accession for item in record.experiments},
        "runs": {item.alias: item.accession for item in record.runs},
    }


def manifest(session: Session, submission_id: int) -> dict[str, Any]:
    """What stands beside the objects, so that the store can be read without the catalog. Names no person.

    Raises:
        CatalogFault: the submission is not registered.
    """
    record = session.get_one(SubmissionRecord, submission_id)
    if record.accession is None:
        raise CatalogFault(f"Submission {record.alias} has no accession, so it has no manifest.")
    said = {
        "schema_version": SCHEMA_VERSION,
        "submission": record.accession,
        "submission_alias": record.alias,
        "research_field": record.research_field,
        "form_version": record.form_version,
        "package": record.package,
        "access_level": record.access_level,
        "accessions": accessions(record),
        "objects": _objects(session, record),
    }
    # Only where there is something to say, so that manifests of before stay as they are.
    replaced = _replaced(session, record)
    withdrawal = session.get(WithdrawalRecord, record.id)
    if replaced:
        said["replaced"] = replaced
    if withdrawal is not None:
        said["withdrawn"] = {"at": withdrawal.at, "reason": withdrawal.reason}
    return said


def _objects(session: Session, record: SubmissionRecord) -> list[dict[str, Any]]:
    query = (
        select(RunRecord.accession, DataFileRecord, ObjectCopyRecord)
        .join(DataFileRecord, DataFileRecord.run_id == RunRecord.id)
        .outerjoin(ObjectCopyRecord, _registered_copy(DataFileRecord.object_id, record))
        .where(RunRecord.submission_id == record.id)
        .order_by(RunRecord.id, DataFileRecord.id)
    )
    return [_object(run, item, copy, record) for run, item, copy in session.execute(query)]


def _replaced(session: Session, record: SubmissionRecord) -> list[dict[str, Any]]:
    """Files that others took the place of: their objects stay, and the manifest must go on naming them."""
    query = (
        select(RunRecord.accession, ReplacedFileRecord, ObjectCopyRecord)
        .join(ReplacedFileRecord, ReplacedFileRecord.run_id == RunRecord.id)
        .outerjoin(ObjectCopyRecord, _registered_copy(ReplacedFileRecord.object_id, record))
        .where(RunRecord.submission_id == record.id)
        .order_by(RunRecord.id, ReplacedFileRecord.id)
    )
    return [
        {**_object(run, item, copy, record), "version": item.run_version} for run, item, copy in session.execute(query)
    ]


def _registered_copy(object_id: Any, record: SubmissionRecord) -> Any:
    """The copy that was registered; one that was dropped for one in fewer bytes is named as it was."""
    return and_(
        ObjectCopyRecord.object_id == object_id,
        ObjectCopyRecord.place == tier_of(record),
        ObjectCopyRecord.encoding.not_in(ARCHIVE_ENCODINGS),
    )


def _object(
    run: str, item: DataFileRecord | ReplacedFileRecord, copy: ObjectCopyRecord | None, record: SubmissionRecord
) -> dict[str, Any]:
    return {
        "name": item.name,
        "run": run,
        "sha256": item.sha256,
        "md5": item.md5,
        "size_bytes": item.size_bytes,
        "tier": tier_of(record),
        "key": copy.key if copy else object_key(item.sha256),
        **_encoding(copy),
    }


def _encoding(copy: ObjectCopyRecord | None) -> dict[str, Any]:
    """What stands in the store where that is not the file as it was handed in."""
    if copy is None or not copy.encoding:
        return {}
    stored = {"stored_sha256": copy.stored_sha256, "stored_size_bytes": copy.stored_size_bytes}
    return {"encoding": copy.encoding, **stored}
