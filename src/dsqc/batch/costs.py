"""What a job costs: predicted from bytes and kind, by rates that are data, corrected by what the station measured."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from dsqc.artefact import read_json, write_json
from dsqc.batch.events import Event, EventKind
from dsqc.batch.layout import RATES, STAGES, StageJob
from dsqc.errors import SystemFault

MB = 1_000_000
LONG_PLATFORMS = frozenset({"oxford_nanopore", "pacbio_smrt"})
KINDS = ("fastq", "fastq_gzip", "fastq_bgzf", "fastq_other", "fastq_long", "bam", "cram", "sam", "unknown")
_SUFFIXES = {
    (".bam",): "bam",
    (".cram",): "cram",
    (".sam", ".sam.gz"): "sam",
    (".fastq.gz", ".fq.gz", ".fastq.bgz", ".fq.bgz"): "fastq_gzip",
    (".fastq.bz2", ".fq.bz2", ".fastq.xz", ".fq.xz", ".fastq.zst", ".fq.zst"): "fastq_other",
    (".fastq", ".fq"): "fastq",
}
CUT_KINDS = frozenset({"fastq", "fastq_bgzf", "bam"})
"""What can be measured in parts (:mod:`dsqc.stages.qc_parts`)."""
PRIOR_SECONDS = 20.0
"""Weight of the rates that dsqc ships against what was measured, in seconds of predicted work."""
MOST_FACTOR = 20.0
"""A measured factor beyond this, or below its inverse, says more about an accident than about the machine."""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A data file of a run as planning sees it: name, stored size, kind (one of :data:`KINDS`)."""

    name: str
    bytes: int
    kind: str


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run with its data files."""

    key: str
    files: tuple[PlannedFile, ...] = ()

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(item.bytes for item in self.files)

    @property
    def kind(self) -> str:
        """Of its largest file: what its rate is corrected by."""
        largest = max(self.files, key=lambda item: (item.bytes, item.name), default=None)
        return largest.kind if largest else "unknown"


def kind_of(name: str, platform: str = "") -> str:
    """What a data file is, by its name and its instrument's platform (``OXFORD_NANOPORE``)."""
    lower = name.lower().removesuffix(".c4gh")
    kind = next((kind for suffixes, kind in _SUFFIXES.items() if lower.endswith(suffixes)), "unknown")
    return "fastq_long" if kind == "fastq_gzip" and platform.lower() in LONG_PLATFORMS else kind


