"""Processes that are killed while they register, and many that register at once, on both databases."""

import signal
from pathlib import Path

import pytest

from dsqc.stages.register import register
from dsqc.station import Station
from helpers.catalogs import dump, problems
from helpers.register_process import POINTS, command, start
from helpers.results import Judged, read
from helpers.stations import new_station

WRITERS = 8
EACH = 2


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_registration_ends_as_an_undisturbed_one(station: Station, tmp_path: Path, point: str) -> None:
    undisturbed = new_station(tmp_path / "undisturbed", {}).station
    results, inbox = Judged().write(tmp_path)
    expected = register(results, inbox, undisturbed).receipt
    (results / "receipt.json").unlink()

    process = start(command(station.root, [(results, inbox)], die=point))
    said = process.communicate(timeout=60)[1]
    assert process.returncode == -signal.SIGKILL, said.decode()
    assert not (results / "receipt.json").exists()
    register(results, inbox, station)

    assert read(results / "receipt.json") == expected
    assert dump(station) == dump(undisturbed)
    assert problems(station) == []


def test_many_writers_never_share_or_lose_an_accession(station: Station, tmp_path: Path) -> None:
    """Every writer registers its own submissions and one that all of them have, all of the same project."""
    common = Judged(name="common", prefix="common-").write(tmp_path)
    processes = []
    for writer in range(WRITERS):
        own = [Judged(name=f"w{writer}-{number}", prefix=f"w{writer}-{number}-") for number in range(EACH)]
        places = [judged.write(tmp_path) for judged in own]
        processes.append(start(command(station.root, [*places[:1], common, *places[1:]])))
    for process in processes:
        said = process.communicate(timeout=240)[1]
        assert process.returncode == 0, said.decode()

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
