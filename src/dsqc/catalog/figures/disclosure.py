"""What of closed data may be told in sums: small counts are suppressed, and others with them, so that nothing follows.

The reader is assumed to know how much open data every cell holds (``dsqc catalog search``), so publishing a cell tells
how much closed data it holds, and a published sum tells what its unpublished parts hold together. As in Willenborg
and de Waal, Elements of Statistical Disclosure Control (2001), chapter 4: a cell with fewer than ``threshold`` closed
records is primarily suppressed; secondary suppression goes on until every set of unpublished cells whose sum follows
from what is published has two cells and ``threshold`` records, so that each of them can be anything from none to all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Leaf:
    """One cell of a table: how many closed records it holds, and whether it may be published.

    ``fixed`` cells are known to the public anyway; nothing is gained by suppressing them.
    """

    closed: int
    fixed: bool = False
    published: bool = True


@dataclass(slots=True)
class Group:
    """Cells with a subtotal."""

    leaves: list[Leaf] = field(default_factory=list)
    published: bool = True

    @property
    def closed(self) -> int:
        """Closed records of all cells."""
        return sum(leaf.closed for leaf in self.leaves)

    def suppressed(self) -> list[Leaf]:
        """The cells that are not published."""
        return [leaf for leaf in self.leaves if not leaf.published]


def protect(groups: Sequence[Group], threshold: int) -> bool:
    """Suppress cells and subtotals of a table with subtotals and a total, until nothing small follows from the rest.

    Args:
        groups: changed in place.
        threshold: least number of closed records that is told; 1 tells everything.

    Returns:
        Whether the total may be published.
    """
    for group in groups:
        for leaf in group.leaves:
            leaf.published = leaf.fixed or not 0 < leaf.closed < threshold
    for group in groups:
        if not _is_safe(group.suppressed(), threshold):
            further = _smallest(group.leaves, threshold)
            if further is None:
                group.published = False
            else:
                further.published = False
    while not _is_safe(_unknown(groups), threshold):
        if not _withhold_another(groups, threshold):
            return False
    return True


def _is_safe(unknown: Sequence[Leaf], threshold: int) -> bool:
    """Whether cells whose sum is known keep their own numbers to themselves."""
    return not unknown or (len(unknown) > 1 and sum(leaf.closed for leaf in unknown) >= threshold)


def _unknown(groups: Iterable[Group]) -> list[Leaf]:
    """The cells whose sum follows from the total: those below subtotals that are not published."""
    return [leaf for group in groups if not group.published for leaf in group.suppressed()]


def _smallest(leaves: Iterable[Leaf], threshold: int) -> Leaf | None:
    """The cell that costs least to withhold as a second one."""
    able = [leaf for leaf in leaves if leaf.published and not leaf.fixed and leaf.closed >= threshold]
    return min(able, key=lambda leaf: leaf.closed, default=None)


def _withhold_another(groups: Sequence[Group], threshold: int) -> bool:
    """Withhold a further subtotal, with a cell below it, so that more cells share the sum that follows."""
    shown = [group for group in groups if group.published]
    partly = [group for group in shown if group.suppressed()]
    if partly:
        min(partly, key=lambda group: group.closed).published = False
        return True
    whole = [group for group in shown if _smallest(group.leaves, threshold)]
    if not whole:
        return False
    chosen = min(whole, key=lambda group: group.closed)
    leaf = _smallest(chosen.leaves, threshold)
    if leaf is not None:
        leaf.published = False
    chosen.published = False
    return True
