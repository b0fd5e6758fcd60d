"""The page of one data file or one run: findings, metrics, proofs of integrity and plots. One file, no network."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from dsqc.language import Language, Text
from dsqc.metrics.catalogue import METRICS
from dsqc.report import labels, run_html
from dsqc.report.render import place, quantity
from dsqc.report.sections import sections

MOST_FINDINGS = 200
"""Findings that a page lists."""

Data = Mapping[str, Any]


def render(data: Data, *, pair: Data | None = None, language: Language | None = None) -> str:
    """The page of one data file.

    Args:
        data: content of its ``<stem>.dsqc.json``.
        pair: that of its mate, shown beside it.
        language: language that the page opens in; ``None`` for the browser's.
    """
    files = [data, pair] if pair else [data]
    return _page(data["file"]["name"], "", files, data.get("findings") or [], language=language)


def render_run(
    run: Data,
    files: Sequence[Data],
    findings: Sequence[Data],
    *,
    goals: Sequence[Data] = (),
    peers: Markup = Markup(""),  # noqa: B008  immutable
    disagreements: int = 0,
    back: str = "",
    language: Language | None = None,
) -> str:
    """The page of one run over all its data files.

    Args:
        run: content of its ``qc.json``.
        files: contents of the ``<stem>.dsqc.json`` of its files, in their order.
        findings: rows of its ``findings.jsonl``.
        goals: its rows of ``goal_results`` in ``verdict.json``.
        peers: what ``dsqc.report.inferred`` and ``dsqc.report.peers`` say of it.
        disagreements: attributes of which the reads say something else than the form.
        back: link to the batch page, relative to this page.
        language: language that the page opens in; ``None`` for the browser's.
    """
    subtitle = " · ".join(
        part for part in (run.get("library_id") or "", *(item["name"] for item in run["files"])) if part
    )
    return _page(
        run["run_alias"] or run["run_key"],
        subtitle,
        files,
        findings,
        goals=goals,
        peers=peers,
        disagreements=disagreements,
        back=back,
        language=language,
    )


def _page(
    title: str,
    subtitle: str,
    files: Sequence[Data],
    findings: Sequence[Data],
    *,
    goals: Sequence[Data] = (),
    peers: Markup = Markup(""),  # noqa: B008  immutable
    disagreements: int = 0,
    back: str = "",
    language: Language | None = None,
) -> str:
    ordered = sorted(findings, key=lambda row: list(labels.SEVERITIES).index(row["severity"]))
    met = sum(bool(row["met"]) for row in goals)
    missed = len(goals) - met
    page = {
        "title": title,
        "subtitle": subtitle,
        "back": back,
        "mark": _mark(files, findings, goals, disagreements),
        "findings": [finding_row(row) for row in ordered[:MOST_FINDINGS]],
        "more_findings": _more(len(ordered) - MOST_FINDINGS),
        "goals": [_goal_row(row) for row in sorted(goals, key=lambda row: row["met"])],
        "goals_missed": missed,
        "peers": peers,
        "goals_told": Text(f"{met} of {len(goals)} met", f"{len(goals)}개 중 {met}개 충족"),
        "files": [
            {"name": data["file"]["name"], "short": _short(data, files), "integrity": _integrity(data)}
            for data in files
        ],
        "metrics": _metric_rows(files),
        "sections": sections(files, [_short(data, files) for data in files]),
    }
    return run_html.page(page, language)


def _mark(files: Sequence[Data], findings: Sequence[Data], goals: Sequence[Data], disagreements: int) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for row in findings:
        counts[row["severity"]] += row["count"]
    missed = Counter(row["severity"] for row in goals if not row["met"])
    if any(data["state"] == "damaged" for data in files):
        return {"style": "bad", "text": Text("damaged", "손상됨")}
    if not files and not counts["error"]:
        return {"style": "none", "text": Text("not measured", "측정 안 됨")}
    style, text = summary_mark(counts, missed)
    if style == "good" and disagreements:
        text = Text(f"form and reads disagree: {disagreements}", f"신고한 값과 불일치 {disagreements}건")
        style = "fair"
    return {"style": style, "text": text}


def summary_mark(counts: Mapping[str, int], missed: Mapping[str, int]) -> tuple[str, Text]:
    """Style and words for a run: its errors, else its missed quality goals, else its warnings.

    Args:
        counts: findings by severity.
        missed: missed quality goals by severity.
    """
    errors, warnings, goals = counts.get("error", 0), counts.get("warning", 0), sum(missed.values())
    if errors:
        return "bad", Text(f"errors: {errors:,}", f"오류 {errors:,}건")
    if goals:
        return "bad" if missed.get("error") else "fair", Text(f"goals missed: {goals:,}", f"목표 미달 {goals:,}건")
    if warnings:
        return "fair", Text(f"warnings: {warnings:,}", f"경고 {warnings:,}건")
    return "good", Text("no faults found", "이상 없음")


def finding_row(row: Data) -> dict[str, Any]:
    """A finding (as in ``findings.jsonl``) for a template: texts in both languages and a style."""
    label, style = labels.SEVERITIES[row["severity"]]
    return {
        "label": label,
        "style": style,
        "code": row["code"],
        "message": Text(row["message"], row["message_ko"]),
        "fix": Text(row["fix"], row["fix_ko"]),
        "place": place(row["location"]),
        "count": f"{row['count']:,}",
    }


def _more(number: int) -> Text | None:
    return Text(f"… and {number:,} more.", f"… 외 {number:,}건.") if number > 0 else None


def _goal_row(row: Data) -> dict[str, Any]:
    metric = METRICS.get(row["metric"])
    if row["met"]:
        label, style = Text("met", "충족"), "good"
    elif row["value"] is None:
        label, style = Text("not measured", "측정 안 됨"), "fair"
    else:
        label, style = Text("missed", "미달"), "bad" if row["severity"] == "error" else "fair"
    return {
        "file": row["file"],
        "name": metric.name if metric else row["metric"],
        "value": _goal_value(row["value"]),
        "bound": row["bound"].replace(">=", "≥").replace("<=", "≤"),
        "label": label,
        "style": style,
    }


def _goal_value(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"  # counts whole, fractions and Phreds in four digits


def _short(data: Data, files: Sequence[Data]) -> str:
    """The file's name without what all names of the run have in common at their beginning, kept from a mark on."""
    name: str = data["file"]["name"]
    names = [item["file"]["name"] for item in files]
    if len(names) < 2:
        return name
    common = 0
    while all(len(other) > common and other[common] == name[common] for other in names):
        common += 1
    start = max(name.rfind(mark, 0, common) for mark in "_.-") + 1
    return name[start:] if start else name


