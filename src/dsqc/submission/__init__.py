"""Read a submission (one workbook, or six TSV files) into the model; every value remembers sheet, row and column.

Imported by stages and above; imports forms (headings) and the core::

    submission, findings = read(Path("my_submission"), labels(form))
    submission.rows("sample")[0].cells["organism"].column
"""

from dsqc.submission.correction import Correction, correct
from dsqc.submission.layout import is_form_file, lone_table, readable_name, sheet_files
from dsqc.submission.reader import interpret, read, read_tables
from dsqc.submission.table import Table, Tables
from dsqc.submission.text import decode

__all__ = [
    "Correction",
    "Table",
    "Tables",
    "correct",
    "decode",
    "interpret",
    "is_form_file",
    "lone_table",
    "read",
    "read_tables",
    "readable_name",
    "sheet_files",
]
