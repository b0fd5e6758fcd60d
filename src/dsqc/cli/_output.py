"""What commands print: one JSON object, or short tables and findings for people."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from dsqc.artefact import to_json
from dsqc.findings import Finding
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
