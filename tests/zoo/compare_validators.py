"""What other validators say of the files of the zoo: a Markdown table on standard output.

Every program that is installed is asked; those that are not are left out. A damage counts as noticed where the program
ends with another exit status than 0 (a library: raises an exception). Takes some minutes.

  python tests/zoo/compare_validators.py > docs/zoo.md
"""

import contextlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import dsqc
from dsqc.errors import ExitCode
from zoo.case import Case
from zoo.cases import KINDS

PATIENCE = 20
"""Seconds until a program that does not end is stopped."""
TOGETHER = 12
"""Files that FastQC is given at once."""
NOTICED, SAID, SILENT, ACCEPTED, REFUSED, HANGS = "yes", "says", "**no**", "ok", "refuses", "hangs"
TEXT_FASTQ = (".fastq", ".fastq.gz")
PACKED_FASTQ = (*TEXT_FASTQ, ".fastq.bz2", ".fastq.xz", ".fastq.zst")
ALIGNED = (".bam", ".cram")
HEAD = """# The zoo of broken files, and what validators say of it

Made by `tests/zoo/compare_validators.py` from the cases of `tests/zoo/`, which are made by code from valid data; each
is tested with its expected codes and place. `yes`: the damage was noticed (exit status not 0, or an exception); `says`:
a message and exit status 0; `**no**`: nothing; `ok`: a valid file was accepted; `refuses`: a valid file was not;
`hangs`: no end within {patience} seconds; empty: not for this kind of file, or not what the program claims to check.

A new case is one entry in `tests/zoo/containers.py`, `grammar.py`, `pairs.py` or `alignments.py`: a function that makes
the damage, its codes, its place, and why it matters. `tests/fuzz/fuzz_reads.py` goes on from there with random damages.

`broken*`: damage that leaves no trace in the file, so that no reader can notice it: an expected number of reads, a
checksum from the sender, or (for mates) the other file is needed.
"""


@dataclass(frozen=True)
class Validator:
    """A program or library, and how it is asked.

    Attributes:
        name: heading of its column.
        version: as it says itself.
        endings: of the files that it is for.
        ask: the files of a case, its reference -> what it said.
        pairs: it compares mates.
        only: the kind of case that it claims to check, where it is one.
    """

    name: str
    version: str
    endings: tuple[str, ...]
    ask: Callable[[Sequence[Path], Path | None], str]
    pairs: bool = False
    only: str = ""

    def takes(self, case: Case) -> bool:
        """Whether the case is one for this validator."""
        claims = not self.only or case in KINDS[self.only]
        return claims and case.file.endswith(self.endings) and (self.pairs or case.mate is None)


def command(make: Callable[[Sequence[Path], Path | None], list[str]], says: str = r"(?!)") -> Callable[..., str]:
    """Ask a program by its exit status; ``says`` matches a complaint in what it prints."""

    def ask(paths: Sequence[Path], reference: Path | None) -> str:
        try:
            done = subprocess.run(
                make(paths, reference), stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            return HANGS
        if done.returncode:
            return NOTICED
        return SAID if re.search(says, (done.stdout + done.stderr).decode("utf-8", "replace")) else SILENT

    return ask


def library(read: Callable[[Sequence[Path]], Iterable[object]]) -> Callable[..., str]:
    """Ask a library by its exceptions."""

    def ask(paths: Sequence[Path], _reference: Path | None) -> str:
        try:
            for _record in read(paths):
                pass
        except Exception:  # whatever it raises, it noticed
            return NOTICED
        return SILENT

    return ask


def ask_dsqc(paths: Sequence[Path], reference: Path | None) -> str:
    """Ask this project, as ``dsqc qc`` does."""
    result = dsqc.qc(*paths, paired=len(paths) == 2, reference=reference)
    return NOTICED if result.exit_code is ExitCode.FINDINGS else SILENT


def decompressor(paths: Sequence[Path], reference: Path | None) -> str:
    """Ask the program that belongs to the ending."""
    program = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}[paths[0].suffix]
    if shutil.which(program) is None:
        return ""
    return command(lambda files, _reference: [program, "-t", *map(str, files)])(paths, reference)


