"""``--fix``: a corrected copy that validates, a list of what was changed, and an original that nobody touched."""

import csv
import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.artefact import read_json
from dsqc.errors import UsageError
from dsqc.findings import CERTAIN, Finding, Location, Suggestion, finding
from dsqc.forms import Form
from dsqc.model import Submission
from dsqc.rules import Check, Context
from dsqc.stages import _fix_patch
from dsqc.stages import fix as stage
from dsqc.stages.fix import FixResult, fix
from dsqc.stages.validate import validate
from helpers.submissions import TODAY, Tables, add, good_tables, put, write_tsv, write_xlsx
from rules.edits import chain
from rules.test_rule_fixtures import CASES

DAY = date.fromisoformat(TODAY)
FAULTS = {
    "collection_date": "2021.3.5",
    "sex": "Female",
    "height_or_length": "10cm",
    "tissue": "  young   leaf",
    "treatment": "N/A",
    "geo_loc_name": "korea : Seoul",
}
RIGHT = {
    "collection_date": "2021-03-05",
    "sex": "female",
    "height_or_length": "10 cm",
    "tissue": "young leaf",
    "treatment": "",
    "geo_loc_name": "South Korea:Seoul",
}


def faulty(**more: str) -> Tables:
    tables = good_tables()
    put(tables, "sample", **FAULTS, **more)
    return tables


def patch(result: FixResult) -> list[dict[str, str]]:
    with result.patch.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def codes(path: Path) -> list[str]:
    return [item.code for item in validate(path, None, today=DAY, with_files=False).findings]


def values(path: Path) -> dict[str, str]:
    row = validate(path, None, today=DAY, with_files=False).submission.rows("sample")[0]
    return {name: row.cells[name].raw if name in row.cells else "" for name in RIGHT}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(params=["workbook", "tsv"])
def submission(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "S1.fastq.gz").write_bytes(b"reads")
    if request.param == "tsv":
        return write_tsv(folder, faulty())
    write_xlsx(folder / "submission.xlsx", faulty())
    return folder


def test_the_copy_is_right_and_the_original_as_it_was(submission: Path, tmp_path: Path) -> None:
    before = contents(submission)
    result = fix(submission, tmp_path / "out", today=DAY)
    assert contents(submission) == before
    assert values(tmp_path / "out" / "corrected") == RIGHT
    assert codes(tmp_path / "out" / "corrected") == []
    assert result.after.counts() == {"error": 0, "warning": 0, "info": 0}
    assert result.before.counts() == {"error": 3, "warning": 4, "info": 0}
    forms = {name for name in before if name != "S1.fastq.gz"}
    assert {path.name for path in (tmp_path / "out" / "corrected").iterdir()} == forms


def test_a_second_time_changes_nothing(submission: Path, tmp_path: Path) -> None:
    first = fix(submission, tmp_path / "first", today=DAY)
    second = fix(tmp_path / "first" / "corrected", tmp_path / "second", today=DAY)
    assert first.document["cell_count"] == len(RIGHT)
    assert second.document["applied_count"] == 0
    assert contents(tmp_path / "second" / "corrected") == contents(tmp_path / "first" / "corrected")


