"""Fingerprints of data files: what reads they hold, whatever their order, names, format and compression."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc.errors import ExitCode
from dsqc.findings import FindingLog
from dsqc.fingerprint import Fingerprint, Identity, total
from dsqc.formats import ReadSource, open_reads, standard_input
from dsqc.metrics.batch import check_batch, sequenced_reads
from dsqc.metrics.encoding import decide_encoding
from dsqc.stages._inputs import ALIGNED, STANDARD_INPUT, check_inputs

ALIGNED_OFFSET = 33


@dataclass(frozen=True, slots=True)
class FingerprintFile:
    """One data file.

    Attributes:
        name: the file's name.
        identity: its fingerprint; None where it was not read to its end, or holds data that no checksum vouches for.
        findings: everything that was found while it was read.
    """

    name: str
    identity: Identity | None
    findings: FindingLog


@dataclass(frozen=True, slots=True)
class FingerprintResult:
    """What :func:`fingerprint` found."""

    files: tuple[FingerprintFile, ...]

    @property
    def union(self) -> Identity | None:
        """The fingerprint of all files together; None where one of them has none."""
        parts = [item.identity for item in self.files if item.identity is not None]
        return total(parts) if len(parts) == len(self.files) else None

    @property
    def same_reads(self) -> list[list[int]]:
        """Numbers of the files (from 0) that hold the same reads, in groups of two and more."""
        return self._groups(lambda identity: (identity.reads, identity.read_count))

    @property
    def same_sequences(self) -> list[list[int]]:
        """Numbers of the files (from 0) that hold the same sequences, in groups of two and more."""
        return self._groups(lambda identity: (identity.sequences, identity.read_count))

    @property
    def findings(self) -> FindingLog:
        """Findings of all files together."""
        merged = FindingLog()
        for item in self.files:
            merged.merge(item.findings)
        return merged

    @property
    def exit_code(self) -> ExitCode:
        """3 where there is an error finding, else 0."""
        return ExitCode.FINDINGS if self.findings.has_errors else ExitCode.DONE

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/fingerprint.schema.json``."""
        return {
            "schema_version": "1.0",
            "files": [
                {
                    "name": item.name,
                    "fingerprint": item.identity.to_dict() if item.identity else None,
                    "findings": item.findings.to_list(),
                }
                for item in self.files
            ],
            "union": self.union.to_dict() if self.union else None,
            "same_reads": self.same_reads,
            "same_sequences": self.same_sequences,
            "finding_counts": self.findings.counts(),
        }

    def _groups(self, key: Callable[[Identity], tuple[int, int]]) -> list[list[int]]:
        groups: dict[tuple[int, int], list[int]] = {}
        for number, item in enumerate(self.files):
            if item.identity is not None:
                groups.setdefault(key(item.identity), []).append(number)
        return [group for group in groups.values() if len(group) > 1]


def fingerprint(*paths: str | Path, threads: int = 2, reference: str | Path | None = None) -> FingerprintResult:
    """Read data files once, whole, and fingerprint their reads.

    Args:
        paths: FASTQ, BAM, CRAM or SAM, as :func:`dsqc.stages.qc.qc` takes them; ``-`` is standard input.
        threads: with 2 or more, reading and unwrapping have a thread of their own.
        reference: FASTA with the reference sequences of CRAM files, or a directory of them by MD5.

    Raises:
        UsageError: a path does not exist or is a directory.
        SystemFault: a file cannot be read.
    """
    inputs = [Path(path) for path in paths]
    check_inputs(inputs)
    fasta = Path(reference) if reference is not None else None
    return FingerprintResult(tuple(_one(path, threads, fasta) for path in inputs))


def _one(path: Path, threads: int, reference: Path | None) -> FingerprintFile:
    log = FindingLog()
    source = (
        open_reads(standard_input(), log, name="stdin", threads=threads, reference=reference)
        if path == STANDARD_INPUT
        else open_reads(path, log, threads=threads, reference=reference)
    )
    sums = Fingerprint()
    with source:
        for batch in source.batches():
            reads = sequenced_reads(batch)
            check_batch(reads)
            sums.add(reads)
        vouched = not source.damaged and not source.unproven
    return FingerprintFile(source.name, sums.identity(_offset(source, sums)) if vouched else None, log)


def _offset(source: ReadSource, sums: Fingerprint) -> int | None:
    """The offset of the qualities, decided as the metrics decide it."""
    if source.format in ALIGNED or sums.decided:
        return ALIGNED_OFFSET
    encoding = decide_encoding(sums.characters)
    return encoding.offset if encoding else None
