"""Where a run stands among runs like it: distributions of metrics by stratum, and percentiles in them.

A distribution is made of values with the number of runs that each stands for. It is exact while a metric has at most
``MOST_POINTS`` different values; beyond that neighbouring values share a point, and a percentile is off by less than
``100 * 2 / (MOST_POINTS - 1)``. It depends on the values alone, never on their order, and distributions merge (those
of two centres), which adds their errors. Sketches of libraries give one or the other up: KLL is random, a t-digest
depends on the order.
"""

import hashlib
import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from itertools import accumulate
from pathlib import Path
from typing import Any

import jsonschema_rs

from dsqc.artefact import write_text
from dsqc.errors import UsageError

MOST_POINTS = 256
"""Points of one distribution."""
Stratum = tuple[str, str, str]
"""Platform, library strategy and research field, case folded."""
Point = tuple[float, int]


def stratum_of(experiment: Mapping[str, str], research_field: str) -> Stratum:
    """The stratum of a run by the attributes of its experiment."""
    named = (experiment.get("platform", ""), experiment.get("library_strategy", ""), research_field)
    return (named[0].casefold(), named[1].casefold(), named[2].casefold())


@dataclass(frozen=True)
class Distribution:
    """Values of one metric, ascending, each with the runs that it stands for."""

    points: tuple[Point, ...]

    @classmethod
    def of(cls, counts: Iterable[Point]) -> "Distribution":
        """The distribution of values with their counts, in any order."""
        summed: dict[float, int] = {}
        for value, count in counts:
            summed[value + 0.0] = summed.get(value + 0.0, 0) + count  # -0.0 is 0.0
        return cls(tuple(_compress(sorted(summed.items()))))

    @cached_property
    def _values(self) -> list[float]:
        return [value for value, _ in self.points]

    @cached_property
    def _below(self) -> list[int]:
        """Runs below each point, and all runs at the end."""
        return [0, *accumulate(count for _, count in self.points)]

    @property
    def run_count(self) -> int:
        """Runs that the distribution was made from."""
        return self._below[-1]

    def merged(self, other: "Distribution") -> "Distribution":
        """The distribution of the runs of both."""
        return Distribution.of([*self.points, *other.points])

    def percentile(self, value: float) -> float:
        """Percent of runs below ``value``, those equal to it counted half (mid-rank)."""
        low, high = bisect_left(self._values, value), bisect_right(self._values, value)
        return 50 * (self._below[low] + self._below[high]) / self.run_count

    def quantile(self, fraction: float) -> float:
        """The least value that at least ``fraction`` of the runs do not exceed."""
        rank = max(1, math.ceil(fraction * self.run_count))
        return self._values[bisect_left(self._below, rank) - 1]


def _compress(points: Sequence[Point]) -> list[Point]:
    """Join neighbours into points of at most ``2 n / (MOST_POINTS - 1)`` runs, named by their middle run's value."""
    if len(points) <= MOST_POINTS:
        return list(points)
    most = 2 * sum(count for _, count in points) / (MOST_POINTS - 1)
    found: list[Point] = []
    group: list[Point] = []
    weight = 0
    for point in points:
        if group and weight + point[1] > most:
            found.append(_middle(group, weight))
            group, weight = [], 0
        group.append(point)
        weight += point[1]
    return [*found, _middle(group, weight)]


