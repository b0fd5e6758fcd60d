"""Processes that are killed while they register, and many that register at once, on both databases."""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dsqc.stages.register import register
from dsqc.station import Station
from helpers.catalogs import dump, problems
from helpers.preloaded import Preloaded
from helpers.register_process import POINTS, start
from helpers.results import Judged, read
from helpers.stations import new_station

WRITERS = 8
EACH = 2


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The receipt and the catalog of a registration that nothing disturbs."""
    place = tmp_path_factory.mktemp("undisturbed")
    station = new_station(place / "station", {}).station
    receipt = register(*Judged().write(place), station).receipt
    return receipt, dump(station)


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_registration_ends_as_an_undisturbed_one(
    station: Station,
    tmp_path: Path,
    point: str,
    preloaded: Preloaded,
    undisturbed: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> None:
    results, inbox = Judged().write(tmp_path)

    process = start(preloaded, tmp_path / "said", station.root, [(results, inbox)], die=point)
    assert process.wait(timeout=60) == -signal.SIGKILL, (tmp_path / "said").read_text()
    assert not (results / "receipt.json").exists()
    register(results, inbox, station)

    assert (read(results / "receipt.json"), dump(station)) == undisturbed
    assert problems(station) == []


def test_many_writers_never_share_or_lose_an_accession(station: Station, tmp_path: Path, preloaded: Preloaded) -> None:
    """Every writer registers its own submissions and one that all of them have, all of the same project."""
    common = Judged(name="common", prefix="common-").write(tmp_path)
    processes = []
    for writer in range(WRITERS):
        own = [Judged(name=f"w{writer}-{number}", prefix=f"w{writer}-{number}-") for number in range(EACH)]
        places = [judged.write(tmp_path) for judged in own]
        work = [*places[:1], common, *places[1:]]
        processes.append(start(preloaded, tmp_path / f"said-{writer}", station.root, work))
    for writer, process in enumerate(processes):
        assert process.wait(timeout=240) == 0, (tmp_path / f"said-{writer}").read_text()

    receipts = [read(path) for path in sorted(tmp_path.glob("results/*/receipt.json"))]
    assert len(receipts) == WRITERS * EACH + 1
    assert {tuple(receipt["accessions"]["projects"].items()) for receipt in receipts} == {
        (("rice-project", "KAP000001"),)
    }
    for level, each in (("samples", 2), ("experiments", 2), ("runs", 2)):
        numbers = [number for receipt in receipts for number in receipt["accessions"][level].values()]
        assert len(numbers) == len(set(numbers)) == each * len(receipts)
    submissions = {receipt["accessions"]["submission"] for receipt in receipts}
    assert len(submissions) == len(receipts)
    assert len(dump(station)["submission"]) == len(receipts)
    assert problems(station) == []
