"""Collectors: whatever the batches, whatever the order, the same tables; and the numbers against plain counting."""

import itertools
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.errors import SystemFault, UsageError
from dsqc.formats.batch import ReadBatch
from dsqc.metrics.batch import check_batch, sequenced_reads
from dsqc.metrics.catalogue import METRICS, metric
from dsqc.metrics.content import ContentCollector
from dsqc.metrics.encoding import decide_encoding
from dsqc.metrics.length import LengthCollector, bases_up_to, n50
from dsqc.metrics.library import LibraryCollector
from dsqc.metrics.pairs import PairMetrics
from dsqc.metrics.quality import QualityCollector
from dsqc.metrics.reads import ReadMetrics
from helpers.batches import make_batch, random_reads


def measure(*parts, flags=None, aligned=False):
    metrics = ReadMetrics(aligned=aligned)
    for part in parts:
        metrics.add(make_batch(part, flags=flags))
    return metrics


def everything(metrics):
    return metrics.values(), metrics.tables(), list(metrics.rows())


READS = st.lists(
    st.integers(0, 1_500).flatmap(
        lambda n: st.tuples(
            st.lists(st.sampled_from(b"ACGTN"), min_size=n, max_size=n).map(bytes)
            if n < 40
            else st.just((b"ACGTTNGCA" * 200)[:n]),
            st.integers(33, 74).map(lambda q: bytes([q]) * n),
        )
    ),
    max_size=12,
)


