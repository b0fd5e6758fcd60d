"""The registry says which rules give suggestions: what people read about a rule is what it does."""

import importlib
from datetime import date
from pathlib import Path

import pytest

from dsqc.registry import rules
from dsqc.stages.validate import validate
from helpers.submissions import TODAY, good_tables, write_tsv
from rules.edits import Cases

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("cases_*.py"))
CASES: Cases = {code: case for name in NAMES for code, case in importlib.import_module(f"rules.{name}").CASES.items()}


@pytest.mark.parametrize("code", CASES)
def test_a_rule_that_suggests_says_so(code: str, tmp_path: Path) -> None:
    tables = good_tables()
    CASES[code][1](tables)
    result = validate(write_tsv(tmp_path, tables), None, today=date.fromisoformat(TODAY), with_files=False)
    for found in result.findings:
        assert found.suggestion is None or rules()[found.code].suggests, f"set suggests = true for {found.code}"
