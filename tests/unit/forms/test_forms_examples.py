"""Filled examples."""

import gzip
import hashlib

import pytest

from dsqc.errors import UsageError
from dsqc.forms import compose, load_fields
from dsqc.forms.example_reads import example_reads
from dsqc.forms.examples import example_files, example_record

FIELD, PACKAGE = "seed_crop", "Plant_fungi"


def test_rows_are_tied_together() -> None:
    record = example_record(compose(FIELD, PACKAGE))

    assert record["submission"][0]["bioproject"] == record["project"][0]["project_alias"]
    assert record["experiment"][0]["sample_name"] == record["sample"][0]["sample_name"]
    assert record["run"][0]["library_id"] == record["experiment"][0]["library_id"]
    assert {row["run_alias"] for row in record["file"]} == {record["run"][0]["run_alias"]}
    assert [row["read_role"] for row in record["file"]] == ["R1", "R2"]


def test_a_minimal_example_is_part_of_the_whole_one() -> None:
    form = compose(FIELD, PACKAGE)
    minimal, whole = example_record(form, minimal=True), example_record(form)

    for sheet, rows in minimal.items():
        for small, large in zip(rows, whole[sheet], strict=True):
            assert small.items() <= large.items()
    assert "sample_title" in whole["sample"][0]
    assert "sample_title" not in minimal["sample"][0]


def test_it_names_the_form_it_fills() -> None:
    for field in load_fields().values():
        for package in field.packages:
            row = example_record(compose(field.id, package), minimal=True)["submission"][0]
            assert (row["form_id"], row["form_version"], row["package"]) == (field.id, field.version, package)


def test_a_control_library_comes_with_the_library_that_refers_to_it() -> None:
    record = example_record(compose(FIELD, PACKAGE), modules=["chip"])
    library, control = record["experiment"]

    assert library["control_library_id"] == control["library_id"]
    assert control["chip_target"] == "Input"
    assert "chip_antibody" not in control
    assert len(record["run"]) == 2
    assert len(record["file"]) == 4


def test_a_long_read_library_has_one_file() -> None:
    record = example_record(compose(FIELD, PACKAGE), modules=["nanopore"])

    assert record["experiment"][0]["library_layout"] == "SINGLE"
    assert [row["file_name"] for row in record["file"]] == ["KR-001_ONT_1.fastq.gz"]
    assert "insert_size" not in record["experiment"][0]


def test_data_files_are_what_the_file_sheet_says() -> None:
    record = example_record(compose(FIELD, PACKAGE))
    contents = example_files(record)

    for row in record["file"]:
        content = contents[row["file_name"]]
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == row["md5"]
        assert len(content) == int(row["size_bytes"])
    assert len({row["md5"] for row in record["file"]}) == 2


def test_reads_are_fastq_and_mates_have_the_same_names() -> None:
    first, second = (gzip.decompress(example_reads("lib", mate)).decode("ascii").splitlines() for mate in (1, 2))

    assert len(first) == len(second) == 200
    assert [line.split()[0] for line in first[::4]] == [line.split()[0] for line in second[::4]]
    assert all(len(bases) == len(qualities) for bases, qualities in zip(first[1::4], first[3::4], strict=True))
    assert first[1::4] != second[1::4]
    # Known bytes: another machine must write the same.
    assert hashlib.sha256(example_reads("lib", 1)).hexdigest()[:16] == "41e157517e73bcc1"


def test_an_unknown_module_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="Did you mean chip"):
        example_record(compose(FIELD, PACKAGE), modules=["chips"])
