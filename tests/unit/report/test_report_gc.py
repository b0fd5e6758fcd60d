"""GC content evened out for read lengths."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.report.gc import gc_distribution


def tables(counts: list[int], lengths: dict[int, int]) -> dict[str, Any]:
    return {
        "gc_content": {"gc_percent": list(range(101)), "reads": counts},
        "read_length": {
            "length_from": list(lengths),
            "length_to": list(lengths),
            "reads": list(lengths.values()),
        },
    }


def counted(length: int, contents: dict[int, int]) -> list[int]:
    """Reads by whole percentage, rounded half up, as the collector counts them."""
    counts = [0] * 101
    for content, reads in contents.items():
        counts[int(100 * content / length + 0.5)] += reads
    return counts


def fastqc_alone(length: int, contents: dict[int, int]) -> list[float]:
    """The same read by read, in plain loops: what a content, give or take half a base, touches."""

    def touched(content: int) -> range:
        low, high = max(content - 0.5, 0), min(content + 0.5, length)
        return range(int(low * 100 / length + 0.5), int(high * 100 / length + 0.5) + 1)

    claims = [0] * 101
    for content in range(length + 1):
        for percent in touched(content):
            claims[percent] += 1
    found = [0.0] * 101
    for content, reads in contents.items():
        for percent in touched(content):
            found[percent] += reads / claims[percent]
    total = sum(found)
    return [value * sum(contents.values()) / total for value in found]


@pytest.mark.parametrize("length", [8, 36, 51, 75, 100])
def test_short_reads_as_read_by_read(length: int) -> None:
    contents = {content: content * (length - content) + 1 for content in range(length + 1)}
    even = gc_distribution(tables(counted(length, contents), {length: sum(contents.values())}))
    assert even == pytest.approx(fastqc_alone(length, contents))


@pytest.mark.parametrize("length", [48, 125, 150, 151, 250, 301])
def test_a_smooth_distribution_has_no_comb(length: int) -> None:
    share = np.arange(length + 1) / length
    contents = dict(enumerate(np.round(1e6 * np.exp(-((share - 0.42) ** 2) / 0.01)).astype(int).tolist()))
    even = gc_distribution(tables(counted(length, contents), {length: sum(contents.values())}))
    rising, falling = even[20:38], even[47:65]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)


@given(
    st.lists(st.integers(min_value=0, max_value=1000), min_size=101, max_size=101),
    st.dictionaries(st.integers(min_value=0, max_value=5000), st.integers(min_value=1, max_value=50), max_size=90),
)
def test_no_read_is_lost(counts: list[int], lengths: dict[int, int]) -> None:
    even = gc_distribution(tables(counts, dict(sorted(lengths.items()))))
    assert sum(even) == pytest.approx(sum(counts))
    assert all(value >= 0 for value in even)


def test_long_reads_stay_as_counted() -> None:
    counts = [0] * 40 + [7, 9, 4] + [0] * 58
    assert gc_distribution(tables(counts, {8000: 20})) == pytest.approx(counts)


def test_nothing_counted() -> None:
    assert gc_distribution({}) == []
    assert gc_distribution(tables([0] * 101, {150: 3})) == []
