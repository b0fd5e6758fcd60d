"""Findings as people read them: the same fault of the same attribute is one line with all its rows and its values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dsqc.language import Text

if TYPE_CHECKING:
    from dsqc.findings import Finding

MOST_VALUES = 5
"""Different values that a group names, the commonest first."""
MOST_HEADINGS = 20
"""Headings that a group names."""
ABOUT_HEADINGS = frozenset({"DSQC-T003", "DSQC-T004", "DSQC-T006"})
"""Rules on headings: a sheet's wrong headings read as one line, in which they are the values."""
MOST_RANGES = 8
"""Ranges of rows that a line shows; the data have them all."""

Range = tuple[int, int]
"""First and last row of consecutive ones."""
GroupKey = tuple[str, str, str, str, str]
"""What findings of a group have in common: code, severity, file, sheet, attribute."""


@dataclass(frozen=True, slots=True)
class GroupValue:
    """One of the values that a group was found in, how often, and what it probably should be (``None``: unknown)."""

    value: str
    count: int
    suggestion: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``group.schema.json``."""
        return {"value": self.value, "count": self.count, "suggestion": self.suggestion}


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The findings of one code on one attribute of one sheet, on the headings of one sheet, or in data files.

    Attributes:
        first: the first of them by its place; its texts stand for all.
        count: how many they are.
        rows: all their rows as ranges; none for data files.
        values: the commonest of their values; for data files the files.
        value_count: how many different values, or files.
    """

    first: "Finding"
    count: int
    rows: tuple[Range, ...] = ()
    values: tuple[GroupValue, ...] = ()
    value_count: int = 0

    @property
    def row_count(self) -> int:
        """Rows concerned."""
        return sum(last - start + 1 for start, last in self.rows)

    @property
    def mended_at_once(self) -> int:
        """Cells that hold the commonest value: replacing it once mends so many. A data file is sent again as one."""
        return self.values[0].count if self.values and self.first.location.sheet else 1

    @property
    def is_about_headings(self) -> bool:
        """Whether its values are headings of the sheet."""
        return self.first.code in ABOUT_HEADINGS

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """For people: the worst first, then what one correction mends most of."""
        return (self.first.severity.rank, -self.mended_at_once, -self.count, self.first.sort_key)

    def place(self) -> Text:
        """Where it was found, all rows in one: ``sample.tsv sample C12–C2011 (2,000 rows) tissue``."""
        where = self.first.location
        if not where.sheet and self.value_count > 1:
            more = self.value_count - 1
            return Text(f"{where} and {more:,} more files", f"{where} 외 파일 {more:,}개")
        if self.is_about_headings and self.count > 1:
            sheet = f"{where.path} {where.sheet}"
            return Text(f"{sheet} ({self.count:,} columns)", f"{sheet} ({self.count:,}개 열)")
        if self.row_count < 2:
            more = self.count - 1
            return Text(f"{where} (+{more:,})", f"{where} (+{more:,})") if more else Text(str(where), str(where))
        before = " ".join(part for part in (where.path, where.sheet) if part)
        cells = row_text(self.rows, where.column)
        return Text(
            f"{before} {cells} ({self.row_count:,} rows) {where.attribute}".strip(),
            f"{before} {cells} ({self.row_count:,}행) {where.attribute}".strip(),
        )

    def value_text(self) -> str:
        """The values (or files) with counts and suggestions, where there are several; else the message says all."""
        if self.value_count < 2:
            return ""
        parts = [
            f'"{item.value}"'
            + (f' → "{item.suggestion}"' if item.suggestion is not None else "")
            + ("" if self.is_about_headings else f" ×{item.count:,}")
            for item in self.values
        ]
        rest = self.value_count - len(self.values)
        return ", ".join(parts) + (f", … +{rest:,}" if rest else "")

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``group.schema.json``."""
        return {
            "code": self.first.code,
            "severity": self.first.severity.value,
            "count": self.count,
            "row_count": self.row_count,
            "rows": range_text(self.rows),
            "value_count": self.value_count,
            "values": [item.to_dict() for item in self.values],
            "first": self.first.to_dict(),
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], first: "Finding") -> "FindingGroup":
        """Read back what :meth:`to_dict` gave; ``first`` is its ``first``, read back."""
        return cls(
            first=first,
            count=row["count"],
            rows=parse_rows(row["rows"]),
            values=tuple(GroupValue(**item) for item in row["values"]),
            value_count=row["value_count"],
        )


def range_text(ranges: Iterable[Range]) -> str:
    """Ranges as data: ``2-4,7``."""
    return ",".join(str(start) if start == last else f"{start}-{last}" for start, last in ranges)


def parse_rows(text: str) -> tuple[Range, ...]:
    """What :func:`range_text` gave, as ranges."""
    found: list[Range] = []
    for part in text.split(",") if text else ():
        start, _dash, last = part.partition("-")
        found.append((int(start), int(last or start)))
    return tuple(found)


def row_ranges(rows: Iterable[int]) -> tuple[Range, ...]:
    """Row numbers as ranges, ascending."""
    found: list[Range] = []
    for row in sorted(set(rows)):
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return tuple(found)


def row_text(ranges: Sequence[Range], column: str = "", most: int = MOST_RANGES) -> str:
    """Ranges for people: ``C2–C5, C9``; with ``…`` where there are more than ``most``."""
    shown = [
        f"{column}{start}" if start == last else f"{column}{start}–{column}{last}" for start, last in ranges[:most]
    ]
    return ", ".join(shown) + (", …" if len(ranges) > most else "")


def _place_key(item: "Finding") -> tuple[Any, ...]:
    """The order within a group: by place, whatever the objects are called."""
    return (item.location.sort_key, item.sort_key)


def _is_behind(item: "Finding", first: "Finding") -> bool:
    """Whether ``item`` plainly does not stand before ``first``: readers go from top to bottom."""
    one, other = item.location, first.location
    if item is first or one.path != other.path or one.sheet != other.sheet:
        return item is first
    if one.row is not None and other.row is not None:
        return one.row > other.row
    return one.record is not None and other.record is not None and one.row == other.row and one.record > other.record


@dataclass(slots=True)
class Tally:
    """A group that is still growing. What it keeps is bounded by the cells of a sheet, or by the number of files."""

    first: "Finding"
    count: int = 0
    rows: set[int] = field(default_factory=set)
    values: dict[tuple[str, str | None], int] = field(default_factory=dict)
    unlisted: int = 0

    def add(self, item: "Finding") -> None:
        """Count ``item`` in."""
        self.count += item.count
        if not _is_behind(item, self.first) and _place_key(item) < _place_key(self.first):
            self.first = item
        where = item.location
        if where.row is not None:
            self.rows.add(where.row)
        if where.sheet:
            key = (item.value, item.suggestion.value if item.suggestion else None)
        else:
            key = (where.path or item.object_id, None)
        self.values[key] = self.values.get(key, 0) + item.count

    def merge(self, other: "Tally") -> None:
        """Take over what another part of the same group holds."""
        self.count += other.count
        self.first = min(self.first, other.first, key=_place_key)
        self.rows |= other.rows
        for key, number in other.values.items():
            self.values[key] = self.values.get(key, 0) + number
        self.unlisted += other.unlisted

    def mapped(self, change: Callable[["Finding"], "Finding"]) -> "Tally":
        """The same group with every finding changed: its first one, and each value as the first one would hold it."""
        found = Tally(change(self.first), self.count, set(self.rows), {}, self.unlisted)
        for (value, meant), number in self.values.items():
            item = change(replace(self.first, value=value))
            # A value that was changed shall not come back as what it should be.
            key = (item.value, meant if item.value == value else None) if self.first.location.sheet else (value, meant)
            found.values[key] = found.values.get(key, 0) + number
        return found

    @classmethod
    def of(cls, group: FindingGroup) -> "Tally":
        """The tally that a finished group came from, apart from values that it does not name."""
        return cls(
            group.first,
            group.count,
            {row for start, last in group.rows for row in range(start, last + 1)},
            {(item.value, item.suggestion): item.count for item in group.values},
            group.value_count - len(group.values),
        )

    def finish(self) -> FindingGroup:
        """The group as it stands now."""
        # A value that is suggested otherwise from one row to the next stands once for each suggestion.
        ordered = sorted(self.values.items(), key=lambda pair: (-pair[1], pair[0][0], pair[0][1] or ""))
        most = MOST_HEADINGS if self.first.code in ABOUT_HEADINGS else MOST_VALUES
        return FindingGroup(
            first=replace(self.first, count=1, truncated=False),
            count=self.count,
            rows=row_ranges(self.rows),
            values=tuple(GroupValue(value, number, meant) for (value, meant), number in ordered[:most]),
            value_count=len(ordered) + self.unlisted,
        )
