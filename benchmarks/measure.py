"""Time whole processes, two at a time: a program and what it is compared with, in turn, round by round."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT = 900
"""Seconds after which a program is ended; some never end by themselves (FastQC without memory)."""
LAUNCHER = Path(__file__).parent / "launch.py"


class CommandError(Exception):
    """A measured program failed: its figures say nothing."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One finished process: operating system's own accounting, children included."""

    wall_s: float
    cpu_s: float
    peak_mib: float


@dataclass(slots=True)
class Pair:
    """Runs of a program and, beside each, of what it is compared with (none where nothing is)."""

    runs: list[Measurement] = field(default_factory=list)
    limits: list[Measurement] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Wall over wall, round by round."""
        return [run.wall_s / limit.wall_s for run, limit in zip(self.runs, self.limits, strict=True)]


def run_once(command: Sequence[str], timeout: int = TIMEOUT) -> Measurement:
    """Run ``command`` with its output thrown away.

    Raises:
        CommandError: it cannot be started, ended with another code than 0, or did not end in time.
    """
    with tempfile.NamedTemporaryFile(prefix="bench-", suffix=".err") as errors:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(LAUNCHER), str(timeout), errors.name, *command],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        wall, cpu, peak, code, late = done.stdout.split()
        if int(code):
            text = errors.read().decode("utf-8", "replace").strip()[-500:]
            how = f"was ended after {timeout} s" if int(late) else f"ended with {code}"
            raise CommandError(f"{' '.join(command)} {how}: {text}")
    return Measurement(float(wall), float(cpu), int(peak) / 1024)


def in_pairs(command: Sequence[str], limit: Sequence[str] | None, rounds: int, *, warm_up: bool) -> Pair:
    """Run ``command`` and ``limit`` ``rounds`` times, next to each other, in alternating order.

    A machine that changes its speed changes it for both; ``warm_up`` runs both once before, uncounted.
    """
    if warm_up:
        for each in (command, limit):
            if each:
                run_once(each)
    pair = Pair()
    for number in range(rounds):
        for what in ("run", "limit") if number % 2 else ("limit", "run"):
            if what == "run":
                pair.runs.append(run_once(command))
            elif limit:
                pair.limits.append(run_once(limit))
    return pair


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most, rounded for people."""
    return {
        "median": round(statistics.median(values), 4),
        "min": round(min(values), 4),
        "max": round(max(values), 4),
    }
