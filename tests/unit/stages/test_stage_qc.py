"""dsqc.qc(): what it returns and what it writes, whatever the container, the threads and the names."""

import base64
import bz2
import json

import jsonschema_rs
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dsqc
from dsqc.artefact import read_json
from dsqc.errors import ExitCode, UsageError
from dsqc.metrics.catalogue import METRICS
from dsqc.stages._qc_write import stem_of, stems_of
from helpers.batches import clean_reads, random_reads
from helpers.fastq_files import fastq, write_gzip

READS = [(b"ACGTN" * 20, b"IIII#" * 20), (b"GGCC", b"!5?I"), (b"T" * 151, b"F" * 151)]


def schema(name):
    from importlib.resources import files

    return json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))


def folder(path):
    return {item.relative_to(path).as_posix(): item.read_bytes() for item in path.rglob("*") if item.is_file()}


def codes(result):
    return [item.code for item in result.findings]


@pytest.fixture
def reads_gz(tmp_path):
    return write_gzip(tmp_path / "reads.fastq.gz", fastq(READS))


def test_one_file(reads_gz):
    result = dsqc.qc(reads_gz)
    (item,) = result.files
    assert item.metrics["read_count"] == 3
    assert item.metrics["base_count"] == 255
    assert (item.data["file"]["format"], item.data["file"]["container"]) == ("fastq", "gzip")
    assert item.data["integrity"]["complete"] is True
    assert item.data["integrity"]["members"] == 1
    assert item.data["state"] == "measured"
    assert {name for name, entry in METRICS.items() if entry.applies_to == "reads"} <= set(item.metrics) <= set(METRICS)
    assert item.data["fingerprint"]["read_count"] == 3
    assert len(base64.b64decode(item.data["file"]["crc64nvme"])) == 8
    assert result.exit_code is ExitCode.DONE
    assert result.outdir is None
    assert list(reads_gz.parent.iterdir()) == [reads_gz]


def test_everything_that_stands_on_disk(reads_gz, tmp_path):
    out = tmp_path / "out"
    result = dsqc.qc(reads_gz, outdir=out)
    assert set(folder(out)) == {
        "reads.dsqc.json",
        "reads.metrics.parquet",
        "reads.html",
        "reads_fastqc/fastqc_data.txt",
        "reads_fastqc/summary.txt",
        "dsqc_mqc.json",
    }
    data = read_json(out / "reads.dsqc.json")
    assert data == result.files[0].data
    jsonschema_rs.validator_for(schema("qc_file")).validate(data)
    jsonschema_rs.validator_for(schema("qc_result")).validate(result.to_dict())
    assert "Total Sequences\t3\n" in (out / "reads_fastqc/fastqc_data.txt").read_text()
    assert str(tmp_path) not in (out / "reads.html").read_text()


def test_parquet_holds_every_position(reads_gz, tmp_path):
    out = tmp_path / "out"
    data = dsqc.qc(reads_gz, outdir=out).files[0].data
    table = pq.read_table(out / "reads.metrics.parquet")
    assert table.column_names == ["metric", "position_from", "position_to", "key", "value"]
    rows = table.to_pylist()
    values = {row["metric"]: row["value"] for row in rows if row["position_from"] is None and not row["key"]}
    assert values == {name: value for name, value in data["metrics"].items() if isinstance(value, int | float)}
    letters = {}
    for row in rows:
        if row["metric"] == "bases_by_letter":
            letters[row["key"]] = letters.get(row["key"], 0) + row["value"]
    assert letters == {"A": 20, "C": 22, "G": 22, "T": 171, "N": 20}
    first = {row["key"]: row["value"] for row in rows if row["metric"] == "bases_by_phred" and row["position_to"] == 1}
    assert first == {"0": 1, "37": 1, "40": 1}
    assert [row["position_from"] for row in rows if row["metric"] == "mean_phred_by_position"] == list(range(1, 152))


def test_one_and_two_threads_write_the_same_bytes(tmp_path):
    paths = [
        write_gzip(tmp_path / f"R{mate}.fastq.gz", fastq(random_reads(900, 400, seed=mate), "p{}"), members=3)
        for mate in (1, 2)
    ]
    for threads in (1, 2):
        dsqc.qc(*paths, paired=True, outdir=tmp_path / f"out{threads}", threads=threads)
    assert folder(tmp_path / "out1") == folder(tmp_path / "out2")


