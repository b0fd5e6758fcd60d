"""What the batch page holds of every submission, taken in one submission after the other.

A record of a large submission is megabytes; of thousands of runs only the rows are kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsqc.grouping import ABOUT_HEADINGS, parse_rows, row_text
from dsqc.language import Text
from dsqc.registry import rules
from dsqc.report import labels
from dsqc.report.batch import OUTCOMES, Record, Summary, top_reasons
from dsqc.report.batch_runs import RunRow, run_rows
from dsqc.report.render import place

MOST_GROUPS = 12
"""Faults that a submission lists, so that a page over a thousand submissions stays quick."""
MOST_PLACES = 3
"""Places named for each code."""

Data = Mapping[str, Any]


@dataclass(slots=True)
class Cause:
    """A code that decided against submissions, or made a curator look: in how many, and how often."""

    code: str
    severity: str
    name: Text
    submissions: int = 0
    findings: int = 0


@dataclass(slots=True)
class Entry:
    """One submission of the page: its row of ``batch.json``, its faults, its place in the rows of runs."""

    row: Data
    groups: list[dict[str, Any]]
    more_groups: int
    has_profile: bool
    first_run: int
    run_count: int
    codes: tuple[str, ...]


@dataclass(slots=True)
class Digest:
    """Everything of a batch that its page, ``batch.json``, ``runs.tsv`` and MultiQC show."""

    summary: Summary = field(default_factory=Summary)
    entries: list[Entry] = field(default_factory=list)
    runs: list[RunRow] = field(default_factory=list)
    causes: dict[str, Cause] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Take in one submission; the record may be forgotten afterwards."""
        row = self.summary.add(record)
        groups = _groups(record)
        first = len(self.runs)
        self.runs.extend(run_rows(record))
        reasons = top_reasons((record.verdict or {}).get("reasons") or ())
        if row["outcome"] in ("returned", "in_curation"):
            self._count(reasons)
        self.entries.append(
            Entry(
                row,
                groups[:MOST_GROUPS],
                max(0, len(groups) - MOST_GROUPS),
                record.profile is not None,
                first,
                len(self.runs) - first,
                tuple(reason["code"] for reason in reasons),
            )
        )

    def _count(self, reasons: Sequence[Data]) -> None:
        for reason in reasons:
            code = reason["code"]
            if code not in self.causes:
                rule = rules().get(code)
                name = rule.name if rule else Text(reason["message"], reason["message_ko"])
                self.causes[code] = Cause(code, reason["severity"], name)
            self.causes[code].submissions += 1
            self.causes[code].findings += reason["count"]

    def ordered(self) -> list[Entry]:
        """The submissions, the worst first, as in ``batch.json``."""
        return sorted(self.entries, key=lambda entry: _worst(entry.row))

    def ordered_causes(self) -> list[Cause]:
        """Why submissions went back, what concerns most of them first."""
        return sorted(self.causes.values(), key=lambda item: (-item.submissions, -item.findings, item.code))


def _worst(row: Data) -> tuple[Any, ...]:
    return OUTCOMES.index(row["outcome"]), -row["errors"], -row["warnings"], row["submission"]


def _groups(record: Record) -> list[dict[str, Any]]:
    """The submission's faults: those of its sheets as validate grouped them, those of its data files by code.

    Errors first, then what one correction mends most of; findings of missed quality goals come from the verdict.
    """
    goals = [row for row in (record.verdict or {}).get("reasons") or () if row["code"].startswith("DSQC-Q")]
    by_code: dict[str, list[Data]] = {}
    for row in [*record.findings, *goals]:
        by_code.setdefault(row["code"], []).append(row)
    found = [(group["severity"], _sheet_group(group)) for group in (record.validation or {}).get("groups") or ()]
    found += [(rows[0]["severity"], _file_group(code, rows)) for code, rows in sorted(by_code.items())]
    found.sort(key=lambda pair: list(labels.SEVERITIES).index(pair[0]))
    return [group for _severity, group in found]


def _sheet_group(group: Data) -> dict[str, Any]:
    first = group["first"]
    shown, more = _group_place(group)
    return {
        **_texts(first),
        "code": group["code"],
        "count": group["count"],
        "places": [shown] if shown.en else [],
        "more": more if more > 0 and shown.en else 0,
    }


def _group_place(group: Data) -> tuple[Text, int]:
    """Where a group was found, and how many places that leaves out."""
    where, number = group["first"]["location"], group["row_count"]
    if group["code"] in ABOUT_HEADINGS:
        sheet = place({**where, "row": None, "column": "", "attribute": ""})
        names = ", ".join(item["value"] for item in group["values"])
        return Text(f"{sheet.en} · {names}", f"{sheet.ko} · {names}"), group["value_count"] - len(group["values"])
    if number > 1:
        column = place({**where, "row": None, "column": ""})
        rows = row_text(parse_rows(group["rows"]), where.get("column", ""))
        return Text(f"{column.en} · {rows} (rows: {number:,})", f"{column.ko} · {rows} ({number:,}행)"), 0
    others = group["count"] if where.get("sheet") else group["value_count"]
    return place(where), others - 1


def _file_group(code: str, rows: Sequence[Data]) -> dict[str, Any]:
    count = sum(row["count"] for row in rows)
    shown = [place(row["location"]) for row in rows[:MOST_PLACES]]
    more = count - len(shown)
    return {
        **_texts(rows[0]),
        "code": code,
        "count": count,
        "places": [text for text in shown if text.en],
        "more": more if more > 0 and shown[0].en else 0,
    }


def _texts(row: Data) -> dict[str, Any]:
    return {
        "severity": row["severity"],
        "message": Text(row["message"], row["message_ko"]),
        "fix": Text(row["fix"], row["fix_ko"]),
    }


def digest(records: Iterable[Record]) -> Digest:
    """The digest of ``records``."""
    found = Digest()
    for record in records:
        found.add(record)
    return found
