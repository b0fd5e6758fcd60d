"""Send submissions to a real store and fetch them again, and kill everything while that goes on.

    python tests/chaos/transfer_chaos.py --kills 1000 --gigabytes 20 --seed 1 --place /var/tmp/chaos

What dies: the sender and the fetcher (``kill -9``), the store's gateway (``kill -9``, then started again), the network
between them (cut for a moment, a reset, a stall, a flipped bit, a storm of 503). After each death the same command is
run again until it says that it is done. What must hold:

* in the end every object and every fetched file has the bytes that were made;
* while it goes on nothing stands under its final name that is not whole;
* what has been done is not done again: what passed in acknowledged requests is at most 1.2 times the payload and what
  was acknowledged in the quarter of a second before a death, which the dead could not write down any more; what was
  lost in requests without an answer is no more than the parts that were under way.

Prints one JSON line a submission and one with the sums; exit code 1 where a promise was broken.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from botocore.exceptions import BotoCoreError, ClientError

from helpers.submissions import add, good_tables, put, write_tsv
from infra.ceph import DISK, MEMORY, CephServer, ceph_server
from infra.faulty import FaultyProxy, answer, faulty_proxy, flip, reset, stall

DSQC = str(Path(sys.executable).parent / "dsqc")
BUCKET = "chaos"
STALL_TIMEOUT_S = 10
"""What the commands are told: a line that was made to say nothing does not take a minute of the run."""
LONGEST_WAIT_S = 15.0
"""A line that says nothing for so long may be stalled: then something dies without waiting for bytes."""
MOST_SENT = 1.2
"""Bytes in acknowledged requests, over the payload."""
MOST_UNDER_WAY = 8 * (16 << 20)
"""Bytes that one death may cost: the parts that are under way at once."""
WRITING_S = 0.25
"""What was acknowledged so shortly before a death may not be on the disk of the one who died."""
MOST_LIVES = 400
"""Starts of one command after which it is taken for one that never ends."""
ACTS = {"kill": 60, "cut": 12, "gateway": 6, "reset": 8, "flip": 5, "storm": 6, "stall": 3}
"""How often each death is chosen, in per cent."""
EXPECTED_CODES = {0, 1, 3, -9}
"""Exit codes: done, our or the system's fault, findings, killed. A usage error is none that a fault may cause."""


@dataclass
class Tally:
    """What was seen. ``broken`` lists every promise that did not hold."""

    kills: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    payload: int = 0
    acknowledged: int = 0
    lost: int = 0
    unwritten: int = 0
    files: int = 0
    broken: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """One line of the output."""
        return {
            "kills": self.kills,
            "acts": dict(sorted(self.acts.items())),
            "lives": self.lives,
            "files": self.files,
            "payload_bytes": self.payload,
            "acknowledged_bytes": self.acknowledged,
            "lost_bytes": self.lost,
            "unwritten_bytes": self.unwritten,
            "ratio": round(self.acknowledged / self.payload, 4) if self.payload else None,
            "broken": self.broken[:20],
        }

    def add(self, other: "Tally") -> None:
        """Take the sums of another one."""
        self.kills += other.kills
        self.acts += other.acts
        self.lives += other.lives
        self.payload += other.payload
        self.acknowledged += other.acknowledged
        self.lost += other.lost
        self.unwritten += other.unwritten
        self.files += other.files
        self.broken += other.broken


