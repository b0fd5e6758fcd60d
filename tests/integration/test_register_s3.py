"""Registration into an S3 tier: the same objects, manifest and receipt as in a directory."""

from pathlib import Path

import pytest

from conftest import Bucket
from dsqc.stages.register import register
from dsqc.station import Tiers
from dsqc.storage import open_store
from helpers.catalogs import problems
from helpers.results import Judged
from helpers.stations import new_station

pytestmark = pytest.mark.s3


def test_objects_and_manifest_stand_in_the_bucket(s3_bucket: Bucket, tmp_path: Path) -> None:
    local = new_station(tmp_path / "local", {}).station
    made = new_station(tmp_path / "station", {}).station
    station = made.model_copy(update={"tiers": Tiers(public=f"{s3_bucket.url}/open"), "s3": s3_bucket.options})
    judged = Judged()
    results, inbox = judged.write(tmp_path)

    receipt = register(results, inbox, station).receipt

    assert receipt == register(results, inbox, local).receipt
    store = open_store(station.tier_url("public"), station.s3)
    for item in receipt["objects"]:
        assert store.read(item["key"]) == judged.bytes_of(item["name"])
    assert set(store.known_objects()) == {item["key"] for item in receipt["objects"]}
    assert problems(station) == []

    store.delete(receipt["objects"][0]["key"])
    assert len(problems(station)) == 1
