"""The register stage on both databases: what it writes, that it writes it once, and what it refuses."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.artefact import write_json
from dsqc.errors import CatalogFault, SystemFault, UsageError
from dsqc.stages.register import register
from dsqc.station import Station, Tiers, load_station
from helpers.catalogs import actions, dump, problems
from helpers.results import VERSIONS, Judged, read


def schema(name: str) -> Any:
    """A schema that dsqc publishes."""
    return json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))


def register_one(judged: Judged, work: Path, station: Station) -> dict[str, Any]:
    """Write the results, register them, and return the receipt, which must be as published."""
    results, inbox = judged.write(work, station)
    receipt = register(results, inbox, station).receipt
    assert receipt == read(results / "receipt.json")
    jsonschema_rs.validate(schema("receipt"), receipt)
    return receipt


def codes(receipt: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in receipt["reasons"]]


def test_a_passed_submission_gets_accessions_objects_and_a_manifest(station: Station, tmp_path: Path) -> None:
    judged = Judged()

    receipt = register_one(judged, tmp_path, station)

    assert receipt["registered"] is True
    assert receipt["versions"] == VERSIONS
    assert receipt["accessions"] == {
        "submission": "KRA00000001",
        "projects": {"rice-project": "KAP000001"},
        "samples": {"leaf": "KAS00000001", "root": "KAS00000002"},
        "experiments": {"leaf_WGS_1": "KAE00000001", "root_WGS_1": "KAE00000002"},
        "runs": {"run-leaf": "KAR00000001", "run-root": "KAR00000002"},
    }
    store = Path(station.tier_url("public"))
    for item in receipt["objects"]:
        assert (store / item["key"]).read_bytes() == judged.bytes_of(item["name"])
    manifest = read(store / "submissions/KRA00000001/manifest.json")
    jsonschema_rs.validate(schema("manifest"), manifest)
    assert manifest["objects"] == receipt["objects"]
    assert "institute.re.kr" not in json.dumps(manifest)
    assert actions(station, "rice-2026")[:4] == ["received", "transferred", "validated", "measured"]
    assert actions(station, "rice-2026")[4:] == ["registered", "released"]
    assert problems(station) == []


def test_what_is_searched_stands_in_columns(station: Station, tmp_path: Path) -> None:
    register_one(Judged(), tmp_path, station)

    tables = dump(station)

    assert tables["sample"][0]["organism"] == "Oryza sativa"
    assert tables["sample"][0]["taxonomy_id"] == 4530
    assert tables["experiment"][1]["instrument_model"] == "Illumina NovaSeq 6000"
    assert tables["data_file"][0]["format"] == "fastq"
    assert tables["finding"] == [
        {"id": 1, "submission_id": 1, "place": "forms", "code": "DSQC-P008", "severity": "warning", "count": 2}
    ]
    metrics = {(row["run_id"], row["metric"]): row["value"] or row["text"] for row in tables["metric"]}
    assert metrics[1, "mean_phred"] == 36.5
    assert metrics[2, "quality_encoding"] == "phred33"
    assert (1, "optional") not in metrics
    assert tables["lease"] == []


def test_registering_twice_changes_nothing(station: Station, tmp_path: Path) -> None:
    results, inbox = Judged().write(tmp_path)
    register(results, inbox, station)
    first, before = (results / "receipt.json").read_bytes(), dump(station)

    (results / "receipt.json").unlink()
    for path in inbox.iterdir():
        path.unlink()
    register(results, inbox, station)

    assert (results / "receipt.json").read_bytes() == first
    assert dump(station) == before


def test_the_same_submission_from_another_batch_gets_the_same_accessions(station: Station, tmp_path: Path) -> None:
    first = register_one(Judged(), tmp_path / "one", station)
    results, inbox = Judged().write(tmp_path / "two")
    Judged().write_verdict(results, dsqc_version="9.9.9")

    again = register(results, inbox, station).receipt

    assert again["accessions"]["runs"] == first["accessions"]["runs"]
    assert len(dump(station)["run"]) == 2


def test_other_content_under_a_registered_alias_is_returned(station: Station, tmp_path: Path) -> None:
    register_one(Judged(), tmp_path / "one", station)
    before = dump(station)

    receipt = register_one(Judged(organism="Zea mays"), tmp_path / "two", station)

    assert (receipt["registered"], receipt["state"], codes(receipt)) == (False, "returned", ["DSQC-G003"])
    assert "KRA00000001" in receipt["reasons"][0]["message_ko"]
    assert receipt["accessions"]["submission"] is None
    assert dump(station) == before


def test_the_alias_of_another_submitter_is_another_submission(station: Station, tmp_path: Path) -> None:
    first = register_one(Judged(), tmp_path / "one", station)
    second = register_one(Judged(email="lee@other.ac.kr"), tmp_path / "two", station)

    assert first["accessions"]["projects"] != second["accessions"]["projects"]
    assert second["accessions"]["submission"] == "KRA00000002"


def test_a_failed_submission_is_returned_and_a_corrected_one_registered(station: Station, tmp_path: Path) -> None:
    failed = register_one(Judged(verdict="fail"), tmp_path / "one", station)
    assert (failed["state"], codes(failed), failed["objects"]) == ("returned", ["DSQC-S005"], [])
    assert list(Path(station.tier_url("public")).rglob("*.json")) == []

    corrected = register_one(Judged(organism="Zea mays"), tmp_path / "two", station)

    assert corrected["registered"] is True
    history = actions(station, "rice-2026")
    assert history == [
        *("received", "transferred", "validated", "measured", "returned"),
        *("received", "transferred", "validated", "measured", "registered", "released"),
    ]
    assert problems(station) == []


def test_the_same_content_judged_by_other_goals_is_measured_again(station: Station, tmp_path: Path) -> None:
    register_one(Judged(verdict="fail"), tmp_path, station)

    receipt = register_one(Judged(verdict="pass"), tmp_path, station)

    assert receipt["registered"] is True
    assert actions(station, "rice-2026")[-4:] == ["returned", "measured", "registered", "released"]


def test_failing_twice_is_recorded_once(station: Station, tmp_path: Path) -> None:
    register_one(Judged(verdict="fail"), tmp_path, station)
    before = dump(station)

    register_one(Judged(verdict="fail"), tmp_path, station)

    assert dump(station) == before


def test_a_review_waits_in_curation(station: Station, tmp_path: Path) -> None:
    receipt = register_one(Judged(verdict="review"), tmp_path, station)

    assert (receipt["registered"], receipt["state"], codes(receipt)) == (False, "in_curation", ["DSQC-S005"])
    assert dump(station)["object"] == []


def test_closed_data_goes_to_the_closed_tier_only(station: Station, tmp_path: Path) -> None:
    receipt = register_one(Judged(access="closed"), tmp_path, station)

    assert {item["tier"] for item in receipt["objects"]} == {"closed"}
    assert list(Path(station.tier_url("public")).rglob("*")) == []


def test_content_that_is_there_already_is_stored_once(station: Station, tmp_path: Path) -> None:
    first = register_one(Judged(), tmp_path, station)
    second = register_one(Judged(name="again-2026", email="lee@other.ac.kr"), tmp_path, station)

    assert [item["key"] for item in first["objects"]] == [item["key"] for item in second["objects"]]
    assert len(dump(station)["object"]) == 3


def test_content_that_is_there_already_is_told(station: Station, tmp_path: Path) -> None:
    assert register_one(Judged(), tmp_path, station)["reasons"] == []
    again = Judged(name="again-2026", email="lee@other.ac.kr")
    receipt = register_one(again, tmp_path, station)

    assert receipt["registered"] is True
    assert [(item["code"], item["severity"], item["object_id"]) for item in receipt["reasons"]] == [
        ("DSQC-F013", "warning", name) for name in sorted(again.file_names())
    ]
    assert "KAR00000001" in receipt["reasons"][0]["message"]
    found = [row for row in dump(station)["finding"] if row["code"] == "DSQC-F013"]
    assert [(row["place"], row["count"]) for row in found] == [("catalog", 3)]
    assert register_one(again, tmp_path, station) == receipt


def test_nobody_learns_of_closed_data_by_handing_in_the_same(station: Station, tmp_path: Path) -> None:
    register_one(Judged(access="closed"), tmp_path, station)
    assert register_one(Judged(name="b-2026", email="lee@other.ac.kr"), tmp_path, station)["reasons"] == []
    own = register_one(Judged(name="c-2026", bioproject="KAP000001", access="closed", prefix=""), tmp_path, station)
    assert own["registered"] is False  # the names are taken in the project


def test_tiers_that_are_not_apart_take_nothing(station: Station, tmp_path: Path) -> None:
    results, inbox = Judged(access="closed").write(tmp_path, station)
    inside = station.model_copy(update={"tiers": Tiers(public="store", closed="store/closed")})

    with pytest.raises(UsageError, match="DSQC-P015"):
        register(results, inbox, inside)

    assert dump(station)["object"] == []
    assert register(results, inbox, station).registered


SECRET = {"security_class": "보안과제 (security)"}


def test_open_data_of_a_security_project_are_refused(station: Station, tmp_path: Path) -> None:
    register_one(Judged(access="closed", project=SECRET), tmp_path, station)
    later = Judged(name="later-2026", bioproject="KAP000001", prefix="b")
    receipt = register_one(later, tmp_path, station)

    assert (receipt["registered"], codes(receipt)) == (False, ["DSQC-P016"])
    assert register_one(
        Judged(name="last-2026", bioproject="KAP000001", prefix="c", access="closed"), tmp_path, station
    )["registered"]


def test_open_and_closed_copies_of_the_same_content_are_one_object(station: Station, tmp_path: Path) -> None:
    register_one(Judged(), tmp_path, station)
    register_one(Judged(name="closed-2026", email="lee@other.ac.kr", access="closed"), tmp_path, station)

    tables = dump(station)

    assert len(tables["object"]) == 3
    assert sorted(row["tier"] for row in tables["object_copy"]) == ["closed"] * 3 + ["public"] * 3
    assert problems(station) == []


# Projects and samples outside the submission.


def test_two_submissions_of_one_project_share_its_accession(station: Station, tmp_path: Path) -> None:
    first = register_one(Judged(), tmp_path, station)
    second = register_one(Judged(name="rice-2027", prefix="b"), tmp_path, station)
    third = register_one(Judged(name="rice-2028", prefix="c", bioproject="KAP000001"), tmp_path, station)

    assert first["accessions"]["projects"] == {"rice-project": "KAP000001"}
    assert second["accessions"]["projects"] == third["accessions"]["projects"] == {"rice-project": "KAP000001"}
    assert len(dump(station)["project"]) == 1


def test_a_project_is_frozen_once_registered(station: Station, tmp_path: Path) -> None:
    register_one(Judged(), tmp_path, station)

    receipt = register_one(Judged(name="rice-2027", prefix="b", title="Another title"), tmp_path, station)

    assert (receipt["state"], codes(receipt)) == ("returned", ["DSQC-G003"])


def test_an_unknown_project_of_ours_is_returned_until_it_exists(station: Station, tmp_path: Path) -> None:
    receipt = register_one(Judged(name="early", prefix="b", bioproject="KAP000001"), tmp_path, station)
    assert (receipt["state"], codes(receipt)) == ("returned", ["DSQC-P001"])

    register_one(Judged(), tmp_path, station)
    receipt = register_one(Judged(name="early", prefix="b", bioproject="KAP000001"), tmp_path, station)

    assert receipt["registered"] is True
    assert actions(station, "early")[-4:] == ["returned", "measured", "registered", "released"]


@pytest.mark.parametrize("reference", ["PRJNA31257", "PRJCA000001"])
def test_a_foreign_project_is_kept_under_its_own_number(station: Station, tmp_path: Path, reference: str) -> None:
    first = register_one(Judged(bioproject=reference), tmp_path, station)
    second = register_one(Judged(name="rice-2027", prefix="b", bioproject=reference), tmp_path, station)

    assert first["accessions"]["projects"] == second["accessions"]["projects"] == {reference: reference}
    assert [row["minted"] for row in dump(station)["project"]] == [False]


def test_an_alias_that_no_project_has_is_returned(station: Station, tmp_path: Path) -> None:
    receipt = register_one(Judged(bioproject="no-such"), tmp_path, station)

    assert (receipt["state"], codes(receipt)) == ("returned", ["DSQC-P001"])


def test_an_umbrella_project_takes_no_data(station: Station, tmp_path: Path) -> None:
    receipt = register_one(Judged(project_type="Umbrella Project"), tmp_path, station)

    assert (receipt["state"], codes(receipt)) == ("returned", ["DSQC-P002"])


def test_sample_names_and_libraries_are_unique_in_a_project(station: Station, tmp_path: Path) -> None:
    register_one(Judged(), tmp_path, station)

    receipt = register_one(Judged(name="rice-2027"), tmp_path, station)

    assert receipt["state"] == "returned"
    assert codes(receipt) == ["DSQC-S003", "DSQC-S003", "DSQC-X002", "DSQC-X002"]


def test_experiments_may_use_registered_and_foreign_samples(station: Station, tmp_path: Path) -> None:
    register_one(Judged(), tmp_path, station)

    more = Judged(name="more", prefix="b", samples=("leaf",), experiment_samples=("KAS00000002", "SAMN02981385"))
    receipt = register_one(more, tmp_path, station)

    assert receipt["accessions"]["samples"] == {"bleaf": "KAS00000003"}
    tables = dump(station)
    by_id = {row["id"]: row["accession"] for row in tables["sample"]}
    assert [by_id[row["sample_id"]] for row in tables["experiment"][2:]] == ["KAS00000002", "SAMN02981385"]


@pytest.mark.parametrize("name", ["KAS00000009", "SSUB000001", "no-such-sample"])
def test_an_unknown_sample_is_returned(station: Station, tmp_path: Path, name: str) -> None:
    receipt = register_one(Judged(experiment_samples=("leaf", name)), tmp_path, station)

    assert (receipt["state"], codes(receipt)) == ("returned", ["DSQC-X001"])


# What stops the work.


def test_a_changed_artefact_stops_the_work(station: Station, tmp_path: Path) -> None:
    results, inbox = Judged().write(tmp_path)
    write_json(results / "transfer.json", {**read(results / "transfer.json"), "submission": "other"})

    with pytest.raises(SystemFault, match=r"transfer\.json is missing or has changed since the verdict"):
        register(results, inbox, station)
    assert dump(station)["submission"] == []


def test_a_verdict_that_does_not_cover_a_run_stops_the_work(station: Station, tmp_path: Path) -> None:
    judged = Judged()
    results, inbox = judged.write(tmp_path)
    verdict = read(results / "verdict.json")
    del verdict["inputs"]["runs/run-root/qc.json"]
    write_json(results / "verdict.json", verdict)

    with pytest.raises(SystemFault, match="does not cover runs/run-root"):
        register(results, inbox, station)


@pytest.mark.parametrize("data", [b"short", None])
def test_a_changed_or_missing_data_file_stops_the_work(station: Station, tmp_path: Path, data: bytes | None) -> None:
    results, inbox = Judged().write(tmp_path)
    (inbox / "root.fastq").unlink()
    if data is not None:
        (inbox / "root.fastq").write_bytes(data)

    with pytest.raises(SystemFault, match="missing or has changed"):
        register(results, inbox, station)
    assert dump(station)["object"] == []


def test_a_data_file_changed_without_its_size_stops_the_work(station: Station, tmp_path: Path) -> None:
    results, inbox = Judged().write(tmp_path)
    data = (inbox / "root.fastq").read_bytes()
    (inbox / "root.fastq").write_bytes(data.replace(b"A", b"T"))

    with pytest.raises(SystemFault, match="has changed"):
        register(results, inbox, station)
    assert dump(station)["run"] == []


def test_a_station_that_was_never_made_is_named(tmp_path: Path) -> None:
    results, inbox = Judged().write(tmp_path)
    (tmp_path / "station.toml").write_text('centre = "NABIC"\n', encoding="utf-8")

    with pytest.raises(CatalogFault, match="dsqc catalog init"):
        register(results, inbox, load_station(tmp_path))
    assert not (tmp_path / "catalog.sqlite").exists()


def test_what_no_rule_has_passed_can_still_be_returned(station: Station, tmp_path: Path) -> None:
    odd = Judged(verdict="fail", email="x" * 5000, access="nonsense", extra={"package": "\0" + "p" * 5000})

    receipt = register_one(odd, tmp_path, station)

    assert receipt["state"] == "returned"
    assert len(dump(station)["submission"][0]["package"]) == 200
