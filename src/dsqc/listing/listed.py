"""Which files a submission lists, and which of those names may be used at all."""

import re
from dataclasses import dataclass
from pathlib import Path

from dsqc.findings import Finding, FindingLog, Location, finding
from dsqc.forms import core_labels
from dsqc.listing.digests import Expected
from dsqc.listing.names import LONGEST_NAME_BYTES, is_bare, is_short, normalise
from dsqc.model import Row, Sheet, Submission
from dsqc.submission import read

_MD5 = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the file sheet. ``is_taken`` is false where the name cannot be used; a finding says why."""

    name: str
    row: Row
    sheet: Sheet
    expected: Expected
    size_bytes: int | None
    is_taken: bool

    def location(self, attribute: str) -> Location:
        """The cell of ``attribute``."""
        return _place(self.sheet, self.row, attribute)


def read_listing(inbox: Path) -> Submission:
    """The submission as far as the transfer needs it. What is wrong with its forms is for ``validate`` to say."""
    return read_listing_with_findings(inbox)[0]


def read_listing_with_findings(inbox: Path) -> tuple[Submission, FindingLog]:
    """The same, and what the reader has to say."""
    # The file sheet, and the one that says who may see the data.
    return read(inbox, {sheet: core_labels()[sheet] for sheet in ("file", "submission")})


def listed_files(submission: Submission, log: FindingLog) -> list[Listed]:
    """Rows of the file sheet that name a file, in their order; findings about names go to ``log``.

    Names that differ in letter case only would be one file on some systems: the first is taken, the others are not.
    """
    sheet = submission.sheets.get("file")
    if sheet is None:
        return []
    found: list[Listed] = []
    first: dict[str, Listed] = {}
    for row, data_file in zip(_naming_rows(sheet), submission.data_files(), strict=True):
        name = normalise(data_file.name)
        expected = Expected(_proper(_MD5, data_file.md5), _proper(_SHA256, data_file.sha256))
        fault = _name_fault(name, sheet, row)
        twin = first.get(name.casefold())
        if fault is None and twin and twin.name != name:
            rows = f"{twin.row.number}, {row.number}"
            fault = finding("DSQC-F002", _place(sheet, row, "file_name"), object_id=name, value=name, expected=rows)
        if fault:
            log.add(fault)
        item = Listed(name, row, sheet, expected, data_file.size_bytes, fault is None)
        found.append(item)
        if fault is None:
            first.setdefault(name.casefold(), item)
    return found


def _naming_rows(sheet: Sheet) -> list[Row]:
    return [row for row in sheet.rows if row.get("file_name")]


def _name_fault(name: str, sheet: Sheet, row: Row) -> Finding | None:
    place = _place(sheet, row, "file_name")
    if not is_bare(name):
        bare = re.split(r"[/\\]", name)[-1]
        return finding(
            "DSQC-F014", place, object_id=name, value=name, expected=bare if is_bare(bare) else "S1_R1.fastq.gz"
        )
    if not is_short(name):
        limit = f"<= {LONGEST_NAME_BYTES} bytes"
        limit_ko = f"{LONGEST_NAME_BYTES}바이트 이하"
        return finding("DSQC-F001", place, object_id=name, value=name, expected=limit, expected_ko=limit_ko)
    return None


def _place(sheet: Sheet, row: Row, attribute: str) -> Location:
    cell = row.cells.get(attribute)
    return Location(sheet.path, sheet.name, row.number, cell.column if cell else "", attribute)


def _proper(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
