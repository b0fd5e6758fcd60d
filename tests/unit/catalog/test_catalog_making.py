"""Making a station: complete, commented, idempotent, and never over another one."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from dsqc.catalog.making import TEMPLATE, make_station
from dsqc.errors import CatalogFault, StorageFault, UsageError
from dsqc.limits import Limits
from dsqc.station import S3Options, Station, TransferOptions, load_station


def test_a_station_is_made_with_catalog_and_stores(tmp_path: Path) -> None:
    made = make_station(tmp_path / "here" / "station", {"centre": "NABIC"})

    assert made.created
    assert made.station == load_station(tmp_path / "here" / "station")
    assert made.station.centre == "NABIC"
    assert (tmp_path / "here/station/catalog.sqlite").exists()
    assert (tmp_path / "here/station/store/closed").is_dir()


def test_making_it_again_changes_nothing(tmp_path: Path) -> None:
    make_station(tmp_path, {})
    file = tmp_path / "station.toml"
    text = file.read_text(encoding="utf-8") + "# a note of the operator\n"
    file.write_text(text, encoding="utf-8")

    assert not make_station(tmp_path, {}).created
    assert not make_station(tmp_path, {"centre": "KOBIC"}).created
    assert file.read_text(encoding="utf-8") == text


def test_another_configuration_is_never_overwritten(tmp_path: Path) -> None:
    make_station(tmp_path, {"centre": "NABIC"})

    with pytest.raises(UsageError, match="centre is 'NABIC'"):
        make_station(tmp_path, {"centre": "KOBIC"})


def test_the_file_shows_every_setting_with_its_own_value() -> None:
    """What stands behind a # is what holds without it, and nothing is missing; examples stand further in."""
    values = {
        "centre": '"KOBIC"',
        "catalog_url": '"sqlite:///catalog.sqlite"',
        "catalog_password_env": '""',
        "public": '"store/public"',
        "closed": '"store/closed"',
    }
    lines = TEMPLATE.format(**values).splitlines()
    shown = "\n".join(line.removeprefix("# ") if " = " in line and "#  " not in line else line for line in lines)
    data = tomllib.loads(shown)

    assert Station(**data) == Station()
    assert set(data) == set(Station.model_fields) - {"root", "copies", "s3_places"}
    for name, kind in (("limits", Limits), ("s3", S3Options), ("transfer", TransferOptions)):
        assert set(data[name]) == {field.name for field in fields(kind)}
    for name in ("tiers", "closed", "curation", "release", "notices", "prefixes"):
        assert set(data[name]) == set(type(getattr(Station(), name)).model_fields)


def test_values_are_quoted(tmp_path: Path) -> None:
    odd = 'a "quoted" \\ place 한글'
    assert make_station(tmp_path, {"public": odd}).station.tiers.public == odd


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"this is not a database at all" * 100)

    with pytest.raises(CatalogFault, match="not a database"):
        make_station(tmp_path, {})


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file is in the way", encoding="utf-8")

    with pytest.raises(StorageFault, match="Cannot write"):
        make_station(tmp_path, {})
