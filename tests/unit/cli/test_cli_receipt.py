"""Signed receipts: a station with a key signs, one without says so, and anybody verifies without a network."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.cli.main import main
from helpers.results import Judged


def shaped(name: str, text: str) -> Any:
    """The JSON in ``text``, which must be as the published schema says."""
    value = json.loads(text)
    schema = files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), value)
    return value


@pytest.fixture
def station(tmp_path: Path) -> Path:
    assert main(["catalog", "init", str(tmp_path / "station"), "-q"]) == 0
    return tmp_path / "station"


def registered(work: Path, station: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, str]:
    """A registered submission: its receipt's file, and what the command printed."""
    results, inbox = Judged().write(work)
    capsys.readouterr()
    assert main(["register", str(results), "--inbox", str(inbox), "--station", str(station), "--lang", "en"]) == 0
    return results / "receipt.json", capsys.readouterr().out


def test_a_receipt_is_signed_and_verified_by_the_public_half_alone(
    station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["station", "keygen", "--station", str(station), "--json"]) == 0
    made = shaped("signing_keygen", capsys.readouterr().out)

    receipt, printed = registered(tmp_path, station, capsys)

    assert f"signed with key {made['key_id']}" in printed
    shaped("receipt", receipt.read_text("utf-8"))
    assert main(["receipt", "verify", str(receipt), "--key", made["public_key"], "--json"]) == 0
    assert shaped("receipt_verify", capsys.readouterr().out)["key_id"] == made["key_id"]
    assert main(["receipt", "verify", str(receipt), "--station", str(station)]) == 0


def test_each_reason_why_a_receipt_is_not_verified(
    station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["station", "keygen", "--station", str(station)])
    receipt, _ = registered(tmp_path, station, capsys)
    main(["receipt", "keygen", str(tmp_path / "other.pem")])
    good = json.loads(receipt.read_text("utf-8"))
    cases: list[tuple[dict[str, Any], Path, str]] = [
        ({**good, "verdict": "review"}, station / "keys/signing.pub", "changed"),
        ({**good, "added": 1}, station / "keys/signing.pub", "changed"),
        (good, tmp_path / "other.pub", "key"),
        ({**good, "signature": {**good["signature"], "algorithm": "none"}}, station / "keys/signing.pub", "algorithm"),
        ({name: good[name] for name in good if name != "signature"}, station / "keys/signing.pub", "unsigned"),
    ]
    for document, key, reason in cases:
        (tmp_path / "case.json").write_text(json.dumps(document), encoding="utf-8")
        capsys.readouterr()

        code = main(["receipt", "verify", str(tmp_path / "case.json"), "--key", str(key), "--json"])

        found = shaped("receipt_verify", capsys.readouterr().out)
        assert (code, found["verified"], found["reason"]) == (3, False, reason)


def test_a_station_without_a_key_says_that_its_receipts_are_not_signed(
    station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt, printed = registered(tmp_path, station, capsys)

    assert "not signed" in printed
    assert "signature" not in json.loads(receipt.read_text("utf-8"))
    assert main(["receipt", "verify", str(receipt), "--station", str(station)]) == 2


def test_what_a_key_of_before_signed_is_still_believed(
    station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["station", "keygen", "--station", str(station)])
    receipt, _ = registered(tmp_path, station, capsys)
    settings = (station / "station.toml").read_text("utf-8")
    new = '[signing]\nprivate_key = "keys/new.pem"\npublic_key = "keys/new.pub"\npassphrase_env = "WORD"\n'
    (station / "station.toml").write_text(settings.replace("[signing]\n", new), encoding="utf-8")
    assert main(["station", "keygen", "--station", str(station)]) == 2  # the passphrase is nowhere
    monkeypatch.setenv("WORD", "an unlikely word")

    assert main(["station", "keygen", "--station", str(station)]) == 0
    assert main(["receipt", "verify", str(receipt), "--station", str(station)]) == 3
    before = new + 'previous_public_keys = ["keys/signing.pub"]\n'
    (station / "station.toml").write_text(settings.replace("[signing]\n", before), encoding="utf-8")
    assert main(["receipt", "verify", str(receipt), "--station", str(station)]) == 0
    assert b"ENCRYPTED" in (station / "keys/new.pem").read_bytes()
    assert main(["station", "keygen", "--station", str(station)]) == 2  # a key is never overwritten


def test_a_named_key_that_is_missing_stops_the_registration_before_it_begins(
    station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = (station / "station.toml").read_text("utf-8")
    named = settings.replace("[signing]\n", '[signing]\nprivate_key = "keys/lost.pem"\n')
    (station / "station.toml").write_text(named, encoding="utf-8")
    results, inbox = Judged().write(tmp_path)

    assert main(["register", str(results), "--inbox", str(inbox), "--station", str(station)]) == 2
    assert "keygen" in capsys.readouterr().err
    assert not (results / "receipt.json").exists()
