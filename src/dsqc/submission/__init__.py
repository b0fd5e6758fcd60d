"""Read a submission (one workbook, or six TSV files) into the model; every value remembers sheet, row and column.

Imported by stages and above; imports forms (headings) and the core::

    submission, findings = read(Path("my_submission"), labels(form))
    submission.rows("sample")[0].cells["organism"].column
"""

from dsqc.submission.correction import Correction, correct, write_corrected_text
from dsqc.submission.layout import is_form_file, readable_name, sheet_files
from dsqc.submission.reader import interpret, read, read_tables
from dsqc.submission.table import Table, Tables
from dsqc.submission.text import decode
from dsqc.submission.workbook_edit import CellChange, fixed_cells, write_corrected

__all__ = [
    "CellChange",
    "Correction",
    "Table",
    "Tables",
    "correct",
    "decode",
    "fixed_cells",
    "interpret",
    "is_form_file",
    "read",
    "read_tables",
    "readable_name",
    "sheet_files",
    "write_corrected",
    "write_corrected_text",
]
