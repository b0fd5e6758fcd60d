"""Diagnosis of whole columns: what a column holds, and which of its cells do not fit the rest of it.

Imported by rules and above; imports forms and the core. It needs no form: without one a column is judged by itself::

    for table in diagnose(submission, attributes):
        for column in table.columns:
            column.fill_rate, column.remarks
"""

from dsqc.columns.column import Column
from dsqc.columns.diagnose import TableDiagnosis, diagnose, diagnose_table
from dsqc.columns.remark import Remark, RemarkKind

__all__ = ["Column", "Remark", "RemarkKind", "TableDiagnosis", "diagnose", "diagnose_table"]
