"""Withdrawing, discarding, rehearsing, registering several, leases and agreements: what is left, what is told."""

import json
import os
import socket
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.catalog.database import Catalog
from dsqc.catalog.export import export_catalog
from dsqc.catalog.figures.statistics import statistics
from dsqc.catalog.leases import try_acquire
from dsqc.catalog.outcomes import Actor
from dsqc.catalog.queries import show
from dsqc.catalog.search import Query, search
from dsqc.catalog.versions.agreements import Agreement, AgreementKind, add_agreement, list_agreements
from dsqc.catalog.versions.reading import versions_of
from dsqc.catalog.versions.watching import Standing, interrupted, leases, release_abandoned
from dsqc.catalog.versions.withdrawing import Named
from dsqc.errors import ExitCode, UsageError
from dsqc.stages.register import register
from dsqc.stages.register_many import register_many
from dsqc.stages.retire import discard, withdraw
from dsqc.station import Station
from helpers.catalogs import actions, dump, problems
from helpers.results import Judged, read

RICE = Named("KRA00000001")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)

ON_SQLITE = pytest.mark.parametrize("station", ["sqlite"], indirect=True)
"""Where the database makes no difference."""


def checked(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """``value``, which must be as published."""
    schema = files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), value)
    return value


def asked(station: Station, work: Callable[[Any], Any]) -> Any:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return work(session)


def hand_in(judged: Judged, work: Path, station: Station) -> dict[str, Any]:
    return register(*judged.write(work, station), station).receipt


@pytest.mark.parametrize("access", ["open", "closed"])
def test_what_is_withdrawn_keeps_its_numbers_and_is_handed_out_no_more(
    station: Station, tmp_path: Path, access: str
) -> None:
    hand_in(Judged(access=access), tmp_path, station)

    found = withdraw(station, RICE, by="Park", reason="consent was taken back")

    checked("catalog_withdraw", found)
    assert (found["state"], found["by"]) == ("withdrawn", "Park")
    for number in ("KRA00000001", "KAP000001", "KAS00000001", "KAE00000002", "KAR00000001"):
        shown = checked("catalog_show", {"schema_version": "1.0", **asked(station, lambda s, n=number: show(s, n))})
        assert shown["withdrawn"] == {"at": found["at"], "reason": "consent was taken back"}
        assert set(shown) == {"schema_version", "accession", "type", "attributes", "foreign_accessions", "withdrawn"}
        assert shown["attributes"] == {}
    whole = asked(station, lambda session: show(session, "KAR00000001", withdrawn=True))
    assert (whole["organism"], whole["state"]) == ("Oryza sativa", "withdrawn")
    assert asked(station, lambda session: search(session, Query())) == []
    assert set(asked(station, lambda s: export_catalog(s, tmp_path / "out", ("open", "closed"))).values()) == {0}
    assert asked(station, statistics)["by_organism"] == []
    with pytest.raises(UsageError, match=r"was withdrawn on .*consent"):
        asked(station, lambda session: versions_of(session, "KAS00000001"))
    store = Path(station.tier_url("public" if access == "open" else "closed"))
    manifest = read(store / "submissions/KRA00000001/manifest.json")
    assert checked("manifest", manifest)["withdrawn"]["reason"] == "consent was taken back"
    assert problems(station) == []


@ON_SQLITE
def test_a_withdrawal_is_made_once_and_final(station: Station, tmp_path: Path) -> None:
    hand_in(Judged(), tmp_path, station)
    withdraw(station, RICE, by="Park", reason="wrong plants")
    before = dump(station)

    withdraw(station, Named("rice-2026"), by="Park", reason="wrong plants")
    with pytest.raises(UsageError, match="was withdrawn on"):
        withdraw(station, RICE, by="Lee", reason="other")
    receipt = hand_in(Judged(organism="Zea mays"), tmp_path / "two", station)

    assert (receipt["registered"], receipt["state"]) == (False, "rejected")
    assert "wrong plants" in receipt["reasons"][0]["message"]
    assert "wrong plants" in hand_in(Judged(), tmp_path / "one", station)["reasons"][0]["message"]
    assert dump(station) == before
    assert actions(station, "rice-2026")[-2:] == ["released", "withdrawn"]


