"""What only the catalog knows of content: whether it is registered already, in these or other bytes (DSQC-F013)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from dsqc.catalog.intake import Intake
from dsqc.catalog.versions.duplicates import Asker, Duplicate, Same, same_bytes, same_reads
from dsqc.catalog.versions.fingerprints import intake_fingerprints
from dsqc.findings import Location, finding
from dsqc.language import Text

CODE = "DSQC-F013"
MOST_NAMED = 3
"""Runs that a finding names."""
NOT_PUBLIC = Text("data that is not public", "공개되지 않은 자료")
HOW = {
    Same.BYTES: None,
    Same.READS: Text("the same reads in other bytes", "바이트는 다르나 같은 리드"),
    Same.SEQUENCES: Text("the same sequences with other qualities", "품질값만 다른 같은 서열"),
}
NOT_IN_REASONS = ("parameters", "suggestion", "truncated")


def known_content(session: Session, intake: Intake) -> list[dict[str, Any]]:
    """A reason for each file of ``intake`` whose content another registered submission holds, and for each run whose
    reads together are registered where those of its files are not.

    Of data that is not public and of another submitter it says only that it exists.
    """
    asker = Asker(*intake.key)
    by_digest = _grouped(same_bytes(session, {item.sha256 for item in intake.files.values()}, asker))
    found = {name: by_digest[item.sha256] for name, item in intake.files.items() if item.sha256 in by_digest}
    marks = list(intake_fingerprints(intake))
    by_mark = _grouped(same_reads(session, {mark.value for mark in marks}, asker))
    together: dict[str, str] = {}
    # The smallest parts first: of a run whose files are told of one by one, nothing more is said.
    for mark in sorted(marks, key=lambda mark: len(mark.files)):
        same = by_mark.get(mark.value.reads) or by_mark.get(mark.value.sequences, [])
        if same and not all(name in found for name in mark.files):
            first = next(name for name in mark.files if name not in found)
            found[first] = same
            together[first] = " + ".join(mark.files)
    return _reasons(intake, found, together)


def _grouped(found: Iterable[Duplicate]) -> dict[str, list[Duplicate]]:
    groups: dict[str, list[Duplicate]] = defaultdict(list)
    for item in found:
        groups[item.key].append(item)
    return groups


def _reasons(
    intake: Intake, found: Mapping[str, Collection[Duplicate]], together: Mapping[str, str]
) -> list[dict[str, Any]]:
    rows = {row.get("file_name"): row for row in intake.submission.rows("file")}
    reasons = []
    for name in sorted(set(found) & set(rows)):
        place = Location(sheet="file", row=rows[name].number, attribute="file_name")
        told = _listed(found[name])
        value = together.get(name, name)
        item = finding(CODE, place, object_id=name, value=value, expected=told.en, expected_ko=told.ko).to_dict()
        reasons.append({key: value for key, value in item.items() if key not in NOT_IN_REASONS})
    return reasons


def _listed(same: Collection[Duplicate]) -> Text:
    """The runs, with how they are the same where that is not byte by byte; and data that may not be named, once."""
    english: dict[str, None] = {}
    korean: dict[str, None] = {}
    whole = {item.run for item in same if item.run and not item.name}
    for item in sorted(same, key=lambda item: (not item.run, item.run, list(Same).index(item.same), item.name)):
        if item.name and item.run in whole:
            continue
        how = HOW[item.same] if item.run else None
        what = Text(item.run, item.run) if item.run else NOT_PUBLIC
        # Which of its files it is helps where it is not the whole run.
        part = f" {item.name}" if item.name and item.same is not Same.BYTES else ""
        english[f"{what.en}{part}" + (f" ({how.en})" if how else "")] = None
        korean[f"{what.ko}{part}" + (f" ({how.ko})" if how else "")] = None
    return Text(_cut(list(english)), _cut(list(korean)))


def _cut(texts: list[str]) -> str:
    return ", ".join(texts[:MOST_NAMED]) + (" …" if len(texts) > MOST_NAMED else "")
