"""Marked forms: cells coloured and commented, everything else as the submitter made it."""

import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet

from dsqc.submission import read_tables
from dsqc.submission.marking import CellMark, marked_form
from dsqc.submission.workbook_edit import MARK

MARKS = [
    CellMark("sample", 2, "B", "number"),
    CellMark("sample", 2, "C", "date"),
    CellMark("sample", 2, "D", "formula"),
    CellMark("sample", 3, "B", "empty before"),
    CellMark("sample", 2, "A", "one"),
    CellMark("sample", 2, "A", "two"),
    CellMark("sample", 99, "A", "a row that is not there"),
]


def _workbook(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("sample")
        bold = book.add_format({"bold": True, "font_color": "#FF0000"})
        sheet.write_row(0, 0, ["sample_name", "depth", "collection_date", "sum"])
        sheet.write_string(1, 0, "leaf", bold)
        sheet.write_number(1, 1, 12.5, book.add_format({"num_format": "0.00"}))
        sheet.write_datetime(1, 2, date(2025, 7, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_formula(1, 3, "=B2*2", None, 25)
        sheet.write_string(2, 0, "root")
        sheet.write_comment(1, 0, "the submitter's own")
        sheet.data_validation("E2:E9", {"validate": "list", "source": ["a", "b"]})
        sheet.set_column(0, 0, 33)
    return path


def _marked(cells: Worksheet) -> set[str]:
    return {cell.coordinate for row in cells.iter_rows() for cell in row if cell.fill.fgColor.rgb == MARK}


def test_marked_cells_keep_numbers_dates_formulas_and_formats(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "submission.xlsx")

    made = marked_form([path], read_tables(path), MARKS)

    copy = tmp_path / "copy.xlsx"
    copy.write_bytes(made.content)
    assert made.name == "submission.xlsx"
    assert read_tables(copy).tables["sample"].rows == read_tables(path).tables["sample"].rows
    sheet, before = openpyxl.load_workbook(copy)["sample"], openpyxl.load_workbook(path)["sample"]
    assert _marked(sheet) == {"A2", "B2", "C2", "D2", "B3"}
    for cell in ("A2", "B2", "C2", "D2"):
        assert (sheet[cell].value, sheet[cell].data_type) == (before[cell].value, before[cell].data_type)
        assert sheet[cell].number_format == before[cell].number_format
        assert (sheet[cell].font.b, sheet[cell].font.color) == (before[cell].font.b, before[cell].font.color)
    assert sheet["D2"].value == "=B2*2"
    assert openpyxl.load_workbook(copy, data_only=True)["sample"]["D2"].value == 25
    assert sheet["A2"].comment is not None
    assert sheet["A2"].comment.text == "the submitter's own\none\n\ntwo"
    assert sheet.column_dimensions["A"].width == before.column_dimensions["A"].width
    assert [item.sqref for item in sheet.data_validations.dataValidation] == [
        item.sqref for item in before.data_validations.dataValidation
    ]
    assert marked_form([path], read_tables(path), MARKS).content == made.content


def test_without_marks_the_workbook_comes_back_byte_for_byte(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "own name.xlsx")

    assert marked_form([path], read_tables(path), []).content == path.read_bytes()


def test_sheets_of_text_become_one_workbook_with_every_cell_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "sample.tsv").write_text("sample_name\tnote\n\n=1+1\t  한글 \n007\t1e5\n", encoding="utf-8")
    (tmp_path / "run.tsv").write_text("run_alias\nr1\n", encoding="utf-8")
    tables = read_tables(tmp_path)

    made = marked_form(sorted(tmp_path.glob("*.tsv")), tables, [CellMark("sample", 3, "A", "why")])

    copy = tmp_path / "made" / "copy.xlsx"
    copy.parent.mkdir()
    copy.write_bytes(made.content)
    assert made.name == "submission.xlsx"
    again = read_tables(copy)
    assert {name: table.rows for name, table in again.tables.items()} == {
        name: table.rows for name, table in tables.tables.items()
    }
    sheet = openpyxl.load_workbook(copy)["sample"]
    assert all(cell.data_type in ("s", "inlineStr") for cell in (sheet["A3"], sheet["A4"], sheet["B4"]))
    assert _marked(sheet) == {"A3"}
    with zipfile.ZipFile(copy) as archive:
        assert archive.testzip() is None
