"""Held data in S3 becomes public, and is closed again: the same promises as in directories."""

from pathlib import Path

import pytest

from conftest import Bucket
from dsqc.stages import release
from dsqc.station import Station, Tiers
from dsqc.storage import open_place
from helpers.catalogs import problems
from helpers.releasing import REASON, actor, person, plain, registered
from helpers.stations import new_station

pytestmark = pytest.mark.s3
ONE = "KRA00000001"


def keys(station: Station, tier: str) -> list[str]:
    """What a tier holds, but for claims."""
    store = open_place(station.places(tier)[0])
    return [info.key for prefix in ("objects/", "submissions/", "headers/") for info in store.entries(prefix)]


def test_held_data_is_released_and_closed_again(s3_bucket: Bucket, tmp_path: Path) -> None:
    made = new_station(tmp_path / "station", {}).station
    tiers = Tiers(public=f"{s3_bucket.url}/open", closed=f"{s3_bucket.url}/closed")
    station = made.model_copy(update={"tiers": tiers, "s3": s3_bucket.options})
    assert station.tier_url("held") == f"{s3_bucket.url}/closed/held"
    judged = registered(station, tmp_path, release_date="2026-09-01")
    assert (len(keys(station, "held")), keys(station, "public")) == (4, [])

    assert [item["what"] for item in release.run(station, actor=actor("2026-09-01")).done] == ["release"]

    store = open_place(station.places("public")[0])
    assert sorted(store.read(key) for key in keys(station, "public")[:3]) == plain(judged)
    assert keys(station, "held") == []
    assert problems(station) == []

    assert release.close_data(station, ONE, REASON, person("Lee", "2026-09-02"))["cleared"] is True
    assert (keys(station, "public"), len(keys(station, "closed")), len(keys(station, "headers"))) == ([], 4, 3)
    assert problems(station) == []
