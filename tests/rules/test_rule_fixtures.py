"""Every active metadata rule has a submission that passes and one that fails with exactly its code."""

from datetime import date
from pathlib import Path

import pytest

from dsqc.registry import RuleState, rules
from dsqc.rules import RULES
from dsqc.rules.normalise import STEPS
from dsqc.stages.validate import validate
from helpers.submissions import TODAY, good_tables, write_tsv
from rules import (
    cases_experiment,
    cases_file,
    cases_privacy,
    cases_project,
    cases_run,
    cases_sample,
    cases_table,
)
from rules.edits import Cases, Edit, row

READER_CODES = {"DSQC-T001", "DSQC-T002", "DSQC-T005", "DSQC-T007"}
FORM_CODES = {"DSQC-T024", "DSQC-T027"}
METADATA_CODES = {*RULES, *STEPS, *READER_CODES, *FORM_CODES}
"""Codes of the forms. Those of the files are tested with the stage, those of the reads with their readers."""
MODULES = (cases_table, cases_project, cases_sample, cases_experiment, cases_run, cases_file, cases_privacy)
CASES: Cases = {code: case for module in MODULES for code, case in module.CASES.items()}


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
