"""Results of a batch of thousands of runs, as its stages leave them: several platforms, some faulty. From a seed."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dsqc.findings import FindingLog, Location, finding

PLATFORMS = ("ILLUMINA", "ILLUMINA", "ILLUMINA", "BGISEQ", "OXFORD_NANOPORE")
FIELDS = ("seed_crop", "medical_genomics", "microbiome")
NO_COUNTS = {"error": 0, "warning": 0, "info": 0}


def write_large_batch(work: Path, submissions: int, runs: int, *, seed: int = 5) -> None:
    """Write ``plan.json`` and everything under ``results/`` that a report reads.

    Args:
        work: working directory.
        submissions: how many; about one in ten is returned, one in twenty waits for a curator.
        runs: of each.
        seed: of the generator.
    """
    rng = random.Random(seed)
    keys = [f"RUN_{number:03d}" for number in range(1, runs + 1)]
    names = [f"spring-{number:05d}" for number in range(1, submissions + 1)]
    plan = [{"name": name, "source": f"/data/{name}", "runs": keys, "reachable": True, "note": ""} for name in names]
    _write(work / "plan.json", {"schema_version": "2.0", "sheet": "spring.tsv", "submissions": plan, "shards": []})
    for name in names:
        _submission(work / "results" / name, name, keys, rng)


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _submission(folder: Path, name: str, keys: Sequence[str], rng: random.Random) -> None:
    chance = rng.random()
    outcome = "returned" if chance < 0.1 else "in_curation" if chance < 0.15 else "registered"
    platform = rng.choice(PLATFORMS)
    faults = FindingLog()
    if outcome != "registered":
        for row in range(2, rng.randrange(4, 40)):
            faults.add(finding("DSQC-T015", Location("sample.tsv", "sample", row, "D", "tissue"), value=f"x{row % 3}"))
    damaged = rng.randrange(len(keys)) if outcome == "returned" else -1
    rows: list[dict[str, Any]] = faults.to_list()
    for number, key in enumerate(keys):
        found = _run(folder / "runs" / key, name, key, platform, rng, damaged=number == damaged)
        rows.extend(found)
    form = {"id": rng.choice(FIELDS), "version": "1.0.0", "package": "Plant_fungi"}
    counts = {**NO_COUNTS, "error": len(rows)}
    _write(folder / "transfer.json", {"schema_version": "1.0", "files": []})
    validation = {"form": form, "submission_alias": name, "finding_counts": counts, "groups": faults.groups_to_list()}
    _write(folder / "validate.json", validation)
    _write(folder / "profile.json", {"sheets": []})
    goals = [
        {"run_key": key, "metric": "frac_bases_q30", "met": rng.random() < 0.98, "severity": "warning"}
        for key in keys
        for _ in range(8)
    ]
    verdict = {"registered": "pass", "in_curation": "review", "returned": "fail"}[outcome]
    _write(
        folder / "verdict.json",
        {
            "verdict": verdict,
            "reasons": rows if outcome != "registered" else [],
            "reason_count": len(rows),
            "finding_counts": counts,
            "goal_results": goals,
        },
    )
    accessions = {"submission": f"KRA{rng.randrange(10**7):08d}"} if outcome == "registered" else {}
    _write(folder / "receipt.json", {"state": outcome, "accessions": accessions, "reasons": rows[:5]})


def _run(
    folder: Path, name: str, key: str, platform: str, rng: random.Random, *, damaged: bool
) -> list[dict[str, Any]]:
    log = FindingLog()
    files = [f"{name}_{key}_R{mate}.fastq.gz" for mate in ((1,) if platform == "OXFORD_NANOPORE" else (1, 2))]
    if damaged:
        log.add(finding("DSQC-F010", Location(path=files[0], byte_offset=70595, in_container=True), value="at 70595"))
    reads = int(rng.lognormvariate(16, 0.5))
    metrics = _metrics(platform, reads, rng)
    entry = {"format": "fastq", "container": "gzip", "state": "measured", "md5": "0" * 32, "sha256": "0" * 64}
    _write(
        folder / "qc.json",
        {
            "schema_version": "1.0",
            "dsqc_version": "0.1.0",
            "run_key": key,
            "run_alias": key,
            "library_id": f"LIB_{key}",
            "state": "partial" if damaged else "measured",
            "files": [
                {
                    "name": file,
                    **entry,
                    "size_bytes": reads * 60,
                    "read_count": reads,
                    "base_count": reads * 150,
                    "metrics_file": file.replace(".fastq.gz", ".dsqc.json"),
                    "html_file": file.replace(".fastq.gz", ".html"),
                }
                for file in files
            ],
            "metrics": metrics,
            "pair": None,
            "finding_counts": log.counts(),
            "findings_file": "findings.jsonl",
        },
    )
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in log.to_list())
    (folder / "findings.jsonl").write_text(lines, encoding="utf-8")
    return log.to_list()


def _metrics(platform: str, reads: int, rng: random.Random) -> dict[str, Any]:
    """Values as runs of a platform have them; one run in two hundred is far off in something."""
    long = platform == "OXFORD_NANOPORE"
    odd = rng.random() < 0.005
    length = rng.lognormvariate(9, 0.2) if long else rng.choice((100, 150, 151))
    unused = {f"further_metric_{number}": round(rng.random(), 6) for number in range(60)}
    return {
        **unused,
        "read_count": reads,
        "base_count": int(reads * length),
        "length_mean": round(length, 2),
        "length_n50": int(length * (1.7 if long else 1)),
        "gc_fraction": round(min(1, max(0, rng.gauss(0.42, 0.015) + (0.2 if odd else 0))), 6),
        "n_fraction": round(abs(rng.gauss(0.0002, 0.0001)), 8),
        "mean_phred": round(rng.gauss(18, 1) if long else rng.gauss(35.5, 0.6), 4),
        "frac_bases_q30": round(rng.gauss(0.08, 0.01) if long else min(0.99, rng.gauss(0.93, 0.01)), 6)
        * (0.6 if odd else 1),
        "frac_reads_deduplicated": None if long else round(rng.gauss(0.85, 0.04), 6),
        "frac_reads_adapter": round(abs(rng.gauss(0.01, 0.005)), 6),
        "human_share": round(0.2 if rng.random() < 0.002 else abs(rng.gauss(0, 0.0003)), 6),
        "instrument_platform": platform,
    }
