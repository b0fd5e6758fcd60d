"""The workbook: six sheets to fill in, a guide before them and the long lists of the drop-downs hidden behind them."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dsqc import artefact
from dsqc.forms.attribute import Attribute, Missing, Requirement
from dsqc.forms.template.guide import GuideLine, LineKind, guide
from dsqc.forms.template.layout import Column, Template, display_width
from dsqc.forms.template.notes import note
from dsqc.forms.vocabulary import missing_terms, vocabulary
from dsqc.language import Language, Text
from dsqc.station import Limits

GUIDE = {Language.EN: "guide", Language.KO: "안내"}
LISTS = "lists"
CREATED = datetime(2021, 1, 1, tzinfo=UTC)
"""The same for every workbook: the same form gives the same bytes."""
COLOURS = {
    Requirement.MANDATORY: ("#005A8C", "#FFFFFF"),
    Requirement.ONE_OF_GROUP: ("#E69F00", "#000000"),
    Requirement.CONDITIONAL: ("#F5E663", "#000000"),
    Requirement.RECOMMENDED: ("#CFE8F7", "#000000"),
    Requirement.OPTIONAL: ("#EDEDED", "#000000"),
}
"""Fill and letters of a heading, from dark to light in hues that the colour-blind tell apart (after Okabe and Ito)."""
FONTS = {Language.EN: "Calibri", Language.KO: "Malgun Gothic"}
TEXT_FORMAT = "@"
NARROWEST, WIDEST = 13, 36
LONGEST_INLINE = 255
"""Excel's limit of a list that stands in the validation itself."""
FIRST_ROW = 2
"""Index of the first row to fill in; a filled example has no example row above it and begins at 1."""
ROWS_PER_SAMPLE = {"submission": 0, "project": 0, "sample": 1, "experiment": 10, "run": 10, "file": 20}
"""How many rows of a sheet have drop-downs, as a multiple of the samples; 0: one row."""
GUIDE_LEFT, GUIDE_WIDTH = 32, 130
NOTE_WIDTH, NOTE_LINE, NOTE_CHARACTERS = 380, 17, 62


def write_workbook(path: Path, template: Template, rows: dict[str, list[dict[str, str]]] | None = None) -> None:
    """Write the template as ``.xlsx``; the same template and rows give the same bytes.

    Args:
        rows: a filled example; ``None``: an example row that is not read, and what the template knows already.
    """
    import xlsxwriter

    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as workbook:
        title = template.form.field.name.get(template.languages[0])
        workbook.set_properties({"title": title, "comments": template.form.reference, "created": CREATED})
        _Writer(workbook, template).write(rows)
    with artefact.atomic_file(path) as file:
        file.write(data.getvalue())


