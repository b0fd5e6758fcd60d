"""One run unlike its siblings: the runs of a submission that the forms describe alike, metric by metric; and mates of
different organisms.

A run is far off where its robust z (distance from the median in 1.4826 median absolute deviations) is large, the
distance matters by itself, and chance is no explanation: its probability by Student's t, of half the degrees of freedom
because a median deviation is worth a third to a half of a standard deviation, stays under the bound of Benjamini and
Hochberg over all runs and metrics of the submission. It is for a curator's eye and decides nothing.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dsqc.findings import Finding, Location, finding
from dsqc.judge.declared import MEASURED, Declared
from dsqc.metrics.catalogue import METRICS

LEAST_SIBLINGS = 10
"""Runs of a group, the odd one among them; of fewer nobody can say what is usual."""
LEAST_Z = 6.0
FALSE_DISCOVERIES = 0.01
MAD_TO_SD = 1.4826
ALIKE = ("platform", "instrument_model", "library_strategy", "library_source", "library_selection", "library_layout")
"""Attributes of the experiment that siblings share, beside the organism of the sample."""
COMPARED = {
    "gc_fraction": 0.02,
    "n_fraction": 0.02,
    "mean_phred": 2.0,
    "frac_bases_q30": 0.05,
    "frac_reads_adapter": 0.05,
    "frac_reads_deduplicated": 0.1,
    "frac_duplicates": 0.1,
    "frac_mapped": 0.05,
    "error_rate": 0.005,
    "organism_explained": 0.1,
    "human_share": 0.01,
    "overlap_mismatch_fraction": 0.005,
}
"""Metric and the least distance that matters, in its unit."""
COMPARED_BY_RATIO = {
    "read_count": 5.0,
    "length_mean": 1.2,
    "insert_size_median": 1.25,
    "overlap_insert_median": 1.25,
    "coverage_mean": 5.0,
}
"""Metrics whose logarithm is compared, with the least ratio that matters."""
STEPS = 200
LEAST_MATE_SHARE = 0.5
"""Lower end of the interval from which the reads of a mate look like one organism."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """One metric of one run that is unlike those of its siblings.

    Attributes:
        declared: the run.
        metric: its id.
        value, median: of the run and of all siblings.
        robust_z: distance in robust standard deviations.
        probability: of such a distance, or a larger one, by chance.
        siblings: runs of the group.
    """

    declared: Declared
    metric: str
    value: float
    median: float
    robust_z: float
    probability: float
    siblings: int

    def to_dict(self) -> dict[str, Any]:
        """An entry of ``siblings`` in ``verdict.json``."""
        return {
            "run_key": self.declared.run.key,
            "metric": self.metric,
            "value": self.value,
            "median": self.median,
            "robust_z": round(self.robust_z, 1),
            "probability": float(f"{self.probability:.2g}"),
            "siblings": self.siblings,
        }


def oddities(every: Sequence[Declared], measured: Mapping[str, Mapping[str, Any]]) -> list[Oddity]:
    """What is far off in any group of siblings, by run and metric.

    Args:
        every: the runs of a submission.
        measured: ``qc.json`` by the key of the run.
    """
    groups: dict[tuple[str, ...], list[Declared]] = defaultdict(list)
    for item in every:
        if item.experiment and measured[item.run.key]["state"] == MEASURED:
            shared = (item.experiment.get(name, "").casefold() for name in ALIKE)
            groups[(item.sample.get("organism", "").casefold(), *shared)].append(item)
    looked_at: list[Oddity] = []
    for group in groups.values():
        for metric in (*COMPARED, *COMPARED_BY_RATIO):
            values = [measured[item.run.key]["metrics"].get(metric) for item in group]
            known = [(item, float(value)) for item, value in zip(group, values, strict=True) if value is not None]
            if len(known) >= LEAST_SIBLINGS:
                looked_at.extend(_compare(metric, known))
    bound = _bound([item.probability for item in looked_at])
    found = [item for item in looked_at if item.probability <= bound]
    return sorted(found, key=lambda item: (item.declared.run.key, item.probability, item.metric))


def _compare(metric: str, known: Sequence[tuple[Declared, float]]) -> Iterator[Oddity]:
    """Every run with its distance; its probability is 1 where that does not matter."""
    by_ratio = metric in COMPARED_BY_RATIO
    scaled = [math.log(max(value, 1.0)) if by_ratio else value for _, value in known]
    least = math.log(COMPARED_BY_RATIO[metric]) if by_ratio else COMPARED[metric]
    middle = _median(scaled)
    # Where most are alike to the last digit, the least distance that matters is what a deviation is measured by.
    unit = max(MAD_TO_SD * _median([abs(value - middle) for value in scaled]), least / LEAST_Z)
    median = _median([value for _, value in known])
    for (item, value), place in zip(known, scaled, strict=True):
        z = (place - middle) / unit
        matters = abs(z) >= LEAST_Z and abs(place - middle) >= least
        # What does not matter is no discovery, however unlikely: it counts as a comparison.
        chance = _chance(abs(z), max(3.0, (len(known) - 1) / 2)) if matters else 1.0
        yield Oddity(item, metric, value, median, z, chance, len(known))


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _chance(t: float, freedom: float) -> float:
    """Two-sided tail of Student's t: with t = √ν tan θ its density is cos^(ν-1) θ, which Simpson's rule sums up."""
    start = math.atan(t / math.sqrt(freedom))
    whole = math.sqrt(math.pi) * math.gamma(freedom / 2) / (2 * math.gamma((freedom + 1) / 2)) if freedom < 300 else 0.0
    if not whole:
        return math.erfc(t / math.sqrt(2))
    width = (math.pi / 2 - start) / STEPS
    places = [start + width * step for step in range(STEPS + 1)]

    def density(place: float) -> float:
        return math.pow(max(math.cos(place), 0.0), freedom - 1)

    total = sum((density(a) + 4 * density((a + b) / 2) + density(b)) * width / 6 for a, b in pairwise(places))
    return min(1.0, total / whole)


def _bound(probabilities: Sequence[float]) -> float:
    """The largest probability that is a discovery (Benjamini and Hochberg 1995); -1 for none."""
    ordered = sorted(probabilities)
    count = len(ordered)
    kept = [value for rank, value in enumerate(ordered, 1) if value <= FALSE_DISCOVERIES * rank / count]
    return kept[-1] if kept else -1.0


def sibling_findings(found: Sequence[Oddity]) -> Iterator[Finding]:
    """DSQC-D053: a run that is unlike its siblings; one finding a run names all its metrics."""
    by_run: dict[str, list[Oddity]] = defaultdict(list)
    for item in found:
        by_run[item.declared.run.key].append(item)
    for key, items in by_run.items():
        first = items[0]
        yield finding(
            "DSQC-D053",
            Location(sheet="run", row=first.declared.run.row or None, attribute="run_alias"),
            object_id=key,
            value=", ".join(f"{item.metric} {item.value:.4g}" for item in items),
            expected=", ".join(f"{item.metric} {item.median:.4g}" for item in items),
            metrics=", ".join(METRICS[item.metric].name.en for item in items),
            metrics_ko=", ".join(METRICS[item.metric].name.ko for item in items),
            siblings=first.siblings,
        )


def mate_findings(declared: Declared, metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """DSQC-D054: the reads of R1 and those of R2 are of different organisms, both surely: mates of two libraries.

    Args:
        declared: the run.
        metrics: of each of its whole files, by name.
    """
    by_role: dict[str, dict[str, tuple[str, str]]] = {"R1": {}, "R2": {}}
    for file, role in declared.roles.items():
        values = metrics.get(file, {})
        share, taxon = values.get("organism_share_low"), str(values.get("organism_taxonomy_id") or "")
        if role in by_role and share is not None and share >= LEAST_MATE_SHARE and taxon:
            by_role[role][taxon] = (file, str(values["organism_main"]))
    first, second = by_role["R1"], by_role["R2"]
    if first and second and not first.keys() & second.keys():
        (file, organism), (other_file, other) = next(iter(first.values())), next(iter(second.values()))
        yield finding(
            "DSQC-D054",
            Location(path=other_file),
            object_id=declared.run.key,
            value=f"{other_file}: {other}",
            expected=f"{file}: {organism}",
        )
