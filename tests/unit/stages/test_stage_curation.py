"""Curators together on both databases: order of the queue, assignment, blind opinions, what a new version answers."""

import json
import threading
import zlib
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import delete, select

from dsqc.artefact import read_json, write_json
from dsqc.catalog.curating import Decision, Ruling
from dsqc.catalog.curation.opinions import commitment
from dsqc.catalog.database import Catalog
from dsqc.catalog.models import CurationCaseRecord, CurationOpinionRecord, ExperimentRecord, MetricRecord, RunRecord
from dsqc.catalog.registering import Actor
from dsqc.errors import UsageError
from dsqc.stages.curate import agreement, assign, decide, queue, results_of, second, show
from dsqc.stages.register import register
from dsqc.station import Curation, Station
from helpers.catalogs import actions, dump, problems
from helpers.results import REASON, Judged
from helpers.stations import new_station

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WEAK = {**REASON, "code": "DSQC-Q002", "severity": "warning", "object": "run", "object_id": "run-leaf"}
ANSWERABLE = "wrong_value:organism@leaf"


@pytest.fixture
def embedded(tmp_path: Path) -> Station:
    """A station with SQLite alone, for what does not depend on the database."""
    return new_station(tmp_path / "station", {}).station


def check(name: str, value: Any) -> None:
    """Against the schema that dsqc publishes."""
    schema = json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validate(schema, value)


def wait(
    station: Station, work: Path, *codes: str, days: float = 0, finding: str = "DSQC-P008", **fields: Any
) -> tuple[Path, Path]:
    """A submission that came into the queue ``days`` ago for ``codes``."""
    judged = Judged(verdict="review", **fields)
    results, inbox = judged.write(work)
    lines = json.loads((results / "validate.findings.jsonl").read_text(encoding="utf-8"))
    (results / "validate.findings.jsonl").write_text(json.dumps({**lines, "code": finding}) + "\n", encoding="utf-8")
    judged.write_verdict(results, reasons=[{**REASON, "severity": "warning", "code": code} for code in codes])
    register(results, inbox, station, actor=Actor("tester", lambda: NOW - timedelta(days=days)))
    return results, inbox


def say(decision: Decision, by: str = "Lee", text: str = "fine") -> Ruling:
    return Ruling(decision, by, text, "")


def ruled(station: Station, **rules: Any) -> Station:
    """The station with other rules for curators."""
    return station.model_copy(update={"curation": Curation(**rules)})


def test_people_come_first_then_form_against_file_then_warnings_each_with_its_reason(
    station: Station, tmp_path: Path
) -> None:
    wait(station, tmp_path, "DSQC-Q002", name="old-warning", prefix="a", days=59)
    wait(station, tmp_path, "DSQC-D023", "DSQC-D025", name="other-file", prefix="b", days=2)
    wait(station, tmp_path, "DSQC-H004", name="person", prefix="c")
    wait(station, tmp_path, "DSQC-Q002", name="warning", prefix="d")

    found = queue(station, at=NOW)

    check("catalog_queue", found)
    rows = found["submissions"]
    assert [row["submission"] for row in rows] == ["person", "other-file", "old-warning", "warning"]
    assert [[item["kind"] for item in row["why"]] for row in rows] == [
        ["privacy", "other_findings"],
        ["form_against_file", "other_findings", "age"],
        ["age", "other_findings"],
        ["other_findings"],
    ]
    assert all(row["points"] == sum(item["points"] for item in row["why"]) for row in rows)
    assert "DSQC-H004" in rows[0]["why"][0]["text"]
    assert "개인정보" in rows[0]["why"][0]["text_ko"]
    assert [row["submission"] for row in queue(station, field="nothing", at=NOW)["submissions"]] == []