def _metric_rows(files: Sequence[Data]) -> list[tuple[Text, list[dict[str, Any]]]]:
    """The metrics that at least one file has, in the order of the catalogue, by what they apply to."""
    groups: dict[str, list[dict[str, Any]]] = {kind: [] for kind in labels.APPLIES_TO}
    for metric in METRICS.values():
        values = [(data.get("metrics") or {}).get(metric.id) for data in files]
        if any(value is not None for value in values):
            unit = "text" if metric.id == "quality_offset" else metric.unit
            groups[metric.applies_to].append(
                {
                    "id": metric.id,
                    "name": metric.name,
                    "values": [quantity(value, unit) for value in values],
                    "words": metric.unit == "text",
                }
            )
    return [(labels.APPLIES_TO[kind], rows) for kind, rows in groups.items() if rows]


def _integrity(data: Data) -> list[dict[str, Any]]:
    file, proof = data["file"], data.get("integrity") or {}
    complete, fingerprint = bool(proof.get("complete")), data.get("fingerprint") or {}
    rows: list[dict[str, Any]] = [
        {
            "name": Text("Read to the end", "끝까지 읽음"),
            "value": Text("complete", "온전함") if complete else Text("damaged", "손상됨"),
            "style": "good" if complete else "bad",
        },
        {"name": Text("Format", "형식"), "value": f"{file['format']} · {file['container']}"},
        {"name": Text("Size", "크기"), "value": f"{quantity(file['size_bytes'], 'bytes')} ({file['size_bytes']:,} B)"},
        {"name": Text("Uncompressed", "압축 해제 크기"), "value": _bytes(proof.get("bytes_uncompressed"))},
        {"name": Text("Container members", "압축 구성원 수"), "value": _number(proof.get("members"))},
        {"name": Text("Container blocks", "압축 블록 수"), "value": _number(proof.get("blocks"))},
        {"name": Text("End marker", "끝 표지"), "value": _yes_no(proof.get("end_marker"))},
        {"name": "MD5", "value": file.get("md5") or "", "digest": True},
        {"name": "SHA-256", "value": file.get("sha256") or "", "digest": True},
        {"name": "CRC-64/NVME", "value": file.get("crc64nvme") or "", "digest": True},
        {
            "name": Text("Fingerprint of reads", "리드 지문"),
            "value": fingerprint.get("reads") or "",
            "digest": True,
        },
        {
            "name": Text("Fingerprint of sequences", "서열 지문"),
            "value": fingerprint.get("sequences") or "",
            "digest": True,
        },
    ]
    return [{"style": "", "digest": False} | row for row in rows if row["value"]]


def _bytes(number: int | None) -> str:
    return "" if number is None else quantity(number, "bytes")


def _number(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _yes_no(value: bool | None) -> Text | str:
    return "" if value is None else labels.YES if value else labels.NO
