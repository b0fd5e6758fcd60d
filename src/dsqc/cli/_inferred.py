"""What ``dsqc judge`` and ``dsqc validate --reads`` print of form against file: how often they agree, and where not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dsqc.language import Language, Text

SHOWN = 20
"""Lines printed where not all were asked for; ``verdict.json`` has every attribute."""
MARKS = {"agree": "✓", "disagree": "✗", "cannot tell": "·"}

Data = Mapping[str, Any]


def print_inferred(document: Data, language: Language, *, every: bool = False) -> None:
    """Print form against file of a verdict: a line of counts, then the attributes that disagree.

    Args:
        document: content of ``verdict.json``.
        language: of the lines.
        every: also the attributes that agree, and those that cannot be told.
    """
    from dsqc.cli._output import printable

    runs: Sequence[Data] = document.get("inferred") or ()
    rows = [(run["run_key"], row) for run in runs for row in run["attributes"]]
    if not rows:
        return
    number = {answer: sum(row["agreement"] == answer for _, row in rows) for answer in MARKS}
    print(
        Text(
            f"Form against file: {number['agree']:,} agree, {number['disagree']:,} disagree, "
            f"{number['cannot tell']:,} cannot be told.",
            f"신고한 값과 데이터의 비교: 일치 {number['agree']:,}, 불일치 {number['disagree']:,}, "
            f"알 수 없음 {number['cannot tell']:,}.",
        ).get(language)
    )
    chosen = rows if every else [(key, row) for key, row in rows if row["agreement"] == "disagree"]
    for line in lines(chosen if every else chosen[:SHOWN], language):
        print(printable(line))
    if not every and len(chosen) > SHOWN:
        rest = len(chosen) - SHOWN
        print(Text(f"… and {rest:,} more (--all lists them).", f"… 외 {rest:,}건(--all로 모두 표시).").get(language))


def lines(rows: Sequence[tuple[str, Data]], language: Language) -> Iterator[str]:
    """A line an attribute: its mark, the run, and what :func:`dsqc.report.inferred.said` says of it."""
    from dsqc.report.inferred import said

    for key, row in rows:
        yield f"{MARKS[row['agreement']]} {key} {said(row).get(language)}"
