"""Long reads, poly-G, mates laid over each other, headers, names: each kernel against a slow, obvious count."""

import math
import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.kernels import instrument, long_reads, nanopore, overlap, two_colour
from dsqc.kernels.orientation import complement_table
from helpers.batches import make_batch, random_reads

EDGES = np.array([0, 10, 100, 1_000], dtype=np.int64)


def read_errors(reads):
    batch = make_batch(reads)
    tables = [np.zeros((len(EDGES), long_reads.HIGHEST + 1), dtype=np.int64) for _ in range(2)]
    tenths = np.zeros((2, 10 * long_reads.HIGHEST + 1), dtype=np.int64)
    total = long_reads.count_read_errors(
        batch.data,
        batch.quality_start,
        batch.length,
        len(batch),
        long_reads.error_units(),
        long_reads.pair_units(long_reads.error_units()),
        long_reads.tenth_units(),
        EDGES,
        *tables,
        tenths,
    )
    return total, *tables, tenths


def test_reads_by_length_and_mean_error():
    reads = [*random_reads(80, 1_500, seed=3, highest=90), (b"", b""), (b"ACGT", None), (b"A", b"~"), (b"AC", b"!!")]
    total, counted, bases, tenths = read_errors(reads)
    expected = Counter()
    errors = 0.0
    for sequence, quality in reads:
        if quality:
            probabilities = [10 ** (-(character - 33) / 10) for character in quality]
            errors += sum(probabilities)
            phred = min(-10 * math.log10(sum(probabilities) / len(sequence)), 60)
            expected[sum(len(sequence) >= edge for edge in EDGES) - 1, int(phred + 1e-9)] += 1
    assert {tuple(place): int(counted[tuple(place)]) for place in np.argwhere(counted)} == expected
    assert total / long_reads.ERROR_UNIT == pytest.approx(errors, rel=1e-6)
    assert bases.sum() == tenths[1].sum() == sum(len(sequence) for sequence, quality in reads if quality)
    assert (
        tenths[0].reshape(-1)[: 10 * long_reads.HIGHEST].reshape(-1, 10).sum(axis=1).tolist()
        == counted.sum(axis=0)[:-1].tolist()
    )


@pytest.mark.parametrize("phred", range(60))
def test_reads_of_one_quality_fall_into_its_bin(phred):
    _, counted, _, tenths = read_errors([(b"ACG" * 7, bytes([33 + phred]) * 21)])
    assert np.flatnonzero(tenths[0]).tolist() == [10 * phred]
    assert counted[1, phred] == 1


def test_the_sum_does_not_depend_on_the_order_of_reads():
    reads = random_reads(50, 300, seed=9)
    assert read_errors(reads)[0] == read_errors(reads[::-1])[0]


def test_ends():
    reads = [*random_reads(40, 260, seed=5), (b"ACGTU", None), (b"", b"")]
    batch = make_batch(reads)
    positions = 100
    bases = np.zeros((2, positions, 5), dtype=np.int64)
    qualities = np.zeros((2, positions, 2), dtype=np.int64)
    long_reads.count_ends(
        batch.data,
        batch.sequence_start,
        batch.quality_start,
        batch.length,
        len(batch),
        long_reads.letter_columns(),
        bases,
        qualities,
    )
    expected, scores = np.zeros_like(bases), np.zeros_like(qualities)
    for sequence, quality in reads:
        for side, (letters, characters) in enumerate(((sequence, quality), (sequence[::-1], (quality or b"")[::-1]))):
            for at, letter in enumerate(letters[:positions].upper().replace(b"U", b"T")):
                expected[side, at, b"ACGT".find(letter) % 5] += 1
            for at, character in enumerate((characters or b"")[:positions]):
                scores[side, at] += (1, character)
    assert np.array_equal(bases, expected)
    assert np.array_equal(qualities, scores)


