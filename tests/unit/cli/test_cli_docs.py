"""``dsqc docs``: the pages in one language or both."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest

from dsqc.artefact import sha256_of
from dsqc.cli.main import main


def digests(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


def test_both_languages_unless_one_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "-O", str(tmp_path / "both")]) == 0
    assert str(tmp_path / "both" / "index.html") in capsys.readouterr().out
    assert main(["docs", "-O", str(tmp_path / "again")]) == 0
    assert main(["docs", "-O", str(tmp_path / "ko"), "--lang", "ko"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("열어 보세요")

    assert digests(tmp_path / "both") == digests(tmp_path / "again")
    assert 'data-set="ko"' in (tmp_path / "both" / "index.html").read_text(encoding="utf-8")
    assert 'lang="ko"' in (tmp_path / "ko" / "index.html").read_text(encoding="utf-8")


def test_json_fits_its_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "-O", str(tmp_path), "--json", "--lang", "en"]) == 0
    schema = files("dsqc.schemas").joinpath("reports", "docs.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), json.loads(capsys.readouterr().out))


def test_an_unknown_language_and_a_missing_place_are_wrong_calls(tmp_path: Path) -> None:
    for arguments in (["-O", str(tmp_path), "--lang", "fr"], []):
        with pytest.raises(SystemExit) as stopped:
            main(["docs", *arguments])
        assert stopped.value.code == 2


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["docs", "-O", str(tmp_path / "file")]) == 1
    assert "Cannot write" in capsys.readouterr().err
