"""FastQC's ``fastqc_data.txt`` read as tables, and compared with what dsqc measured."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dsqc.metrics.positions import NEAR

Row = list[str]
QUALITY_COLUMNS = ("mean", "median", "q1", "q3", "p10", "p90")


def read_modules(path: Path) -> dict[str, list[Row]]:
    """Module -> its rows, without headings and status."""
    modules: dict[str, list[Row]] = {}
    rows: list[Row] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(">>END_MODULE"):
            continue
        if line.startswith(">>"):
            rows = modules.setdefault(line[2:].split("\t")[0], [])
        elif not line.startswith("#"):
            rows.append(line.split("\t"))
    return modules


def differences(data: dict[str, Any], modules: dict[str, list[Row]]) -> dict[str, list[str]]:
    """Where the content of a ``<stem>.dsqc.json`` differs from FastQC's: module -> what.

    Numbers agree to the digits that doubles carry; those of positions beyond 999, which dsqc pools by ten and more, to
    half a Phred (means) or two (percentiles).
    """
    found = {
        "Basic Statistics": list(_basic(data["metrics"], modules)),
        "Per base sequence quality": list(_quality(data["tables"]["quality_by_position"], modules)),
        "Per base sequence content": list(_content(data["tables"]["base_content"], modules)),
        "Per base N content": list(_ambiguous(data["tables"]["base_content"], modules)),
        "Per sequence quality scores": list(_read_quality(data["tables"]["read_quality"], modules)),
    }
    return {module: texts for module, texts in found.items() if texts}


def _basic(metrics: dict[str, Any], modules: dict[str, list[Row]]) -> Iterator[str]:
    theirs = {row[0]: row[1] for row in modules["Basic Statistics"]}
    shortest, longest = metrics["length_min"], metrics["length_max"]
    ours = {
        "Encoding": metrics["quality_encoding"],
        "Total Sequences": str(metrics["read_count"]),
        "Sequence length": str(longest) if shortest == longest else f"{shortest}-{longest}",
        "%GC": str(int(100 * (metrics["gc_fraction"] or 0))),
    }
    for name, value in ours.items():
        if theirs[name] != value:
            yield f"{name}: {theirs[name]}, dsqc {value}"


def _quality(table: dict[str, Any], modules: dict[str, list[Row]]) -> Iterator[str]:
    rows = modules.get("Per base sequence quality", [])
    if len(rows) != len(table["mean"]):
        yield f"{len(rows)} rows, dsqc {len(table['mean'])}"
        return
    for index, row in enumerate(rows):
        last = table["position_to"][index]
        if row[0] != _label(table["position_from"][index], last):
            yield f"row {row[0]}, dsqc {_label(table['position_from'][index], last)}"
        for name, text in zip(QUALITY_COLUMNS, row[1:], strict=True):
            value = table[name][index]
            if text == "NaN":
                # FastQC gives no percentile where at most 100 reads reach.
                same = table["reads"][index] <= 100
            elif last <= NEAR:
                same = _equal(value, text)
            else:
                same = abs(value - float(text)) <= (0.5 if name == "mean" else 2.0)
            if not same:
                yield f"{row[0]} {name}: {text}, dsqc {value}"


def _content(table: dict[str, Any], modules: dict[str, list[Row]]) -> Iterator[str]:
    for index, row in enumerate(modules.get("Per base sequence content", [])):
        called = sum(table[base][index] for base in "gatc")
        for base, text in zip("gatc", row[1:], strict=True):
            if called and not _equal(100 * table[base][index] / called, text):
                yield f"{row[0]} {base}: {text}, dsqc {100 * table[base][index] / called}"


def _ambiguous(table: dict[str, Any], modules: dict[str, list[Row]]) -> Iterator[str]:
    for index, row in enumerate(modules.get("Per base N content", [])):
        if not _equal(100 * table["n"][index], row[1]):
            yield f"{row[0]}: {row[1]}, dsqc {100 * table['n'][index]}"


def _read_quality(table: dict[str, Any], modules: dict[str, list[Row]]) -> Iterator[str]:
    theirs = {int(phred): float(reads) for phred, reads in modules.get("Per sequence quality scores", [])}
    ours = {phred: float(reads) for phred, reads in zip(table["mean_phred"], table["reads"], strict=True)}
    if theirs != ours:
        yield f"{theirs}, dsqc {ours}"


def _equal(value: float | None, text: str) -> bool:
    return value is not None and math.isclose(value, float(text), rel_tol=1e-12, abs_tol=1e-12)


def _label(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"
