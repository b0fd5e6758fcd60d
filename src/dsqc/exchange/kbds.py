"""Public records in the columns of K-BDS's own forms: BioProject, BioSample, KRA experiment and run.

One workbook with a sheet a form, headings in Korean and English, and the same as TSV with the English headings that
the forms have. A column that dsqc does not ask for, or that names a person, is there and empty.
"""

import csv
import functools
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from dsqc.artefact import atomic_path, write_text
from dsqc.exchange.records import PublicRecord, public_parts, public_records
from dsqc.exchange.tables import rows

SHEETS = {"bioproject": "project", "biosample": "sample", "experiment": "experiment", "run": "run"}
"""Form of K-BDS -> kind of record."""
WORKBOOK = "kbds.xlsx"
MATES = ";"
"""Joins the files of one run, as the form of KRA wants it."""
_LOWER = frozenset({"library_layout"})
"""Attributes whose terms K-BDS writes in lower case."""


def export_kbds(session: Session, directory: Path, accessions: Sequence[str] = ()) -> dict[str, int]:
    """Write ``<form>.tsv`` for each form and ``kbds.xlsx`` into ``directory``.

    Args:
        accessions: only these, with what they belong to and what belongs to them; none: every public record.

    Returns:
        Records by form.

    Raises:
        UsageError: a number is of no public record.
        StorageFault: the disk refused.
    """
    records = public_parts(session, accessions) if accessions else public_records(session)
    tables: dict[str, list[list[str]]] = {form: [] for form in SHEETS}
    forms = {kind: form for form, kind in SHEETS.items()}
    for record in records:
        if record.minted:
            form = forms[record.kind]
            tables[form].append([_value(column, record) for column in _columns(form)])
    for form, table in tables.items():
        table.sort()
        _write_tsv(directory / f"{form}.tsv", [column["label_en"] for column in _columns(form)], table)
    _write_workbook(directory / WORKBOOK, tables)
    return {form: len(table) for form, table in tables.items()}


@functools.cache
def _columns(form: str) -> tuple[dict[str, str], ...]:
    return tuple(row for row in rows("kbds_columns") if row["sheet"] == form)


def _value(column: Mapping[str, str], record: PublicRecord) -> str:
    name = column["value"]
    if column["from"] == "record":
        return _OF_RECORD[name](record)
    if column["from"] == "submission":
        return record.submission.get(name, "")
    value = record.attributes.get(name, "")
    return value.lower() if name in _LOWER else value


def _has_umbrella(record: PublicRecord) -> str:
    return "Yes" if record.attributes.get("umbrella_accession") else "No"


_OF_RECORD: dict[str, Callable[[PublicRecord], str]] = {
    "accession": lambda record: record.accession,
    "project": lambda record: record.related("project"),
    "sample": lambda record: record.related("sample"),
    "experiment": lambda record: record.related("experiment"),
    "package": lambda record: record.submission.get("package", ""),
    "release_date": lambda record: record.submission.get("release_date", ""),
    "has_umbrella": _has_umbrella,
    "file_names": lambda record: MATES.join(str(file["name"]) for file in record.files),
    "file_md5": lambda record: MATES.join(str(file["md5"]) for file in record.files),
}


def _write_tsv(path: Path, headings: Sequence[str], table: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(table)
    write_text(path, text.getvalue())


def _write_workbook(path: Path, tables: Mapping[str, Sequence[Sequence[str]]]) -> None:
    import xlsxwriter

    with atomic_path(path) as temporary:
        # Formulas and links are what a cell of a submitter must never become.
        options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
        with xlsxwriter.Workbook(temporary, options) as workbook:
            workbook.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001  the same bytes each time
            bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
            for form, table in tables.items():
                sheet = workbook.add_worksheet(form)
                sheet.freeze_panes(2, 1)
                for number, row in enumerate(_lines(form, table)):
                    for index, cell in enumerate(row):
                        if cell:
                            sheet.write_string(number, index, cell, *([bold] if number < 2 else []))
                sheet.set_column(0, len(_columns(form)) - 1, 22)


def _lines(form: str, table: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Two lines of headings, Korean first, then the records."""
    yield [column["label_ko"] for column in _columns(form)]
    yield [column["label_en"] for column in _columns(form)]
    yield from table
