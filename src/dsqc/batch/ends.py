"""Having the executor ask about its jobs when there is news: a job has left its outputs, or the workflow is over.

Executors of clusters ask at intervals, and the one for Slurm ever more rarely while nothing ends (10 s more each time,
up to 180 s): a question is work for the controller of a whole site. So the end of the last job is heard of late. Its
outputs tell sooner, on the file system that is shared anyway, and cost the controller nothing. Only where they stand
is the cluster asked before its time.

The Snakefile puts this around the sleep of Snakemake's executors. Nothing here imports Snakemake.
"""

import asyncio
import functools
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

LOOK_SECONDS = 1.0
"""How often the outputs of running jobs are looked for."""
FIRST_ASK_SECONDS = 2.0
"""From the last output of a job to the question: by then the cluster mostly knows of its end, too."""
LONGEST_PAUSE_SECONDS = 180.0
"""Between two questions for the same job, at most: each waits twice as long as the one before."""
BETWEEN_SECONDS = 3.0
"""Between two questions, however many jobs end."""

Sleep = Callable[[Any], Awaitable[None]]


@dataclass(slots=True)
class EndWatch:
    """Which jobs have left their outputs, and when to ask about them."""

    _due: dict[str, tuple[float, float]] = field(default_factory=dict)
    _asked: float = float("-inf")

    def should_ask(self, jobs: Iterable[tuple[str, Sequence[str]]], now: float) -> bool:
        """Whether it is time to ask the cluster. A job that still runs for it is asked about ever more rarely.

        Args:
            jobs: identifier and outputs of each job that counts as running.
            now: seconds of a clock that never goes back.
        """
        names: dict[str, set[str]] = {}
        ended = [job for job, outputs in jobs if outputs and all(_stands(name, names) for name in outputs)]
        # What has ended for the cluster, too, is not asked about; another attempt may begin under the same name.
        self._due = {job: self._due.get(job, (now + FIRST_ASK_SECONDS, FIRST_ASK_SECONDS)) for job in ended}
        due = [job for job, (when, _pause) in self._due.items() if when <= now]
        if not due or now - self._asked < BETWEEN_SECONDS:
            return False
        self._asked = now
        for job in due:
            pause = min(2 * self._due[job][1], LONGEST_PAUSE_SECONDS)
            self._due[job] = (now + pause, pause)
        return True


def _stands(name: str, names: dict[str, set[str]]) -> bool:
    """Whether a file is there. Its directory is read: a network file system may remember that a name was missing."""
    path = PurePath(name)
    directory = str(path.parent)
    if directory not in names:
        try:
            names[directory] = {entry.name for entry in os.scandir(directory)}
        except OSError:
            names[directory] = set()
    return path.name in names[directory]


def wakes_for_ends(sleep: Sleep) -> Sleep:
    """``sleep`` of an executor, ended early where there is news.

    Args:
        sleep: ``RemoteExecutor.sleep`` of Snakemake's interface. It stands where an executor has other attributes
            than those used here (``active_jobs``, ``wait``, ``next_seconds_between_status_checks``).
    """
    watch = EndWatch()

    @functools.wraps(sleep)
    async def sleep_until_news(executor: Any) -> None:
        try:
            until = time.monotonic() + executor.next_seconds_between_status_checks
            # ``wait`` is false when all is done: Snakemake ends only after this sleep has.
            while executor.wait and not watch.should_ask(_running(executor), time.monotonic()):
                left = until - time.monotonic()
                if left <= 0:
                    return
                await asyncio.sleep(min(LOOK_SECONDS, left))
        except (AttributeError, TypeError):
            await sleep(executor)

    return sleep_until_news


def _running(executor: Any) -> list[tuple[str, list[str]]]:
    return [(str(item.external_jobid), [str(name) for name in item.job.output]) for item in list(executor.active_jobs)]
