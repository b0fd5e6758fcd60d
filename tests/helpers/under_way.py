"""A batch under way, as its runners would have left it at a moment: plan, events, logs, receipts. From a seed."""

import json
import os
import random
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc.batch.events import EVENTS, Event, EventKind

REASON = {
    "code": "DSQC-F010",
    "severity": "error",
    "object": "file",
    "object_id": "a.fastq.gz",
    "value": "",
    "expected": "",
    "message": "The file ends in the middle of a compressed block.",
    "message_ko": "압축 블록 중간에서 파일이 끊겼습니다.",
    "fix": "Send it again.",
    "fix_ko": "다시 보내세요.",
    "count": 1,
    "location": {"path": "a.fastq.gz"},
}


@dataclass(frozen=True, slots=True)
class UnderWay:
    """How large the batch is and how far it has come.

    Attributes:
        submissions: each of ``runs`` runs.
        runs: of one submission.
        shards: jobs of the scheduler; submissions are dealt to them in turn.
        share: how much of the shards' work is done.
        fail_every: of so many runs one failed in every attempt; 0 for none.
        host: node that the runners say they are on; empty for this one.
        now: when the batch stands so (seconds since 1970); 0 for now.
        progress: events of progress that a run writes.
    """

    submissions: int = 200
    runs: int = 10
    shards: int = 100
    share: float = 0.6
    fail_every: int = 500
    host: str = "node01.cluster"
    now: float = 0.0
    progress: int = 3
    seed: int = 11


def write_under_way(work: Path, asked: UnderWay) -> None:
    """Write the batch into ``work``. Where the host is this one, no process of it lives: it was killed."""
    names = [f"submission-{number:05d}" for number in range(asked.submissions)]
    keys = [f"run-{number:03d}" for number in range(asked.runs)]
    by_shard = [names[first :: asked.shards] for first in range(asked.shards)]
    seconds = 12.0 * asked.runs
    write(work / "plan.json", _plan(names, keys, by_shard, seconds))
    planned = (asked.now or time.time()) - 4000
    os.utime(work / "plan.json", (planned, planned))
    (work / EVENTS).mkdir(parents=True, exist_ok=True)
    maker = _Maker(work, asked, random.Random(asked.seed), keys)
    for number, own in enumerate(by_shard, start=1):
        maker.shard(f"s{number:04d}", own, number / asked.shards)