def poly_g_tail(sequence: bytes) -> int:
    """fastp's trimPolyG, word for word."""
    others = tail = at = 0
    for at, letter in enumerate(reversed(sequence)):  # used after the loop, as there
        if letter == ord("G"):
            tail = at + 1
        else:
            others += 1
        if others > 5 or (at >= 9 and others > (at + 1) // 8):
            break
    else:
        at = len(sequence)
    return tail if at >= 10 else 0


G_READS = st.lists(
    st.lists(st.sampled_from([b"G" * 25, b"G" * 8, b"G", b"A", b"GA", b"TCAG"]), max_size=9).map(b"".join),
    max_size=8,
)


@given(sequences=G_READS, character=st.sampled_from(b"#?"))
@settings(max_examples=200, deadline=None)
def test_poly_g(sequences, character):
    batch = make_batch([(sequence, bytes([character]) * len(sequence)) for sequence in sequences])
    counts = np.zeros(two_colour.COUNTS, dtype=np.int64)
    two_colour.count_poly_g(batch.data, batch.sequence_start, batch.quality_start, batch.length, counts)
    seen = [sequence for sequence in sequences if 10 <= len(sequence) <= 1000]
    inside = [s for s in seen if character >= two_colour.GOOD and re.search(rb"G{20,}[^G]", s)]
    assert counts.tolist() == [
        len(seen),
        sum(poly_g_tail(sequence) > 0 for sequence in seen),
        sum(10 * poly_g_tail(sequence) >= 9 * len(sequence) for sequence in seen),
        len(inside),
        sum(sequence[-10:].count(b"G") for sequence in seen),
    ]


COMPLEMENT = bytes.maketrans(b"ACGTN", b"TGCAN")


def turn(sequence: bytes) -> bytes:
    return sequence.translate(COMPLEMENT)[::-1]


def fragment(one: bytes, two: bytes) -> int:
    """The first fragment length that fits, tried one after the other."""
    other = turn(two)
    lengths = [*range(len(two), len(two) + len(one) - 29), *range(len(two) - 1, 29, -1)]
    for length in lengths:
        skip = length - len(two)
        left, right = (one[skip:], other) if skip >= 0 else (one, other[-skip:])
        shared = min(len(left), len(right))
        differences = sum(a != b for a, b in zip(left, right, strict=False))
        if shared >= 30 and differences <= 5:
            return length
    return -1


def lay(pairs):
    one = make_batch([(first, b"I" * len(first)) for first, _ in pairs])
    two = make_batch([(second, b"5" * len(second)) for _, second in pairs])
    inserts = np.zeros(2 * overlap.LONGEST, dtype=np.int64)
    counts = np.zeros(overlap.COUNTS, dtype=np.int64)
    by_quality = np.zeros((256, 2), dtype=np.int64)
    overlap.overlap_pairs(
        one.data,
        one.sequence_start,
        one.quality_start,
        one.length,
        two.data,
        two.sequence_start,
        two.quality_start,
        two.length,
        0,
        1,
        complement_table(),
        np.zeros(2 * overlap.LONGEST, dtype=np.uint8),
        inserts,
        counts,
        by_quality,
    )
    return {int(length): int(inserts[length]) for length in np.flatnonzero(inserts)}, counts.tolist(), by_quality


@given(
    seed=st.integers(0, 10_000),
    length=st.integers(20, 200),
    reads=st.tuples(st.integers(1, 110), st.integers(1, 110)),
    errors=st.integers(0, 8),
    ambiguous=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_mates_are_laid_over_each_other_as_one_by_one(seed, length, reads, errors, ambiguous):
    random = np.random.default_rng(seed)
    letters = np.frombuffer(b"ACGTN" if ambiguous else b"ACGT", dtype=np.uint8)
    whole = random.choice(letters, length).tobytes()
    one = (whole + random.choice(letters, 200).tobytes())[: reads[0]]
    two = bytearray((turn(whole) + random.choice(letters, 200).tobytes())[: reads[1]])
    for at in random.integers(0, len(two), errors):
        two[at] = ord("A")
    found, counts, _ = lay([(one, bytes(two))])
    expected = fragment(one, bytes(two))
    assert found == ({expected: 1} if expected >= 0 else {})
    assert counts[overlap.ADAPTERS] == (0 <= expected < max(len(one), len(two)))


def test_mismatches_are_counted_by_the_lower_quality():
    random = np.random.default_rng(4)
    whole = random.choice(np.frombuffer(b"ACGT", dtype=np.uint8), 80).tobytes()
    other = bytearray(turn(whole))
    other[10] = other[50] = ord("N")
    found, counts, by_quality = lay([(whole, bytes(other)), (b"", b"ACGT"), (b"A" * 1_001, b"A" * 50)])
    assert found == {80: 1}
    assert counts == [1, 1, 0, 80, 2]
    assert by_quality[ord("5")].tolist() == [80, 2]
    assert by_quality.sum() == 82


def header(names: list[bytes]):
    text = b"\n".join(names) + b"\n"
    starts = np.cumsum([0, *(len(name) + 1 for name in names[:-1])]).astype(np.int64)
    ends = starts + np.array([len(name) for name in names])
    found = np.zeros((nanopore.FIELDS, len(names)), dtype=np.int64)
    data = np.frombuffer(text, dtype=np.uint8).copy()
    number = nanopore.header_fields(data, starts, ends, len(names), nanopore.key_table(), found)
    return number, found, text


TIMES = st.integers(86_400, 7_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
ZONES = st.sampled_from(["Z", "", "+00:00", "+09:00", "-0530"])


@given(time=TIMES, zone=ZONES, channel=st.integers(0, 5_000), tags=st.booleans(), fraction=st.booleans())
@settings(max_examples=150, deadline=None)
def test_headers_of_basecallers(time, zone, channel, tags, fraction):
    written = time.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + (".0153" if fraction else "") + zone
    fields = [f"ch:i:{channel}", f"st:Z:{written}", "RG:Z:run_1"] if tags else [
        "runid=run_1", "read=7", f"ch={channel}", f"start_time={written}"
    ]  # fmt: skip
    name = ("\t" if tags else " ").join(["c40e76a4-ff97", *fields, "xch=9"]).encode()
    number, found, text = header([name, b"bare", b"a ch= start_time=2023 ch:i:x"])
    hours = {"+09:00": 9, "-0530": -5.5}.get(zone, 0)
    wanted = time.replace(tzinfo=timezone(timedelta(hours=hours)), microsecond=0)
    assert number == 1
    assert found[nanopore.CHANNEL].tolist() == [channel, -1, -1]
    assert found[nanopore.SECONDS].tolist() == [int(wanted.astimezone(UTC).timestamp()), -1, -1]
    assert text[found[nanopore.RUN_START, 0] : found[nanopore.RUN_END, 0]] == b"run_1"


@pytest.mark.parametrize(
    "time",
    ["2023-13-01T00:00:00Z", "2023-01-01 24:00:00", "2023-01-01T00-00-00Z", "20230101T000000Z", "2023-01-0xT00:00:00"],
)
def test_what_is_no_time_is_none(time):
    assert header([b"r start_time=" + time.encode()])[0] == 0


def test_tags_of_alignments():
    records = [
        b"chi\x0c\x00\x00\x00stZ2023-11-23T10:23:09.015+00:00\0RGZrun\0",
        b"XAZtext\0XBBs\x02\0\0\0\1\0\2\0npC\x09MMZC+m,1;\0",
        b"chc\xff",  # negative
        b"XXBi\xff\xff\xff\x7f",  # leaves the record
        b"chS\x05\x00",  # left out by its flag
    ]
    data = b"".join(records)
    ends = np.cumsum([len(record) for record in records]).astype(np.int64)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    found = np.zeros((nanopore.FIELDS, len(records)), dtype=np.int64)
    flags = np.array([0, 4, 0, 0, 0x900], dtype=np.int32)
    number = nanopore.tag_fields(np.frombuffer(data, dtype=np.uint8).copy(), starts, ends, flags, 0x900, found)
    seconds = int(datetime(2023, 11, 23, 10, 23, 9, tzinfo=UTC).timestamp())
    assert number == 1
    assert found[nanopore.CHANNEL].tolist() == [12, -1, -1, -1, -1]
    assert found[nanopore.SECONDS].tolist() == [seconds, -1, -1, -1, -1]
    assert found[nanopore.PASSES].tolist() == [-1, 9, -1, -1, -1]
    assert found[nanopore.MODIFIED].tolist() == [-1, 1, -1, -1, -1]
    assert data[found[nanopore.RUN_START, 0] : found[nanopore.RUN_END, 0]] == b"run"


@pytest.mark.parametrize("second_word", [False, True])
def test_names_are_counted_by_their_beginning(second_word):
    beginnings = [b"A00:1:F:1:", b"A00:1:F:10:", b"x:"]
    names = [b"A00:1:F:1:11", b"A00:1:F:10:11", b"x:1", b"x:2", b"A00:1:F:1:7", b"A00:1:F:2:1", b"x:3"]
    if second_word:
        names = [b"SRR1.7 " + name for name in names]
    data = np.frombuffer(b"".join(names), dtype=np.uint8).copy()
    ends = np.cumsum([len(name) for name in names]).astype(np.int64)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    prefixes = np.zeros((instrument.MOST, instrument.LONGEST), dtype=np.uint8)
    lengths = np.zeros(instrument.MOST, dtype=np.int64)
    for row, beginning in enumerate(beginnings):
        prefixes[row, : len(beginning)], lengths[row] = list(beginning), len(beginning)
    counts = np.zeros(instrument.MOST + 1, dtype=np.int64)
    stopped = instrument.count_prefixes(data, starts, ends, 0, second_word, prefixes, lengths, 3, counts, 0)
    assert (stopped, counts[:3].tolist()) == (5, [2, 1, 2])
    # With no room for more, everything else is counted at the end.
    counts[:] = 0
    lengths[3:] = instrument.LONGEST
    stopped = instrument.count_prefixes(
        data, starts, ends, 0, second_word, prefixes, lengths, instrument.MOST, counts, 0
    )
    assert (stopped, counts[:3].tolist(), counts[-1]) == (7, [2, 1, 3], 1)