@ON_SQLITE
def test_only_a_whole_registered_submission_is_withdrawn(station: Station, tmp_path: Path) -> None:
    hand_in(Judged(), tmp_path, station)
    hand_in(Judged(name="bad", verdict="fail"), tmp_path, station)
    wrong = {"KAR00000001": "part of the submission KRA", "bad": "not registered", "no": "not in the catalog"}
    for name, told in wrong.items():
        with pytest.raises(UsageError, match=told):
            withdraw(station, Named(name), by="Park", reason="r")
    with pytest.raises(UsageError, match="needs a reason"):
        withdraw(station, RICE, by="Park", reason=" ")


def test_what_was_never_registered_is_given_up_and_its_alias_is_free(station: Station, tmp_path: Path) -> None:
    hand_in(Judged(verdict="review"), tmp_path / "one", station)
    hand_in(Judged(email="lee@other.ac.kr", verdict="fail"), tmp_path / "two", station)
    with pytest.raises(UsageError, match="Several submissions"):
        discard(station, Named("rice-2026"), by="Park")

    found = checked("catalog_withdraw", discard(station, Named("rice-2026", "Kim@institute.re.kr"), by="Park"))

    assert (found["accession"], found["reason"]) == (None, "discarded before it was registered")
    mine = dump(station)["submission"][0]
    assert (mine["state"], mine["attributes"], mine["reasons"]) == ("withdrawn", {}, [])
    assert {row["submission_id"] for row in dump(station)["finding"]} == {2}
    again = hand_in(Judged(verdict="review"), tmp_path / "one", station)
    assert (again["registered"], "given up" in again["reasons"][0]["message"]) == (False, True)

    assert hand_in(Judged(organism="Zea mays"), tmp_path / "three", station)["registered"]
    assert actions(station, "rice-2026")[-7:] == [
        *("withdrawn", "received", "transferred", "validated", "measured", "registered", "released")
    ]
    with pytest.raises(UsageError, match="registered as KRA00000001"):
        discard(station, RICE, by="Park")
    assert problems(station) == []


def test_a_rehearsal_says_what_would_become_of_each_and_writes_nothing(station: Station, tmp_path: Path) -> None:
    hand_in(Judged(), tmp_path / "before", station)
    changed = tmp_path / "changed"
    cases = {
        "registered": Judged(name="new", prefix="n", email="lee@other.ac.kr", data=b"@x\nA\n+\nI\n"),
        "unchanged": Judged(),
        "corrected": Judged(organism="Zea mays"),
        "returned": Judged(samples=("leaf", "root", "stem")),
        "in_curation": Judged(name="odd", prefix="o", verdict="review"),
        "fault": Judged(name="gone", prefix="g"),
    }
    places = [judged.write(changed / outcome) for outcome, judged in cases.items()]
    (changed / "fault/inbox/gone/groot.fastq").unlink()
    before = dump(station), sorted(path for path in tmp_path.rglob("*") if path.is_file())

    result = register_many(places, station, dry_run=True)

    rows = checked("register", result.document)["submissions"]
    assert [row["outcome"] for row in rows] == list(cases)
    assert result.exit_code is ExitCode.FAULT
    assert rows[0]["objects"] == {"sample": 2, "experiment": 2, "run": 2, "file": 3}
    assert len(rows[0]["files_to_store"]) == 3
    assert [(item["accession"], item["attributes"]) for item in rows[2]["changes"]] == [
        ("KAS00000001", ["organism"]),
        ("KAS00000002", ["organism"]),
    ]
    assert (rows[2]["accession"], rows[2]["version"], rows[2]["files_to_store"]) == ("KRA00000001", 2, [])
    assert rows[3]["reasons"][0]["code"] == "DSQC-G003"
    assert "groot.fastq is missing" in rows[5]["fault"]["message"]
    assert (dump(station), sorted(path for path in tmp_path.rglob("*") if path.is_file())) == before


