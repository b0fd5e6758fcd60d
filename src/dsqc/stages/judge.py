"""The judge stage: everything that earlier stages found and measured becomes one verdict with its reasons."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsqc import artefact, logs
from dsqc.errors import SystemFault
from dsqc.findings import Finding, FindingLog
from dsqc.grouping import FindingGroup, range_text
from dsqc.judge import (
    Decision,
    Declared,
    FileResult,
    Oddity,
    Pair,
    Person,
    QualityGoals,
    compare,
    counts_of,
    decide,
    depth_findings,
    evaluate,
    file_findings,
    identity_document,
    identity_findings,
    infer,
    inferred_findings,
    inferred_rows,
    load,
    mate_findings,
    oddities,
    organism_findings,
    repeated_findings,
    run_findings,
    sibling_findings,
)
from dsqc.metrics.reference import Reference, Stratum, load_reference, stratum_of
from dsqc.model import Run, Submission, Verdict
from dsqc.registry import applies
from dsqc.rule_data import in_force, is_released, using
from dsqc.rule_set import versions_of
from dsqc.stages._judge_forms import Forms
from dsqc.station import Limits
from dsqc.taxonomy import Taxonomy, open_taxonomy
from dsqc.version import __version__

MOST_REASONS = 50
"""Reasons that ``verdict.json`` lists, one a fault; ``reason_count`` counts all findings."""


@dataclass(frozen=True, slots=True)
class JudgeResult:
    """What the judge concluded.

    Attributes:
        verdict: pass, review or fail.
        reasons: the findings that decided, one group a fault, in the order in which people read them; all of them.
        findings: all findings, of the forms, of the data files and of the judge, those that decided nothing too.
        document: content of ``verdict.json``.
        path: where it was written.
    """

    verdict: Verdict
    reasons: tuple[FindingGroup, ...]
    document: dict[str, Any]
    path: Path
    findings: FindingLog


def judge(
    results: Path,
    *,
    goals: Path | None = None,
    limits: Limits | None = None,
    taxonomy: Taxonomy | None = None,
    reference: Path | None = None,
) -> JudgeResult:
    """Conclude the verdict of one submission and write ``verdict.json``.

    It is judged by the released rule set that ``validate.json`` names, else by that of this version of dsqc.

    Args:
        results: ``results/<submission>`` with the artefacts of transfer, validate and qc.
        goals: a station's quality goals; ``None`` for those that dsqc ships.
        limits: a station's, for how far what was measured may be from what is declared.
        taxonomy: the snapshot that declared organisms are looked up in (default: the small one that dsqc ships).
        reference: distributions that the runs are compared with; ``None`` for none. They decide nothing.

    Raises:
        UsageError: the quality goals or the reference are wrong.
        SystemFault: an artefact is missing, or older than what it was made from; the hint names the stage to run.
    """
    with using(_rule_set(results)):
        return _judge(results, goals, limits or Limits(), taxonomy or open_taxonomy(), reference)


def _rule_set(results: Path) -> str | None:
    """The released rule set that the forms were validated by; ``None`` where it was that of a dsqc."""
    path = results / "validate.json"
    named = str(artefact.read_json(path).get("rule_set_version", "")) if path.is_file() else ""
    wanted = named if is_released(named) else None
    chosen = in_force()
    if path.is_file() and chosen is not None and chosen.name != wanted:
        raise _stale(f"validate.json (rule set {named or 'unknown'}, not {chosen.version})", "validate")
    return wanted


def _judge(
    results: Path, goals: Path | None, limits: Limits, taxonomy: Taxonomy, reference: Path | None
) -> JudgeResult:
    """:func:`judge` under the rule set in force."""
    log = logs.logger(stage="judge", submission=results.resolve().name)
    quality_goals = load(goals)
    evidence = _Evidence(results)
    peers = load_reference(reference, _strata(evidence)) if reference else None
    rows, inferred, missed, among = _measure(evidence, quality_goals, limits, taxonomy)
    missed = missed.in_rule_set()
    decision = decide([*evidence.findings, *missed], quality_goals)
    every = FindingLog(missed)
    every.merge(evidence.log)
    reasons = _reasons(every, decision)
    counts = evidence.counts + Counter(missed.counts())
    document = {
        "schema_version": "1.0",
        "dsqc_version": __version__,
        "submission": evidence.name,
        "versions": {
            **evidence.versions,
            "panel": _panels(evidence),
            "goals": quality_goals.reference,
            "reference": peers.version if peers else None,
        },
        "measured_by": _measured_by(evidence),
        "verdict": decision.verdict.value,
        "reasons": [_reason(group) for group in reasons[:MOST_REASONS]],
        "reason_count": sum(group.count for group in reasons),
        "finding_counts": {severity: counts[severity] for severity in ("error", "warning", "info")},
        "goals": quality_goals.to_dict(),
        "goal_results": rows,
        "identity": identity_document(among.people, among.pairs),
        "siblings": [item.to_dict() for item in among.odd],
        "inferred": inferred,
        "reference": _named(peers, reference),
        "peers": _peers(evidence, peers) if peers else [],
        "inputs": dict(sorted(evidence.inputs.items())),
    }
    path = results / "verdict.json"
    artefact.write_json(path, document)
    log.info("judged", verdict=decision.verdict.value, reasons=document["reason_count"])
    return JudgeResult(decision.verdict, reasons, document, path, every)


class _Evidence:
    """The artefacts of one submission, read once, each with its digest, and checked against each other.

    Attributes:
        name: name of the submission.
        inputs: SHA-256 by path relative to the results.
        findings: of validate (with those of transfer) and of every run.
        counts: findings by severity, those that were counted and not kept among them.
        log: the same findings with their groups: all rows of a fault, kept findings or not.
        versions: what the forms were judged by.
        runs: ``qc.json`` of every run, by key.
    """

    def __init__(self, results: Path) -> None:
        self.results = results
        self.name = results.resolve().name
        self.inputs: dict[str, str] = {}
        self.findings: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self.log = FindingLog()
        self.runs: dict[str, Mapping[str, Any]] = {}
        self._read_validation()
        self._read_runs()

    def _read_validation(self) -> None:
        validation = self.read("validate.json", "validate")
        self.versions = versions_of(validation)
        found = self._add_findings("validate.findings.jsonl", validation["finding_counts"], "validate")
        if "groups" in validation:
            self.log.take((item.to_dict() for item in found), validation["groups"])
        else:  # Validated by a version that did not group.
            self.log.extend(found)
        self.submission = Submission.from_dict(self.read("submission.json", "validate"))
        self._transferred: dict[str, str] = {}
        if (self.results / "transfer.json").exists():
            transfer = self.read("transfer.json", "transfer")
            known = validation.get("inputs", {}).get("transfer.json")
            if known is not None and known != self.inputs["transfer.json"]:
                raise _stale("transfer.json", "validate")
            self._transferred = {item["name"]: item.get("sha256") or "" for item in transfer["files"]}

    def _read_runs(self) -> None:
        failed = self.counts["error"] > 0
        for run in self.submission.runs():
            folder = f"runs/{run.key}"
            measured = self.read(f"{folder}/qc.json", "qc")
            if measured["state"] == "skipped" and not failed:
                raise _stale(f"{folder}/qc.json (the run was skipped)", "qc")
            self._check_digests(folder, measured)
            found = self._add_findings(f"{folder}/{measured['findings_file']}", measured["finding_counts"], "qc")
            self.log.extend(found)
            self.runs[run.key] = measured

    def _check_digests(self, folder: str, measured: Mapping[str, Any]) -> None:
        """What was measured is what was transferred."""
        for item in measured["files"]:
            transferred = self._transferred.get(item["name"], "")
            if item.get("sha256") and transferred and item["sha256"] != transferred:
                raise _stale(f"{folder}/qc.json ({item['name']} has changed since its transfer)", "qc")

    def _add_findings(self, relative: str, counts: Mapping[str, int], stage: str) -> list[Finding]:
        """Take over a stage's findings; what an earlier stage has said of the same place counts once.

        Returns:
            The findings that no earlier stage has said.
        """
        path = self._existing(relative, stage)
        self.inputs[relative] = artefact.sha256_of(path)
        self.counts.update(counts)
        said = {item.sort_key for item in self.findings}
        found: list[Finding] = []
        for row in artefact.read_json_lines(path):
            item = Finding.from_dict(row)
            if item.sort_key in said or not applies(item.code):
                self.counts[item.severity.value] -= item.count
            else:
                found.append(item)
        self.findings.extend(found)
        return found

    def read(self, relative: str, stage: str) -> Any:
        """Read an artefact of ``stage`` and note its digest."""
        path = self._existing(relative, stage)
        self.inputs[relative] = artefact.sha256_of(path)
        return artefact.read_json(path)

    def _existing(self, relative: str, stage: str) -> Path:
        path = self.results / relative
        if not path.is_file():
            raise SystemFault(f"{path} does not exist.", hint=f"Run the {stage} stage first, then judge again.")
        return path


def _stale(what: str, stage: str) -> SystemFault:
    return SystemFault(
        f"{what} does not belong to the other results.", hint=f"Run the {stage} stage again, then judge."
    )


def _panels(evidence: _Evidence) -> str | None:
    """The panel of genomes that the runs were compared with; several where they were measured at several times."""
    found = {run["metrics"].get("panel_version") for run in evidence.runs.values()} - {None}
    return ", ".join(sorted(found)) or None


@dataclass(frozen=True, slots=True)
class _AmongRuns:
    """What the runs of a submission say of each other: whose they are, and which are unlike the others."""

    people: tuple[Person, ...]
    pairs: tuple[Pair, ...]
    odd: tuple[Oddity, ...]


def _measured_by(evidence: _Evidence) -> str:
    """The version of dsqc whose metrics these are; several where runs were measured at several times."""
    return ", ".join(sorted({run["dsqc_version"] for run in evidence.runs.values()}))


def _measure(
    evidence: _Evidence, goals: QualityGoals, limits: Limits, taxonomy: Taxonomy
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], FindingLog, _AmongRuns]:
    """Compare every whole data file with the goals and the forms; a damaged one has its own error, partial numbers."""
    rows: list[dict[str, Any]] = []
    inferred: list[dict[str, Any]] = []
    missed = FindingLog()
    every: list[Declared] = []
    people: list[Person] = []
    of_runs: list[tuple[Run, FileResult]] = []
    forms = Forms(evidence.submission)
    for run in evidence.submission.runs():
        declared, measured = forms.declared(run), evidence.runs[run.key]
        every.append(declared)
        missed.extend(run_findings(declared, measured, limits))
        missed.extend(organism_findings(declared, measured, taxonomy, limits))
        files = list(_file_results(evidence, run, forms))
        of_runs.extend((run, file) for file in files)
        for file in files:
            results, findings = evaluate(
                goals.goals, declared.experiment, file.metrics, run_key=run.key, file=file.name
            )
            rows.extend(results)
            missed.extend([*findings, *file_findings(declared, file.name, file.metrics)])
        missed.extend(mate_findings(declared, {file.name: file.metrics for file in files}))
        counts = counts_of([file.tables for file in files])
        if counts is not None:
            people.append(Person(declared, counts))
        result = forms.run_result(declared, files, measured, taxonomy=taxonomy, limits=limits)
        inferences = infer(result)
        missed.extend(inferred_findings(result, inferences))
        inferred.append({"run_key": run.key, "attributes": inferred_rows(inferences)})
    missed.extend(repeated_findings(of_runs))
    missed.extend(depth_findings(evidence.submission, every, evidence.runs, limits))
    among = _AmongRuns(tuple(people), tuple(compare(people)), tuple(oddities(every, evidence.runs)))
    missed.extend([*identity_findings(among.pairs), *sibling_findings(among.odd)])
    return rows, inferred, missed, among


def _strata(evidence: _Evidence) -> set[Stratum]:
    """What the submission's experiments are compared with."""
    experiments = Forms(evidence.submission).experiments.values()
    return {stratum_of(experiment, experiment["research_field"]) for experiment in experiments}