def make_files(folder: Path, rng: random.Random, large_bytes: int, small: int) -> dict[str, str]:
    """A submission of one large file and many small ones; the SHA-256 of every file, forms included, by its name."""
    folder.mkdir(parents=True)
    tables = good_tables()
    sizes = {"큰_파일_1.fastq.gz": large_bytes}
    sizes |= {f"작은_파일_{n:03}.fastq.gz": rng.choice((1, 1000, 30_000, 400_000)) for n in range(small)}
    for number, (name, size) in enumerate(sizes.items()):
        with (folder / name).open("wb") as file:
            for start in range(0, size, 1 << 20):
                file.write(rng.randbytes(min(1 << 20, size - start)))
        values = {"file_name": name, "md5": "", "sha256": "", "size_bytes": str(size)}
        if number:
            add(tables, "file", **values)
        else:
            put(tables, "file", **values)
    write_tsv(folder, tables)
    return {path.name: sha256_of_file(path) for path in folder.iterdir()}


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file, closed again."""
    with path.open("rb") as file:
        return sha256_of(file.read)


def sha256_of(read: Callable[[int], bytes]) -> str:
    """Digest of what ``read`` gives, a mebibyte at a time."""
    digest = hashlib.sha256()
    while block := read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


class World:
    """The store, the bad line to it, and the clock by which things die."""

    def __init__(
        self, server: CephServer, proxy: FaultyProxy, rng: random.Random, budget: int, most_between: int
    ) -> None:
        self.server = server
        self.proxy = proxy
        self.rng = rng
        self.left = budget
        self.most_between = most_between
        self.client = server.client()
        self.environment = os.environ | server.environment | {"AWS_ENDPOINT_URL": proxy.endpoint}

    def sizes(self, prefix: str) -> dict[str, int]:
        """What stands under a prefix now, asked of the store itself and not through the bad line."""
        found: dict[str, int] = {}
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
            found |= {row["Key"].removeprefix(prefix): row["Size"] for row in page.get("Contents", [])}
        return found

    def sha256_at(self, key: str) -> str:
        """Digest of an object."""
        with contextlib.closing(self.client.get_object(Bucket=BUCKET, Key=key)["Body"]) as body:
            return sha256_of(body.read)

    def await_moment(self, process: "subprocess.Popen[bytes]") -> bool:
        """Wait for the next death: until so many bytes have passed, or now and then so much time; false at the end."""
        deadline = time.monotonic() + (LONGEST_WAIT_S if self.rng.random() < 0.9 else self.rng.uniform(0.05, 1.0))
        target = self.proxy.passed + self.rng.randrange(1, self.most_between)
        while process.poll() is None:
            if self.proxy.passed >= target or time.monotonic() > deadline:
                return True
            time.sleep(0.002)
        return False

    def act(self, process: "subprocess.Popen[bytes]", tally: Tally) -> None:
        """Let something die."""
        name = self.rng.choices(list(ACTS), list(ACTS.values()))[0]
        tally.acts[name] += 1
        tally.kills += 1
        self.left -= 1
        if name == "kill":
            process.kill()
            tally.unwritten += min(MOST_UNDER_WAY, self.proxy.acknowledged_since(time.monotonic() - WRITING_S))
        elif name == "cut":
            self.proxy.cut()
            time.sleep(self.rng.uniform(0.05, 1.0))
            self.proxy.mend()
        elif name == "gateway":
            self.server.kill_gateway()
            self.server.start_gateway()
        else:
            after = self.rng.randrange(1, 3_000_000)
            up = bool(self.rng.getrandbits(1))
            self.proxy.plan(
                {
                    "reset": reset(after, up=up),
                    "flip": flip(after, up=up),
                    "stall": stall(after, up=up),
                    "storm": answer(503, times=self.rng.randrange(1, 12)),
                }[name]
            )


def run_to_the_end(world: World, command: list[str], tally: Tally, log: Path) -> None:
    """Run ``command`` until it ends with 0, while things die as long as there are deaths left."""
    for _ in range(MOST_LIVES):
        tally.lives += 1
        with log.open("ab") as output:
            process = subprocess.Popen(command, env=world.environment, stdout=output, stderr=output)
            try:
                while process.poll() is None:
                    if world.left <= 0:
                        process.wait(timeout=600)
                        break
                    if world.await_moment(process):
                        world.act(process, tally)
            finally:
                process.kill()
        code = process.wait()
        if code == 0:
            world.proxy.plan()
            return
        if code not in EXPECTED_CODES:
            tally.broken.append(f"{command[1]} ended with {code}: {log.read_text(errors='replace')[-400:]}")
            return
    tally.broken.append(f"{command[1]} did not end in {MOST_LIVES} lives: {log.read_text(errors='replace')[-400:]}")


@contextlib.contextmanager
def watched(look: Callable[[], None], tally: Tally) -> Iterator[None]:
    """Look again and again while the block runs; what a look complains about is a broken promise."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            try:
                look()
            except AssertionError as broken:
                tally.broken.append(str(broken))
            except (BotoCoreError, ClientError, OSError):
                # A gateway that is being killed cannot be asked.
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def one_submission(world: World, place: Path, number: int, large_bytes: int, small: int) -> Tally:
    """Send one submission and fetch it again, through whatever happens."""
    tally = Tally()
    folder, inbox, state = (place / f"{what}-{number}" for what in ("submission", "inbox", "state"))
    digests = make_files(folder, world.rng, large_bytes, small)
    sizes = {name: (folder / name).stat().st_size for name in digests}
    tally.files = len(digests)
    # Sent once and fetched once.
    tally.payload = 2 * sum(sizes.values())
    before = world.proxy.acknowledged, world.proxy.passed
    url, prefix = f"s3://{BUCKET}/S{number}", f"S{number}/"

    def at_the_store() -> None:
        for name, size in world.sizes(prefix).items():
            assert sizes.get(name, size) == size, f"{prefix}{name} was visible with {size} of {sizes[name]} bytes"

    def in_the_inbox() -> None:
        for name, size in sizes.items():
            with contextlib.suppress(FileNotFoundError):
                seen = (inbox / name).stat().st_size
                assert seen == size, f"{name} stood in the inbox with {seen} of {size} bytes"

    patience = ("--stall-timeout", str(STALL_TIMEOUT_S))
    with watched(at_the_store, tally):
        send = [DSQC, "send", "-q", str(folder), "--to", url, "--state", str(state), *patience]
        run_to_the_end(world, send, tally, place / f"send-{number}.log")
    with watched(in_the_inbox, tally):
        fetch = [DSQC, "transfer", "-q", url, str(inbox), *patience]
        run_to_the_end(world, fetch, tally, place / f"transfer-{number}.log")
    tally.acknowledged = world.proxy.acknowledged - before[0]
    tally.lost = world.proxy.passed - before[1] - tally.acknowledged
    tally.broken += faults_at_the_end(world, prefix, inbox, digests)
    if tally.lost > (tally.kills + 1) * MOST_UNDER_WAY:
        tally.broken.append(f"{tally.lost} bytes were lost in {tally.kills} deaths")
    for name in world.sizes(prefix):
        world.client.delete_object(Bucket=BUCKET, Key=prefix + name)
    for path in (folder, inbox, state):
        shutil.rmtree(path, ignore_errors=True)
    return tally


