"""One column, or a few, as a sheet for the diagnosis."""

from collections.abc import Iterable

from dsqc.columns import Column, Remark, RemarkKind, TableDiagnosis, diagnose_table
from dsqc.forms import Attribute, compose
from dsqc.model import Cell, Heading, Row, Sheet
from dsqc.submission.table import column_letter
from helpers.submissions import FIELD, PACKAGE

FORM = compose(FIELD, PACKAGE)


def sheet(**columns: Iterable[str]) -> Sheet:
    """A sample sheet of these columns; empty texts are empty cells."""
    lists = {name: list(values) for name, values in columns.items()}
    headings = tuple(Heading(name, name, column_letter(index)) for index, name in enumerate(lists))
    rows = tuple(
        Row(
            "sample",
            number,
            {
                heading.attribute: Cell(value.strip(), value, number, heading.column)
                for heading, value in zip(headings, values, strict=True)
                if value.strip()
            },
        )
        for number, values in enumerate(zip(*lists.values(), strict=True), start=2)
    )
    return Sheet("sample", "sample.tsv", headings, rows)


def attributes() -> dict[str, Attribute]:
    """What the form of the tests says of the sample sheet."""
    return FORM.columns("sample")


def diagnosed(*, known: bool = False, **columns: Iterable[str]) -> TableDiagnosis:
    """The diagnosis of a sheet of these columns; ``known``: under the form."""
    return diagnose_table(sheet(**columns), attributes() if known else {})


def column(values: Iterable[str], name: str = "thing", *, known: bool = False) -> Column:
    """The diagnosis of one column."""
    return diagnosed(known=known, **{name: values}).columns[0]


def remarks(values: Iterable[str], kind: RemarkKind, name: str = "thing", *, known: bool = False) -> list[Remark]:
    """What is remarked of one kind in one column."""
    return [item for item in column(values, name, known=known).remarks if item.kind is kind]


def meant(
    values: Iterable[str], kind: RemarkKind, name: str = "thing", *, known: bool = False
) -> dict[str, str | None]:
    """Value -> suggestion of the remarks of one kind."""
    return {
        item.value: item.suggestion.value if item.suggestion else None
        for item in remarks(values, kind, name, known=known)
    }
