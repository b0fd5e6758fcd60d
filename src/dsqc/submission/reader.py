"""From files to the model: find the form, read its tables, say what the headings mean."""

import stat
from collections.abc import Mapping
from pathlib import Path

from dsqc.errors import UsageError
from dsqc.findings import FindingLog, Location, finding
from dsqc.forms import EXAMPLE_MARKS, HEADING_MARKS, fold_heading
from dsqc.language import Text
from dsqc.model import SHEETS, Cell, Heading, Row, Sheet, Submission
from dsqc.submission.layout import is_foreign, lone_table, readable_name, sheet_files, split_name, workbooks_among
from dsqc.submission.table import MOST_BYTES, OUTER_BLANKS, Table, TableRow, Tables, clean, column_letter
from dsqc.submission.text import decode, split
from dsqc.submission.workbook import read_workbook

_EXAMPLE_STARTS = tuple(EXAMPLE_MARKS.values())
_READABLE = Text(
    "UTF-8 text with tabs (.tsv), or an .xlsx workbook", "탭으로 나눈 UTF-8 텍스트(.tsv) 또는 .xlsx 통합 문서"
)

Labels = Mapping[str, Mapping[str, str]]


def read(path: Path, form_labels: Labels | None = None) -> tuple[Submission, FindingLog]:
    """Read a submission.

    Args:
        path: the directory that holds the form, or one workbook.
        form_labels: sheet -> {heading -> attribute} (``dsqc.forms.labels``); without it a heading means itself.

    Raises:
        UsageError: there is nothing at ``path``.
    """
    return interpret(read_tables(path), form_labels)


def read_tables(path: Path) -> Tables:
    """Read the sheets as they stand; what cannot be read is a finding. Same errors as :func:`read`."""
    if path.is_dir():
        return _read_directory(path)
    if not path.exists():
        raise UsageError(f"{path} does not exist.", hint="Give the directory of the submission, or its .xlsx workbook.")
    alone = lone_table(path.name)
    if alone is not None:
        return _read_lone_table(path, *alone)
    if split_name(path.name)[1] != ".xlsx":
        raise UsageError(f"{path} is no .xlsx workbook.", hint="Give the directory of the submission, or its workbook.")
    return _read_workbook(path, FindingLog())


def _read_directory(path: Path) -> Tables:
    log = FindingLog()
    names = {readable_name(item): item for item in path.iterdir()}
    form = sheet_files(names)
    for name in form:
        if is_foreign(name):
            _unreadable(log, name, Text("a form of this format is not read", "이 형식의 양식은 읽지 않습니다"))
    form = [name for name in form if not is_foreign(name)]
    workbooks = workbooks_among(form)
    if workbooks:
        others = [name for name in form if name != workbooks[0]]
        if others:
            _side_by_side(log, workbooks[0], others)
        return _read_workbook(names[workbooks[0]], log)
    if not form:
        _no_form(log, workbooks_among(names))
        return Tables(unreadable=frozenset(SHEETS), findings=log)
    return _read_text_sheets({name: names[name] for name in form}, log)


def _read_lone_table(path: Path, sheet: str, separator: str) -> Tables:
    """One table without the rest of its submission: to be diagnosed, not to be handed in."""
    log = FindingLog()
    name = readable_name(path)
    if separator != "\t":
        _unreadable(log, name, Text("its cells are separated by commas", "칸이 쉼표로 나뉘어 있습니다"), sheet=sheet)
    rows = _read_text_sheet(path, name, sheet, log, separator)
    if rows is None:
        return Tables(unreadable=frozenset({sheet}), findings=log)
    return Tables({sheet: Table(sheet, name, rows)}, findings=log)


def _read_workbook(path: Path, log: FindingLog) -> Tables:
    fault = _file_fault(path)
    if fault is None:
        workbook = read_workbook(path, SHEETS)
        fault = workbook.fault
    if fault is not None:
        _unreadable(log, path.name, fault)
        return Tables(unreadable=frozenset(SHEETS), findings=log)
    for name, sheet_fault in workbook.faults.items():
        _unreadable(log, path.name, sheet_fault, sheet=name)
    tables = {name: workbook.tables[name] for name in SHEETS if name in workbook.tables}
    return Tables(tables, frozenset(workbook.faults), log)


def _read_text_sheets(form: Mapping[str, Path], log: FindingLog) -> Tables:
    tables: dict[str, Table] = {}
    unreadable: set[str] = set()
    for file_name, path in form.items():
        name = split_name(file_name)[0]
        if name in tables:
            _side_by_side(log, tables[name].path, [file_name])
            continue
        rows = _read_text_sheet(path, file_name, name, log)
        if rows is None:
            unreadable.add(name)
        else:
            tables[name] = Table(name, file_name, rows)
    ordered = {name: tables[name] for name in SHEETS if name in tables}
    return Tables(ordered, frozenset(unreadable - tables.keys()), log)


def _read_text_sheet(
    path: Path, file_name: str, sheet: str, log: FindingLog, separator: str = "\t"
) -> tuple[TableRow, ...] | None:
    fault = _file_fault(path)
    if fault is not None:
        _unreadable(log, file_name, fault, sheet=sheet)
        return None
    decoded = decode(path.read_bytes())
    if decoded is None:
        _unreadable(
            log, file_name, Text("it is no text in a known encoding", "알려진 인코딩의 텍스트가 아닙니다"), sheet=sheet
        )
        return None
    table = split(decoded.text, separator)
    for problem in (decoded.fault, table.fault):
        if problem is not None:
            _unreadable(log, file_name, problem, sheet=sheet)
    return None if table.fault is not None and not table.rows else table.rows


