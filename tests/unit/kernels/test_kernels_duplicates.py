"""Partitions, and repeats among numbers, against Python's dictionaries."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.kernels import duplicates as d
from dsqc.kernels import names as k

KEYS = st.lists(st.tuples(st.integers(0, 15), st.integers(0, (1 << 22) - 1), st.integers(0, 3)), max_size=60)


def keys_of(items: list[tuple[int, int, int]], spread: bool) -> np.ndarray:
    """Keys of few different hashes, all over the range or close together."""
    shift = 60 if spread else 22
    return np.array(
        [hash_ << shift | (extra << 22 if spread else 0) | index for hash_, index, extra in items], np.uint64
    )


@settings(deadline=None)
@given(KEYS, st.booleans())
def test_partitions_keep_order_and_company(items: list[tuple[int, int, int]], spread: bool) -> None:
    keys = keys_of(items, spread)
    seconds = np.arange(len(keys), dtype=np.uint64)
    bounds = np.full(d.PARTITIONS + 1, 9, np.int64)
    out_keys, out_seconds = np.zeros_like(keys), np.zeros_like(seconds)
    d.part(keys, seconds, bounds, out_keys, out_seconds)
    order = np.argsort(keys >> np.uint64(54), kind="stable")
    assert out_keys.tolist() == keys[order].tolist()
    assert out_seconds.tolist() == order.tolist()
    numbers = (keys >> np.uint64(54)).astype(np.int64)
    assert bounds.tolist() == np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=d.PARTITIONS))]).tolist()


@settings(deadline=None)
@given(KEYS, st.booleans(), st.integers(0, 3))
def test_repeats_are_all_found(items: list[tuple[int, int, int]], spread: bool, more: int) -> None:
    keys = keys_of(items, spread)
    first: dict[int, int] = {}
    wanted = []
    for row, key in enumerate(keys.tolist()):
        if key >> 22 in first:
            wanted.append([first[key >> 22], row])
        else:
            first[key >> 22] = row
    table = np.full(1 << (2 * max(len(keys), 1) - 1).bit_length() + more, 7, np.int32)
    rows = np.zeros((len(keys), 2), np.int64)
    found = d.find_repeats(keys, table, rows)
    assert rows[:found].tolist() == wanted


def test_index_bits_and_mask_agree() -> None:
    assert (1 << int(k.INDEX_BITS)) - 1 == k.INDEX_MASK
