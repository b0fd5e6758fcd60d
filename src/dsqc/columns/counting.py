"""Values that count up from row to row: what a spreadsheet makes of a cell that is dragged down."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dsqc.accessions import AccessionType, accession_type
from dsqc.columns.column import Column
from dsqc.columns.reading import Kind, Reading
from dsqc.columns.remark import Remark, RemarkKind
from dsqc.findings import Suggestion
from dsqc.forms.value import DATE_TYPES
from dsqc.language import Text

_LAST_NUMBER = re.compile(r"(.*?)(\d{1,9})((?:\.\d+)?\D*)", re.ASCII | re.DOTALL)
_COUNTED = re.compile(
    r"name|alias|title|label|identif|(?:^|[\W_])(?:id|no|nr|num|number|rep|replicate|isolate|individual|plot|position|well|"
    r"passage|order|index|order|time|timepoint|day|cycle|file|description|generation|lane|barcode|subject|donor|line|url)s?(?:$|[\W_])",
    re.IGNORECASE,
)
"""Headings under which values count up by their nature."""
_COUNTED_TYPES = frozenset({"term", "envo"})
"""Ontology terms: neighbouring numbers are other terms, and they are looked up anyhow."""
_NEVER_COUNTED = frozenset({"taxid", "taxon", "lat_lon", "geo_loc", "accession", "voucher"})
"""Types whose values do not count up, whatever the heading says."""
_LEAST_RUN = {Kind.DATE: 7, Kind.NUMBER: 8, Kind.QUANTITY: 8, Kind.COORDINATE: 4, Kind.TEXT: 5}
_LEAST_FRACTION_RUN = 3
"""Rows that show it where a number with decimals, a taxonomy id or a project counts up."""
_LOWEST, _LOWEST_CODE = 10, 100
"""Numbers, and codes with a number, that are lower are numbers of rows, times, doses and lines."""
MEANT = 0.5
"""Confidence that the first value was meant for all rows."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A value as a counter.

    Attributes:
        frame: what stays the same, before and after the number.
        number: what may grow.
        least: rows of a run that shows something.
        begins_at: least number that such a run begins with; one that begins lower just numbers the rows.
    """

    frame: tuple[str, str]
    number: int
    least: int
    begins_at: int = 0


def counting_remarks(column: Column) -> Iterator[Remark]:
    """Remarks on runs of consecutive rows whose values grow by one where they should be constant or unrelated."""
    if column.is_constant or len(column.where) < _LEAST_FRACTION_RUN or not _may_not_count(column):
        return
    steps = {value: step for value in column.where if (step := _step(column, value)) is not None}
    numbers = {(step.frame, step.number) for step in steps.values()}
    # Most columns hold no two neighbours at all: only the others are gone through row by row.
    if not any((frame, number + 1) in numbers for frame, number in numbers):
        return
    by_row = {row: value for value in steps for row in column.where[value]}
    for run in _runs(by_row, steps):
        first = steps[by_row[run[0]]]
        # Levels of a design come again (20, 21, 22, 20 …); what a dragged cell made stands nowhere else.
        is_lone = all(len(column.where[by_row[row]]) == 1 for row in run[1:])
        if is_lone and len(run) >= first.least and first.number >= first.begins_at:
            yield from _run(by_row, run)


def _runs(by_row: dict[int, str], steps: dict[str, _Step]) -> Iterator[list[int]]:
    """Runs of consecutive rows that count up by one."""
    run: list[int] = []
    for row in sorted(by_row):
        step = steps[by_row[row]]
        if run and row == run[-1] + 1:
            last = steps[by_row[run[-1]]]
            if step.frame == last.frame and step.number == last.number + 1:
                run.append(row)
                continue
        if len(run) >= _LEAST_FRACTION_RUN:
            yield run
        run = [row]
    if len(run) >= _LEAST_FRACTION_RUN:
        yield run


def _may_not_count(column: Column) -> bool:
    attribute = column.attribute
    if attribute is None:
        return not _COUNTED.search(column.name)
    if attribute.type in _COUNTED_TYPES or column.is_identity_by_type:
        return False
    if attribute.type in _NEVER_COUNTED:
        return True
    return not _COUNTED.search(attribute.name)


def _step(column: Column, value: str) -> _Step | None:
    reading = column.readings[value]
    if reading.kind is Kind.DATE:
        return _Step(("", ""), reading.day or 0, _LEAST_RUN[Kind.DATE]) if _is_day(column, reading, value) else None
    match = _LAST_NUMBER.fullmatch(value)
    if match is None or reading.kind in (Kind.MISSING, Kind.TERM):
        return None
    before, number, after = match.groups()
    if reading.kind is Kind.COORDINATE:
        match = re.match(r"(\d+)(.*)", value)
        return _Step(("", match[2]), int(match[1]), _LEAST_RUN[Kind.COORDINATE]) if match else None
    if reading.kind is Kind.TEXT:
        return _text_step(before, number, after, value)
    has_fraction = after.startswith(".")
    is_name = column.attribute is not None and column.attribute.type == "taxid"
    least = _LEAST_FRACTION_RUN if has_fraction or is_name else _LEAST_RUN[reading.kind]
    # 1, 2, 3 … are numbers of rows, times and doses; 37, 38, 39 … are a cell that was dragged.
    return _Step((before, after), int(number), least, 0 if has_fraction else _LOWEST)


def _text_step(before: str, number: str, after: str, value: str) -> _Step | None:
    accession = accession_type(value)
    if accession is AccessionType.PROJECT:
        return _Step((before, after), int(number), _LEAST_FRACTION_RUN)
    if accession is not None:
        return None  # Archives give neighbouring numbers to what is handed in together.
    # A lone letter or nothing before the number is a label (A1, A2); a name is what should not have counted.
    return (
        _Step((before, after), int(number), _LEAST_RUN[Kind.TEXT], _LOWEST_CODE) if len(before.strip()) >= 3 else None
    )


def _is_day(column: Column, reading: Reading, value: str) -> bool:
    whole = column.attribute is None or column.attribute.type in DATE_TYPES
    return whole and reading.day is not None and len(value) >= 8


def _run(by_row: dict[int, str], run: list[int]) -> Iterator[Remark]:
    first, last = by_row[run[0]], by_row[run[-1]]
    expected = Text(
        f'"{first}" in rows {run[0]}–{run[-1]} if the cell was dragged down (it counts up to "{last}")',
        f'셀을 끌어 채웠다면 {run[0]}–{run[-1]}행 모두 "{first}"("{last}"까지 1씩 늘어남)',
    )
    for row in run[1:]:
        yield Remark(RemarkKind.COUNTING, (row,), by_row[row], expected, Suggestion(first, MEANT))
