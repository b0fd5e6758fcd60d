"""What a verdict says beside its reasons: form against file, runs unlike their siblings, individuals. For curators."""

from collections.abc import Mapping
from typing import Any

from dsqc.metrics.catalogue import METRICS

MOST_DISAGREEMENTS = 200
"""Attributes that disagree of which each is told; ``verdict.json`` has them all."""

RELATIONS = {
    "same": ("of one individual", "같은 개체"),
    "parent_child": ("of parent and child", "부모와 자식"),
    "siblings": ("of siblings", "형제자매"),
    "unrelated": ("of two individuals", "다른 개체"),
    "unknown": ("not to be told", "판단 불가"),
}
DECLARED = {"same": ("one", "같음"), "different": ("two", "다름"), "unknown": ("nothing", "없음")}


def compared(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """``compared`` of ``curate show``: empty lists for verdicts of versions that did not compare.

    Args:
        verdict: content of ``verdict.json``.
    """
    rows = [{"run_key": run["run_key"], **row} for run in verdict.get("inferred") or () for row in run["attributes"]]
    answers = [row["agreement"] for row in rows]
    disagreeing = [row for row in rows if row["agreement"] == "disagree"]
    identity = verdict.get("identity") or {}
    return {
        "agree_count": answers.count("agree"),
        "disagree_count": len(disagreeing),
        "unknown_count": answers.count("cannot tell"),
        "disagreements": disagreeing[:MOST_DISAGREEMENTS],
        "siblings": [_sibling(row) for row in verdict.get("siblings") or ()],
        "individuals": [_pair(row) for row in identity.get("pairs", ())],
    }


def _sibling(row: Mapping[str, Any]) -> dict[str, Any]:
    name = METRICS[row["metric"]].name
    others, value, median = row["siblings"] - 1, f"{row['value']:.4g}", f"{row['median']:.4g}"
    return {
        **row,
        "text": f"{name.en} is {value}; of {others} runs that the forms describe alike the median is {median}.",
        "text_ko": f"{name.ko} {value}. 양식이 같다고 하는 런 {others}개의 중앙값은 {median}.",
    }


def _pair(row: Mapping[str, Any]) -> dict[str, Any]:
    (one, other), evidence = row["runs"], f"LOD {row['lod']:.1f}"
    (told, told_ko), (said, said_ko) = RELATIONS[row["relation"]], DECLARED[row["declared"]]
    sites, opposite = row["sites"], row["opposite_homozygotes"]
    return {
        **row,
        "text": f"{one} / {other}: {told} ({evidence}, {sites:,} sites, {opposite} opposite). The forms say: {said}.",
        "text_ko": f"{one} / {other}: {told_ko}({evidence}, 부위 {sites:,}개, 반대 동형접합 {opposite}개). "
        f"양식: {said_ko}.",
    }
