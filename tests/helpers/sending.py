"""Submissions to send, and the ways to send them in tests."""

import random
from pathlib import Path
from typing import Any

from dsqc.pacing import Pacer
from dsqc.sending import Line, Progress
from dsqc.stages.send import SendOptions, SendResult, send
from helpers.sources import write_source

PART = 64 << 10
"""Small parts, so that small files have several: directories and rclone take them, Ceph does not."""


class Told(Progress):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.bytes: dict[str, int] = {}
        self.planned = 0
        self.finished: list[str] = []
        self.retries: list[tuple[str, str]] = []
        self.changes: list[str] = []
        self.failures: dict[str, str] = {}

    def plan(self, files: int, size_bytes: int) -> None:
        self.planned += size_bytes

    def advance(self, name: str, size_bytes: int) -> None:
        self.bytes[name] = self.bytes.get(name, 0) + size_bytes

    def finish(self, name: str) -> None:
        self.finished.append(name)

    def retry(self, name: str, reason: str) -> None:
        self.retries.append((name, reason))

    def changed(self, name: str) -> None:
        self.changes.append(name)

    def fail(self, name: str, reason: str) -> None:
        self.failures[name] = reason


def line(**settings: Any) -> Line:
    """A line that does not pause between attempts."""
    return Line(Pacer(), **{"first_wait_s": 0.01, **settings})


def options(state: Path, **settings: Any) -> SendOptions:
    return SendOptions(settings.pop("line", None) or line(), **{"state": state, "part_bytes": PART, **settings})


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def write_submission(path: Path, large: int = 5 * PART + 7, small: int = 3) -> tuple[Path, dict[str, bytes]]:
    """A submission of one large and some small files; what should arrive."""
    data = {f"s{number}.fastq.gz": content(1000 + number, number) for number in range(small)}
    if large:
        data["large.bam"] = content(large)
    write_source(path, data)
    return path, {item.name: item.read_bytes() for item in path.iterdir()}


def close(source: Path, level: str = "closed") -> Path:
    """Have the forms of a submission say who may see its data."""
    heading = "submission_alias\tform_id\tform_version\tpackage\taccess_level\n"
    text = f"{heading}KR-1\tseed_crop\t1.0.0\tPlant\t{level}\n"
    (source / "submission.tsv").write_text(text, encoding="utf-8")
    return source


def send_it(source: Path, to: Any, state: Path, **settings: Any) -> tuple[SendResult, Told]:
    told = Told()
    s3 = settings.pop("s3", None)
    return send(source, to, options(state, **settings), s3=s3, progress=told), told


def states(result: SendResult) -> dict[str, str]:
    return {row["name"]: row["state"] for row in result.record["files"]}


def codes(result: SendResult) -> list[str]:
    return [row["code"] for row in result.record["findings"]]
