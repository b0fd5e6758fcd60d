"""``dsqc station``: accounts by command, the audit, and what cannot be served."""

import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.cli.main import main
from helpers.stations import new_station

PASSWORD = "correct horse battery staple"


def said(name: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """What was printed, against the schema that dsqc publishes."""
    value = json.loads(capsys.readouterr().out)
    schema = json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validate(schema, value)
    return value


def test_accounts_are_made_changed_and_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    station, file = str(new_station(tmp_path / "station", {}).file), tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    common = ["--station", station, "--json"]
    secret = ["--password-file", str(file)]
    add = ["station", "user", "add", "Lee", "--role", "curator"]
    assert main([*add, *secret, *common]) == 0
    (made,) = said("station_users", capsys)["accounts"]
    assert (made["name"], made["role"], made["active"]) == ("lee", "curator", True)
    assert main(["station", "user", "disable", "lee", *common]) == 0
    assert main(["station", "user", "password", "lee", *secret, *common]) == 0
    capsys.readouterr()
    assert main(["station", "user", "list", *common]) == 0
    assert [item["active"] for item in said("station_users", capsys)["accounts"]] == [False]
    assert main(["station", "user", "list", "--station", station, "--lang", "ko"]) == 0
    assert "중지" in capsys.readouterr().out
    assert main(["station", "audit", "--verify", *common]) == 0
    events = said("station_audit", capsys)["events"]
    assert [item["action"] for item in events] == ["account added", "account disabled", "password set"]
    assert PASSWORD not in str(events)
    assert main(["station", "audit", "--verify", "--station", station, "--lang", "en"]) == 0
    assert "whole and unchanged" in capsys.readouterr().out


def test_what_cannot_be_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    station = str(new_station(tmp_path / "station", {}).file)
    for arguments, told in (
        (["user", "add", "lee", "--role", "curator"], "--password-file"),
        (["user", "add", "lee", "--role", "curator", "--password-file", "none"], "cannot be read"),
        (["user", "disable", "nobody"], "no account nobody"),
        (["serve", "--host", "0.0.0.0"], "public_url"),
    ):
        assert main(["station", *arguments, "--station", station]) == 2, arguments
        assert told in capsys.readouterr().err
