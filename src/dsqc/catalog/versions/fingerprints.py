"""Fingerprints of the reads of data files and of whole runs, as the catalog keeps and finds them."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dsqc.catalog.intake import Intake, clean
from dsqc.model import TECHNICAL_ROLES

_MODULUS = 1 << 128


@dataclass(frozen=True, slots=True)
class ReadFingerprint:
    """Sums of the hashes of reads and of their sequences alone, each as 32 hexadecimal digits.

    The catalog adds them up itself: ``dsqc.fingerprint`` would bring the reads engine into every command.
    """

    reads: str
    sequences: str
    read_count: int

    @classmethod
    def from_dict(cls, value: Mapping[str, Any] | None) -> "ReadFingerprint | None":
        """Out of the shape of ``qc.json``; ``None`` where the file has none, or holds no reads."""
        if not value or not value["read_count"]:
            return None
        return cls(str(value["reads"]), str(value["sequences"]), int(value["read_count"]))


def together(parts: Sequence[ReadFingerprint]) -> ReadFingerprint:
    """The fingerprint of all reads of ``parts``: their sums modulo 2**128."""
    reads = sum(int(item.reads, 16) for item in parts) % _MODULUS
    sequences = sum(int(item.sequences, 16) for item in parts) % _MODULUS
    return ReadFingerprint(f"{reads:032x}", f"{sequences:032x}", sum(item.read_count for item in parts))


@dataclass(frozen=True, slots=True)
class RunFingerprint:
    """The fingerprint of some files of a run (by its key) together, or of the whole run."""

    run: str
    files: tuple[str, ...]
    is_whole: bool
    value: ReadFingerprint

    def columns(self) -> dict[str, Any]:
        """Columns of its row: ``name`` is that of the file, of several joined by ``+``, of the whole run empty."""
        return {"name": "" if self.is_whole else "+".join(self.files), **asdict(self.value)}


MOST_COMBINED = 4
"""Files of a run of which every combination is kept; of more, neighbours by twos and all together."""


def intake_fingerprints(intake: Intake) -> Iterator[RunFingerprint]:
    """Fingerprints of all files that could be read whole, of combinations of them, and of all runs of which every file
    could.

    Index and barcode files have one, but count neither in combinations nor for their run. Files without reads have
    none.
    """
    for run in intake.submission.runs():
        measured = {item["name"]: item for item in intake.runs.get(run.key, {}).get("files", ())}
        files: list[tuple[str, ReadFingerprint]] = []
        whole = True
        for data_file in run.files:
            item = measured.get(data_file.name) or {}
            value = ReadFingerprint.from_dict(item.get("fingerprint"))
            if value is not None:
                yield RunFingerprint(run.key, (clean(data_file.name),), is_whole=False, value=value)
            if data_file.read_role not in TECHNICAL_ROLES:
                whole = whole and item.get("fingerprint") is not None
                files += [(clean(data_file.name), value)] if value is not None else []
        for combination in _combinations(files):
            yield _joined(run.key, combination, is_whole=False)
        if whole and files:
            yield _joined(run.key, files, is_whole=True)


def _joined(run: str, files: Sequence[tuple[str, ReadFingerprint]], *, is_whole: bool) -> RunFingerprint:
    return RunFingerprint(run, tuple(name for name, _ in files), is_whole, together([value for _, value in files]))


def _combinations(files: Sequence[tuple[str, ReadFingerprint]]) -> Iterator[Sequence[tuple[str, ReadFingerprint]]]:
    """Two files and more, but not all of them."""
    if len(files) <= MOST_COMBINED:
        for size in range(2, len(files)):
            yield from itertools.combinations(files, size)
    else:
        for start in range(0, len(files) - 1, 2):
            yield files[start : start + 2]
