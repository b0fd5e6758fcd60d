"""Stations exchange their records: conflict-free, repeatable, in any order, and a third one joins late."""

import json
from pathlib import Path

import bagit
import pyarrow.parquet as pq
import pytest
from rocrate.rocrate import ROCrate

from dsqc.catalog.models import ForeignAccessionRecord, ProjectRecord
from dsqc.model import SubmissionState
from helpers.exchanging import Centre, codes
from helpers.results import Judged


@pytest.fixture
def kobic(tmp_path: Path) -> Centre:
    return Centre(tmp_path, "KOBIC", {"NABIC": "records", "CODA": "accessions"})


@pytest.fixture
def nabic(tmp_path: Path) -> Centre:
    return Centre(tmp_path, "NABIC", {"KOBIC": "records"})


def test_two_centres_exchange_and_a_third_joins_late(kobic: Centre, nabic: Centre, tmp_path: Path) -> None:
    kobic.register(Judged(), tmp_path)
    nabic.register(Judged(name="maize-2026", organism="Zea mays", prefix="m"), tmp_path)

    first, back = tmp_path / "k1.zip", tmp_path / "n1"
    assert kobic.export("NABIC", first).heading.record_count == 7
    assert nabic.export("KOBIC", back).heading.record_count == 7
    assert nabic.take(first).counts["new"] == kobic.take(back).counts["new"] == 7

    kobic.register(Judged(name="late", prefix="l", bioproject="KAP000001"), tmp_path)
    second = tmp_path / "k2.zip"
    made = kobic.export("NABIC", second)
    assert (made.heading.sequence, made.heading.follows, made.heading.record_count) == (2, 1, 6)
    assert nabic.take(second).counts["new"] == 6

    coda = Centre(tmp_path, "CODA", {"KOBIC": "records"})
    late = tmp_path / "c1.zip"
    assert kobic.export("CODA", late).heading.record_count == 13
    taken = coda.take(late)
    assert taken.counts["new"] == 13
    assert not taken.missing
    known, whole = coda.foreign(), nabic.foreign()
    assert set(known) == set(whole)
    for key, record in known.items():
        assert record["sha256"] == whole[key]["sha256"]
        assert record["attributes"] == record["details"] == {}
        assert record["title"] == whole[key]["title"]
    assert whole[("KOBIC", "KAS00000001")]["attributes"]["geo_loc_name"] == "South Korea: Jeonju"
    assert whole[("KOBIC", "KAR00000001")]["relations"] == [("experiment", "KAE00000001")]


def test_the_same_state_gives_the_same_bytes_and_coming_again_changes_nothing(
    kobic: Centre, nabic: Centre, tmp_path: Path
) -> None:
    kobic.register(Judged(), tmp_path)
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    assert not kobic.export("NABIC", one).again
    assert kobic.export("NABIC", two).again
    assert one.read_bytes() == two.read_bytes()
    assert kobic.export("NABIC", one).again  # over itself

    nabic.take(one)
    before = nabic.foreign()
    again = nabic.take(two)
    assert again.again
    assert again.counts["unchanged"] == 7
    assert nabic.foreign() == before


def test_a_dry_run_says_what_would_come_and_changes_nothing(kobic: Centre, nabic: Centre, tmp_path: Path) -> None:
    kobic.register(Judged(), tmp_path)
    kobic.export("NABIC", tmp_path / "p")

    assert nabic.take(tmp_path / "p", dry_run=True).counts["new"] == 7
    assert nabic.foreign() == {}
    assert nabic.take(tmp_path / "p").counts["new"] == 7


def test_what_is_no_longer_public_is_taken_back(kobic: Centre, nabic: Centre, tmp_path: Path) -> None:
    kobic.register(Judged(), tmp_path)
    kobic.export("NABIC", tmp_path / "1")
    nabic.take(tmp_path / "1")
    kobic.change("rice-2026", SubmissionState.WITHDRAWN)

    kobic.export("NABIC", tmp_path / "2")
    assert nabic.take(tmp_path / "2").counts["updated"] == 7
    for record in nabic.foreign().values():
        assert (record["state"], record["title"], record["organism"], record["attributes"]) == ("hidden", "", "", {})
        assert record["relations"] == []
    table = pq.read_table(tmp_path / "2/data/records.parquet").to_pylist()
    assert {row["document"] for row in table} == {""}


