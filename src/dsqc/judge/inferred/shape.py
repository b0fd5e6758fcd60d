"""The shape of reads: layout, length, the length of fragments, and their number."""

import re
from collections.abc import Iterator

from dsqc.judge.declared import MEASURED, read_counts
from dsqc.judge.inferred.model import Agreement, FileResult, Inference, RunResult, compare, percent
from dsqc.language import Text

PAIRED, SINGLE = "PAIRED", "SINGLE"
MOST_UNPAIRED = 0.5
"""Share of pairs from which alignments are those of a paired library."""
FURTHER_CYCLES = 2
"""Bases more than declared that instruments may read (151 for 150)."""
MOST_OVERLAPPING = 0.9
"""Share of overlapping pairs from which their fragments are nearly all there are."""
ADAPTERS = 130
"""Bases of the adapters that some people count to the insert."""
TIMES = 2.0
"""Another length of fragments: so many times longer or shorter."""
LEAST_PAIRS = 100
SPLICED = frozenset({"RNA-Seq", "ssRNA-seq", "snRNA-seq", "FL-cDNA", "EST", "ncRNA-Seq", "Ribo-Seq", "RIP-Seq"})
"""Strategies whose mates may lie on both sides of an intron."""
FAR_MATES = frozenset(
    {"Hi-C", "ChIA-PET", "Tethered Chromatin Conformation Capture", "CLONEEND", "Synthetic-Long-Read"}
)
_CYCLES = re.compile(r"(?<![\w.])[12]\s?[x×]\s?(\d{2,3})(?!\d)|(?<![A-Za-z])[PS]E[- ]?(\d{2,3})(?!\d)", re.ASCII)
_SPAN = re.compile(r"\s*read([12])\s*\[\s*start:\s*(\d{1,4})\s*,\s*length:\s*(\d{1,4})\s*\]\s*", re.ASCII)
SPANS = ("cdna_read", "umi_barcode_read", "cell_barcode_read", "spatial_barcode_read")


def infer_shape(run: RunResult) -> Iterator[Inference]:
    """Layout, read length, insert size, number of reads."""
    yield _layout(run)
    yield from _read_length(run)
    yield from _spans(run)
    yield _insert_size(run)
    yield _read_count(run)


def _layout(run: RunResult) -> Inference:
    declared = run.experiment.get("library_layout", "")
    inferred, basis, evidence = _told_layout(run)
    same = inferred == declared if inferred and declared in (PAIRED, SINGLE) else None
    if not same and basis == "one file":
        same = None  # mates may have been merged or left out; that a file is missing is another check's
    return Inference(
        "library_layout", declared, inferred, basis, compare(same, "library_layout", basis, declared), evidence,
        "experiment", run.declared.experiment_row, "library_layout", "DSQC-D036",
    )  # fmt: skip


def _told_layout(run: RunResult) -> tuple[str, str, Text]:
    if run.pairs:
        return PAIRED, "two files", Text(f"{run.pairs:,} pairs in two files", f"두 파일에 {run.pairs:,}쌍")
    aligned = [item for item in run.reads if item.number("paired_count") is not None]
    if aligned:
        paired, primary = (
            sum(item.number(name) or 0 for item in aligned) for name in ("paired_count", "primary_count")
        )
        text = f"{paired:,.0f} / {primary:,.0f}"
        evidence = Text(f"records with the flag of a pair: {text}", f"짝 표지가 있는 레코드: {text}")
        if not primary or 0 < paired < MOST_UNPAIRED * primary:
            return "", "", evidence
        return PAIRED if paired else SINGLE, "flags", evidence
    woven = sum(int(item.number("pair_count") or 0) for item in run.reads)
    if woven:
        return PAIRED, "interleaved", Text(f"{woven:,} pairs in one file", f"한 파일에 {woven:,}쌍")
    if len(run.reads) == 1:
        return SINGLE, "one file", Text("one file without mates", "짝이 없는 파일 하나")
    return "", "", Text("several files", "여러 파일")