def faults_at_the_end(world: World, prefix: str, inbox: Path, digests: dict[str, str]) -> Iterator[str]:
    """What is not as it was made, and what was left behind."""
    there = world.sizes(prefix)
    for name, digest in digests.items():
        if name not in there:
            yield f"{prefix}{name} is missing"
        elif world.sha256_at(prefix + name) != digest:
            yield f"{prefix}{name} is not what was sent"
        if not (inbox / name).exists():
            yield f"{name} is missing in the inbox"
        elif sha256_of_file(inbox / name) != digest:
            yield f"{name} in the inbox is not what was sent"
    unfinished = world.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    if unfinished:
        yield f"{len(unfinished)} unfinished uploads were left"


def chaos(
    place: Path, server: CephServer, *, kills: int, payload_bytes: int, seed: int, large_bytes: int, small: int
) -> Tally:
    """Submissions until ``payload_bytes`` were sent and ``kills`` have happened; the sums."""
    rng = random.Random(seed)
    total = Tally()
    place.mkdir(parents=True, exist_ok=True)
    with faulty_proxy(server.endpoint) as proxy:
        server.make_bucket(BUCKET)
        number = 0
        while total.payload < payload_bytes or total.kills < kills:
            number += 1
            # The deaths that are left are shared out by what is left to send.
            share = max(1 - total.payload / payload_bytes, 0.001) if payload_bytes else 1
            budget = min(
                kills - total.kills, int((kills - total.kills) * 2 * large_bytes / (payload_bytes * share)) + 1
            )
            world = World(server, proxy, rng, max(0, budget), max(2, int(1.8 * payload_bytes / max(kills, 1))))
            with contextlib.closing(world.client):
                tally = one_submission(world, place, number, rng.randint(large_bytes // 2, large_bytes), small)
            print(json.dumps({"submission": number} | tally.to_dict(), ensure_ascii=False), flush=True)
            total.add(tally)
            if total.broken:
                break
    if total.acknowledged > MOST_SENT * total.payload + total.unwritten:
        total.broken.append(f"{total.acknowledged} bytes were acknowledged for {total.payload}")
    return total


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, run, print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--gigabytes", type=float, default=20.0, help="payload, both directions together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", type=int, default=600, metavar="MB", help="the large file of a submission, at most")
    parser.add_argument("--small", type=int, default=60, help="small files of a submission")
    parser.add_argument("--place", type=Path, default=Path("/var/tmp/dsqc-chaos"))
    parser.add_argument("--disk", action="store_true", help="the store keeps its data on disk, not in memory")
    args = parser.parse_args(arguments)
    begun = time.monotonic()
    large_bytes = args.large * 1_000_000
    size_bytes = max(4 << 30, 6 * large_bytes)
    with ceph_server(args.place, kind=DISK if args.disk else MEMORY, size_bytes=size_bytes) as server:
        total = chaos(
            args.place,
            server,
            kills=args.kills,
            payload_bytes=int(args.gigabytes * 1e9),
            seed=args.seed,
            large_bytes=large_bytes,
            small=args.small,
        )
    print(json.dumps({"total": True, "seconds": round(time.monotonic() - begun)} | total.to_dict(), ensure_ascii=False))
    return 1 if total.broken else 0


if __name__ == "__main__":
    sys.exit(main())
