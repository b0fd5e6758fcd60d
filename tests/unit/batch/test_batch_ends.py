"""When the cluster is asked about jobs before its time: their outputs stand, or nobody waits any more."""

import asyncio
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dsqc.batch.ends import BETWEEN_SECONDS, FIRST_ASK_SECONDS, LONGEST_PAUSE_SECONDS, EndWatch, wakes_for_ends

HOUR = 3600


def _asked(watch: EndWatch, jobs: list[tuple[str, list[str]]], seconds: range) -> list[int]:
    return [now for now in seconds if watch.should_ask(jobs, now)]


def test_a_job_is_asked_about_once_all_its_outputs_stand_and_then_ever_more_rarely(tmp_path: Path) -> None:
    first, second = tmp_path / "deep" / "s1.end", tmp_path / "s1.page"
    jobs = [("7", [str(first), str(second)])]
    watch = EndWatch()
    first.parent.mkdir()
    second.touch()
    assert _asked(watch, jobs, range(100)) == []
    first.touch()
    asked = _asked(watch, jobs, range(100, 100 + HOUR))
    assert asked[0] == 100 + FIRST_ASK_SECONDS
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert pauses == sorted(pauses)
    assert set(pauses[10:]) == {LONGEST_PAUSE_SECONDS}


def test_what_is_gone_from_the_running_and_comes_back_is_new(tmp_path: Path) -> None:
    end = tmp_path / "s1.end"
    end.touch()
    watch = EndWatch()
    jobs = [("7", [str(end)])]
    _asked(watch, jobs, range(HOUR))
    assert not watch.should_ask([], HOUR)
    assert not watch.should_ask(jobs, HOUR)
    assert watch.should_ask(jobs, HOUR + FIRST_ASK_SECONDS)


def test_many_ends_are_one_question(tmp_path: Path) -> None:
    watch, jobs, asked = EndWatch(), [], []
    for now in range(300):
        (tmp_path / f"s{now}.end").touch()
        jobs.append((str(now), [str(tmp_path / f"s{now}.end")]))
        if watch.should_ask(jobs, now):
            asked.append(now)
    assert len(asked) > 10
    assert min(later - earlier for earlier, later in pairwise(asked)) >= BETWEEN_SECONDS


def test_the_sleep_ends_where_there_is_news_and_is_the_executors_own_where_it_is_another(tmp_path: Path) -> None:
    slept: list[Any] = []

    async def own(executor: Any) -> None:
        slept.append(executor)

    sleep = wakes_for_ends(own)
    end = tmp_path / "s1.end"
    end.touch()
    job = SimpleNamespace(external_jobid="7", job=SimpleNamespace(output=[end]))
    waiting = {"active_jobs": [job], "next_seconds_between_status_checks": HOUR}
    asyncio.run(sleep(SimpleNamespace(wait=True, **waiting)))
    asyncio.run(sleep(SimpleNamespace(wait=False, **waiting | {"active_jobs": []})))
    asyncio.run(sleep(SimpleNamespace(wait=True, **waiting | {"next_seconds_between_status_checks": 0})))
    assert slept == []
    other = SimpleNamespace(wait=True)
    asyncio.run(sleep(other))
    assert slept == [other]
