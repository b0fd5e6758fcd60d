"""Raw tables: rows of texts as they stand in a sheet, before anybody knows what the headings mean."""

import unicodedata
from dataclasses import dataclass, field

from dsqc.findings import FindingLog

_OUTER = "".join(map(chr, [*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F]))
_ASCII_BLANKS = "\t\n\v\f\r "
OUTER_BLANKS = _OUTER + "\u205f\u3000\ufeff"
"""White space that is taken off the ends of a value: Unicode's, and the zero-width marks that copying leaves behind."""

MOST_COLUMNS = 1024
MOST_ROWS = 100_000
MOST_BYTES = 64 * 2**20
"""Bounds of one sheet, far above any form (2,000 samples, about 100 attributes); what is larger is no form."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row that holds something: its number as a spreadsheet counts it, and its cells from column A on."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet as it stands. ``path`` is its file, relative to the submission. Empty rows are left out."""

    name: str
    path: str
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """All sheets that could be read, those that are there but could not, and what was found on the way."""

    tables: dict[str, Table] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    findings: FindingLog = field(default_factory=FindingLog)

    def only(self, *names: str) -> "Tables":
        """The sheets ``names`` alone, without what was found on the way."""
        return Tables({key: table for key, table in self.tables.items() if key in names}, self.unreadable)


def clean(text: str) -> str:
    """The value that rules judge: Unicode NFC, outer white space taken off."""
    if text.isascii():  # The most of all cells, and the long list of blanks costs more than the rest of reading them.
        return text.strip(_ASCII_BLANKS)
    return unicodedata.normalize("NFC", text).strip(OUTER_BLANKS)


def column_letter(index: int) -> str:
    """Spreadsheet letters of the column ``index`` (0 is A, 26 is AA)."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Index of the column ``letters`` (A is 0, AA is 26)."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
