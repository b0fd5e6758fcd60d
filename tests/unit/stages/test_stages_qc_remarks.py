"""Warnings that rest on the metrics of a file stand with its findings, and do not fail it."""

import random

import dsqc
from helpers.fastqc_slowly import Named


def write(path, reads: list[Named]):
    path.write_text("".join(f"@{name}\n{sequence}\n+\n{quality}\n" for name, sequence, quality in reads))
    return path


def made(number, *, adapter="", qualities="FFFF:,"):
    draw = random.Random(number)
    reads = []
    for read in range(number):
        sequence = "".join(draw.choices("ACGT", k=80)) + adapter
        reads.append((f"r{read}", sequence, "".join(draw.choices(qualities, k=len(sequence)))))
    return reads


def codes(result):
    return {item.code: item.value for item in result.findings if item.code != "DSQC-F017"}  # not compressed


def test_equal_qualities_and_adapters_are_warnings(tmp_path):
    result = dsqc.qc(write(tmp_path / "a.fastq", made(200, adapter="AGATCGGAAGAGC", qualities="#")))
    assert codes(result) == {
        "DSQC-D008": "all qualities are 2",
        "DSQC-D014": "100.0 %",
        "DSQC-D027": "0.0 %",
    }
    assert {item.severity for item in result.findings} == {"warning"}
    assert result.exit_code == 0


def test_good_reads_have_no_warning(tmp_path):
    assert codes(dsqc.qc(write(tmp_path / "a.fastq", made(200)))) == {}
