"""`dsqc qc` on one gzip FASTQ against FastQC and against pure decompression, in the same run.

FastQC is Debian's package; `igzip -dc` (package isal) is the limit of one core.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from make_reads import make
from measure import in_turn, median

SIZES = {"toy": 2.0, "full": 600.0}
"""Megabytes of text."""
DATA = Path(__file__).parent / "data"


def main(size: str, runs: int) -> Iterator[dict[str, Any]]:
    """Yield one record a program: medians over ``runs``, and the ratio to dsqc pair by pair."""
    reads_file = DATA / f"illumina_binned_{size}.fastq.gz"
    reads = make(reads_file, SIZES[size])
    with tempfile.TemporaryDirectory() as place:
        dsqc = str(Path(sys.executable).parent / "dsqc")
        commands = {
            "dsqc qc -@ 2": [dsqc, "qc", "-q", "-@", "2", "-O", f"{place}/dsqc2", str(reads_file)],
            "dsqc qc -@ 1": [dsqc, "qc", "-q", "-@", "1", "-O", f"{place}/dsqc1", str(reads_file)],
        }
        if shutil.which("fastqc"):
            Path(place, "fastqc").mkdir()
            commands["fastqc"] = ["fastqc", "--quiet", "--outdir", f"{place}/fastqc", str(reads_file)]
        if shutil.which("igzip"):
            commands["igzip -dc"] = ["igzip", "-dc", str(reads_file)]
        results = in_turn(commands, runs)
        report = json.loads(next(Path(place, "dsqc2").glob("*.dsqc.json")).read_text(encoding="utf-8"))
    counted = report["metrics"]["read_count"]
    if counted != reads:
        raise SystemExit(f"dsqc counted {counted} reads in a file of {reads}")
    reference = results["dsqc qc -@ 2"]
    for name, measured in results.items():
        if any(item.exit_code for item in measured):
            raise SystemExit(f"{name} ended with {[item.exit_code for item in measured]}")
        yield {
            "topic": "qc_fastq",
            "size": size,
            "program": name,
            "reads": reads,
            "megabytes": SIZES[size],
            "wall_s": median([item.wall_s for item in measured]),
            "cpu_s": median([item.cpu_s for item in measured]),
            "peak_mib": median([item.peak_mib for item in measured]),
            "wall_over_dsqc": median([a.wall_s / b.wall_s for a, b in zip(measured, reference, strict=True)]),
        }
