"""Rows that belong together, so that a condition may ask for ``experiment.library_strategy`` in a row of ``sample``."""

from collections.abc import Callable, Iterable
from itertools import pairwise

from dsqc.model import Row, Submission

_CHAIN = ("sample", "experiment", "run", "file")
"""Sheets that refer upwards, each to the one before it."""
_REFERENCES = {"experiment": "sample_name", "run": "library_id", "file": "run_alias"}
"""The attribute by which a sheet refers to the one above; the sheet above is named by an attribute of the same name."""


class Ties:
    """The ties between the rows of one submission."""

    def __init__(self, submission: Submission) -> None:
        self._submission = submission
        self._named: dict[tuple[str, str], list[Row]] = {}
        self._referring: dict[tuple[str, str], list[Row]] = {}
        for above, below in pairwise(_CHAIN):
            attribute = _REFERENCES[below]
            for row in submission.rows(above):
                self._named.setdefault((above, row.get(attribute)), []).append(row)
            for row in submission.rows(below):
                self._referring.setdefault((below, row.get(attribute)), []).append(row)

    def rows(self, row: Row, sheet: str) -> tuple[Row, ...]:
        """Rows of ``sheet`` that ``row`` is tied to; all rows of a sheet that stands outside the chain."""
        if sheet == row.sheet:
            return (row,)
        if sheet not in _CHAIN or row.sheet not in _CHAIN:
            return self._submission.rows(sheet)
        here, there = _CHAIN.index(row.sheet), _CHAIN.index(sheet)
        found = [row]
        while here != there:
            found = self._up(found, here) if here > there else self._down(found, here)
            here += -1 if here > there else 1
        return tuple(found)

    def _up(self, rows: Iterable[Row], level: int) -> list[Row]:
        attribute = _REFERENCES[_CHAIN[level]]
        return _once(tied for row in rows for tied in self._named.get((_CHAIN[level - 1], row.get(attribute)), ()))

    def _down(self, rows: Iterable[Row], level: int) -> list[Row]:
        below = _CHAIN[level + 1]
        attribute = _REFERENCES[below]
        return _once(tied for row in rows for tied in self._referring.get((below, row.get(attribute)), ()))

    def values(self, row: Row) -> Callable[[str], str | tuple[str, ...]]:
        """What ``Condition.holds`` asks: the row's own value of ``name``, those of tied rows for ``sheet.name``."""

        def value(name: str) -> str | tuple[str, ...]:
            sheet, point, attribute = name.partition(".")
            if not point:
                return row.get(name)
            return tuple(tied.get(attribute) for tied in self.rows(row, sheet))

        return value


def _once(rows: Iterable[Row]) -> list[Row]:
    return list({row.number: row for row in rows}.values())
