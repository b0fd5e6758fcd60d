"""Submissions to and from an object store: `dsqc send` and `dsqc transfer` beside those who only copy.

The store is a private Ceph RADOS Gateway (``tests/infra/ceph.py``) in memory, so that no disk is measured. dsqc takes
MD5 and SHA-256 of every file and has what arrived proven; the others run with what they do by default.
"""

import compileall
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from measure import CommandError, Measurement, run_once
from peers import BOTO3, DSQC

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from helpers.submissions import add, good_tables, put, write_tsv
from infra.ceph import CephServer, ceph_server

BUCKET = "benchmark"
ROUNDS = {"toy": 1, "medium": 3, "full": 5}
SIZES = {"toy": (2 << 20, 20), "medium": (200 << 20, 500), "full": (1000 << 20, 2000)}
"""Bytes of the large file, number of small ones."""
SMALL_BYTES = (1 << 10, 256 << 10)
"""Least and most of a small file."""
COPY_WITH_BOTO3 = Path(__file__).parent / "copy_with_boto3.py"
SOURCE = Path(__file__).resolve().parents[1] / "src"


@dataclass(frozen=True, slots=True)
class Copier:
    """A program that copies a directory to or from the store.

    Attributes:
        label: for tables.
        program: looked up on the PATH, or a path.
        up, down: arguments for (directory, URL) and for (URL, directory).
        source: where it comes from.
        version: arguments that make it tell its version.
    """

    label: str
    program: str
    up: Callable[[str, str], list[str]]
    down: Callable[[str, str], list[str]]
    source: str
    version: tuple[str, ...] = ("--version",)

    @property
    def path(self) -> str | None:
        """Of the program; None where it is not installed."""
        return shutil.which(self.program)


_DIGESTS = 'cd "%s" && md5sum * > /dev/null && sha256sum * > /dev/null && cd ..'
"""What somebody runs who wants from a copier the digests that dsqc gives."""


def _remote(url: str) -> str:
    return ":s3:" + url.removeprefix("s3://")


COPIERS = {
    "dsqc": Copier(
        "dsqc send, dsqc transfer",
        str(DSQC),
        lambda folder, url: ["send", "-q", folder, "--to", url, "--state", f"{folder}.state"],
        lambda url, folder: ["transfer", "-q", url, folder],
        "this repository",
    ),
    "boto3": Copier(
        "boto3 TransferManager",
        str(BOTO3),
        lambda folder, url: [str(COPY_WITH_BOTO3), folder, url],
        lambda url, folder: [str(COPY_WITH_BOTO3), url, folder],
        "python benchmarks/peers.py install",
    ),
    "aws": Copier(
        "aws s3 cp",
        "aws",
        lambda folder, url: ["s3", "cp", "--quiet", "--recursive", folder, url],
        lambda url, folder: ["s3", "cp", "--quiet", "--recursive", url, folder],
        "apt: awscli",
    ),
    "rclone": Copier(
        "rclone copy",
        "rclone",
        lambda folder, url: ["copy", folder, _remote(url)],
        lambda url, folder: ["copy", _remote(url), folder],
        "apt: rclone",
        ("version",),
    ),
    "rclone_hashed": Copier(
        "rclone copy, md5sum and sha256sum",
        "sh",
        lambda folder, url: ["-c", f'{_DIGESTS % "$0"} && rclone copy "$0" "$1"', folder, _remote(url)],
        lambda url, folder: ["-c", f'rclone copy "$0" "$1" && {_DIGESTS % "$1"}', _remote(url), folder],
        "apt: rclone",
        ("-c", "rclone version"),
    ),
}


def make_submission(folder: Path, kind: str, size: str) -> int:
    """A submission of one large file or of many small ones, of bytes that do not compress; returns its bytes."""
    large, small = SIZES[size]
    rng = random.Random(20)
    sizes = [large] if kind == "large" else [rng.randint(*SMALL_BYTES) for _ in range(small)]
    tables = good_tables()
    folder.mkdir(parents=True)
    for number, length in enumerate(sizes):
        name = f"reads_{number:04}.fastq.gz"
        with (folder / name).open("wb") as file:
            for start in range(0, length, 1 << 20):
                file.write(rng.randbytes(min(1 << 20, length - start)))
        values = {"file_name": name, "md5": "", "sha256": "", "size_bytes": str(length)}
        if number:
            add(tables, "file", **values)
        else:
            put(tables, "file", **values)
    write_tsv(folder, tables)
    return sum(path.stat().st_size for path in folder.iterdir())


