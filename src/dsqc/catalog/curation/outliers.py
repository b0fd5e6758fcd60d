"""Metrics of a run far from those of its peers: registered runs of the same platform, strategy and research field."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.curation.priorities import Peers
from dsqc.catalog.models import ExperimentRecord, MetricRecord, RunRecord, SubmissionRecord
from dsqc.catalog.states import REGISTERED

MAD_TO_SD = 1.4826
"""Median absolute deviation to standard deviation of a normal distribution: 1 / Φ⁻¹(3/4)."""
MEAN_TO_SD = 1.253314
"""Mean absolute deviation to standard deviation of a normal distribution: √(π/2)."""

Stratum = tuple[str, str, str]
"""Platform, library strategy, research field."""
Values = Mapping[str, Sequence[float]]
"""Sorted values of the peers by metric."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """One metric of one run that is far from its peers.

    Attributes:
        robust_z: signed distance from the median in robust standard deviations; ``None`` where all peers are equal.
        percentile: share of peers below the value, equal ones by half; 0 to 100.
        low, high: 5th and 95th percentile of the peers.
    """

    run_key: str
    metric: str
    value: float
    median: float
    robust_z: float | None
    percentile: float
    low: float
    high: float
    peers: int

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @property
    def distance(self) -> float:
        """For sorting: the farthest first."""
        return math.inf if self.robust_z is None else abs(self.robust_z)


class PeerRuns:
    """The peers of each stratum, read once."""

    def __init__(self, session: Session, rules: Peers) -> None:
        self._session, self._rules = session, rules
        self._known: dict[Stratum, Values] = {}

    def of(self, stratum: Stratum) -> Values:
        """Values of the newest registered runs of ``stratum``; empty where the form leaves it open what it is."""
        if stratum not in self._known:
            self._known[stratum] = self._read(stratum) if all(stratum) else {}
        return self._known[stratum]

    def _read(self, stratum: Stratum) -> Values:
        newest = (
            select(RunRecord.id)
            .join(ExperimentRecord, RunRecord.experiment_id == ExperimentRecord.id)
            .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
            .where(
                ExperimentRecord.platform == stratum[0],
                ExperimentRecord.library_strategy == stratum[1],
                SubmissionRecord.research_field == stratum[2],
                SubmissionRecord.state.in_([state.value for state in REGISTERED]),
            )
            .order_by(RunRecord.id.desc())
            .limit(self._rules.newest_peers)
            .subquery()
        )
        names = (*self._rules.metrics, *self._rules.log_metrics)
        query = (
            select(MetricRecord.metric, MetricRecord.value)
            .join(newest, MetricRecord.run_id == newest.c.id)
            .where(MetricRecord.metric.in_(names), MetricRecord.value.is_not(None))
        )
        found: dict[str, list[float]] = defaultdict(list)
        for name, value in self._session.execute(query):
            found[name].append(value)
        return {name: sorted(values) for name, values in found.items()}


def outliers(peers: PeerRuns, rules: Peers, runs: Sequence[Mapping[str, Any]], research_field: str) -> list[Outlier]:
    """The metrics of ``runs`` (as a case keeps them) that are far from their peers, the farthest first."""
    found = [
        item
        for run in runs
        for item in _of_run(run, peers.of((run["platform"], run["strategy"], research_field)), rules)
    ]
    return sorted(found, key=lambda item: (-item.distance, item.run_key, item.metric))


def _of_run(run: Mapping[str, Any], values: Values, rules: Peers) -> Iterator[Outlier]:
    for name in (*rules.metrics, *rules.log_metrics):
        own, known = run["metrics"].get(name), values.get(name, ())
        if own is None or len(known) < rules.least_peers:
            continue
        found = compare(float(own), known, log=name in rules.log_metrics)
        is_far = found.robust_z is None or abs(found.robust_z) >= rules.robust_z
        if is_far and abs(own - found.median) >= rules.least_distance * abs(found.median):
            yield Outlier(run["run_key"], name, float(own), *found.fields(), len(known))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where a value stands among others; the fields as in :class:`Outlier`."""

    median: float
    robust_z: float | None
    percentile: float
    low: float
    high: float

    def fields(self) -> tuple[float, float | None, float, float, float]:
        """In the order of :class:`Outlier`."""
        return self.median, self.robust_z, self.percentile, self.low, self.high


def compare(value: float, known: Sequence[float], *, log: bool = False) -> Comparison:
    """Where ``value`` stands among ``known`` (sorted).

    The robust z is (x - median) / (1.4826 · MAD); where more than half of the peers are equal the MAD is zero, and the
    mean absolute deviation takes its place (Iglewicz & Hoaglin 1993, How to Detect and Handle Outliers, pp. 11-13).

    Args:
        log: by the logarithm (log10(1 + x)).
    """
    scaled = [math.log10(1 + max(item, 0)) for item in known] if log else list(known)
    own = math.log10(1 + max(value, 0)) if log else value
    middle = quantile(scaled, 0.5)
    deviations = sorted(abs(item - middle) for item in scaled)
    spread = MAD_TO_SD * quantile(deviations, 0.5) or MEAN_TO_SD * sum(deviations) / len(deviations)
    below, equal = sum(item < value for item in known), sum(item == value for item in known)
    z = (own - middle) / spread if spread else (0.0 if own == middle else None)
    return Comparison(
        quantile(known, 0.5),
        z if z is None else round(z, 2),
        round(100 * (below + equal / 2) / len(known), 1),
        quantile(known, 0.05),
        quantile(known, 0.95),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of sorted values, linear between two of them."""
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])