@given(members=st.integers(1, 9), level=st.integers(0, 9), seed=st.integers(0, 3))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_compression_does_not_change_what_is_measured(tmp_path, members, level, seed):
    text = fastq(random_reads(50, 200, seed=seed))
    plain = tmp_path / "reads.fastq"
    plain.write_bytes(text)
    packed = write_gzip(tmp_path / "reads.fastq.gz", text, members=members, level=level)
    (tmp_path / "reads.fastq.bz2").write_bytes(bz2.compress(text))
    results = [dsqc.qc(path).files[0].data for path in (plain, packed, tmp_path / "reads.fastq.bz2")]
    for data in results[1:]:
        assert data["metrics"] == results[0]["metrics"]
        assert data["tables"] == results[0]["tables"]


def test_mates_are_read_in_step(tmp_path):
    one = write_gzip(tmp_path / "R1.fastq.gz", fastq(clean_reads(400, 90, seed=1), "p{}/1"), members=4)
    two = write_gzip(tmp_path / "R2.fastq.gz", fastq(clean_reads(400, 300, seed=2), "p{}/2"))
    result = dsqc.qc(one, two, paired=True)
    assert [pair.to_dict() for pair in result.pairs] == [{"mates": ["R1.fastq.gz", "R2.fastq.gz"], "pairs": 400}]
    assert [item.data["mate"] for item in result.files] == ["R2.fastq.gz", "R1.fastq.gz"]
    assert [item.metrics["pair_count"] for item in result.files] == [400, 400]
    alone = [dsqc.qc(path).files[0].data["tables"] for path in (one, two)]
    for item, tables in zip(result.files, alone, strict=True):
        of_pairs = {name: item.data["tables"][name] for name in ("insert_overlap", "overlap_mismatches")}
        assert item.data["tables"] == tables | of_pairs


def test_mates_that_do_not_match(tmp_path):
    one = write_gzip(tmp_path / "R1.fastq.gz", fastq(READS, "p{}/1"))
    short = write_gzip(tmp_path / "R2.fastq.gz", fastq(READS[:2], "p{}/2"))
    other = write_gzip(tmp_path / "other.fastq.gz", fastq(READS, "q{}/2"))
    assert codes(dsqc.qc(one, short, paired=True)) == ["DSQC-D012"]
    strangers = dsqc.qc(one, other, paired=True)
    assert "DSQC-D013" in codes(strangers)
    assert strangers.exit_code is ExitCode.FINDINGS
    assert strangers.files[0].data["findings"]


def test_two_lanes(tmp_path):
    paths = [
        write_gzip(
            tmp_path / f"L{lane}_R{mate}.fastq.gz", fastq(clean_reads(lane, 90, seed=mate), f"l{lane}p{{}}/{mate}")
        )
        for lane in (1, 2)
        for mate in (1, 2)
    ]
    result = dsqc.qc(*paths, paired=True)
    assert [pair.pairs for pair in result.pairs] == [1, 2]
    assert [item.name for item in result.files] == [path.name for path in paths]
    assert codes(result) == []


def test_a_damaged_file_still_says_what_was_measured(tmp_path):
    whole = write_gzip(tmp_path / "whole.fastq.gz", fastq(clean_reads(3_000, 200, seed=4)))
    cut = tmp_path / "cut.fastq.gz"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    result = dsqc.qc(cut, outdir=tmp_path / "out")
    data = result.files[0].data
    assert result.exit_code is ExitCode.FINDINGS
    assert codes(result) == ["DSQC-F010"]
    assert data["state"] == "damaged"
    assert data["integrity"]["complete"] is False
    assert 0 < data["metrics"]["read_count"] < 3_000
    jsonschema_rs.validator_for(schema("qc_file")).validate(data)
    assert (tmp_path / "out/cut.html").exists()


