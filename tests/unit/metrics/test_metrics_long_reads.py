"""Long reads, runs of nanopores, instruments, mates: whatever the batches and parts, the same; and known answers."""

import csv
import itertools
import math
import re
from importlib.resources import files

import numpy as np
import pytest

from dsqc.formats.batch import ReadBatch
from dsqc.metrics.collector import Encoding, Facts, Reads
from dsqc.metrics.instrument import InstrumentCollector
from dsqc.metrics.long_reads import FIRST_READS, LongReadCollector
from dsqc.metrics.nanopore import NanoporeCollector
from dsqc.metrics.pairs import STEP, PairMetrics
from dsqc.metrics.read_names import models_of, origin_of
from dsqc.metrics.two_colour import TwoColourCollector, binning
from helpers.batches import make_batch, random_reads

ILLUMINA = "A00488:61:HMLGNDSXX:{lane}:1101:1090:1000 1:N:0:ACGT"


def named(names, reads, first_record=1) -> ReadBatch:
    """A batch whose reads have ``names``."""
    batch = make_batch(reads, first_record=first_record)
    encoded = [name.encode() for name in names]
    ends = len(batch.data) + np.cumsum([len(name) for name in encoded]).astype(np.int64)
    return ReadBatch(
        data=np.concatenate([batch.data, np.frombuffer(b"".join(encoded), dtype=np.uint8)]),
        name_start=ends - np.array([len(name) for name in encoded], dtype=np.int64),
        name_end=ends,
        sequence_start=batch.sequence_start,
        quality_start=batch.quality_start,
        length=batch.length,
        first_record=first_record,
    )


def facts_of(reads, header=None) -> Facts:
    lengths, counts = np.unique([len(sequence) for sequence, _ in reads], return_counts=True)
    characters = np.bincount(np.frombuffer(b"".join(q or b"" for _, q in reads), dtype=np.uint8), minlength=256)
    return Facts(
        read_count=len(reads),
        base_count=sum(len(sequence) for sequence, _ in reads),
        lengths=lengths.astype(np.int64),
        reads=counts.astype(np.int64),
        encoding=Encoding(33, "Sanger / Illumina 1.9"),
        header=header or {},
        characters=characters.astype(np.int64),
    )


def measured(kind, names, reads, cuts=(), *, parts=False):
    """Collected in batches that are cut at ``cuts``; each in a part of its own that is merged where ``parts``."""
    edges = [0, *cuts, len(reads)]
    whole = kind()
    part = whole
    pieces = []
    for low, high in itertools.pairwise(edges):
        if parts and low:
            part = part.continuation()
            pieces.append(part)
        batch = named(names[low:high], reads[low:high], low + 1)
        part.add(Reads(batch, max((len(sequence) for sequence, _ in reads[low:high]), default=0)))
    for piece in pieces:
        whole.merge(piece)
    facts = facts_of(reads)
    return whole.values(facts), whole.tables(facts), list(whole.rows(facts))


def nanopore_names(number):
    return [
        f"{row:08x}-61e9-4011-bf40-ca5721922da4 runid={'ab' if row % 3 else 'cd'} ch={row % 7 + 1} "
        f"start_time=2023-11-23T{10 + row // 40:02d}:{row % 40:02d}:09Z"
        for row in range(number)
    ]


