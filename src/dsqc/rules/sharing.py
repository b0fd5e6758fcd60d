"""The rules of a large submission on two processors: shared out between this process and a copy of it.

Both take the next rule from one pipe, so whoever is free goes on. What the copy found comes back in the order of the
rules: the result is that of one process, byte for byte. What the copy cannot tell (it was killed, a rule failed in it)
this process finds itself.
"""

import contextlib
import os
import pickle
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from dsqc.findings import Finding

FEWEST_ROWS = 1_000
"""Below it, a copy costs more than it brings."""
MOST_ROWS = 50_000
"""Above it, findings are told one by one, so that they never stand in memory all at once."""
MOST_RULES = 255

Task = Callable[[], Iterable[Finding]]


def can_share(rows: int) -> bool:
    """Whether a copy of this process would help with ``rows`` rows, and may be made: no thread runs beside us."""
    return (
        FEWEST_ROWS <= rows <= MOST_ROWS
        and hasattr(os, "memfd_create")
        and len(os.sched_getaffinity(0)) > 1
        and threading.active_count() == 1
    )


def shared(tasks: Sequence[Task], first: Collection[int] = (), own: Collection[int] = ()) -> Iterator[Finding]:
    """What every task finds, in their order.

    Args:
        tasks: at most :data:`MOST_RULES`.
        first: numbers of the long ones: begun last, one of them would run alone in the end.
        own: numbers of those that are left to this process, because it needs what they work out besides.
    """
    found: dict[int, list[Finding]] = {}
    order = sorted(set(range(len(tasks))) - set(own), key=lambda number: (number not in first, number))
    with _numbers(order) as numbers, _memory() as memory:
        child = os.fork()
        if not child:
            _work_as_copy(tasks, numbers, memory)
        try:
            found.update((number, list(tasks[number]())) for number in own)
            found.update(_taken(tasks, numbers))
        finally:
            os.waitpid(child, 0)
        found.update(_told(memory))
    for number, task in enumerate(tasks):
        yield from found[number] if number in found else task()


def _taken(tasks: Sequence[Task], numbers: int) -> Iterator[tuple[int, list[Finding]]]:
    while number := os.read(numbers, 1):
        yield number[0], list(tasks[number[0]]())


def _work_as_copy(tasks: Sequence[Task], numbers: int, memory: int) -> None:
    """Never returns, and runs nothing that this process has put off to its end."""
    with contextlib.suppress(BaseException), open(memory, "wb", closefd=False) as file:
        pickle.dump(dict(_taken(tasks, numbers)), file, pickle.HIGHEST_PROTOCOL)
    os._exit(0)


def _told(memory: int) -> dict[int, list[Finding]]:
    with open(memory, "rb", closefd=False) as file:
        file.seek(0)
        try:
            told: Any = pickle.load(file)  # noqa: S301  our own copy wrote it into memory that nobody else has
        except (EOFError, pickle.UnpicklingError):
            return {}
    return dict(told)


@contextlib.contextmanager
def _numbers(order: Sequence[int]) -> Iterator[int]:
    """A pipe that holds the numbers of ``order``: reading a byte takes the next one, whoever reads it."""
    end, begin = os.pipe()
    try:
        os.write(begin, bytes(order))
        os.close(begin)
        yield end
    finally:
        os.close(end)


@contextlib.contextmanager
def _memory() -> Iterator[int]:
    descriptor = os.memfd_create("dsqc-findings")
    try:
        yield descriptor
    finally:
        os.close(descriptor)
