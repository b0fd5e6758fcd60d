"""What is given back: the receipt of a submission and the manifest in the store, both made of the catalog alone.

Because nothing else goes into them, a receipt written after a crash is the one that would have been written before.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from dsqc.catalog.access.tiers import tier_of
from dsqc.catalog.intake import NO_VERSIONS, Refusal
from dsqc.catalog.models import (
    ARCHIVE_ENCODINGS,
    DataFileRecord,
    EventRecord,
    ObjectCopyRecord,
    RunRecord,
    SubmissionRecord,
)
from dsqc.catalog.states import REGISTERED
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


def receipt(session: Session, name: str, submission_id: int, refusals: Sequence[Refusal] = ()) -> dict[str, Any]:
    """The receipt of a submission, in the shape of ``dsqc.schemas/reports/receipt.schema.json``.

    Args:
        session: an open session.
        name: the batch's name of the submission.
        submission_id: its row.
        refusals: why what was handed in now is not taken, where other content is registered under its name.
    """
    record = session.get_one(SubmissionRecord, submission_id)
    registered = record.state in REGISTERED and not refusals
    state = RECEIPT_STATES.get(SubmissionState(record.state), "returned")
    return {
        "schema_version": SCHEMA_VERSION,
        "dsqc_version": __version__,
        "submission": name,
        "registered": registered,
        "state": "returned" if refusals and state == "registered" else state,
        "versions": _versions(session, record),
        "verdict": record.verdict,
        "accessions": accessions(record) if registered else accessions(None),
        "objects": _objects(session, record) if registered else [],
        "reasons": [item.to_reason() for item in refusals] or list(record.reasons),
        "release": {"access": record.access_level, "date": record.release_date},
    }


def _versions(session: Session, record: SubmissionRecord) -> dict[str, Any]:
    """What the verdict was reached by: the event that brought it says so."""
    query = (
        select(EventRecord.details)
        .where(EventRecord.submission_id == record.id, EventRecord.state == SubmissionState.MEASURED)
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
    return {
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


def _objects(session: Session, record: SubmissionRecord) -> list[dict[str, Any]]:
    tier = tier_of(record)
    query = (
        select(RunRecord.accession, DataFileRecord, ObjectCopyRecord)
        .join(DataFileRecord, DataFileRecord.run_id == RunRecord.id)
        .outerjoin(  # a copy that was dropped for one in fewer bytes is named as it was
            ObjectCopyRecord,
            and_(
                ObjectCopyRecord.object_id == DataFileRecord.object_id,
                ObjectCopyRecord.place == tier,
                ObjectCopyRecord.encoding.not_in(ARCHIVE_ENCODINGS),
            ),
        )
        .where(RunRecord.submission_id == record.id)
        .order_by(RunRecord.id, DataFileRecord.id)
    )
    return [
        {
            "name": item.name,
            "run": run,
            "sha256": item.sha256,
            "md5": item.md5,
            "size_bytes": item.size_bytes,
            "tier": tier,
            "key": copy.key if copy else object_key(item.sha256),
            **_encoding(copy),
        }
        for run, item, copy in session.execute(query)
    ]


def _encoding(copy: ObjectCopyRecord | None) -> dict[str, Any]:
    """What stands in the store where that is not the file as it was handed in."""
    if copy is None or not copy.encoding:
        return {}
    stored = {"stored_sha256": copy.stored_sha256, "stored_size_bytes": copy.stored_size_bytes}
    return {"encoding": copy.encoding, **stored}