def write(path: Path, value: Any) -> None:
    """Write JSON; directories are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _plan(names: list[str], keys: list[str], by_shard: list[list[str]], seconds: float) -> dict[str, Any]:
    return {
        "schema_version": "2.0",
        "sheet": "spring.tsv",
        "submissions": [
            {
                "name": name,
                "source": f"/data/{name}",
                "runs": keys,
                "reachable": True,
                "note": "",
                "bytes": 10**7 * len(keys),
                "files": 2 * len(keys),
            }
            for name in names
        ],
        "shards": [
            {
                "id": f"s{number:04d}",
                "kind": "whole",
                "items": [{"submission": name} for name in own],
                "after": [],
                "predicted_seconds": seconds * len(own),
                "bytes": 10**7 * len(keys) * len(own),
                "mem_mb": 2000,
                "runtime_minutes": 60,
                "scratch_mb": 1000,
                "threads": 1,
            }
            for number, own in enumerate(by_shard, start=1)
        ],
    }


class _Maker:
    """Writes shard after shard; the first ones are done, those at the edge under way, the rest waits."""

    def __init__(self, work: Path, asked: UnderWay, rng: random.Random, keys: list[str]) -> None:
        self.work, self.asked, self.rng, self.keys = work, asked, rng, keys
        self.now = asked.now or time.time()
        self.host = asked.host or os.uname().nodename
        self.runs = 0

    def shard(self, shard: str, names: list[str], place: float) -> None:
        """One shard; ``place`` is where it stands among all of them (0 to 1)."""
        self.events: list[Event] = []
        self.common = {"shard": shard, "attempt": 1, "host": self.host, "process": 4_000_000, "job": f"9{shard[1:]}"}
        ahead = self.asked.share - place
        if ahead < -0.1:
            return
        # Done long ago, or under way: then its last events are of this minute.
        self.clock = self.now - 3600 * (1 - place) * 0.9 - 300
        done = len(names) if ahead > 0 else max(0, int(len(names) * (1 + ahead / 0.1)) - 1)
        if ahead <= 0:
            self.clock = self.now - 12.0 * len(self.keys) * (done + 1) - 30
        began = self.clock
        self.tell(EventKind.SHARD_STARTED)
        for name in names[:done]:
            self.submission(name)
        if ahead > 0:
            self.tell(
                EventKind.SHARD_ENDED,
                seconds=self.clock - began,
                cpu_seconds=(self.clock - began) * 0.8,
                memory_mib=self.rng.uniform(300, 900),
                predicted_seconds=12.0 * len(self.keys) * len(names),
            )
        elif done < len(names):
            self.begun(names[done])
        lines = "".join(event.to_json() + "\n" for event in self.events)
        (self.work / EVENTS / f"{shard}.1.{self.host}.4000000.jsonl").write_text(lines, encoding="utf-8")

    def tell(self, kind: EventKind, **told: Any) -> None:
        self.events.append(Event(round(self.clock, 3), kind, **{**self.common, **told}))

    def stage(self, stage: str, name: str, run: str = "", seconds: float = 1.0, size: int = 0) -> None:
        told = {"stage": stage, "submission": name, "run": run, "predicted_seconds": seconds}
        self.tell(EventKind.STARTED, **told)
        for _ in range(self.asked.progress if stage == "qc" else 0):
            self.clock += seconds / 4
            self.tell(EventKind.PROGRESS, **told, bytes=size // 2)
        self.clock += seconds * self.rng.uniform(0.2, 0.5)
        self.tell(EventKind.DONE, **told, bytes=size, seconds=seconds, cpu_seconds=seconds * 0.9, memory_mib=300.0)

    def submission(self, name: str) -> None:
        self.stage("transfer", name, size=10**7 * len(self.keys))
        self.stage("validate", name)
        failed = sum(self.run(name, run) for run in self.keys)
        if failed:
            return
        self.stage("judge", name)
        self.stage("register", name)
        returned = self.rng.random() < 0.1
        write(
            self.work / "results" / name / "receipt.json",
            {
                "state": "returned" if returned else "registered",
                "accessions": {} if returned else {"submission": f"KRA{zlib.crc32(name.encode()) % 10**7:08d}"},
                "reasons": [REASON] if returned else [],
            },
        )

    def run(self, name: str, run: str) -> int:
        self.runs += 1
        if not self.asked.fail_every or self.runs % self.asked.fail_every:
            self.stage("qc", name, run, self.rng.uniform(4, 12), 10**7)
            return 0
        log = f"logs/qc/{name}/{run}.log"
        told = {"stage": "qc", "submission": name, "run": run, "predicted_seconds": 8.0, "log": log}
        self.tell(EventKind.STARTED, **told)
        self.clock += 5
        for kind in (EventKind.FAILED, EventKind.GIVEN_UP):
            self.tell(kind, **told, exit_code=-9, message="dsqc qc was killed (signal 9)", seconds=5.0)
        (self.work / log).parent.mkdir(parents=True, exist_ok=True)
        (self.work / log).write_text("[info] reading a.fastq.gz\nKilled\n", encoding="utf-8")
        return 1

    def begun(self, name: str) -> None:
        self.stage("transfer", name, size=10**7 * len(self.keys))
        self.stage("validate", name)
        self.clock = max(self.clock, self.now - 20)
        told = {"stage": "qc", "submission": name, "run": self.keys[0], "predicted_seconds": 8.0}
        self.tell(EventKind.STARTED, **told)
        self.clock = self.now - 2
        self.tell(EventKind.PROGRESS, **told, bytes=10**6)
