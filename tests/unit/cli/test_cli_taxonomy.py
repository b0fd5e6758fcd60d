"""``dsqc taxonomy``: make a snapshot, look a taxon up, say which snapshot is used."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dsqc.cli.main import main
from dsqc.errors import ExitCode
from helpers import taxdumps
from helpers.submissions import good_tables, put, write_tsv


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DSQC_TAXONOMY", "DSQC_STATION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    dump = taxdumps.directory(tmp_path / "dump")
    assert (
        main(["taxonomy", "build", str(dump), "-o", str(tmp_path / "made.sqlite"), "--date", "2026-09-01", "-q"]) == 0
    )
    return tmp_path / "made.sqlite"


def printed(capsys: pytest.CaptureFixture[str], name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    schema = files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8")
    jsonschema.validate(found, json.loads(schema))
    return found


def test_build_and_info_say_the_same(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump = str(snapshot.parent / "dump")
    capsys.readouterr()
    assert (
        main(["taxonomy", "build", dump, "-o", str(snapshot), "--date", "2026-09-01", "--force", "--json", "-q"]) == 0
    )
    made = printed(capsys, "taxonomy_info")
    assert main(["taxonomy", "info", "--taxonomy", str(snapshot), "--json"]) == 0
    assert printed(capsys, "taxonomy_info") == made


def test_info_is_about_the_shipped_snapshot_unless_told(
    snapshot: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["taxonomy", "info", "--lang", "ko"]) == 0
    assert "일부" in capsys.readouterr().out
    monkeypatch.setenv("DSQC_TAXONOMY", str(snapshot))
    assert main(["taxonomy", "info", "--json"]) == 0
    assert printed(capsys, "taxonomy_info")["taxa"] == 8


def test_the_station_names_its_snapshot(
    snapshot: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (snapshot.parent / "station.toml").write_text('taxonomy = "made.sqlite"\n')
    monkeypatch.setenv("DSQC_STATION", str(snapshot.parent))
    assert main(["taxonomy", "info", "--json"]) == 0
    assert printed(capsys, "taxonomy_info")["taxa"] == 8


@pytest.mark.parametrize("asked", ["Homo sapiens", "사람", "9606"])
def test_show_takes_any_name_and_the_id(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["taxonomy", "show", asked, "--json"]) == 0
    (taxon,) = printed(capsys, "taxonomy_show")["taxa"]
    assert (taxon["id"], taxon["rank"]) == (9606, "species")
    assert [above["name"] for above in taxon["lineage"]][:3] == ["root", "cellular organisms", "Eukaryota"]
    assert main(["taxonomy", "show", asked]) == 0
    assert "Hominidae > Homo > Homo sapiens" in capsys.readouterr().out


def test_show_follows_a_merged_id(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["taxonomy", "show", "12", "--taxonomy", str(snapshot), "--json"]) == 0
    assert printed(capsys, "taxonomy_show")["taxa"][0]["merged_ids"] == [12]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "Oryza sativva"], "Did you mean Oryza sativa?"),
        (["show", "qqqqqq"], "taxonomy info"),
        (["show", "999999999"], "not in the snapshot"),
        (["info", "--taxonomy", "nowhere.sqlite"], "taxonomy build"),
        (["build", "nowhere", "-o", "made.sqlite"], "does not exist"),
    ],
)
def test_a_wrong_call_says_what_to_do(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["taxonomy", *arguments]) == ExitCode.USAGE
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_only_takes_ids_and_files_of_ids(snapshot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wanted.txt").write_text("1423\n2759\n")
    for number, only in enumerate(("1423,2759", f"@{tmp_path / 'wanted.txt'}")):
        output = tmp_path / f"{number}.sqlite"
        capsys.readouterr()
        dump = str(tmp_path / "dump")
        assert main(["taxonomy", "build", dump, "-o", str(output), "--only", only, "--json", "-q"]) == 0
        assert printed(capsys, "taxonomy_info")["scope"] == "part"
    with pytest.raises(SystemExit) as left:
        main(["taxonomy", "build", str(tmp_path / "dump"), "-o", str(tmp_path / "x"), "--only", "rice"])
    assert left.value.code == ExitCode.USAGE


def test_validate_looks_up_in_the_snapshot_that_is_named(
    snapshot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = good_tables("bioenergy", "Microbe")
    put(tables, "sample", organism="Bacillus subtilis", taxonomy_id="12")
    folder = write_tsv(tmp_path / "submission", tables)
    capsys.readouterr()
    main(["validate", str(folder), "--no-files", "--today", "2026-09-01", "--taxonomy", str(snapshot), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["taxonomy"]["taxa"] == 8
    assert [item["suggestion"]["value"] for item in found["findings"] if item["code"] == "DSQC-S007"] == ["1423"]