LONG_READS = random_reads(200, 5_000, seed=2, highest=70)
SHORT_READS = random_reads(1_500, 60, seed=3, highest=70)
ILLUMINA_NAMES = [ILLUMINA.format(lane=row // 50 + 1) for row in range(200)]


@pytest.mark.parametrize("kind", [LongReadCollector, NanoporeCollector, InstrumentCollector, TwoColourCollector])
@pytest.mark.parametrize("names", [nanopore_names(200), ILLUMINA_NAMES], ids=["nanopore", "illumina"])
def test_batches_and_parts_do_not_matter(kind, names):
    whole = measured(kind, names, LONG_READS)
    assert measured(kind, names, LONG_READS, (0, 1, 7, 120, 120, 199)) == whole
    assert measured(kind, names, LONG_READS, (1, 55, 130), parts=True) == whole


@pytest.mark.parametrize("first_long", [0, 5, FIRST_READS - 1, FIRST_READS, 1_400])
def test_a_long_read_anywhere_begins_the_measuring(first_long):
    reads = [*SHORT_READS[:first_long], (b"ACGT" * 10_000, b"5" * 40_000), *SHORT_READS[first_long:]]
    names = ["read"] * len(reads)
    whole = measured(LongReadCollector, names, reads)
    assert measured(LongReadCollector, names, reads, (3, 700, 999, 1_000, 1_001, 1_402)) == whole
    assert measured(LongReadCollector, names, reads, (3, 700, 1_001), parts=True) == whole
    counted = [read for row, read in enumerate(reads) if (row < FIRST_READS or row >= first_long) and read[0]]
    assert sum(whole[1]["length_quality"]["reads"]) == len(counted)


def test_short_reads_have_no_metrics_of_long_ones():
    values, tables, rows = measured(LongReadCollector, ["read"] * len(SHORT_READS), SHORT_READS)
    assert set(values.values()) == {None}
    assert (tables, rows) == ({}, [])


def test_values_of_long_reads():
    reads = [(b"A" * 2_000, b"5" * 2_000), (b"C" * 6_000, b"?" * 6_000), (b"G" * 200, None)]  # Q20, Q30, none
    values, tables, _ = measured(LongReadCollector, ["a", "b", "c"], reads)
    assert values["length_median"] == 2_000
    assert values["length_n90"] == 2_000
    assert values["mean_phred_by_error"] == pytest.approx(-10 * math.log10((0.01 + 3 * 0.001) / 4), abs=1e-4)
    assert values["read_phred_by_error_median"] == 20.0
    assert values["frac_reads_error_q20"] == 1.0
    assert values["frac_bases_error_q15"] == 1.0
    assert tables["length_quality"] == {
        "length_from": [1_995, 5_012],
        "length_to": [2_511, 6_309],
        "phred": [20, 30],
        "reads": [1, 1],
        "bases": [2_000, 6_000],
    }
    ends = tables["end_quality"]
    assert len(ends["end"]) == 200
    assert (ends["reads"][0], ends["a"][0], ends["mean_phred"][0]) == (3, 1 / 3, 25.0)


def test_a_run_of_a_nanopore():
    names = nanopore_names(200)
    values, tables, _ = measured(NanoporeCollector, names, LONG_READS)
    assert values["channel_count"] == 7
    assert values["sequencing_start"] == "2023-11-23T10:00Z"
    assert values["sequencing_hours"] == pytest.approx(4 + 39 / 60)
    assert values["basecaller_runs"] == "ab (133), cd (67)"
    bases = sum(len(sequence) for sequence, _ in LONG_READS)
    assert sum(tables["channel_activity"]["reads"]) == sum(tables["reads_by_hour"]["reads"]) == 200
    assert sum(tables["channel_activity"]["bases"]) == sum(tables["reads_by_hour"]["bases"]) == bases
    assert tables["reads_by_hour"]["hour"] == [0, 1, 2, 3, 4]
    assert values["bases_per_hour"] == bases / 5


def test_parts_that_began_on_different_days_add_up():
    one, other = NanoporeCollector(), NanoporeCollector()
    for collector, day in ((one, 23), (other, 22)):
        names = [f"r ch=1 start_time=2023-11-{day}T08:00:00Z"]
        collector.add(Reads(named(names, [(b"ACGT", b"IIII")]), 4))
    one.merge(other)
    tables = one.tables(facts_of([(b"ACGT", b"IIII")] * 2))
    assert tables["reads_by_hour"]["reads"] == [1, *[0] * 23, 1]


@pytest.mark.parametrize(
    ("name", "platform", "models", "confidence", "prefix"),
    [
        ("A00488:61:HMLGNDSXX:4:1101:1090:1000 1:N:0:A", "ILLUMINA", ["Illumina NovaSeq 6000"], "high",
         "A00488:61:HMLGNDSXX:4:"),
        ("LH00202:284:22CVHTLT3:1:1101:1:1", "ILLUMINA", ["Illumina NovaSeq X", "Illumina NovaSeq X Plus"], "medium",
         "LH00202:284:22CVHTLT3:1:"),
        ("M01761:114:000000000-ACUR0:1:1101:1:1", "ILLUMINA", ["Illumina MiSeq"], "high",
         "M01761:114:000000000-ACUR0:1:"),
        ("HWI-EAS100R:6:73:941:1973#0/1", "ILLUMINA",
         ["Illumina Genome Analyzer", "Illumina Genome Analyzer II", "Illumina Genome Analyzer IIx"], "medium",
         "HWI-EAS100R:6:"),
        ("HAVA0ADXX:1:1101:10627:67264", "ILLUMINA", ["Illumina HiSeq 1500", "Illumina HiSeq 2500"], "medium",
         "HAVA0ADXX:1:"),
        ("AV224503:run1:2233445566:1:10102:1:1", "", [], "", ""),
        ("AV224503:17:2233445566:1:10102:1:1", "ELEMENT", ["Element AVITI"], "high", "AV224503:17:2233445566:1:"),
        ("V300012345L1C001R0010000001/1", "DNBSEQ", ["DNBSEQ-G400", "DNBSEQ-G50"], "medium", "V300012345L1C"),
        ("CL100012345L2C001R001_1", "BGISEQ", ["BGISEQ-500"], "medium", "CL100012345L2C"),
        ("m64011_190830_220126/1/ccs", "PACBIO_SMRT", ["Sequel II"], "high", "m64011_190830_220126/"),
        ("m84011_220902_175841_s1/1/ccs", "PACBIO_SMRT", ["Revio"], "high", "m84011_220902_175841_s1/"),
        ("9ae4818c-61e9-4011-bf40-ca5721922da4\tch:i:1", "OXFORD_NANOPORE", [], "low", ""),
        ("004733-UGAv3-2-1234", "ULTIMA", [], "low", "004733-"),
        ("ABCDE:00012:00034", "ION_TORRENT", [], "low", "ABCDE:"),
        ("read 7", "", [], "", ""),
    ],
)  # fmt: skip
def test_names_tell_where_they_come_from(name, platform, models, confidence, prefix):
    origin = origin_of(name)
    assert (origin.platform, *models_of(origin), origin.prefix) == (platform, models, confidence, prefix)


def test_the_table_of_instruments_names_models_as_insdc_does():
    def rows(*path):
        text = files("dsqc.schemas").joinpath(*path).read_text(encoding="utf-8")
        return list(csv.DictReader(text.splitlines(), delimiter="\t"))

    known = {(row["parent"], row["term"]) for row in rows("vocabularies", "instrument_model.tsv")}
    table = rows("instruments.tsv")
    named = {(row["platform"], model) for row in table for model in row["models"].split(";")}
    assert named <= known
    assert all(re.compile(row["pattern"]) and row["source"] for row in table)


def instruments(names, header=None):
    collector = InstrumentCollector()
    reads = [(b"A", b"I")] * len(names)
    collector.add(Reads(named(names, reads), 1))
    facts = facts_of(reads, header)
    return collector.values(facts), collector.tables(facts)


def test_lanes_and_flow_cells_with_their_reads():
    names = [ILLUMINA.format(lane=lane) for lane in (1, 2, 2, 10, 1, 2)]
    values, tables = instruments(names)
    assert values["lanes"] == "2 (3), 1 (2), 10 (1)"
    assert values["flow_cells"] == "HMLGNDSXX (6)"
    assert tables["instrument_runs"]["lane"] == ["2", "1", "10"]
    assert tables["instrument_runs"]["reads"] == [3, 2, 1]


def test_names_behind_those_of_an_archive():
    values, _ = instruments([f"SRR24.{row} {ILLUMINA.format(lane=3)}" for row in range(5)])
    assert values["instrument_ids"] == "A00488 (5)"
    values, tables = instruments(["SRR24.1 1 length=150"])
    assert (values["instrument_platform"], tables) == (None, {})


def test_more_lanes_than_are_told_apart():
    names = [f"A00488:{run}:HMLGNDSXX:1:1:1:1" for run in range(100)]
    values, tables = instruments(names)
    assert tables["instrument_runs"]["reads"] == [1] * 64 + [36]
    assert values["instrument_platform"] == "ILLUMINA"


def test_the_header_declares_what_names_do_not_tell():
    values, _ = instruments(["x"], {"RG": [{"ID": "a", "PL": "ONT"}]})
    assert (values["instrument_platform"], values["instrument_confidence"]) == ("OXFORD_NANOPORE", "declared")
    values, _ = instruments(["x"], {"RG": [{"ID": "a", "PL": "ONT"}, {"ID": "b"}]})
    assert values["instrument_platform"] is None


def test_the_header_names_the_flow_cell_of_a_nanopore():
    names = ["9ae4818c-61e9-4011-bf40-ca5721922da4"]
    values, _ = instruments(names, {"RG": [{"ID": "a", "PL": "ONT", "PU": "PAS15247"}]})
    assert (values["flow_cells"], values["instrument_model"]) == ("PAS15247", "PromethION")
    assert values["instrument_confidence"] == "high"
    values, _ = instruments(names, {"RG": [{"ID": "a", "PU": "FAT00001"}, {"ID": "b", "PU": "PAS15247"}]})
    assert values["instrument_model"] == "GridION | MinION | PromethION"
    values, _ = instruments(names, {"RG": [{"ID": "a", "PU": "unit 1"}]})
    assert (values["flow_cells"], values["instrument_model"]) == (None, None)


def test_platforms_that_are_mixed():
    values, _ = instruments(["m64011_190830_220126/1/ccs", ILLUMINA.format(lane=1), ILLUMINA.format(lane=1)])
    assert (values["instrument_platform"], values["instrument_confidence"]) == ("ILLUMINA", "mixed")


def test_binning_of_qualities():
    assert [binning(levels) for levels in (1, 4, 8, 9, 40)] == [
        "one value", "2 to 4 values", "5 to 8 values", "9 to 24 values", "not binned",
    ]  # fmt: skip
    values, _, _ = measured(TwoColourCollector, ["a"], [(b"ACGTACGTACGG", b"#:FF#:FF##FF")])
    assert values["quality_levels"] == 3
    assert values["g_fraction_last_10"] == 0.4


def pair_reads(number):
    random = np.random.default_rng(6)
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    ones, twos = [], []
    for length in random.integers(30, 220, number):
        whole = random.choice(letters, max(length, 100)).tobytes()
        one, two = whole[:100], whole[:length].translate(bytes.maketrans(b"ACGT", b"TGCA"))[::-1]
        two = (two + random.choice(letters, 100).tobytes())[:100]
        ones.append((one, b"I" * len(one)))
        twos.append((two, b"I" * len(two)))
    return ones, twos


def pairs_in(ones, twos, cuts=()):
    metrics = PairMetrics()
    edges = [0, *cuts, len(ones)]
    for low, high in itertools.pairwise(edges):
        metrics.add(make_batch(ones[low:high], first_record=low + 1), make_batch(twos[low:high], first_record=low + 1))
    return metrics


def test_every_eighth_pair_whatever_the_batches():
    ones, twos = pair_reads(100)
    whole = pairs_in(ones, twos)
    assert whole.values()["overlap_pairs_examined"] == len(range(0, 100, STEP))
    for cuts in ((1,), (7, 8, 9), (50, 50)):
        parts = pairs_in(ones, twos, cuts)
        assert (parts.values(), parts.tables()) == (whole.values(), whole.tables())
    one, other = pairs_in(ones[:40], twos[:40]), PairMetrics()
    other.add(make_batch(ones[40:], first_record=41), make_batch(twos[40:], first_record=41))
    one.merge(other)
    assert (one.values(), one.tables()) == (whole.values(), whole.tables())


def test_pairs_without_mates_or_overlap_say_nothing():
    metrics = PairMetrics()
    metrics.add(make_batch([(b"ACGT", b"IIII")]), make_batch([]))
    assert metrics.values()["overlap_pairs_examined"] == 0
    metrics.add(make_batch([(b"ACGT", b"IIII")]), make_batch([(b"ACGT", b"IIII")]))
    assert metrics.values()["frac_pairs_overlapping"] == 0.0
    assert metrics.values()["overlap_insert_median"] is None
    assert metrics.tables()["insert_overlap"] == {"length": [], "pairs": []}
