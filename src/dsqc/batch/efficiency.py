"""What the jobs of a batch asked of the cluster against what they used, and how well the plan had predicted them.

Out of the events; where Slurm keeps accounts, its figures stand in the place of ours.
"""

import re
import shutil
import statistics
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dsqc.batch.costs import PredictionError
from dsqc.batch.items import Items, Writer
from dsqc.batch.plan import Shard

SACCT_TIMEOUT_S = 20.0
JOBS_AT_ONCE = 500
"""Jobs that one call of sacct asks for: the length of a command is limited."""
_UNITS = {"K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0**2}
_SACCT_FIELDS = "JobIDRaw,ElapsedRaw,TotalCPU,MaxRSS,ReqMem,AllocCPUS,TimelimitRaw"


@dataclass(frozen=True, slots=True)
class JobUse:
    """One attempt at a shard that ended.

    Attributes:
        kind: of the shard.
        seconds: wall time.
        cpu_seconds: user and system time.
        memory_mib: highest resident memory.
        asked_seconds, asked_mib: limits of time and memory that it was given; 0 where unknown.
        cpus: processors that it was given.
        predicted_seconds: what the plan expected of the shard; 0 where it continued an earlier attempt.
    """

    kind: str
    seconds: float
    cpu_seconds: float
    memory_mib: float
    asked_seconds: float
    asked_mib: float
    cpus: int
    predicted_seconds: float


@dataclass(frozen=True, slots=True)
class KindUse:
    """All jobs of a kind of shards together. Shares are of what was asked; ``None`` where nothing is known.

    Attributes:
        jobs: attempts that ended.
        memory_share: used memory of asked memory, weighted by the time that it was held.
        memory_mib, asked_mib: median of the highest memory, and of what was asked.
        most_mib: the highest of all.
        time_share: wall time of the time limits.
        cpu_share: processor time of the processors' time.
        predicted_ratio: median of wall time over prediction; ``predicted_low`` and ``predicted_high`` hold eight
            jobs of ten between them.
    """

    kind: str
    jobs: int
    memory_share: float | None
    memory_mib: float
    asked_mib: float
    most_mib: float
    time_share: float | None
    cpu_share: float | None
    predicted_ratio: float | None
    predicted_low: float | None
    predicted_high: float | None

    def to_dict(self) -> dict[str, Any]:
        """An item of ``efficiency.kinds`` in ``status.schema.json``."""
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in ((name, getattr(self, name)) for name in self.__slots__)
        }