def _named(peers: Reference | None, path: Path | None) -> dict[str, Any] | None:
    if peers is None or path is None:
        return None
    return {"version": peers.version, "sha256": artefact.sha256_of(path), "minimum_runs": peers.minimum_runs}


def _peers(evidence: _Evidence, reference: Reference) -> list[dict[str, Any]]:
    """Where every measured run stands among runs like it."""
    experiments = Forms(evidence.submission).experiments
    found: list[dict[str, Any]] = []
    for run in evidence.submission.runs():
        metrics = evidence.runs[run.key].get("metrics") or {}
        experiment = experiments.get(run.library_id)
        if not metrics or experiment is None:
            continue
        stratum = stratum_of(experiment, experiment["research_field"])
        found.append(
            {
                "run_key": run.key,
                **dict(zip(("platform", "library_strategy", "research_field"), stratum, strict=True)),
                "run_count": reference.run_count(stratum),
                "metrics": [asdict(item) for item in reference.standings(stratum, metrics)],
            }
        )
    return found


def _file_results(evidence: _Evidence, run: Run, forms: Forms) -> Iterator[FileResult]:
    """The whole files of a run, as qc wrote them."""
    for item in evidence.runs[run.key]["files"]:
        if item["state"] == "measured":
            yield forms.file_result(run, evidence.read(f"runs/{run.key}/{item['metrics_file']}", "qc"), item["name"])


def _reasons(every: FindingLog, decision: Decision) -> tuple[FindingGroup, ...]:
    """The groups of the findings that decided."""
    decided = {(item.code, item.severity) for item in decision.reasons}
    return tuple(group for group in every.groups() if (group.first.code, group.first.severity) in decided)


def _reason(group: FindingGroup) -> dict[str, Any]:
    """The first finding of a group, with the number and the rows of all of them."""
    whole = group.first.to_dict() | {"count": group.count, "rows": range_text(group.rows)}
    return {name: value for name, value in whole.items() if name not in ("parameters", "suggestion", "truncated")}