def test_nothing_leaves_that_is_not_public(kobic: Centre, tmp_path: Path) -> None:
    extra = {"submitter_name_en": "Hong, Gildong", "contact_email": "manager@institute.re.kr"}
    kobic.register(Judged(extra=extra, project={"researcher_no": "10012345", "mystery": "unknown"}), tmp_path)
    later = Judged(name="held", prefix="h", title="Held until later", extra={"release_date": "2028-12-31"})
    kobic.register(later, tmp_path, released=False)
    kobic.register(Judged(name="closed", prefix="c", access="closed", title="Closed to all"), tmp_path, released=False)
    secret = {"security_class": "보안", "description_en": "How it is done"}
    kobic.register(Judged(name="secret", prefix="s", access="closed", project=secret), tmp_path, released=False)
    kobic.export("NABIC", tmp_path / "p")

    table = pq.read_table(tmp_path / "p/data/records.parquet").to_pylist()
    assert len(table) == 7
    text = json.dumps(table, ensure_ascii=False)
    for word in ("Gildong", "manager@", "Kim@", "10012345", "unknown", "Held", "Closed", "How it is", "KRA"):
        assert word not in text


def test_other_programs_read_the_package(kobic: Centre, tmp_path: Path) -> None:
    kobic.register(Judged(), tmp_path)
    kobic.export("NABIC", tmp_path / "p")

    bag = bagit.Bag(str(tmp_path / "p"))
    bag.validate()
    assert bag.info["Source-Organization"] == "KOBIC"
    crate = ROCrate(tmp_path / "p/data")
    assert crate.root_dataset["datePublished"] == bag.info["Bagging-Date"]
    assert {entity.id for entity in crate.data_entities} == {"package.json", "records.parquet"}


def test_a_missing_package_is_told_and_what_came_counts(kobic: Centre, nabic: Centre, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        kobic.register(
            Judged(
                name=f"s{number}",
                prefix=f"p{number}",
                bioproject=f"project-{number}",
                project={"project_alias": f"project-{number}"},
            ),
            tmp_path,
        )
        kobic.export("NABIC", tmp_path / f"{number}.zip")
    nabic.take(tmp_path / "1.zip")

    third = nabic.take(tmp_path / "3.zip")
    assert codes(third) == {"DSQC-E007"}
    assert [str(gap) for gap in third.missing] == ["2"]
    assert third.counts["new"] == 7
    assert not third.findings.has_errors

    after = kobic.export("NABIC", tmp_path / "after-1.zip", after=1)
    assert after.heading.record_count == 14
    assert not nabic.take(tmp_path / "after-1.zip").missing
    assert codes(nabic.take(tmp_path / "2.zip")) == set()


def test_a_change_goes_out_once(kobic: Centre, nabic: Centre, tmp_path: Path) -> None:
    kobic.register(Judged(), tmp_path)
    kobic.export("NABIC", tmp_path / "1")
    kobic.edit(ProjectRecord, "KAP000001", title_en="Salt tolerance of Korean rice landraces")
    kobic.add(ForeignAccessionRecord(accession="KAS00000001", foreign_accession="SAMD00000001", archive="INSDC"))

    made = kobic.export("NABIC", tmp_path / "2")
    assert made.heading.record_count == 2
    nabic.take(tmp_path / "2")
    nabic.take(tmp_path / "1")  # older
    known = nabic.foreign()
    assert known[("KOBIC", "KAP000001")]["title"].startswith("Salt")
    assert ("same_as", "SAMD00000001") in known[("KOBIC", "KAS00000001")]["relations"]


def test_another_scope_brings_everything_again(kobic: Centre, tmp_path: Path) -> None:
    coda = Centre(tmp_path, "CODA", {"KOBIC": "records"})
    kobic.register(Judged(), tmp_path)
    kobic.export("CODA", tmp_path / "1")
    coda.take(tmp_path / "1")
    file = kobic.root / "station.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"accessions"', '"records"'), encoding="utf-8")

    made = kobic.export("CODA", tmp_path / "2")
    assert (made.heading.follows, made.heading.record_count) == (0, 7)
    assert coda.take(tmp_path / "2").counts["updated"] == 7
    assert coda.take(tmp_path / "1").counts["unchanged"] == 7
    assert coda.foreign()[("KOBIC", "KAS00000001")]["attributes"]["organism"] == "Oryza sativa"
