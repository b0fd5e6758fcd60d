"""Every valid FASTQ and BAM of the development machine: dsqc's FastQC text against FastQC 0.12.1's, to the digit.

A clone elsewhere has no such data and no such tests; ``tests/golden/test_golden_metrics.py`` holds the comparison with
FastQC on the project's own reads.
"""

from functools import cache
from pathlib import Path

import pysam
import pytest

import dsqc
from dsqc.report.fastqc import render_data, render_summary
from helpers.fastqc_text import differences, read_modules

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
EXPECTED = SHARED / "expected" / "fastqc-0.12.1"
ALL_RECORDS = {
    "arabidopsis_S3.coord.bam",
    "drosophila_rnaseq_paired.coord.bam",
    "human_NA12878_hifi_chr21.bam",
    "sarscov2_amplicon.coord.bam",
}
"""FastQC counts their secondary and supplementary records as further reads, dsqc counts every read once. The same
records without these flags are reads for both."""
NOT_PRIMARY = 0x900

GC = "Per sequence GC content"
ORDER = 1e-9
"""Contents of reads of different lengths are added in another order than FastQC does: the last digits."""
TOLERANCE = {
    "arabidopsis_S3.coord.bam": {GC: ORDER},
    "ecoli_wgs_pe_R1.fastq.gz": {GC: ORDER},
    "human_NA12878_hifi_chr21.bam": {GC: ORDER},
    "human_hifi_NA12878_100.fastq.gz": {GC: ORDER},
    "pacbio_subreads.unaligned.bam": {GC: ORDER},
    "sarscov2_amplicon.coord.bam": {GC: ORDER},
    "sarscov2_ont_barcode07.fastq.gz": {GC: ORDER},
}
EXPLAINED = {
    "rna_uracil.fastq": (
        {"Basic Statistics", "Per base sequence content", "Per base N content"},
        "U counts as T, for FastQC it is no base; N counts every other letter, for FastQC only N",
    ),
    "hts-specs_0503_mapped.sam": (
        {"Per base N content", "Overrepresented sequences"},
        "N counts every letter but A, C, G, T and U; IUPAC letters of reverse reads are complemented",
    ),
    "hts-specs_0801_ctr.sam": (
        {"Basic Statistics", "Per base sequence quality", "Per sequence quality scores"},
        "qualities of SAM have offset 33 by specification, FastQC guesses 64",
    ),
    "solexa_full_range.fastq": (
        {"Basic Statistics", "Per base sequence quality", "Per sequence quality scores"},
        "characters ; to ~ are Solexa's with offset 64, FastQC takes them for offset 33",
    ),
}
"""File -> the modules that differ, and why; no other may."""


@cache
def measured(path):
    return dsqc.qc(path).files[0].data


if SHARED.is_dir():
    FILES = {
        path.name: path for folder in ("reads", "reads-small", "alignments") for path in (SHARED / folder).iterdir()
    }
    NAMES = sorted(path.name for path in EXPECTED.iterdir())

    @pytest.fixture
    def data(name, tmp_path):
        """What dsqc measured of the file; of alignments with all records as reads, where FastQC takes them so."""
        if name not in ALL_RECORDS:
            return measured(FILES[name])
        path = tmp_path / name
        with pysam.AlignmentFile(str(FILES[name])) as source, pysam.AlignmentFile(path, "wb", template=source) as made:
            for record in source:
                record.flag &= ~NOT_PRIMARY
                made.write(record)
        return measured(path)

    @pytest.mark.parametrize("name", NAMES)
    def test_fastqc_says_the_same(name, data):
        expected = read_modules((EXPECTED / name / "fastqc_data.txt").read_text(encoding="utf-8"))
        ours = read_modules(render_data(data))
        assert list(ours) == list(expected)
        allowed, _ = EXPLAINED.get(name, (set(), ""))
        found = differences(ours, expected, TOLERANCE.get(name))
        assert set(found) == allowed, found

    @pytest.mark.parametrize("name", NAMES)
    def test_the_summary_says_the_same(name, data):
        expected = (EXPECTED / name / "summary.txt").read_text(encoding="utf-8").splitlines()
        ours = render_summary(data).splitlines()
        changed = {one.split("\t")[1] for one, other in zip(ours, expected, strict=True) if one != other}
        assert changed <= EXPLAINED.get(name, (set(), ""))[0]

    @pytest.mark.parametrize("name", sorted(ALL_RECORDS))
    def test_reads_counted_once_are_fewer(name):
        basic = read_modules((EXPECTED / name / "fastqc_data.txt").read_text(encoding="utf-8"))["Basic Statistics"]
        metrics = measured(FILES[name])["metrics"]
        total = int(dict(row for row in basic if len(row) == 2)["Total Sequences"])
        assert metrics["record_count"] == total > metrics["read_count"]
