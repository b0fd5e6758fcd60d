"""MultiQC custom content: a table that any MultiQC (1.12 or later) shows without a plugin.

MultiQC finds files whose name ends in ``_mqc.json`` and merges those that share an ``id``, so one file a run becomes
one table over all runs.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dsqc.version import __version__

if TYPE_CHECKING:
    from dsqc.report.batch_runs import RunRow

FILE_COLUMNS: dict[str, dict[str, Any]] = {
    "state": {"title": "State", "description": "measured, or damaged: measured up to the damage", "scale": False},
    "errors": {"title": "Errors", "description": "Error findings", "format": "{:,.0f}", "scale": "Reds"},
    "warnings": {"title": "Warnings", "description": "Warning findings", "format": "{:,.0f}", "scale": "Oranges"},
    "read_count": {"title": "Reads", "description": "Reads", "format": "{:,.0f}", "scale": "Blues"},
    "base_count": {"title": "Bases", "description": "Bases", "format": "{:,.0f}", "scale": "Blues", "hidden": True},
    "length_mean": {"title": "Mean length", "description": "Mean read length", "suffix": " bp", "scale": "Greens"},
    "length_n50": {"title": "N50", "description": "Half of the bases lie in reads at least this long",
                   "suffix": " bp", "format": "{:,.0f}", "scale": "Greens", "hidden": True},
    "mean_phred": {"title": "Mean Phred", "description": "Mean quality of the bases", "max": 45, "min": 0,
                   "scale": "RdYlGn"},
    "frac_bases_q20": {"title": "Q20", "description": "Fraction of bases with a quality of at least 20",
                       "max": 1, "min": 0, "format": "{:,.3f}", "scale": "RdYlGn", "hidden": True},
    "frac_bases_q30": {"title": "Q30", "description": "Fraction of bases with a quality of at least 30",
                       "max": 1, "min": 0, "format": "{:,.3f}", "scale": "RdYlGn"},
    "gc_fraction": {"title": "GC", "description": "Fraction of called bases that are G or C",
                    "max": 1, "min": 0, "format": "{:,.3f}", "scale": "PuOr"},
    "n_fraction": {"title": "N", "description": "Fraction of bases that are not called", "max": 1, "min": 0,
                   "format": "{:,.4f}", "scale": "Oranges", "hidden": True},
    "frac_reads_deduplicated": {"title": "Unique", "description": "Fraction of reads left without duplicates",
                                "max": 1, "min": 0, "format": "{:,.3f}", "scale": "RdYlGn"},
    "frac_reads_adapter": {"title": "Adapter", "description": "Fraction of reads that show an adapter",
                           "max": 1, "min": 0, "format": "{:,.3f}", "scale": "OrRd"},
    "frac_reads_poly_g_tail": {"title": "Poly-G", "description": "Fraction of reads that end in a poly-G tail",
                               "max": 1, "min": 0, "format": "{:,.4f}", "scale": "OrRd", "hidden": True},
    "frac_pairs_adapter": {"title": "Short fragments", "description": "Fraction of pairs that read into the adapter",
                           "max": 1, "min": 0, "format": "{:,.3f}", "scale": "OrRd", "hidden": True},
    "overlap_insert_median": {"title": "Fragment", "description": "Median fragment length of overlapping pairs",
                              "suffix": " bp", "format": "{:,.0f}", "scale": "Purples", "hidden": True},
    "read_phred_by_error_median": {"title": "Read Q", "description": "Median quality of long reads, by mean error",
                                   "min": 0, "scale": "RdYlGn"},
    "frac_bases_error_q10": {"title": "Bases Q10+", "description": "Fraction of bases in long reads of Q10 or more",
                             "max": 1, "min": 0, "format": "{:,.3f}", "scale": "RdYlGn", "hidden": True},
    "channel_count": {"title": "Channels", "description": "Channels of the nanopore flow cell that gave reads",
                      "format": "{:,.0f}", "scale": "Greens", "hidden": True},
    "frac_mapped": {"title": "Mapped", "description": "Fraction of primary records that are mapped",
                    "max": 1, "min": 0, "format": "{:,.3f}", "scale": "RdYlGn"},
    "frac_duplicates": {"title": "Duplicates", "description": "Fraction of reads marked as duplicates",
                        "max": 1, "min": 0, "format": "{:,.3f}", "scale": "OrRd", "hidden": True},
    "error_rate": {"title": "Error rate", "description": "Differences from the reference by aligned bases",
                   "min": 0, "format": "{:,.4f}", "scale": "OrRd", "hidden": True},
    "insert_size_median": {"title": "Insert size", "description": "Median insert size of mapped pairs",
                           "suffix": " bp", "format": "{:,.0f}", "scale": "Purples"},
    "coverage_mean": {"title": "Depth", "description": "Mean depth of coverage", "suffix": " x",
                      "format": "{:,.1f}", "scale": "Blues"},
    "instrument_model": {"title": "Instrument", "description": "Instrument models that the names of reads allow",
                         "scale": False, "hidden": True},
}  # fmt: skip
"""Columns of the table a data file a row; the ids are dsqc's metric ids."""

