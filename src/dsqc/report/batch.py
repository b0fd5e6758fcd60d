"""A batch in numbers: a summary of every submission out of the artefacts of its stages."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsqc.rule_set import versions_of
from dsqc.version import __version__

TOP_REASONS = 3
"""Reasons that a row of the overview names; the submission's findings have all."""
OUTCOMES = ("returned", "in_curation", "not_finished", "registered")
"""What became of a submission, the worst first; rejected ones count as returned."""

Data = Mapping[str, Any]


@dataclass(slots=True)
class Record:
    """What stands on disk of one submission; ``None`` or empty where a stage has not written yet.

    Attributes:
        name: name of the submission in the batch.
        planned_runs: run keys of ``plan.json``.
        note: why the source could not be listed when the batch was planned.
        transfer, validation, verdict, receipt: contents of the files of the same name
            (``validation`` is ``validate.json``).
        profile: ``profile.json``, the diagnosis of its columns.
        runs: ``qc.json`` by run key.
        findings: rows of each run's ``findings.jsonl``; those of validate stand grouped in ``validate.json``.
    """

    name: str
    planned_runs: Sequence[str] = ()
    note: str = ""
    transfer: Data | None = None
    validation: Data | None = None
    verdict: Data | None = None
    receipt: Data | None = None
    profile: Data | None = None
    runs: dict[str, Data] = field(default_factory=dict)
    findings: list[Data] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The receipt's state; before there is one, the last stage that has finished."""
        if self.receipt:
            return str(self.receipt["state"])
        if self.verdict:
            return "judged"
        if self.runs and all(key in self.runs for key in self.planned_runs):
            return "measured"
        if self.validation:
            return "validated"
        return "transferred" if self.transfer else "planned"

    @property
    def outcome(self) -> str:
        """One of :data:`OUTCOMES`."""
        state = "returned" if self.state == "rejected" else self.state
        return state if state in OUTCOMES else "not_finished"


@dataclass(slots=True)
class Summary:
    """The content of ``batch.json``, taken in one submission after the other."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    _versions: dict[str, set[str]] = field(
        default_factory=lambda: {"form": set(), "rule_set": set(), "vocabularies": set()}
    )

    def add(self, record: Record) -> dict[str, Any]:
        """Take in a submission; returns its row."""
        if record.validation:
            for name, version in versions_of(record.validation).items():
                self._versions[name].update([version] if version else [])
        self.rows.append(_row(record))
        return self.rows[-1]

    def to_dict(self) -> dict[str, Any]:
        """Totals, everything that submissions were judged by, and a row a submission, the worst first."""
        rows = sorted(
            self.rows,
            key=lambda row: (OUTCOMES.index(row["outcome"]), -row["errors"], -row["warnings"], row["submission"]),
        )
        outcomes = Counter(row["outcome"] for row in rows)
        totals = {"submissions": len(rows), **{name: outcomes[name] for name in OUTCOMES}}
        for name in ("runs", "files", "bytes", "reads"):
            totals[name] = sum(row[name] for row in rows)
        return {
            "schema_version": "1.0",
            "dsqc_version": __version__,
            "versions": {name: sorted(versions) for name, versions in self._versions.items()},
            "totals": totals,
            "submissions": rows,
        }


def summarise(records: Iterable[Record]) -> dict[str, Any]:
    """The content of ``batch.json``."""
    summary = Summary()
    for record in records:
        summary.add(record)
    return summary.to_dict()


def _row(record: Record) -> dict[str, Any]:
    form = (record.validation or {}).get("form") or {}
    counts = (record.verdict or {}).get("finding_counts") or _counts(record)
    files = [item for run in record.runs.values() for item in run["files"]]
    moved = [item for item in (record.transfer or {}).get("files", ()) if item["kind"] == "data"]
    accessions = (record.receipt or {}).get("accessions") or {}
    reasons = top_reasons((record.verdict or {}).get("reasons") or ())
    return {
        "submission": record.name,
        "alias": (record.validation or {}).get("submission_alias") or "",
        "form_id": form.get("id") or "",
        "form_version": form.get("version") or "",
        "package": form.get("package") or "",
        "outcome": record.outcome,
        "state": record.state,
        "verdict": (record.verdict or {}).get("verdict"),
        "runs": len(record.planned_runs) or len(record.runs),
        "files": len(files) or len(moved),
        "bytes": sum(item.get("size_bytes") or 0 for item in files or moved),
        "reads": sum(item.get("read_count") or 0 for item in files),
        "errors": counts.get("error", 0),
        "warnings": counts.get("warning", 0),
        "accession": accessions.get("submission") or None,
        "reasons": reasons[:TOP_REASONS],
        "note": record.note,
        "reason_count": (record.verdict or {}).get("reason_count", 0),
    }


def _counts(record: Record) -> Counter[str]:
    counts: Counter[str] = Counter((record.validation or {}).get("finding_counts") or {})
    for run in record.runs.values():
        counts.update(run["finding_counts"])
    return counts


def top_reasons(reasons: Sequence[Data]) -> list[dict[str, Any]]:
    """Reasons by code, in their order, each once with how often it was found and its first place."""
    found: dict[str, dict[str, Any]] = {}
    for row in reasons:
        if row["code"] in found:
            found[row["code"]]["count"] += row["count"]
        else:
            names = ("code", "severity", "message", "message_ko", "fix", "fix_ko", "count", "location")
            found[row["code"]] = {name: row[name] for name in names}
    return list(found.values())
