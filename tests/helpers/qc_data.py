"""Artefacts of the qc stage made in code: plausible distributions of several platforms, from a seed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc.findings import FindingLog, Location, finding
from dsqc.metrics.contaminants import adapters
from dsqc.metrics.duplication import LEVELS
from dsqc.metrics.gc_model import normal_curve
from dsqc.metrics.positions import display_groups
from dsqc.registry import rules


def qc_file(
    name: str = "leaf_R1.fastq.gz",
    *,
    reads: int = 20_000,
    length: int = 150,
    quality: float = 36.0,
    gc: float = 0.42,
    spread: float = 0.0,
    seed: int = 7,
    mate: str | None = None,
    damaged_at: int | None = None,
    codes: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A ``<stem>.dsqc.json``.

    Args:
        name: file name.
        reads: number of reads.
        length: length of the reads; their median where ``spread`` is more than 0.
        quality: quality at the first positions; it falls towards the end.
        gc: mean GC fraction.
        spread: sigma of a log-normal length distribution; 0 for reads of one length.
        seed: of the generator.
        mate: name of the mate's file.
        damaged_at: byte at which the container breaks; ``None`` for a whole file.
        codes: codes of further findings on the file.
    """
    rng = np.random.default_rng(seed)
    lengths = _lengths(rng, reads, length, spread)
    tables = _tables(rng, lengths, quality, gc)
    log = FindingLog()
    if damaged_at is not None:
        log.add(finding(_first("DSQC-F010"), Location(path=name, byte_offset=damaged_at, in_container=True)))
    log.extend(finding(code, Location(path=name, record=12), object_id=name, value="seen") for code in codes)
    state = "measured" if damaged_at is None else "damaged"
    return {
        "schema_version": "1.0",
        "dsqc_version": "0.1.0",
        "file": {
            "name": name,
            "format": "fastq",
            "container": "gzip",
            "size_bytes": int(lengths.sum()),
            "md5": "5d41402abc4b2a76b9719d911017c592",
            "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        },
        "mate": mate,
        "integrity": {
            "complete": damaged_at is None,
            "members": 1,
            "blocks": None,
            "end_marker": None,
            "bytes_uncompressed": int(lengths.sum() * 2 + reads * 60),
        },
        "state": state,
        "metrics": _metrics(lengths, tables, quality),
        "tables": tables,
        "findings": log.to_list(),
        "finding_counts": log.counts(),
    }


def empty_file(name: str = "empty.fastq.gz") -> dict[str, Any]:
    """A ``<stem>.dsqc.json`` of a file of which nothing could be measured."""
    data = qc_file(name, reads=10, damaged_at=0)
    data["metrics"] = dict.fromkeys(data["metrics"]) | {"read_count": 0, "base_count": 0}
    data["tables"] = {table: {column: [] for column in columns} for table, columns in data["tables"].items()}
    return data


def qc_run(key: str, files: list[dict[str, Any]], *, library_id: str = "LIB_1") -> dict[str, Any]:
    """The ``qc.json`` of a run over ``files``."""
    log: dict[str, int] = {"error": 0, "warning": 0, "info": 0}
    for data in files:
        log = {severity: number + data["finding_counts"][severity] for severity, number in log.items()}
    totals = {name: sum(data["metrics"][name] or 0 for data in files) for name in ("read_count", "base_count")}
    means = {
        name: float(np.mean([data["metrics"][name] for data in files]))
        for name in ("frac_bases_q20", "frac_bases_q30", "mean_phred", "n_fraction", "gc_fraction")
        if files and all(data["metrics"].get(name) is not None for data in files)
    }
    return {
        "schema_version": "1.0",
        "dsqc_version": "0.1.0",
        "run_key": key,
        "run_alias": key,
        "library_id": library_id,
        "state": "measured" if all(data["state"] == "measured" for data in files) else "partial",
        "files": [
            {
                **data["file"],
                "read_count": data["metrics"]["read_count"],
                "base_count": data["metrics"]["base_count"],
                "state": data["state"],
                "metrics_file": f"{stem(data['file']['name'])}.dsqc.json",
                "html_file": f"{stem(data['file']['name'])}.html",
            }
            for data in files
        ],
        "metrics": {**totals, **means},
        "pair": {"mates": [data["file"]["name"] for data in files], "pairs": totals["read_count"] // 2}
        if len(files) == 2
        else None,
        "finding_counts": log,
        "findings_file": "findings.jsonl",
    }


def stem(name: str) -> str:
    """File name without the suffixes of its format and container."""
    return name.split(".fastq", maxsplit=1)[0].removesuffix(".bam").removesuffix(".cram")


def _first(code: str) -> str:
    return code if code in rules() else next(iter(rules()))


def _lengths(rng: np.random.Generator, reads: int, length: int, spread: float) -> NDArray[np.int64]:
    if not spread:
        return np.full(reads, length, dtype=np.int64)
    return np.maximum(rng.lognormal(np.log(length), spread, reads), 50).astype(np.int64)


def _tables(rng: np.random.Generator, lengths: NDArray[np.int64], quality: float, gc: float) -> dict[str, Any]:
    edges = display_groups(int(lengths.max()))
    starts, ends = [low for low, _ in edges], [high for _, high in edges]
    share = np.array(starts) / max(ends)
    mean = quality - 5 * np.exp(-np.array(starts) / 4) - 6 * share**3 + rng.normal(0, 0.15, len(edges))
    reach = [int((lengths >= low).sum()) for low in starts]
    columns = {"p10": -9, "q1": -4, "median": 1, "q3": 2, "p90": 3}
    at = 0.5 * (1 - gc) + 0.04 * np.exp(-np.array(starts) / 5) * np.sin(np.array(starts))
    gc_counts = np.bincount(np.clip(np.round(rng.normal(gc * 100, 7, len(lengths))), 0, 100).astype(int), minlength=101)
    read_quality = np.bincount(np.clip(np.round(rng.normal(quality - 2, 2.5, len(lengths))), 0, 60).astype(int))
    return {
        "quality_by_position": {
            "position_from": starts,
            "position_to": ends,
            "reads": reach,
            "mean": [round(float(value), 4) for value in mean],
            **{name: [round(float(value + step), 1) for value in mean] for name, step in columns.items()},
        },
        "base_content": {
            "position_from": starts,
            "position_to": ends,
            "bases": [int(np.clip(lengths - low + 1, 0, high - low + 1).sum()) for low, high in edges],
            "a": [round(float(value), 6) for value in at],
            "c": [round(gc / 2, 6)] * len(edges),
            "g": [round(gc / 2 - 0.001, 6)] * len(edges),
            "t": [round(float(1 - gc - value), 6) for value in at],
            "n": [0.001] * len(edges),
        },
        "gc_content": {"gc_percent": list(range(101)), "reads": [int(value) for value in gc_counts]},
        "gc_model": {
            "gc_percent": list(range(101)),
            "reads": [float(value) for value in gc_counts],
            "normal": normal_curve(gc_counts.tolist())[1],
        },
        "quality_by_tile": {name: [] for name in ("tile", "position_from", "position_to", "deviation")},
        "duplication_levels": {"level": list(LEVELS), "percent": [90.0, 10.0] + [0.0] * (len(LEVELS) - 2)},
        "overrepresented": {name: [] for name in ("sequence", "reads", "percent", "source")},
        "adapter_content": {
            "position_from": starts,
            "position_to": ends,
            **{item.name: [0.01 * place for place in range(len(edges))] for item in adapters()},
        },
        "kmer_content": {
            name: [] for name in ("sequence", "count", "p_value", "obs_exp_max", "position_from", "position_to")
        },
        "read_length": _length_table(lengths),
        "read_quality": {
            "mean_phred": list(range(len(read_quality))),
            "reads": [int(value) for value in read_quality],
        },
    }


def _length_table(lengths: NDArray[np.int64]) -> dict[str, list[int]]:
    if lengths.min() == lengths.max():
        return {"length_from": [int(lengths[0])], "length_to": [int(lengths[0])], "reads": [len(lengths)]}
    limits = np.unique(np.geomspace(lengths.min(), lengths.max() + 1, 60).astype(np.int64))
    counts, _ = np.histogram(lengths, np.append(limits[:-1], limits[-1]))
    return {
        "length_from": [int(low) for low in limits[:-1]],
        "length_to": [int(high) - 1 for high in limits[1:]],
        "reads": [int(count) for count in counts],
    }


def _metrics(lengths: NDArray[np.int64], tables: dict[str, Any], quality: float) -> dict[str, Any]:
    ordered = np.sort(lengths)[::-1]
    half = ordered[int(np.searchsorted(np.cumsum(ordered), lengths.sum() / 2))]
    return {
        "read_count": len(lengths),
        "base_count": int(lengths.sum()),
        "length_min": int(lengths.min()),
        "length_max": int(lengths.max()),
        "length_mean": round(float(lengths.mean()), 3),
        "length_n50": int(half),
        "gc_fraction": 0.42,
        "n_fraction": 0.001,
        "mean_phred": round(float(np.mean(tables["quality_by_position"]["mean"])), 3),
        "frac_bases_q20": round(min(0.99, quality / 38), 4),
        "frac_bases_q30": round(min(0.97, quality / 40), 4),
        "frac_reads_q30": round(min(0.96, quality / 40), 4),
        "mean_read_phred_mode": int(np.argmax(tables["read_quality"]["reads"])),
        "quality_offset": 33,
        "quality_encoding": "Sanger / Illumina 1.9",
        "gc_deviation": 0.05,
        "frac_reads_deduplicated": 0.95,
    }
