"""What the records of one part of a sorted alignment file leave open of the depth for the part that follows."""

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class DepthWindow:
    """What the records of a part of a file leave open for the part that follows.

    Attributes:
        unsorted: they are not in order, or one takes up too much of the reference.
        first, last: reference and position of the first and the last record that counts; -1 where there is none.
        changes: positions from that of the last record on where the depth changes, and by how much.
    """

    unsorted: bool = False
    first: tuple[int, int] = (-1, -1)
    last: tuple[int, int] = (-1, -1)
    changes: tuple[tuple[int, int], ...] = ()

    def join(self, following: "DepthWindow") -> "DepthWindow":
        """The window behind the part that follows, whose own one is ``following``."""
        if following.last[0] < 0 and not following.unsorted:
            return self
        if self.unsorted or following.unsorted or following.first < self.last:
            return DepthWindow(unsorted=True)
        if self.last[0] < 0:
            return following
        if self.last[0] != following.last[0]:
            return replace(following, first=self.first)
        begin = begin_of(following.last[1])
        changes = dict(following.changes)
        for position, change in self.changes:
            place = max(position, begin)
            changes[place] = changes.get(place, 0) + change
        return replace(following, first=self.first, changes=ordered(changes))

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "DepthWindow":
        """Read :meth:`to_dict` back."""
        first, last = (int(data["first"][0]), int(data["first"][1])), (int(data["last"][0]), int(data["last"][1]))
        return cls(bool(data["unsorted"]), first, last, ordered({int(at): int(by) for at, by in data["changes"]}))


NOTHING_OPEN = DepthWindow()
"""The window where no record stands in front."""


def begin_of(position: int) -> int:
    """Where the kernel's window begins at a record."""
    return position & ~63


def ordered(changes: dict[int, int]) -> tuple[tuple[int, int], ...]:
    """The changes that are any, by position."""
    return tuple(sorted((position, change) for position, change in changes.items() if change))
