"""What contradicts is told with place and next step, and nothing that is known is overwritten."""

from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from dsqc.catalog.database import Catalog
from dsqc.catalog.models import (
    ForeignAccessionRecord,
    ForeignRecord,
    ForeignRelationRecord,
    ReceivedPackageRecord,
)
from dsqc.exchange import format as parts
from dsqc.exchange.format import Heading, content_digest
from dsqc.exchange.importing import import_package
from dsqc.exchange.records import canonical, digest
from dsqc.exchange.resolving import resolve_number
from dsqc.exchange.sequences import missing_between
from dsqc.exchange.status import exchange_status
from dsqc.exchange.versions import Version
from dsqc.exchange.writing import finish_bag
from dsqc.signing import load_signing_key
from helpers.exchanging import Centre, codes
from helpers.results import Judged

PAST = "2026-01-02T03:04:05.678901Z"
SENDERS = ("NABIC", "CODA")
Row = tuple[Version, str]


class World:
    """KOBIC with a registered submission, and two centres of whom only the keys exist."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kobic = Centre(root, "KOBIC", dict.fromkeys(SENDERS, "records"))
        for code in SENDERS:
            Centre(root, code, {})
        self.kobic.register(Judged(), root)
        self._numbers = count()

    def package(self, sender: str, sequence: int, rows: list[Row], follows: int | None = None) -> Path:
        """A package as ``sender`` would make it."""
        bag = self.root / f"{sender}-{next(self._numbers)}"
        versions = [version for version, _text in rows]
        heading = Heading(
            sender=sender,
            receiver="KOBIC",
            sequence=sequence,
            follows=sequence - 1 if follows is None else follows,
            scope="records",
            created=PAST,
            record_count=len(rows),
            content_sha256=content_digest(versions),
        )
        (bag / "data").mkdir(parents=True)
        table = [{name: getattr(item, name) for name in Version.__slots__} | {"document": text} for item, text in rows]
        pq.write_table(pa.Table.from_pylist(table, schema=parts.TABLE_SCHEMA), bag / parts.TABLE)
        finish_bag(bag, heading, load_signing_key(self.root / sender / "keys/exchange.pem"))
        return bag

    def forget(self) -> None:
        """Everything that other centres told."""
        with Catalog.open(self.kobic.station) as catalog, catalog.writing() as session:
            for table in (ForeignRelationRecord, ForeignRecord, ReceivedPackageRecord, ForeignAccessionRecord):
                session.execute(delete(table))

    def resolve(self, number: str) -> dict:
        with Catalog.open(self.kobic.station) as catalog, catalog.reading() as session:
            return resolve_number(session, catalog.station, number)


def record(accession: str, version: int = 1, title: str = "T", kind: str = "sample", same_as: tuple = ()) -> Row:
    """A row of a package."""
    relations = [{"type": "same_as", "target": target} for target in same_as]
    document = {"accession": accession, "kind": kind, "title": title, "relations": relations}
    return Version(accession, kind, version, "public", digest(document)), canonical(document)


@pytest.fixture(scope="module")
def told_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(told_world: World) -> World:
    """As if nobody had told anything yet."""
    told_world.forget()
    return told_world


def test_conflicts_are_told_and_overwrite_nothing(world: World) -> None:
    kobic = world.kobic
    kobic.take(world.package("NABIC", 1, [record("NS-1"), record("NS-2", 3)]))
    before = kobic.foreign()

    result = kobic.take(
        world.package("NABIC", 2, [record("NS-1", 1, "Other"), record("NS-2", 2, "Old"), record("KAS00000001")])
    )
    assert {(item.code, item.object_id, item.location.record) for item in result.findings} == {
        ("DSQC-E008", "NS-1", 1),
        ("DSQC-E010", "KAS00000001", 3),
    }
    assert (result.counts["conflicts"], result.counts["older"]) == (2, 1)
    assert kobic.foreign() == before

    claimed = kobic.take(world.package("CODA", 1, [record("NS-1", 9)]))
    assert codes(claimed) == {"DSQC-E009"}
    assert kobic.foreign()[("NABIC", "NS-1")] == before[("NABIC", "NS-1")]
    found = world.resolve("NS-1")
    assert found["ambiguous"]
    assert [entry["holder"] for entry in found["is"]] == ["CODA", "NABIC"]
    with Catalog.open(kobic.station) as catalog, catalog.reading() as session:
        assert exchange_status(session, kobic.station)["claimed_by_several"] == ["NS-1"]


def test_a_number_of_a_package_is_not_used_twice(world: World) -> None:
    kobic = world.kobic
    kobic.take(world.package("NABIC", 1, [record("NS-1")]))
    before = kobic.foreign()

    assert codes(kobic.take(world.package("NABIC", 1, [record("NS-1", 2, "Other")]))) == {"DSQC-E006"}
    assert kobic.foreign() == before


def test_our_own_record_that_comes_back_as_it_is(world: World, tmp_path: Path) -> None:
    world.kobic.export("NABIC", tmp_path / "out")
    (ours, *_rest) = pq.read_table(tmp_path / "out" / parts.TABLE).to_pylist()
    version = Version(ours["accession"], ours["kind"], ours["version"], ours["state"], ours["sha256"])

    result = world.kobic.take(world.package("NABIC", 1, [(version, ours["document"])]))
    assert result.counts["own"] == 1
    assert not len(result.findings)


@pytest.mark.parametrize(
    "rows",
    [
        [record("NS-1", same_as=("KAS00000001",)), record("NS-2", same_as=("KAS00000001",))],
        [record("NS-1", same_as=("KAS00000001", "KAS00000002"))],
        [record("NP-1", kind="project", same_as=("KAS00000001",))],
    ],
    ids=["two for one", "one for two", "another kind"],
)
def test_links_that_contradict(world: World, rows: list[Row]) -> None:
    result = world.kobic.take(world.package("NABIC", 1, rows))

    assert codes(result) == {"DSQC-E011"}
    assert result.counts["new"] == len(rows)
    with Catalog.open(world.kobic.station) as catalog, catalog.reading() as session:
        assert exchange_status(session, world.kobic.station)["contradicting_links"]


def test_numbers_are_resolved_both_ways(world: World) -> None:
    kobic = world.kobic
    kobic.add(ForeignAccessionRecord(accession="KAS00000001", foreign_accession="SAMD00000007", archive="INSDC"))
    kobic.take(world.package("NABIC", 1, [record("NS-1", same_as=("SAMD00000007",))]))
    kobic.take(world.package("CODA", 1, [record("CD-1", same_as=("KAS00000001",))]))

    for number in ("KAS00000001", "SAMD00000007", "NS-1", "CD-1"):
        found = world.resolve(number)
        assert {entry["accession"] for entry in (*found["is"], *found["same_as"])} == {
            "KAS00000001",
            "SAMD00000007",
            "NS-1",
            "CD-1",
        }
        assert not found["ambiguous"]
    kinds = {entry["accession"]: (entry["known"], entry["holder"]) for entry in world.resolve("CD-1")["same_as"]}
    assert kinds == {
        "KAS00000001": ("own", "KOBIC"),
        "SAMD00000007": ("unknown", "INSDC"),
        "NS-1": ("foreign", "NABIC"),
    }
    assert world.resolve("SRR000001")["is"][0] == {
        "accession": "SRR000001",
        "kind": "run",
        "holder": "INSDC",
        "known": "unknown",
        "title": "",
        "version": None,
    }


VERSIONS = st.lists(st.integers(0, 3), min_size=1, max_size=4)


@settings(max_examples=5, deadline=None)
@given(history=st.lists(VERSIONS, min_size=2, max_size=4), order=st.randoms(use_true_random=False))
def test_any_order_and_repeats_end_in_the_same_state(
    told_world: World, history: list[list[int]], order: object
) -> None:
    """Two centres whose records change from package to package, one number claimed by both."""
    kobic = told_world.kobic
    told_world.forget()
    newest: dict[tuple[str, str], int] = {}
    packages = []
    for sequence, touched in enumerate(history, start=1):
        for sender in SENDERS:
            rows = []
            for number in sorted(set(touched)):
                accession = "SHARED" if number == 0 else f"{sender}-{number}"
                version = newest[(sender, accession)] = newest.get((sender, accession), 0) + 1
                rows.append(
                    record(accession, version, f"{sender} {version}", same_as=(f"X-{sender}-{accession}-{version}",))
                )
            packages.append(told_world.package(sender, sequence, rows))
    arriving = [*packages, *packages[::2]]
    order.shuffle(arriving)  # type: ignore[attr-defined]

    with Catalog.open(kobic.station) as catalog:
        for package in arriving:
            result = import_package(catalog, package)
            assert codes(result) <= {"DSQC-E007", "DSQC-E009"}
    assert not result.missing
    known = kobic.foreign()
    assert {key: item["version"] for key, item in known.items()} == newest
    for (sender, accession), item in known.items():
        assert (item["title"], item["relations"]) == (
            f"{sender} {item['version']}",
            [("same_as", f"X-{sender}-{accession}-{item['version']}")],
        )


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 8)).filter(lambda pair: pair[1] < pair[0]), max_size=6))
def test_gaps_are_what_no_package_holds(packages: list[tuple[int, int]]) -> None:
    held = {number for sequence, follows in packages for number in range(follows + 1, sequence + 1)}
    told = {number for gap in missing_between(packages) for number in range(gap.first, gap.last + 1)}

    assert told == set(range(1, max(held, default=0))) - held
