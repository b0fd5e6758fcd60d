"""Quality goals: those that ship, a station's own file, and which goal holds for which experiment."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.errors import UsageError
from dsqc.forms import vocabulary
from dsqc.judge import Goal, load
from dsqc.judge.goals import SELECTORS, select
from dsqc.language import Text
from dsqc.metrics.catalogue import METRICS
from dsqc.registry import Severity, rules

VALID = """
schema_version: "1.0"
id: ours
version: "2.1.0"
review_findings: []
goals:
  - id: q30
    metric: frac_bases_q30
    minimum: 0.8
    severity: warning
    applies_to: {platform: illumina}
    rationale: {en: Ours., ko: 우리 기준.}
    source: station
"""


def goal(
    name: str,
    applies_to: dict[str, str] | None = None,
    *,
    minimum: float | None = 0.5,
    maximum: float | None = None,
    severity: Severity = Severity.WARNING,
) -> Goal:
    limits = {key: frozenset({value.casefold()}) for key, value in (applies_to or {}).items()}
    return Goal(name, "frac_bases_q30", minimum, maximum, severity, limits, Text("x", "x"), "test")


def test_shipped_goals_name_known_metrics_and_rules() -> None:
    goals = load()
    assert {item.metric for item in goals.goals} <= METRICS.keys()
    assert goals.review_findings <= rules().keys()
    assert all(rules()[code].severity is Severity.WARNING for code in goals.review_findings)


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("platform", "platform"),
        ("library_strategy", "library_strategy"),
        ("library_layout", "library_layout"),
        ("read_kind", "pacbio_read_kind"),
    ],
)
def test_shipped_goals_name_terms_of_the_vocabularies(attribute: str, name: str) -> None:
    known = {term.casefold() for term in vocabulary(name).terms}
    named = {value for item in load().goals for value in item.applies_to.get(attribute, ())}
    assert named <= known


@pytest.mark.parametrize("strategy", ["Bisulfite-Seq", "miRNA-Seq", "AMPLICON", "RAD-Seq", "RNA-Seq"])
def test_no_shipped_goal_judges_composition(strategy: str) -> None:
    chosen = select(load().goals, {"platform": "ILLUMINA", "library_strategy": strategy})
    assert {item.metric for item in chosen} == {
        "read_count",
        "base_count",
        "n_fraction",
        "frac_bases_q20",
        "frac_bases_q30",
    }


def test_most_specific_goal_holds() -> None:
    general = goal("general", minimum=0.9)
    platform = goal("platform", {"platform": "ILLUMINA"}, minimum=0.6)
    both = goal("both", {"platform": "ILLUMINA", "library_strategy": "AMPLICON"}, minimum=0.4)
    goals = (both, general, platform)
    assert select(goals, {"platform": "ILLUMINA", "library_strategy": "AMPLICON"}) == (both,)
    assert select(goals, {"platform": "ILLUMINA", "library_strategy": "WGS"}) == (platform,)
    assert select(goals, {"platform": "OXFORD_NANOPORE"}) == (general,)
    assert select(goals, {}) == (general,)


def test_error_and_warning_goals_of_one_metric_stand_together() -> None:
    warning, error = goal("warning", minimum=0.6), goal("error", minimum=0.1, severity=Severity.ERROR)
    assert select((warning, error), {}) == (warning, error)


def test_platform_weighs_more_than_layout_and_the_later_of_equals_holds() -> None:
    platform = goal("platform", {"platform": "ILLUMINA"})
    layout = goal("layout", {"library_layout": "PAIRED"})
    again = goal("again", {"platform": "ILLUMINA"})
    experiment = {"platform": "Illumina", "library_layout": "paired"}
    assert select((platform, layout), experiment) == (platform,)
    assert select((layout, platform, again), experiment) == (again,)


@given(st.lists(st.sets(st.sampled_from(SELECTORS)), min_size=1, max_size=8))
def test_no_goal_that_applies_is_more_specific_than_the_chosen_one(named: list[set[str]]) -> None:
    experiment = dict.fromkeys(SELECTORS, "x")
    goals = tuple(goal(f"g{number}", dict.fromkeys(names, "x")) for number, names in enumerate(named))
    (chosen,) = select(goals, experiment)
    assert len(chosen.applies_to) == max(len(names) for names in named)


@pytest.mark.parametrize(
    ("minimum", "maximum", "value", "met", "bound"),
    [
        (0.6, None, 0.6, True, ">= 0.6"),
        (0.6, None, 0.5999, False, ">= 0.6"),
        (None, 0.05, 0.05, True, "<= 0.05"),
        (None, 0.05, 0.051, False, "<= 0.05"),
        (0.2, 0.8, 0.5, True, "0.2 .. 0.8"),
        (0.2, 0.8, 0.9, False, "0.2 .. 0.8"),
        (None, None, -1e9, True, "any"),
    ],
)
def test_bounds_are_inclusive(
    minimum: float | None, maximum: float | None, value: float, met: bool, bound: str
) -> None:
    item = goal("g", minimum=minimum, maximum=maximum)
    assert item.is_met(value) is met
    assert item.bound == bound


def test_a_stations_own_file(tmp_path: Path) -> None:
    path = tmp_path / "goals.yaml"
    path.write_text(VALID, encoding="utf-8")
    goals = load(path)
    assert (goals.id, goals.version, goals.file) == ("ours", "2.1.0", "goals.yaml")
    assert select(goals.goals, {"platform": "ILLUMINA"})[0].minimum == 0.8


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: q30", "id: q30\n    colour: red", "colour"),
        ("severity: warning", "severity: info", "goals/0/severity"),
        ("metric: frac_bases_q30", "metric: frac_bases_q3", "did you mean frac_bases_q30?"),
        ("minimum: 0.8", "minimum: 0.8\n    maximum: 0.2", "minimum 0.8 is above maximum 0.2"),
        ("minimum: 0.8", "minimum: high", '"high" is not of type "number"'),
        ("review_findings: []", "review_findings: [DSQC-Z999]", "no rule has the code DSQC-Z999"),
        ("review_findings: []", "review_findings: []\nrefused_findings: [DSQC-Z998]", "no rule has the code DSQC-Z998"),
        ("platform: illumina", "platfrom: illumina", "platfrom"),
        ('version: "2.1.0"', "version: 2.1", "version"),
        ("goals:", "goals: [", "is no YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "goals.yaml"
    path.write_text(VALID.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load(path)
    assert said in str(caught.value)
    assert "goals.yaml" in str(caught.value)


def test_a_goal_must_not_stand_twice(tmp_path: Path) -> None:
    entry = VALID[VALID.index("  - id: q30") :]
    path = tmp_path / "goals.yaml"
    path.write_text(VALID + entry.lstrip("\n"), encoding="utf-8")
    with pytest.raises(UsageError, match="goal q30 stands twice"):
        load(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"- 1\n", b"text"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "goals.yaml"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml"):
        load(tmp_path / "nowhere.yaml")


def test_a_tolerance_widens_the_bounds_and_a_field_makes_a_goal_narrower(tmp_path: Path) -> None:
    def entry(name: str, **more: object) -> dict[str, object]:
        text = {"en": "a", "ko": "a"}
        base = {"id": name, "metric": "frac_bases_q30", "severity": "warning", "rationale": text, "source": "s"}
        return {**base, **more}

    path = tmp_path / "ours.yaml"
    goals = [
        entry("seeds", minimum=0.9, tolerance=0.05, since="1.0.0", applies_to={"research_field": "seed_crop"}),
        entry("any", minimum=0.5),
    ]
    document = {"schema_version": "1.0", "id": "ours", "version": "1.2.0", "review_findings": [], "goals": goals}
    path.write_text(json.dumps(document), encoding="utf-8")

    found = load(path)

    (seeds,) = select(found.goals, {"platform": "ILLUMINA", "research_field": "seed_crop"})
    assert (seeds.id, seeds.bound, seeds.since, seeds.target) == ("seeds", ">= 0.9 ± 0.05", "1.0.0", 0.95)
    assert seeds.is_met(0.85)
    assert not seeds.is_met(0.849)
    assert [goal.id for goal in select(found.goals, {"research_field": "livestock"})] == ["any"]
    goals[0]["since"] = "1.10.0"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UsageError, match=r"since 1\.10\.0 is newer"):
        load(path)
