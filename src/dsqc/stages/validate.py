"""The validate stage: the form and its files against the rules; cheap checks before costly ones, no network."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dsqc import artefact, logs
from dsqc.crypt4gh import Keys
from dsqc.findings import Finding, FindingLog
from dsqc.forms import Form, core_labels, labels
from dsqc.limits import Limits
from dsqc.model import Submission
from dsqc.personal import PersonalCell
from dsqc.registry import RuleState, rules
from dsqc.rule_set import rule_set_version, vocabulary_versions
from dsqc.rules import Context, examine, identify
from dsqc.rules.columns import column_findings
from dsqc.rules.privacy import masking, personal_cells, redacted
from dsqc.stages._validate_files import FILE_RULES, check_listed, check_received, form_files
from dsqc.stages._validate_profile import PAGE, write_profile
from dsqc.stages._validate_sizes import CONTENT_RULES, Sizes, check_sizes
from dsqc.submission import Tables, interpret, lone_table, read_tables, readable_name
from dsqc.taxonomy import Taxonomy, open_taxonomy, taxonomy_version
from dsqc.version import __version__

DOCUMENT = "validate.json"
FINDINGS = "validate.findings.jsonl"
SUBMISSION = "submission.json"
TRANSFER = "transfer.json"
PROFILE_PAGE = PAGE
FORM_LEVEL = frozenset({"DSQC-F001", "DSQC-F002", "DSQC-F014"})
"""Findings of the transfer about names in the file sheet: the rules find them again, so they are not taken over."""


OnReceipt = Callable[[Submission, Mapping[str, Any], str], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class ValidateResult:
    """What the validate stage found.

    Attributes:
        submission: the submission with spellings set right (``Cell.raw`` is as it stood).
        form: the form it was judged by; ``None`` where it names none.
        findings: all findings, those of the transfer among them.
        document: content of ``validate.json``.
        path: where that was written; ``None`` where no directory was given.
    """

    submission: Submission
    form: Form | None
    findings: FindingLog
    document: dict[str, Any]
    path: Path | None

    @property
    def has_errors(self) -> bool:
        """Whether the submission needs a correction."""
        return self.findings.has_errors


def validate(
    inbox: Path,
    results: Path | None,
    *,
    transfer: Path | None = None,
    today: date | None = None,
    with_files: bool = True,
    sizes: Sizes | None = None,
    limits: Limits | None = None,
    kbds_strict: bool = False,
    taxonomy: Taxonomy | None = None,
    keys: Keys | None = None,
    on_receipt: OnReceipt | None = None,
) -> ValidateResult:
    """Validate one submission. The verdict at the submitter's desk is the one that the station will give.

    Args:
        inbox: directory of the submission, or its workbook; data files stand beside the form. A single text table is
            diagnosed by itself.
        results: where ``validate.json``, ``validate.findings.jsonl``, ``submission.json``, ``profile.json`` and
            ``profile.html`` go; ``None``: nowhere.
        transfer: ``transfer.json``: its findings and digests are taken over. Without it the data files are looked for
            and hashed here.
        today: the day to judge by (default: today, UTC).
        with_files: look at the data files too.
        sizes: names and sizes of the data files, where nobody can look at them; in the place of ``with_files``.
        limits: the station's limits.
        kbds_strict: count the doubtful requirements of the K-BDS guide, as the station does that says so.
        taxonomy: the snapshot that organisms are looked up in (default: the small one that dsqc ships).
        keys: of the station, to which the files of closed submissions are encrypted in its inbox.
        on_receipt: asked about the submitter's receipt once everything else is known, with the submission, the content
            of ``validate.json`` and the digest of ``transfer.json``; what it finds is added.

    Raises:
        UsageError: there is nothing at ``inbox``, or its files are encrypted and ``keys`` do not open them.
        SystemFault: a file cannot be read, or the inbox is not what ``transfer.json`` says.
    """
    log = logs.logger(stage="validate", submission=inbox.resolve().name)
    with_files = with_files and (inbox.is_dir() or lone_table(inbox.name) is None)
    day = today or datetime.now(UTC).date()
    taxonomy = taxonomy or open_taxonomy()
    read, form, findings = read_submission(inbox, kbds_strict=kbds_strict)
    submission, people = _apply_rules(read, form, Context(day, limits or Limits(), taxonomy), findings)
    findings = redacted(findings, people)
    inputs = {readable_name(path): artefact.sha256_of(path) for path in form_files(inbox)}
    if transfer is not None:
        record = artefact.read_json(transfer)
        inputs[TRANSFER] = artefact.sha256_of(transfer)
        _take_transfer(findings, record, form)
        findings.merge(check_received(read, inbox, record, inputs, with_content=with_files, keys=keys))
    elif sizes is not None:
        findings.merge(check_sizes(read, inbox, sizes, with_rules=form is not None))
    elif with_files:
        findings.merge(check_listed(read, inbox, with_rules=form is not None, ignored=results))
    findings = findings.in_rule_set()
    about = taxonomy_version(taxonomy)
    looked_into = with_files or transfer is not None
    unchecked = CONTENT_RULES if sizes is not None else () if looked_into else FILE_RULES
    document = _document(submission, form, day, inputs, findings, unchecked=unchecked)
    document["kbds_strict"] = kbds_strict
    document["taxonomy"] = about
    document["vocabularies"]["taxonomy"] = about["version"]
    if on_receipt is not None and transfer is not None:
        findings.extend(on_receipt(submission, document, inputs[TRANSFER]))
        findings = findings.in_rule_set()
        document |= {"finding_counts": findings.counts(), "groups": findings.groups_to_list()}
    path = None
    if results is not None:
        document["findings_file"] = FINDINGS
        path = _write(results, document, submission, findings)
        write_profile(results, read, form, document, masking(people))
    log.info("validated", form=form.reference if form else "", **findings.counts())
    return ValidateResult(submission, form, findings, document, path)


def _apply_rules(
    read: Submission, form: Form | None, context: Context, findings: FindingLog
) -> tuple[Submission, tuple[PersonalCell, ...]]:
    """The submission as the rules judge it, and the cells that point at people; without a form columns alone speak."""
    if form is None:
        findings.extend(column_findings(read, {}))
        return read, tuple(personal_cells(read, {}))
    prepared, found = examine(read, form, context)
    findings.extend(found)
    return prepared.submission, prepared.personal


def read_submission(path: Path, *, kbds_strict: bool = False) -> tuple[Submission, Form | None, FindingLog]:
    """Read a submission by the form that it names itself; ``None`` for a form that does not exist.

    Raises:
        UsageError: there is nothing at ``path``.
    """
    return interpret_form(read_tables(path), kbds_strict=kbds_strict)


def interpret_form(tables: Tables, *, kbds_strict: bool = False) -> tuple[Submission, Form | None, FindingLog]:
    """What sheets say by the form that they name themselves; see :func:`read_submission`."""
    named, _ = interpret(tables.only("submission"), core_labels())
    form, found = identify(named, kbds_strict=kbds_strict)
    submission, findings = interpret(tables, labels(form) if form is not None else core_labels())
    findings.extend(found)
    return submission, form, findings


def _take_transfer(findings: FindingLog, record: Mapping[str, Any], form: Form | None) -> None:
    """Take over what the transfer found, apart from what the rules find again."""
    known = FORM_LEVEL if form is not None else frozenset()
    kept = [row for row in record["findings"] if row["code"] not in known]
    if "groups" in record:
        findings.take(kept, (row for row in record["groups"] if row["code"] not in known))
    else:  # A transfer of a version that did not group; its rows are only those that were kept.
        findings.extend(map(Finding.from_dict, kept))


def _document(
    submission: Submission,
    form: Form | None,
    day: date,
    inputs: dict[str, str],
    findings: FindingLog,
    *,
    unchecked: tuple[str, ...],
) -> dict[str, Any]:
    skipped = [code for code, rule in rules().items() if rule.state is RuleState.ACTIVE and rule.needs]
    return {
        "schema_version": "1.0",
        "dsqc_version": __version__,
        "form": {"id": form.id, "version": form.version, "package": form.package} if form else None,
        "rule_set_version": rule_set_version(),
        "vocabularies": dict(vocabulary_versions()),
        "today": day.isoformat(),
        "submission_alias": submission.alias,
        "object_counts": {name: len(sheet.rows) for name, sheet in submission.sheets.items()},
        "inputs": dict(sorted(inputs.items())),
        "finding_counts": findings.counts(),
        "groups": findings.groups_to_list(),
        "findings_file": None,
        "skipped_rules": sorted({*skipped, *unchecked}),
    }


def _write(results: Path, document: dict[str, Any], submission: Submission, findings: FindingLog) -> Path:
    artefact.write_json(results / SUBMISSION, submission.to_dict())
    artefact.write_json_lines(results / FINDINGS, findings.to_list())
    path = results / DOCUMENT
    artefact.write_json(path, document)
    return path
