"""What CRAM does not keep of a BAM is put back; everything else that differs is named."""

import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.archive.repairs import NO_REPAIRS, Repairs, compare, restore_bam
from dsqc.kernels import bam_compare as k
from helpers.bam_bytes import HEADER, Fields, bam_bytes, records, tag


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[start : start + size] for start in range(0, len(data), size))


def repaired(returned: bytes, original: bytes, size: int = 50) -> bytes:
    found = compare(pieces(returned, size), pieces(original, size + 7))
    assert found.differences == {}
    kept = Repairs.from_dict(found.repairs.to_dict())
    return b"".join(restore_bam(pieces(returned, size), kept))


@given(st.lists(records(), max_size=8), st.randoms(use_true_random=False), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_orders_of_tags_and_fixed_fields_are_put_back(made: list[Fields], rng: random.Random, size: int) -> None:
    """As htslib does it: one order for each list of tags; bins of its own; no mapping quality of unmapped records."""
    orders: dict[tuple[bytes, ...], list[int]] = {}

    def changed(item: Fields) -> Fields:
        ordered = sorted(item.tags)
        kinds = tuple(part[:3] for part in ordered)
        return item.but(tags=tuple(ordered), bin=rng.randrange(5), mapping_quality=0, flag=item.flag ^ 1024), kinds

    returned, original = [], []
    for item in made:
        bare, kinds = changed(item)
        order = orders.setdefault(kinds, rng.sample(range(len(kinds)), len(kinds)))
        returned.append(bare)
        original.append(item.but(tags=tuple(bare.tags[number] for number in order)))
    wanted = bam_bytes(original)
    assert repaired(bam_bytes(returned), wanted, size) == wanted


def test_tags_that_htslib_adds_to_the_header_are_dropped() -> None:
    longer = HEADER.replace("LN:400\n", f"LN:400\tM5:{'0' * 32}\tUR:/place/of.fa\n")
    original = bam_bytes([Fields()])
    found = compare([bam_bytes([Fields()], longer)], [original])
    assert (found.repairs, found.differences) == (Repairs(dropped_tags=("M5", "UR")), {})
    assert repaired(bam_bytes([Fields()], longer), original) == original


@pytest.mark.parametrize("header", ["", "@HD\tVN:1.0\n@SQ\tSN:r1\tLN:400\n\0\0\0"])
def test_another_header_is_kept_whole(header: str) -> None:
    original = bam_bytes([Fields()], header, [("r1", 400)])
    assert repaired(bam_bytes([Fields()]), original) == original


RECORDS = [Fields(name=b"one"), Fields(name=b"two", bases="AC", qualities=b"\x01\x02", tags=(tag("XA", "i", 1),))]


@pytest.mark.parametrize(
    ("returned", "differences"),
    [
        (RECORDS[:1], {"records": 1}),
        ([*RECORDS, Fields()], {"records": 1}),
        (RECORDS[::-1], {"name": 2, "sequence": 2, "tags": 2}),
        ([RECORDS[0], RECORDS[1].but(name=b"twx")], {"name": 1}),
        ([RECORDS[0], RECORDS[1].but(bases="AG")], {"sequence": 1}),
        ([RECORDS[0], RECORDS[1].but(qualities=b"\x01\x03")], {"qualities": 1}),
        ([RECORDS[0], RECORDS[1].but(cigar=(2 << 4,))], {"cigar": 1}),
        ([RECORDS[0], RECORDS[1].but(tags=(tag("XA", "i", 2),))], {"tags": 1}),
        ([RECORDS[0], RECORDS[1].but(tags=(tag("XA", "c", 1),))], {"tags": 1}),
        ([RECORDS[0], RECORDS[1].but(tags=())], {"tags": 1}),
        ([RECORDS[0], RECORDS[1].but(tags=(b"XA?1",))], {"tags": 1}),
    ],
)
def test_what_cannot_be_put_back_is_named(returned: list[Fields], differences: dict[str, int]) -> None:
    found = compare([bam_bytes(returned)], [bam_bytes(RECORDS)])
    assert found.differences == differences


def test_one_list_of_tags_in_two_orders_cannot_be_put_back() -> None:
    one, two = tag("XA", "i", 1), tag("XB", "i", 2)
    original = [Fields(tags=(one, two)), Fields(tags=(two, one))]
    returned = [Fields(tags=(two, one)), Fields(tags=(two, one))]
    found = compare([bam_bytes(returned)], [bam_bytes(original)])
    # The second record came back as it was: the order learned from the first one would spoil it.
    spoilt = b"".join(restore_bam([bam_bytes(returned)], found.repairs))
    assert found.differences or spoilt != bam_bytes(original)


def test_what_is_the_same_needs_no_repairs() -> None:
    found = compare([bam_bytes(RECORDS)], [bam_bytes(RECORDS)])
    assert (found.repairs, found.differences) == (NO_REPAIRS, {})
    assert found.repairs.to_dict() is None


def test_streams_of_other_pace_do_not_pile_up() -> None:
    data = bam_bytes([Fields(bases="A" * 4_000, qualities=b"\x02" * 4_000)] * 1_500)
    taken = {"first": 0, "second": 0}

    def read(name: str, size: int) -> Iterator[bytes]:
        for piece in pieces(data, size):
            taken[name] += len(piece)
            assert abs(taken["first"] - taken["second"]) < 5 << 20
            yield piece

    assert compare(read("first", 1 << 20), read("second", 1 << 14)).differences == {}


@given(st.binary(max_size=200), st.integers(0, 150), st.booleans())
@settings(max_examples=100, deadline=None)
def test_noise_leads_nowhere(noise: bytes, at: int, second: bool) -> None:
    """Plain Python raises on an index outside an array; compiled code would read there."""
    good = b"".join(item.pack() for item in RECORDS)
    spoilt = (good[: at % len(good)] + noise) or b"x"
    arrays = []
    for data in (good, spoilt) if second else (spoilt, good):
        array = np.zeros(len(data) + 64, np.uint8)
        array[: len(data)] = np.frombuffer(data, np.uint8)
        arrays += [array, len(data)]
    state, counts = np.zeros(k.STATE, np.int64), np.zeros(k.FIELDS, np.int64)
    known = np.ones((7, 2), np.uint64)
    flips = np.zeros(9, np.int64), np.zeros((9, k.FIXED), np.uint8)
    why = k.compare_records.py_func(*arrays, known, counts, *flips, state)
    assert why in (k.NEED_MORE, k.BROKEN, k.NEW_ORDER)
    assert state[k.FIRST] <= arrays[1]
    assert state[k.SECOND] <= arrays[3]