def test_the_same_submission_gives_the_same_bytes(submission: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        fix(submission, tmp_path / name, today=DAY)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_the_patch_has_a_line_for_each_step(submission: Path, tmp_path: Path) -> None:
    lines = patch(fix(submission, tmp_path / "out", today=DAY))
    place = [line for line in lines if line["attribute"] == "geo_loc_name"]
    assert [(line["old"], line["new"], line["rule"]) for line in place] == [
        ("korea : Seoul", "South Korea: Seoul", "DSQC-S016"),
        ("South Korea: Seoul", "South Korea:Seoul", "DSQC-S017"),
    ]
    assert {line["state"] for line in lines} == {"applied"}
    assert {(line["sheet"], line["row"]) for line in lines} == {("sample", "2")}


def test_what_is_written_fits_its_schema(submission: Path, tmp_path: Path) -> None:
    fix(submission, tmp_path / "out", today=DAY)
    schema = json.loads(files("dsqc.schemas").joinpath("reports", "fix.schema.json").read_text(encoding="utf-8"))
    document = read_json(tmp_path / "out" / "fix.json")
    jsonschema_rs.validator_for(schema).validate(document)
    assert document["finding_counts"]["after"]["error"] == 0
    assert {item["attribute"]: item["cell_count"] for item in document["columns"]} == dict.fromkeys(RIGHT, 1)


def test_less_certain_suggestions_are_left_to_a_person(tmp_path: Path) -> None:
    tables = faulty()
    put(tables, "sample", sex="femal")
    source = write_tsv(tmp_path / "mine", tables)
    left = [line for line in patch(fix(source, tmp_path / "out", today=DAY)) if line["state"] == "left"]
    assert [(line["old"], line["new"], line["reason"]) for line in left] == [("femal", "female", "confidence")]
    assert values(tmp_path / "out" / "corrected")["sex"] == "femal"
    taken = fix(source, tmp_path / "bold", today=DAY, confidence=0.8)
    assert taken.document["left_count"] == 0
    assert values(tmp_path / "bold" / "corrected")["sex"] == "female"


def test_marks_and_comments_of_a_workbook(tmp_path: Path) -> None:
    source = write_xlsx(tmp_path / "my form.xlsx", faulty())
    result = fix(source, tmp_path / "out", today=DAY)
    assert result.paths == (tmp_path / "out" / "corrected" / "my form.xlsx",)
    sheet = openpyxl.load_workbook(result.paths[0])["sample"]
    cells = {cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert "was / 이전 값: 2021.3.5\nrule / 규칙: DSQC-S011" in cells
    assert "was / 이전 값: korea : Seoul\nrule / 규칙: DSQC-S016, DSQC-S017" in cells
    assert len(cells) == len(RIGHT)


def test_a_reference_follows_the_name_that_was_corrected(tmp_path: Path) -> None:
    tables = good_tables()
    chain(tables)
    put(tables, "sample", 2, sample_name="Ｓ2")
    put(tables, "experiment", 2, sample_name="Ｓ2")
    fix(write_tsv(tmp_path / "mine", tables), tmp_path / "out", today=DAY)
    assert codes(tmp_path / "out" / "corrected") == []


def test_formulas_are_left(tmp_path: Path) -> None:
    source = tmp_path / "mine.xlsx"
    with xlsxwriter.Workbook(source) as book:
        for name, rows in good_tables().items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for index, text in enumerate(row):
                    sheet.write_string(number, index, text)
            if name == "sample":
                at = len(rows[0])
                sheet.write_string(0, at, "treatment")
                sheet.write_formula(1, at, '="no" & "  water"', None, "no  water")
    result = fix(source, tmp_path / "out", today=DAY)
    assert [(line["state"], line["reason"], line["new"]) for line in patch(result)] == [("left", "formula", "no water")]
    assert result.paths[0].read_bytes() == source.read_bytes()


def test_a_cell_typed_as_a_date_becomes_text_where_a_rule_asks_for_another_value(tmp_path: Path) -> None:
    tables = good_tables()
    source = write_xlsx(tmp_path / "mine.xlsx", tables)
    book = openpyxl.load_workbook(source)
    index = tables["sample"][0].index("collection_date") + 1
    book["sample"].cell(2, index).value = 44260
    book.save(source)
    fix(source, tmp_path / "out", today=DAY)
    cell = openpyxl.load_workbook(tmp_path / "out" / "corrected" / "mine.xlsx")["sample"].cell(2, index)
    assert (cell.value, cell.data_type, cell.number_format) == ("2021-03-05", "s", "@")


def test_another_encoding_becomes_utf_8(tmp_path: Path) -> None:
    tables = good_tables()
    put(tables, "project", title_ko="벼 유전체")
    source = write_tsv(tmp_path / "mine", tables, encoding="cp949", newline="\r\n")
    result = fix(source, tmp_path / "out", today=DAY)
    assert {line["old"] for line in patch(result)} == {"CP949"}
    assert codes(tmp_path / "out" / "corrected") == []
    text = (tmp_path / "out" / "corrected" / "project.tsv").read_bytes().decode("utf-8")
    assert "벼 유전체" in text
    assert text.count("\r\n") == text.count("\n") == 2


@pytest.mark.parametrize(
    ("meant", "code", "holds", "left"),
    [
        (Suggestion("y***", 1.0), "DSQC-H001", "  young   leaf", 2),
        (None, "DSQC-H001", "  young   leaf", 1),
        (Suggestion("coarse", 1.0), "DSQC-H001", "coarse", 0),
        (Suggestion("y***", 1.0), "DSQC-T017", "young leaf", 1),
    ],
)
def test_personal_data_is_neither_masked_nor_repeated(
    *, meant: Suggestion | None, code: str, holds: str, left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Findings mask it; the copy never holds the mask, the list and the comments never what was masked."""
    examine = stage.examine

    def with_privacy(submission: Submission, form: Form, context: Context) -> tuple[Submission, list[Finding]]:
        copy, found = examine(submission, form, context)
        kept = list(found)
        cell = submission.rows("sample")[0].cells["tissue"]
        place = Location("sample.tsv", "sample", cell.row, cell.column, "tissue")
        if cell.value != "coarse":
            kept.append(finding(code, place, value="y***", suggestion=meant))
        return copy, kept

    kinds = {"DSQC-H001": "privacy"}
    monkeypatch.setattr(stage, "examine", with_privacy)
    monkeypatch.setattr(stage, "is_private", lambda code: kinds.get(code) == "privacy")
    monkeypatch.setattr(_fix_patch, "is_private", lambda code: kinds.get(code) == "privacy")
    result = fix(write_tsv(tmp_path / "mine", faulty()), tmp_path / "out", today=DAY)
    assert values(tmp_path / "out" / "corrected")["tissue"] == holds
    lines = [line for line in patch(result) if line["attribute"] == "tissue"]
    assert {(line["old"], line["new"], line["reason"]) for line in lines if line["state"] == "left"} <= {
        ("", "", "personal")
    }
    assert sum(line["state"] == "left" for line in lines) == left
    assert not [line for line in lines if line["rule"] == "DSQC-H001" and line["old"]]


def test_rules_that_want_different_things_leave_the_cell_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def quarrel(submission: Submission, form: Form, context: Context) -> tuple[Check, list[Finding]]:
        cell = submission.rows("sample")[0].cells["tissue"]
        other = {"leaf": "root", "root": "stem", "stem": "root"}[cell.value]
        place = Location("sample.tsv", "sample", cell.row, cell.column, "tissue")
        wanted = finding("DSQC-T017", place, value=cell.value, suggestion=Suggestion(other, 1.0))
        return Check(submission, form, context), [wanted]

    monkeypatch.setattr(stage, "examine", quarrel)
    tables = good_tables()
    put(tables, "sample", tissue="leaf")
    result = fix(write_tsv(tmp_path / "mine", tables), tmp_path / "out", today=DAY)
    assert [(line["old"], line["state"], line["reason"]) for line in patch(result)] == [("leaf", "left", "circular")]
    assert result.document["cell_count"] == 0


def test_a_copy_that_somebody_worked_on_is_not_written_over(tmp_path: Path) -> None:
    source = write_tsv(tmp_path / "mine", faulty())
    fix(source, tmp_path / "out", today=DAY)
    fix(source, tmp_path / "out", today=DAY)
    sheet = tmp_path / "out" / "corrected" / "sample.tsv"
    sheet.write_text(sheet.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="was changed after dsqc wrote it"):
        fix(source, tmp_path / "out", today=DAY)


def test_one_edited_file_keeps_the_whole_copy_as_it_is(tmp_path: Path) -> None:
    source = write_tsv(tmp_path / "mine", faulty())
    fix(source, tmp_path / "out", today=DAY)
    copy = tmp_path / "out" / "corrected"
    (copy / "run.tsv").write_text("mine\n", encoding="utf-8")
    before = contents(copy)
    tables = faulty()
    put(tables, "sample", sex="Male")
    with pytest.raises(UsageError, match="was changed after dsqc wrote it"):
        fix(write_tsv(source, tables), tmp_path / "out", today=DAY)
    assert contents(copy) == before


def test_what_a_run_left_that_died_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def died(*_: object) -> None:
        raise KeyboardInterrupt

    source = write_tsv(tmp_path / "mine", faulty())
    with monkeypatch.context() as patched:
        patched.setattr(stage.artefact, "write_json", died)
        with pytest.raises(KeyboardInterrupt):
            fix(source, tmp_path / "out", today=DAY)
    assert not (tmp_path / "out" / "fix.json").exists()
    assert (tmp_path / "out" / "corrected" / "sample.tsv").exists()
    result = fix(source, tmp_path / "out", today=DAY)
    assert result.document["cell_count"] > 0
    assert (tmp_path / "out" / "fix.json").exists()


def test_sheets_of_an_earlier_copy_do_not_stay(tmp_path: Path) -> None:
    source = write_tsv(tmp_path / "mine", faulty())
    fix(source, tmp_path / "out", today=DAY)
    (source / "run.tsv").unlink()
    fix(source, tmp_path / "out", today=DAY)
    assert not (tmp_path / "out" / "corrected" / "run.tsv").exists()


def test_the_copy_does_not_come_to_stand_among_the_submissions_files(tmp_path: Path) -> None:
    source = write_tsv(tmp_path / "mine", faulty())
    before = contents(source)
    with pytest.raises(UsageError, match="directory of its own"):
        fix(source, source, today=DAY)
    assert contents(source) == before


@pytest.mark.parametrize("name", ["empty", "broken"])
def test_what_cannot_be_read_is_copied_as_it_is(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    if name == "broken":
        (folder / "submission.xlsx").write_bytes(b"no workbook")
    result = fix(folder, tmp_path / "out", today=DAY)
    assert result.document["cell_count"] == 0
    assert [path.read_bytes() for path in result.paths] == ([b"no workbook"] if name == "broken" else [])


@pytest.mark.parametrize("code", CASES)
def test_every_fixture_of_a_rule_is_corrected_to_an_end(code: str, tmp_path: Path) -> None:
    """What is put in place does not come again, and what is left is not certain."""
    tables = good_tables()
    CASES[code][1](tables)
    result = fix(write_tsv(tmp_path / "mine", tables), tmp_path / "out", today=DAY)
    after = validate(tmp_path / "out" / "corrected", None, today=DAY, with_files=False).findings
    assert not [item for item in after if item.suggestion and item.suggestion.confidence >= CERTAIN]
    applied = {
        (line["sheet"], line["row"], line["attribute"], line["rule"])
        for line in patch(result)
        if line["row"] and line["state"] == "applied"
    }
    assert not applied & {
        (item.location.sheet, str(item.location.row), item.location.attribute, item.code) for item in after
    }


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
PIECES = st.sampled_from(
    [*FAULTS.values(), *RIGHT.values(), "1,200", "５~10 ㎝", "ON", "-", "2021-13-40", "37 ℃", "Ｓ1"]
)


@given(st.dictionaries(st.sampled_from([*RIGHT, "sample_name", "taxonomy_id", "age"]), PIECES | TEXTS, min_size=1))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_second_time_changes_nothing_whatever_the_cells_hold(
    tmp_path_factory: pytest.TempPathFactory, cells: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    tables = good_tables()
    chain(tables)
    add(tables, "sample", **{"sample_name": "S3", "sample_title": "Third", **cells})
    first = fix(write_tsv(folder / "mine", tables), folder / "first", today=DAY)
    second = fix(folder / "first" / "corrected", folder / "second", today=DAY)
    assert second.document["applied_count"] == 0
    assert contents(folder / "second" / "corrected") == contents(folder / "first" / "corrected")
    assert second.before.counts() == first.after.counts()
