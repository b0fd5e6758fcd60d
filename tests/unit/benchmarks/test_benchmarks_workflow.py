"""The batch of sample genomes, and what is made of a measurement of the workflow."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from makers import sample_batch
from makers.sample_genomes import GENOMES
from measure import Measurement
from workflow_costs import Cost, Workflow, lines, table

from dsqc.batch.layout import STAGES
from dsqc.stages.validate import validate


def test_the_batch_is_sound_and_the_same_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sample_batch.SIZES, "toy", (40, 20_000))
    sheet, made = sample_batch.make_batch(tmp_path / "one", "toy", None)
    again = sample_batch.make_batch(tmp_path / "two", "toy", None)[1]
    assert [item.name for item in made] == [f"{kind}-{reads}" for kind in GENOMES for reads in ("short", "long")]
    assert len(sheet.read_text(encoding="utf-8").splitlines()) == 1 + len(made)
    for item, twin in zip(made, again, strict=True):
        assert [path.read_bytes() for path in item.files] == [path.read_bytes() for path in twin.files]
        assert not item.true_genome
        assert list(validate(item.files[0].parent, None).findings) == []


@pytest.mark.parametrize("kind", GENOMES)
def test_a_made_up_genome_is_like_the_true_one(kind: str) -> None:
    wanted = GENOMES[kind]
    genome, true = wanted.read(None, 1)
    once = genome.forward[: wanted.length]
    assert not true
    assert np.array_equal(genome.forward[wanted.length : 2 * wanted.length], once[: genome.length - wanted.length])
    assert np.isin(once, np.frombuffer(b"GC", np.uint8)).mean() == pytest.approx(wanted.gc, abs=0.02)


def test_costs_are_held_against_the_bare_tools(tmp_path: Path) -> None:
    path = tmp_path / "a.fastq.gz"
    path.write_bytes(bytes(10))
    made = [sample_batch.Made("a", (path,), False), sample_batch.Made("b", (path,), False)]
    workflow = Workflow(Measurement(20.0, 12.0, 100.0), {stage: Cost(2.0, 1.0, 2) for stage in STAGES}, 2, {"a": "x"})
    bare = {stage: Cost(1.0, 0.5, 4) if stage == "qc" else Cost() for stage in STAGES}
    found: list[dict[str, Any]] = list(lines(workflow, bare, made, "toy"))
    by_stage = {item["stage"]: item for item in found}
    assert [item["stage"] for item in found] == [*STAGES, "all"]
    assert (by_stage["qc"]["ratio_cpu"], by_stage["judge"]["ratio_cpu"]) == (2.0, None)
    whole = by_stage["all"]
    assert (whole["ratio_wall"], whole["ratio_cpu"], whole["runs"], whole["jobs"]) == (20.0, 24.0, 2, 2)
    assert whole["overhead_s"] == pytest.approx(20.0 - 10.0 / whole["machine"]["cores"])
    assert whole["overhead_per_run_s"] == whole["overhead_per_job_s"] == pytest.approx(whole["overhead_s"] / 2)
    assert "2 runs in 2 jobs" in table(found)
