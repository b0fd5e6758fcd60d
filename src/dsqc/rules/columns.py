"""Rules on whole columns: cells that do not fit the rest of their column. A person decides.

A value that stands in a sheet is judged against the others of its column, never against the form alone.
"""

from collections.abc import Iterator

from dsqc.columns import Remark, RemarkKind, TableDiagnosis, diagnose_table
from dsqc.columns.diagnose import Attributes
from dsqc.findings import Finding, Location, finding
from dsqc.model import Sheet, Submission
from dsqc.rules.checking import NAMES, Check, rule
from dsqc.rules.dates import DATE_FORMS, HAPPENED, first_day

COLUMN_CODES = {
    RemarkKind.SPELLING: "DSQC-T030",
    RemarkKind.OUTLIER: "DSQC-T031",
    RemarkKind.SHIFTED: "DSQC-T032",
    RemarkKind.UNITS: "DSQC-T033",
    RemarkKind.KINDS: "DSQC-T034",
    RemarkKind.ZEROS: "DSQC-T035",
    RemarkKind.CUT_OFF: "DSQC-T036",
    RemarkKind.DATE_ORDER: "DSQC-T037",
    RemarkKind.COUNTING: "DSQC-T010",
}
"""Rules by what a remark says; other remarks stand in the profile only. T010 also knows marks on single values."""


@rule(
    *("DSQC-T030", "DSQC-T031", "DSQC-T032", "DSQC-T033", "DSQC-T034", "DSQC-T035", "DSQC-T036", "DSQC-T037"), long=True
)
def whole_columns(check: Check) -> Iterator[Finding]:
    """Every cell that does not fit its column; of a date in the future S012 says enough."""
    for found in column_findings(check.submission, check.columns):
        if found.code != COLUMN_CODES[RemarkKind.OUTLIER] or not _is_to_come(check, found):
            yield found


def _is_to_come(check: Check, found: Finding) -> bool:
    """Whether the finding is about a date of what has happened that lies after today."""
    place = found.location
    # A column of the submitter's own is no attribute of the form.
    attribute = check.columns[place.sheet].get(place.attribute) if place.sheet in HAPPENED else None
    if attribute is None or attribute.type not in DATE_FORMS:
        return False
    day = first_day(found.value)
    return day is not None and day > check.context.today


def column_findings(submission: Submission, attributes: Attributes) -> Iterator[Finding]:
    """What the diagnosis finds; it needs no form, so a table whose form is not known is diagnosed too.

    Args:
        submission: the sheets.
        attributes: what the form says of their columns.
    """
    for sheet in submission.sheets.values():
        yield from _sheet_findings(sheet, diagnose_table(sheet, attributes.get(sheet.name, {})))


def _sheet_findings(sheet: Sheet, table: TableDiagnosis) -> Iterator[Finding]:
    names: dict[int, str] = {}
    for column in table.columns:
        for remark in column.remarks:
            if remark.kind not in COLUMN_CODES:
                continue
            if not names:
                names = {row.number: row.get(NAMES[sheet.name]) for row in sheet.rows}
            for row in remark.rows:
                place = Location(sheet.path, sheet.name, row, column.letter, column.name)
                yield _finding(remark, place, names[row])


def _finding(remark: Remark, place: Location, name: str) -> Finding:
    return finding(
        COLUMN_CODES[remark.kind],
        place,
        object_id=name,
        value=remark.value,
        expected=remark.expected.en,
        expected_ko=remark.expected.ko,
        suggestion=remark.suggestion,
    )
