"""Correcting a submitter's own workbook: the cells that were asked for, and nothing else."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.errors import SystemFault
from dsqc.submission import read_tables
from dsqc.submission.workbook_edit import MARK, CellChange, fixed_cells, write_corrected

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
FOREIGN = f'<worksheet xmlns="{MAIN}" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
EXTENSION = (
    '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations count="1">'
    '<x14:dataValidation type="list"/></x14:dataValidations></ext></extLst>'
)
"""Where Excel keeps a drop-down whose list stands in another sheet."""


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """What submitters hand in: notes, a drop-down, formats, a formula, a sheet of their own, merged cells."""
    path = tmp_path / "submission.xlsx"
    with xlsxwriter.Workbook(path) as book:
        bordered = book.add_format({"border": 1, "italic": True})
        sheet = book.add_worksheet("sample")
        sheet.freeze_panes(1, 1)
        for index, heading in enumerate(("sample_name", "sex", "age", "note")):
            sheet.write_string(0, index, heading)
            sheet.write_comment(0, index, f"about {heading}")
        sheet.write_string(1, 0, "S1", bordered)
        sheet.write_string(1, 1, "Female", bordered)
        sheet.write_number(1, 2, 3.5)
        sheet.write_formula(1, 3, "=B2&C2", None, "Female3.5")
        sheet.merge_range("F2:G4", "merged")
        sheet.data_validation("B2:B9", {"validate": "list", "source": ["male", "female"]})
        other = book.add_worksheet("my notes")
        other.write_string(0, 0, "keep me")
    return path


def corrected(source: Path, *changes: CellChange) -> Path:
    target = source.with_name("corrected.xlsx")
    with target.open("wb") as file:
        write_corrected(source, file, changes)
    return target


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path: Path, change: Callable[[str, bytes], bytes]) -> None:
    """Change the parts of a workbook as another program might have written them."""
    held = parts(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in held.items():
            archive.writestr(name, change(name, data))


def test_the_cell_is_changed_marked_and_commented(workbook: Path) -> None:
    found = openpyxl.load_workbook(corrected(workbook, CellChange("sample", 2, "B", "female", "was: Female")))["sample"]
    cell = found["B2"]
    assert (cell.value, cell.fill.fgColor.rgb, cell.number_format) == ("female", MARK, "@")
    assert (cell.font.i, cell.border.left.style) == (True, "thin")
    assert cell.comment.text == "was: Female"
    assert cell.comment.author == "dsqc"


def test_everything_else_stays(workbook: Path) -> None:
    before = openpyxl.load_workbook(workbook)["sample"]
    path = corrected(workbook, CellChange("sample", 2, "B", "female", "was: Female"))
    book = openpyxl.load_workbook(path)
    after = book["sample"]
    assert [cell.comment.text for cell in after[1][:4]] == [cell.comment.text for cell in before[1][:4]]
    assert after["A2"].fill.fgColor.rgb == before["A2"].fill.fgColor.rgb
    assert after.freeze_panes == "B2"
    assert after.merged_cells == before.merged_cells
    assert after.data_validations.dataValidation[0].formula1 == '"male,female"'
    assert book["my notes"]["A1"].value == "keep me"
    old, new = parts(workbook), parts(path)
    touched = {"xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"}
    assert {name for name in new if new[name] != old.get(name)} == touched


@pytest.mark.parametrize("settings", [b'<calcPr calcId="124519"/>', b""])
def test_results_of_formulas_are_still_there_and_are_worked_out_anew(workbook: Path, settings: bytes) -> None:
    own = b'<calcPr calcId="124519" fullCalcOnLoad="1"/>'
    rewrite(workbook, lambda _name, data: data.replace(own, settings))
    path = corrected(workbook, CellChange("sample", 2, "B", "female", "c"))
    assert read_tables(path).tables["sample"].rows[1].cells[3] == "Female3.5"
    assert b'fullCalcOnLoad="1"' in parts(path)["xl/workbook.xml"]


def test_formulas_are_named(workbook: Path) -> None:
    assert fixed_cells(workbook, {"sample"}) == {("sample", 2, "D"): "formula"}
    assert fixed_cells(workbook, {"run"}) == {}


def test_headings_of_an_excel_table_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        columns = [{"header": "sample_name"}, {"header": "sexx"}]
        book.add_worksheet("sample").add_table("A1:B3", {"columns": columns})
    assert fixed_cells(path, {"sample"}) == {("sample", 1, "A"): "table", ("sample", 1, "B"): "table"}


def test_a_workbook_that_is_none_has_no_fixed_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"no archive")
    assert fixed_cells(path, {"sample"}) == {}


def test_a_number_becomes_text(workbook: Path) -> None:
    cell = openpyxl.load_workbook(corrected(workbook, CellChange("sample", 2, "C", "0042", "c")))["sample"]["C2"]
    assert (cell.value, cell.data_type, cell.number_format) == ("0042", "s", "@")


def test_what_begins_like_a_formula_is_none(workbook: Path) -> None:
    cell = openpyxl.load_workbook(corrected(workbook, CellChange("sample", 2, "B", "=1+1", "c")))["sample"]["B2"]
    assert (
        "<f>"
        not in parts(workbook.with_name("corrected.xlsx"))["xl/worksheets/sheet1.xml"]
        .decode()
        .partition('r="B2"')[2]
        .partition("</c>")[0]
    )
    assert cell.value == "=1+1"


def test_an_emptied_cell_keeps_its_format(workbook: Path) -> None:
    cell = openpyxl.load_workbook(corrected(workbook, CellChange("sample", 2, "B", "", "c")))["sample"]["B2"]
    assert (cell.value, cell.fill.fgColor.rgb, cell.border.left.style) == (None, MARK, "thin")


def test_a_cell_that_was_empty_comes_between_its_neighbours(workbook: Path) -> None:
    path = corrected(workbook, CellChange("sample", 2, "E", "new", "c"), CellChange("sample", 1, "E", "heading", "c"))
    rows = read_tables(path).tables["sample"].rows
    assert (rows[0].cells[4], rows[1].cells[4], rows[1].cells[5]) == ("heading", "new", "merged")


def test_a_comment_that_stands_there_stays(workbook: Path) -> None:
    found = openpyxl.load_workbook(corrected(workbook, CellChange("sample", 1, "B", "sex_", "was: sex")))["sample"]
    assert found["B1"].comment.text == "about sex\nwas: sex"
    drawing = parts(workbook.with_name("corrected.xlsx"))["xl/drawings/vmlDrawing1.vml"]
    assert drawing.count(b"<v:shape ") == 4


def test_a_second_correction_adds_to_the_first(workbook: Path) -> None:
    first = corrected(workbook, CellChange("sample", 2, "B", "female", "one"))
    first.replace(workbook)
    found = openpyxl.load_workbook(corrected(workbook, CellChange("sample", 2, "B", "male", "two")))["sample"]["B2"]
    assert (found.value, found.comment.text) == ("male", "one\ntwo")


def test_many_comments_have_boxes_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("sample")
        for row in range(1500):
            sheet.write_string(row, 0, f" {row}")
    changes = [CellChange("sample", row, "A", str(row - 1), f"was {row}") for row in range(1, 1501)]
    found = parts(corrected(path, *changes))
    drawing = found["xl/drawings/vmlDrawing1.vml"].decode()
    ids = [piece.partition('"')[0] for piece in drawing.split('<v:shape id="')[1:]]
    assert len(set(ids)) == 1500
    sheet_xml = found["xl/worksheets/sheet1.xml"].decode()
    assert sheet_xml.index("<legacyDrawing") > sheet_xml.index("<pageMargins")
    assert len(list(openpyxl.load_workbook(path.with_name("corrected.xlsx"))["sample"].rows)) == 1500


def test_what_excel_keeps_in_its_extension_list_stays(workbook: Path) -> None:
    """A library that reads and writes the workbook would lose it."""

    def extend(name: str, data: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return data
        text = data.decode()
        root = text[text.index("<worksheet") : text.index(">", text.index("<worksheet")) + 1]
        return (
            text.replace(root, root[:-1] + FOREIGN[FOREIGN.index(" xmlns:x14") :])
            .replace("</worksheet>", f"{EXTENSION}</worksheet>")
            .encode()
        )

    rewrite(workbook, extend)
    path = corrected(workbook, CellChange("sample", 2, "B", "female", "c"))
    assert EXTENSION.encode() in parts(path)["xl/worksheets/sheet1.xml"]


def test_prefixed_names_and_cells_without_references(tmp_path: Path, workbook: Path) -> None:
    """Some programs write every element with a prefix, and leave the references out."""
    cells = '<x:c t="inlineStr"><x:is><x:t>{}</x:t></x:is></x:c>'
    texts = (("sample_name", "sex"), ("S1", "Female"))
    rows = "".join(f"<x:row>{''.join(cells.format(text) for text in row)}</x:row>" for row in texts)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

    def plain(name: str, data: bytes) -> bytes:
        if name == "xl/worksheets/sheet1.xml":
            sheet = f'<x:worksheet xmlns:x="{main}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
            return f'<?xml version="1.0" encoding="UTF-16"?>{sheet}'.encode("utf-16")
        return data

    rewrite(workbook, plain)
    path = corrected(workbook, CellChange("sample", 2, "B", "female", "c"))
    assert read_tables(path).tables["sample"].rows[1].cells == ("S1", "female")
    assert openpyxl.load_workbook(path)["sample"]["B2"].fill.fgColor.rgb == MARK


@given(st.text(max_size=20))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_back_as_it_was_written(workbook: Path, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    path = corrected(workbook, CellChange("sample", 2, "B", text, text))
    assert read_tables(path).tables["sample"].rows[1].cells[1] == text


def test_same_workbook_same_changes_same_bytes(workbook: Path) -> None:
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        write_corrected(workbook, file, [CellChange("sample", 2, "B", "female", "c")])
    assert files[0].getvalue() == files[1].getvalue()


def test_a_workbook_without_a_styles_part_is_corrected_unmarked(workbook: Path) -> None:
    rewrite(workbook, lambda name, data: data.replace(b"styles.xml", b"sty.xml") if name.endswith(".rels") else data)
    rewrite(workbook, lambda name, data: data.replace(b"relationships/styles", b"relationships/other"))
    path = corrected(workbook, CellChange("sample", 2, "B", "female", "c"))
    assert read_tables(path).tables["sample"].rows[1].cells[1] == "female"


def test_a_damaged_sheet_is_our_fault_with_a_next_step(workbook: Path) -> None:
    rewrite(workbook, lambda name, data: data[:-40] if name == "xl/worksheets/sheet1.xml" else data)
    with pytest.raises(SystemFault, match=r"cannot be corrected in place.*(?s:.)*save it again"):
        corrected(workbook, CellChange("sample", 2, "B", "female", "c"))


def plainly(source: Path, *changes: CellChange, frozen: tuple[str, ...] = ()) -> Path:
    target = source.with_name("copy.xlsx")
    with target.open("wb") as file:
        write_corrected(source, file, changes, frozen=frozen)
    return target


def test_without_a_comment_a_cell_is_not_marked(workbook: Path) -> None:
    before = openpyxl.load_workbook(workbook)["sample"]["B2"]
    cell = openpyxl.load_workbook(plainly(workbook, CellChange("sample", 2, "B", "female")))["sample"]["B2"]
    assert (cell.value, cell.number_format, cell.comment) == ("female", "@", None)
    assert (cell.fill.fgColor.rgb, cell.border.left.style) == (before.fill.fgColor.rgb, "thin")


def test_frozen_formulas_are_their_values_and_nothing_names_them(workbook: Path) -> None:
    chain = "xl/calcChain.xml"
    rewrite(
        workbook,
        lambda name, data: {
            "[Content_Types].xml": data.replace(
                b"</Types>",
                b'<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                b'spreadsheetml.calcChain+xml"/></Types>',
            ),
            "xl/_rels/workbook.xml.rels": data.replace(
                b"</Relationships>",
                b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
                b'calcChain" Target="calcChain.xml"/></Relationships>',
            ),
        }.get(name, data),
    )
    with zipfile.ZipFile(workbook, "a") as archive:
        archive.writestr(
            chain,
            f'<calcChain xmlns="{MAIN}"><c r="D2" i="1"/></calcChain>',
        )
    path = plainly(workbook, CellChange("sample", 2, "B", ""), frozen=("sample", "run"))
    held = parts(path)
    assert openpyxl.load_workbook(path)["sample"]["D2"].value == "Female3.5"
    assert read_tables(path).tables["sample"].rows[1].cells[:4] == ("S1", "", "3.5", "Female3.5")
    assert chain not in held
    assert not any(b"calcChain" in data for data in held.values())


def test_a_sheet_that_grows_does_not_say_how_large_it_was(workbook: Path) -> None:
    path = plainly(workbook, CellChange("sample", 1, "J", "ninth"), CellChange("sample", 2, "J", "far"))
    book = openpyxl.load_workbook(path, read_only=True)
    assert [row[9] for row in book["sample"].iter_rows(max_row=2, values_only=True)] == ["ninth", "far"]
    book.close()


def test_nothing_is_not_put_where_nothing_is(workbook: Path) -> None:
    path = plainly(workbook, CellChange("sample", 2, "J", ""))
    assert parts(path)["xl/worksheets/sheet1.xml"] == parts(workbook)["xl/worksheets/sheet1.xml"]


def test_comments_join_a_drawing_that_names_its_namespaces_otherwise(workbook: Path) -> None:
    def renamed(name: str, data: bytes) -> bytes:
        if not name.endswith(".vml"):
            return data
        for letter, number in ((b"v", b"1"), (b"o", b"0"), (b"x", b"2")):
            data = data.replace(b"xmlns:" + letter + b"=", b"xmlns:ns" + number + b"=")
            for before in (b"<", b"</", b" "):
                data = data.replace(before + letter + b":", before + b"ns" + number + b":")
        return data

    rewrite(workbook, renamed)
    found = parts(corrected(workbook, CellChange("sample", 2, "B", "female", "was: Female")))
    shapes = ElementTree.fromstring(found["xl/drawings/vmlDrawing1.vml"]).findall(
        "{urn:schemas-microsoft-com:vml}shape"
    )
    assert len(shapes) == 5
    assert "visibility:hidden" in shapes[-1].attrib["style"]
