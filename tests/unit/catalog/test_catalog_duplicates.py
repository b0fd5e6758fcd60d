"""Data that is in the catalog already: found by bytes and by reads, whole and in parts; who may be told which it is."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, event, update

from dsqc.catalog.database import Catalog
from dsqc.catalog.models import FingerprintRecord, SubmissionRecord, WithdrawalRecord
from dsqc.catalog.versions.duplicates import Asker, Same, duplicated_runs, same_bytes, same_reads
from dsqc.catalog.versions.fingerprints import ReadFingerprint, together
from dsqc.fingerprint import Identity, total
from dsqc.stages.register import register
from dsqc.station import Station
from helpers.catalogs import dump
from helpers.results import Judged

OTHER = {"name": "again-2026", "email": "lee@other.ac.kr", "data": b"@r\nACGT\n+\nIIII\n\n"}
"""Another submitter, other bytes."""

ON_SQLITE = pytest.mark.parametrize("station", ["sqlite"], indirect=True)
"""Where the database makes no difference."""


def reasons(judged: Judged, work: Path, station: Station) -> list[dict[str, Any]]:
    results, inbox = judged.write(work, station)
    receipt = register(results, inbox, station).receipt
    assert receipt["registered"] is True
    found: list[dict[str, Any]] = receipt["reasons"]
    return found


class Bam(Judged):
    """The same reads as of :class:`Judged`, but the pair of the first run in one file."""

    def file_names(self) -> list[str]:
        return ["leaf.bam", "other.bam", "root.bam"]

    def fingerprint_of(self, name: str) -> dict[str, Any] | None:
        of = Judged(reads=self.reads).fingerprint_of
        parts = {"leaf.bam": ["leaf_R1.fastq", "leaf_R2.fastq"], "root.bam": ["root.fastq"]}.get(name, ["other"])
        values = [ReadFingerprint.from_dict(of(part)) for part in parts]
        value = together([item for item in values if item])
        return {"reads": value.reads, "sequences": value.sequences, "read_count": value.read_count}


@given(st.lists(st.tuples(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1), st.integers(0, 10**12)), max_size=5))
def test_the_catalog_adds_fingerprints_up_as_the_engine_does(values: list[tuple[int, int, int]]) -> None:
    identities = [Identity(*value) for value in values]
    parts = [ReadFingerprint(**item.to_dict()) for item in identities]

    assert together(parts) == ReadFingerprint(**total(identities).to_dict())


@ON_SQLITE
def test_the_same_reads_in_other_bytes_are_told(station: Station, tmp_path: Path) -> None:
    assert reasons(Judged(reads="x"), tmp_path, station) == []

    found = reasons(Judged(**OTHER, reads="x"), tmp_path, station)

    assert [(item["code"], item["severity"]) for item in found] == [("DSQC-F013", "warning")] * 3
    told = {item["object_id"]: item["expected"] for item in found}
    assert told["root.fastq"] == "KAR00000002 (the same reads in other bytes)"
    assert told["leaf_R1.fastq"] == "KAR00000001 leaf_R1.fastq (the same reads in other bytes)"
    assert "바이트는 다르나 같은 리드" in found[0]["message_ko"]


def test_a_run_that_is_part_of_another_and_one_that_holds_another_are_told(station: Station, tmp_path: Path) -> None:
    """FASTQ pair registered, a BAM of it comes; and the other way round."""
    reasons(Judged(reads="x"), tmp_path, station)
    bam = reasons(Bam(**OTHER, reads="x"), tmp_path, station)
    assert {item["object_id"]: item["expected"] for item in bam}["leaf.bam"] == (
        "KAR00000001 (the same reads in other bytes)"
    )

    again = reasons(Judged(name="third", email="park@x.kr", data=b"@q\nA\n+\nI\n", reads="x"), tmp_path, station)

    assert "KAR00000003 leaf.bam" not in str([item for item in again if item["object_id"] == "leaf_R2.fastq"])
    with Catalog.open(station) as catalog, catalog.reading() as session:
        pair = [ReadFingerprint.from_dict(Judged(reads="x").fingerprint_of(f"leaf_R{n}.fastq")) for n in (1, 2)]
        value = together([item for item in pair if item])
        found = same_reads(session, [value], Asker())
        groups = duplicated_runs(session)
    assert [(item.run, item.name) for item in found] == [
        ("KAR00000001", ""),
        ("KAR00000003", "leaf.bam"),
        ("KAR00000005", ""),
    ]
    assert {tuple(row["run"] for row in group) for group in groups} == {
        ("KAR00000001", "KAR00000005"),
        ("KAR00000002", "KAR00000004", "KAR00000006"),
    }


@ON_SQLITE
def test_other_qualities_are_a_weaker_sameness(station: Station, tmp_path: Path) -> None:
    class Binned(Judged):
        def fingerprint_of(self, name: str) -> dict[str, Any] | None:
            value = super().fingerprint_of(name)
            return {**value, "reads": hashlib.md5(name.encode()).hexdigest()} if value else None

    reasons(Judged(reads="x"), tmp_path, station)

    found = reasons(Binned(**OTHER, reads="x"), tmp_path, station)

    assert "the same sequences with other qualities" in found[0]["expected"]


@pytest.mark.parametrize("state", ["held", "withdrawn"])
def test_held_data_is_not_named_to_others_but_to_its_own_and_the_station(
    station: Station, tmp_path: Path, state: str
) -> None:
    reasons(Judged(reads="x"), tmp_path, station)
    with Catalog.open(station) as catalog:

        def hold(session: Any) -> None:
            session.execute(update(SubmissionRecord).values(state=state))
            if state == "withdrawn":
                session.add(WithdrawalRecord(submission_id=1, at="", by="p", reason="r", previous_state="held"))

        catalog.write(hold)

    other = reasons(Judged(**OTHER, reads="x"), tmp_path, station)
    assert {item["expected"] for item in other} == {"data that is not public"}
    assert "KAR00000001" not in json.dumps(other)

    digest = hashlib.sha256(Judged().bytes_of("root.fastq")).hexdigest()
    with Catalog.open(station) as catalog, catalog.reading() as session:
        assert [item.run for item in same_bytes(session, [digest], Asker("kim@institute.re.kr", "new"))] == [
            "KAR00000002"
        ]
        assert [(item.run, item.same) for item in same_bytes(session, [digest], Asker())] == [
            ("KAR00000002", Same.BYTES)
        ]
        assert [item.run for item in same_bytes(session, [digest], Asker("lee@other.ac.kr", "new"))] == [""]


@ON_SQLITE
def test_replaced_files_are_still_known(station: Station, tmp_path: Path) -> None:
    reasons(Judged(reads="x"), tmp_path / "one", station)
    results, inbox = Judged(reads="y", data=b"@z\nA\n+\nI\n").write(tmp_path / "two")
    assert register(results, inbox, station, replace_files=True).receipt["version"]["number"] == 2

    found = reasons(Judged(name="again-2026", email="lee@other.ac.kr", reads="x"), tmp_path, station)

    assert [item["expected"] for item in found] == ["KAR00000001", "KAR00000001", "KAR00000002"]


@ON_SQLITE
def test_what_was_registered_before_there_were_fingerprints_gets_them(station: Station, tmp_path: Path) -> None:
    reasons(Judged(reads="x"), tmp_path, station)
    before = dump(station)
    with Catalog.open(station) as catalog:
        catalog.write(lambda session: session.execute(delete(FingerprintRecord)))

    reasons(Judged(reads="x"), tmp_path, station)

    assert dump(station)["read_fingerprint"] == before["read_fingerprint"] != []
    assert dump(station) == before


def test_the_look_up_goes_by_an_index(station: Station) -> None:
    """However many runs there are: what a look-up of a fingerprint reads is a few pages of an index."""
    wanted = [ReadFingerprint(f"{number:032x}", f"{number + 1:032x}", 7) for number in range(3)]
    asked: list[tuple[str, Any]] = []
    plans = []
    with Catalog.open(station) as catalog, catalog.reading() as session:

        @event.listens_for(catalog.engine, "before_cursor_execute")
        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
            if statement.startswith("SELECT"):
                asked.append((statement, parameters))

        same_reads(session, wanted, Asker("a", "b"))
        connection = session.connection()
        on_postgres = connection.dialect.name == "postgresql"
        if on_postgres:
            # An empty table is read whole whatever indexes it has, unless that is made to look dear.
            connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, parameters in list(asked):
            explain = "EXPLAIN " if on_postgres else "EXPLAIN QUERY PLAN "
            plans.append(str(connection.exec_driver_sql(explain + statement, parameters).all()))
    assert len(plans) == 2
    assert "ix_read_fingerprint_reads" in plans[0]
    assert "ix_read_fingerprint_sequences" in plans[1]
