"""People in headers and name lines: found wherever they stand, shown masked, the same whatever the batches."""

import re
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import dsqc
from dsqc.forms import pattern
from dsqc.forms.vocabulary import read_table
from dsqc.personal import names
from dsqc.stages._qc_personal import may_point_at_people
from helpers.fastq_files import fastq

READS = [(b"ACGT" * 10, b"I5#F" * 10)] * 30


def personal(path: Path, **options: int) -> list[tuple[int | None, str]]:
    result = dsqc.qc(path, **options)
    return [(item.location.record, item.value) for item in result.findings if item.code == "DSQC-H008"]


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("r{} sample=900101-1234567", "900101-1******"),
        ("r{} owner:a.b@kribb.re.kr", "a***@kribb.re.kr"),
        ("r{} Hong Gildong", "Hong *******"),
        ("r{} call 010-1234-5678", "010-****-5678"),
        ("A01234:55:HGXXXDSX5:1:1101:{}:1000 1:N:0:ACGT", None),
        ("m84011_220902_175841_s1/{}/ccs", None),
    ],
)
def test_name_lines_of_fastq(tmp_path: Path, name: str, seen: str | None) -> None:
    path = tmp_path / "r.fastq"
    path.write_bytes(fastq(READS, name))
    expected = [(1, seen)] if seen else []
    assert personal(path) == expected
    assert personal(path, threads=1) == expected


def spellings(table: str) -> list[str]:
    return sorted({part.strip() for row in read_table(table) for part in row["romanised"].split(";") if part.strip()})


@given(
    st.sampled_from(spellings("family_names")),
    st.sampled_from(spellings("given_name_syllables")),
    st.sampled_from(spellings("given_name_syllables")),
    st.sampled_from(["{0} {1}{2}", "{1}-{2} {0}", "{0}{1}{2}", "{0}, {1} {2}", "run_{0}_{1}{2}"]),
    st.sampled_from([str.lower, str.title, str.upper]),
)
@example("Koo", "Na", "Su", "{1}-{2} {0}", str.upper)
def test_the_glance_dismisses_no_name(family: str, one: str, two: str, form: str, case: Callable[[str], str]) -> None:
    text = case(form.format(family, one, two))
    assume(set(text) - set("ACGTN"))  # What is written like an index sequence is taken for one.
    assert may_point_at_people("", text) or not names(text)


@pytest.mark.parametrize("name", ["phi_rrn", "phi_phone", "phi_email"])
@given(st.data())
def test_the_glance_dismisses_no_number(name: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(re.compile(pattern(name).regex, re.ASCII)))
    assert may_point_at_people(text, "")


def test_the_glance_dismisses_what_instruments_write() -> None:
    names_of_reads = "A01234:55:HGXXXDSX5:1:1101:12345:31000", "m84011_220902_175841_s1/12345/ccs"
    assert not may_point_at_people("\n".join(names_of_reads), "1:N:0:ATCACG+TTAGGC\n2:Y:18:ATTACTCG-AGGCTATA")


def test_header_lines_of_bam(tmp_path: Path) -> None:
    path = tmp_path / "r.bam"
    header = {
        "HD": {"VN": "1.6"},
        "RG": [{"ID": "1", "SM": "홍길동", "DS": "born 900101-1234567", "PU": "HGXXXDSX5.1"}],
        "PG": [{"ID": "bwa", "CL": "bwa mem /home/kimminsu/ref.fa"}],
        "CO": ["ask a.b@c.kr", "made in 2021-05-03"],
    }
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        record = pysam.AlignedSegment(file.header)
        record.query_name, record.query_sequence, record.flag = "r1", "ACGT", 4
        record.query_qualities = pysam.qualitystring_to_array("I5#F")
        record.set_tag("RG", "1")
        file.write(record)
    found = [value for _record, value in personal(path)]
    assert found == ["@CO a***@c.kr", "@PG CL:kim*****", "@RG DS:900101-1******", "@RG SM:홍**"]


def test_few_long_records_without_qualities_are_assembled(tmp_path: Path) -> None:
    path = tmp_path / "r.fastq"
    path.write_bytes(fastq([(b"ACGT" * 2500, b"I" * 10_000)] * 3, "contig_{}"))
    assert [item.code for item in dsqc.qc(path).findings if item.code == "DSQC-R011"] == ["DSQC-R011"]
    path.write_bytes(fastq([(b"ACGT" * 2500, b"I5#F" * 2500)] * 3, "read_{}"))
    assert [item.code for item in dsqc.qc(path).findings if item.code == "DSQC-R011"] == []
    path.write_bytes(fastq([(b"ACGT" * 2500, b"!" * 10_000)] * 3, "m54119_180101_010101/{}/0_10000"))
    assert [item.code for item in dsqc.qc(path).findings if item.code == "DSQC-R011"] == []
