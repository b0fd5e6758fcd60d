"""Alignments made record by record: introns, strands of transcripts, read groups, the sex chromosomes."""

from pathlib import Path

import pytest

import dsqc
from dsqc.metrics.contaminants import rows_of
from dsqc.metrics.placements import AUTOSOMES, LEAST_READS

CHROMOSOMES = {
    row["sequence"]: int(row["length"]) for row in rows_of("assemblies.tsv") if row["assembly"] == "GRCh38"
}  # fmt: skip


def measure(path: Path, records: list[str], *further: str, sizes: dict[str, int] | None = None) -> dict:
    lines = [f"@SQ\tSN:{name}\tLN:{size}" for name, size in (sizes or {"chr1": 248_956_422}).items()]
    path.write_text("\n".join(["@HD\tVN:1.6", *lines, *further, *records]) + "\n")
    (item,) = dsqc.qc(path).files
    return item.data


def record(number: int, flag: int, cigar: str, *tags: str, quality: int = 60, place: int = 100) -> str:
    fields = (f"r{number}", flag, "chr1", place + number, quality, cigar, "*", 0, 0, "ACGTACGTAC", "IIIIIIIIII", *tags)
    return "\t".join(map(str, fields))


@pytest.mark.parametrize(
    ("flag", "tag", "sense"),
    [
        (0, "XS:A:+", 1.0), (16, "XS:A:+", 0.0), (0, "XS:A:-", 0.0), (16, "XS:A:-", 1.0),
        (0, "ts:A:+", 1.0), (16, "ts:A:+", 1.0), (0, "ts:A:-", 0.0), (16, "ts:A:-", 0.0),  # ts is of the read itself
        (0x1 | 0x80 | 0x8, "XS:A:+", 0.0), (0x1 | 0x40 | 0x8, "XS:A:+", 1.0),  # read 2 is turned round
        (0, "XS:i:5", None), (0, "NM:i:0", None),  # another program's XS
    ],
)  # fmt: skip
def test_strand_of_a_transcript(tmp_path: Path, flag: int, tag: str, sense: float | None) -> None:
    metrics = measure(tmp_path / "a.sam", [record(0, flag, "5M100N5M", "NH:i:1", tag)])["metrics"]
    assert metrics["frac_spliced_sense"] == sense
    assert metrics["spliced_strand_count"] == (0 if sense is None else 1)


def test_introns_are_counted_once_and_only_of_primary_records(tmp_path: Path) -> None:
    records = [
        record(0, 0, "5M50N5M"), record(1, 0, "5M49N5M"), record(2, 0, "2M60N2M60N6M"), record(3, 0, "10M"),
        record(4, 1024, "5M500N5M"), record(5, 512, "5M500N5M"), record(6, 256, "5M500N5M"),
    ]  # fmt: skip
    assert measure(tmp_path / "a.sam", records)["metrics"]["frac_reads_spliced"] == 0.5


def test_read_groups_are_listed_once_with_what_they_say(tmp_path: Path) -> None:
    groups = ("@RG\tID:1\tSM:S1\tLB:L1\tPU:F.1", "@RG\tID:2\tSM:S1\tLB:L1\tPU:F.1", "@RG\tID:3\tSM:S2")
    data = measure(tmp_path / "a.sam", [record(0, 0, "10M", "RG:Z:1")], *groups)
    assert data["tables"]["read_groups"] == {
        "sample": ["S1", "S2"], "library": ["L1", ""], "platform": ["", ""], "platform_unit": ["F.1", ""],
        "date": ["", ""],
    }  # fmt: skip


def test_depth_of_x_and_y_beside_even_autosomes(tmp_path: Path) -> None:
    def reads(step: int, **other: int) -> list[str]:
        found = []
        for name, size in CHROMOSOMES.items():
            for number in range(size // other.get(name, step)):
                flag, quality = (0, 60) if number % 50 else (0, 3)  # those of low quality count nowhere
                fields = (f"{name}.{number}", flag, name, number + 1, quality, "4M", "*", 0, 0, "ACGT", "IIII")
                found.append("\t".join(map(str, fields)))
        return found

    step = sum(CHROMOSOMES[f"chr{name}"] for name in AUTOSOMES) // (LEAST_READS + 1_500)
    male = measure(tmp_path / "m.sam", reads(step, chrX=2 * step, chrY=4 * step), sizes=CHROMOSOMES)["metrics"]
    assert male["reference_assembly"] == "GRCh38"
    assert male["x_depth_ratio"] == pytest.approx(0.5, abs=0.02)
    assert male["y_depth_ratio"] == pytest.approx(0.25, abs=0.02)
    uneven = measure(tmp_path / "u.sam", reads(step, chr7=3 * step), sizes=CHROMOSOMES)["metrics"]
    assert uneven["x_depth_ratio"] is None
    few = measure(tmp_path / "f.sam", reads(4 * step), sizes=CHROMOSOMES)["metrics"]
    assert few["y_depth_ratio"] is None