def samtools_reads(paths: Sequence[Path], reference: Path | None) -> list[str]:
    """Read the whole file with samtools."""
    first = paths[0]
    if first.suffix in (".bam", ".cram", ".sam"):
        return ["samtools", "view", "-c", *(["-T", str(reference)] if reference else []), str(first)]
    if len(paths) == 2:
        return ["samtools", "import", "-1", str(first), "-2", str(paths[1]), "-o", "/dev/null"]
    return ["samtools", "import", "-0", str(first), "-o", "/dev/null"]


def fastp(paths: Sequence[Path], _reference: Path | None) -> list[str]:
    """fastp without any filter; it writes its reports in any case."""
    mates = ["-I", str(paths[1])] if len(paths) == 2 else []
    reports = ["-j", str(paths[0]) + ".fastp.json", "-h", str(paths[0]) + ".fastp.html"]
    return ["fastp", "-i", str(paths[0]), *mates, *reports, "-A", "-Q", "-L", "-w", "1"]


def version_of(program: list[str]) -> str:
    """The first number with dots that a program prints."""
    done = subprocess.run(program, capture_output=True, check=False)
    found = re.search(r"\d+(\.\d+)+", (done.stdout + done.stderr).decode("utf-8", "replace"))
    return found[0] if found else ""


def validators() -> list[Validator]:
    """All that can be asked here."""
    found = [Validator("dsqc", dsqc.__version__, ("",), ask_dsqc, pairs=True)]
    if shutil.which("gzip"):
        endings = tuple(ending for ending in PACKED_FASTQ if ending != ".fastq")
        found.append(
            Validator("decompressor -t", version_of(["gzip", "--version"]), endings, decompressor, only="containers")
        )
    if shutil.which("samtools"):
        version = version_of(["samtools", "--version"])
        quick = command(lambda paths, _reference: ["samtools", "quickcheck", "-v", "-u", str(paths[0])])
        found.append(Validator("samtools quickcheck", version, ALIGNED, quick))
        whole = command(samtools_reads, r"(?i)error|truncated|no EOF|missing")
        found.append(Validator("samtools import, view", version, (*TEXT_FASTQ, *ALIGNED, ".sam"), whole, pairs=True))
    if shutil.which("fastp"):
        ask = command(fastp, r"(?i)error|warning|ignore")
        found.append(Validator("fastp", version_of(["fastp", "--version"]), TEXT_FASTQ, ask, pairs=True))
    if shutil.which("seqkit"):
        ask = command(lambda paths, _reference: ["seqkit", "stats", "-a", str(paths[0])], r"(?i)warn|err")
        found.append(Validator("seqkit stats", version_of(["seqkit", "version"]), PACKED_FASTQ, ask))
    if shutil.which("fq"):
        ask = command(lambda paths, _reference: ["fq", "lint", *map(str, paths)])
        found.append(Validator("fq lint", version_of(["fq", "--version"]), TEXT_FASTQ, ask, pairs=True))
    return found + libraries()


def libraries() -> list[Validator]:
    """Python libraries that read FASTQ."""
    found = []
    with contextlib.suppress(ImportError):
        import pysam

        pysam.set_verbosity(0)
        ask = library(lambda paths: pysam.FastxFile(str(paths[0])))
        found.append(Validator("pysam.FastxFile", importlib.metadata.version("pysam"), TEXT_FASTQ, ask))
    with contextlib.suppress(ImportError):
        import dnaio

        ask = library(lambda paths: dnaio.open(*map(str, paths)))
        found.append(Validator("dnaio", importlib.metadata.version("dnaio"), PACKED_FASTQ, ask, pairs=True))
    with contextlib.suppress(ImportError):
        import gzip

        from Bio import SeqIO

        def parse(paths: Sequence[Path]) -> Iterable[object]:
            with gzip.open(paths[0], "rt", encoding="utf-8") as file:
                yield from SeqIO.parse(file, "fastq")

        found.append(Validator("Biopython", importlib.metadata.version("biopython"), (".fastq.gz",), library(parse)))
    return found


