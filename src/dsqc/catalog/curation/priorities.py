"""How much what counts for in the curators' queue: data of ``curation/priorities.toml``, versioned."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Weight:
    """Points of one kind: for each, and at most."""

    points: float
    most: float

    def of(self, number: float) -> float:
        """Points of ``number`` of them."""
        return min(self.points * number, self.most)


@dataclass(frozen=True, slots=True)
class Peers:
    """What metrics are compared, with how many runs, and from which distance on one is told.

    Attributes:
        robust_z: distance from the median in robust standard deviations.
        least_distance: and at least this share of the median.
    """

    least_peers: int
    newest_peers: int
    robust_z: float
    least_distance: float
    metrics: tuple[str, ...]
    log_metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Priorities:
    """The whole of it."""

    version: str
    weights: dict[str, Weight]
    further_private: float
    form_against_file: frozenset[str]
    peers: Peers


@cache
def priorities() -> Priorities:
    """The priorities that dsqc ships."""
    return read_priorities(files("dsqc.schemas").joinpath("curation", "priorities.toml").read_text(encoding="utf-8"))


def read_priorities(text: str) -> Priorities:
    """Priorities out of TOML."""
    data: dict[str, Any] = tomllib.loads(text)
    kinds = {name: Weight(row["points"], row["most"]) for name, row in data.items() if isinstance(row, dict)}
    outliers = data["outliers"]
    peers = Peers(
        outliers["least_peers"],
        outliers["newest_peers"],
        outliers["robust_z"],
        outliers["least_distance"],
        tuple(outliers["metrics"]),
        tuple(outliers["log_metrics"]),
    )
    codes = frozenset(data["form_against_file"]["codes"])
    return Priorities(data["version"], kinds, data["privacy"]["further"], codes, peers)
