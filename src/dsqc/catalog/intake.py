"""A judged submission as the catalog takes it in: what the earlier stages wrote, joined."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsqc.language import Language, Text
from dsqc.model import Submission, Verdict
from dsqc.registry import rule
from dsqc.storage import StoredCopy

NO_VERSIONS: Mapping[str, str | None] = {"form": None, "rule_set": "", "vocabularies": ""}
"""Versions of a submission that was judged before results named them."""
LONGEST_NAME = 200
"""Characters kept of an alias or submitter that no rule has passed: a returned submission may hold anything."""


@dataclass(frozen=True, slots=True)
class EncryptedFile:
    """How a file of a closed submission stands in the inbox: its name there, and digests of its body."""

    name: str
    size_bytes: int
    md5: str
    sha256: str


@dataclass(frozen=True, slots=True)
class IntakeFile:
    """A data file as it was transferred: its digests are what everything later was computed from.

    ``encrypted`` says how it stands in the inbox where that is not in the clear.
    """

    name: str
    size_bytes: int
    md5: str
    sha256: str
    encrypted: EncryptedFile | None = None


@dataclass(frozen=True, slots=True)
class FindingCount:
    """How often a rule spoke at one place: ``forms`` or a run's key."""

    place: str
    code: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class Intake:
    """One judged submission.

    Attributes:
        name: the name under which the batch knows it.
        files: transferred data files by name.
        form: ``id``, ``version`` and ``package`` of the form it was judged by; empty where there was none.
        runs: ``qc.json`` of each run by its key.
        reasons: what decided the verdict, as ``verdict.json`` says it.
        versions: form, rule set and vocabularies it was judged by, as ``verdict.json`` says it.
        verdict_sha256: digest of ``verdict.json``: a curator's decision is about exactly this verdict.
    """

    name: str
    submission: Submission
    files: Mapping[str, IntakeFile]
    form: Mapping[str, str]
    runs: Mapping[str, Mapping[str, Any]]
    findings: Sequence[FindingCount]
    verdict: Verdict
    verdict_sha256: str
    reasons: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    versions: Mapping[str, str | None] = field(default_factory=lambda: dict(NO_VERSIONS))

    @property
    def alias(self) -> str:
        """The submitter's name for it; the batch's where the form gives none."""
        return clean(self.submission.alias or self.name)[:LONGEST_NAME]

    @property
    def submitter(self) -> str:
        """Who submits: the e-mail address without regard to case, else the organisation, else nobody."""
        get = self.submission.get
        who = get("submitter_email") or get("submitter_organization_en") or get("submitter_organization_ko")
        return clean(who).casefold()[:LONGEST_NAME]

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the submission in the catalog."""
        return self.submitter, self.alias

    def content_sha256(self) -> str:
        """Digest of what was handed in: the values of all sheets and the bytes of all files.

        Cells are taken by attribute and value, so that the same form as xlsx and as TSV is the same content.
        """
        sheets = {
            name: [{key: cell.value for key, cell in sorted(row.cells.items()) if cell.value} for row in sheet.rows]
            for name, sheet in self.submission.sheets.items()
        }
        files = {name: item.sha256 for name, item in self.files.items()}
        said = {"submitter": self.submitter, "alias": self.alias, "sheets": sheets, "files": files}
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the catalog does not take a submission: a rule that only the catalog can check."""

    code: str
    object: str
    object_id: str
    message: Text
    fix: Text

    def to_reason(self) -> dict[str, Any]:
        """The shape of a reason in ``verdict.json``."""
        return {
            "code": self.code,
            "severity": rule(self.code).severity.value,
            "object": self.object,
            "object_id": self.object_id,
            "value": self.object_id,
            "expected": "",
            "message": self.message.get(Language.EN),
            "message_ko": self.message.get(Language.KO),
            "fix": self.fix.get(Language.EN),
            "fix_ko": self.fix.get(Language.KO),
            "count": 1,
            "rows": "",
            "location": {},
        }


Stored = Mapping[str, Sequence[StoredCopy]]
"""The copies of each file that are in the store, whole and proven, by file name; the tier's own place first."""


def clean(value: str) -> str:
    """``value`` without NUL, which PostgreSQL does not keep in text."""
    return value.replace("\0", "")


def attributes_of(cells: Mapping[str, str]) -> dict[str, str]:
    """What the form says about an object, as the catalog keeps it."""
    return {name: clean(value) for name, value in cells.items() if value}
