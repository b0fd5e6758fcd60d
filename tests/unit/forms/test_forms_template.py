"""Templates: what they say is what the reader and the rules take."""

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dsqc.forms import Requirement, compose, labels, load_fields, value_fault, vocabulary
from dsqc.forms.examples import Record, example_record
from dsqc.forms.template import Column, Template, write_text_sheets, write_workbook
from dsqc.forms.template.layout import ORDER, Languages
from dsqc.forms.template.notes import note
from dsqc.forms.template.workbook import COLOURS, FIRST_ROW
from dsqc.forms.vocabulary import missing_terms, pattern_words, patterns
from dsqc.language import Language
from dsqc.rules.codes import codes_of
from dsqc.stages.validate import validate
from dsqc.submission import interpret
from dsqc.submission.table import Table, TableRow, Tables
from helpers.submissions import TODAY

EN, KO, BOTH = (Language.EN,), (Language.KO,), (Language.KO, Language.EN)
COMBINATIONS = [(field.id, package) for field in load_fields().values() for package in field.packages]
FIELD, PACKAGE = "food_microbiome", "Human-gut"


def template(field: str = FIELD, package: str = PACKAGE, languages: Languages = BOTH) -> Template:
    return Template(compose(field, package), languages, None, codes_of)


def codes(path: Path) -> set[str]:
    result = validate(path, None, today=date.fromisoformat(TODAY), with_files=False)
    return {item.code for item in result.findings}


