"""The programs that are measured: how they are called, their versions, and where they come from.

  python benchmarks/peers.py            which are there, which are missing and why
  python benchmarks/peers.py install    put sequali and boto3 into environments of their own under the cache directory

sequali is AGPL: it is run as a program and never installed beside dsqc.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "dsqc-bench"
SEQUALI = CACHE / "sequali" / "bin" / "sequali"
BOTO3 = CACHE / "boto3" / "bin" / "python"
DSQC = Path(sys.executable).parent / "dsqc"


@dataclass(frozen=True, slots=True)
class Job:
    """What a tool is to do.

    Attributes:
        path: of the data file.
        threads: at most so many.
        outdir: an empty directory for results.
        reference: FASTA for CRAM.
    """

    path: Path
    threads: int
    outdir: Path
    reference: Path | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A program with fixed options.

    Attributes:
        label: for tables and plots.
        program: looked up on the PATH, or a path.
        version: arguments that make it tell its version.
        command: its arguments for a job.
        source: where it comes from; why it is missing where it cannot be installed.
        slow: needs so long that three rounds must do.
    """

    label: str
    program: str
    version: str
    command: Callable[[Job], list[str]]
    source: str
    slow: bool = False

    @property
    def path(self) -> str | None:
        """Of the program; None where it is not installed."""
        return shutil.which(self.program)

    def call(self, job: Job) -> list[str]:
        """The whole command line."""
        return [self.program, *self.command(job)]


def _dsqc(job: Job) -> list[str]:
    reference = ["--reference", str(job.reference)] if job.reference else []
    return ["qc", "-q", "-@", str(job.threads), "-O", str(job.outdir), *reference, str(job.path)]


def _fastqc(job: Job) -> list[str]:
    # One file is measured by one thread; the number only gives memory (250 MB each), which long reads need.
    memory = "8" if "nanopore" in job.path.name else "1"
    return ["--quiet", "--threads", memory, "--outdir", str(job.outdir), str(job.path)]


def _fastp(job: Job) -> list[str]:
    reports = ["-j", str(job.outdir / "fastp.json"), "-h", str(job.outdir / "fastp.html")]
    return ["-A", "-G", "-Q", "-L", "-w", str(job.threads), *reports, "-i", str(job.path)]


def _samtools(command: str, *options: str, reference: str = "") -> Callable[[Job], list[str]]:
    def arguments(job: Job) -> list[str]:
        threads = ["-@", str(job.threads)] if job.threads > 1 else []
        fasta = [reference, str(job.reference)] if reference and job.reference else []
        return [command, *options, *threads, *fasta, str(job.path)]

    return arguments


def _validate(job: Job) -> list[str]:
    return ["validate", "-q", "--no-files", "--exit-zero", "--today", "2026-09-01", str(job.path)]


TOOLS = {
    "dsqc": Tool("dsqc qc", str(DSQC), "--version", _dsqc, "this repository"),
    "validate": Tool("dsqc validate", str(DSQC), "--version", _validate, "this repository"),
    "igzip": Tool("igzip -dc", "igzip", "--version", lambda job: ["-dc", str(job.path)], "apt: isal"),
    "fastqc": Tool("FastQC", "fastqc", "--version", _fastqc, "apt: fastqc", slow=True),
    "fastp": Tool("fastp (QC only)", "fastp", "--version", _fastp, "apt: fastp", slow=True),
    "seqkit": Tool(
        "seqkit stats -a",
        "seqkit",
        "version",
        lambda job: ["stats", "-a", "-j", str(job.threads), str(job.path)],
        "apt: seqkit",
        slow=True,
    ),
    "sequali": Tool(
        "sequali",
        str(SEQUALI),
        "--version",
        lambda job: ["--threads", str(job.threads), "--outdir", str(job.outdir), str(job.path)],
        "python benchmarks/peers.py install",
        slow=True,
    ),
    "falco": Tool(
        "falco",
        "falco",
        "--version",
        lambda job: ["--threads", str(job.threads), "--outdir", str(job.outdir), str(job.path)],
        "neither in Debian 12 nor on PyPI (conda, or built from source)",
    ),
    "view_c": Tool(
        "samtools view -c", "samtools", "--version", _samtools("view", "-c", reference="-T"), "apt: samtools"
    ),
    "flagstat": Tool("samtools flagstat", "samtools", "--version", _samtools("flagstat"), "apt: samtools"),
    "stats": Tool(
        "samtools stats",
        "samtools",
        "--version",
        _samtools("stats", reference="--reference"),
        "apt: samtools",
        slow=True,
    ),
    "quickcheck": Tool(
        "samtools quickcheck",
        "samtools",
        "--version",
        lambda job: ["quickcheck", str(job.path)],
        "apt: samtools",
    ),
}


@cache
def version_of(name: str) -> str:
    """The version that the program tells; empty where it tells none."""
    tool = TOOLS[name]
    done = subprocess.run([tool.program, tool.version], capture_output=True, check=False, timeout=60)
    found = re.search(r"\d+\.\d+(\.\d+)?\S*", (done.stdout + done.stderr).decode("utf-8", "replace"))
    return found.group() if found else ""


def install() -> None:
    """Make the environments of sequali and of boto3, whose botocore is not the one that s3fs needs."""
    for home, package in ((SEQUALI.parents[1], "sequali"), (BOTO3.parents[1], "boto3")):
        home.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", package], check=True)


def main() -> int:
    """List the programs, or install."""
    if sys.argv[1:] == ["install"]:
        install()
    for name, tool in TOOLS.items():
        print(f"{tool.label}\t{version_of(name) if tool.path else 'missing: ' + tool.source}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