@given(reads=READS, cuts=st.lists(st.integers(0, 12), max_size=4), order=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_any_split_any_order_any_merge_gives_the_same(reads, cuts, order: random.Random):
    whole = everything(measure(reads))

    edges = [0, *sorted(cuts), len(reads)]
    parts = [reads[low:high] for low, high in itertools.pairwise(edges)]
    assert everything(measure(*parts)) == whole

    merged = ReadMetrics()
    for piece in continued(parts):
        merged.merge(piece)
    assert everything(merged) == whole

    pieces = [measure(part) for part in parts]
    order.shuffle(pieces)
    merged = ReadMetrics()
    for piece in pieces:
        merged.merge(piece)
    shuffled = list(reads)
    order.shuffle(shuffled)
    for other in (merged, measure(shuffled)):
        assert without_order(everything(other)) == without_order(whole)


# FastQC's definitions rest on the first distinct sequences, on every 50th read and on every tenth; libraries are told
# by reads of chosen numbers.
OF_ORDER = {
    "duplication_levels", "overrepresented", "kmer_content", "quality_by_tile",
    "frac_reads_deduplicated", "overrepresented_count", "frac_reads_technical",
    "enriched_kmer_count", "tile_count", "tile_phred_deviation",
    *(metric.id for metric in LibraryCollector.METRICS),
}  # fmt: skip


def without_order(found):
    values, tables, rows = found
    values, tables = ({name: part[name] for name in part if name not in OF_ORDER} for part in (values, tables))
    return values, tables, [row for row in rows if row[0] not in OF_ORDER]


def continued(parts):
    """One ReadMetrics a part, each the continuation of the one before."""
    pieces = [measure(parts[0])]
    for part in parts[1:]:
        pieces.append(pieces[-1].continuation())
        pieces[-1].add(make_batch(part))
    return pieces


def test_merge_is_associative_and_may_go_on_adding():
    parts = [random_reads(30, 1_200, 1), random_reads(300, 80, 2), random_reads(3, 12_000, 3)]
    left, second, third = continued(parts)
    left.merge(second)
    left.merge(third)
    right, second, third = continued(parts)
    second.merge(third)
    right.merge(second)
    assert everything(left) == everything(right) == everything(measure(*parts))
    left.add(make_batch(parts[1]))
    assert left.values()["read_count"] == 633


@settings(deadline=None, max_examples=12)
@given(st.lists(st.integers(0, 120), max_size=6), st.randoms(use_true_random=False))
def test_counts_by_position_are_the_same_wherever_the_reads_are_cut(cuts, order):
    """Few qualities in one part, many in another: each part is counted in its own way, the sum is the same."""
    reads = [(sequence, bytes(35 + byte % 4 for byte in quality)) for sequence, quality in random_reads(60, 200, 4)]
    reads += random_reads(60, 2_500, seed=5)
    edges = [0, *sorted(cuts), len(reads)]
    parts = [reads[low:high] for low, high in itertools.pairwise(edges)]
    order.shuffle(parts)

    def collected(pieces):
        content, quality, length = ContentCollector(), QualityCollector(), LengthCollector()
        for piece in pieces:
            batch = make_batch(piece)
            longest = check_batch(batch)
            one = ContentCollector(), QualityCollector(), LengthCollector()
            one[0].add(batch, longest)
            one[1].add(batch, longest)
            one[2].add(batch)
            for whole, part in zip((content, quality, length), one, strict=True):
                whole.merge(part)
        return content.table, content.gc_reads, quality.table, quality.mean_reads, quality.characters, *length.counts()

    for found, expected in zip(collected(parts), collected([reads]), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_more_reads_than_a_lane_holds():
    """255 reads overflow a lane of bases; 65,535 one of qualities."""
    metrics = ReadMetrics()
    batch = make_batch([(b"ACG", b"III")] * 1_000)
    for _ in range(66):
        metrics.add(batch)
    values, tables = metrics.values(), metrics.tables()
    assert values["read_count"] == 66_000
    assert values["gc_fraction"] == 2 / 3
    assert tables["base_content"]["a"] == [1.0, 0.0, 0.0]
    assert tables["quality_by_position"]["reads"] == [66_000] * 3
    assert tables["quality_by_position"]["mean"] == [40.0] * 3


def test_values_against_plain_counting():
    reads = random_reads(400, 300, seed=11, highest=80)
    values = measure(reads).values()
    letters = Counter("".join(sequence.decode().upper() for sequence, _ in reads).replace("U", "T"))
    phreds = [character - 33 for _, quality in reads for character in quality]
    means = [sum(q - 33 for q in quality) / len(quality) for _, quality in reads if quality]
    lengths = sorted(len(sequence) for sequence, _ in reads)
    bases = sum(lengths)
    expected = {
        "read_count": 400,
        "base_count": bases,
        "length_min": lengths[0],
        "length_max": lengths[-1],
        "length_mean": bases / 400,
        "length_n50": next(n for n in reversed(lengths) if 2 * sum(m for m in lengths if m >= n) >= bases),
        "gc_fraction": (letters["G"] + letters["C"]) / sum(letters[letter] for letter in "ACGT"),
        "n_fraction": (bases - sum(letters[letter] for letter in "ACGT")) / bases,
        "mean_phred": sum(phreds) / len(phreds),
        "frac_bases_q20": sum(q >= 20 for q in phreds) / len(phreds),
        "frac_bases_q30": sum(q >= 30 for q in phreds) / len(phreds),
        "frac_reads_q30": sum(mean >= 30 for mean in means) / len(means),
        "mean_read_phred_mode": min(Counter(map(int, means)).items(), key=lambda item: (-item[1], item[0]))[0],
        "quality_offset": 33,
        "quality_encoding": "Sanger / Illumina 1.9",
    }
    assert {name: values[name] for name in expected} == expected


def test_tables_against_plain_counting():
    reads = random_reads(300, 60, seed=5, highest=74)
    tables = measure(reads).tables()
    longest = max(len(sequence) for sequence, _ in reads)
    quality, content = tables["quality_by_position"], tables["base_content"]
    assert quality["position_from"] == quality["position_to"] == list(range(1, longest + 1))
    for position in (1, 7, 30, longest):
        column = sorted(q[position - 1] - 33 for _, q in reads if len(q) >= position)
        letters = [s.decode().upper().replace("U", "T")[position - 1] for s, _ in reads if len(s) >= position]
        row = {name: values[position - 1] for name, values in quality.items()}
        assert row["reads"] == len(column)
        assert row["mean"] == pytest.approx(sum(column) / len(column), rel=1e-14)
        for name, percent in (("p10", 10), ("q1", 25), ("median", 50), ("q3", 75), ("p90", 90)):
            assert row[name] == column[max(len(column) * percent // 100, 1) - 1]
        for name in "acgt":
            assert content[name][position - 1] == letters.count(name.upper()) / len(letters)
        assert content["n"][position - 1] == sum(letter not in "ACGT" for letter in letters) / len(letters)
    assert sum(tables["gc_content"]["reads"]) == sum(1 for sequence, _ in reads if sequence)
    assert tables["read_length"]["reads"] == [
        count for _, count in sorted(Counter(len(sequence) for sequence, _ in reads).items())
    ]


def test_nothing_and_empty_reads():
    for reads in ([], [(b"", b"")]):
        metrics = measure(reads)
        values, tables = metrics.values(), metrics.tables()
        assert values["read_count"] == len(reads)
        assert values["base_count"] == 0
        assert values["mean_phred"] is None
        assert values["gc_fraction"] is None
        assert values["length_n50"] is None
        assert tables["quality_by_position"]["mean"] == []
        assert tables["base_content"]["a"] == []
        assert list(metrics.rows())


def test_long_reads_stay_small_and_exact():
    length = 2_000_000
    sequence = (b"ACGT" * (length // 4))[:length]
    metrics = measure([(sequence, b"I" * length), (sequence[: length // 2], b"5" * (length // 2))])
    tables = metrics.tables()
    assert metrics.values()["base_count"] == 3_000_000
    assert metrics.values()["length_n50"] == length
    quality = tables["quality_by_position"]
    assert len(quality["mean"]) < 75
    assert quality["mean"][0] == 30.0
    assert quality["mean"][-1] == 40.0
    assert quality["reads"][0] == 2
    assert quality["reads"][-1] == 1
    assert len(metrics._quality.table) == 99_999 + 900 + 101


def test_alignments_count_primary_records_as_they_were_sequenced():
    reads = [(b"AACC", b"!!II"), (b"AACC", b"!!II"), (b"TTTT", b"IIII"), (b"TTTT", b"IIII"), (b"GGGG", None)]
    flags = [0, 16, 0x100, 0x800, 0x404]
    metrics = measure(reads, flags=flags, aligned=True)
    values, tables = metrics.values(), metrics.tables()
    expected = {
        "read_count": 3,
        "base_count": 12,
        "record_count": 5,
        "primary_count": 3,
        "secondary_count": 1,
        "supplementary_count": 1,
        "mapped_count": 4,
        "duplicate_count": 1,
        "qcfail_count": 0,
    }
    assert {name: values[name] for name in expected} == expected
    assert values["frac_mapped"] == 2 / 3
    assert tables["quality_by_position"]["mean"] == [20.0, 20.0, 20.0, 20.0]
    assert tables["base_content"]["g"] == [2 / 3, 2 / 3, 1 / 3, 1 / 3]
    assert tables["base_content"]["a"] == [1 / 3, 1 / 3, 0.0, 0.0]


def test_a_batch_that_breaks_its_promise_is_our_fault():
    batch = make_batch([(b"ACGT", b"IIII")])
    columns = {name: getattr(batch, name) for name in ReadBatch.__slots__}
    for broken in (
        {"length": batch.length + len(batch.data)},
        {"length": batch.length.astype(np.int32)},
        {"sequence_start": batch.sequence_start[:0]},
        {"data": batch.data.astype(np.int8)},
        {"flag": np.zeros(1, dtype=np.int64)},
    ):
        with pytest.raises(SystemFault, match="reader"):
            check_batch(ReadBatch(**(columns | broken)))


def test_a_read_only_buffer_is_not_written_to():
    batch = make_batch([(b"AAAC", b"IIII")], flags=[16])
    batch.data.flags.writeable = False
    turned = sequenced_reads(batch)
    start = int(turned.sequence_start[0])
    assert turned.data[start : start + 4].tobytes() == b"GTTT"
    assert batch.data[start : start + 4].tobytes() == b"AAAC"


@pytest.mark.parametrize(
    ("characters", "declared", "offset", "name"),
    [
        (b"#IJ", None, 33, "Sanger / Illumina 1.9"),
        (b"!~", None, 33, "Sanger / Illumina 1.9"),
        (b";h", None, 64, "Solexa / Illumina 1.0"),
        (b";J", None, 33, "Sanger / Illumina 1.9"),
        (b"Ah", None, 64, "Illumina 1.3"),
        (b"Bh", None, 64, "Illumina 1.5"),
        (b"@h", None, 64, "Illumina 1.5"),
        (b"FI", None, 33, "Sanger / Illumina 1.9"),
        (b"FI", 64, 64, "Illumina 1.5"),
        (b"#h", 64, 33, "Sanger / Illumina 1.9"),
        (b"K~", None, 33, "Sanger / Illumina 1.9"),
    ],
)
def test_encoding(characters, declared, offset, name):
    counts = np.zeros(256, dtype=np.int64)
    counts[list(characters)] = 5
    encoding = decide_encoding(counts, declared)
    assert (encoding.offset, encoding.name) == (offset, name)


def test_no_qualities_no_encoding():
    assert decide_encoding(np.zeros(256, dtype=np.int64)) is None
    assert measure([(b"ACGT", None)]).values()["quality_offset"] is None


@given(st.dictionaries(st.integers(0, 200), st.integers(1, 9), min_size=1, max_size=20))
def test_bases_up_to_and_n50(histogram):
    lengths = np.array(sorted(histogram), dtype=np.int64)
    reads = np.array([histogram[length] for length in sorted(histogram)], dtype=np.int64)
    every = sorted((length for length, count in histogram.items() for _ in range(count)), reverse=True)
    positions = np.arange(0, 210, 7, dtype=np.int64)
    expected = [sum(min(length, position) for length in every) for position in positions.tolist()]
    assert bases_up_to(positions, lengths, reads).tolist() == expected
    total, running, found = sum(every), 0, None
    for length in every:
        running += length
        if total and 2 * running >= total:
            found = length
            break
    assert n50(lengths, reads) == found


def test_the_catalogue_holds_exactly_what_is_produced():
    produced = set(measure([(b"ACGT", b"IIII")], flags=[0], aligned=True).values())
    added_by_the_stage = {"pair_count", "read_group_count", *PairMetrics().values()}
    assert produced | added_by_the_stage == set(METRICS)
    assert not produced & added_by_the_stage
    for entry in METRICS.values():
        assert entry.applies_to in {"reads", "alignments", "pairs", "long_reads"}
        assert entry.name.en
        assert entry.name.ko
        assert entry.definition.en != entry.definition.ko
    with pytest.raises(UsageError, match="dsqc metrics"):
        metric("no_such_metric")
