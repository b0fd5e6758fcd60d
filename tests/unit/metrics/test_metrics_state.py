"""What collectors hold goes to a file and back: metrics of a part of a file are those that were measured."""

import json
from pathlib import Path

import numpy as np
import pytest

from dsqc import artefact
from dsqc.findings import FindingLog
from dsqc.formats import open_reads
from dsqc.metrics.reads import ReadMetrics
from dsqc.metrics.state import dump

BATCH = Path(__file__).parents[3] / "test-data" / "batch"


@pytest.mark.parametrize("name", ["rice-wgs/KR-RICE-001_R1.fastq.gz", "tuberculosis-nanopore/TB-KR-07.fastq.gz"])
def test_metrics_come_back(name: str) -> None:
    measured = ReadMetrics()
    with open_reads(BATCH / name, FindingLog()) as source:
        for batch in source.batches():
            measured.add(batch)
    arrays: list[np.ndarray] = []
    written = json.loads(json.dumps(measured.dump(arrays)))
    back = ReadMetrics()
    back.fill(written, lambda number, _room: arrays[number].copy())
    assert artefact.to_json(back.values()) == artefact.to_json(measured.values())
    assert artefact.to_json(back.tables()) == artefact.to_json(measured.tables())
    assert list(back.rows()) == list(measured.rows())


def test_nothing_but_plain_data_is_kept_or_read_back() -> None:
    with pytest.raises(TypeError, match="cannot be kept"):
        dump({"made": object()}, [])
    empty = ReadMetrics()
    written = empty.dump([])
    written[1]["object"]["_unknown"] = 1
    with pytest.raises(ValueError, match="unknown state"):
        ReadMetrics().fill(written, lambda *_: np.zeros(1))
