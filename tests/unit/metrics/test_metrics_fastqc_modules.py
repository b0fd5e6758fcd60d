"""Tiles, duplication, adapters, words and the GC model against the same in plain loops; parts against the whole."""

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.formats.batch import ReadBatch
from dsqc.kernels.kmers import WORDS
from dsqc.metrics.adapters import AdapterCollector
from dsqc.metrics.collector import Encoding, Facts, Reads
from dsqc.metrics.contaminants import adapters
from dsqc.metrics.duplication import DuplicationCollector
from dsqc.metrics.gc_model import GcModelCollector, claims, normal_curve, repeated_sum, touched
from dsqc.metrics.kmers import KmerCollector, chance_of_more
from dsqc.metrics.positions import display_groups
from dsqc.metrics.tiles import MOST_CELLS, TileCollector
from helpers import fastqc_slowly as slowly

SANGER = Encoding(33, "Sanger / Illumina 1.9")


def batch_of(reads, first_record=1):
    """One batch; name, sequence and quality of a read follow each other without anything between."""
    text = bytearray(b"@")
    columns = [[], [], [], [], []]
    for name, sequence, quality in reads:
        for column, part in zip((0, 2, 3), (name, sequence, quality), strict=True):
            columns[column].append(len(text))
            text += part.encode("latin-1")
            if not column:
                columns[1].append(len(text))
        columns[4].append(len(sequence))
    names, ends, starts, qualities, lengths = (np.array(column, dtype=np.int64) for column in columns)
    data = np.frombuffer(bytes(text), dtype=np.uint8)
    return ReadBatch(data, names, ends, starts, qualities, lengths, first_record)


def added(collector, reads, first_record=1):
    batch = batch_of(reads, first_record)
    collector.add(Reads(batch, int(batch.length.max(initial=0))))
    return collector


def facts(reads):
    lengths, numbers = np.unique([len(sequence) for _, sequence, _ in reads] or [0], return_counts=True)
    return Facts(len(reads), sum(len(sequence) for _, sequence, _ in reads), lengths, numbers, SANGER)


def everything(collector, reads):
    return collector.values(facts(reads)), collector.tables(facts(reads))


def made_reads(number, longest, seed, *, letters="ACGT", tiles=(1101, 1102, 2205), shortest=0):
    draw = random.Random(seed)
    reads = []
    for read in range(number):
        size = draw.randint(shortest, longest)
        sequence = "".join(draw.choices(letters, k=size))
        quality = "".join(draw.choices("!#,:FI", k=size))
        reads.append((f"SIM:1:FC:1:{draw.choice(tiles)}:{read}:7 1:N:0:AC", sequence, quality))
    return reads


COLLECTORS = [TileCollector, DuplicationCollector, AdapterCollector, KmerCollector, GcModelCollector]


@pytest.mark.parametrize("collector", COLLECTORS)
@given(cuts=st.lists(st.integers(0, 400), max_size=4), continued=st.booleans())
@settings(max_examples=12, deadline=None)
def test_parts_of_a_file_add_up_to_the_whole(collector, cuts, continued):
    """Any batches; and any parts, each the continuation of the one before, merged in any order that keeps theirs."""
    reads = made_reads(400, 160, seed=3, letters="AAACGGGTN")
    reads[5:9] = [
        ("SIM:1:FC:1:1101:1:1", "AGATCGGAAGAGC" + sequence, "I" * 13 + quality) for _, sequence, quality in reads[:4]
    ]
    whole = everything(added(collector(), reads), reads)
    edges = [0, *sorted(cuts), len(reads)]
    parts = [collector()]
    for low, high in itertools.pairwise(edges):
        if continued and low:
            parts.append(parts[-1].continuation())
        added(parts[-1], reads[low:high], first_record=low + 1)
    while len(parts) > 1:
        last = parts.pop()
        parts[-1].merge(last)
    assert everything(parts[0], reads) == whole


@pytest.mark.parametrize("collector", COLLECTORS)
def test_nothing_and_empty_reads(collector):
    for reads in ([], [("a:b:c:d:1:f:g", "", "")]):
        values, tables = everything(added(collector(), reads), reads)
        assert set(values) == {metric.id for metric in collector.METRICS}
        assert all(len({len(column) for column in table.values()}) == 1 for table in tables.values())
        if not reads:
            assert not any(values.values())


