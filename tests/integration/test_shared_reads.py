"""The project's collection of public reads, where it lies beside the repository: every valid file is taken, every
broken one refused with its code, and counts are those of seqkit and samtools."""

import csv
import os
from pathlib import Path

from helpers.reads import read_path

DATA = Path(os.environ.get("DSQC_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))

BROKEN = {
    "broken/drosophila_chip.bitflip.fastq.gz": {"F010"},
    "broken/ecoli_R1.truncated.fastq.gz": {"F010"},
    "broken/ecoli_R2.five_reads_short.fastq.gz": set(),  # only together with its mate
    "broken/ecoli_R2.shuffled.fastq.gz": set(),
    "broken/ebola_mini.no_eof.bam": {"D018"},
    "broken/ebola_mini.truncated.bam": {"D018"},
    "broken/hts-specs_0000_empty_noeof.cram": {"D029"},
    "broken/hts-specs_hdr.SQ5.sam": {"D019"},
    "broken/hts-specs_pos.fail4.sam": {"D028"},
    "broken/hts-specs_qual.fail3.sam": {"D028"},
    "broken/obf_error_double_seq.fastq": {"D001"},
    "broken/obf_error_long_qual.fastq": {"D003"},
    "broken/obf_error_qual_space.fastq": {"D006"},
    "broken/obf_error_trunc_in_seq.fastq": {"D001"},
    "broken/picard_unpaired-mate.sam": {"D030"},
    "broken/sarscov2.truncated.cram": {"D029"},
    "reads-small/empty.fastq": {"F008"},
}


def _reference(path: Path) -> Path | None:
    if path.suffix == ".cram" and path.name.startswith("hts-specs_0") | path.name.startswith("hts-specs_1"):
        return DATA / "references" / "ce.fa"
    if path.suffix == ".cram" and path.name.startswith("sarscov2"):
        return DATA / "references" / "MN908947.3.fasta"
    return None


def _counts() -> dict[str, int]:
    with (DATA / "expected" / "seqkit_stats.tsv").open() as table:
        counts = {row["file"]: int(row["num_seqs"]) for row in csv.DictReader(table, delimiter="\t")}
    for path in (DATA / "expected" / "samtools").glob("*.flagstat.tsv"):
        name = "alignments/" + path.name.removesuffix(".flagstat.tsv")
        counts[name] = int(path.read_text().split("\t")[0])
    return counts


if DATA.is_dir():
    FILES = [
        path
        for folder in ("reads", "reads-small", "alignments", "broken")
        for path in sorted((DATA / folder).iterdir())
        if path.suffix not in (".bai", ".crai")
    ]

    def pytest_generate_tests(metafunc) -> None:
        if "path" in metafunc.fixturenames:
            metafunc.parametrize("path", FILES, ids=lambda path: path.name)

    def test_every_file_has_its_findings_and_its_count(path: Path) -> None:
        name = f"{path.parent.name}/{path.name}"
        found = read_path(path, reference=_reference(path))
        assert set(found.codes) == BROKEN.get(name, set())
        if name in (counts := _counts()):
            assert len(found.reads) == counts[name]
            assert not found.source.damaged

    def test_the_expected_counts_are_all_used() -> None:
        assert set(_counts()) <= {f"{path.parent.name}/{path.name}" for path in FILES}
