"""Released rule sets: what changed between two, and whether an older validation still comes out as it did.

What is promised of a released rule set: the same bytes, the same day and the same rule set give the same conclusion,
byte for byte, whatever version of dsqc runs it. A conclusion is what :func:`conclusion` takes out of the results: all
findings with their texts, their counts and groups, the verdict with its reasons and the quality goals. Other members
(name of the program, digests of inputs, places among other runs) are no part of it. Metrics are not promised: they are
what the version of dsqc that read the files measured, which the verdict names (``measured_by``).
"""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dsqc import artefact
from dsqc.errors import UsageError
from dsqc.limits import Limits
from dsqc.registry import Rule, RuleState, rules
from dsqc.rule_data import SMALL_FOLDERS, current_files, find, is_released, open_rule_set, using
from dsqc.stages._receipt_document import KIND
from dsqc.stages._validate_files import FILE_RULES
from dsqc.stages.validate import DOCUMENT, FINDINGS, TRANSFER, validate
from dsqc.taxonomy import Taxonomy

Data = Mapping[str, Any]
OWN = "own"
"""What the rule set of this dsqc, which is not released, is called where a released one may stand."""
_OF_VALIDATION = ("rule_set_version", "form", "vocabularies", "today", "kbds_strict", "taxonomy", "finding_counts")
_OF_VERDICT = ("verdict", "reasons", "reason_count", "finding_counts", "goals", "goal_results", "measured_by")
_KEY = ("code", "severity", "object", "object_id", "location", "value", "expected", "message", "fix", "count")


def conclusion(validation: Data, findings: Sequence[Data], verdict: Data | None = None) -> dict[str, Any]:
    """What a released rule set promises, out of ``validate.json``, its findings and ``verdict.json``."""
    return {
        "validation": {name: validation.get(name) for name in _OF_VALIDATION} | {"groups": validation["groups"]},
        "findings": list(findings),
        "verdict": None if verdict is None else {name: verdict.get(name) for name in _OF_VERDICT},
    }


def conclusion_sha256(found: Data) -> str:
    """Digest of a conclusion: equal where nothing of it differs."""
    return hashlib.sha256(artefact.to_json(found).encode("utf-8")).hexdigest()


def rule_differences(old: str, new: str) -> dict[str, Any]:
    """What changed from one rule set to another: rules, and the files of forms, vocabularies and reference data.

    Args:
        old, new: versions of released rule sets, or ``own``.

    Raises:
        UsageError: there is no such rule set.
    """
    (before, files_before), (after, files_after) = _content(old), _content(new)
    both = [code for code in before if code in after]
    return {
        "old": old,
        "new": new,
        "introduced": [code for code in after if code not in before],
        "retired": [code for code in before if code not in after],
        "severity": [
            {"code": code, "old": before[code].severity.value, "new": after[code].severity.value}
            for code in both
            if before[code].severity is not after[code].severity
        ],
        "texts": [
            code for code in both if (before[code].message, before[code].fix) != (after[code].message, after[code].fix)
        ],
        "files": sorted(
            path for path in files_before.keys() | files_after.keys() if files_before.get(path) != files_after.get(path)
        ),
    }


def _content(version: str) -> tuple[dict[str, Rule], dict[str, str]]:
    """The rules that are checked, and the digest of every file, without those of the registry."""
    if version == OWN:
        digests = {path: hashlib.sha256(content).hexdigest() for path, content in current_files().items()}
    else:
        digests = dict(open_rule_set(find(version)).manifest)
    with using(None if version == OWN else version):
        active = {code: entry for code, entry in rules().items() if entry.state is RuleState.ACTIVE}
    registry = SMALL_FOLDERS[0][0] + "/"
    return active, {path: value for path, value in digests.items() if not path.startswith(registry)}


@dataclass(frozen=True, slots=True)
class RerunResult:
    """A validation of before, done again.

    Attributes:
        record: the shape of ``dsqc.schemas/reports/rule_sets_rerun.schema.json``.
        same: whether the conclusion is the same, byte for byte.
    """

    record: dict[str, Any]
    same: bool