@pytest.mark.parametrize(("number", "longest"), [(300, 40), (12_345, 12)])
def test_tiles_are_those_of_plain_loops(number, longest):
    reads = made_reads(number, longest, seed=number, tiles=tuple(range(1101, 1121)))
    values, tables = everything(added(TileCollector(), reads), reads)
    found = slowly.tiles(reads)
    size = max(len(quality) for strings in found.values() for quality in strings)
    expected = slowly.tile_means(found, display_groups(size))
    table = tables["quality_by_tile"]
    assert table["tile"] == [tile for tile in sorted(expected) for _ in display_groups(size)]
    assert table["deviation"] == pytest.approx([value for tile in sorted(expected) for value in expected[tile]])
    assert values["tile_count"] == 20
    assert values["tile_phred_deviation"] == max(map(abs, table["deviation"]))


@pytest.mark.parametrize(
    ("names", "tile"),
    [
        (["M:1:F:1:1101:5:6 1:N:0:A"], 1101),
        (["HW_1:2:77:1000:16900#0/1"], 77),
        (["a:b:5:d:e:f"], 5),
        (["a:b:5:d:e:f:g"], None),
        (["a:b:5:d:e::"], 5),
        (["a:b:5:d:::"], None),
        (["a:b:-5:d:e"], -5),
        (["a:b:+5:d:e"], 5),
        (["a:b:2147483647:d:e"], 2147483647),
        (["a:b:2147483648:d:e"], None),
        (["a:b:99999999999999999999:d:e"], None),
        (["a:b::d:e"], None),
        (["a:b:-:d:e"], None),
        (["a:b:5x:d:e"], None),
        (["read1"], None),
        ([""], None),
        (["a:b:5:d:e", "a:b:5:d:1:f:g"], 5),
        (["a:b:5:d:1:f:g", "a:b:5:d:e"], None),
        (["a:b:5:d:e", "a:b"], None),
        (["a:b:5:d:e", "a:b:5"], 5),
    ],
)
def test_the_tile_in_a_name(names, tile):
    reads = [(name, "AC", "II") for name in names]
    table = added(TileCollector(), reads).tables(facts(reads))["quality_by_tile"]
    assert table["tile"] == ([] if tile is None else [tile, tile])
    assert (slowly.tiles(reads) is None) == (tile is None)


def test_more_tiles_than_a_flow_cell_has_are_none():
    for tiles, found in ((2_501, True), (2_502, False)):
        reads = [(f"a:b:{tile * 7}:d:e", "A", "I") for tile in range(tiles)]
        whole = added(TileCollector(), reads)
        assert bool(whole.tables(facts(reads))["quality_by_tile"]["tile"]) == found
        merged = added(TileCollector(), reads[:1_000])
        merged.merge(added(merged.continuation(), reads[1_000:], 1_001))
        assert everything(merged, reads) == everything(whole, reads)


def test_tiles_of_long_reads_are_none_before_they_fill_the_memory():
    size = MOST_CELLS // 2 + 1
    reads = [(f"a:b:{tile}:d:e", "A" * size, "I" * size) for tile in (1, 2)]
    assert added(TileCollector(), reads[:1]).values(facts(reads[:1]))["tile_count"] == 1
    assert added(TileCollector(), reads).values(facts(reads))["tile_count"] is None


def test_duplication_is_that_of_plain_loops():
    """130,000 reads of 12 random letters: more different ones than are kept; then some often and longer ones."""
    draw = random.Random(8)
    often = ["".join(draw.choices("ACGT", k=12)) for _ in range(40)]
    sequences = ["".join(draw.choices("ACGTacgtN.", k=12)) for _ in range(130_000)]
    for place in range(0, 130_000, 3):
        sequences[place] = draw.choice(often)
    sequences += [("ACGT" * 20)[: draw.randint(0, 80)] for _ in range(3_000)]
    reads = [("r", sequence, sequence) for sequence in sequences]
    cut = draw.randint(60_000, 100_000)
    one = added(DuplicationCollector(), reads[:cut])
    two = added(one.continuation(), reads[cut:125_000], cut + 1)
    three = added(two.continuation(), reads[125_000:], 125_001)
    two.merge(three)
    one.merge(two)
    values, tables = everything(one, reads)
    counts, at_limit = slowly.known_sequences(sequences, known=100_000)
    assert len(counts) < 100_000 or at_limit < len(sequences)
    left, levels = slowly.duplication(counts, at_limit, len(sequences))
    assert values["frac_reads_deduplicated"] == pytest.approx(left, rel=1e-12)
    assert tables["duplication_levels"]["percent"] == pytest.approx(levels, rel=1e-12)
    many = {sequence: count for sequence, count in counts.items() if count / len(sequences) > 0.001}
    table = tables["overrepresented"]
    assert dict(zip(table["sequence"], table["reads"], strict=True)) == many
    assert table["reads"] == sorted(table["reads"], reverse=True)


