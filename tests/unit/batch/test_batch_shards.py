"""Shards: every job in exactly one, of about equal length, few enough, and stable while a batch grows."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.batch.costs import CostModel, PlannedFile, PlannedRun, kind_of
from dsqc.batch.jobs import jobs_of
from dsqc.batch.layout import STAGES, StageJob
from dsqc.batch.plan import PlannedSubmission, Shard, ShardKind
from dsqc.batch.sharding import Runs, ShardSettings, cut_batch

Batch = tuple[tuple[PlannedSubmission, ...], dict[str, tuple[PlannedRun, ...]]]


def batch(sizes: Iterable[Iterable[int]], first: int = 1) -> Batch:
    """Submissions with runs of one file each, whose sizes in MB are given."""
    submissions, runs = [], {}
    for number, megabytes in enumerate(sizes, start=first):
        name = f"sub-{number:03d}"
        runs[name] = tuple(
            PlannedRun(f"run-{place}", (PlannedFile(f"{place}.fastq.gz", size * 1_000_000, "fastq_gzip"),))
            for place, size in enumerate(megabytes)
        )
        size = sum(run.bytes for run in runs[name])
        keys = tuple(run.key for run in runs[name])
        submissions.append(PlannedSubmission(name, f"/in/{name}", keys, bytes=size, files=len(keys)))
    return tuple(submissions), runs


def cut(made: Batch, settings: ShardSettings, before: tuple[Shard, ...] = ()) -> tuple[Shard, ...]:
    """Cut with the rates that dsqc ships."""
    return cut_batch(made[0], made[1], CostModel(), settings, before)


def all_jobs(shards: Iterable[Shard], submissions: Iterable[PlannedSubmission]) -> Counter[StageJob]:
    """How often each job stands in a shard."""
    known = {item.name: item for item in submissions}
    return Counter(job for shard in shards for job in jobs_of(shard, known))


SIZES = st.lists(st.lists(st.sampled_from([0, 1, 50, 3000, 40_000]), max_size=8), min_size=1, max_size=12)
SETTINGS = st.builds(
    ShardSettings,
    seconds=st.sampled_from([10.0, 300.0, 5000.0]),
    most=st.integers(1, 30),
    threads=st.integers(1, 4),
    wanted=st.integers(0, 5),
)


@settings(max_examples=40, deadline=None)
@given(SIZES, SETTINGS)
def test_every_job_stands_in_one_shard_behind_what_it_needs(sizes: list[list[int]], chosen: ShardSettings) -> None:
    made = batch(sizes)
    shards = cut(made, chosen)

    expected = Counter(
        job
        for item in made[0]
        for stage in STAGES
        for job in (
            [StageJob("qc", item.name, run) for run in item.runs] if stage == "qc" else [StageJob(stage, item.name)]
        )
    )
    assert all_jobs(shards, made[0]) == expected
    assert len(shards) <= max(chosen.wanted or chosen.most, 1)
    known = {item.name: item for item in made[0]}
    shard_of = {job: shard for shard in shards for job in jobs_of(shard, known)}
    for job, shard in shard_of.items():
        needed = {shard_of[other] for other in expected if other.submission == job.submission and _before(other, job)}
        assert {other.id for other in needed} - {shard.id} <= _all_after(shard, shards)
    assert cut(made, chosen) == shards


def _before(one: StageJob, two: StageJob) -> bool:
    return STAGES.index(one.stage) < STAGES.index(two.stage)


def _all_after(shard: Shard, shards: Iterable[Shard]) -> set[str]:
    known = {item.id: item for item in shards}
    found = set(shard.after)
    for name in shard.after:
        found |= _all_after(known[name], shards)
    return found


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, SETTINGS)
def test_a_batch_that_grows_keeps_its_shards(old: list[list[int]], new: list[list[int]], chosen: ShardSettings) -> None:
    before = batch(old)
    first = cut(before, chosen)
    more = batch(new, first=len(old) + 1)
    grown = (before[0] + more[0], before[1] | more[1])

    second = cut(grown, chosen, first)

    assert second[: len(first)] == first
    assert len({shard.id for shard in second}) == len(second)
    assert set(all_jobs(second, grown[0]).values()) == {1}


def test_shards_are_of_about_equal_length() -> None:
    made = batch([[size] for size in (900, 850, 400, 390, 380, 120, 100, 90, 60, 10)] * 10)
    shards = cut(made, ShardSettings(seconds=200, threads=1))

    lengths = [shard.predicted_seconds for shard in shards]
    assert len(shards) > 5
    assert max(lengths) / min(lengths) < 1.15


def test_a_large_submission_is_cut_at_its_runs() -> None:
    made = batch([[5000] * 6, [1]])
    whole, intake, *measures, close = cut(made, ShardSettings(seconds=300, threads=2))

    assert [item.submission for item in whole.items] == ["sub-002"]
    assert (intake.kind, close.kind) == (ShardKind.INTAKE, ShardKind.CLOSE)
    assert {shard.kind for shard in measures} == {ShardKind.MEASURE}
    assert all(shard.after == (intake.id,) for shard in measures)
    assert close.after == tuple(shard.id for shard in measures)
    assert sum(len(shard.items) for shard in measures) == 6


def test_what_left_the_sheet_leaves_its_shard_and_another_run_is_another_cut() -> None:
    made = batch([[1], [2], [5000] * 6])
    settings = ShardSettings(seconds=300, threads=2)
    first = cut(made, settings)
    runs: Runs = made[1] | {"sub-003": made[1]["sub-003"][:5]}
    changed = PlannedSubmission("sub-003", "/in/sub-003", made[0][2].runs[:5], bytes=made[0][2].bytes, files=5)

    second = cut_batch((made[0][0], changed), runs, CostModel(), settings, first)

    kept = next(shard for shard in second if shard.id == first[0].id)
    assert [item.submission for item in kept.items] == ["sub-001"]
    new = [shard for shard in second if shard.kind is not ShardKind.WHOLE]
    assert not {shard.id for shard in new} & {shard.id for shard in first}
    assert sum(len(shard.items) for shard in new if shard.kind is ShardKind.MEASURE) == 5


@pytest.mark.parametrize(("name", "kind"), [("big.fastq.gz", "fastq_bgzf"), ("big.bam", kind_of("big.bam"))])
def test_a_file_too_long_for_a_job_is_measured_in_parts(name: str, kind: str) -> None:
    large = PlannedRun("big", (PlannedFile(name, 100_000_000_000, kind),))
    small = PlannedRun("small", (PlannedFile("small.fastq.gz", 1_000_000, "fastq_gzip"),))
    planned = PlannedSubmission("sub", "/in/sub", ("big", "small"), bytes=100_001_000_000, files=2)
    shards = cut_batch((planned,), {"sub": (large, small)}, CostModel(), ShardSettings(seconds=600, threads=4))

    parts = [item for shard in shards if shard.kind is ShardKind.PART for item in shard.items]
    assert sorted(item.part for item in parts) == list(range(1, parts[0].parts + 2))  # the last one is the digest
    measure = next(shard for shard in shards if any(item.run == "big" for item in shard.items if not item.file))
    needed = {shard.id for shard in shards if shard.kind is ShardKind.PART}
    assert needed <= set(measure.after)
    assert max(shard.predicted_seconds for shard in shards if shard.kind is ShardKind.PART) < 1300
    assert Shard.from_dict(shards[1].to_dict()) == shards[1]
