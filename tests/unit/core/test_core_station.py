"""Station configuration: read as a whole, wrong in words, places made absolute."""

from pathlib import Path

import pytest

from dsqc.errors import UsageError
from dsqc.station import ENVIRONMENT_VARIABLE, load_station


def write(folder: Path, text: str) -> Path:
    path = folder / "station.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_and_places_beside_the_file(tmp_path: Path) -> None:
    station = load_station(write(tmp_path, ""))
    assert (station.limits.samples, station.limits.hold_years, station.prefixes.run) == (2000, 3, "KAR")
    assert station.tier_url("closed") == str(tmp_path / "store" / "closed")
    assert station.database_url() == f"sqlite:///{tmp_path / 'catalog.sqlite'}"


def test_a_directory_means_its_file_and_the_environment_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 'centre = "NABIC"\n')
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    assert load_station(tmp_path).centre == load_station().centre == "NABIC"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("centre = ", "cannot be read"),
        ("centre = 3", "centre"),
        ("sentre = 'x'", "sentre"),
        ("[limits]\nsamples = 0", "limits.samples"),
        ("catalog_url = 1\n[limits]\nhold_years = -1", "limits.hold_years"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(UsageError) as error:
        load_station(write(tmp_path, text))
    assert expected in str(error.value)


def test_none_is_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    with pytest.raises(UsageError, match="No station is configured"):
        load_station()
    with pytest.raises(UsageError, match="does not exist"):
        load_station(tmp_path / "none")


def test_absolute_and_remote_places_stay(tmp_path: Path) -> None:
    text = 'catalog_url = "postgresql+psycopg://db/dsqc"\n[tiers]\npublic = "s3://open"\nclosed = "/data/closed"\n'
    station = load_station(write(tmp_path, text))
    assert (station.tier_url("public"), station.tier_url("closed")) == ("s3://open", "/data/closed")
    assert station.database_url() == "postgresql+psycopg://db/dsqc"