class _Writer:
    """Writes one workbook."""

    def __init__(self, workbook: Any, template: Template) -> None:
        self._book = workbook
        self._template = template
        self._font = FONTS[Language.KO if Language.KO in template.languages else Language.EN]
        self._formats: dict[str, Any] = {}
        self._lists: dict[tuple[str, ...], str] = {}

    def write(self, rows: dict[str, list[dict[str, str]]] | None) -> None:
        """The guide, the six sheets, the lists."""
        guide_sheet = self._book.add_worksheet(GUIDE[self._template.languages[0]])
        sheets = {name: self._book.add_worksheet(name) for name in self._template.columns}
        lists = self._book.add_worksheet(LISTS)
        self._write_guide(guide_sheet)
        for name, sheet in sheets.items():
            self._write_sheet(sheet, name, rows)
        self._write_lists(lists)

    def _format(self, name: str, **more: Any) -> Any:
        if name not in self._formats:
            common = {"font_name": self._font, "font_size": 10, "valign": "vcenter"}
            self._formats[name] = self._book.add_format(common | more)
        return self._formats[name]

    def _heading_format(self, requirement: Requirement, *, begins_module: bool = False) -> Any:
        """Colours of a requirement; a thick line on the left where the columns of a library module begin."""
        fill, letters = COLOURS[requirement]
        return self._format(
            f"heading {requirement} {begins_module}",
            bold=True,
            text_wrap=True,
            align="center",
            border=1,
            border_color="#808080",
            left=5 if begins_module else 1,
            left_color="#404040" if begins_module else "#808080",
            bg_color=fill,
            font_color=letters,
        )

    def _write_sheet(self, sheet: Any, name: str, rows: dict[str, list[dict[str, str]]] | None) -> None:
        columns = self._template.columns[name]
        text = self._format("text", num_format=TEXT_FORMAT)
        example = self._format("example", num_format=TEXT_FORMAT, italic=True, font_color="#7F7F7F", bg_color="#F7F7F7")
        examples = self._template.example_row(name)
        first = FIRST_ROW if rows is None else 1
        last = first - 1 + max(1, ROWS_PER_SAMPLE[name] * Limits().samples)
        for index, column in enumerate(columns):
            heading = self._template.heading(column)
            level = {"level": 1} if column.modules else {}
            sheet.set_column(index, index, _width(heading, column.attribute.example), text, level)
            begins_module = bool(column.modules) and column.modules != columns[index - 1].modules
            style = self._heading_format(column.attribute.requirement, begins_module=begins_module)
            sheet.write_string(0, index, heading, style)
            self._write_note(sheet, index, column)
            self._write_choices(sheet, index, column.attribute, first, last)
            if rows is None:
                sheet.write_string(1, index, examples[column.attribute.name], example)
        held = self._template.filled_rows().get(name, []) if rows is None else rows[name]
        self._write_rows(sheet, columns, held, first, text)
        lines = max(self._template.heading(column).count("\n") + 1 for column in columns)
        sheet.set_row(0, 15 * (lines + 1))
        sheet.freeze_panes(1, 1)
        # Numbers are text on purpose: no green corner in every cell.
        sheet.ignore_errors({"number_stored_as_text": f"A1:{_absolute(last, len(columns) - 1).replace('$', '')}"})
        sheet.set_tab_color(COLOURS[Requirement.MANDATORY][0])
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.repeat_rows(0)

    @staticmethod
    def _write_rows(sheet: Any, columns: Sequence[Column], rows: list[dict[str, str]], first: int, text: Any) -> None:
        for number, row in enumerate(rows, start=first):
            for index, column in enumerate(columns):
                if row.get(column.attribute.name):
                    sheet.write_string(number, index, row[column.attribute.name], text)

    def _write_note(self, sheet: Any, index: int, column: Column) -> None:
        text = note(self._template, column)
        lines = sum(-(-display_width(line) // NOTE_CHARACTERS) or 1 for line in text.splitlines())
        options = {"author": "dsqc", "width": NOTE_WIDTH, "height": NOTE_LINE * (lines + 1), "font_name": self._font}
        sheet.write_comment(0, index, text, options | {"font_size": 9, "color": "#FFFFE1"})

    def _write_choices(self, sheet: Any, index: int, attribute: Attribute, first: int, last: int) -> None:
        """A drop-down, where there is a vocabulary. It refuses other values only where the rules do so too."""
        if attribute.vocabulary is None:
            return
        terms = _choices(attribute)
        is_inline = not any("," in term or '"' in term for term in terms) and len(",".join(terms)) <= LONGEST_INLINE
        is_closed = attribute.type != "geo_loc" and not attribute.multivalued
        options = {
            "validate": "list",
            "source": list(terms) if is_inline else f"={self._name_list(attribute, terms)}",
            "show_error": is_closed,
            "error_type": "stop",
            "error_title": Text("Not in the list", "목록에 없는 값").get(self._template.languages[0]),
            "error_message": Text(
                "Choose a value of the list. The note on the heading says more.",
                "목록에서 고르십시오. 열 이름의 메모에 설명이 있습니다.",
            ).get(self._template.languages[0]),
        }
        sheet.data_validation(first, index, last, index, options)

    def _name_list(self, attribute: Attribute, terms: tuple[str, ...]) -> str:
        """The defined name of a list; equal lists share one."""
        taken = set(self._lists.values())
        if terms not in self._lists:
            stem = f"dsqc_{attribute.vocabulary}"
            # The same vocabulary has another list where missing-value terms are taken.
            self._lists[terms] = next(
                name for name in (stem, f"{stem}_or_missing", f"{stem}_{len(taken)}") if name not in taken
            )
        return self._lists[terms]

    def _write_lists(self, sheet: Any) -> None:
        for index, (terms, name) in enumerate(self._lists.items()):
            sheet.write_string(0, index, name)
            for number, term in enumerate(terms, start=1):
                sheet.write_string(number, index, term)
            self._book.define_name(name, f"={LISTS}!{_absolute(1, index)}:{_absolute(len(terms), index)}")
        sheet.hide()

    def _write_guide(self, sheet: Any) -> None:
        languages = self._template.languages
        sheet.set_column(0, 0, GUIDE_LEFT)
        sheet.set_column(1, len(languages), GUIDE_WIDTH // len(languages))
        for number, line in enumerate(guide(self._template)):
            left, text = self._guide_formats(line)
            texts = [line.text.get(language) for language in languages]
            if line.kind is LineKind.TEXT or len(languages) > 1:
                texts.insert(0, line.left)
            for index, cell in enumerate(texts):
                sheet.write_string(number, index, cell, text if index else left)
            sheet.set_row(number, _guide_height(line, GUIDE_WIDTH // len(languages), languages))
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def _guide_formats(self, line: GuideLine) -> tuple[Any, Any]:
        """How the left part and the text of a line look."""
        if line.kind is LineKind.TITLE:
            title = self._format("guide title", bold=True, font_size=14)
            return title, title
        if line.kind is LineKind.HEADING:
            heading = self._format(
                "guide heading", bold=True, font_size=11, font_color=COLOURS[Requirement.MANDATORY][0]
            )
            return heading, heading
        text = self._format("guide text", text_wrap=True, valign="top")
        if line.requirement is not None:
            return self._heading_format(line.requirement), self._format("guide legend", text_wrap=True, indent=1)
        return self._format("guide left", bold=True, text_wrap=True, valign="top", align="left"), text


def _choices(attribute: Attribute) -> tuple[str, ...]:
    """What a cell may hold: the vocabulary, what is taken besides, and the missing-value terms that are allowed."""
    terms = [*vocabulary(attribute.vocabulary or "").terms, *attribute.literals]
    if attribute.missing_allowed:
        terms += missing_terms(reporting_only=attribute.missing is Missing.REPORTING)
    return tuple(dict.fromkeys(terms))


def _guide_height(line: GuideLine, width: int, languages: Sequence[Language]) -> int:
    """Points; what is wider than its column is wrapped."""
    if line.kind is not LineKind.TEXT:
        return 26
    # A column that is n wide holds a tenth more letters of this size.
    texts = ((line.left, GUIDE_LEFT), *((line.text.get(language), width * 11 // 10) for language in languages))
    return 16 * max(1, *(-(-display_width(text) // room) for text, room in texts)) + 2


def _width(heading: str, example: str) -> int:
    longest = max(map(display_width, (*heading.splitlines(), example)))
    return min(max(longest + 2, NARROWEST), WIDEST)


def _absolute(row: int, column: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    cell: str = xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)
    return cell
