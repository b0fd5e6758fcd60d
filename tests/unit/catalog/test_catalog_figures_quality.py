"""Attainment of goals, control charts and yearly reports over a catalog, on both databases."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from dsqc.catalog.database import WRITES, Catalog
from dsqc.catalog.events import append_event, history, verify_history
from dsqc.catalog.figures.control import ChartOptions
from dsqc.catalog.figures.proportions import trend, wilson
from dsqc.catalog.models import EventRecord, SubmissionRecord
from dsqc.errors import UsageError
from dsqc.stages.figures import control, quality, yearly
from dsqc.station import Station
from helpers.holdings import add_submission

GOALS = """\
schema_version: "1.0"
id: ours
version: "2.1.0"
review_findings: []
goals:
  - {id: general, metric: frac_bases_q30, minimum: 0.8, target: 0.9, severity: warning, source: s,
     rationale: {en: a, ko: a}}
  - id: seeds
    metric: frac_bases_q30
    minimum: 0.9
    tolerance: 0.05
    target: 0.5
    since: "2.0.0"
    severity: warning
    applies_to: {research_field: seed_crop}
    rationale: {en: a, ko: a}
    source: s
  - id: rna-lifted
    metric: frac_bases_q30
    severity: warning
    applies_to: {research_field: seed_crop, library_strategy: RNA-Seq}
    rationale: {en: a, ko: a}
    source: s
"""

ROWS = """
INSERT INTO access_entry VALUES
    (1, '2025-03-01T00:00:00.000000Z', 'a', 'lee', 'handed_over', 'data', 'K', 'K', '', 2, 100, '{}', '', 'a1'),
    (2, '2025-03-02T00:00:00.000000Z', 'a', 'lee', 'handed_over', 'metadata', 'K', 'K', '', 0, 5, '{}', '', 'a2'),
    (3, '2025-04-02T00:00:00.000000Z', 'a', 'kim', 'refused', 'data', 'K', 'K', '', 1, 0, '{}', '', 'a3'),
    (4, '2024-04-02T00:00:00.000000Z', 'a', 'kim', 'handed_over', 'data', 'K', 'K', '', 1, 7, '{}', '', 'a4');
INSERT INTO audit_event VALUES
    (1, '2025-03-01T00:00:00.000000Z', '', '', 'log-in refused', '', '{}', '', 'b1'),
    (2, '2025-03-01T00:00:00.000000Z', 'lee', '', 'log-in', '', '{}', '', 'b2');
INSERT INTO release_proposal VALUES
    (1, 1, 'done', 'lee', '2025-03-01T00:00:00.000000Z', '', '', 'kim', '')