def test_duplication_with_more_sequences_than_are_kept():
    draw = random.Random(9)
    sequences = ["".join(draw.choices("ACGT", k=draw.randint(9, 14))) for _ in range(140_000)]
    reads = [("r", sequence, sequence) for sequence in sequences]
    counts, at_limit = slowly.known_sequences(sequences)
    assert len(counts) == 100_000 < at_limit < 140_000
    values, tables = everything(added(DuplicationCollector(), reads), reads)
    left, levels = slowly.duplication(counts, at_limit, len(sequences))
    assert values["frac_reads_deduplicated"] == pytest.approx(left, rel=1e-12)
    assert tables["duplication_levels"]["percent"] == pytest.approx(levels, rel=1e-12)


def test_files_measured_apart_and_merged_know_the_sequences_of_both():
    one, two = made_reads(50, 20, 1), made_reads(60, 20, 2)
    merged = added(DuplicationCollector(), one)
    merged.merge(added(DuplicationCollector(), two))
    together = slowly.known_sequences([sequence for _, sequence, _ in one + two])
    left, levels = slowly.duplication(*together, 110)
    values, tables = everything(merged, one + two)
    assert values["frac_reads_deduplicated"] == left
    assert tables["duplication_levels"]["percent"] == pytest.approx(levels)


@given(
    st.lists(
        st.lists(st.sampled_from([item.sequence for item in adapters()] + list("ACGTNacgt")), max_size=9).map("".join),
        max_size=12,
    )
)
@settings(max_examples=150, deadline=None)
def test_adapters_stand_where_a_plain_search_finds_them(sequences):
    collector = added(AdapterCollector(), [("r", sequence, sequence) for sequence in sequences])
    for number, item in enumerate(adapters()):
        found = {place: int(count) for place, count in enumerate(collector._first[number]) if count}
        assert found == dict(slowly.first_places(sequences, item.sequence))
    with_one = [any(item.sequence in s.upper() for item in adapters() if item.is_adapter) for s in sequences]
    assert collector._with_adapter == sum(with_one)


def test_adapter_content_runs_up_to_the_last_position_where_one_fits():
    reads = [("r", "C" * 60 + "AGATCGGAAGAG" + "C" * 28, "I" * 100), ("r", "T" * 100, "I" * 100)]
    values, tables = everything(added(AdapterCollector(), reads), reads)
    table = tables["adapter_content"]
    assert table["position_to"][-1] == 89
    column = dict(zip(table["position_from"], table["Illumina Universal Adapter"], strict=True))
    assert (column[58], column[60], column[88]) == (0.0, 25.0, 50.0)
    assert values == {"frac_reads_adapter": 0.5, "commonest_adapter": "Illumina Universal Adapter"}
    assert list(added(AdapterCollector(), reads).rows(facts(reads))) == [
        ("reads_by_first_adapter", 61, 61, "Illumina Universal Adapter", 1.0)
    ]
    short = [("r", "AGATCGGAAGAG", "I" * 12)]
    assert everything(added(AdapterCollector(), short), short)[1]["adapter_content"]["position_from"] == []


def test_adapters_far_down_long_reads_share_columns():
    reads = [("r", "C" * 100_900 + "AGATCGGAAGAG" + "C" * 50_000, ""), ("r", "C" * 20, "")]
    table = everything(added(AdapterCollector(), reads), reads)[1]["adapter_content"]
    column = dict(zip(table["position_from"], table["Illumina Universal Adapter"], strict=True))
    assert column[90_000] == 0.0
    assert column[100_000] == pytest.approx(50, abs=0.01)
    assert column[150_000] == 50.0
    rows = added(AdapterCollector(), reads).rows(facts(reads))
    assert ("reads_by_first_adapter", 100_001, 101_000, "Illumina Universal Adapter", 1.0) in set(rows)


