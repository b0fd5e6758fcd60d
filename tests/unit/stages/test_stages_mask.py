"""Masking headers and name lines: what is written is known word for word, reads are the same, mates agree."""

import gzip
from pathlib import Path

import jsonschema_rs
import pysam
import pytest

from dsqc.artefact import read_json
from dsqc.stages.fingerprint import fingerprint
from dsqc.stages.mask import REPORT, mask_files
from dsqc.stages.qc import qc

SCHEMA = Path(__file__).parents[3] / "schemas" / "reports" / "mask.schema.json"
HEADER = """@HD\tVN:1.6\tSO:unsorted
@SQ\tSN:chr1\tLN:1000
@RG\tID:hong@lab.kr\tSM:P0001\tDS:chart no 1234567
@RG\tID:rg2\tSM:S2\tDS:blood
@PG\tID:bwa\tPN:bwa\tCL:bwa mem /home/honggildong/ref.fa /home/ubuntu/a.fq
@PG\tID:st\tPN:samtools\tPP:bwa\tCL:samtools view -o C:\\Users\\minji\\a.bam
@CO\t환자 홍길동 900101-1234568 DOB 1980-01-31
@CO\tmade with care
"""
MASKED = """@HD\tVN:1.6\tSO:unsorted
@SQ\tSN:chr1\tLN:1000
@RG\tID:hong@lab.kr\tSM:P0001\tDS:chart no *******
@RG\tID:rg2\tSM:S2\tDS:blood
@PG\tID:bwa\tPN:bwa\tCL:bwa mem /home/***/ref.fa /home/ubuntu/a.fq
@PG\tID:st\tPN:samtools\tPP:bwa\tCL:samtools view -o C:\\Users\\***\\a.bam
@CO\t환자 홍** 900101-1****** DOB ****-**-**
@CO\tmade with care
"""


def alignments(path: Path, mode: str) -> Path:
    header = pysam.AlignmentHeader.from_text(HEADER)
    options = [b"no_ref=1"] if mode == "wc" else []
    with pysam.AlignmentFile(str(path), mode, header=header, format_options=options) as file:
        for number in range(50):
            read = pysam.AlignedSegment(header)
            read.query_name, read.flag = f"r{number}", 4
            read.query_sequence = "ACGTTGCAAC" * 3
            read.query_qualities = pysam.qualitystring_to_array("I" * 30)
            read.set_tag("RG", "hong@lab.kr")
            file.write(read)
    return path


@pytest.mark.parametrize(("suffix", "mode"), [("bam", "wb"), ("cram", "wc")])
def test_headers_are_masked_and_records_are_not_touched(suffix: str, mode: str, tmp_path: Path) -> None:
    path = alignments(tmp_path / f"a.{suffix}", mode)
    result = mask_files(path, out=tmp_path / "out")
    assert result.document is not None
    jsonschema_rs.validator_for(read_json(SCHEMA)).validate(result.document)
    made = tmp_path / "out" / path.name
    with pysam.AlignmentFile(str(made), check_sq=False) as after, pysam.AlignmentFile(str(path), check_sq=False) as old:
        before = str(old.header)
        assert str(after.header) == (MASKED if before == HEADER else "changed by the writer")
        assert [one.to_string() for one in after.fetch(until_eof=True)] == [
            one.to_string() for one in old.fetch(until_eof=True)
        ]
    (row,) = result.document["files"]
    assert (row["masked_lines"], row["left"]) == (4, ["@RG ID:h***@lab.kr"])
    assert row["shown"][0] == "@RG DS:*******"
    assert row["before"]["fingerprint"] == row["after"]["fingerprint"]
    assert "gildong" not in (tmp_path / "out" / REPORT).read_text()
    told = {(item.code, item.value) for item in qc(made).findings if item.code in ("DSQC-H008", "DSQC-H012")}
    assert told == {("DSQC-H008", "@RG ID:h***@lab.kr")}
    found = {item.code for item in qc(path).findings}
    assert {"DSQC-H008", "DSQC-H012"} <= found
    assert mask_files(path, out=tmp_path / "out").again


def test_mates_are_masked_alike_and_all_else_stays(tmp_path: Path) -> None:
    paths = []
    for mate in (1, 2):
        path = tmp_path / f"x_R{mate}.fastq.gz"
        rows = [f"@r{n}/{mate} chart no 12345{n % 10} 홍길동 x\nACGT\n+r{n}/{mate} old\nIIII\n" for n in range(1_500)]
        rows[7] = f"@r7/{mate} plain\nACGT\n+r7/{mate}\nIIII\n"
        path.write_bytes(gzip.compress("".join(rows).encode()))
        paths.append(path)
    result = mask_files(*paths, out=tmp_path / "out")
    assert result.document is not None
    lines = gzip.decompress((tmp_path / "out" / paths[1].name).read_bytes()).decode().split("\n")
    assert lines[:4] == ["@r0/2 chart no ****** 홍** x", "ACGT", "+", "IIII"]
    assert lines[28:32] == ["@r7/2 plain", "ACGT", "+r7/2", "IIII"]
    assert [row["masked_lines"] for row in result.document["files"]] == [1_499, 1_499]
    told = fingerprint(*paths, *(tmp_path / "out" / path.name for path in paths))
    assert told.same_reads[0] == [0, 1, 2, 3]
    codes = {item.code for item in qc(*(tmp_path / "out" / path.name for path in paths), paired=True).findings}
    assert codes & {"DSQC-D013", "DSQC-H008"} == set()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = alignments(tmp_path / "a.bam", "wb")
    path.write_bytes(path.read_bytes()[:-60])
    result = mask_files(path, out=tmp_path / "out")
    assert (result.document, int(result.exit_code)) == (None, 3)
    assert result.findings.has_errors
    assert list((tmp_path / "out").iterdir()) == []
