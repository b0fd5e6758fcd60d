"""One column with everything that is counted in it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from dsqc.columns.reading import Kind, Reading, is_missing, read_date, read_value
from dsqc.columns.remark import Remark
from dsqc.forms import Attribute, is_missing_term, vocabulary
from dsqc.forms.value import DATE_TYPES
from dsqc.model import Sheet

IDENTITY_TYPES = frozenset(
    {"ref", "filename", "md5", "sha256", "pseudonym", "uri", "email", "accession_list", "id_list"}
)
"""Types whose values name one thing each: they differ by a letter and count up by their nature."""
MOSTLY = 0.9
"""Share of a column's values that makes it a column of their kind."""
FEWEST = 10
"""Values that a column needs before one of them can be told from the rest."""


@dataclass(eq=False)
class Column:
    """A column of a sheet.

    Attributes:
        sheet: name of its sheet.
        name: the attribute that the heading means, else the heading.
        heading: the heading as it stands.
        letter: column letter.
        attribute: what the form says of it; ``None`` where no form knows it.
        row_count: rows of the sheet.
        where: rows by value, both in the order of the sheet; empty cells are left out.
        remarks: what the diagnosis says of its cells.
    """

    sheet: str
    name: str
    heading: str
    letter: str
    attribute: Attribute | None
    row_count: int
    where: dict[str, list[int]]
    untidy: int = 0
    remarks: list[Remark] = field(default_factory=list)

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """Each different value as it can be read in this column."""
        return {value: self.read(value) for value in self.where}

    def read(self, value: str) -> Reading:
        """What ``value`` is in this column."""
        if self.attribute is not None:
            if self.attribute.vocabulary is not None and value in vocabulary(self.attribute.vocabulary):
                return Reading(Kind.TERM)
            if self.is_identity_by_type:
                return Reading(Kind.MISSING if is_missing(value) else Kind.TEXT)
            if self.attribute.type in DATE_TYPES:
                return read_date(value) or read_value(value)
        return read_value(value)

    @cached_property
    def filled(self) -> int:
        """Cells that hold something."""
        return sum(len(rows) for rows in self.where.values())

    @property
    def fill_rate(self) -> float:
        """Share of the rows in which it holds something, 0 to 1."""
        return self.filled / self.row_count if self.row_count else 0.0

    @cached_property
    def counts(self) -> Counter[str]:
        """Cells by value."""
        return Counter({value: len(rows) for value, rows in self.where.items()})

    @cached_property
    def kinds(self) -> Counter[Kind]:
        """Cells by what they hold."""
        found: Counter[Kind] = Counter()
        for value, number in self.counts.items():
            found[self.readings[value].kind] += number
        return found

    @cached_property
    def said(self) -> int:
        """Cells that hold more than a word for "nothing"."""
        return self.filled - self.kinds[Kind.MISSING]

    @cached_property
    def missing_terms(self) -> int:
        """Cells with a missing-value term that INSDC knows."""
        return sum(
            number
            for value, number in self.counts.items()
            if self.readings[value].kind is Kind.MISSING and is_missing_term(value)
        )

    @property
    def main_kind(self) -> Kind | None:
        """The kind that nearly all values are of; ``None`` where they are mixed."""
        for kind, number in self.kinds.items():
            if kind is not Kind.MISSING and number >= MOSTLY * self.said:
                return kind
        return None

    @property
    def is_constant(self) -> bool:
        """Whether all of at least two rows hold the same."""
        return len(self.where) == 1 and self.filled == self.row_count > 1

    @property
    def is_identity_by_type(self) -> bool:
        """Whether the form says that its values name one thing each."""
        return self.attribute is not None and self.attribute.type in IDENTITY_TYPES

    @property
    def is_identity(self) -> bool:
        """Whether its values name one thing each."""
        if self.is_identity_by_type:
            return True
        return self.said >= FEWEST and len(self.where) > MOSTLY * self.filled and Kind.TEXT in self.kinds

    def of_kind(self, *kinds: Kind) -> dict[str, Reading]:
        """Values of these kinds."""
        return {value: reading for value, reading in self.readings.items() if reading.kind in kinds}

    def rows_of(self, values: Iterable[str]) -> tuple[int, ...]:
        """Rows that hold one of ``values``."""
        return tuple(sorted(row for value in values for row in self.where[value]))


def read_columns(sheet: Sheet, attributes: dict[str, Attribute]) -> list[Column]:
    """The columns of ``sheet`` in their order."""
    values: dict[str, dict[str, list[int]]] = {heading.attribute: {} for heading in sheet.headings}
    untidy: Counter[str] = Counter()
    for row in sheet.rows:
        number = row.number
        for name, cell in row.cells.items():
            column = values.setdefault(name, {})
            rows = column.get(cell.value)
            if rows is None:
                column[cell.value] = [number]
            else:
                rows.append(number)
            if cell.raw != cell.value:
                untidy[name] += 1
    return [
        Column(
            sheet.name,
            heading.attribute,
            heading.raw,
            heading.column,
            attributes.get(heading.attribute),
            len(sheet.rows),
            values[heading.attribute],
            untidy[heading.attribute],
        )
        for heading in sheet.headings
    ]
