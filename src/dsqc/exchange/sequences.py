"""Which packages of a centre are missing: each says after which one it goes on."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.models import ReceivedPackageRecord


@dataclass(frozen=True, slots=True)
class Gap:
    """Packages ``first`` to ``last`` of a centre, of which at least the last is needed and missing."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def gaps(session: Session, centre: str) -> list[Gap]:
    """Packages of ``centre`` that are missing between those that came."""
    table = ReceivedPackageRecord
    query = select(table.sequence, table.follows).where(table.centre == centre)
    return missing_between((row.sequence, row.follows) for row in session.execute(query))


def missing_between(packages: Iterable[tuple[int, int]]) -> list[Gap]:
    """Gaps in packages given as (sequence, follows): each holds all that those after ``follows`` up to it hold."""
    found: list[Gap] = []
    complete = 0
    for follows, sequence in sorted((follows, sequence) for sequence, follows in packages):
        if follows > complete:
            found.append(Gap(complete + 1, follows))
        complete = max(complete, sequence)
    return found
