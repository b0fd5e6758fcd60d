"""The diagnosis of a whole table, column by column."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dsqc.columns.block import block_remark
from dsqc.columns.column import Column, read_columns
from dsqc.columns.counting import counting_remarks
from dsqc.columns.mixture import mixture_remarks
from dsqc.columns.outlier import outlier_remarks
from dsqc.columns.remark import Remark
from dsqc.columns.shift import shift_remarks
from dsqc.columns.spelling import spelling_remarks
from dsqc.forms import Attribute
from dsqc.model import Sheet, Submission

Attributes = Mapping[str, Mapping[str, Attribute]]
"""Sheet -> what the form says of its columns; empty where no form is known."""


@dataclass(frozen=True)
class TableDiagnosis:
    """One sheet and its columns in their order."""

    sheet: Sheet
    columns: tuple[Column, ...]

    @cached_property
    def remarks(self) -> tuple[Remark, ...]:
        """What is to be said of the sheet as a whole. No rule needs it."""
        block = block_remark(self.sheet, self.columns)
        return (block,) if block else ()


def diagnose(submission: Submission, attributes: Attributes) -> list[TableDiagnosis]:
    """Diagnose every sheet of ``submission``."""
    return [diagnose_table(sheet, attributes.get(sheet.name, {})) for sheet in submission.sheets.values()]


def diagnose_table(sheet: Sheet, attributes: Mapping[str, Attribute]) -> TableDiagnosis:
    """Diagnose one sheet."""
    columns = read_columns(sheet, dict(attributes))
    if len(sheet.rows) > 1:
        shift_remarks(columns)
        for column in columns:
            column.remarks.extend(spelling_remarks(column))
            column.remarks.extend(outlier_remarks(column))
            column.remarks.extend(counting_remarks(column))
    for column in columns:
        column.remarks.extend(mixture_remarks(column))
    return TableDiagnosis(sheet, tuple(columns))