def fastqc(folders: dict[str, Path], cases: Sequence[Case]) -> tuple[str, dict[str, str]]:
    """Version, and what FastQC said of each case: several files in a run, because its start takes seconds."""
    if shutil.which("fastqc") is None:
        return "", {}
    asked = [case for case in cases if case.file.endswith(TEXT_FASTQ) and case.mate is None]
    said: dict[str, str] = {}
    for start in range(0, len(asked), TOGETHER):
        part = asked[start : start + TOGETHER]
        try:
            said |= _fastqc_of(folders, part, 5 * PATIENCE)
        except subprocess.TimeoutExpired:
            for case in part:
                try:
                    said |= _fastqc_of(folders, [case], 2 * PATIENCE)
                except subprocess.TimeoutExpired:
                    said[case.name] = HANGS
    return version_of(["fastqc", "--version"]), said


def _fastqc_of(folders: dict[str, Path], cases: Sequence[Case], patience: float) -> dict[str, str]:
    said = {}
    with tempfile.TemporaryDirectory() as out:
        links = [Path(out) / f"{case.name}{case.file.removeprefix('reads')}" for case in cases]
        for case, link in zip(cases, links, strict=True):
            link.symlink_to(folders[case.name] / case.file)
        done = subprocess.run(
            ["fastqc", "-q", "-o", out, *map(str, links)], capture_output=True, timeout=patience, check=False
        )
        messages = done.stderr.decode("utf-8", "replace")
        for case, link in zip(cases, links, strict=True):
            report = Path(out) / f"{re.sub(r'(.fastq)?(.gz)?$', '', link.name)}_fastqc.html"
            complained = not report.exists() or f"process {link.name}" in messages
            said[case.name] = (NOTICED if done.returncode else SAID) if complained else SILENT
    return said


def worded(case: Case, said: str) -> str:
    """What was said, in the words of the table: of a file that is accepted, silence is right."""
    if case.truth == "broken" or not said:
        return said
    return {SILENT: ACCEPTED, NOTICED: REFUSED, SAID: SAID}.get(said, said)


def main() -> int:
    """Ask all, print the table."""
    asked = validators()
    cases = [case for group in KINDS.values() for case in group]
    names = [item.name for item in asked]
    answers: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as home:
        folders = {case.name: Path(home) / case.name for case in cases}
        for case in cases:
            paths, reference = case.write(folders[case.name])
            said = {item.name: item.ask(paths, reference) if item.takes(case) else "" for item in asked}
            answers[case.name] = {name: worded(case, word) for name, word in said.items()}
        version, said_by_fastqc = fastqc(folders, cases)
    if version:
        names.append("FastQC")
        for case in cases:
            answers[case.name]["FastQC"] = worded(case, said_by_fastqc.get(case.name, ""))
    versions = {item.name: item.version for item in asked} | {"FastQC": version}
    _print(HEAD.format(patience=PATIENCE))
    _print_sums(cases, names, versions, answers)
    for kind, group in KINDS.items():
        _print(f"\n## {kind.capitalize()}\n")
        _print_row(["case", "truth", *names])
        _print_row(["---"] * (2 + len(names)))
        for case in group:
            truth = case.truth + ("*" if case.silent else "")
            _print_row([case.name, truth, *(answers[case.name][name] for name in names)])
    return 0


def _print_sums(
    cases: Sequence[Case], names: Sequence[str], versions: dict[str, str], answers: dict[str, dict[str, str]]
) -> None:
    _print_row(["validator", "version", "damages noticed", "only a message", "not noticed", "valid files refused"])
    _print_row(["---"] * 6)
    broken = [case.name for case in cases if case.truth == "broken"]
    sound = [case.name for case in cases if case.truth != "broken"]
    for name in names:
        words = [answers[case][name] for case in broken if answers[case][name]]
        refused = sum(answers[case][name] in (REFUSED, HANGS) for case in sound)
        number = sum(bool(answers[case][name]) for case in sound)
        sums = [f"{words.count(NOTICED)} of {len(words)}", str(words.count(SAID)), str(words.count(SILENT))]
        _print_row([name, versions[name], *sums, f"{refused} of {number}"])


def _print_row(cells: Sequence[str]) -> None:
    _print(f"| {' | '.join(cells)} |")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
