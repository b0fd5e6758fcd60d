"""Real data of the development machine, where it stands beside the repository: dsqc against seqkit and samtools.

A clone elsewhere has no such data and no such tests. FastQC has its own (``test_fastqc_parity.py``).
"""

import csv
from functools import cache
from pathlib import Path

import pytest

import dsqc

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
REFERENCES = {
    "sarscov2_amplicon.cram": "MN908947.3.fasta",
    "sarscov2.truncated.cram": "MN908947.3.fasta",
    "hts-specs_0503_mapped.cram": "ce.fa",
    "hts-specs_0801_ctr.cram": "ce.fa",
    "hts-specs_1402_index_3ref.cram": "ce.fa",
}
REFUSED = {"empty.fastq": "DSQC-F008"}
"""Not broken, and yet no registration data: no read at all."""
BROKEN = {
    "drosophila_chip.bitflip.fastq.gz": "DSQC-F010",
    "ecoli_R1.truncated.fastq.gz": "DSQC-F010",
    "obf_error_double_seq.fastq": "DSQC-D001",
    "obf_error_long_qual.fastq": "DSQC-D003",
    "obf_error_qual_space.fastq": "DSQC-D006",
    "obf_error_trunc_in_seq.fastq": "DSQC-D001",
    "ebola_mini.no_eof.bam": "DSQC-D018",
    "ebola_mini.truncated.bam": "DSQC-D018",
    "hts-specs_0000_empty_noeof.cram": "DSQC-D029",
    "sarscov2.truncated.cram": "DSQC-D029",
    "hts-specs_hdr.SQ5.sam": "DSQC-D019",
    "hts-specs_pos.fail4.sam": "DSQC-D028",
    "hts-specs_qual.fail3.sam": "DSQC-D028",
    "picard_unpaired-mate.sam": "DSQC-D030",
}
BROKEN_PAIRS = {"ecoli_R2.five_reads_short.fastq.gz": "DSQC-D012", "ecoli_R2.shuffled.fastq.gz": "DSQC-D013"}


def data_files(*folders):
    suffixes = (".gz", ".fastq", ".bz2", ".xz", ".bam", ".cram", ".sam")
    return [path for folder in folders for path in sorted((SHARED / folder).iterdir()) if path.suffix in suffixes]


@cache
def measure(path):
    reference = REFERENCES.get(path.name)
    return dsqc.qc(path, reference=SHARED / "references" / reference if reference else None)


def error_codes(result):
    return {item.code for item in result.findings if item.severity == "error"}


if SHARED.is_dir():
    VALID = data_files("reads", "reads-small", "alignments")
    BY_NAME = {path.name: path for path in VALID}
    with (SHARED / "expected/seqkit_stats.tsv").open(encoding="utf-8") as table:
        SEQKIT = list(csv.DictReader(table, delimiter="\t"))
    SAMTOOLS = sorted(path.name.removesuffix(".stats") for path in (SHARED / "expected/samtools").glob("*.stats"))

    @pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
    def test_valid_files_have_no_errors(path):
        result = measure(path)
        assert error_codes(result) == {REFUSED[path.name]} if path.name in REFUSED else not error_codes(result)

    @pytest.mark.parametrize(("name", "code"), BROKEN.items(), ids=BROKEN)
    def test_broken_files_have_their_code(name, code):
        result = measure(SHARED / "broken" / name)
        assert code in error_codes(result)
        assert result.exit_code == 3

    @pytest.mark.parametrize(("name", "code"), BROKEN_PAIRS.items(), ids=BROKEN_PAIRS)
    def test_broken_pairs_have_their_code(name, code):
        result = dsqc.qc(SHARED / "reads/ecoli_wgs_pe_R1.fastq.gz", SHARED / "broken" / name, paired=True)
        assert error_codes(result) == {code}

    def test_every_broken_file_is_named():
        assert {path.name for path in data_files("broken")} == set(BROKEN) | set(BROKEN_PAIRS)

    @pytest.mark.parametrize("one", [path for path in VALID if "_R1." in path.name], ids=lambda path: path.name)
    def test_real_pairs_pair(one):
        two = one.with_name(one.name.replace("_R1.", "_R2."))
        result = dsqc.qc(one, two, paired=True)
        assert not error_codes(result)
        assert result.pairs[0].pairs == result.files[0].metrics["read_count"]

    @pytest.mark.parametrize("row", SEQKIT, ids=lambda row: row["file"])
    def test_seqkit_says_the_same(row):
        path = SHARED / row["file"]
        metrics = measure(path).files[0].metrics
        assert metrics["read_count"] == int(row["num_seqs"])
        assert metrics["base_count"] == int(row["sum_len"])
        if metrics["read_count"]:
            assert (metrics["length_min"], metrics["length_max"]) == (int(row["min_len"]), int(row["max_len"]))
            assert metrics["length_mean"] == pytest.approx(float(row["avg_len"]), abs=0.051)
            assert metrics["length_n50"] == int(row["N50"])
            # seqkit divides by all bases, N too.
            gc_percent = 100 * metrics["gc_fraction"] * (1 - metrics["n_fraction"])
            assert gc_percent == pytest.approx(float(row["GC(%)"]), abs=0.0051) or path.name == "rna_uracil.fastq"
            if metrics["quality_offset"] == 33:  # seqkit takes 33 for granted
                assert 100 * metrics["frac_bases_q20"] == pytest.approx(float(row["Q20(%)"]), abs=0.0051)
                assert 100 * metrics["frac_bases_q30"] == pytest.approx(float(row["Q30(%)"]), abs=0.0051)

    @pytest.mark.parametrize("name", SAMTOOLS)
    def test_samtools_says_the_same(name):
        metrics = measure(BY_NAME[name]).files[0].metrics
        flagstat = {}
        for line in (SHARED / f"expected/samtools/{name}.flagstat.tsv").read_text(encoding="utf-8").splitlines():
            passed, failed, what = line.split("\t")
            if passed.isdigit():
                flagstat[what] = int(passed) + int(failed)
        stats = {}
        for line in (SHARED / f"expected/samtools/{name}.stats").read_text(encoding="utf-8").splitlines():
            if line.startswith("SN\t"):
                _, what, value = line.split("\t")[:3]
                stats[what.rstrip(":")] = value
        assert metrics["record_count"] == flagstat["total (QC-passed reads + QC-failed reads)"]
        for metric, what in (
            ("primary_count", "primary"),
            ("secondary_count", "secondary"),
            ("supplementary_count", "supplementary"),
            ("mapped_count", "mapped"),
            ("duplicate_count", "duplicates"),
        ):
            assert metrics[metric] == flagstat[what]
        assert metrics["read_count"] == int(stats["raw total sequences"])
        assert metrics["base_count"] == int(stats["total length"])
        assert metrics["length_max"] == int(stats["maximum length"])
        assert (metrics["mean_phred"] or 0) == pytest.approx(float(stats["average quality"]), abs=0.051)
