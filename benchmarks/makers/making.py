"""The kinds of benchmark files, and the one function that makes them."""

import fcntl
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from makers import alignments, submissions
from makers.illumina import READ_LENGTH, Illumina
from makers.nanopore import Nanopore
from makers.pack import packed

SAMPLE_ATTRIBUTES = 60
"""Columns of a submission's sample sheet."""
VERSION = 1
"""Of the makers: raised when the bytes change, so that older files are made anew."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was made; kept beside the file as ``<name>.facts.json``.

    Attributes:
        arguments: what it was made with, the version of the makers included.
        reads: records of the file; samples of a submission.
        bases: in them; cells of the sample sheet of a submission.
        text_bytes: uncompressed; None for CRAM, BAM and workbooks.
    """

    kind: str
    arguments: dict[str, Any]
    reads: int
    bases: int
    text_bytes: int | None


def _illumina(levels: str, mate: int) -> Callable[..., tuple[int, int, int | None]]:
    def write(path: Path, *, reads: int, seed: int, container: str) -> tuple[int, int, int]:
        size = _write_text(path, container, Illumina(reads, seed, levels).fastq(mate))
        return reads, reads * READ_LENGTH, size

    return write


def _nanopore(path: Path, *, bases: int, longest: int, seed: int, container: str) -> tuple[int, int, int]:
    maker = Nanopore(bases, seed, longest)
    size = _write_text(path, container, maker.fastq())
    return maker.reads, maker.bases, size


def _write_text(path: Path, container: str, blocks: Iterable[bytes]) -> int:
    size = 0
    with packed(path, container) as write:
        for block in blocks:
            write(block)
            size += len(block)
    return size


def _sorted_bam(path: Path, *, reads: int, seed: int) -> tuple[int, int, None]:
    records = alignments.write_sorted(path, reads, seed, path.with_suffix(".fasta"))
    return records, records * READ_LENGTH, None


def _unaligned_bam(path: Path, *, reads: int, seed: int) -> tuple[int, int, None]:
    records = alignments.write_unaligned(path, reads, seed)
    return records, records * READ_LENGTH, None


def _submission(path: Path, *, reads: int, faulty: float, seed: int) -> tuple[int, int, None]:
    return submissions.write(path, samples=reads, attributes=SAMPLE_ATTRIBUTES, faulty=faulty, seed=seed)


def _cram(path: Path, *, reads: int, seed: int) -> tuple[int, int, None]:
    records = alignments.write_cram(path, reads, seed)
    return records, records * READ_LENGTH, None


KINDS: dict[str, Callable[..., tuple[int, int, int | None]]] = {
    "illumina_binned": _illumina("binned", 1),
    "illumina_binned_r2": _illumina("binned", 2),
    "illumina_40": _illumina("forty", 1),
    "illumina_40_r2": _illumina("forty", 2),
    "nanopore": _nanopore,
    "bam": _sorted_bam,
    "ubam": _unaligned_bam,
    "cram": _cram,
    "submission": _submission,
}
"""What can be made. BAM and CRAM get their reference (``.fasta``) and index beside them."""


def make(kind: str, path: Path, **arguments: Any) -> Facts:
    """Make ``path``, or keep it where it was made with the same arguments.

    A file without its facts is not whole and is made anew; of several processes one makes it, the others wait.

    Args:
        kind: one of :data:`KINDS`.
        path: of the file.
        arguments: ``seed``; ``reads`` (Illumina, BAM, CRAM; samples of a submission), ``bases`` and ``longest``
            (nanopore); ``container`` (``plain``, ``gzip``, ``bgzf``) of FASTQ; ``faulty``, the share of a submission's
            cells.
    """
    wanted = arguments | {"version": VERSION}
    beside = path.with_name(path.name + ".facts.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists() and beside.exists():
            facts = Facts(**json.loads(beside.read_text(encoding="utf-8")))
            if facts.kind == kind and facts.arguments == wanted:
                return facts
        return _make(kind, path, beside, arguments)


def _make(kind: str, path: Path, beside: Path, arguments: dict[str, Any]) -> Facts:
    beside.unlink(missing_ok=True)
    reads, bases, text_bytes = KINDS[kind](path, **arguments)
    facts = Facts(kind, arguments | {"version": VERSION}, reads, bases, text_bytes)
    temporary = beside.with_name(beside.name + f".{os.getpid()}")
    temporary.write_text(json.dumps(asdict(facts), indent=1) + "\n", encoding="utf-8")
    temporary.rename(beside)
    return facts
