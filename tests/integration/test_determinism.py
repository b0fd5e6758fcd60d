"""The same file gives the same bytes: for any number of threads, any size of batches, and measured in shards."""

import gzip
import io
from itertools import pairwise
from pathlib import Path

import pytest

import dsqc
from dsqc import artefact
from dsqc.findings import FindingLog
from dsqc.formats import fastq as fastq_reader
from dsqc.formats import open_reads
from dsqc.metrics.reads import ReadMetrics

BATCH = Path(__file__).parents[2] / "test-data" / "batch"
SAMPLES = [
    "rice-wgs/KR-RICE-001_R1.fastq.gz",
    "gut-16s/GUT-014_R2.fastq.gz",
    "tuberculosis-nanopore/TB-KR-07.fastq.gz",
    "human-hifi/PM-0031.hifi.bam",
]


def written(path: Path, outdir: Path, threads: int) -> dict[str, bytes]:
    dsqc.qc(path, outdir=outdir, threads=threads)
    return {str(item.relative_to(outdir)): item.read_bytes() for item in sorted(outdir.rglob("*")) if item.is_file()}


@pytest.mark.parametrize("name", SAMPLES)
def test_any_number_of_threads_writes_the_same_bytes(tmp_path: Path, name: str) -> None:
    one, two, many = (written(BATCH / name, tmp_path / str(n), n) for n in (1, 2, 7))
    assert one == two == many
    assert len(one) >= 6


@pytest.mark.parametrize(("buffer", "rows"), [(5_000, 7), (70_000, 100), (1 << 22, 1 << 16)])
def test_any_size_of_batches_measures_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, buffer: int, rows: int
) -> None:
    path = BATCH / SAMPLES[0]
    usual = written(path, tmp_path / "usual", 2)
    defaults = fastq_reader.FastqSource.__init__.__kwdefaults__
    assert defaults["buffer"] > 0
    assert defaults["rows"] > 0
    monkeypatch.setattr(fastq_reader.FastqSource.__init__, "__kwdefaults__", {"buffer": buffer, "rows": rows})
    assert written(path, tmp_path / "other", 2) == usual


def shards(text: bytes, cuts: list[int]) -> list[bytes]:
    """``text`` cut behind records; ``cuts`` are record numbers."""
    lines = text.splitlines(keepends=True)
    edges = [0, *(4 * cut for cut in cuts), len(lines)]
    return [b"".join(lines[low:high]) for low, high in pairwise(edges)]


def add_all(metrics: ReadMetrics, text: bytes) -> ReadMetrics:
    """Measure all reads of ``text``."""
    with open_reads(io.BytesIO(text), FindingLog(), name="shard.fastq") as source:
        for batch in source.batches():
            metrics.add(batch)
    return metrics


@pytest.mark.parametrize("name", SAMPLES[:3])
@pytest.mark.parametrize("cuts", [[1], [2_400], [10, 11, 700, 1_500]])
def test_shards_merged_are_the_whole_file(name: str, cuts: list[int]) -> None:
    text = gzip.decompress((BATCH / name).read_bytes())
    records = text.count(b"\n") // 4
    cuts = [cut for cut in cuts if cut < records] or [records // 2]
    whole = add_all(ReadMetrics(), text)
    merged = ReadMetrics()
    for part in shards(text, cuts):
        merged.merge(add_all(merged.continuation(), part))

    assert artefact.to_json(merged.values()) == artefact.to_json(whole.values())
    assert artefact.to_json(merged.tables()) == artefact.to_json(whole.tables())
    assert list(merged.rows()) == list(whole.rows())
    assert whole.values()["read_count"] == records