def _file_fault(path: Path) -> Text | None:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        return Text("it is no plain file", "일반 파일이 아닙니다")
    if status.st_size > MOST_BYTES:
        return Text("it is larger than 64 MB", "64 MB보다 큽니다")
    return None


def _unreadable(log: FindingLog, path: str, fault: Text, *, sheet: str = "") -> None:
    log.add(
        finding(
            "DSQC-T001",
            Location(path=path, sheet=sheet),
            value=fault.en,
            value_ko=fault.ko,
            expected=_READABLE.en,
            expected_ko=_READABLE.ko,
        )
    )


def _side_by_side(log: FindingLog, read_name: str, others: list[str]) -> None:
    listed = ", ".join(others)
    log.add(
        finding(
            "DSQC-T001",
            Location(path=others[0]),
            value=f"{listed} stands beside {read_name}, and only {read_name} was read",
            value_ko=f"{listed} 파일이 {read_name} 파일과 함께 있어 {read_name} 파일만 읽었습니다",
            expected="the form once: submission.xlsx, or one TSV file for each sheet",
            expected_ko="양식 하나: submission.xlsx 또는 시트마다 TSV 파일 하나",
        )
    )


def _no_form(log: FindingLog, workbooks: list[str]) -> None:
    listed = ", ".join(SHEETS)
    several = f" ({len(workbooks)} workbooks: {', '.join(workbooks)})" if workbooks else ""
    log.add(
        finding(
            "DSQC-T002",
            value=listed + several,
            expected=f"submission.xlsx, or {', '.join(f'{name}.tsv' for name in SHEETS)}",
            expected_ko=f"submission.xlsx 또는 {', '.join(f'{name}.tsv' for name in SHEETS)}",
        )
    )


def interpret(tables: Tables, form_labels: Labels | None = None) -> tuple[Submission, FindingLog]:
    """Say what the headings mean; see :func:`read`. A sheet that is missing altogether is a finding."""
    log = FindingLog(tables.findings)
    sheets: dict[str, Sheet] = {}
    for name in SHEETS:
        table = tables.tables.get(name)
        if table is not None:
            sheets[name] = _interpret_table(table, (form_labels or {}).get(name, {}), log)
        elif name not in tables.unreadable:
            log.add(finding("DSQC-T002", Location(sheet=name), value=name, expected=", ".join(SHEETS)))
    return Submission(sheets), log


def _interpret_table(table: Table, labels: Mapping[str, str], log: FindingLog) -> Sheet:
    if not table.rows:
        return Sheet(table.name, table.path, (), ())
    first, *rest = table.rows
    headings = _headings(table, first, labels, log)
    rows: list[Row] = []
    before = first.number
    for row in rest:
        if row.number > before + 1:
            index, text = next((index, text) for index, text in enumerate(map(clean, row.cells)) if text)
            _outside(log, table, row, column_letter(index), text, below_empty=True)
        before = row.number
        if not clean(row.cells[0]).casefold().startswith(_EXAMPLE_STARTS):
            found = _row(table, row, headings, log)
            if found.cells:
                rows.append(found)
    known = tuple(heading for heading in headings if heading.attribute)
    return Sheet(table.name, table.path, known, tuple(rows), first.number)


def _headings(table: Table, row: TableRow, labels: Mapping[str, str], log: FindingLog) -> list[Heading]:
    """A heading a column; one without a meaning (empty, or standing twice) has an empty attribute."""
    found: list[Heading] = []
    first_column: dict[str, str] = {}
    for index, raw in enumerate(row.cells):
        column = column_letter(index)
        text, attribute = _meaning(raw, labels)
        if attribute and attribute.casefold() in first_column:
            log.add(
                finding(
                    "DSQC-T005",
                    Location(table.path, table.name, row.number, column, attribute),
                    value=text,
                    expected=f"{first_column[attribute.casefold()]}, {column}",
                )
            )
            attribute = ""
        elif attribute:
            first_column[attribute.casefold()] = column
        found.append(Heading(attribute, raw, column))
    return found


def _meaning(raw: str, labels: Mapping[str, str]) -> tuple[str, str]:
    """A heading without the marks of templates, and the attribute that it means; itself where none is known.

    Templates write a label and the attribute's name below it: where the whole means nothing, a line of it may.
    """
    lines = [" ".join(line.strip(HEADING_MARKS + OUTER_BLANKS).split()) for line in clean(raw).splitlines()]
    text = " ".join(filter(None, lines))
    for candidate in (text, *reversed(lines)):
        attribute = labels.get(candidate) or labels.get(fold_heading(candidate))
        if attribute:
            return text, attribute
    return text, text


def _row(table: Table, row: TableRow, headings: list[Heading], log: FindingLog) -> Row:
    cells: dict[str, Cell] = {}
    for raw, heading in zip(row.cells, headings, strict=False):
        if raw and (value := clean(raw)):
            if heading.attribute:
                cells[heading.attribute] = Cell(value, raw, row.number, heading.column)
            elif not heading.raw.strip():
                _outside(log, table, row, heading.column, value, below_empty=False)
    for index in range(len(headings), len(row.cells)):
        if value := clean(row.cells[index]):
            _outside(log, table, row, column_letter(index), value, below_empty=False)
    return Row(table.name, row.number, cells)


def _outside(log: FindingLog, table: Table, row: TableRow, column: str, value: str, *, below_empty: bool) -> None:
    expected = (
        Text("no empty row above a row with values", "값이 있는 행 위에 빈 행이 없어야 함")
        if below_empty
        else Text(f"a heading for column {column}, or an empty cell", f"{column}열의 열 이름 또는 빈칸")
    )
    log.add(
        finding(
            "DSQC-T007",
            Location(table.path, table.name, row.number, column),
            value=value,
            expected=expected.en,
            expected_ko=expected.ko,
        )
    )