def opened(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def fill(path: Path, record: Record, shown: Template) -> None:
    """Write a record into a template below its example row, as a person would."""
    workbook = opened(path)
    for sheet, rows in record.items():
        places = {column.attribute.name: index for index, column in enumerate(shown.columns[sheet], start=1)}
        for number, row in enumerate(rows, start=3):
            for name, value in row.items():
                workbook[sheet].cell(number, places[name]).value = value
    workbook.save(path)


@pytest.mark.parametrize("languages", [EN, KO, BOTH])
def test_the_reader_knows_every_heading(languages: Languages) -> None:
    for field, package in COMBINATIONS if languages == BOTH else COMBINATIONS[::4]:
        shown = template(field, package, languages)
        tables = {
            sheet: Table(sheet, f"{sheet}.tsv", (TableRow(1, tuple(map(shown.heading, columns))),))
            for sheet, columns in shown.columns.items()
        }
        submission, findings = interpret(Tables(tables), labels(shown.form))
        assert list(findings) == []
        for sheet, columns in shown.columns.items():
            read = [heading.attribute for heading in submission.sheets[sheet].headings]
            assert read == [column.attribute.name for column in columns]
            assert set(read) == set(shown.form.columns(sheet))


def test_what_every_row_needs_comes_first_and_modules_last() -> None:
    for sheet, columns in template().columns.items():
        own = [column for column in columns if not column.modules]
        ranks = [ORDER.index(column.attribute.requirement) for column in own[1:]]
        assert ranks == sorted(ranks), sheet
        assert [bool(column.modules) for column in columns] == sorted(bool(column.modules) for column in columns)
    assert template().columns["sample"][0].attribute.name == "sample_name"


def test_only_the_modules_asked_for_are_shown() -> None:
    form = compose("seed_crop", "Plant_fungi")
    nothing = Template(form, EN, frozenset()).columns["experiment"]
    one = Template(form, EN, frozenset({"chip"})).columns["experiment"]

    assert {column.attribute.name for column in nothing} == set(form.sheets["experiment"].attributes)
    assert [column.attribute.name for column in one if column.modules] == [
        "chip_target",
        "chip_antibody",
        "control_library_id",
    ]


def test_a_note_says_all_that_the_form_asks() -> None:
    shown = template("seed_crop", "Plant_fungi")
    notes = {column.attribute.name: note(shown, column) for column in shown.columns["sample"]}
    library = {column.attribute.name: note(shown, column) for column in shown.columns["experiment"]}

    for text in ("collection date", "수집 일자", "Mandatory", "필수", "2021-05-03", "DSQC-S011", "missing: lab stock"):
        assert text in notes["collection_date"]
    assert "At least one of: cultivar, ecotype, isolate, germplasm_accession." in notes["cultivar"]
    assert "year, month, week, day, hour" in notes["age"]
    assert "90 or over" in notes["age"]
    assert 'library_layout is "PAIRED"' in library["insert_size"]
    assert "1–9999999" in library["insert_size"]
    assert "DSQC-X005" in library["insert_size"]
    assert "앰플리콘" in library["pcr_primers"]
    assert "in the drop-down" in notes["geo_loc_name"]


def test_every_column_of_every_form_has_a_note_that_excel_takes() -> None:
    seen: set[tuple[str, str]] = set()
    for field, package in COMBINATIONS:
        shown = template(field, package)
        for columns in shown.columns.values():
            for column in columns:
                if (column.attribute.layer, column.attribute.name) in seen:
                    continue
                seen.add((column.attribute.layer, column.attribute.name))
                text = note(shown, column)
                assert column.attribute.example in text
                assert column.attribute.description.ko in text
                assert column.attribute.description.en in text
                assert len(text) < 32_767


def test_every_pattern_is_put_into_words() -> None:
    for pattern in patterns():
        words = pattern_words(pattern.name)
        assert words.en.isascii()
        assert words.ko


def test_the_workbook_holds_what_excel_needs(tmp_path: Path) -> None:
    shown = template()
    write_workbook(tmp_path / "x.xlsx", shown)
    workbook = opened(tmp_path / "x.xlsx")

    assert workbook.sheetnames == ["안내", "submission", "project", "sample", "experiment", "run", "file", "lists"]
    assert workbook["lists"].sheet_state == "hidden"
    for sheet, columns in shown.columns.items():
        page = workbook[sheet]
        assert page.freeze_panes == "B2"
        for index, column in enumerate(columns, start=1):
            cell = page.cell(1, index)
            assert cell.comment.text == note(shown, column)
            assert cell.fill.fgColor.rgb == "FF" + COLOURS[column.attribute.requirement][0].lstrip("#")
            # Neighbours of the same width and format stand in the file as one.
            held = next(item for item in page.column_dimensions.values() if item.min <= index <= item.max)
            assert held.number_format == "@"
            assert bool(held.outlineLevel) is bool(column.modules)
            assert page.cell(2, index).number_format == "@"
        assert page["A2"].value.startswith("예시: ")


def test_drop_downs_hold_what_the_rules_take_and_nothing_else(tmp_path: Path) -> None:
    shown = template()
    write_workbook(tmp_path / "x.xlsx", shown)
    workbook = opened(tmp_path / "x.xlsx")

    for sheet, columns in shown.columns.items():
        lists = {str(item.sqref).partition(":")[0]: item for item in workbook[sheet].data_validations.dataValidation}
        wanted = [column for column in columns if column.attribute.vocabulary]
        assert len(lists) == len(wanted)
        for column in wanted:
            place = workbook[sheet].cell(FIRST_ROW + 1, columns.index(column) + 1).coordinate
            check_choices(workbook, column, lists[place])
    assert len(workbook["sample"].data_validations.dataValidation) > 0
    ends = {str(item.sqref).rpartition(":")[2] for item in workbook["sample"].data_validations.dataValidation}
    assert all(int("".join(filter(str.isdigit, end))) >= 2002 for end in ends)


def check_choices(workbook: Any, column: Column, validation: Any) -> None:
    attribute = column.attribute
    terms = choices(workbook, validation.formula1)
    assert set(vocabulary(attribute.vocabulary or "")) <= set(terms)
    assert (len(terms) > len(vocabulary(attribute.vocabulary or ""))) is (
        attribute.missing_allowed and not set(missing_terms()) <= set(vocabulary(attribute.vocabulary or ""))
    )
    for term in terms:
        assert value_fault(attribute, term) is None, (attribute.name, term)
    assert validation.showErrorMessage is (attribute.type != "geo_loc" and not attribute.multivalued)


def choices(workbook: Any, formula: str) -> list[str]:
    """Terms of a drop-down: those in the formula, or those that its name stands for."""
    if formula.startswith('"'):
        assert len(formula) <= 257
        return formula.strip('"').split(",")
    sheet, _mark, area = workbook.defined_names[formula].attr_text.partition("!")
    return [cell.value for row in workbook[sheet][area.replace("$", "")] for cell in row]


@pytest.mark.parametrize("field", list(load_fields())[::3])
def test_the_same_form_gives_the_same_bytes(field: str, tmp_path: Path) -> None:
    package = load_fields()[field].packages[-1]
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, template(field, package))

    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