def _middle(group: Sequence[Point], weight: int) -> Point:
    below = 0
    for value, count in group:
        below += count
        if 2 * below >= weight:
            return value, weight
    raise AssertionError("the counts of a group make its weight")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one metric of one run stands: ``percentile`` of ``run_count`` runs like it."""

    metric: str
    value: float
    percentile: float
    run_count: int


@dataclass(frozen=True)
class Reference:
    """One version of the distributions of all strata.

    Attributes:
        version: number of the version in the catalog that made it.
        minimum_runs: least runs of a distribution.
        strata: distributions by metric, by stratum.
    """

    version: int
    minimum_runs: int
    strata: Mapping[Stratum, Mapping[str, Distribution]]

    def run_count(self, stratum: Stratum) -> int:
        """Runs that a stratum's distributions were made from; 0 where there were too few."""
        return max((item.run_count for item in self.strata.get(stratum, {}).values()), default=0)

    def standings(self, stratum: Stratum, metrics: Mapping[str, Any]) -> list[Standing]:
        """Where the metrics of a run stand, by their ids; nothing where there are too few runs like it."""
        known = self.strata.get(stratum, {})
        return [
            Standing(name, value, round(known[name].percentile(value), 2), known[name].run_count)
            for name, value in sorted(metrics.items())
            if name in known and is_number(value)
        ]

    def to_dict(self) -> dict[str, Any]:
        """The document; the same runs give the same."""
        return {
            "schema_version": "1.0",
            "version": self.version,
            "minimum_runs": self.minimum_runs,
            "strata": [
                {
                    "platform": stratum[0],
                    "library_strategy": stratum[1],
                    "research_field": stratum[2],
                    "metrics": [
                        {
                            "metric": name,
                            "run_count": item.run_count,
                            "values": [value for value, _ in item.points],
                            "counts": [count for _, count in item.points],
                        }
                        for name, item in sorted(metrics.items())
                    ],
                }
                for stratum, metrics in sorted(self.strata.items())
            ],
        }

    @cached_property
    def sha256(self) -> str:
        """Digest of the distributions, whatever their version's number."""
        said = {name: value for name, value in self.to_dict().items() if name != "version"}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], wanted: Container[Stratum] | None = None) -> "Reference":
        """Read :meth:`to_dict`; only the strata that are ``wanted``, where that is said."""
        strata = {}
        for row in document["strata"]:
            stratum = (row["platform"], row["library_strategy"], row["research_field"])
            if wanted is None or stratum in wanted:
                strata[stratum] = {item["metric"]: _distribution(item) for item in row["metrics"]}
        return cls(document["version"], document["minimum_runs"], strata)


def _distribution(item: Mapping[str, Any]) -> Distribution:
    pairs = zip(item["values"], item["counts"], strict=True)
    return Distribution(tuple((float(value), int(count)) for value, count in pairs))


def is_number(value: Any) -> bool:
    """Whether a metric has a finite numeric value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def write_reference(path: Path, reference: Reference) -> None:
    """Write the file of distributions, on one line a stratum: it may hold millions of numbers.

    Raises:
        StorageFault: it cannot be written.
    """
    document = reference.to_dict()
    strata = ",\n".join(json.dumps(row, separators=(",", ":"), allow_nan=False) for row in document.pop("strata"))
    head = json.dumps(document, separators=(",", ":")).removesuffix("}")
    write_text(path, f'{head},"strata":[\n{strata}\n]}}\n')


def load_reference(path: Path, wanted: Container[Stratum] | None = None) -> Reference:
    """Read a file of distributions that ``dsqc catalog reference build`` wrote.

    Args:
        wanted: the strata that are needed; ``None`` for all.

    Raises:
        UsageError: it is missing or wrong.
    """
    hint = "`dsqc catalog reference build` writes it; [figures] of station.toml names it."
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", hint=hint) from error
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}.", hint=hint) from error
    schema = json.loads(
        files("dsqc.schemas").joinpath("reports", "quality_reference.schema.json").read_text(encoding="utf-8")
    )
    fault = next(iter(jsonschema_rs.validator_for(schema).iter_errors(document)), None)
    if fault is not None:
        place = "/".join(str(part) for part in fault.instance_path)
        raise UsageError(f"{path} is wrong: {place}: {fault.message[:200]}.", hint=hint)
    try:
        return Reference.from_dict(document, wanted)
    except ValueError as error:
        raise UsageError(f"{path} is wrong: values and counts differ in number.", hint=hint) from error
