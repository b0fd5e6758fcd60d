"""What reads tell of their library: each share against slow, plain counting; and alignments made record by record."""

import random
import re

import numpy as np
import pytest

from dsqc.metrics.assemblies import assembly_named, match_assembly
from dsqc.metrics.contaminants import rows_of
from dsqc.metrics.library import FAR_STEP, MAIN_STARTS, NEAR, STEP, LibraryCollector
from dsqc.metrics.reads import ReadMetrics
from helpers.batches import make_batch

IUPAC = {
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
}
PRIMERS = rows_of("primers.tsv")


def primer_of(read: str) -> str | None:
    """The first primer behind at most eight bases with at most two letters that differ; plainly."""
    for before in range(9):
        for row in PRIMERS:
            text = row["sequence"]
            place = read[before : before + len(text)]
            if len(place) == len(text):
                allowed = [IUPAC.get(letter, "ACGT" if letter == "N" else letter) for letter in text]
                if sum(base not in those for base, those in zip(place, allowed, strict=True)) <= 2:
                    return f"{row['name']} ({row['gene']})"
    return None


def spelled(text: str, chance: random.Random) -> str:
    return "".join(chance.choice(IUPAC.get(letter, "ACGT" if letter == "N" else letter)) for letter in text)


def some_reads(number: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    words = [row["word"] for row in rows_of("ribosomal.tsv")]
    reads = []
    for _ in range(number):
        read = "".join(chance.choices("ACGT", weights=[3, chance.choice([0.1, 2]), 2, 3], k=chance.randint(5, 150)))
        kind = chance.randrange(6)
        if kind == 0:
            read = read[: chance.randrange(9)] + spelled(chance.choice(PRIMERS)["sequence"], chance) + read
        elif kind == 1:
            read = read[:40] + chance.choice(words) + read[40:]
        elif kind == 2:
            read = read[: chance.choice([0, 26, 28])] + "T" * 11 + read
        elif kind == 3:
            read += "G" * 30
        reads.append(read)
    return reads


def plainly(reads: list[str]) -> dict[str, float | str | None]:
    words = {row["word"] for row in rows_of("ribosomal.tsv")}
    words |= {word[::-1].translate(str.maketrans("ACGT", "TGCA")) for word in words}
    looked = reads[:NEAR:STEP] + reads[-(-NEAR // FAR_STEP) * FAR_STEP :: FAR_STEP]
    bodies = [re.sub("G+$", "", read) for read in looked]
    telling = [body for body in bodies if body.count("C") + body.count("G") >= 12]
    starts = sorted(sum(read.startswith(word) for read in looked) for word in {r[:8] for r in looked if len(r) >= 8})
    long_enough = [read for read in looked if len(read) >= 40]
    primers = [name for name in map(primer_of, looked) if name]
    c, g = (sum(body.count(letter) for body in bodies) for letter in "CG")

    def share(part, whole):
        return part / len(whole)

    return {
        "library_reads_examined": len(looked),
        "frac_reads_main_starts": share(sum(starts[-MAIN_STARTS:]), [read for read in looked if len(read) >= 8]),
        "c_fraction_of_gc": c / (c + g),
        "frac_reads_c_poor": share(sum(8 * b.count("C") <= b.count("C") + b.count("G") for b in telling), telling),
        "frac_reads_g_poor": share(sum(8 * b.count("G") <= b.count("C") + b.count("G") for b in telling), telling),
        "frac_reads_poly_t_start": share(sum(r[:12].count("T") >= 10 for r in looked if len(r) >= 12), looked),
        "frac_reads_poly_a_start": share(sum(r[:12].count("A") >= 10 for r in looked if len(r) >= 12), looked),
        "frac_reads_poly_t_behind_barcode": share(
            sum(max(r[26:38].count("T"), r[28:40].count("T")) >= 10 for r in long_enough), long_enough
        ),
        "frac_reads_ribosomal": share(sum(any(word in read for word in words) for read in looked), looked),
        "frac_reads_primer": share(len(primers), looked),
        "commonest_primer": max(set(primers), key=lambda name: (primers.count(name), -PRIMERS_ORDER[name])),
    }


PRIMERS_ORDER = {f"{row['name']} ({row['gene']})": number for number, row in enumerate(PRIMERS)}


def batch_of(reads: list[str]):
    return make_batch([(read.encode(), b"I" * len(read)) for read in reads])


def library_values(metrics: ReadMetrics) -> dict[str, object]:
    return {metric.id: metrics.values()[metric.id] for metric in LibraryCollector.METRICS}


def test_shares_are_those_of_plain_counting() -> None:
    reads = some_reads(1_000, 7)
    metrics = ReadMetrics()
    metrics.add(batch_of(reads))
    assert library_values(metrics) == plainly(reads)


def test_reads_far_into_a_file_are_chosen_by_their_number_however_it_is_cut() -> None:
    reads = [read[:30] for read in some_reads(500, 8)] * 202
    whole = ReadMetrics()
    whole.add(batch_of(reads))
    assert whole.values()["library_reads_examined"] == NEAR // STEP + len(
        range(-(-NEAR // FAR_STEP) * FAR_STEP, 101_000, FAR_STEP)
    )
    cut = ReadMetrics()
    parts = [cut]
    for low, high in ((0, 1), (1, 99_999), (99_999, 100_130), (100_130, len(reads))):
        parts.append(parts[-1].continuation())
        parts[-1].add(batch_of(reads[low:high]))
    for part in parts[1:]:
        cut.merge(part)
    assert library_values(cut) == library_values(whole)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([{"SN": "chr1", "LN": "248956422"}], ("GRCh38", "lengths", 1)),
        ([{"SN": "1", "LN": "249250621", "M5": "1b22b98cdeb4a9304cb5d48026a85128"}], ("GRCh37", "m5", 1)),
        ([{"SN": "chr1", "LN": "248956422"}, {"SN": "NC_045512.2", "LN": "29903"}], ("GRCh38", "lengths", 1)),
        ([{"SN": "MT", "LN": "16569"}], None),  # three assemblies have it
        ([{"SN": "contig", "LN": "9000"}, {"SN": "x", "LN": "many"}, {}], None),
        ([], None),
    ],
)
def test_an_assembly_is_told_by_what_it_alone_has(lines, expected) -> None:
    found = match_assembly(lines)
    assert (found and (found.assembly.name, found.basis, found.number)) == expected


def test_names_of_assemblies() -> None:
    names = {
        "hg38": "GRCh38", "GRCh38.p14": "GRCh38", "grch37": "GRCh37", "hs37d5": "GRCh37",
        "T2T-CHM13v2.0": "T2T-CHM13v2.0",
        "mm10": "GRCm38", "GRCm39": "GRCm39", "TAIR10": "TAIR10", "IRGSP-1.0": "IRGSP-1.0", "sacCer3": "R64-1-1",
    }  # fmt: skip
    assert {name: getattr(assembly_named(name), "name", None) for name in names} == names
    assert [assembly_named(name) for name in ("", "our own assembly", "GRCh3", "hg385")] == [None] * 4


def test_starts_are_counted_up_to_the_last_word() -> None:
    metrics = ReadMetrics()
    metrics.add(batch_of(["GGGGGGGGA"] * 4 + ["NNNNNNNNN"] * 4))
    assert metrics.values()["frac_reads_main_starts"] == 1.0
    assert np.isclose(metrics.values()["c_fraction_of_gc"], 0.0)