@pytest.mark.parametrize("languages", [EN, KO, BOTH])
def test_a_template_that_is_filled_in_is_valid(languages: Languages, tmp_path: Path) -> None:
    shown = template(languages=languages)
    write_workbook(tmp_path / "x.xlsx", shown)
    fill(tmp_path / "x.xlsx", example_record(shown.form), shown)

    assert codes(tmp_path / "x.xlsx") == set()


def test_a_template_that_nobody_filled_in_says_that_there_are_no_rows(tmp_path: Path) -> None:
    write_workbook(tmp_path / "x.xlsx", template())
    write_text_sheets(tmp_path / "tsv", template())

    for path in (tmp_path / "x.xlsx", tmp_path / "tsv"):
        result = validate(path, None, today=date.fromisoformat(TODAY), with_files=False)
        empty = {item.location.sheet for item in result.findings if item.code == "DSQC-T028"}
        assert empty == {"project", "sample", "experiment", "run", "file"}
        assert {item.code for item in result.findings} == {"DSQC-T028", "DSQC-T015"}
        assert result.submission.get("form_id") == FIELD


def test_text_sheets_open_in_excel_and_in_the_reader(tmp_path: Path) -> None:
    shown = template("seed_crop", "Plant_fungi", KO)
    write_text_sheets(tmp_path, shown)
    data = (tmp_path / "sample.tsv").read_bytes()
    lines = data.decode("utf-8-sig").splitlines()

    assert data.startswith(b"\xef\xbb\xbf")
    assert lines[0].split("\t") == [column.attribute.name for column in shown.columns["sample"]]
    assert lines[1].startswith("예시: KR-001\tOryza sativa\t4530")
    assert (tmp_path / "submission.tsv").read_text(encoding="utf-8-sig").splitlines()[2].split("\t")[1:3] == [
        "seed_crop",
        "1.0.0",
    ]


def test_a_filled_example_as_text_and_as_workbook_is_valid(tmp_path: Path) -> None:
    shown = template("seed_crop", "Plant_fungi", EN)
    record = example_record(shown.form)
    write_text_sheets(tmp_path / "tsv", shown, record)
    write_workbook(tmp_path / "x.xlsx", shown, record)

    assert codes(tmp_path / "tsv") == set()
    assert codes(tmp_path / "x.xlsx") == set()
    assert opened(tmp_path / "x.xlsx")["sample"]["A2"].value == "KR-001"


def test_a_workbook_that_libreoffice_saved_reads_the_same() -> None:
    """``resaved.xlsx`` is a filled template that LibreOffice 7.4 opened and saved (see golden/template/README.md)."""
    path = Path(__file__).parents[2] / "golden" / "template" / "resaved.xlsx"
    saved = opened(BytesIO(path.read_bytes()))  # type: ignore[arg-type]

    assert codes(path) == set()
    assert saved["sample"].data_validations.dataValidation
    assert all(cell.comment is not None for cell in saved["sample"][1] if cell.value)
    assert saved["lists"].sheet_state == "hidden"


def test_colours_of_requirements_differ_in_lightness() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    shades = [lightness(COLOURS[requirement][0]) for requirement in ORDER]
    assert len({round(shade / 10) for shade in shades}) == len(shades)
    assert Requirement.SYSTEM not in ORDER
