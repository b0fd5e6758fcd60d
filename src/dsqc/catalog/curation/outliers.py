"""Metrics of a run far from those of its peers: registered runs of the same platform, strategy and research field."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


class Spread:
    """How the values of one metric are spread among peers; worked out once, asked for every run.

    The robust z is (x - median) / (1.4826 · MAD); where more than half of the peers are equal the MAD is zero, and the
    mean absolute deviation takes its place (Iglewicz & Hoaglin 1993, How to Detect and Handle Outliers, pp. 11-13).
    """

    def __init__(self, values: Iterable[float], *, log: bool = False) -> None:
        """``log``: by the logarithm, log10(1 + x)."""
        self._ordered = sorted(values)
        self._log = log
        scaled = [self._scale(item) for item in self._ordered]
        self._middle = quantile(scaled, 0.5)
        deviations = sorted(abs(item - self._middle) for item in scaled)
        self._unit = MAD_TO_SD * quantile(deviations, 0.5) or MEAN_TO_SD * sum(deviations) / len(deviations)
        self.count = len(scaled)
        self.median, self.low, self.high = (quantile(self._ordered, share) for share in (0.5, 0.05, 0.95))

    def _scale(self, value: float) -> float:
        return math.log10(1 + max(value, 0)) if self._log else value

    def robust_z(self, value: float) -> float | None:
        """Signed distance from the median in robust standard deviations; ``None`` where all peers are equal to each
        other and not to ``value``."""
        distance = self._scale(value) - self._middle
        if self._unit:
            return round(distance / self._unit, 2)
        return None if distance else 0.0

    def percentile(self, value: float) -> float:
        """Share of the peers below ``value``, equal ones by half; 0 to 100."""
        below, up_to = bisect_left(self._ordered, value), bisect_right(self._ordered, value)
        return round(50 * (below + up_to) / self.count, 1)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of sorted values, linear between two of them."""
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


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
        self._known: dict[Stratum, Mapping[str, Spread]] = {}

    def of(self, stratum: Stratum) -> Mapping[str, Spread]:
        """The newest registered runs of ``stratum`` by metric, where there are enough; none of an unknown stratum."""
        if stratum not in self._known:
            self._known[stratum] = self._read(stratum) if all(stratum) else {}
        return self._known[stratum]

    def _read(self, stratum: Stratum) -> Mapping[str, Spread]:
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
        return {
            name: Spread(values, log=name in self._rules.log_metrics)
            for name, values in found.items()
            if len(values) >= self._rules.least_peers
        }


def outliers(peers: PeerRuns, rules: Peers, runs: Sequence[Mapping[str, Any]], research_field: str) -> list[Outlier]:
    """The metrics of ``runs`` (as a case keeps them) that are far from their peers, the farthest first."""
    found = [
        item
        for run in runs
        for item in _of_run(run, peers.of((run["platform"], run["strategy"], research_field)), rules)
    ]
    return sorted(found, key=lambda item: (-item.distance, item.run_key, item.metric))


def _of_run(run: Mapping[str, Any], known: Mapping[str, Spread], rules: Peers) -> Iterator[Outlier]:
    for name, peers in known.items():
        if name not in run["metrics"]:
            continue
        value = float(run["metrics"][name])
        z = peers.robust_z(value)
        is_far = z is None or abs(z) >= rules.robust_z
        if is_far and abs(value - peers.median) >= rules.least_distance * abs(peers.median):
            place = (z, peers.percentile(value), peers.low, peers.high, peers.count)
            yield Outlier(run["run_key"], name, value, peers.median, *place)
