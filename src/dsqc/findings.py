"""Findings: faults of the data, with a place, a value and a next step.

A finding is data: a code of the rule registry, where it was seen, what was seen and what is allowed. Its texts are
rendered from the registry when it is written or shown, in Korean and English.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from dsqc.grouping import ABOUT_HEADINGS, FindingGroup, GroupKey, Tally
from dsqc.language import Language
from dsqc.registry import Severity, applies, rule

KEPT_PER_GROUP = 20
"""Findings kept for each (code, file); the rest are counted."""
LONGEST_VALUE = 200
"""Characters of a value that a finding quotes."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding was seen: a cell of a sheet, or a record of a data file.

    Attributes:
        path: file name, relative to the submission; never a path of this machine.
        sheet: sheet of the form (``sample``).
        row: row as a spreadsheet counts it (the heading is row 1).
        column: column letter as a spreadsheet shows it.
        attribute: attribute of the form.
        record: number of the read or alignment, from 1.
        line: line of the (uncompressed) text, from 1.
        byte_offset: offset in the uncompressed data for faults of the records; in the stored bytes for
            faults of the container (``in_container`` is true).
        in_container: whether ``byte_offset`` counts stored (compressed) bytes.
    """

    path: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    attribute: str = ""
    record: int | None = None
    line: int | None = None
    byte_offset: int | None = None
    in_container: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The fields that say something."""
        pairs = {
            "path": self.path,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "attribute": self.attribute,
            "record": self.record,
            "line": self.line,
            "byte_offset": self.byte_offset,
            "in_container": self.in_container,
        }
        return {name: value for name, value in pairs.items() if value not in ("", None) and value is not False}

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """A total order: file, sheet, row, column, record, offset."""
        nothing = -1
        return (
            self.path,
            self.sheet,
            nothing if self.row is None else self.row,
            (len(self.column), self.column),
            self.attribute,
            nothing if self.record is None else self.record,
            nothing if self.line is None else self.line,
            nothing if self.byte_offset is None else self.byte_offset,
        )

    def __str__(self) -> str:
        parts = [self.path] if self.path else []
        if self.sheet:
            parts.append(self.sheet)
        if self.row is not None:
            parts.append(f"{self.column}{self.row}" if self.column else f"row {self.row}")
        if self.attribute:
            parts.append(self.attribute)
        if self.record is not None:
            parts.append(f"record {self.record}")
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.byte_offset is not None:
            parts.append(f"{'stored byte' if self.in_container else 'byte'} {self.byte_offset}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value that was probably meant. Only a person, or ``--fix`` on a copy, puts it in place of what stands there.

    Attributes:
        value: what the cell would hold; empty to empty the cell.
        confidence: 1.0 where ``value`` says the same in the spelling that is asked for, and nothing else can be meant;
            lower, down to 0, where it is likelier than anything else. From ``CERTAIN`` on it may be put in place
            without asking.
    """

    value: str
    confidence: float


CERTAIN = 0.9
"""Confidence from which a suggestion may be put in place without a person's decision."""


class _Parameters(dict[str, Any]):
    """Template parameters; an unknown name stays visible instead of raising while we report."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of one rule. Make it with :func:`finding`."""

    code: str
    severity: Severity
    object: str
    object_id: str = ""
    location: Location = field(default_factory=Location)
    value: str = ""
    expected: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    suggestion: Suggestion | None = None
    count: int = 1
    truncated: bool = False

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """The fixed order of findings: object, place, code, value."""
        return (self.object, self.object_id, self.location.sort_key, self.code, self.value, self.expected)

    @property
    def group(self) -> tuple[str, Severity, str]:
        """What the cap counts by: code, severity and file (for sheets: the sheet)."""
        return (self.code, self.severity, self.location.sheet or self.location.path)

    @property
    def line(self) -> GroupKey:
        """What findings that read as one line have in common."""
        where = self.location
        path = where.path if where.sheet else ""
        attribute = "" if self.code in ABOUT_HEADINGS else where.attribute
        return (self.code, self.severity.value, path, where.sheet, attribute)

    def message(self, language: Language) -> str:
        """What was seen and what is allowed, in ``language``."""
        return rule(self.code).message.get(language).format_map(self._parameters(language))

    def fix(self, language: Language) -> str:
        """What to do, in ``language``."""
        return rule(self.code).fix.get(language).format_map(self._parameters(language))

    def _parameters(self, language: Language) -> _Parameters:
        unknown = "?"
        values = _Parameters(
            self.parameters,
            value=self.value,
            expected=self.expected,
            object_id=self.object_id,
            location=str(self.location),
            attribute=self.location.attribute,
            path=self.location.path,
            record=unknown if self.location.record is None else self.location.record,
            byte_offset=unknown if self.location.byte_offset is None else self.location.byte_offset,
        )
        if language is Language.KO:
            for name, text in self.parameters.items():
                if name.endswith("_ko"):
                    values[name.removesuffix("_ko")] = text
        return values

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/finding.schema.json``."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "object": self.object,
            "object_id": self.object_id,
            "location": self.location.to_dict(),
            "value": self.value,
            "expected": self.expected,
            "message": self.message(Language.EN),
            "message_ko": self.message(Language.KO),
            "fix": self.fix(Language.EN),
            "fix_ko": self.fix(Language.KO),
            "parameters": self.parameters,
            "suggestion": asdict(self.suggestion) if self.suggestion else None,
            "count": self.count,
            "truncated": self.truncated,
        }

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> "Finding":
        """Read back what :meth:`to_dict` gave; texts are rendered anew from the registry."""
        return cls(
            code=row["code"],
            severity=Severity(row["severity"]),
            object=row["object"],
            object_id=row.get("object_id", ""),
            location=Location(**row.get("location", {})),
            value=row.get("value", ""),
            expected=row.get("expected", ""),
            parameters=dict(row.get("parameters", {})),
            suggestion=Suggestion(**row["suggestion"]) if row.get("suggestion") else None,
            count=row.get("count", 1),
            truncated=row.get("truncated", False),
        )