def _read_length(run: RunResult) -> Iterator[Inference]:
    words = [run.experiment.get(name, "") for name in ("title", "library_construction_protocol")]
    told = {int(one or two) for text in words for one, two in _CYCLES.findall(text)}
    longest = max((int(item.number("length_max") or 0) for item in run.reads), default=0)
    if not longest:
        return
    declared = f"{max(told)}" if told else ""
    same: bool | None = None
    if told and not run.is_long_read:
        if longest <= max(told) + FURTHER_CYCLES:
            same = longest >= min(told) // 2 or None
        elif len(run.reads) > 1:
            same = False
        else:
            same = None if longest <= 2 * max(told) else False  # mates that were merged are longer
    basis = "lengths"
    field = "title" if _CYCLES.search(words[0]) else "library_construction_protocol"
    yield Inference(
        "read_length", declared, f"{longest}", basis, compare(same, "read_length", basis, declared),
        Text(f"longest read {longest}", f"가장 긴 리드 {longest}"),
        "experiment", run.declared.experiment_row, field, "DSQC-D037",
    )  # fmt: skip


def _spans(run: RunResult) -> Iterator[Inference]:
    """Where the form puts barcodes and cDNA, reads must reach."""
    files: dict[str, FileResult] = {item.role[1]: item for item in run.files if item.role in ("R1", "R2")}
    for name in SPANS:
        declared = run.experiment.get(name, "")
        found = _SPAN.fullmatch(declared)
        if not found or found.group(1) not in files:
            continue
        longest = int(files[found.group(1)].number("length_max") or 0)
        reach = int(found.group(2)) + int(found.group(3))
        if longest:
            yield Inference(
                name, declared, f"{longest}", "lengths", compare(reach <= longest, name, "lengths", declared),
                Text(f"longest read {longest}, span ends at {reach}", f"가장 긴 리드 {longest}, 구간의 끝 {reach}"),
                "experiment", run.declared.experiment_row, name, "DSQC-D037", files[found.group(1)].name,
            )  # fmt: skip


def _insert_size(run: RunResult) -> Inference:
    declared = run.experiment.get("insert_size", "")
    measured, basis, evidence = _told_insert(run)
    same: bool | None = None
    if measured is not None and declared.isascii() and declared.isdigit() and int(declared):
        nominal = int(declared)
        shortest = max(0, nominal - ADAPTERS) / TIMES
        same = shortest <= measured <= TIMES * nominal
    return Inference(
        "insert_size", declared, "" if measured is None else f"{measured:.0f}", basis,
        compare(same, "insert_size", basis, declared), evidence,
        "experiment", run.declared.experiment_row, "insert_size", "DSQC-D038",
    )  # fmt: skip


def _told_insert(run: RunResult) -> tuple[float | None, str, Text]:
    strategy = run.experiment.get("library_strategy", "")
    none = Text("fragments are longer than mates that overlap, or spliced", "짝이 겹치지 않거나 스플라이싱된 절편")
    if strategy in FAR_MATES:
        return None, "", none
    for item in run.reads:
        median, pairs = item.number("insert_size_median"), item.number("pairs_inward") or 0
        if median and pairs >= LEAST_PAIRS and strategy not in SPLICED and not (item.number("frac_reads_spliced") or 0):
            return (
                median,
                "alignments",
                Text(f"median of {pairs:,.0f} aligned pairs", f"정렬된 {pairs:,.0f}쌍의 중앙값"),
            )
    share, median = run.metrics.get("frac_pairs_overlapping"), run.metrics.get("overlap_insert_median")
    examined = run.metrics.get("overlap_pairs_examined") or 0
    if share is not None and median is not None and share >= MOST_OVERLAPPING and examined >= LEAST_PAIRS:
        return float(median), "overlap", Text(f"{percent(share)} of the mates overlap", f"짝의 {percent(share)}가 겹침")
    return None, "", none


def _read_count(run: RunResult) -> Inference:
    declared = run.declared.attributes.get("expected_read_count", "")
    counts = read_counts(run.declared, run.measured["files"])
    same: bool | None = None
    if run.measured["state"] == MEASURED and declared.isascii() and declared.isdigit() and int(declared):
        allowed = run.limits.read_count_tolerance * int(declared)
        same = any(abs(count - int(declared)) <= allowed for count in counts)
    agreement = Agreement.UNKNOWN if same is None else Agreement.AGREE if same else Agreement.DISAGREE
    files = len(run.measured["files"])
    return Inference(
        "read_count", declared, f"{counts[0]}", "counted", agreement,
        Text(f"counted in {files} files", f"파일 {files}개에서 셈"),
        "run", run.declared.run.row, "expected_read_count", "DSQC-D023",
    )  # fmt: skip
