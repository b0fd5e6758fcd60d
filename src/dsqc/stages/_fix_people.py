"""Personal data taken out of cells of a corrected copy, where the submitter asks for it (``--fix --mask-people``).

Not a suggestion of the rules: what the cell should hold instead only its author knows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dsqc.findings import CERTAIN, Finding, Suggestion
from dsqc.personal import PersonalCell, Seen
from dsqc.rules.privacy import CODES
from dsqc.submission.correction import CellKey

REMOVED = "[removed]"
UNSURE = 0.6
"""Confidence of what may be no person: names, digits without a separator."""
_KEYS = ("_name", "_alias", "_id")
"""Ends of attributes that other sheets name objects by: a key without blanks stays, and is left to a person."""


def without_people(found: Iterable[Finding], cells: Iterable[PersonalCell]) -> Iterator[Finding]:
    """``found``; findings about people in cells suggest the cell without them.

    Args:
        found: findings of the form.
        cells: what in its cells points at people.
    """
    values: dict[CellKey, tuple[str, bool]] = {}
    for row, name, value, seen in cells:
        if " " in value.strip() or not name.endswith(_KEYS):
            key = (row.sheet, row.number, row.cells[name].column)
            values[key] = _without(value, seen), all(item.sure and CODES[item.kind] != "DSQC-H004" for item in seen)
    for item in found:
        place = item.location
        known = values.get((place.sheet, place.row or 0, place.column))
        if known is None or item.code not in CODES.values() or item.suggestion is not None:
            yield item
        else:
            yield replace(item, suggestion=Suggestion(known[0], CERTAIN if known[1] else UNSURE))


def _without(value: str, seen: Iterable[Seen]) -> str:
    """``value`` with every find replaced; finds that overlap go together."""
    text, end = "", 0
    for item in sorted(seen, key=lambda found: found.start):
        if item.start >= end:
            text += value[end : item.start] + REMOVED
        end = max(end, item.end)
    return text + value[end:]
