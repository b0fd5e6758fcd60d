"""Rules shared out between two processes find what one process finds, whatever becomes of the copy."""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.findings import Finding, Location, finding
from dsqc.rules import sharing
from dsqc.stages.validate import validate


def told(number: int, count: int) -> list[Finding]:
    place = Location(sheet="sample", row=number, attribute="organism")
    return [finding("DSQC-T015", place, value=f"{number}-{item}") for item in range(count)]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=30), st.sets(st.integers(0, 29)), st.sets(st.integers(0, 29)))
def test_every_task_tells_once_in_its_order(counts: list[int], first: set[int], own: set[int]) -> None:
    tasks = [partial(told, number, count) for number, count in enumerate(counts)]
    mine = {number for number in own if number < len(tasks)}
    assert list(sharing.shared(tasks, first, mine)) == [item for task in tasks for item in task()]


def test_what_this_process_needs_is_done_by_itself() -> None:
    done: list[int] = []

    def noted(number: int) -> Iterable[Finding]:
        done.append(number)
        return told(number, 1)

    tasks = [partial(noted, number) for number in range(30)]
    assert len(list(sharing.shared(tasks, own=[7, 23]))) == 30
    assert {7, 23} <= set(done)


def in_copy(parent: int, action: Callable[[], object]) -> Iterable[Finding]:
    if os.getpid() != parent:
        action()
    return told(1, 3)


@pytest.mark.parametrize(
    "action",
    [lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: 1 / 0, lambda: os._exit(3)],
    ids=["killed", "fails", "ends"],
)
def test_what_the_copy_cannot_tell_is_found_here(action: Callable[[], object]) -> None:
    tasks = [partial(in_copy, os.getpid(), action)] * 40
    assert list(sharing.shared(tasks)) == told(1, 3) * 40


def test_a_rule_that_fails_fails_here() -> None:
    def broken() -> Iterable[Finding]:
        raise LookupError("a fault of ours")

    with pytest.raises(LookupError, match="a fault of ours"):
        list(sharing.shared([partial(told, 1, 1), broken]))


def test_few_rows_stay_in_one_process() -> None:
    assert not sharing.can_share(sharing.FEWEST_ROWS - 1)
    assert not sharing.can_share(sharing.MOST_ROWS + 1)


def test_a_submission_has_the_same_verdict_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(__file__).parents[3] / "test-data" / "batch" / "gut-16s"
    alone = validate(place, None, today=date(2026, 11, 1))
    monkeypatch.setattr(sharing, "FEWEST_ROWS", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1})
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    forks: list[int] = []
    fork = os.fork

    def counted() -> int:
        forks.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    shared = validate(place, None, today=date(2026, 11, 1))
    assert forks == [1]
    assert alone.findings.has_errors
    assert shared.document == alone.document
    assert shared.findings.to_list() == alone.findings.to_list()
