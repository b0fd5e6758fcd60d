"""Time whole processes: wall and CPU seconds and peak memory, from the operating system's own accounting."""

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """One finished process."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    exit_code: int


def run_once(command: Sequence[str]) -> Measurement:
    """Run ``command`` with its output thrown away and account for it and for the children it waited for."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measurement(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def in_turn(commands: dict[str, Sequence[str]], runs: int, warm_up: int = 1) -> dict[str, list[Measurement]]:
    """Run all commands in turn (A B C, A B C, …), so that a machine that changes its speed changes it for all."""
    for _ in range(warm_up):
        for command in commands.values():
            run_once(command)
    results: dict[str, list[Measurement]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            results[name].append(run_once(command))
    return results


def median(values: Sequence[float]) -> float:
    """The median, rounded for people."""
    return round(statistics.median(values), 3)
