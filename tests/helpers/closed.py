"""Closed submissions on disk, and looking for what must not lie there in the clear."""

import gzip
import shutil
from collections.abc import Iterable
from pathlib import Path

SAMPLE_BATCH = Path(__file__).parents[2] / "test-data" / "batch"
WITHHELD = {
    "withholding_reason": "trade_secret",
    "withholding_requester": "참여기업의 대표 (representative of a participating company)",
    "withholding_approver": "농촌진흥청장",
    "withholding_approval_no": "연구정책과-1234",
    "withholding_approval_date": "2026-01-05",
    "withholding_review_date": "2029-01-05",
}
"""What a closed submission says of its project."""


def closed_copy(name: str, path: Path, access_level: str = "closed") -> Path:
    """A submission of the sample batch (written as TSV) with another access level."""
    shutil.copytree(SAMPLE_BATCH / name, path)
    _set(path / "submission.tsv", {"access_level": access_level})
    _set(path / "project.tsv", WITHHELD)
    return path


def _set(path: Path, values: dict[str, str]) -> None:
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    for name, value in values.items():
        if name not in rows[0]:
            rows = [[*row, ""] for row in rows]
            rows[0][-1] = name
        at = rows[0].index(name)
        rows[1:] = [[*row[:at], value, *row[at + 1 :]] for row in rows[1:]]
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


def pieces_of(files: Iterable[Path], size: int = 24, every: int = 997) -> list[bytes]:
    """Pieces of data files, as they are and unpacked, long enough to stand nowhere else by chance."""
    found: list[bytes] = []
    for path in files:
        stored = path.read_bytes()
        contents = [stored, gzip.decompress(stored)] if stored[:2] == b"\x1f\x8b" else [stored]
        for content in contents:
            places = range(0, max(len(content) - size, 1), every)
            found += [content[at : at + size] for at in places if len(set(content[at : at + size])) > 8]
    return found


def reads_of(path: Path) -> list[bytes]:
    """Sequence and quality lines of a gzipped FASTQ file, each of its first reads in halves of 40 letters or more."""
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    return [line[:60] for number, line in enumerate(lines[:400]) if number % 4 in (1, 3) and len(line) >= 60]


def places_of(pieces: Iterable[bytes], *folders: Path) -> list[str]:
    """Files below ``folders`` (and names of files) that hold one of ``pieces``."""
    wanted = list(pieces)
    found = []
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
            content = path.read_bytes()
            if content[:2] == b"\x1f\x8b":
                content += gzip.decompress(content)
            if any(piece in content for piece in wanted):
                found.append(str(path))
    return found
