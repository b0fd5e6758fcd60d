"""The sketch of reads: the same whatever the batches and their order, and never larger than it may be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.kernels import sketch as k
from dsqc.sketch import ReadSketch, WordCounter
from dsqc.sketch.words import are_among
from helpers.genomes import LENGTH, Bytes, genome, reads_of


def counted(reads: Bytes, before: int = 0, every: int = 1) -> WordCounter:
    counter = WordCounter(every)
    add(counter, reads, before)
    return counter


def add(counter: WordCounter, reads: Bytes, before: int) -> None:
    data = np.concatenate([np.ascontiguousarray(reads).reshape(-1), np.zeros(64, dtype=np.uint8)])
    starts = np.arange(len(reads), dtype=np.int64) * LENGTH
    counter.add(data, starts, np.full(len(reads), LENGTH, dtype=np.int64), before)


def same(one: ReadSketch, other: ReadSketch) -> bool:
    facts = (one.scaled, one.words, one.reads) == (other.scaled, other.words, other.reads)
    return facts and np.array_equal(one.hashes, other.hashes) and np.array_equal(one.counts, other.counts)


@pytest.fixture(scope="module")
def many() -> Bytes:
    """Reads with more distinct words than a table takes at its first scale, several times over."""
    return reads_of(genome(3, 9_000_000), 60_000, 4)


def test_batches_and_parts_give_the_same(many: Bytes) -> None:
    whole = counted(many, every=7).sketch()
    batches, parts = WordCounter(7), []
    for start, stop in ((0, 1), (1, 20_011), (20_011, 20_012), (20_012, 47_000), (47_000, 60_000)):
        add(batches, many[start:stop], start)
        parts.append(counted(many[start:stop], start, every=7))
    assert same(batches.sketch(), whole)
    for order in ((0, 1, 2, 3, 4), (4, 2, 0, 3, 1)):
        merged = WordCounter(7)
        for number in order:
            merged.merge(parts[number])
        assert same(merged.sketch(), whole)


def test_memory_is_bounded_and_the_scale_the_finest_that_fits(many: Bytes) -> None:
    sketch = counted(many).sketch()
    assert k.MOST // 2 - 2_000 < len(sketch.hashes) <= k.MOST
    assert sketch.scaled > 1 << k.FINEST
    assert sketch.hashes.max() <= (1 << 64) // sketch.scaled - 1
    assert np.all(np.diff(sketch.hashes.astype(np.float64)) >= 0)
    halves = [counted(many[:30_000]), counted(many[30_000:], 30_000)]
    halves[0].merge(halves[1])
    assert same(halves[0].sketch(), sketch)


def test_both_mates_of_interleaved_pairs_are_looked_at() -> None:
    one, two = (reads_of(genome(seed, 5_000), 700, 1) for seed in (5, 6))
    pairs = np.stack([one, two], axis=1).reshape(-1, LENGTH)
    sketch = counted(pairs, every=k.EVERY).sketch()
    for mates in (one, two):
        assert np.isin(sketch.hashes, counted(mates).sketch().hashes).sum() > 100


def test_nothing_read_is_an_empty_sketch() -> None:
    sketch = WordCounter().sketch()
    assert (len(sketch.hashes), sketch.words, sketch.reads) == (0, 0, 0)
    short = counted(genome(1, 30 * 4).reshape(4, 30)[:, :30].repeat(5, axis=1)[:0])
    assert len(short.sketch().hashes) == 0


@given(st.sets(st.integers(0, 40)), st.lists(st.integers(0, 50)))
def test_hashes_among_others_are_told_as_by_hand(hashes: set[int], others: list[int]) -> None:
    one, other = np.array(sorted(hashes), dtype=np.uint64), np.array(others, dtype=np.uint64)
    assert are_among(one, other).tolist() == [value in others for value in sorted(hashes)]
