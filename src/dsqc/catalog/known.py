"""What only the catalog knows of content: whether its bytes are registered already (DSQC-F013)."""

from collections import defaultdict
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dsqc.catalog.access.conditions import is_public
from dsqc.catalog.intake import Intake
from dsqc.catalog.models import DataFileRecord, RunRecord, SubmissionRecord
from dsqc.findings import Location, finding

CODE = "DSQC-F013"
CHUNK = 500
"""Digests of one IN list."""
MOST_NAMED = 3
"""Runs that a finding names."""


def known_content(session: Session, intake: Intake) -> list[dict[str, Any]]:
    """A reason for each file of ``intake`` whose bytes another registered submission holds.

    Held and closed data of other submitters stay unknown: a warning would tell that they exist.
    """
    runs = _runs_by_digest(session, intake)
    rows = {row.get("file_name"): row for row in intake.submission.rows("file")}
    found = []
    for name, item in sorted(intake.files.items()):
        named = sorted(runs.get(item.sha256, ()))
        if not named or name not in rows:
            continue
        listed = ", ".join(named[:MOST_NAMED]) + (" …" if len(named) > MOST_NAMED else "")
        place = Location(sheet="file", row=rows[name].number, attribute="file_name")
        whole = finding(CODE, place, object_id=name, value=name, expected=listed).to_dict()
        found.append({key: value for key, value in whole.items() if key not in NOT_IN_REASONS})
    return found


NOT_IN_REASONS = ("parameters", "suggestion", "truncated")


def _runs_by_digest(session: Session, intake: Intake) -> dict[str, set[str]]:
    digests = sorted({item.sha256 for item in intake.files.values()})
    submitter, alias = intake.key
    found: dict[str, set[str]] = defaultdict(set)
    for start in range(0, len(digests), CHUNK):
        query = (
            select(DataFileRecord.sha256, RunRecord.accession)
            .join(RunRecord, DataFileRecord.run_id == RunRecord.id)
            .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
            .where(
                DataFileRecord.sha256.in_(digests[start : start + CHUNK]),
                or_(SubmissionRecord.submitter != submitter, SubmissionRecord.alias != alias),
                or_(is_public(), SubmissionRecord.submitter == submitter),
            )
        )
        for digest, accession in session.execute(query):
            found[digest].add(accession)
    return found