def finding(
    code: str,
    location: Location | None = None,
    *,
    object_id: str = "",
    value: str = "",
    expected: str = "",
    severity: Severity | None = None,
    suggestion: Suggestion | None = None,
    **parameters: object,
) -> Finding:
    """Make a finding of ``code``; object type and severity come from the registry.

    Args:
        code: a code of the registry.
        location: the place; empty for a fault of the whole.
        object_id: alias of the object concerned, or the file's name.
        value: what was seen; shortened to 200 characters.
        expected: what is allowed.
        severity: only where a configured profile weighs the rule otherwise.
        suggestion: what the cell probably should hold, where that can be told.
        parameters: whatever else the rule's message template names. ``expected_ko`` takes the place of
            ``expected`` in Korean texts; so does any other name with ``_ko``.

    Raises:
        SystemFault: the registry holds no such code.
    """
    entry = rule(code)
    shortened = value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
    return Finding(
        code=code,
        severity=severity or entry.severity,
        object=entry.object,
        object_id=object_id,
        location=location or Location(),
        value=shortened,
        expected=expected,
        parameters={name: str(item) for name, item in parameters.items()},
        suggestion=suggestion,
    )


class FindingLog:
    """Collects findings with bounded memory: the first 20 of each (code, file) in the fixed order, the rest counted.

    Beside them it keeps the groups that people read: for each code and attribute of a sheet every row and every value,
    kept findings or not. The result does not depend on the order of adding: logs of parts may be merged in any order.
    """

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._kept: dict[tuple[str, Severity, str], list[Finding]] = {}
        self._counts: Counter[tuple[str, Severity, str]] = Counter()
        self._lines: dict[GroupKey, Tally] = {}
        if isinstance(findings, FindingLog):
            self.merge(findings)
        else:
            self.extend(findings)

    def add(self, item: Finding) -> None:
        """Add one finding. A finding that stands for several (``count`` > 1) counts as that many."""
        self._keep(item)
        line = item.line
        tally = self._lines.get(line)
        if tally is None:
            tally = self._lines[line] = Tally(item)
        tally.add(item)

    def _keep(self, item: Finding) -> None:
        group = item.group
        kept = self._kept.setdefault(group, [])
        self._counts[group] += item.count
        kept.append(item if item.count == 1 and not item.truncated else replace(item, count=1, truncated=False))
        if len(kept) > 2 * KEPT_PER_GROUP:
            self._shorten(kept)

    def extend(self, items: Iterable[Finding]) -> None:
        """Add many."""
        for item in items:
            self.add(item)

    def merge(self, other: "FindingLog") -> None:
        """Take over everything that ``other`` holds."""
        for item in list(other):
            self._keep(item)
        for line, tally in other._lines.items():
            self._take(line, tally)

    def take(self, findings: Iterable[Mapping[str, Any]], groups: Iterable[Mapping[str, Any]]) -> None:
        """Take over a log that was written down: its kept findings and its groups, both as plain data."""
        for row in findings:
            self._keep(Finding.from_dict(dict(row)))
        for row in groups:
            group = FindingGroup.from_dict(row, Finding.from_dict(row["first"]))
            self._take(group.first.line, Tally.of(group))

    def mapped(self, change: Callable[[Finding], Finding]) -> "FindingLog":
        """The same log with every finding changed; code, severity and place must stay as they are."""
        log = FindingLog()
        for item in self:
            log._keep(replace(change(item), count=item.count))
        for line, tally in self._lines.items():
            log._lines[line] = tally.mapped(change)
        return log

    def in_rule_set(self) -> "FindingLog":
        """The same log without findings of rules that the rule set in force does not check."""
        log = FindingLog()
        log._kept = {group: kept for group, kept in self._kept.items() if applies(group[0])}
        log._counts = Counter({group: count for group, count in self._counts.items() if applies(group[0])})
        log._lines = {line: tally for line, tally in self._lines.items() if applies(line[0])}
        return log

    def _take(self, line: GroupKey, tally: Tally) -> None:
        self._lines.setdefault(line, Tally(tally.first)).merge(tally)

    @staticmethod
    def _shorten(kept: list[Finding]) -> None:
        kept.sort(key=lambda item: item.sort_key)
        del kept[KEPT_PER_GROUP:]

    def __iter__(self) -> Iterator[Finding]:
        """Findings in their fixed order; the last kept one of a cut group carries the rest in ``count``."""
        found: list[Finding] = []
        for group, kept in self._kept.items():
            self._shorten(kept)
            rest = self._counts[group] - len(kept)
            found.extend(kept[:-1])
            found.append(replace(kept[-1], count=1 + rest, truncated=True) if rest else kept[-1])
        return iter(sorted(found, key=lambda item: item.sort_key))

    def __len__(self) -> int:
        """Findings seen, kept or not."""
        return self._counts.total()

    def counts(self) -> dict[str, int]:
        """Findings seen by severity: ``{"error": n, "warning": n, "info": n}``."""
        result = {severity.value: 0 for severity in Severity}
        for (_code, severity, _place), number in self._counts.items():
            result[severity.value] += number
        return result

    @property
    def has_errors(self) -> bool:
        """Whether any finding is an error."""
        return any(severity is Severity.ERROR for _code, severity, _place in self._counts)

    def groups(self) -> list[FindingGroup]:
        """Everything seen, as people read it: errors first, then what one correction mends most of."""
        return sorted((tally.finish() for tally in self._lines.values()), key=lambda group: group.sort_key)

    def to_list(self) -> list[dict[str, Any]]:
        """All kept findings as plain data."""
        return [item.to_dict() for item in self]

    def groups_to_list(self) -> list[dict[str, Any]]:
        """All groups as plain data."""
        return [group.to_dict() for group in self.groups()]
