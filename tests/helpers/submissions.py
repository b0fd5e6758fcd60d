"""Submissions on disk: sheets as tables of texts, written as TSV or as a workbook."""

from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from dsqc.forms import compose
from dsqc.model import SHEETS
from helpers.forms import minimal_record

FIELD, PACKAGE = "seed_crop", "Plant_fungi"
TODAY = "2026-09-01"
Tables = dict[str, list[list[str]]]
"""Sheet -> rows; the first row holds the headings."""


def good_tables(field: str = FIELD, package: str = PACKAGE) -> Tables:
    """A submission without a finding: one sample, one single-end library, one FASTQ file."""
    record = minimal_record(compose(field, package))
    record["submission"][0] |= {"access_level": "open", "release_date": ""}
    record["experiment"][0] |= {"library_layout": "SINGLE", "library_strategy": "WGS", "insert_size": ""}
    record["file"][0] |= {"read_role": ""}
    return {name: [list(record[name][0]), list(record[name][0].values())] for name in SHEETS}


def column(tables: Tables, sheet: str, attribute: str) -> int:
    """Index of a column; added, empty, where it is not there."""
    headings = tables[sheet][0]
    if attribute not in headings:
        for row in tables[sheet]:
            row.extend([""] * (len(headings) - len(row)))
        headings.append(attribute)
        for row in tables[sheet][1:]:
            row.append("")
    return headings.index(attribute)


def put(tables: Tables, sheet: str, row: int = 1, **values: str) -> None:
    """Set cells of a row (1 is the first below the headings)."""
    for attribute, value in values.items():
        index = column(tables, sheet, attribute)
        tables[sheet][row][index] = value


def add(tables: Tables, sheet: str, **values: str) -> None:
    """Add a row: a copy of the first with other values."""
    tables[sheet].append(list(tables[sheet][1]))
    put(tables, sheet, len(tables[sheet]) - 1, **values)


def drop(tables: Tables, sheet: str, attribute: str) -> None:
    """Take a column out."""
    index = tables[sheet][0].index(attribute)
    for row in tables[sheet]:
        del row[index]


def to_tsv(rows: list[list[str]]) -> str:
    """Tab-separated text as a spreadsheet writes it: what holds a tab, a quote or a line break stands in quotes."""

    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if set(cell) & set('\t"\r\n') else cell

    return "".join("\t".join(quoted(cell) for cell in row) + "\n" for row in rows)


def write_tsv(folder: Path, tables: Tables, *, encoding: str = "utf-8", newline: str = "\n") -> Path:
    """Write a TSV file a sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        (folder / f"{name}.tsv").write_bytes(to_tsv(rows).replace("\n", newline).encode(encoding))
    return folder


def write_xlsx(path: Path, tables: Tables) -> Path:
    """Write one workbook, every cell as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"created": datetime(2026, 9, 1, tzinfo=UTC)})
        for name, rows in tables.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                for index, cell in enumerate(row):
                    if cell:
                        sheet.write_string(number, index, cell)
    return path
