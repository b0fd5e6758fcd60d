"""Runs of a batch in a row each: what the batch page, ``runs.tsv`` and MultiQC show of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsqc.language import Text
from dsqc.metrics.catalogue import METRICS
from dsqc.report import labels
from dsqc.report.batch import Record
from dsqc.report.run_page import summary_mark

METRIC_IDS = (
    "frac_bases_q30",
    "mean_phred",
    "gc_fraction",
    "n_fraction",
    "frac_reads_deduplicated",
    "frac_reads_adapter",
    "length_mean",
    "length_n50",
    "read_count",
    "human_share",
    "frac_mapped",
    "coverage_mean",
)
"""Metrics that are shown of every run, in this order."""
LOGARITHMIC = frozenset({"length_mean", "length_n50", "read_count", "coverage_mean"})
"""Metrics whose values differ by factors rather than by steps."""
LONG_READS_BP = 1000

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. ``kind`` is what it is compared with: runs of its platform, or of its length of reads.

    ``values`` are those of :data:`METRIC_IDS`; ``None`` where a metric does not apply. ``files`` holds the name of
    each data file and the page that qc wrote of it, empty where there is none.
    """

    submission: str
    key: str
    state: str
    kind: str
    files: tuple[tuple[str, str], ...]
    reads: int
    bytes: int
    style: str
    label: Text
    errors: int
    warnings: int
    values: tuple[float | None, ...]


def run_rows(record: Record) -> Iterator[RunRow]:
    """A row a planned run of a submission, measured or not."""
    results = (record.verdict or {}).get("goal_results") or ()
    missed: dict[str, Counter[str]] = {}
    for row in results:
        if not row["met"]:
            missed.setdefault(row["run_key"], Counter())[row["severity"]] += 1
    for key in record.planned_runs or record.runs:
        run = record.runs.get(key)
        if run is None:
            label, style = labels.STATES["planned"]
            nothing = (None,) * len(METRIC_IDS)
            yield RunRow(record.name, key, "planned", "", (), 0, 0, style, Text(label.en, label.ko), 0, 0, nothing)
        else:
            yield _row(record.name, key, run, missed.get(key, Counter()))


def _row(submission: str, key: str, run: Data, missed: Mapping[str, int]) -> RunRow:
    if run["state"] == "skipped":
        style, label = "none", Text("skipped", "건너뜀")
    else:
        style, label = summary_mark(run["finding_counts"], missed)
    metrics = run.get("metrics") or {}
    return RunRow(
        submission=submission,
        key=key,
        state=run["state"],
        kind=_kind(metrics),
        files=tuple((item["name"], item.get("html_file") or "") for item in run["files"]),
        reads=sum(item.get("read_count") or 0 for item in run["files"]),
        bytes=sum(item.get("size_bytes") or 0 for item in run["files"]),
        style=style,
        label=label,
        errors=run["finding_counts"].get("error", 0),
        warnings=run["finding_counts"].get("warning", 0),
        values=tuple(_number(metrics.get(name)) for name in METRIC_IDS),
    )


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _kind(metrics: Data) -> str:
    platform = metrics.get("instrument_platform")
    if platform:
        return str(platform)
    length = _number(metrics.get("length_mean"))
    if length is None:
        return ""
    return "long reads" if length >= LONG_READS_BP else "short reads"


def metric_name(name: str) -> Text:
    """The short name of a metric."""
    return METRICS[name].name


def runs_tsv(rows: Sequence[RunRow]) -> str:
    """``runs.tsv``: a row a run, a column a metric; empty cells where a metric does not apply."""
    heading = ["submission", "run", "state", "kind", "files", "bytes", "reads", "errors", "warnings", *METRIC_IDS]
    lines = ["\t".join(heading)]
    for row in rows:
        cells = [row.submission, row.key, row.state, row.kind, len(row.files), row.bytes, row.reads]
        cells += [row.errors, row.warnings, *("" if value is None else value for value in row.values)]
        lines.append("\t".join(str(cell) for cell in cells))
    return "\n".join(lines) + "\n"