@pytest.mark.parametrize(
    "content", [b"", b"\n", b">f\nACGT\n", b"@r\nACGT\n", b"\x00" * 100, b"PK\x03\x04" + b"x" * 99]
)
def test_whatever_the_bytes_there_are_findings_and_files(tmp_path, content):
    path = tmp_path / "odd.fastq"
    path.write_bytes(content)
    result = dsqc.qc(path, outdir=tmp_path / "out")
    assert result.exit_code is ExitCode.FINDINGS
    jsonschema_rs.validator_for(schema("qc_file")).validate(read_json(tmp_path / "out/odd.dsqc.json"))
    assert (tmp_path / "out/odd.html").exists()
    assert (tmp_path / "out/odd.metrics.parquet").exists()


def test_calls_that_cannot_work(tmp_path, reads_gz):
    with pytest.raises(UsageError, match="does not exist"):
        dsqc.qc(tmp_path / "nowhere.fastq")
    with pytest.raises(UsageError, match="is a directory"):
        dsqc.qc(tmp_path)
    with pytest.raises(UsageError, match="two by two"):
        dsqc.qc(reads_gz, paired=True)
    with pytest.raises(UsageError, match="once"):
        dsqc.qc("-", "-")
    with pytest.raises(UsageError, match="reference"):
        dsqc.qc(reads_gz, reference=tmp_path / "none.fa")
    with pytest.raises(UsageError, match="No data file"):
        dsqc.qc()


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.fastq.gz", "a"),
        ("a.b_R1.fq.bz2", "a.b_R1"),
        ("A.FASTQ.GZ", "A"),
        ("a.bam", "a"),
        ("a.v31.cram", "a.v31"),
        ("a.unaligned.bam", "a.unaligned"),
        ("a.gz", "a"),
        ("a", "a"),
        (".fastq.gz", ".fastq.gz"),
        ("시료1.fastq.gz", "시료1"),
    ],
)
def test_stem(name, stem):
    assert stem_of(name) == stem


@pytest.mark.parametrize(
    ("names", "stems"),
    [
        (["a.bam", "b.bam"], ["a", "b"]),
        (["a.bam", "a.fastq.gz"], ["a.bam", "a.fastq.gz"]),
        (["a.bam", "A.bam"], ["a.bam", "A.bam-2"]),
        (["a.bam", "a.bam", "a.bam"], ["a.bam", "a.bam-2", "a.bam-3"]),
        (["x.bam", "x", "x.bam-2"], ["x.bam", "x", "x.bam-2"]),
    ],
)
def test_stems_never_collide(names, stems):
    assert stems_of(names) == stems
    assert len({stem.casefold() for stem in stems}) == len(stems)


def test_same_stem_writes_two_results(tmp_path):
    (tmp_path / "other").mkdir()
    one = write_gzip(tmp_path / "reads.fastq.gz", fastq(READS[:1]))
    two = write_gzip(tmp_path / "other/reads.fastq.gz", fastq(READS))
    dsqc.qc(one, two, outdir=tmp_path / "out")
    counts = {path.name: read_json(path)["metrics"]["read_count"] for path in (tmp_path / "out").glob("*.dsqc.json")}
    assert counts == {"reads.fastq.gz.dsqc.json": 1, "reads.fastq.gz-2.dsqc.json": 3}


def test_alignments_are_no_mates(tmp_path):
    header = b"@HD\tVN:1.6\n"
    record = b"r1\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII\n"
    for name in ("one.sam", "one_R1.fastq", "one_R2.fastq"):
        (tmp_path / name).write_bytes(header + record)
    with pytest.raises(UsageError, match="no FASTQ"):
        dsqc.qc(tmp_path / "one.sam", tmp_path / "one.sam", paired=True)
    lying = dsqc.qc(tmp_path / "one_R1.fastq", tmp_path / "one_R2.fastq", paired=True)
    assert lying.pairs[0].pairs == 0
    assert [item.metrics["record_count"] for item in lying.files] == [1, 1]
    assert set(codes(lying)) == {"DSQC-F009"}


def test_progress_tells_how_far_reading_has_come(reads_gz):
    told = []
    dsqc.qc(reads_gz, progress=lambda name, records: told.append((name, records)))
    assert told == [("reads.fastq.gz", 3)]