def test_a_run_unlike_its_peers_is_told_once_there_are_enough(station: Station, tmp_path: Path) -> None:
    register(*Judged(name="known", prefix="k").write(tmp_path), station)
    wait(station, tmp_path, "DSQC-Q002", name="odd", prefix="o", metrics={"mean_phred": 12.0, "gc_fraction": 0.41})
    assert "outliers" not in {item["kind"] for item in queue(station, at=NOW)["submissions"][0]["why"]}
    _add_peers(station, 40)

    row = queue(station, at=NOW)["submissions"][0]

    told = next(item for item in row["why"] if item["kind"] == "outliers")
    assert told["points"] == 80, "one metric of each of two runs"
    assert "median of 42 runs 36" in told["text"]
    found = show(tmp_path / "results" / "odd", station)
    check("catalog_review", found)
    assert {(item["metric"], item["peers"], item["percentile"]) for item in found["case"]["outliers"]} == {
        ("mean_phred", 42, 0.0)
    }


def _add_peers(station: Station, number: int) -> None:
    """Registered runs of the same stratum, with qualities about 36."""
    with Catalog.open(station) as catalog:

        def work(session: Any) -> None:
            like = session.scalars(select(ExperimentRecord)).first()
            for index in range(number):
                run = RunRecord(
                    accession=f"KARX{index}",
                    submission_id=like.submission_id,
                    experiment_id=like.id,
                    alias=f"peer{index}",
                    run_key=f"peer{index}",
                    file_type="fastq",
                    run_date="",
                    attributes={},
                )
                session.add(run)
                session.flush()
                for name, value in (("mean_phred", 35 + index % 3), ("gc_fraction", 0.4 + index % 5 / 100)):
                    session.add(MetricRecord(run_id=run.id, metric=name, value=value, text=None))

        catalog.write(work)


def test_what_is_assigned_waits_for_its_curator_until_the_assignment_runs_out(station: Station, tmp_path: Path) -> None:
    results, _ = wait(station, tmp_path, "DSQC-Q002")
    done = assign(station, "rice-2026", "Lee", actor=Actor("Kim", lambda: NOW))
    check("curation_case", done)
    assert [row["submission"] for row in queue(station, mine="Lee", at=NOW)["submissions"]] == ["rice-2026"]
    assert queue(station, mine="Kim", at=NOW)["submissions"] == []
    assert queue(station, unassigned=True, at=NOW)["submissions"] == []
    late = NOW + timedelta(days=station.curation.assignment_days + 1)
    assert len(queue(station, unassigned=True, at=late)["submissions"]) == 1

    with pytest.raises(UsageError, match="assigned to Lee until 2026-03-15"):
        decide(results, station, say(Decision.APPROVE, "Kim"), actor=Actor("Kim", lambda: NOW))
    with pytest.raises(UsageError, match="no curator"):
        assign(ruled(station, curators=("Kim", "Lee")), str(results), "Lea", actor=Actor("Kim"))
    decide(results, station, say(Decision.APPROVE, "Kim"), actor=Actor("Kim", lambda: late))

    assert actions(station, "rice-2026")[-3:] == ["in_curation", "assigned", "approved"]
    assert dump(station)["event"][-2]["details"]["to"] == "Lee"
    with pytest.raises(UsageError, match="Kim has decided"):
        decide(results, station, say(Decision.RETURN, "Lee"))
    with pytest.raises(UsageError, match="does not wait"):
        assign(station, "rice-2026", "Kim", actor=Actor("Kim"))
    assert problems(station) == []


def test_a_second_curator_decides_without_seeing_the_first(station: Station, tmp_path: Path) -> None:
    station = ruled(station, second_opinion_for=("DSQC-Q002",))
    results, inbox = wait(station, tmp_path, "DSQC-Q002")

    first = decide(results, station, say(Decision.RETURN, "Lee", "secret words"), reasons=[ANSWERABLE])

    assert (first.progress, first.path) == ("waits_for_second", None)
    assert not (results / "decision.json").exists()
    told = json.dumps([queue(station), show(results, station), dump(station)["event"]], ensure_ascii=False)
    assert "secret words" not in told
    assert "wrong_value" not in json.dumps(dump(station)["event"][-1])
    assert register(results, inbox, station).receipt["state"] == "in_curation"
    assert decide(results, station, say(Decision.RETURN, "Lee", "secret words"), reasons=[ANSWERABLE]) == first
    with pytest.raises(UsageError, match="given an opinion"):
        decide(results, station, say(Decision.APPROVE, "Lee"))

    both = decide(results, station, say(Decision.RETURN, "Kim", "the same"), reasons=["unclear:title_en"])

    check("decision", both.decision)
    assert both.decision["by"] == "Lee, Kim"
    assert [item["code"] for item in both.decision["reasons"]] == ["wrong_value", "unclear"]
    events = dump(station)["event"]
    commitments = [event["details"]["commitment"] for event in events if event["action"] == "opinion_given"]
    assert events[-1]["details"]["opinions"][0]["text"] == "secret words"
    with Catalog.open(station) as catalog, catalog.reading() as session:
        opinions = session.scalars(select(CurationOpinionRecord).order_by(CurationOpinionRecord.id)).all()
        assert [commitment(item) for item in opinions][:1] == commitments
    assert problems(station) == []


