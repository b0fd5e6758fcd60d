"""What commands print: one JSON object, or short tables and findings for people."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from dsqc.artefact import to_json
from dsqc.findings import CERTAIN, Finding, Suggestion
from dsqc.grouping import FindingGroup
from dsqc.language import Language, Text
from dsqc.registry import Severity

SEVERITY_LABELS = {
    Severity.ERROR: Text("error", "오류"),
    Severity.WARNING: Text("warning", "경고"),
    Severity.INFO: Text("info", "안내"),
}


def print_json(value: Any) -> None:
    """Print one JSON object on standard output."""
    sys.stdout.write(to_json(value))


def print_finding(item: Finding, language: Language) -> None:
    """Print a finding in three lines: what and where, the message, the next step."""
    label = SEVERITY_LABELS[item.severity].get(language)
    more = f" (+{item.count - 1})" if item.count > 1 else ""
    print(printable(f"{label} {item.code} {item.location}{more}"))
    print(printable(f"    {item.message(language)}"))
    print(printable(f"    → {item.fix(language)}"))


def printable(text: str) -> str:
    """``text`` for a terminal: control characters of a submitter's value are shown, not obeyed."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def print_findings(items: Iterable[Finding], language: Language, most: int | None = None) -> None:
    """Print findings, errors first; at most ``most`` of them, and say how many were left out."""
    ordered = sorted(items, key=lambda item: (item.severity.rank, item.sort_key))
    shown = ordered if most is None else ordered[:most]
    for item in shown:
        print_finding(item, language)
    rest = len(ordered) - len(shown)
    if rest:
        print(Text(f"… and {rest} more.", f"… 외 {rest}건.").get(language))


def print_group(group: FindingGroup, language: Language) -> None:
    """Print findings that read as one: what and in which rows, the message, the values, the next step."""
    label = SEVERITY_LABELS[group.first.severity].get(language)
    print(printable(f"{label} {group.first.code} {group.place().get(language)}"))
    print(printable(f"    {group.first.message(language)}"))
    values = group.value_text()
    if values:
        title = Text("values", "값") if group.first.location.sheet else Text("files", "파일")
        title = Text("columns", "열") if group.is_about_headings else title
        print(printable(f"    {title.get(language)}: {values}"))
    elif group.first.suggestion is not None:
        print(printable(f"    {_meant(group.first.suggestion).get(language)}"))
    print(printable(f"    → {group.first.fix(language)}"))


def _meant(suggestion: Suggestion) -> Text:
    """What the cell probably should hold, and whether a corrected copy gets it."""
    value = f'"{suggestion.value}"' if suggestion.value else ""
    written = Text(" (--fix writes it)", " (--fix가 고쳐 씀)") if suggestion.confidence >= CERTAIN else Text("", "")
    return Text(f"probably meant: {value or 'an empty cell'}{written.en}", f"제안: {value or '빈칸'}{written.ko}")


def print_groups(groups: Sequence[FindingGroup], language: Language, most: int) -> None:
    """Print at most ``most`` groups in their order, and say how many were left out."""
    for group in groups[:most]:
        print_group(group, language)
    rest = groups[most:]
    if rest:
        number = sum(group.count for group in rest)
        print(
            Text(
                f"… and {len(rest):,} more faults ({number:,} findings).",
                f"… 외 문제 {len(rest):,}가지({number:,}건).",
            ).get(language)
        )


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a plain table, wide Korean characters counted as two columns."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    # Without a terminal rich would cut to 80 columns; whoever reads a pipe or a log wants the whole line.
    Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(table)
