"""The plan of a batch as people read it: submissions, then shards."""

import argparse
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsqc.cli._output import print_json, print_table
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.batch.plan import Plan, Shard

SHOWN = 20
"""Submissions and shards that are listed; ``--json`` has all."""
KINDS = {
    "whole": Text("whole submissions", "제출 전체"),
    "intake": Text("transfer, validate", "수신·검증"),
    "measure": Text("qc of runs", "런 QC"),
    "part": Text("parts of a file", "파일 조각"),
    "close": Text("judge, register", "판정·등록"),
}


def print_plan(plan: "Plan", args: argparse.Namespace) -> None:
    """Print ``plan``, as tables or as JSON."""
    if args.json:
        print_json(plan.to_dict())
        return
    language: Language = args.lang
    headings = (
        Text("submission", "제출"),
        Text("runs", "런"),
        Text("files", "파일"),
        Text("MB", "MB"),
        Text("source", "원본"),
        Text("note", "비고"),
    )
    rows = [
        (item.name, str(len(item.runs)), str(item.files), _megabytes(item.bytes), item.source, item.note)
        for item in plan.submissions
    ]
    _print_some(headings, rows, language)
    print()
    shard_headings = (
        Text("shard", "샤드"),
        Text("does", "하는 일"),
        Text("items", "항목"),
        Text("MB", "MB"),
        Text("expected", "예상 시간"),
        Text("asks for", "요청 자원"),
        Text("after", "선행"),
    )
    _print_some(shard_headings, [_shard_row(item, language) for item in plan.shards], language)
    print(_total(plan).get(language))


def _print_some(headings: tuple[Text, ...], rows: Sequence[tuple[str, ...]], language: Language) -> None:
    print_table([item.get(language) for item in headings], rows[:SHOWN])
    if len(rows) > SHOWN:
        more = len(rows) - SHOWN
        print(Text(f"… and {more:,} more (--json has all).", f"… 외 {more:,}개 (--json에 전부).").get(language))


def _shard_row(shard: "Shard", language: Language) -> tuple[str, ...]:
    asked = f"{shard.threads} CPU, {shard.mem_mb} MiB, {shard.runtime_minutes} min"
    after = shard.after[0] if len(shard.after) == 1 else f"{shard.after[0]}…{shard.after[-1]}" if shard.after else ""
    does = KINDS[shard.kind.value].get(language)
    return (
        shard.id,
        does,
        str(len(shard.items)),
        _megabytes(shard.bytes),
        _time(shard.predicted_seconds),
        asked,
        after,
    )


def _total(plan: "Plan") -> Text:
    runs = sum(len(item.runs) for item in plan.submissions)
    lengths = sorted(item.predicted_seconds for item in plan.shards)
    kinds = Counter(item.kind.value for item in plan.shards)
    counted = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    longest = _time(lengths[-1]) if lengths else "0 s"
    every = _time(sum(lengths))
    names = len(plan.submissions)
    return Text(
        f"{names:,} submissions, {runs:,} runs in {len(plan.shards)} shards ({counted}); "
        f"the longest takes about {longest}, all together {every}.",
        f"제출 {names:,}건, 런 {runs:,}개를 샤드 {len(plan.shards)}개로 나눔({counted}); "
        f"가장 긴 샤드 약 {longest}, 모두 합쳐 {every}.",
    )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f}"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