@contextmanager
def store(place: Path) -> Iterator[CephServer]:
    """A running store, and an environment by which every copier reaches it."""
    before = dict(os.environ)
    # A bundle of certificates is of no use on loopback, and rclone of Debian 12 does not start with one.
    os.environ.pop("AWS_CA_BUNDLE", None)
    # An installed package has its bytecode; a checkout whose user turned that off would be compiled in every run.
    compileall.compile_dir(SOURCE, quiet=2)
    with ceph_server(place) as server:
        os.environ |= server.environment | {
            "AWS_DEFAULT_REGION": "us-east-1",
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_S3_PROVIDER": "Ceph",
            "RCLONE_S3_ENV_AUTH": "true",
            "RCLONE_S3_ENDPOINT": server.endpoint,
        }
        try:
            server.make_bucket(BUCKET)
            yield server
        finally:
            os.environ.clear()
            os.environ.update(before)


class Race:
    """One direction and one submission: every copier beside dsqc, each run to a place of its own."""

    def __init__(self, server: CephServer, place: Path, direction: str, kind: str, size: str) -> None:
        self.client = server.client()
        self.place = place
        self.direction = direction
        self.folder = place / f"{direction}-{kind}"
        self.bytes = make_submission(self.folder, kind, size)
        self.files = len(list(self.folder.iterdir()))
        self.runs = 0
        if direction == "down":
            run_once([str(DSQC), *COPIERS["dsqc"].up(str(self.folder), f"s3://{BUCKET}/origin-{kind}")])
            self.origin = f"s3://{BUCKET}/origin-{kind}"

    def run(self, copier: Copier) -> Measurement:
        """Copy once, prove that everything is there, and clear it away."""
        self.runs += 1
        if self.direction == "up":
            prefix = f"run-{self.runs}"
            measured = run_once([copier.program, *copier.up(str(self.folder), f"s3://{BUCKET}/{prefix}")])
            found = self._clear(f"{prefix}/")
            shutil.rmtree(f"{self.folder}.state", ignore_errors=True)
        else:
            target = self.place / f"run-{self.runs}"
            measured = run_once([copier.program, *copier.down(self.origin, str(target))])
            found = {path.name: path.stat().st_size for path in target.iterdir() if path.is_file()}
            shutil.rmtree(target)
        missing = [path.name for path in self.folder.iterdir() if found.get(path.name) != path.stat().st_size]
        if missing:
            raise CommandError(f"{copier.label} did not copy {len(missing)} of {self.files} files: {missing[0]} …")
        return measured

    def close(self) -> None:
        """Free the memory that the store holds."""
        shutil.rmtree(self.folder)
        self._clear("")
        self.client.close()

    def _clear(self, prefix: str) -> dict[str, int]:
        found: dict[str, int] = {}
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        for page in pages:
            rows = page.get("Contents", [])
            found |= {row["Key"].removeprefix(prefix): row["Size"] for row in rows}
            if rows:
                keys = [{"Key": row["Key"]} for row in rows]
                self.client.delete_objects(Bucket=BUCKET, Delete={"Objects": keys, "Quiet": True})
        return found


def race(topic: str, size: str, rounds: int = 0) -> Iterator[tuple[str, int, list[Measurement], list[float]]]:
    """Run one topic (``send_large``, ``receive_small`` …).

    Yields:
        copier, bytes copied, its runs, and their wall over that of dsqc beside it. A copier that is not installed
        has no runs.
    """
    direction, kind = topic.split("_")
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/var/tmp") as place, store(Path(place)) as server:
        contest = Race(server, Path(place), {"send": "up", "receive": "down"}[direction], kind, size)
        ours = COPIERS["dsqc"]
        if size != "toy":
            contest.run(ours)
        all_ours: list[Measurement] = []
        for name, copier in COPIERS.items():
            if name == "dsqc":
                continue
            if not copier.path:
                yield name, contest.bytes, [], []
                continue
            runs, ratios = [], []
            for number in range(rounds or ROUNDS[size]):
                pair = (copier, ours) if number % 2 else (ours, copier)
                measured = {one.label: contest.run(one) for one in pair}
                runs.append(measured[copier.label])
                all_ours.append(measured[ours.label])
                ratios.append(measured[copier.label].wall_s / measured[ours.label].wall_s)
            yield name, contest.bytes, runs, ratios
        yield "dsqc", contest.bytes, all_ours or [contest.run(ours)], [1.0]
        contest.close()


def version_of(copier: Copier) -> str:
    """The version that the program tells."""
    arguments = [str(COPY_WITH_BOTO3), "--version"] if copier.program == str(BOTO3) else list(copier.version)
    done = subprocess.run([copier.program, *arguments], capture_output=True, check=False, timeout=60)
    found = re.search(r"\d+\.\d+(\.\d+)?", (done.stdout + done.stderr).decode("utf-8", "replace"))
    return found.group() if found else ""
