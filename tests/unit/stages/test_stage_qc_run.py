"""dsqc.stages.qc.qc_run(): one run of a submission, its files found by role and state."""

import gzip
import json
import unicodedata
from importlib.resources import files

import jsonschema_rs
import pytest

from dsqc import artefact
from dsqc.errors import SystemFault, UsageError
from dsqc.model import Cell, Heading, Row, Sheet, Submission
from dsqc.stages.qc import PARTS, qc_run
from dsqc.stages.qc_parts import measure_run_part
from helpers.batches import clean_reads
from helpers.fastq_files import fastq, write_gzip


def sheet(name, rows):
    attributes = list(dict.fromkeys(attribute for row in rows for attribute in row))
    headings = tuple(Heading(attribute, attribute, "A") for attribute in attributes)
    cells = [
        Row(name, number, {key: Cell(value, value, number, "A") for key, value in row.items()})
        for number, row in enumerate(rows, start=2)
    ]
    return Sheet(name, f"{name}.tsv", headings, tuple(cells))


@pytest.fixture
def place(tmp_path):
    (tmp_path / "inbox").mkdir()
    return tmp_path


def measure(place, data_files, *, run=None, key="RUN_1", threads=2):
    """``data_files``: name -> (role, reads or None for a missing file, name pattern of the reads)."""
    rows = []
    for name, (role, reads, pattern) in data_files.items():
        rows.append({"file_name": name, "run_alias": "RUN_1", "read_role": role})
        if reads is not None:
            write_gzip(place / "inbox" / unicodedata.normalize("NFC", name), fastq(reads, pattern))
    run_row = {"run_alias": "RUN_1", "library_id": "LIB_1"} | (run or {})
    submission = Submission({"run": sheet("run", [run_row]), "file": sheet("file", rows)})
    artefact.write_json(place / "submission.json", submission.to_dict())
    result = qc_run(place / "submission.json", key, place / "inbox", place / "out", threads=threads)
    written = artefact.read_json(place / "out/qc.json")
    schema = json.loads(files("dsqc.schemas").joinpath("reports/qc.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(schema).validate(written)
    assert written == result.data
    return result


def test_a_pair(place):
    one, two = clean_reads(50, 80, seed=1), clean_reads(50, 80, seed=2)
    result = measure(place, {"s_R1.fastq.gz": ("R1", one, "p{}/1"), "s_R2.fastq.gz": ("R2", two, "p{}/2")})
    data = result.data
    assert (data["state"], data["run_key"], data["run_alias"], data["library_id"]) == (
        "measured",
        "RUN_1",
        "RUN_1",
        "LIB_1",
    )
    assert data["pair"] == {"mates": ["s_R1.fastq.gz", "s_R2.fastq.gz"], "pairs": 50}
    assert data["metrics"]["read_count"] == 100
    assert data["metrics"]["base_count"] == sum(len(sequence) for sequence, _ in one + two)
    assert data["metrics"]["pair_count"] == 50
    assert data["files"][1]["metrics_file"] == "s_R2.dsqc.json"
    assert (place / "out/s_R2.html").exists()
    assert artefact.read_json_lines(place / "out/findings.jsonl") == result.findings.to_list()


def test_lanes_and_an_index_read(place):
    names = {
        "s_L001_R1.fastq.gz": ("R1", clean_reads(5, 50, seed=1), "a{}"),
        "s_L002_R1.fastq.gz": ("R1", clean_reads(7, 50, seed=2), "b{}"),
        "s_L002_R2.fastq.gz": ("R2", clean_reads(7, 50, seed=3), "b{}"),
        "s_L001_R2.fastq.gz": ("R2", clean_reads(5, 50, seed=4), "a{}"),
        "s_L001_I1.fastq.gz": ("I1", [(b"ACGTACGT", b"IIIIIIII")] * 5, "a{}"),
    }
    result = measure(place, names)
    assert [item.code for item in result.findings] == []
    assert result.data["pair"] == {
        "mates": ["s_L001_R1.fastq.gz", "s_L001_R2.fastq.gz", "s_L002_R1.fastq.gz", "s_L002_R2.fastq.gz"],
        "pairs": 12,
    }
    assert result.data["metrics"]["read_count"] == 24
    assert [item["name"] for item in result.data["files"]] == list(names)


def test_names_that_do_not_tell_pair_in_their_order(place):
    names = {
        "left.fastq.gz": ("R1", clean_reads(4, 50, seed=1), "a{}"),
        "right.fastq.gz": ("R2", clean_reads(4, 50, seed=2), "a{}"),
    }
    assert measure(place, names).data["pair"] == {"mates": ["left.fastq.gz", "right.fastq.gz"], "pairs": 4}


def test_a_missing_file_is_a_state_and_no_exception(place):
    reads = clean_reads(5, 50, seed=1)
    result = measure(place, {"s_R1.fastq.gz": ("R1", reads, "a{}"), "s_R2.fastq.gz": ("R2", None, "")})
    assert result.data["state"] == "partial"
    assert [item["state"] for item in result.data["files"]] == ["measured", "missing"]
    assert result.data["pair"] is None
    assert result.data["files"][1]["sha256"] is None


@pytest.mark.parametrize("name", ["../secret.fastq.gz", "sub/reads.fastq.gz", "..", "reads.fastq.gz"])
def test_names_outside_the_inbox_and_links_are_not_followed(place, name):
    write_gzip(place / "secret.fastq.gz", fastq([(b"ACGT", b"IIII")]))
    (place / "inbox/reads.fastq.gz").symlink_to(place / "secret.fastq.gz")
    result = measure(place, {name: ("", None, "")})
    assert result.data["state"] == "skipped"
    assert result.data["metrics"] == {}


def test_korean_names_in_either_normal_form(place):
    name = unicodedata.normalize("NFD", "시료_R1.fastq.gz")
    result = measure(place, {name: ("single", clean_reads(3, 20, seed=1), "r{}")})
    assert result.data["state"] == "measured"
    assert result.data["metrics"]["read_count"] == 3


def test_a_run_that_the_submission_does_not_hold(place):
    with pytest.raises(UsageError, match="no run OTHER"):
        measure(place, {"a.fastq.gz": ("single", clean_reads(3, 20, seed=1), "r{}")}, key="OTHER")


@pytest.mark.parametrize(
    ("declared", "qualities", "found"),
    [
        ("", b"BCh", ["DSQC-D007"]),
        ("33", b"BCh", ["DSQC-D007"]),
        ("64", b"BCh", []),
        ("64", b"BCI", []),
        ("", b"BCI", []),
        ("64", b"#CI", ["DSQC-D007"]),
        ("", b"#CI", []),
    ],
)
def test_the_declared_quality_offset(place, declared, qualities, found):
    reads = [(b"ACG", qualities)]
    result = measure(place, {"a.fastq.gz": ("single", reads, "r{}")}, run={"phred_offset": declared})
    assert [item.code for item in result.findings] == found


def test_files_of_different_offsets_have_no_common_quality(place):
    names = {
        "a.fastq.gz": ("single", [(b"ACG", b"#CI")], "a{}"),
        "b.fastq.gz": ("single", [(b"ACG", b"BCh")], "b{}"),
    }
    metrics = measure(place, names).data["metrics"]
    assert metrics["read_count"] == 2
    assert metrics["mean_phred"] is None
    assert metrics["gc_fraction"] == 2 / 3


def test_the_same_bytes_again_and_nothing_stale(place):
    reads = clean_reads(40, 90, seed=1)
    measure(place, {"a.fastq.gz": ("single", reads, "r{}"), "b.fastq.gz": ("single", reads, "q{}")})
    (place / "out/notes.txt").write_text("the curator's")
    measure(place, {"a.fastq.gz": ("single", reads, "r{}")}, threads=1)
    first = {path.name: path.read_bytes() for path in (place / "out").rglob("*") if path.is_file()}
    measure(place, {"a.fastq.gz": ("single", reads, "r{}")}, threads=2)
    assert {path.name: path.read_bytes() for path in (place / "out").rglob("*") if path.is_file()} == first
    assert "notes.txt" in first
    assert not any(name.startswith("b.") for name in first)


def test_without_the_earlier_stage_it_is_our_fault(place):
    with pytest.raises(SystemFault, match="does not exist"):
        qc_run(place / "submission.json", "RUN_1", place / "inbox", place / "out")


def test_parts_that_stand_beside_the_results_are_put_together_and_removed(place):
    files = {"s_R1.fastq.gz": ("R1", clean_reads(60, 80, seed=1), "p{}/1")}
    measure(place, files)
    whole = {path.name: path.read_bytes() for path in (place / "out").rglob("*") if path.is_file()}
    path = place / "inbox" / "s_R1.fastq.gz"
    path.write_bytes(gzip.decompress(path.read_bytes()))  # plain text can be cut, whatever its name
    submission, inbox = place / "submission.json", place / "inbox"
    qc_run(submission, "RUN_1", inbox, place / "plain")
    for number in (1, 2):
        assert measure_run_part(inbox, place / "out", path.name, number, 2).parent == place / "out" / PARTS
    assert measure_run_part(inbox, place / "out", "not_there.fastq", 1, 2) is None
    qc_run(submission, "RUN_1", inbox, place / "out")
    joined = {path.name: path.read_bytes() for path in (place / "out").rglob("*") if path.is_file()}
    assert joined.keys() == whole.keys()
    assert joined == {path.name: path.read_bytes() for path in (place / "plain").rglob("*") if path.is_file()}
