"""Quality goals: bounds of metrics as data, by platform, strategy, research field and layout."""

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from dsqc.errors import SystemFault, UsageError
from dsqc.language import Text
from dsqc.metrics.catalogue import METRICS
from dsqc.registry import Severity, rules
from dsqc.rule_data import DIGITS, schemas

DEFAULT_FILE = "default.yaml"
"""The goals that dsqc ships, in ``dsqc.schemas/quality-goals``."""
SELECTORS = ("platform", "library_strategy", "research_field", "library_layout", "instrument_model", "read_kind")
"""What a goal may be limited to: attributes of the experiment and the research field, the weightiest first."""
TARGET = 0.95
"""Share of runs that should reach a goal which names no other."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound of one metric for some experiments.

    Attributes:
        id: name of the goal; findings and results quote it.
        metric: metric id.
        minimum: least value allowed; ``None`` for no lower bound.
        maximum: greatest value allowed; ``None`` for no upper bound. A goal without bounds lifts a general one.
        severity: ``error`` where missing the goal means unusable data, ``warning`` where a curator should look.
        applies_to: allowed values by attribute, case folded; an attribute that is not named may have any value.
        rationale: why this bound, for people.
        source: where the bound comes from.
        tolerance: how far beyond a bound a value still counts as within it, in the metric's unit.
        target: share of the runs it applies to that should reach it, for its attainment over time.
        since: version of the set in which this bound came; empty where the set does not say.
    """

    id: str
    metric: str
    minimum: float | None
    maximum: float | None
    severity: Severity
    applies_to: dict[str, frozenset[str]]
    rationale: Text
    source: str
    tolerance: float = 0.0
    target: float = TARGET
    since: str = ""

    def applies(self, experiment: Mapping[str, str]) -> bool:
        """Whether the goal concerns an experiment with these attributes."""
        return all(experiment.get(name, "").casefold() in allowed for name, allowed in self.applies_to.items())

    def is_met(self, value: float) -> bool:
        """Whether ``value`` lies within the bounds, both included, or beyond them by no more than the tolerance."""
        low, high = self.limits
        return (low is None or value >= low) and (high is None or value <= high)

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The bounds with the tolerance."""
        low, high = self.minimum, self.maximum
        return None if low is None else low - self.tolerance, None if high is None else high + self.tolerance

    @property
    def bound(self) -> str:
        """The bounds for people: ``>= 0.6``, ``0.2 .. 0.8``, or ``any``; the tolerance behind them."""
        return f"{self._bound} ± {self.tolerance:g}" if self.tolerance else self._bound

    @property
    def _bound(self) -> str:
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            return f"{low:g} .. {high:g}"
        if low is not None:
            return f">= {low:g}"
        return "any" if high is None else f"<= {high:g}"

    @property
    def rank(self) -> tuple[int, tuple[bool, ...]]:
        """How specific the goal is: more attributes first, then the weightier ones."""
        return len(self.applies_to), tuple(name in self.applies_to for name in SELECTORS)


@dataclass(frozen=True, slots=True)
class QualityGoals:
    """One file of quality goals.

    Attributes:
        id: name of the set.
        version: version of the set; a changed bound is a new version.
        file: file name, without its directory.
        sha256: digest of the file.
        review_findings: codes of warnings that call for a curator; other warnings are told and do not decide.
        refused_findings: codes of warnings that fail a submission at this station.
        goals: in the order of the file.
    """

    id: str
    version: str
    file: str
    sha256: str
    review_findings: frozenset[str]
    refused_findings: frozenset[str]
    goals: tuple[Goal, ...]

    @property
    def reference(self) -> str:
        """The set in one word, with enough of its digest to tell a changed file of the same version apart."""
        return f"{self.id}@{self.version}+{self.sha256[:DIGITS]}"

    def to_dict(self) -> dict[str, str]:
        """What names the set in ``verdict.json``."""
        return {"id": self.id, "version": self.version, "file": self.file, "sha256": self.sha256}


def select(goals: tuple[Goal, ...], experiment: Mapping[str, str]) -> tuple[Goal, ...]:
    """The goals that hold for ``experiment``: of each metric and severity the most specific one.

    Of two equally specific ones the later of the file holds.
    """
    chosen: dict[tuple[str, Severity], Goal] = {}
    for goal in goals:
        if goal.applies(experiment):
            key = (goal.metric, goal.severity)
            if key not in chosen or goal.rank >= chosen[key].rank:
                chosen[key] = goal
    return tuple(chosen.values())


def load(path: Path | None = None) -> QualityGoals:
    """Read quality goals.

    Args:
        path: a station's own file; ``None`` for those that dsqc ships.

    Raises:
        UsageError: the station's file is missing or wrong; every fault is named with its place.
    """
    if path is None:
        return _shipped()
    try:
        content = path.read_bytes()
    except OSError as error:
        hint = "Correct --goals or quality_goals in station.toml; without either, dsqc's own goals hold."
        raise UsageError(f"The quality goals {path} cannot be read: {error.strerror}.", hint=hint) from error
    return _parse(content, path.name, str(path))


@cache
def _shipped() -> QualityGoals:
    content = schemas().joinpath("quality-goals", DEFAULT_FILE).read_bytes()
    try:
        return _parse(content, DEFAULT_FILE, DEFAULT_FILE)
    except UsageError as error:
        raise SystemFault(str(error), hint="dsqc is damaged: install it again.") from error


def _parse(content: bytes, name: str, shown: str) -> QualityGoals:
    try:
        data = yaml.safe_load(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown} is not UTF-8: {error.reason} at byte {error.start}.") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{shown} is no YAML: {' '.join(str(error).split())}.") from error
    faults = list(_faults(data))
    if faults:
        hint = "`quality_goals.schema.json` and dsqc's own default.yaml show the shape."
        raise UsageError(f"{shown} is wrong: {'; '.join(faults)}.", hint=hint)
    return QualityGoals(
        id=data["id"],
        version=data["version"],
        file=name,
        sha256=hashlib.sha256(content).hexdigest(),
        review_findings=frozenset(data["review_findings"]),
        refused_findings=frozenset(data.get("refused_findings", ())),
        goals=tuple(_goal(entry) for entry in data["goals"]),
    )


def _faults(data: Any) -> Iterator[str]:
    """Everything that is wrong with the file: its shape first, then what a schema cannot say."""
    shape = [f"{_place(error.instance_path)}{error.message}" for error in _validator().iter_errors(data)]
    if shape:
        yield from shape
        return
    seen: set[str] = set()
    for entry in data["goals"]:
        if entry["id"] in seen:
            yield f"goal {entry['id']} stands twice"
        seen.add(entry["id"])
        if entry["metric"] not in METRICS:
            near = difflib.get_close_matches(entry["metric"], METRICS, n=1)
            yield f"goal {entry['id']}: no metric {entry['metric']}" + (f" (did you mean {near[0]}?)" if near else "")
        minimum, maximum = entry.get("minimum"), entry.get("maximum")
        if minimum is not None and maximum is not None and minimum > maximum:
            yield f"goal {entry['id']}: minimum {minimum:g} is above maximum {maximum:g}"
        if _number(entry.get("since", "0")) > _number(data["version"]):
            yield f"goal {entry['id']}: since {entry['since']} is newer than the set's version {data['version']}"
    for key in ("review_findings", "refused_findings"):
        for code in data.get(key, ()):
            if code not in rules():
                yield f"{key}: no rule has the code {code}"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _place(path: list[str | int]) -> str:
    return "/".join(str(part) for part in path) + ": " if path else ""


@cache
def _validator() -> Any:
    schema = files("dsqc.schemas").joinpath("reports", "quality_goals.schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.validator_for(json.loads(schema))


def _goal(entry: Mapping[str, Any]) -> Goal:
    return Goal(
        id=entry["id"],
        metric=entry["metric"],
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        severity=Severity(entry["severity"]),
        applies_to={
            name: frozenset(item.casefold() for item in ([value] if isinstance(value, str) else value))
            for name, value in entry.get("applies_to", {}).items()
        },
        rationale=Text(entry["rationale"]["en"], entry["rationale"]["ko"]),
        source=entry["source"],
        tolerance=entry.get("tolerance", 0.0),
        target=entry.get("target", TARGET),
        since=entry.get("since", ""),
    )
