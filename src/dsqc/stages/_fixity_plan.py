"""Which stored copies a run of ``dsqc storage verify`` reads, and what that promises."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dsqc.catalog.events import timestamp
from dsqc.catalog.fixity import KnownCopy

ALL, WITHIN, SAMPLE = "all", "within", "sample"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read.

    Attributes:
        kind: ``all``; ``within``: each copy once in ``days``, so a nightly run reads what is due; ``sample``: so many
            at random that a loss of ``find`` copies is found with probability ``probability``.
        budget_bytes, budget_seconds: no object is begun after so much; ``None``: no limit.
    """

    kind: str = ALL
    days: int = 0
    find: int = 0
    probability: float = 0.0
    budget_bytes: int | None = None
    budget_seconds: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Only what belongs to the kind."""
        own: dict[str, Any] = {WITHIN: {"days": self.days}}.get(self.kind, {})
        if self.kind == SAMPLE:
            own = {"find": self.find, "with": self.probability}
        return {"kind": self.kind, **own, "budget_bytes": self.budget_bytes, "budget_seconds": self.budget_seconds}


def choose(plan: Plan, copies: Sequence[KnownCopy], moment: datetime) -> list[KnownCopy]:
    """The copies to read, in this order. ``copies`` come with those first that were proven longest ago.

    A run of ``within`` reads what would be overdue before the next night, and beyond that an even share of a night
    (all bytes / days), so that the work of later nights does not pile up.
    """
    if plan.kind == SAMPLE:
        chosen = random.SystemRandom().sample(list(copies), sample_size(len(copies), plan.find, plan.probability))
        return sorted(chosen, key=lambda copy: (copy.place, copy.key))
    if plan.kind == ALL:
        return list(copies)
    share = sum(copy.stored_size_bytes for copy in copies) / plan.days
    limit = due_before(plan, moment)
    chosen, size = [], 0
    for copy in copies:
        if copy.verified_at >= limit and size >= share:
            break
        chosen.append(copy)
        size += copy.stored_size_bytes
    return chosen


def due_before(plan: Plan, moment: datetime) -> str:
    """Copies proven before this are overdue by the next night."""
    return timestamp(moment - timedelta(days=plan.days - 1))


def promise(
    plan: Plan, left: Sequence[KnownCopy], *, total_bytes: int, read_bytes: int, stopped: bool
) -> dict[str, Any]:
    """Whether nightly runs like this one read everything in ``plan.days``.

    Args:
        left: overdue copies that this run did not read.
        stopped: whether the budget ended the run.
    """
    a_night = math.ceil(total_bytes / plan.days)
    too_slow = stopped and read_bytes < a_night
    return {
        "days": plan.days,
        "kept": not left and not too_slow,
        "overdue_copies": len(left),
        "overdue_bytes": sum(copy.stored_size_bytes for copy in left),
        "needed_bytes_a_run": a_night,
    }


def chance_to_find(population: int, lost: int, sample: int) -> float:
    """Probability that ``sample`` of ``population`` copies, drawn without return, hold one of ``lost`` (at least).

    Hypergeometric: 1 - C(N - k, n) / C(N, n).
    """
    lost, sample = min(lost, population), min(sample, population)
    if not lost or not sample:
        return 0.0
    if lost + sample > population:
        return 1.0
    # C(N-k, n) / C(N, n) is symmetric in k and n: a product of the smaller number of factors.
    few, many = sorted((lost, sample))
    missed = math.fsum(math.log1p(-many / (population - index)) for index in range(few))
    return -math.expm1(missed)


def sample_size(population: int, lost: int, probability: float) -> int:
    """Fewest copies to draw so that a loss of ``lost`` is found with ``probability``; all where that is not enough."""
    low, high = 0, population
    while low < high:
        middle = (low + high) // 2
        if chance_to_find(population, lost, middle) >= probability:
            high = middle
        else:
            low = middle + 1
    return low