@dataclass(frozen=True, slots=True)
class Efficiency:
    """All jobs together.

    Attributes:
        source: ``sacct`` or ``events``.
        kinds: by kind of shards.
        predictions: by stage, how far the plan was from what happened.
    """

    source: str
    kinds: tuple[KindUse, ...]
    predictions: tuple[PredictionError, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The object ``efficiency`` of ``status.schema.json``."""
        return {
            "source": self.source,
            "kinds": [item.to_dict() for item in self.kinds],
            "predictions": [asdict(item) for item in self.predictions],
        }


def efficiency(items: Items, shards: Iterable[Shard], predictions: Iterable[PredictionError] = ()) -> Efficiency:
    """What the ended attempts at the shards of a plan used.

    Args:
        items: what the events add up to.
        shards: those of the plan.
        predictions: what :func:`dsqc.batch.costs.prediction_error` says.
    """
    planned = {shard.id: shard for shard in shards}
    ended = [writer for writer in items.writers.values() if writer.ended and writer.shard in planned]
    accounts = _accounts(sorted({writer.job for writer in ended if writer.job}))
    by_kind: dict[str, list[JobUse]] = {}
    for writer in ended:
        use = _use(writer, planned[writer.shard], accounts.get(writer.job, {}))
        by_kind.setdefault(use.kind, []).append(use)
    kinds = tuple(_sum(kind, uses) for kind, uses in sorted(by_kind.items()))
    return Efficiency("sacct" if accounts else "events", kinds, tuple(predictions))


def _use(writer: Writer, shard: Shard, account: Mapping[str, float]) -> JobUse:
    # Without Slurm's word: resources grow with the attempt, as the profiles say.
    attempt = max(1, writer.attempt)
    return JobUse(
        kind=shard.kind.value,
        seconds=account.get("seconds") or writer.seconds or writer.ended - writer.began,
        cpu_seconds=account.get("cpu_seconds") or writer.cpu_ms / 1000,
        memory_mib=account.get("memory_mib") or writer.memory_mib,
        asked_seconds=account.get("asked_seconds") or 60.0 * shard.runtime_minutes * attempt,
        asked_mib=account.get("asked_mib") or float(shard.mem_mb * attempt),
        cpus=int(account.get("cpus") or shard.threads),
        predicted_seconds=shard.predicted_seconds if writer.attempt <= 1 else 0.0,
    )


def _sum(kind: str, uses: Sequence[JobUse]) -> KindUse:
    known = [use for use in uses if use.asked_mib and use.memory_mib]
    ratios = sorted(use.seconds / use.predicted_seconds for use in uses if use.predicted_seconds and use.seconds)
    return KindUse(
        kind=kind,
        jobs=len(uses),
        memory_share=_share(
            (use.memory_mib * use.seconds for use in known), (use.asked_mib * use.seconds for use in known)
        ),
        memory_mib=statistics.median([use.memory_mib for use in uses]),
        asked_mib=statistics.median([use.asked_mib for use in uses]),
        most_mib=max(use.memory_mib for use in uses),
        time_share=_share((use.seconds for use in uses), (use.asked_seconds for use in uses)),
        cpu_share=_share((use.cpu_seconds for use in uses), (use.seconds * use.cpus for use in uses)),
        predicted_ratio=statistics.median(ratios) if ratios else None,
        predicted_low=ratios[int(0.1 * (len(ratios) - 1))] if ratios else None,
        predicted_high=ratios[-1 - int(0.1 * (len(ratios) - 1))] if ratios else None,
    )


def _share(used: Iterable[float], asked: Iterable[float]) -> float | None:
    total = sum(asked)
    return sum(used) / total if total else None


def _accounts(jobs: Sequence[str]) -> dict[str, dict[str, float]]:
    """What Slurm's accounting says of ``jobs``; nothing where there is none."""
    found: dict[str, dict[str, float]] = {}
    if shutil.which("sacct") is None:
        return found
    for first in range(0, len(jobs), JOBS_AT_ONCE):
        command = ["sacct", "--parsable2", "--noheader", f"--format={_SACCT_FIELDS}"]
        command.append(f"--jobs={','.join(jobs[first : first + JOBS_AT_ONCE])}")
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SACCT_TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired):
            return {}
        if done.returncode:
            return {}
        found.update(parse_sacct(done.stdout))
    return found


def parse_sacct(text: str) -> dict[str, dict[str, float]]:
    """Figures by job id out of ``sacct --parsable2``: a line a job, and a line a step of it."""
    found: dict[str, dict[str, float]] = {}
    for line in text.splitlines():
        cells = line.split("|")
        if len(cells) != len(_SACCT_FIELDS.split(",")):
            continue
        name, elapsed, cpu, resident, asked, cpus, limit = cells
        job, _, step = name.partition(".")
        row = found.setdefault(job, {})
        row["memory_mib"] = max(row.get("memory_mib", 0.0), _mib(resident))
        if not step:
            row["seconds"], row["cpu_seconds"] = _number(elapsed), _seconds(cpu)
            row["asked_mib"], row["cpus"] = _mib(asked), _number(cpus)
            row["asked_seconds"] = 60 * _number(limit)
    return found


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0


def _mib(text: str) -> float:
    """``2000M``, ``1.5G``, ``812K`` in MiB; 0 where there is none. Older Slurms put n or c behind."""
    match = re.fullmatch(r"([\d.]+)([KMGT]?)[nc]?", text)
    return _number(match[1]) * _UNITS.get(match[2] or "M", 1.0) if match else 0.0


def _seconds(text: str) -> float:
    """``[days-][hours:]minutes:seconds[.fraction]``, as sacct writes processor time."""
    days, _, clock = text.rpartition("-")
    total = 0.0
    for part in clock.split(":"):
        total = total * 60 + _number(part)
    return total + 86400 * _number(days)