@cache
def rates() -> dict[str, Any]:
    """``costs.toml``."""
    return tomllib.loads(files("dsqc.schemas").joinpath("workflow/costs.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class CostModel:
    """Predicts seconds on one core.

    Attributes:
        factors: correction by stage, and by ``qc:<kind>``; 1 where nothing was measured.
    """

    factors: Mapping[str, float] = field(default_factory=dict)

    def file(self, item: PlannedFile) -> float:
        """Seconds of reading and measuring one data file."""
        rate = rates()["qc"]
        seconds = rate["file_seconds"] + rate["mb_seconds"][item.kind] * item.bytes / MB
        return float(round(seconds * self.factors.get(f"qc:{item.kind}", 1.0), 3))

    def job(self, job: StageJob, size: int, file_count: int, runs: "tuple[PlannedRun, ...]") -> float:
        """Seconds of one job.

        Args:
            size: stored bytes of the submission, or of the run for ``qc``.
            file_count: files of the submission.
            runs: of the submission; for ``qc`` the one run alone.
        """
        rate = rates()[job.stage]
        seconds = float(rate["fixed_seconds"])
        if job.stage == "qc":
            (run,) = runs
            seconds += sum(rate["file_seconds"] + rate["mb_seconds"][item.kind] * item.bytes / MB for item in run.files)
            return float(round(seconds * self.factors.get(f"qc:{run.kind}", 1.0), 3))
        seconds += file_count * rate.get("file_seconds", 0.0) + size / MB * rate.get("mb_seconds", 0.0)
        seconds += len(runs) * (rate.get("run_seconds", 0.0) + rate.get("row_seconds", 0.0))
        return float(round(seconds * self.factors.get(job.stage, 1.0), 3))


def read_model(work: Path, rates_file: Path | None = None) -> CostModel:
    """The model of the batch in ``work``: corrected by ``rates_file``, or by what earlier runs there measured.

    Raises:
        SystemFault: ``rates_file`` cannot be read.
    """
    path = rates_file or work / RATES
    if rates_file is None and not path.exists():
        return CostModel()
    try:
        found = {str(name): float(value) for name, value in read_json(path)["factors"].items()}
    except (SystemFault, KeyError, TypeError, ValueError, AttributeError):
        if rates_file is None:
            return CostModel()  # damaged: what dsqc ships is good enough
        raise
    return CostModel(found)


def measured_factors(events: Iterable[Event], kinds: Mapping[tuple[str, str], str], model: CostModel) -> CostModel:
    """The model corrected by what a batch measured: for each stage and kind, measured by predicted seconds.

    Args:
        events: of the batch.
        kinds: kind of every run by submission and run key.
        model: that the predictions in ``events`` were made by.
    """
    measured: dict[str, float] = defaultdict(float)
    predicted: dict[str, float] = defaultdict(float)
    for event in events:
        if event.kind is not EventKind.DONE or event.stage not in STAGES or event.predicted_seconds <= 0 or event.file:
            continue
        name = f"qc:{kinds.get((event.submission, event.run), 'unknown')}" if event.stage == "qc" else event.stage
        measured[name] += event.cpu_seconds or event.seconds
        predicted[name] += event.predicted_seconds / model.factors.get(name, 1.0)
    factors = dict(model.factors)
    for name, base in predicted.items():
        factor = (measured[name] + PRIOR_SECONDS * model.factors.get(name, 1.0)) / (base + PRIOR_SECONDS)
        factors[name] = round(min(MOST_FACTOR, max(1 / MOST_FACTOR, factor)), 4)
    return CostModel(dict(sorted(factors.items())))


def write_rates(work: Path, model: CostModel) -> None:
    """Write ``rates.json`` for the next plan."""
    write_json(work / RATES, {"schema_version": "1.0", "factors": dict(model.factors)})


@dataclass(frozen=True, slots=True)
class PredictionError:
    """Predicted against measured, of the jobs of one stage (``qc`` by kind, ``shard`` for whole shards).

    Attributes:
        stage: the stage, or ``shard``.
        kind: kind of the data for ``qc``; empty otherwise.
        jobs: how many ended well.
        predicted_seconds, measured_seconds: sums.
        median_ratio: median over the jobs of measured by predicted.
        spread: ratio of the 90th to the 10th percentile of that; 1 is no spread.
    """

    stage: str
    kind: str
    jobs: int
    predicted_seconds: float
    measured_seconds: float
    median_ratio: float
    spread: float


def prediction_error(
    events: Iterable[Event], kinds: Mapping[tuple[str, str], str] | None = None
) -> list[PredictionError]:
    """How far the plan was from what happened, by stage and kind. Jobs are measured by processor time, shards by wall.

    Args:
        events: of a batch; those that ended well count.
        kinds: kind of every run by submission and run key (:func:`dsqc.batch.planning.planned_kinds`); without
            it ``qc`` is one row.
    """
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for event in events:
        if event.predicted_seconds <= 0:
            continue
        if event.kind is EventKind.DONE:
            kind = (kinds or {}).get((event.submission, event.run), "") if event.stage == "qc" else ""
            pairs[event.stage, kind].append((event.predicted_seconds, event.cpu_seconds or event.seconds))
        elif event.kind is EventKind.SHARD_ENDED and event.exit_code == 0:
            pairs["shard", ""].append((event.predicted_seconds, event.seconds))
    order = {name: number for number, name in enumerate((*STAGES, "shard"))}
    return [
        _error(stage, kind, pairs[stage, kind])
        for stage, kind in sorted(pairs, key=lambda item: (order.get(item[0], len(order)), item[1]))
    ]


def _error(stage: str, kind: str, pairs: list[tuple[float, float]]) -> PredictionError:
    ratios = sorted(measured / predicted for predicted, measured in pairs)
    low, middle, high = (ratios[round(share * (len(ratios) - 1))] for share in (0.1, 0.5, 0.9))
    return PredictionError(
        stage,
        kind,
        len(pairs),
        round(sum(item[0] for item in pairs), 3),
        round(sum(item[1] for item in pairs), 3),
        round(middle, 3),
        round(high / low, 3) if low > 0 else 0.0,
    )