@pytest.mark.parametrize(("way", "by"), [("third", "Park"), ("settle", "Kim")])
def test_where_two_differ_a_third_decides_or_the_two_settle_it(
    embedded: Station, tmp_path: Path, way: str, by: str
) -> None:
    station = ruled(embedded, second_opinion_share=1.0, disagreement=way)
    results, inbox = wait(station, tmp_path, "DSQC-Q002")
    second(station, "rice-2026", "Kim", actor=Actor("Lee"))
    decide(results, station, say(Decision.APPROVE))
    with pytest.raises(UsageError, match="Kim is asked"):
        decide(results, station, say(Decision.APPROVE, "Choi"))
    assert decide(results, station, say(Decision.RETURN, "Kim", "no"), reasons=[ANSWERABLE]).progress == "disagreed"

    row = queue(station)["submissions"][0]
    assert (row["why"][0]["kind"], row["second"]["reason"]) == ("disagreement", "sample")
    found = show(results, station)
    check("catalog_review", found)
    assert [(item["curator"], item["decision"]) for item in found["case"]["opinions"]] == [
        ("Lee", "approve"),
        ("Kim", "return"),
    ]
    wrong = {"third": "Kim", "settle": "Park"}[way]
    with pytest.raises(UsageError, match="differ"):
        decide(results, station, say(Decision.APPROVE, wrong))
    assert decide(results, station, say(Decision.APPROVE, by, "odd but right")).path is not None

    assert register(results, inbox, station).receipt["registered"] is True
    figures = agreement(station)
    check("curation_agreement", figures)
    assert (figures["overall"]["cases"], figures["overall"]["percent"]) == (1, 0.0)
    assert figures["table"]["approve"]["return"] == 1
    assert agreement(station, datetime(2100, 1, 1, tzinfo=UTC))["overall"]["cases"] == 0


