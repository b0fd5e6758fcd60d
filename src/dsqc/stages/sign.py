"""sign: validate and measure a submission at the submitter's desk, whole, and sign the results for the station.

``validation-receipt.json`` and ``validation-results.zip`` are written beside the form; `dsqc send` takes them along.
The receipt is written last: where it stands, everything before it is done.
"""

import hashlib
import platform
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from dsqc import artefact
from dsqc.errors import UsageError
from dsqc.language import Text
from dsqc.listing import RECEIPT, RESULTS, is_closed, normalise
from dsqc.model import Verdict
from dsqc.signing import Document, SigningKey
from dsqc.stages._qc_results import MeasuredRun, add_members, packed
from dsqc.stages._receipt_document import KIND, TIME_FORMAT, Basis
from dsqc.stages.desk import Desk, judge_at, measure, whole_folder, work_place
from dsqc.stages.judge import JudgeResult
from dsqc.stages.validate import DOCUMENT, FINDINGS, SUBMISSION, ValidateResult
from dsqc.version import __version__

TOOLS = ("numpy", "numba", "pysam")
"""Packages whose versions a receipt names, for whoever has to find out why two measurements differ."""


@dataclass(frozen=True, slots=True)
class SignResult:
    """What signing came to.

    Attributes:
        validation: what validate found.
        receipt: the signed document; ``None`` where there was nothing to sign for.
        path: where it stands.
        reason: why there is none.
        judged: the verdict of the data files; ``None`` where the forms have errors already.
    """

    validation: ValidateResult
    receipt: Document | None = None
    path: Path | None = None
    reason: Text | None = None
    judged: JudgeResult | None = None


def sign(
    submission: Path,
    key: SigningKey,
    desk: Desk,
    results: Path | None = None,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SignResult:
    """Validate, measure and judge a submission, and sign what was found. A receipt of before is removed first.

    Only a submission without error findings gets a receipt: for any other the station would have nothing to take.

    Args:
        submission: its directory, or its workbook with the files beside it.
        key: whose signature it gets.
        desk: how it is judged.
        results: where everything that was found goes; ``None``: nowhere.
        clock: dates the receipt.

    Raises:
        UsageError: there is no submission, it is a single table, or it is closed.
        SystemFault: a file cannot be read, or changed meanwhile; the disk refused.
    """
    folder = whole_folder(submission)
    for name in (RECEIPT, RESULTS):
        (folder / name).unlink(missing_ok=True)
    with work_place(results, folder) as work:
        validation = desk.validate(work)
        if is_closed(validation.submission) is not False:
            raise UsageError(
                "A closed submission gets no receipt: the station measures it as it keeps it, encrypted.",
                hint="Send it without --sign.",
            )
        if validation.has_errors:
            return SignResult(validation, reason=_NOT_VALID)
        measured, judged = _Measured(), None
        try:
            with artefact.atomic_file(folder / RESULTS) as file, zipfile.ZipFile(file, "w") as archive:
                for run in validation.submission.runs():
                    measured.add(run.key, measure(run.key, folder, work, desk), archive)
                judged = judge_at(work, desk)
                if judged.verdict is Verdict.FAIL:
                    raise _NothingToSignFor
        except _NothingToSignFor:
            return SignResult(validation, reason=_FAILED, judged=judged)
        made_at = clock().astimezone(UTC).strftime(TIME_FORMAT)
        document = key.sign({"made_at": made_at, **_document(validation, (folder, work), measured, judged, desk)})
        artefact.write_json(folder / RECEIPT, document)
    return SignResult(validation, document, folder / RECEIPT, judged=judged)


class _NothingToSignFor(Exception):
    """The results are not kept."""


class _Measured:
    """What a receipt says of the runs: a run's results go into the archive at once, and only their digests stay."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.files: dict[str, dict[str, Any]] = {}

    def add(self, key: str, result: MeasuredRun, archive: zipfile.ZipFile) -> None:
        members = packed(result)
        add_members(archive, key, members)
        self.runs.append({"key": key, "results": [_fact(name, data) for name, data in members.items()]})
        for item in result.data["files"]:
            facts = {fact: item[fact] for fact in ("size_bytes", "md5", "sha256")}
            self.files[normalise(item["name"])] = facts


_NOT_VALID = Text(
    "No receipt: correct the errors first, then sign.", "영수증 없음: 오류를 먼저 고친 뒤 다시 서명하세요."
)
_FAILED = Text(
    "No receipt: correct the errors in the data files first, then sign.",
    "영수증 없음: 데이터 파일의 오류를 먼저 고친 뒤 다시 서명하세요.",
)


def _document(
    validation: ValidateResult,
    places: tuple[Path, Path],
    measured: _Measured,
    judged: JudgeResult,
    desk: Desk,
) -> Document:
    """The receipt, unsigned and without its time. ``places``: the submission's folder, and where the results stand."""
    folder, work = places
    basis = Basis(
        validation.document, desk.panel.version if desk.panel else None, artefact.sha256_of(work / SUBMISSION)
    )
    return {
        "schema_version": "1.0",
        "kind": KIND,
        "submission_alias": validation.submission.alias,
        "today": validation.document["today"],
        "versions": {**basis.versions(), "goals": judged.document["goals"]["sha256"]},
        "tools": {"python": platform.python_version(), **{name: version_of(name) for name in TOOLS}},
        "verdict": judged.document["verdict"],
        "finding_counts": judged.document["finding_counts"],
        "validation": {
            "document_sha256": artefact.sha256_of(work / DOCUMENT),
            "findings_sha256": artefact.sha256_of(work / FINDINGS),
        },
        "submission_sha256": basis.submission_sha256,
        "files": _files(validation, folder, measured),
        "runs": measured.runs,
        "results": {
            "name": RESULTS,
            "size_bytes": (folder / RESULTS).stat().st_size,
            "sha256": artefact.sha256_of(folder / RESULTS),
        },
        "dsqc_version": __version__,
    }


def _fact(name: str, data: bytes) -> dict[str, Any]:
    return {"name": name, "size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _files(validation: ValidateResult, folder: Path, measured: _Measured) -> list[dict[str, Any]]:
    """Every file of the submission: forms as they were validated, data as it was measured."""
    found = [_hashed(folder, name, "form") for name in sorted(validation.document["inputs"])]
    for name in dict.fromkeys(normalise(item.name) for item in validation.submission.data_files()):
        facts = measured.files.get(name)  # None of a file that belongs to no run.
        found.append({"name": name, "kind": "data", **facts} if facts else _hashed(folder, name, "data"))
    for row in found:
        known = validation.document["inputs"].get(row["name"])
        if known is not None and known != row["sha256"]:
            raise UsageError(f"{row['name']} changed while it was validated.", hint="Run the same command again.")
    return found


def _hashed(folder: Path, name: str, kind: str) -> dict[str, Any]:
    path = next((path for path in folder.iterdir() if normalise(path.name) == name), folder / name)
    digests = {algorithm: hashlib.new(algorithm, usedforsecurity=False) for algorithm in ("md5", "sha256")}
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            size += len(chunk)
            for digest in digests.values():
                digest.update(chunk)
    return {"name": name, "kind": kind, "size_bytes": size, **{key: item.hexdigest() for key, item in digests.items()}}