@dataclass(frozen=True, slots=True)
class _Before:
    """What a validation of before says of itself.

    Attributes:
        rule_set, today, kbds_strict, with_files: what it was made with.
        inputs: SHA-256 of the forms, by name.
        transfer: the ``transfer.json`` that stood beside it.
        rows: its findings; None of a receipt, which holds their digest.
        document: ``validate.json``; None of a receipt.
        findings_sha256: digest of the findings as they were written.
    """

    rule_set: str
    today: date
    kbds_strict: bool
    with_files: bool
    inputs: Mapping[str, str]
    transfer: Path | None
    rows: Sequence[Data] | None
    document: Data | None
    findings_sha256: str


def _of_results(folder: Path) -> _Before:
    document = artefact.read_json(folder / DOCUMENT)
    transfer = folder / TRANSFER
    return _Before(
        str(document["rule_set_version"]),
        date.fromisoformat(document["today"]),
        bool(document.get("kbds_strict")),
        not set(FILE_RULES) <= set(document["skipped_rules"]),
        document["inputs"],
        transfer if transfer.is_file() else None,
        artefact.read_json_lines(folder / FINDINGS),
        document,
        artefact.sha256_of(folder / FINDINGS),
    )


def _of_receipt(path: Path) -> _Before:
    document = artefact.read_json(path)
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise UsageError(f"{path} is no validation receipt.", hint="Name one, or the directory of validate.json.")
    return _Before(
        document["versions"]["rule_set"],
        date.fromisoformat(document["today"]),
        bool(document["versions"]["kbds_strict"]),
        True,
        {row["name"]: row["sha256"] for row in document["files"] if row["kind"] == "form"},
        None,
        None,
        None,
        document["validation"]["findings_sha256"],
    )


def rerun(
    results: Path,
    submission: Path,
    *,
    rule_set: str | None = None,
    limits: Limits | None = None,
    taxonomy: Taxonomy | None = None,
) -> RerunResult:
    """Validate a submission as it was validated before, and compare.

    Args:
        results: directory with ``validate.json`` and its findings, or a validation receipt, of which the findings are
            compared by their digest (whose signature it carries is `dsqc receipt verify`'s to say).
        submission: the same submission.
        rule_set: judge by this one instead of that of before; the difference is then that of the rule sets.
        limits: the station's, as they were.
        taxonomy: the snapshot that organisms were looked up in.

    Raises:
        UsageError: there is no validation, or its rule set is none that was released and none was named.
    """
    if not results.is_file() and not (results / DOCUMENT).is_file():
        raise UsageError(
            f"{results / DOCUMENT} does not exist.", hint="Name the directory that `dsqc validate -O DIR` wrote."
        )
    before = _of_receipt(results) if results.is_file() else _of_results(results)
    named = rule_set or before.rule_set
    if rule_set is None and not is_released(named):
        raise UsageError(
            f"Rule set {named} was not released: it ran with the dsqc of its name only.",
            hint="Give --rule-set VERSION; `dsqc rule-sets` lists the released ones.",
        )
    with using(None if named == OWN else named):
        result = validate(
            submission,
            None,
            transfer=before.transfer,
            today=before.today,
            with_files=before.with_files,
            limits=limits,
            kbds_strict=before.kbds_strict,
            taxonomy=taxonomy,
        )
        rows = result.findings.to_list()
    if before.document is None or before.rows is None:
        old, new = before.findings_sha256, _findings_sha256(rows)
    else:
        old = conclusion_sha256(conclusion(before.document, before.rows))
        new = conclusion_sha256(conclusion(result.document, rows))
    record = {
        "schema_version": "1.0",
        "rule_set_before": before.rule_set,
        "rule_set": result.document["rule_set_version"],
        "same": old == new,
        "same_inputs": dict(before.inputs) == result.document["inputs"],
        "conclusion_before": old,
        "conclusion": new,
        "only_before": _only(before.rows or [], rows),
        "only_now": _only(rows, before.rows) if before.rows is not None else [],
    }
    return RerunResult(record, old == new)


def _findings_sha256(rows: Sequence[Data]) -> str:
    """Of the findings as they are written down."""
    with tempfile.TemporaryDirectory(prefix="dsqc-rerun-") as place:
        path = Path(place) / FINDINGS
        artefact.write_json_lines(path, rows)
        return artefact.sha256_of(path)


def _only(rows: Sequence[Data], others: Sequence[Data]) -> list[Data]:
    """The findings of ``rows`` that ``others`` does not hold as they are."""
    known = {artefact.to_json({name: row.get(name) for name in _KEY}) for row in others}
    return [row for row in rows if artefact.to_json({name: row.get(name) for name in _KEY}) not in known]
