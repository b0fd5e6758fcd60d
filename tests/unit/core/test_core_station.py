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


def test_a_tier_has_further_places_and_what_differs_there(tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text(
        '[tiers]\npublic = "s3://open"\n[copies.public]\nbusan = "s3://open-busan"\nlocal = "copies"\n'
        '[s3]\nendpoint_url = "https://s3.example.org"\nregion = "seoul"\n'
        '[s3.busan]\nendpoint_url = "https://busan.example.org"\n'
        'access_key_env = "B_KEY"\nsecret_key_env = "B_SECRET"\n'
    )
    station = load_station(tmp_path)
    first, busan, local = station.places("public")
    assert [place.name for place in (first, busan, local)] == ["public", "busan", "local"]
    assert (first.url, local.url) == ("s3://open", str(tmp_path / "copies"))
    assert (busan.s3.endpoint_url, busan.s3.region, busan.s3.access_key_env) == (
        "https://busan.example.org",
        "seoul",
        "B_KEY",
    )
    assert (first.s3.endpoint_url, first.s3.access_key_env) == ("https://s3.example.org", "")
    assert [place.name for place in station.places("closed")] == ["closed"]


@pytest.mark.parametrize(
    "text",
    [
        '[copies.public]\nclosed = "s3://b"\n',
        '[copies.public]\n"Bad name" = "s3://b"\n',
        '[copies.public]\ntwo = "s3://a"\n[copies.closed]\ntwo = "s3://b"\n',
        '[s3.nowhere]\nregion = "x"\n',
        '[s3.closed]\nsecret_key = "never here"\n',
        '[s3]\naccess_key_env = "ONLY_ONE"\n',
    ],
)
def test_places_that_cannot_be_meant(tmp_path: Path, text: str) -> None:
    (tmp_path / "station.toml").write_text(text)
    with pytest.raises(UsageError, match="is wrong") as caught:
        load_station(tmp_path)
    assert "never here" not in str(caught.value)
