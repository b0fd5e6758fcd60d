"""The submission as dsqc holds it: sheets of cells that know their place, and the objects they describe."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

SHEETS = ("submission", "project", "sample", "experiment", "run", "file")
"""The six sheets of a submission, in the order of the workbook."""

SAFE_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{2,99}")
"""An alias that is safe in paths, object keys and Snakemake wildcards (pattern ``alias`` of the forms)."""


class Verdict(StrEnum):
    """What the judge concludes from findings and metrics."""

    PASS = "pass"  # noqa: S105  not a password
    REVIEW = "review"
    FAIL = "fail"


class SubmissionState(StrEnum):
    """States of a submission (design 5.5); the allowed transitions are data of the catalog."""

    RECEIVED = "received"
    TRANSFERRED = "transferred"
    VALIDATED = "validated"
    MEASURED = "measured"
    IN_CURATION = "in_curation"
    REGISTERED = "registered"
    RELEASED = "released"
    HELD = "held"
    CLOSED = "closed"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Access(StrEnum):
    """Access levels of a submission; ``closed`` is stored on the closed tier only."""

    OPEN = "open"
    CLOSED = "closed"


class FileFormat(StrEnum):
    """Formats of read data that dsqc measures."""

    FASTQ = "fastq"
    BAM = "bam"
    CRAM = "cram"
    SAM = "sam"


class Container(StrEnum):
    """How the bytes of a data file are wrapped."""

    PLAIN = "plain"
    GZIP = "gzip"
    BGZF = "bgzf"
    BZIP2 = "bzip2"
    ZSTD = "zstd"
    XZ = "xz"
    CRAM = "cram"


TECHNICAL_ROLES = frozenset(
    {"I1", "I2", "cell_barcode", "umi_barcode", "sample_barcode", "feature_barcode", "spatial_barcode"}
)
"""Roles of files that hold no reads of the sample; they do not count in the metrics of the run."""


class Cell(NamedTuple):
    """One value of a sheet. A tuple, because a form has a hundred thousand of them.

    Attributes:
        value: the value that rules judge: NFC, outer white space taken off.
        raw: the value as it stood in the sheet.
        row: row as a spreadsheet counts it; the heading is row 1.
        column: column letter (``C``).
    """

    value: str
    raw: str
    row: int
    column: str


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading: the attribute it means (the text itself where no form knows it) and where it stands."""

    attribute: str
    raw: str
    column: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: one object."""

    sheet: str
    number: int
    cells: dict[str, Cell]

    def get(self, attribute: str) -> str:
        """The value of ``attribute``; empty where the sheet has no such column or the cell is empty."""
        cell = self.cells.get(attribute)
        return cell.value if cell else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a submission.

    Attributes:
        name: one of :data:`SHEETS`.
        path: the file it was read from, relative to the submission.
        headings: its columns.
        rows: its objects.
        heading_row: row that the headings stand in.
    """

    name: str
    path: str
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    heading_row: int = 1


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a run, as the ``file`` sheet lists it. Checksums are lower case; empty where not given."""

    name: str
    run_alias: str
    md5: str = ""
    sha256: str = ""
    size_bytes: int | None = None
    read_role: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One run with its files, and the key under which its results stand.

    ``key`` is the alias where that is safe and unique in its submission (case ignored), else ``row-<number>``.
    """

    key: str
    alias: str
    library_id: str
    files: tuple[DataFile, ...]
    row: int = 0


@dataclass(frozen=True, slots=True)
class Submission:
    """What one submitter hands in at once: the sheets, as read."""

    sheets: dict[str, Sheet] = field(default_factory=dict)

    def rows(self, sheet: str) -> tuple[Row, ...]:
        """Rows of ``sheet``; none where it is missing."""
        found = self.sheets.get(sheet)
        return found.rows if found else ()

    def get(self, attribute: str) -> str:
        """A value of the one row of the ``submission`` sheet; empty where there is none."""
        rows = self.rows("submission")
        return rows[0].get(attribute) if rows else ""

    @property
    def alias(self) -> str:
        """The submitter's name for the submission."""
        return self.get("submission_alias")

    @property
    def access(self) -> Access:
        """``closed`` only where the submission says so."""
        return Access.CLOSED if self.get("access_level") == Access.CLOSED.value else Access.OPEN

    def data_files(self) -> tuple[DataFile, ...]:
        """All rows of the ``file`` sheet that name a file."""
        return tuple(
            DataFile(
                name=row.get("file_name"),
                run_alias=row.get("run_alias"),
                md5=row.get("md5").lower(),
                sha256=row.get("sha256").lower(),
                size_bytes=_whole_number(row.get("size_bytes")),
                read_role=row.get("read_role"),
                row=row.number,
            )
            for row in self.rows("file")
            if row.get("file_name")
        )

    def runs(self) -> tuple[Run, ...]:
        """Runs in the order of their sheet, each with its files in the order of theirs."""
        return tuple(self._runs())

    def _runs(self) -> Iterator[Run]:
        files: dict[str, list[DataFile]] = {}
        for data_file in self.data_files():
            files.setdefault(data_file.run_alias, []).append(data_file)
        rows = self.rows("run")
        uses = Counter(row.get("run_alias").casefold() for row in rows)
        for row in rows:
            alias = row.get("run_alias")
            safe = SAFE_ALIAS.fullmatch(alias) is not None and uses[alias.casefold()] == 1
            key = alias if safe else f"row-{row.number}"
            yield Run(key, alias, row.get("library_id"), tuple(files.get(alias, ())), row.number)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``submission.json``."""
        return {
            "schema_version": "1.0",
            "sheets": [
                {
                    "name": sheet.name,
                    "path": sheet.path,
                    **({"heading_row": sheet.heading_row} if sheet.heading_row != 1 else {}),
                    "headings": [[item.attribute, item.raw, item.column] for item in sheet.headings],
                    "rows": [
                        {
                            "number": row.number,
                            "cells": {name: [cell.value, cell.raw, cell.column] for name, cell in row.cells.items()},
                        }
                        for row in sheet.rows
                    ],
                }
                for sheet in self.sheets.values()
            ],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Submission":
        """Read back what :meth:`to_dict` gave."""
        sheets: dict[str, Sheet] = {}
        for sheet in data["sheets"]:
            rows = tuple(
                Row(
                    sheet["name"],
                    row["number"],
                    {name: Cell(value, raw, row["number"], col) for name, (value, raw, col) in row["cells"].items()},
                )
                for row in sheet["rows"]
            )
            headings = tuple(Heading(*item) for item in sheet["headings"])
            sheets[sheet["name"]] = Sheet(sheet["name"], sheet["path"], headings, rows, sheet.get("heading_row", 1))
        return cls(sheets)


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