@ON_SQLITE
def test_one_bad_submission_does_not_undo_the_good(station: Station, tmp_path: Path) -> None:
    good = [Judged(name=f"good-{number}", prefix=f"g{number}") for number in range(2)]
    places = [judged.write(tmp_path) for judged in (good[0], Judged(name="gone", prefix="x"), good[1])]
    (places[1][0] / "submission.json").unlink()

    result = register_many(places, station)

    rows = checked("register", result.document)["submissions"]
    assert [row["outcome"] for row in rows] == ["registered", "fault", "registered"]
    assert "submission.json" in rows[1]["fault"]["message"]
    assert result.document["counts"] == {"fault": 1, "registered": 2}
    assert [row["accession"] for row in rows] == ["KRA00000001", None, "KRA00000002"]
    again = register_many(places[::2], station)
    assert (again.exit_code, again.document["counts"]) == (ExitCode.DONE, {"unchanged": 2})


def test_abandoned_leases_are_seen_and_taken_away(station: Station, tmp_path: Path) -> None:
    hand_in(Judged(verdict="fail"), tmp_path, station)
    holders = {"late": "other-host:1:1:1", "live": "other-host:2:2:2", "dead": _dead_process()}

    with Catalog.open(station) as catalog:
        for name, holder in holders.items():
            at = NOW - timedelta(hours=1) if name == "late" else NOW
            catalog.write(lambda s, k=("kim", name), h=holder, t=at: try_acquire(s, k, h, 90.0, t))
        with catalog.reading() as session:
            assert {item.alias: item.standing for item in leases(session, NOW)} == {
                "late": Standing.EXPIRED,
                "live": Standing.LIVE,
                "dead": Standing.DEAD,
            }
            assert interrupted(session, NOW) == []
        gone = catalog.write(lambda session: release_abandoned(session, NOW))
        with catalog.reading() as session:
            left = [item.alias for item in leases(session, NOW)]
    assert (sorted(item.alias for item in gone), left) == (["dead", "late"], ["live"])


def _dead_process() -> str:
    """The holder of a lease that a process of this host would have had."""
    return f"{socket.gethostname()}:{os.getpid()}:1:1"


def agreement(*accessions: str, **more: Any) -> Agreement:
    values: dict[str, Any] = {
        "kind": AgreementKind.DEPOSIT,
        "party": "벼 연구소",
        "signed_on": date(2026, 1, 2),
        "valid_until": date(2027, 1, 1),
        "document_name": "협약서.pdf",
        "document_sha256": "d" * 64,
        "accessions": accessions,
    }
    return Agreement(**{**values, **more})


def test_an_agreement_is_entered_once_and_found_by_what_it_is_about(station: Station, tmp_path: Path) -> None:
    hand_in(Judged(), tmp_path, station)
    with Catalog.open(station) as catalog:

        def add(what: Agreement) -> int:
            return catalog.write(lambda session: add_agreement(session, what, by="Park", actor=Actor("Park")).id)

        assert add(agreement("KAP000001")) == add(agreement("KAP000001")) == 1
        assert add(agreement("KAP000001", "KAR00000002")) == 1
        assert add(agreement(kind=AgreementKind.ACCESS, party="Lee", document_sha256="e" * 64, valid_until=None)) == 2
        for wrong, told in (
            (agreement("KAR00000099"), "KAR00000099 is not in the catalog"),
            (agreement("KAP000001", valid_until=date(2030, 1, 1)), "is agreement 1"),
            (agreement(valid_until=date(2025, 1, 1)), "ends before"),
        ):
            with pytest.raises(UsageError, match=told):
                add(wrong)

    def numbers(**conditions: Any) -> list[int]:
        return [row["agreement"] for row in asked(station, lambda session: list_agreements(session, **conditions))]

    assert numbers() == [1, 2]
    assert (numbers(accession="KAR00000002"), numbers(party="벼"), numbers(kind="access")) == ([1], [1], [2])
    assert (numbers(valid_on=date(2027, 1, 1)), numbers(valid_on=date(2027, 1, 2))) == ([1, 2], [2])
    events = [row for row in dump(station)["event"] if row["action"] == "agreement"]
    assert [row["details"]["accessions"] for row in events] == [["KAP000001"], ["KAR00000002"]]
    assert "벼" not in json.dumps([row["details"] for row in events], ensure_ascii=False)
    assert problems(station) == []