RUN_COLUMNS: dict[str, dict[str, Any]] = {
    "human_share": {"title": "Human", "description": "Fraction of reads that are human, by the panel of genomes",
                    "max": 1, "min": 0, "format": "{:,.4f}", "scale": "OrRd"},
}  # fmt: skip
"""Columns of the table a run a row that the table of files has not."""

SUBMISSION_COLUMNS: dict[str, dict[str, Any]] = {
    "verdict": {"title": "Verdict", "description": "pass, review or fail", "scale": False},
    "state": {"title": "State", "description": "How the submission stands", "scale": False},
    "runs": {"title": "Runs", "format": "{:,.0f}", "scale": "Blues"},
    "files": {"title": "Files", "format": "{:,.0f}", "scale": "Blues"},
    "reads": {"title": "Reads", "format": "{:,.0f}", "scale": "Blues"},
    "errors": {"title": "Errors", "description": "Error findings", "format": "{:,.0f}", "scale": "Reds"},
    "warnings": {"title": "Warnings", "description": "Warning findings", "format": "{:,.0f}", "scale": "Oranges"},
}
"""Columns of the table a submission a row."""


def custom_content(files: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The content of ``dsqc_mqc.json``: a row a data file.

    Args:
        files: contents of ``<stem>.dsqc.json``.
    """
    rows: dict[str, dict[str, Any]] = {}
    for data in files:
        metrics = data.get("metrics") or {}
        counts = data.get("finding_counts") or {}
        row = {"state": data["state"], "errors": counts.get("error", 0), "warnings": counts.get("warning", 0)}
        for name in FILE_COLUMNS:
            if metrics.get(name) is not None:
                row[name] = metrics[name]
        rows[data["file"]["name"]] = row
    return _table(
        "dsqc_files",
        "dsqc: data files",
        "Measured over every record of each data file, in one pass.",
        FILE_COLUMNS,
        rows,
    )


def batch_content(batch: Mapping[str, Any]) -> dict[str, Any]:
    """The content of ``batch_mqc.json``: a row a submission.

    Args:
        batch: content of ``batch.json``.
    """
    rows = {
        row["submission"]: {name: row[name] for name in SUBMISSION_COLUMNS if row.get(name) is not None}
        for row in batch["submissions"]
    }
    return _table(
        "dsqc_submissions",
        "dsqc: submissions",
        "Verdict and state of each submission of the batch.",
        SUBMISSION_COLUMNS,
        rows,
    )


def runs_content(rows: "Iterable[RunRow]") -> dict[str, Any]:
    """The content of ``runs_mqc.json``: a row a run that was measured, with the metrics of all its reads together."""
    from dsqc.report.batch_runs import METRIC_IDS  # a file that is measured needs no pages of a batch

    columns = {name: FILE_COLUMNS[name] for name in ("state", "errors", "warnings")}
    columns |= {name: RUN_COLUMNS.get(name) or FILE_COLUMNS[name] for name in METRIC_IDS}
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.state in ("planned", "skipped"):
            continue
        values = {name: value for name, value in zip(METRIC_IDS, row.values, strict=True) if value is not None}
        found[f"{row.submission} {row.key}"] = {
            "state": row.state,
            "errors": row.errors,
            "warnings": row.warnings,
            **values,
        }
    return _table(
        "dsqc_runs", "dsqc: runs", "Measured over every record of all data files of each run.", columns, found
    )


def _table(
    table_id: str,
    title: str,
    description: str,
    columns: Mapping[str, Mapping[str, Any]],
    rows: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    return {
        "id": table_id,
        "section_name": title,
        "description": f"{description} Written by dsqc {__version__}.",
        "plot_type": "table",
        "pconfig": {"id": f"{table_id}_table", "title": title, "namespace": "dsqc", "col1_header": "Name"},
        "headers": {name: dict(column) for name, column in columns.items()},
        "data": {name: dict(row) for name, row in rows.items()},
    }