"""
"""What an access log, web pages and releases of closed data leave."""


def with_goals(station: Station) -> Station:
    (station.root / "ours.yaml").write_text(GOALS, encoding="utf-8")
    return station.model_copy(update={"quality_goals": "ours.yaml"})


def test_attainment_counts_what_each_goal_is_for(station: Station) -> None:
    station = with_goals(station)
    first, second = {"registered": "2025-02-01T00:00"}, {"registered": "2025-05-01T00:00"}
    with Catalog.open(station) as catalog, catalog.writing() as session:
        add_submission(session, 4, states=first, metrics={"frac_bases_q30": [0.95, 0.86, 0.84, 0.9]})
        add_submission(session, 2, states=second, metrics={"frac_bases_q30": [0.1, 0.2]})
        add_submission(session, 3, states=second, metrics={"mean_phred": [30] * 3})
        add_submission(session, 2, states=second, metrics={"frac_bases_q30": [0.1, 0.2]}, strategy="RNA-Seq")
        add_submission(session, 2, states=second, metrics={"frac_bases_q30": [0.8, 0.79]}, field="livestock")
        add_submission(session, 9, states=second, metrics={"frac_bases_q30": [0.0] * 9}, access="closed")

    found = quality(station, "field,quarter")

    rows = {(row["group"]["field"], row["goal"]): row for row in found["rows"]}
    assert set(rows) == {("livestock", "general"), ("seed_crop", "seeds")}
    seeds = rows["seed_crop", "seeds"]
    assert [(item["period"], item["runs"], item["reached"], item["not_measured"]) for item in seeds["periods"]] == [
        ("2025-Q1", 4, 3, 0),
        ("2025-Q2", 2, 0, 3),
    ]
    assert (seeds["bound"], seeds["target"], seeds["since"]) == (">= 0.9 ± 0.05", 0.5, "2.0.0")
    assert seeds["overall"]["state"] == "attained"
    assert rows["livestock", "general"]["overall"]["state"] == "below_target"
    assert quality(station, "year", closed=True)["rows"][1]["overall"]["runs"] == 15
    with pytest.raises(UsageError, match="not shown by colour"):
        quality(station, "colour")


def test_what_was_returned_for_its_quality_and_came_back_mended_is_told(station: Station) -> None:
    with Catalog.open(station) as catalog, catalog.writing() as session:
        for at, codes, registered in (
            ("2025-01-10", ["DSQC-Q001"], "2025-04-11T00:00"),
            ("2025-01-20", ["DSQC-Q002", "DSQC-S005"], "2025-01-24T00:00"),
            ("2025-02-01", ["DSQC-S005"], "2025-02-02T00:00"),
        ):
            submission = add_submission(session, 1, states={"received": "2025-01-01T00:00"})
            submission.state = "returned"
            moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
            details = {"codes": codes}
            append_event(
                session, submission, "returned", actor="t", details=details, clock=lambda moment=moment: moment
            )  # type: ignore[misc]
            submission.state = "registered"
            moment = datetime.fromisoformat(registered).replace(tzinfo=UTC)
            append_event(session, submission, "registered", actor="t", clock=lambda moment=moment: moment)  # type: ignore[misc]
            submission.state = "released"
            append_event(session, submission, "released", actor="t", clock=lambda moment=moment: moment)  # type: ignore[misc]

    first, *_ = quality(station, "quarter")["improvement"]
    assert first == {
        "period": "2025-Q1", "returned": 3, "for_quality": 2, "approved": 0, "mended": 2, "median_days": 47.5,
    }  # fmt: skip


def test_intervals_and_trends_are_those_of_the_books() -> None:
    # Brown, Cai and DasGupta's form of Wilson's interval, computed from its quadratic by hand.
    low, high = wilson(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    for edge in (low, high):
        assert abs(0.8 - edge) == pytest.approx(1.959964 * math.sqrt(edge * (1 - edge) / 10), rel=1e-6)
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == 1.0
    # Shuffling which run reached the goal: as strong a trend by chance about as often as the test says.
    random = np.random.default_rng(11)
    reached, numbers = [30, 35, 41, 44], [50, 52, 55, 54]
    found = trend(reached, numbers)
    assert found is not None
    periods = np.repeat(np.arange(4), numbers)
    outcome = np.concatenate([[1] * yes + [0] * (n - yes) for yes, n in zip(reached, numbers, strict=True)])
    slopes = [np.polyfit(periods, random.permutation(outcome), 1)[0] for _ in range(2000)]
    assert found.change == pytest.approx(np.polyfit(periods, outcome, 1)[0])
    assert found.p_value == pytest.approx(np.mean(np.abs(slopes) >= abs(found.change)), abs=0.015)
    assert trend([1, 1], [2, 2]) is trend([2, 2, 2], [2, 2, 2]) is None


def test_a_shift_of_a_centre_is_seen_and_noted_once(station: Station) -> None:
    random = np.random.default_rng(2)
    day = datetime(2025, 1, 1, tzinfo=UTC)
    with Catalog.open(station) as catalog, catalog.writing() as session:
        for number in range(30):
            mean = 0.85 if number < 22 else 0.70
            values = random.normal(mean, 0.01, 3)
            at = (day + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M")
            add_submission(session, 3, states={"registered": at}, metrics={"frac_bases_q30": values})
        add_submission(session, 1, metrics={"frac_bases_q30": [0.1]}, platform="DNBSEQ")
        add_submission(session, 1, metrics={"frac_bases_q30": [0.1]}, access="closed")
    options = ChartOptions("NABIC", "frac_bases_q30")

    document = control(station, options, note=True, by="operator")

    few, chart = document["charts"]
    assert (few["platform"], few["limits"], few["signals"]) == ("DNBSEQ", None, [])
    assert len(chart["points"]) == 30
    assert {signal["point"] for signal in chart["signals"]} >= set(range(22, 30))
    assert document["noted"] == len(chart["signals"])
    assert control(station, options, note=True)["noted"] == 0
    wide = control(station, ChartOptions("NABIC", "frac_bases_q30", kind="ewma", unit="run"))["charts"][1]
    assert {signal["point"] for signal in wide["signals"]} >= set(range(67, 90))
    with Catalog.open(station) as catalog, catalog.reading() as session:
        accession = chart["signals"][-1]["accession"]
        submission = session.query(SubmissionRecord).filter_by(accession=accession).one()
        events = history(session, submission)
        assert (events[-1].action, events[-1].state, events[-1].actor) == ("control_signal", "released", "operator")
        assert verify_history(submission, events) == []
        assert session.query(EventRecord).filter_by(action="control_signal").count() == document["noted"]
    with pytest.raises(UsageError, match="Did you mean frac_bases_q30"):
        control(station, ChartOptions("NABIC", "frac_base_q30"))


def test_a_year_tells_what_is_kept_and_what_is_not(station: Station) -> None:
    with Catalog.open(station) as catalog:
        with catalog.writing() as session:
            # The last moments of the year in Seoul, and the first of the next.
            add_submission(session, 1, states={"registered": "2025-12-31T14:59"})
            add_submission(session, 1, states={"registered": "2025-12-31T15:00"})
        before = yearly(station, 2025)
        with catalog.engine.execution_options(**{WRITES: True}).begin() as connection:
            for statement in ROWS.split(";"):
                connection.execute(text(statement))
        after = yearly(station, 2025)

    assert before["use"]["handed_over"]["count"] == before["security"]["log_ins"]["failed"] == 0
    assert (before["security"]["refused_hand_overs"], before["security"]["two_person_releases"]) == (0, {})
    assert [row["submissions"] for row in after["use"]["registered"]] == [0] * 11 + [1]
    handed = after["use"]["handed_over"]
    assert (handed["count"], handed["refused"], handed["recipients"], handed["files"]) == (2, 1, 1, 2)
    assert handed["size_bytes"] == 105
    assert handed["by_month"][2]["handed_over"] == 2
    assert after["security"]["log_ins"]["failed"] == 1
    assert after["security"]["refused_hand_overs"] == 1
    assert after["security"]["two_person_releases"] == {"done": 1}