def test_words_are_counted_as_in_plain_loops():
    reads = made_reads(1_000, 600, seed=4, letters="ACGTNac")
    collector = added(KmerCollector(), reads)
    collector.values(facts(reads))  # those that wait are counted
    counts, reach = slowly.words([sequence for _, sequence, _ in reads])

    def code(word):
        return sum("ACGT".index(letter) * 4 ** (6 - place) for place, letter in enumerate(word))

    expected = np.zeros((494, WORDS), dtype=np.int32)
    for (place, word), number in counts.items():
        expected[place, code(word)] = number
    np.testing.assert_array_equal(collector._counts, expected)
    assert {code(word): positions for word, positions in reach.items()} == {
        int(word): int(collector._reach[word]) for word in np.flatnonzero(collector._reach)
    }


@given(trials=st.integers(1, 400), share=st.floats(1e-4, 0.15), extra=st.integers(0, 30))
@settings(deadline=None)
def test_the_chance_of_more_successes(trials, share, extra):
    hits = min(int(trials * share) + extra, trials)
    terms = [
        math.comb(trials, number) * share**number * (1 - share) ** (trials - number)
        for number in range(hits + 1, trials + 1)
    ]
    assert chance_of_more(hits, trials, share) == pytest.approx(math.fsum(terms), rel=1e-9, abs=1e-300)
    assert chance_of_more(trials, trials, share) == 0
    assert chance_of_more(0, trials, 1.0) == 1


@pytest.mark.parametrize("longest", [40, 99, 100, 199, 240, 950, 3_500])
def test_the_gc_model_is_that_of_plain_loops(longest):
    reads = made_reads(300, longest, seed=longest, letters="ACGTNacgS")
    expected = slowly.gc_model([sequence for _, sequence, _ in reads])
    table = added(GcModelCollector(), reads).tables(facts(reads))["gc_model"]
    assert table["reads"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("length", [1, 7, 50, 100, 101, 250, 300, 1_000, 2_500])
def test_the_gc_model_of_reads_of_one_length_is_exact_to_the_last_digit(length):
    reads = made_reads(3_000, length, seed=length, letters="ACGT", shortest=length)
    expected = slowly.gc_model([sequence for _, sequence, _ in reads])
    assert added(GcModelCollector(), reads).tables(facts(reads))["gc_model"]["reads"] == expected


@pytest.mark.parametrize("length", [1, 2, 33, 99, 100, 200, 700, 1_000, 7_000])
def test_what_contents_touch_and_who_claims(length):
    low, high = touched(np.arange(length + 1, dtype=np.int64), length)
    ranges = [slowly._touched(content, length) for content in range(length + 1)]
    assert low.tolist() == [item[0] for item in ranges]
    assert high.tolist() == [item[-1] for item in ranges]
    assert list(claims(length)) == [sum(percent in item for item in ranges) for percent in range(101)]


@given(value=st.integers(1, 400).map(lambda number: 1 / number), times=st.integers(0, 200_000))
@settings(max_examples=80, deadline=None)
def test_a_repeated_sum_is_rounded_as_often_as_one_by_one(value, times):
    assert repeated_sum(value, times) == (float(np.cumsum(np.full(times, value))[-1]) if times else 0.0)


def test_the_normal_curve_stands_around_the_peak():
    bell = [1e6 * math.exp(-((percent - 42) ** 2) / 128) for percent in range(101)]
    centre, curve = normal_curve(bell)
    assert centre == 42
    assert curve == pytest.approx(bell, rel=0.01, abs=1)
    assert normal_curve([0.0] * 100 + [50.0]) == (100.0, [])
    assert normal_curve([0.5, *[0.0] * 99, 0.5]) == (0.0, [0.0] * 101)
    flat = normal_curve([0.0] * 40 + [10.0, 9.5, 9.9, 2.0] + [0.0] * 57)
    assert flat[0] == 41.0
