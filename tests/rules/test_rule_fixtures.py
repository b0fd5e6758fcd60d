"""Every active metadata rule has a submission that passes and one that fails with exactly its code."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from dsqc.registry import RuleState, rules
from dsqc.rules import RULES
from dsqc.rules.normalise import STEPS
from dsqc.stages.validate import validate
from helpers.submissions import TODAY, Tables, add, column, drop, good_tables, put, write_tsv

Edit = Callable[[Tables], None]
READER_CODES = {"DSQC-T001", "DSQC-T002", "DSQC-T005", "DSQC-T007"}
FORM_CODES = {"DSQC-T024", "DSQC-T027"}
METADATA_CODES = {*RULES, *STEPS, *READER_CODES, *FORM_CODES}
"""Codes of the forms. Those of the files are tested with the stage, those of the reads with their readers."""


def cell(sheet: str, **values: str) -> Edit:
    """Set cells of the first row of ``sheet``."""
    return lambda tables: put(tables, sheet, **values)


def second(sheet: str, **values: str) -> Edit:
    """Set cells of the second row of ``sheet``."""
    return lambda tables: put(tables, sheet, 2, **values)


def no_second(*sheets: str) -> Edit:
    """Take the second row out of ``sheets``."""

    def edit(tables: Tables) -> None:
        for sheet in sheets:
            del tables[sheet][2]

    return edit


def row(sheet: str, **values: str) -> Edit:
    """Add a row to ``sheet`` that is like the first apart from ``values``."""
    return lambda tables: add(tables, sheet, **values)


def without(sheet: str, attribute: str) -> Edit:
    """Take a column out."""
    return lambda tables: drop(tables, sheet, attribute)


def heading(sheet: str, attribute: str) -> Edit:
    """Add an empty column."""
    return lambda tables: (column(tables, sheet, attribute), None)[1]


def both(*edits: Edit) -> Edit:
    """One edit after the other."""

    def edit(tables: Tables) -> None:
        for each in edits:
            each(tables)

    return edit


def nothing(_tables: Tables) -> None:
    """Leave the good submission as it is."""


def no_sheet(name: str) -> Edit:
    """Take a sheet out."""
    return lambda tables: (tables.pop(name), None)[1]


def no_rows(*names: str) -> Edit:
    """Take all rows of sheets out, not their headings."""

    def edit(tables: Tables) -> None:
        for name in names:
            del tables[name][1:]

    return edit


def empty_row_above_last(tables: Tables) -> None:
    """A second sample below an empty row, with the library that belongs to it."""
    chain(tables)
    tables["sample"].insert(2, [""])


def chain(tables: Tables) -> None:
    """A second sample with everything that belongs to it, other in every name."""
    add(tables, "sample", sample_name="S2", sample_title="Second sample", tissue="root")
    add(tables, "experiment", library_id="lib-2", sample_name="S2")
    add(tables, "run", run_alias="run-2", library_id="lib-2")
    add(tables, "file", file_name="S2.fastq.gz", run_alias="run-2", md5="1" * 32)


def second_library(sample: str) -> Edit:
    """A second library, with its run and file, of the sample that is named."""
    return both(
        row("experiment", library_id="lib-2", sample_name=sample),
        row("run", run_alias="run-2", library_id="lib-2"),
        row("file", file_name="S2.fastq.gz", run_alias="run-2", md5="1" * 32),
    )


def many_samples(tables: Tables) -> None:
    """2,001 samples, each of its own, with a library, a run and a file."""
    for number in range(2000):
        name = f"N{number:04d}"
        add(tables, "sample", sample_name=name, sample_title=f"Plant {number}", cultivar=f"Line {number}")
        add(tables, "experiment", library_id=f"lib-{name}", sample_name=name)
        add(tables, "run", run_alias=f"run-{name}", library_id=f"lib-{name}")
        add(tables, "file", file_name=f"{name}.fastq.gz", run_alias=f"run-{name}", md5=f"{number:032d}")


def fastq_files(count: int) -> Edit:
    """So many FASTQ files in the one run."""

    def edit(tables: Tables) -> None:
        for number in range(1, count):
            add(tables, "file", file_name=f"S1_{number}.fastq.gz", md5=f"{number:032d}")

    return edit


def paired(*roles: str) -> Edit:
    """A paired library with a file a role."""

    def edit(tables: Tables) -> None:
        put(tables, "experiment", library_layout="PAIRED", insert_size="350")
        for number, role in enumerate(roles):
            if number:
                add(tables, "file", file_name=f"S1_{number}.fastq.gz", md5=f"{number:032d}")
            put(tables, "file", number + 1, read_role=role)

    return edit


CLOSED = both(
    cell("submission", access_level="closed"),
    cell("project", withholding_reason="pre_publication", withholding_review_date="2027-03-01"),
)
SECURE = cell("project", security_class="보안과제 (security)", security_reason="국가안보")
AMPLICON = cell("experiment", library_strategy="AMPLICON", library_selection="PCR")

CASES: dict[str, tuple[Edit, Edit]] = {
    "T002": (nothing, no_sheet("run")),
    "T003": (nothing, without("sample", "tissue")),
    "T004": (cell("sample", treatment="drought"), cell("sample", treatmnt="drought")),
    "T005": (heading("sample", "sex"), both(heading("sample", "sex"), heading("sample", "Sex"))),
    "T006": (cell("sample", 성별="male"), cell("sample", **{"temperature(°C)": "20"})),
    "T007": (chain, empty_row_above_last),
    "T008": (cell("sample", treatment="no water"), cell("sample", treatment=" no  water")),
    "T009": (cell("sample", treatment="37 degree Celsius"), cell("sample", treatment="37 ℃")),
    "T010": (cell("sample", genotype="SEPTIN1"), cell("sample", genotype="1-Sep")),
    "T011": (cell("sample", tissue="missing"), cell("sample", tissue="N/A")),
    "T012": (cell("sample", tissue="not applicable"), cell("sample", tissue="Not Applicable")),
    "T013": (
        cell("sample", collection_date="missing: lab stock"),
        cell("sample", collection_date="not collected"),
    ),
    "T014": (cell("sample", treatment=""), cell("sample", treatment="not applicable")),
    "T015": (nothing, cell("sample", tissue="")),
    "T016": (nothing, cell("sample", age="", dev_stage="")),
    "T017": (cell("sample", sex="female"), cell("sample", sex="F")),
    "T018": (cell("sample", sex="female"), cell("sample", sex="Female")),
    "T019": (cell("run", run_date="2026-01-31"), cell("run", run_date="31/01/2026")),
    "T020": (cell("sample", taxonomy_id="4530"), cell("sample", taxonomy_id="4530.0")),
    "T021": (cell("sample", height_or_length="10 cm"), cell("sample", height_or_length="10 미터")),
    "T022": (
        cell("experiment", insert_size_sd="20"),
        cell("experiment", insert_size_sd="-3"),
    ),
    "T023": (nothing, cell("sample", tissue="blood; urine")),
    "T024": (nothing, cell("submission", package="Human")),
    "T025": (nothing, row("submission", package="Human")),
    "T026": (nothing, many_samples),
    "T027": (nothing, cell("submission", form_version="0.0.1")),
    "T028": (nothing, no_rows("experiment", "run", "file")),
    "T029": (nothing, row("file", file_name="S9.fastq.gz", run_alias="run-9", md5="9" * 32)),
    "P001": (cell("submission", bioproject="KAP241783"), cell("submission", bioproject="PRJDB0000")),
    "P003": (nothing, row("project", project_alias="project-2")),
    "P005": (cell("submission", release_date="2027-09-01"), cell("submission", release_date="2030-09-02")),
    "P010": (both(CLOSED, SECURE), SECURE),
    "P011": (CLOSED, both(CLOSED, cell("project", withholding_reason=""))),
    "P013": (CLOSED, both(CLOSED, cell("project", withholding_review_date="2019-01-01"))),
    "S001": (nothing, both(row("sample", sample_name="", sample_title="No name", tissue="root"))),
    "S002": (
        both(cell("sample", sample_name="KR-001_A"), cell("experiment", sample_name="KR-001_A")),
        both(cell("sample", sample_name="S/1"), cell("experiment", sample_name="S/1")),
    ),
    "S003": (
        chain,
        both(
            chain,
            second("sample", sample_name="s1"),
            cell("experiment", sample_name="S1"),
            second("experiment", sample_name="s1"),
        ),
    ),
    "S004": (chain, both(chain, cell("sample", sample_title="Second sample"))),
    "S005": (chain, both(chain, cell("sample", tissue="root"))),
    "S011": (cell("sample", collection_date="2016-07-10/2016-08"), cell("sample", collection_date="2016-02-30")),
    "S012": (cell("sample", collection_date="2026"), cell("sample", collection_date="2099")),
    "S013": (cell("sample", collection_date="2007-10/2008-02"), cell("sample", collection_date="2008-02/2007-10")),
    "S014": (
        cell("sample", collection_date="2016-07-10T02:43Z"),
        cell("sample", collection_date="2016-07-10T11:43+09:00"),
    ),
    "S015": (
        cell("sample", geo_loc_name="South Korea:Seoul"),
        cell("sample", geo_loc_name="Korea, Republic of", abs_reference="ABSCH-1"),
    ),
    "S016": (cell("sample", geo_loc_name="South Korea"), cell("sample", geo_loc_name="대한민국:Jeju")),
    "S017": (
        cell("sample", geo_loc_name="South Korea:Jeju-do, Seogwipo"),
        cell("sample", geo_loc_name="south korea : Jeju-do,Seogwipo"),
    ),
    "S018": (cell("sample", lat_lon="37.5665 N 126.9780 E"), cell("sample", lat_lon="91 N 126.9780 E")),
    "S032": (cell("sample", derived_from="KAS00000001"), cell("sample", derived_from="S999")),
    "X001": (second_library("KAS00000001"), second_library("S9")),
    "X002": (
        chain,
        both(
            chain,
            second("experiment", library_id="LIB-1"),
            second("run", library_id="lib-1"),
        ),
    ),
    "X003": (
        cell("experiment", platform="ILLUMINA", instrument_model="Illumina NovaSeq 6000"),
        cell("experiment", platform="PACBIO_SMRT", instrument_model="Illumina NovaSeq 6000"),
    ),
    "X005": (paired("R1", "R2"), both(paired("R1", "R2"), cell("experiment", insert_size=""))),
    "X006": (cell("experiment", insert_size="9999999"), cell("experiment", insert_size="10000000")),
    "X007": (
        cell("experiment", platform="OXFORD_NANOPORE", instrument_model="PromethION"),
        both(paired("R1", "R2"), cell("experiment", platform="OXFORD_NANOPORE", instrument_model="PromethION")),
    ),
    "X008": (
        both(AMPLICON, cell("experiment", target_gene="ITS", target_subfragment="ITS1", pcr_primers="missing")),
        both(AMPLICON, cell("experiment", target_subfragment="ITS1", pcr_primers="missing")),
    ),
    "X012": (chain, row("experiment", library_id="lib-2")),
    "X013": (chain, row("sample", sample_name="S2", tissue="root")),
    "R001": (chain, both(chain, second("run", library_id="lib-9"), no_second("experiment", "sample"))),
    "R002": (chain, row("run", run_alias="run-2")),
    "R003": (cell("file", file_name="S1.fq.gz"), cell("file", file_name="S1.bam")),
    "R004": (paired("R1", "R2"), paired("R1")),
    "R005": (
        both(cell("run", file_type="bam"), cell("file", file_name="S1.bam")),
        both(
            cell("run", file_type="bam"),
            cell("file", file_name="S1.bam"),
            row("file", file_name="S2.bam", md5="2" * 32),
        ),
    ),
    "R006": (fastq_files(10), fastq_files(11)),
    "R007": (paired("R1", "R2"), paired("R1", "R1")),
    "R008": (
        both(
            cell("run", file_type="fast5"),
            cell("file", file_name="S1.fast5"),
            cell("experiment", platform="OXFORD_NANOPORE", instrument_model="PromethION"),
        ),
        both(cell("run", file_type="fast5"), cell("file", file_name="S1.fast5")),
    ),
    "R010": (nothing, cell("file", file_name="S1.fasta.gz")),
    "R012": (chain, row("run")),
    "F001": (cell("file", file_name="S1_R1.fastq.gz"), cell("file", file_name="시료 1.fastq.gz")),
    "F002": (fastq_files(2), row("file", file_name="s1.FASTQ.gz", md5="2" * 32)),
    "F005": (nothing, cell("file", md5="d41d8")),
    "F012": (fastq_files(2), row("file", file_name="S1_2.fastq.gz")),
    "F014": (nothing, cell("file", file_name="../S1.fastq.gz")),
}


def test_a_second_row_in_the_submission_sheet_is_outside_the_table(tmp_path: Path) -> None:
    assert codes_of(tmp_path, row("submission")) == {"T007"}


def codes_of(folder: Path, edit: Edit) -> set[str]:
    """Codes that a submission with one edit gives."""
    tables = good_tables()
    edit(tables)
    result = validate(write_tsv(folder, tables), None, today=date.fromisoformat(TODAY), with_files=False)
    return {item.code.removeprefix("DSQC-") for item in result.findings}


@pytest.mark.parametrize("code", CASES)
def test_pass(code: str, tmp_path: Path) -> None:
    assert codes_of(tmp_path, CASES[code][0]) == set()


@pytest.mark.parametrize("code", CASES)
def test_fail_yields_exactly_its_code(code: str, tmp_path: Path) -> None:
    assert codes_of(tmp_path, CASES[code][1]) == {code}


def test_unreadable_sheet_is_t001_alone(tmp_path: Path) -> None:
    write_tsv(tmp_path, good_tables(), encoding="cp949")
    result = validate(tmp_path, None, today=date.fromisoformat(TODAY), with_files=False)
    assert {item.code for item in result.findings} == {"DSQC-T001"}


def test_every_metadata_rule_has_both_fixtures() -> None:
    active = {code for code, rule in rules().items() if rule.state is RuleState.ACTIVE}
    assert active >= METADATA_CODES
    assert {f"DSQC-{code}" for code in CASES} == METADATA_CODES - {"DSQC-T001"}
