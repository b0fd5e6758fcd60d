"""Corrections of what is registered: new versions, the old ones readable, numbers the same; what is not taken."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import select

from dsqc.catalog.curating import Decision, Ruling
from dsqc.catalog.database import Catalog
from dsqc.catalog.models import SubmissionRecord
from dsqc.catalog.versions.freezing import freeze
from dsqc.catalog.versions.reading import show_version, versions_of
from dsqc.errors import UsageError
from dsqc.stages.curate import decide, queue
from dsqc.stages.register import register
from dsqc.stages.sweep import sweep_storage
from dsqc.station import Station
from helpers.catalogs import actions, dump, problems
from helpers.results import Judged, read

ON_SQLITE = pytest.mark.parametrize("station", ["sqlite"], indirect=True)
"""Where the database makes no difference."""


def hand_in(judged: Judged, work: Path, station: Station, **options: Any) -> dict[str, Any]:
    """Write the results, register them and return the receipt, which must be as published."""
    results, inbox = judged.write(work, station)
    receipt = register(results, inbox, station, **options).receipt
    schema = files("dsqc.schemas").joinpath("reports/receipt.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), receipt)
    return receipt


def versions(station: Station, name: str) -> list[dict[str, Any]]:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return versions_of(session, name)


def version(station: Station, name: str, number: int) -> dict[str, Any]:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return show_version(session, name, number)


def manifest(station: Station, tier: str = "public") -> dict[str, Any]:
    found = read(Path(station.tier_url(tier)) / "submissions/KRA00000001/manifest.json")
    schema = files("dsqc.schemas").joinpath("reports/manifest.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), found)
    assert isinstance(found, dict)
    return found


def test_corrected_sheets_make_a_new_version_of_what_changed(station: Station, tmp_path: Path) -> None:
    first = hand_in(Judged(), tmp_path / "one", station)
    assert first["version"] == {"number": 1, "present": 1}
    corrected = Judged(organism="Zea mays", title="Drought tolerance of Korean maize")
    # Only sheets: the inbox of a correction may be empty.
    results, inbox = corrected.write(tmp_path / "two")
    for path in inbox.iterdir():
        path.unlink()

    receipt = register(results, inbox, station).receipt

    assert receipt["accessions"] == first["accessions"]
    assert (receipt["registered"], receipt["version"]) == (True, {"number": 2, "present": 2})
    tables = dump(station)
    assert {row["organism"] for row in tables["sample"]} == {"Zea mays"}
    assert tables["project"][0]["title_en"] == "Drought tolerance of Korean maize"
    changed = [(row["accession"], row["version"]) for row in tables["object_version"]]
    assert sorted(changed) == [("KAP000001", 1), ("KAS00000001", 1), ("KAS00000002", 1), ("KRA00000001", 1)]
    (event,) = [row for row in tables["event"] if row["action"] == "version"]
    assert (event["state"], event["details"]["version"]) == ("released", 2)
    assert [(item["accession"], item["attributes"]) for item in event["details"]["changes"]] == [
        ("KAP000001", ["title_en"]),
        ("KAS00000001", ["organism"]),
        ("KAS00000002", ["organism"]),
    ]
    assert "Zea" not in json.dumps(event["details"])
    assert problems(station) == []


@ON_SQLITE
def test_the_old_version_stays_readable(station: Station, tmp_path: Path) -> None:
    hand_in(Judged(), tmp_path / "one", station)
    hand_in(Judged(organism="Zea mays"), tmp_path / "two", station)
    hand_in(Judged(organism="Zea mays", collected="2025-08-02"), tmp_path / "three", station)

    found = versions(station, "KAS00000001")

    assert [row["version"] for row in found] == [1, 2, 3]
    assert [row["differs"] for row in found] == [
        [],
        [{"name": "organism", "before": "Oryza sativa", "after": "Zea mays"}],
        [{"name": "collection_date", "before": "2025-07-01", "after": "2025-08-02"}],
    ]
    assert [row["until"] for row in found] == [found[1]["from"], found[2]["from"], None]
    assert version(station, "KAS00000001", 1)["content"]["organism"] == "Oryza sativa"
    assert version(station, "KAS00000001", 3)["content"]["attributes"]["collection_date"] == "2025-08-02"
    assert [row["version"] for row in versions(station, "KAR00000001")] == [1]
    assert len(versions(station, "KRA00000001")) == 3
    with pytest.raises(UsageError, match="no version 4"):
        version(station, "KAS00000001", 4)


def test_a_correction_twice_or_results_of_before_change_nothing(station: Station, tmp_path: Path) -> None:
    """A batch of before that is run again must not bring back what was corrected since."""
    hand_in(Judged(), tmp_path / "one", station)
    receipt = hand_in(Judged(organism="Zea mays"), tmp_path / "two", station)
    before = dump(station)

    assert hand_in(Judged(organism="Zea mays"), tmp_path / "two", station) == receipt
    old = hand_in(Judged(), tmp_path / "one", station)

    assert (old["registered"], old["version"]) == (True, {"number": 1, "present": 2})
    assert dump(station) == before


@ON_SQLITE
def test_an_experiment_is_corrected_to_be_of_the_other_sample(station: Station, tmp_path: Path) -> None:
    hand_in(Judged(), tmp_path / "one", station)

    receipt = hand_in(Judged(experiment_samples=("root", "leaf")), tmp_path / "two", station)

    assert receipt["version"]["number"] == 2
    assert [row["sample_id"] for row in dump(station)["experiment"]] == [2, 1]
    assert version(station, "KAE00000001", 1)["content"]["sample"] == "KAS00000001"
    assert version(station, "KAE00000001", 2)["content"]["sample"] == "KAS00000002"


@ON_SQLITE
@pytest.mark.parametrize(
    ("judged", "kind", "told"),
    [
        (Judged(samples=("leaf", "root", "stem")), "sample", "stem"),
        (Judged(samples=("leaf",), experiment_samples=("leaf", "leaf")), "sample", "lacks root"),
        (Judged(extra={"release_date": "2029-01-01"}), "submission", "release_date"),
        (Judged(access="closed"), "submission", "access_level"),
        (Judged(project={"data_type": "Exome"}), "project", "data_type"),
        (Judged(bioproject="PRJNA31257"), "submission", "PRJNA31257"),
        (Judged(data=b"@r\nTTTT\n+\nIIII\n"), "run", "leaf_R1.fastq, leaf_R2.fastq"),
    ],
)
def test_what_a_correction_cannot_change_is_refused(
    station: Station, tmp_path: Path, judged: Judged, kind: str, told: str
) -> None:
    hand_in(Judged(), tmp_path / "one", station)
    before = dump(station)

    receipt = hand_in(judged, tmp_path / "two", station)

    assert (receipt["registered"], receipt["state"]) == (False, "returned")
    assert {reason["code"] for reason in receipt["reasons"]} == {"DSQC-G003"}
    assert told in next(reason["message"] for reason in receipt["reasons"] if reason["object"] == kind)
    assert dump(station) == before


@ON_SQLITE
def test_a_certified_submission_is_frozen(station: Station, tmp_path: Path) -> None:
    hand_in(Judged(), tmp_path / "one", station)
    with Catalog.open(station) as catalog:
        for _again in range(2):
            catalog.write(
                lambda session: freeze(
                    session, session.scalars(select(SubmissionRecord)).one(), actor="p", certificate_sha256="c" * 64
                )
            )

    receipt = hand_in(Judged(organism="Zea mays"), tmp_path / "two", station)

    assert [reason["code"] for reason in receipt["reasons"]] == ["DSQC-G003"]
    assert "certificate" in receipt["reasons"][0]["message"]
    assert actions(station, "rice-2026")[-2:] == ["released", "certificate"]
    assert hand_in(Judged(), tmp_path / "one", station)["registered"]


@pytest.mark.parametrize("access", ["open", "closed"])
def test_replaced_files_keep_the_old_ones_with_both_fingerprints(station: Station, tmp_path: Path, access: str) -> None:
    first = hand_in(Judged(access=access, reads="one"), tmp_path / "one", station)
    other = Judged(access=access, reads="two", data=b"@r\nTTTT\n+\nIIII\n", metrics={"mean_phred": 20.0})

    receipt = hand_in(other, tmp_path / "two", station, replace_files=True)

    assert receipt["accessions"] == first["accessions"]
    assert {item["sha256"] for item in receipt["objects"]}.isdisjoint(item["sha256"] for item in first["objects"])
    old, new = (version(station, "KAR00000001", number)["content"] for number in (1, 2))
    assert (old["metrics"]["mean_phred"], new["metrics"]["mean_phred"]) == (36.5, 20.0)
    assert old["files"][0]["fingerprint"]["reads"] == Judged(reads="one").fingerprint_of("leaf_R1.fastq")["reads"]
    assert new["files"][0]["fingerprint"]["reads"] == Judged(reads="two").fingerprint_of("leaf_R1.fastq")["reads"]
    differs = versions(station, "KAR00000001")[1]["differs"]
    assert {"file leaf_R1.fastq", "file leaf_R2.fastq"} <= {item["name"] for item in differs}
    listed = manifest(station, "closed" if access == "closed" else "public")
    assert listed["objects"] == receipt["objects"]
    assert [item["sha256"] for item in listed["replaced"]] == [item["sha256"] for item in first["objects"]]
    # Nobody takes the old objects for orphans, with the catalog or by the manifests alone.
    for with_catalog in (True, False):
        assert [swept.orphans for swept in sweep_storage(station, with_catalog=with_catalog)] == [[]] * 4
    assert problems(station) == []
    assert hand_in(other, tmp_path / "two", station)["registered"]


def test_a_file_that_went_to_another_run_is_not_stored_again(station: Station, tmp_path: Path) -> None:
    class Moved(Judged):
        def file_names(self) -> list[str]:
            return ["root.fastq", "leaf_R2.fastq", "leaf_R1.fastq"]

    hand_in(Judged(reads="x"), tmp_path / "one", station)
    results, inbox = Moved(reads="x").write(tmp_path / "two")
    for path in inbox.iterdir():
        path.unlink()

    assert register(results, inbox, station).receipt["state"] == "returned"
    receipt = register(results, inbox, station, replace_files=True).receipt

    assert {item["name"]: item["run"] for item in receipt["objects"]}["root.fastq"] == "KAR00000001"
    tables = dump(station)
    assert [(row["name"], row["run_version"]) for row in tables["replaced_file"]] == [
        ("leaf_R1.fastq", 1),
        ("root.fastq", 1),
    ]
    present = [(row["run_id"], row["name"]) for row in tables["read_fingerprint"] if row["is_present"]]
    assert sorted(present) == [(1, ""), (1, "leaf_R2.fastq"), (1, "root.fastq"), (2, ""), (2, "leaf_R1.fastq")]
    assert problems(station) == []


@ON_SQLITE
def test_a_correction_that_fails_leaves_what_is_registered(station: Station, tmp_path: Path) -> None:
    hand_in(Judged(), tmp_path / "one", station)
    before = dump(station)

    receipt = hand_in(Judged(organism="Oryza stavia", verdict="fail"), tmp_path / "two", station)

    assert (receipt["state"], [reason["code"] for reason in receipt["reasons"]]) == ("returned", ["DSQC-S005"])
    assert dump(station) == before


@ON_SQLITE
@pytest.mark.parametrize("decision", list(Decision))
def test_a_correction_under_review_waits_for_a_curator(station: Station, tmp_path: Path, decision: Decision) -> None:
    hand_in(Judged(), tmp_path / "one", station)
    corrected = Judged(organism="Zea mays", verdict="review")

    receipt = hand_in(corrected, tmp_path / "two", station)

    assert (receipt["registered"], receipt["state"]) == (False, "in_curation")
    (row,) = queue(station)["submissions"]
    assert (row["submission"], row["corrects"], row["version"]) == ("rice-2026", "KRA00000001", 2)
    assert {item["organism"] for item in dump(station)["sample"]} == {"Oryza sativa"}

    results = tmp_path / "two/results/rice-2026"
    decide(results, station, Ruling(decision, "Park", "looked at it", ""))
    assert queue(station)["submissions"] == []
    receipt = hand_in(corrected, tmp_path / "two", station)

    approved = decision is Decision.APPROVE
    assert (receipt["registered"], receipt["state"]) == (approved, "registered" if approved else "returned")
    assert {item["organism"] for item in dump(station)["sample"]} == {"Zea mays" if approved else "Oryza sativa"}
    assert ("looked at it" in str(receipt["reasons"])) is not approved
    last = ["version_approved", "version"] if approved else [f"version_{decision.value}ed"]
    assert actions(station, "rice-2026")[-len(last) :] == last
    assert problems(station) == []
