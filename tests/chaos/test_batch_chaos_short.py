"""A short run of the chaos around a batch; the long one is ``batch_chaos.py`` as a script."""

from pathlib import Path

import pytest

from chaos.batch_chaos import chaos

PLAN = ("stage", "database", "command", "shard", "s3", "twice")


@pytest.mark.slurm
@pytest.mark.postgres
@pytest.mark.s3
@pytest.mark.timeout(900)
def test_a_batch_ends_as_if_nothing_had_died(tmp_path: Path) -> None:
    tally = chaos(tmp_path, runs=6, shards=2, seed=3, plan=PLAN)
    assert tally.broken == []
    # A quick machine may be done before the last one.
    assert tuple(tally.faults) == PLAN[: len(tally.faults)]
    assert len(tally.faults) >= 3
    assert tally.starts > 1
