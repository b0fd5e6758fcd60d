"""Cutting a batch into shards of about equal length: few enough for a scheduler, long enough to be worth a job.

Small submissions share shards, by longest processing time first: the next largest goes to the emptiest shard. One that
is too large for a shard is cut at its runs. What has been cut stays as it is when a batch grows, so that finished
shards stay finished.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dsqc.batch.costs import CostModel, PlannedRun, rates
from dsqc.batch.layout import StageJob
from dsqc.batch.plan import PlannedSubmission, Shard, ShardItem, ShardKind

Runs = Mapping[str, tuple[PlannedRun, ...]]
"""Runs with their files, by submission."""
_READS = {
    ShardKind.WHOLE: "transfer",
    ShardKind.INTAKE: "transfer",
    ShardKind.MEASURE: "qc",
    ShardKind.CLOSE: "register",
}
"""The stage whose bytes are those that a shard reads; others read the same again."""
GROWTH = 1.25
"""How much longer shards are made until they are few enough."""


@dataclass(frozen=True, slots=True)
class ShardSettings:
    """How long and how many shards shall be.

    Attributes:
        seconds: wall time that one should take.
        most: how many there may be.
        threads: jobs at a time in one.
        wanted: cut into so many, whatever their length; 0 goes by ``seconds``.
    """

    seconds: float = 900.0
    most: int = 200
    threads: int = 4
    wanted: int = 0


@dataclass(frozen=True, slots=True)
class JobCost:
    """A job with its predicted seconds on one core and the stored bytes that it reads."""

    job: StageJob
    seconds: float
    bytes: int


def costs_of(planned: PlannedSubmission, runs: Sequence[PlannedRun], model: CostModel) -> list[JobCost]:
    """Every job of a submission with its cost, in the order of the stages."""
    name, every = planned.name, tuple(runs)

    def whole(stage: str) -> JobCost:
        size = planned.bytes if stage in ("transfer", "register") else 0
        job = StageJob(stage, name)
        return JobCost(job, model.job(job, planned.bytes, planned.files, every), size)

    found = [whole("transfer")]
    if not planned.reachable:
        return found
    found.append(whole("validate"))
    for run in every:
        job = StageJob("qc", name, run.key)
        found.append(JobCost(job, model.job(job, run.bytes, len(run.files), (run,)), run.bytes))
    return [*found, whole("judge"), whole("register")]


@dataclass(frozen=True, slots=True)
class _Cutter:
    submissions: Mapping[str, PlannedSubmission]
    runs: Runs
    model: CostModel
    settings: ShardSettings
    _known: dict[str, list[JobCost]] = field(default_factory=dict)

    def costs(self, name: str) -> list[JobCost]:
        """All jobs of a submission."""
        if name not in self._known:
            self._known[name] = costs_of(self.submissions[name], self.runs[name], self.model)
        return self._known[name]

    def jobs(self, item: ShardItem, kind: ShardKind) -> list[JobCost]:
        """The jobs that an item of a shard of ``kind`` stands for."""
        stages = {
            ShardKind.WHOLE: ("transfer", "validate", "qc", "judge", "register"),
            ShardKind.INTAKE: ("transfer", "validate"),
            ShardKind.MEASURE: ("qc",),
            ShardKind.CLOSE: ("judge", "register"),
        }[kind]
        every = self.costs(item.submission)
        return [cost for cost in every if cost.job.stage in stages and item.run in ("", cost.job.run)]

    def shard(self, number: int, kind: ShardKind, items: Sequence[ShardItem], after: Sequence[str] = ()) -> Shard:
        """A shard with what it asks for."""
        rate, threads = rates()["shard"], self.settings.threads
        by_item = [self.jobs(item, kind) for item in items]
        costs = [cost for jobs in by_item for cost in jobs]
        chain = max((_chain(jobs) for jobs in by_item), default=0.0)
        wall = float(rate["start_seconds"]) + max(sum(cost.seconds for cost in costs) / threads, chain)
        largest = max((cost.bytes for cost in costs), default=0)
        return Shard(
            id=f"s{number:04d}",
            kind=kind,
            items=tuple(items),
            after=tuple(after),
            predicted_seconds=round(wall, 1),
            bytes=sum(cost.bytes for cost in costs if cost.job.stage == _READS[kind]),
            mem_mb=int(rate["memory_mb"] + threads * rate["thread_memory_mb"]),
            runtime_minutes=max(int(rate["least_minutes"]), math.ceil(rate["safety"] * wall / 60)),
            scratch_mb=1000 + largest // 4_000_000,
            threads=threads,
        )

    def seconds(self, name: str) -> float:
        """Of all jobs of a submission, one after the other."""
        return sum(cost.seconds for cost in self.costs(name))

    def cut(self, names: Sequence[str], first: int) -> list[Shard]:
        """Shards for the submissions ``names``, numbered from ``first``."""
        sizes = {name: self.seconds(name) for name in names}
        settings = self.settings
        capacity = settings.seconds * settings.threads
        if settings.wanted:
            capacity = max(sum(sizes.values()) / settings.wanted, 0.001)
        most = settings.wanted or settings.most
        shards = self._cut(names, sizes, capacity, first)
        while len(shards) > most and capacity < sum(sizes.values()):
            capacity *= GROWTH
            shards = self._cut(names, sizes, capacity, first)
        return shards

    def _cut(self, names: Sequence[str], sizes: Mapping[str, float], capacity: float, first: int) -> list[Shard]:
        large = [name for name in names if sizes[name] > capacity and len(self.runs[name]) > 1]
        small = [name for name in names if name not in set(large)]
        count = math.ceil(sum(sizes[name] for name in small) / capacity) if small else 0
        number, shards = first, []
        for bin_ in _longest_first(small, sizes, count):
            shards.append(self.shard(number, ShardKind.WHOLE, [ShardItem(name) for name in bin_]))
            number += 1
        for name in large:
            made = self._cut_one(name, capacity, number)
            number += len(made)
            shards += made
        return shards

    def _cut_one(self, name: str, capacity: float, number: int) -> list[Shard]:
        """Intake, measurements and close of one large submission."""
        intake = self.shard(number, ShardKind.INTAKE, [ShardItem(name)])
        sizes = {cost.job.run: cost.seconds for cost in self.costs(name) if cost.job.stage == "qc"}
        count = math.ceil(sum(sizes.values()) / capacity)
        measures = [
            self.shard(number + place, ShardKind.MEASURE, [ShardItem(name, run) for run in bin_], [intake.id])
            for place, bin_ in enumerate(_longest_first(list(sizes), sizes, count), start=1)
        ]
        after = [item.id for item in measures]
        return [intake, *measures, self.shard(number + 1 + len(measures), ShardKind.CLOSE, [ShardItem(name)], after)]


def _chain(jobs: Iterable[JobCost]) -> float:
    """The shortest time that one item can take, however many threads there are."""
    stages: dict[str, float] = {}
    for cost in jobs:
        stages[cost.job.stage] = max(stages.get(cost.job.stage, 0.0), cost.seconds)
    return sum(stages.values())


def _longest_first(names: Sequence[str], sizes: Mapping[str, float], count: int) -> list[list[str]]:
    """Share ``names`` out over ``count`` bins of about equal size; in each, and of the bins, the order of ``names``."""
    bins: list[tuple[float, int, list[str]]] = [(0.0, number, []) for number in range(max(count, 1))]
    for name in sorted(names, key=lambda item: (-sizes[item], item)):
        size, number, held = heapq.heappop(bins)
        held.append(name)
        heapq.heappush(bins, (size + sizes[name], number, held))
    place = {name: number for number, name in enumerate(names)}
    filled = [sorted(held, key=place.__getitem__) for _size, _number, held in bins if held]
    return sorted(filled, key=lambda held: place[held[0]])


def cut_batch(
    submissions: Sequence[PlannedSubmission],
    runs: Runs,
    model: CostModel,
    settings: ShardSettings,
    before: Sequence[Shard] = (),
) -> tuple[Shard, ...]:
    """Cut a batch into shards.

    Args:
        submissions: in the order of the sheet.
        runs: their runs with files.
        model: what they cost.
        settings: how long and how many.
        before: shards that stay as they are, but for submissions that the sheet does not name any more and for large
            ones that have other runs now.
    """
    cutter = _Cutter({item.name: item for item in submissions}, runs, model, settings)
    kept = _kept(cutter, before)
    placed = {item.submission for shard in kept for item in shard.items}
    last = max((int(shard.id[1:]) for shard in before), default=0)
    new = cutter.cut([item.name for item in submissions if item.name not in placed], last + 1)
    return (*kept, *new)


def _kept(cutter: _Cutter, before: Sequence[Shard]) -> list[Shard]:
    measured: dict[str, set[str]] = {}
    for shard in before:
        for item in shard.items:
            if shard.kind is ShardKind.MEASURE:
                measured.setdefault(item.submission, set()).add(item.run)
    kept = []
    for shard in before:
        if shard.kind is not ShardKind.WHOLE:
            name = shard.items[0].submission
            planned = cutter.submissions.get(name)
            if planned is None or set(planned.runs) != measured.get(name, set()):
                continue
        items = tuple(item for item in shard.items if item.submission in cutter.submissions)
        if not items:
            continue
        fresh = cutter.shard(int(shard.id[1:]), shard.kind, items, shard.after)
        # What a rate says today must not change what was planned: only another source does.
        same = items == shard.items and fresh.bytes == shard.bytes
        kept.append(shard if same else replace(fresh, threads=shard.threads))
    return kept


def definition(
    shard: Shard, submissions: Mapping[str, PlannedSubmission], runs: Runs, model: CostModel
) -> dict[str, Any]:
    """Content of ``shards/<id>.json``: all that the shard needs to know of the plan."""
    cutter = _Cutter(submissions, runs, model, ShardSettings(threads=shard.threads))
    costs = [cost for item in shard.items for cost in cutter.jobs(item, shard.kind)]
    names = dict.fromkeys(item.submission for item in shard.items)
    return {
        "schema_version": "1.0",
        "shard": shard.to_dict(),
        "submissions": [submissions[name].to_dict() for name in names],
        "costs": [[item.job.stage, item.job.submission, item.job.run, item.seconds, item.bytes] for item in costs],
    }