def test_of_many_curators_at_once_one_decides(station: Station, tmp_path: Path) -> None:
    results, _ = wait(station, tmp_path, "DSQC-Q002")
    came: list[str] = []
    refused: list[str] = []

    def work(name: str, decision: Decision) -> None:
        try:
            decide(results, station, say(decision, name, f"{name} says so"))
            came.append(name)
        except UsageError as error:
            refused.append(str(error))

    threads = [
        threading.Thread(target=work, args=(f"C{number}", (Decision.APPROVE, Decision.RETURN)[number % 2]))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(came) == 1
    assert len(refused) == len(threads) - 1
    assert all("has decided" in text or "not in curation" in text for text in refused)
    tables = dump(station)
    assert [row["decided_by"] for row in tables["decision"]] == came
    assert [row["curator"] for row in tables["curation_opinion"]] == came
    assert read_json(results / "decision.json")["by"] == came[0]
    assert problems(station) == []


def test_a_version_that_leaves_a_reason_unanswered_comes_back_though_it_passes(
    embedded: Station, tmp_path: Path
) -> None:
    station = embedded
    results, _ = wait(station, tmp_path, "DSQC-Q002")
    decide(results, station, say(Decision.RETURN), reasons=[ANSWERABLE, "unclear:title_en"])
    receipt = read_json(results / "receipt.json")
    check("receipt", receipt)
    assert [(item["expected"], item["location"].get("column")) for item in receipt["reasons"][1:3]] == [
        ("wrong_value", "C"),
        ("unclear", "D"),
    ]

    half = Judged(title="A better title").write(tmp_path)
    assert register(*half, station).receipt["state"] == "in_curation"
    row = queue(station)["submissions"][0]
    assert (row["version"], row["returns"]) == (2, 1)
    assert "unanswered" in {item["kind"] for item in row["why"]}
    last = show(half[0], station)["case"]["last_return"]
    assert {item["code"]: item["state"] for item in last["answers"]} == {
        "wrong_value": "unchanged",
        "unclear": "changed",
    }
    decide(half[0], station, say(Decision.APPROVE))
    third = Judged(title="Another title").write(tmp_path)
    assert register(*third, station).receipt["registered"] is True, "a curator has let the reason pass"


def test_a_version_that_answers_everything_and_passes_needs_nobody(embedded: Station, tmp_path: Path) -> None:
    station = embedded
    results, _ = wait(station, tmp_path, "DSQC-Q002")
    decide(results, station, say(Decision.RETURN), reasons=[ANSWERABLE])

    corrected = Judged(organism="Oryza sativa Japonica Group").write(tmp_path)

    assert register(*corrected, station).receipt["registered"] is True
    results, _ = wait(station, tmp_path, "DSQC-Q002", name="other", prefix="o", bioproject="KAP000001")
    decide(results, station, say(Decision.RETURN), reasons=["wrong_value:organism@oleaf"])
    unchanged = Judged(name="other", prefix="o", bioproject="KAP000001").write(tmp_path)
    assert register(*unchanged, ruled(station, unanswered_returns=False)).receipt["registered"] is True


def test_people_in_the_cells_are_kept_masked_only(embedded: Station, tmp_path: Path) -> None:
    station = embedded
    number = "900101-1234567"
    results, _ = wait(station, tmp_path, "DSQC-H001", project={"title_ko": f"대상자 {number}"})
    with pytest.raises(UsageError, match="resident registration number"):
        decide(results, station, say(Decision.RETURN, text=f"take {number} out"))
    decide(results, station, say(Decision.RETURN), reasons=["personal_data:title_ko"])

    tables = dump(station)
    assert number not in json.dumps([tables["curation_reason"], tables["event"]], ensure_ascii=False)
    assert "900101" in tables["curation_reason"][0]["value"], "what is left says which it was"
    with Catalog.open(station) as catalog, catalog.reading() as session:
        case = session.scalars(select(CurationCaseRecord)).one()
        assert number.encode() not in zlib.decompress(case.content)
    assert number not in (results / "receipt.json").read_text(encoding="utf-8")


def test_what_waits_since_before_there_were_cases_is_listed_and_decided(embedded: Station, tmp_path: Path) -> None:
    results, _ = wait(embedded, tmp_path, "DSQC-H004")
    with Catalog.open(embedded) as catalog:
        catalog.write(lambda session: session.execute(delete(CurationCaseRecord)))

    assert queue(embedded, at=NOW)["submissions"][0]["version"] == 1
    check("catalog_review", show(results, embedded))
    with pytest.raises(UsageError, match="dsqc register"):
        assign(embedded, "rice-2026", "Lee", actor=Actor("Lee"))
    assert decide(results, embedded, say(Decision.APPROVE)).path is not None
    assert problems(embedded) == []


def test_a_verdict_that_is_not_the_newest_is_refused_with_what_to_do(embedded: Station, tmp_path: Path) -> None:
    station = embedded
    results, inbox = wait(station, tmp_path, "DSQC-Q002")
    looked_at = read_json(results / "verdict.json")
    assert results_of("rice-2026", station) == results.resolve()
    write_json(results / "verdict.json", {**looked_at, "reason_count": 7})

    with pytest.raises(UsageError, match="out of date"):
        decide(results, station, say(Decision.APPROVE))
    register(results, inbox, station)
    stale = Ruling(Decision.APPROVE, "Lee", "fine", "0" * 64)
    with pytest.raises(UsageError, match="judged again"):
        decide(results, station, stale)
    with pytest.raises(UsageError, match="knows no submission"):
        results_of("nobody", station)
    assert dump(station)["decision"] == []
