"""Curation on both databases: the queue, a decision with its reason, and what follows from it."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.catalog.curating import Decision, Ruling
from dsqc.catalog.registering import Actor
from dsqc.errors import SystemFault, UsageError
from dsqc.stages.curate import decide, queue, show
from dsqc.stages.register import register
from dsqc.station import Station
from helpers.catalogs import actions, dump, problems
from helpers.results import REASON, Judged, read

START = datetime(2026, 1, 1, tzinfo=UTC)


def check(name: str, value: Any) -> None:
    """Against the schema that dsqc publishes."""
    schema = json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validate(schema, value)


@pytest.fixture
def waiting(station: Station, tmp_path: Path) -> tuple[Path, Path]:
    """A submission that waits for a curator: (results, inbox)."""
    results, inbox = Judged(verdict="review").write(tmp_path)
    register(results, inbox, station, actor=Actor("tester", lambda: START))
    return results, inbox


def ruling(decision: Decision, reason: str = "좋습니다") -> Ruling:
    return Ruling(decision, "Lee", reason, "")


def test_the_queue_lists_what_waits_longest_first(station: Station, waiting: tuple[Path, Path], tmp_path: Path) -> None:
    earlier = Judged(name="earlier", verdict="review", prefix="b").write(tmp_path)
    register(*earlier, station, actor=Actor("tester", lambda: START - timedelta(days=1)))
    register(*Judged(name="passed", prefix="c").write(tmp_path), station)

    found = queue(station)

    check("catalog_queue", found)
    assert [row["submission"] for row in found["submissions"]] == ["earlier", "rice-2026"]
    assert found["submissions"][1]["since"] == "2026-01-01T00:00:00.000000Z"
    assert found["submissions"][1]["reasons"][0]["code"] == "DSQC-S005"


def test_an_approved_submission_is_registered_by_the_next_register(
    station: Station, waiting: tuple[Path, Path]
) -> None:
    results, inbox = waiting

    done = decide(results, station, ruling(Decision.APPROVE))

    check("decision", done.decision)
    assert read(results / "decision.json") == done.decision
    assert (done.decision["by"], done.decision["reason"]) == ("Lee", "좋습니다")
    assert queue(station)["submissions"] == []
    assert register(results, inbox, station).receipt["state"] == "registered"
    assert actions(station, "rice-2026")[-4:] == ["in_curation", "approved", "registered", "released"]
    assert [(row["actor"], row["reason"]) for row in dump(station)["event"][-3:-1]] == [
        ("Lee", "좋습니다"),
        (dump(station)["event"][0]["actor"].replace("tester", "dsqc register 0.1.0"), "approved by Lee"),
    ]
    assert problems(station) == []


@pytest.mark.parametrize(("decision", "state"), [(Decision.RETURN, "returned"), (Decision.REJECT, "rejected")])
def test_what_is_not_approved_gets_its_receipt_at_once(
    station: Station, waiting: tuple[Path, Path], decision: Decision, state: str
) -> None:
    results, inbox = waiting

    decide(results, station, ruling(decision, "the soil type is missing"))

    receipt = read(results / "receipt.json")
    check("receipt", receipt)
    assert (receipt["state"], receipt["registered"]) == (state, False)
    assert "the soil type is missing" in receipt["reasons"][0]["message"]
    assert register(results, inbox, station).receipt == receipt


def test_what_the_curator_looked_at_is_told(station: Station, tmp_path: Path) -> None:
    judged = Judged(verdict="review")
    results, inbox = judged.write(tmp_path)
    weak = {**REASON, "code": "DSQC-Q002", "severity": "warning", "object": "run", "object_id": "run-leaf"}
    judged.write_verdict(results, reasons=[weak, REASON], reason_count=2)
    register(results, inbox, station)
    decide(results, station, ruling(Decision.RETURN, "too few good bases"))

    reasons = read(results / "receipt.json")["reasons"]
    assert [(item["code"], item["object"], item["object_id"]) for item in reasons[:2]] == [
        ("DSQC-G001", "submission", "rice-2026"),
        ("DSQC-G002", "run", "run-leaf"),
    ]
    assert "quality report" in reasons[1]["message"]
    assert dump(station)["event"][-1]["details"]["codes"] == ["DSQC-G001", "DSQC-G002"]


def test_the_same_decision_again_is_recorded_once(station: Station, waiting: tuple[Path, Path]) -> None:
    results, _ = waiting
    decide(results, station, ruling(Decision.RETURN))
    before = dump(station)
    (results / "decision.json").unlink()

    decide(results, station, ruling(Decision.RETURN))

    assert dump(station) == before
    assert (results / "decision.json").exists()


def test_a_decision_holds_for_its_verdict_only(station: Station, waiting: tuple[Path, Path]) -> None:
    results, inbox = waiting
    decide(results, station, ruling(Decision.APPROVE))
    Judged(verdict="review").write_verdict(results, reason_count=7)

    assert register(results, inbox, station).receipt["state"] == "in_curation"
    assert len(queue(station)["submissions"]) == 1


def test_a_curator_may_change_an_approval_until_it_is_registered(station: Station, waiting: tuple[Path, Path]) -> None:
    results, inbox = waiting
    decide(results, station, ruling(Decision.APPROVE))
    decide(results, station, ruling(Decision.RETURN))

    assert register(results, inbox, station).receipt["state"] == "returned"


def test_a_corrected_submission_comes_back_after_a_return(
    station: Station, waiting: tuple[Path, Path], tmp_path: Path
) -> None:
    decide(waiting[0], station, ruling(Decision.RETURN))

    corrected = Judged(verdict="pass", organism="Oryza sativa Japonica Group").write(tmp_path)

    assert register(*corrected, station).receipt["registered"] is True


def test_a_rejected_submission_stays_rejected(station: Station, waiting: tuple[Path, Path], tmp_path: Path) -> None:
    decide(waiting[0], station, ruling(Decision.REJECT))

    again = register(*Judged(verdict="pass", organism="Zea mays").write(tmp_path), station).receipt

    assert (again["state"], again["registered"]) == ("rejected", False)


@pytest.mark.parametrize("verdict", ["pass", "fail"])
def test_only_what_waits_can_be_decided(station: Station, tmp_path: Path, verdict: str) -> None:
    results, inbox = Judged(verdict=verdict).write(tmp_path)
    with pytest.raises(UsageError, match="dsqc register"):
        decide(results, station, ruling(Decision.APPROVE))
    register(results, inbox, station)

    with pytest.raises(UsageError, match="not in curation"):
        decide(results, station, ruling(Decision.APPROVE))
    assert dump(station)["decision"] == []


@pytest.mark.parametrize("empty", [Ruling(Decision.APPROVE, " ", "fine", ""), Ruling(Decision.APPROVE, "Lee", " ", "")])
def test_a_decision_needs_a_name_and_a_reason(station: Station, waiting: tuple[Path, Path], empty: Ruling) -> None:
    with pytest.raises(UsageError, match="a name and a reason"):
        decide(waiting[0], station, empty)


def test_a_curator_sees_reasons_findings_and_metrics(waiting: tuple[Path, Path]) -> None:
    found = show(waiting[0])

    check("catalog_review", found)
    assert found["findings"] == [{"place": "forms", "code": "DSQC-P008", "severity": "warning", "count": 2}]
    assert found["runs"][0]["metrics"]["mean_phred"] == 36.5


def test_results_changed_after_the_verdict_are_not_shown(waiting: tuple[Path, Path]) -> None:
    (waiting[0] / "validate.json").write_text("{}", encoding="utf-8")

    with pytest.raises(SystemFault, match="changed since the verdict"):
        show(waiting[0])
