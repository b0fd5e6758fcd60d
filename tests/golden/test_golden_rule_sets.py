"""Released rule sets: each concludes today what it concluded on the day of its release, and none of them changes."""

import hashlib
import importlib.util
import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from dsqc import rule_data
from dsqc.artefact import read_json
from dsqc.cli.main import main
from dsqc.errors import SystemFault, UsageError
from dsqc.findings import FindingLog, finding
from dsqc.registry import rules
from dsqc.rule_set import rule_set_version
from dsqc.rules import RULES
from dsqc.stages.judge import judge
from dsqc.stages.rule_sets import rule_differences
from dsqc.stages.validate import validate
from dsqc.station import load_station
from golden.rule_set_evidence import PLACE, SAMPLES, unpack, verdicts
from helpers.submissions import TODAY, good_tables, put, write_tsv

ROOT = Path(__file__).parents[2]
RELEASED = {"2026.11": "2a50fced9f28"}
"""First digits of the digests: a released rule set that differs from what stands here was changed."""
DAY = date.fromisoformat(TODAY)


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release_rule_set", ROOT / "tools" / "release_rule_set.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Data of a later dsqc: a rule is new, one is retired."""
    place = tmp_path / "schemas"
    shutil.copytree(ROOT / "schemas", place)
    sheet = place / "rules" / "sample.toml"
    text = sheet.read_text(encoding="utf-8")
    head, _, rest = text.partition("[DSQC-S011]")
    block, _, tail = rest.partition("\n[")
    assert 'state = "active"' in block
    new = "[DSQC-S998]" + block.replace("S011", "S998")
    retired = block.replace('state = "active"', 'state = "retired"')
    sheet.write_text(head + "[DSQC-S011]" + retired + "\n[" + tail + "\n" + new + "\n", encoding="utf-8")
    monkeypatch.setattr(rule_data, "package_data", lambda: place)
    monkeypatch.setattr("dsqc.registry.package_data", lambda: place)
    rule_data._forget()
    yield place
    rule_data._forget()


def test_the_released_ones_are_those_that_were_released(tool: ModuleType) -> None:
    assert {name: item.digest[:12] for name, item in rule_data.released().items()} == RELEASED
    assert {path.name for path in PLACE.iterdir()} == set(RELEASED)
    assert tool.check() == []


@pytest.mark.parametrize("version", RELEASED)
def test_a_released_rule_set_concludes_what_it_concluded(version: str, tmp_path: Path) -> None:
    golden = read_json(PLACE / version / "verdicts.json")
    with rule_data.using(version):
        found = verdicts(unpack(version, tmp_path))
    assert {name: item["findings"] for name, item in found.items()} == {
        name: item["findings"] for name, item in golden.items()
    }
    assert found == golden
    codes = {row.split()[1] for item in golden.values() for row in item["findings"]}
    assert len(codes) > 100


def test_released_ones_cannot_be_cut_again(tool: ModuleType, tmp_path: Path) -> None:
    assert "never changes" in tool.refused("2026.11")
    assert "older" in tool.refused("2025.01")
    assert tool.refused("2099.01") == ""
    first, second = tmp_path / "a", tmp_path / "b"
    for place in (first, second):
        tool.release("2099.01", "Words.", "말.", place)
        with pytest.raises(FileExistsError):
            tool.release("2099.01", "Words.", "말.", place)
    digests = {hashlib.sha256((place / "2099.01.zip").read_bytes()).hexdigest() for place in (first, second)}
    assert len(digests) == 1


def test_a_damaged_archive_is_not_used(newer: Path) -> None:
    archive = newer / "rule-sets" / "2026.11.zip"
    archive.write_bytes(archive.read_bytes()[:-1] + b"x")
    rule_data.open_rule_set.cache_clear()
    try:
        with pytest.raises(SystemFault, match="not what was released"):
            rule_data.use("2026.11")
        assert rule_data.in_force() is None
    finally:
        rule_data.open_rule_set.cache_clear()


def test_what_later_rules_find_is_not_found_by_an_older_rule_set(newer: Path, tmp_path: Path) -> None:
    RULES["DSQC-S998"] = lambda prepared: [prepared.finding("DSQC-S998", prepared.rows("sample")[0], "sample_name")]
    tables = good_tables()
    put(tables, "sample", collection_date="2025/09/02")
    folder = write_tsv(tmp_path / "submission", tables)
    try:
        own = validate(folder, None, today=DAY, with_files=False)
        with rule_data.using("2026.11") as rule_set:
            old = validate(folder, None, today=DAY, with_files=False)
            # What no function registers, as the judge's findings, is left out of the log.
            assert not list(FindingLog([finding("DSQC-S998")]).in_rule_set())
    finally:
        del RULES["DSQC-S998"]
    assert rule_set is not None
    assert {item.code for item in own.findings} == {"DSQC-S998"}
    assert {item.code for item in old.findings} == {"DSQC-S011"}
    assert old.document["rule_set_version"] == rule_set.name != own.document["rule_set_version"]
    changed = rule_differences("2026.11", "own")
    assert (changed["introduced"][-1], changed["retired"]) == ("DSQC-S998", ["DSQC-S011"])


def test_data_that_changed_since_is_as_it_was(newer: Path) -> None:
    areas, taxonomy = newer / "geography" / "areas.tsv", newer / "taxonomy" / "small.sqlite"
    before = {path: path.read_bytes() for path in (areas, taxonomy)}
    areas.write_bytes(b"changed\n")
    with rule_data.using("2026.11"), pytest.raises(SystemFault, match=r"needs geography/areas\.tsv"):
        rule_data.data_file("geography/areas.tsv")
    kept = newer / "rule-sets" / "data" / hashlib.sha256(before[areas]).hexdigest()
    kept.parent.mkdir()
    kept.write_bytes(before[areas])
    with rule_data.using("2026.11"):
        assert rule_data.data_file("geography/areas.tsv").read_bytes() == before[areas]
        assert rule_data.data_file("taxonomy/small.sqlite").read_bytes() == before[taxonomy]
        assert not rule_data.data_file("ontologies/none.tsv").is_file()


def test_since_parts_old_behaviour_from_new() -> None:
    assert rule_data.since("2026.11")
    assert rule_data.since("2099.01")
    with rule_data.using("2026.11"):
        assert rule_data.since("2026.11")
        assert not rule_data.since("2026.12")


def test_going_back_leaves_nothing_behind() -> None:
    own, own_rules = rule_set_version(), rules()
    with rule_data.using("2026.11") as rule_set:
        assert rule_set is not None
        assert rule_set_version() == rule_set.name
        with rule_data.using(None):
            assert rule_set_version() == own
        assert rule_set_version() == rule_set.name
    assert rule_set_version() == own
    assert rules() == own_rules
    with pytest.raises(UsageError, match="no released"), rule_data.using("1999.01"):
        pass
    with pytest.raises(UsageError, match="digest"):
        rule_data.find("2026.11+000000000000")


@pytest.fixture
def own_again() -> Iterator[None]:
    """A command puts a rule set in force for its process, which is that of the tests."""
    yield
    rule_data.use(None)


def printed(capsys: pytest.CaptureFixture[str], schema: str) -> dict[str, Any]:
    """The JSON object that was printed, which fits its published schema."""
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    text = (ROOT / "schemas" / "reports" / f"{schema}.schema.json").read_text(encoding="utf-8")
    jsonschema.validate(document, json.loads(text))
    return document


@pytest.mark.usefixtures("own_again")
def test_a_validation_runs_again_and_compares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results, sample = tmp_path / "results", SAMPLES / "rice-wgs"
    given = [
        "validate",
        str(sample),
        "--no-files",
        "--today",
        "2026-09-01",
        "-O",
        str(results),
        "--rule-set",
        "2026.11",
    ]
    assert main(given) == 0
    rule_data.use(None)
    capsys.readouterr()
    assert main(["rule-sets", "rerun", str(results), str(sample), "--json"]) == 0
    record = printed(capsys, "rule_sets_rerun")
    assert (record["same"], record["same_inputs"]) == (True, True)
    assert record["rule_set"].startswith("2026.11+")
    assert main(["rule-sets", "rerun", str(results), str(SAMPLES / "gut-16s"), "--json"]) == 3
    record = printed(capsys, "rule_sets_rerun")
    assert {row["code"] for row in record["only_now"]} >= {"DSQC-R001"}
    assert (record["same_inputs"], record["only_before"]) == (False, [])
    assert main(["rule-sets", "rerun", str(results), str(sample), "--rule-set", "own"]) in (0, 3)
    assert "Not the same" in capsys.readouterr().out  # The rule set is named in the conclusion.


@pytest.mark.usefixtures("own_again")
def test_a_receipt_runs_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, key = tmp_path / "rice-wgs", tmp_path / "desk.pem"
    shutil.copytree(SAMPLES / "rice-wgs", folder)
    assert main(["receipt", "keygen", str(key)]) == 0
    assert main(["validate", str(folder), "--sign", str(key), "--rule-set", "2026.11", "--today", "2026-09-01"]) == 0
    rule_data.use(None)
    capsys.readouterr()
    receipt = folder / "validation-receipt.json"
    assert main(["rule-sets", "rerun", str(receipt), str(folder), "--json"]) == 0
    record = printed(capsys, "rule_sets_rerun")
    assert (record["same"], record["same_inputs"]) == (True, True)
    assert record["rule_set_before"].startswith("2026.11+")
    document = read_json(receipt)
    document["validation"]["findings_sha256"] = "0" * 64
    receipt.write_text(json.dumps(document), encoding="utf-8")
    assert main(["rule-sets", "rerun", str(receipt), str(folder)]) == 3
    assert main(["rule-sets", "rerun", str(folder / "submission.xlsx"), str(folder)]) in (1, 2)


@pytest.mark.usefixtures("own_again")
def test_commands_name_what_is_released(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule-sets", "--json"]) == 0
    assert [row["version"] for row in printed(capsys, "rule_sets")["released"]] == list(RELEASED)
    assert main(["rule-sets", "diff", "2026.11", "--json"]) == 0
    changed = printed(capsys, "rule_sets_diff")
    assert changed["old"] == "2026.11"
    assert "DSQC-D050" in changed["introduced"]
    assert main(["validate", str(SAMPLES / "rice-wgs"), "--rule-set", "2020.01"]) == 2
    assert "2026.11" in capsys.readouterr().err


@pytest.mark.usefixtures("own_again")
def test_a_station_pins_a_rule_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    station = tmp_path / "station.toml"
    station.write_text('[rules]\nrule_set = "2026.11"\n', encoding="utf-8")
    results = unpack("2026.11", tmp_path) / "results" / "rice-wgs"
    assert main(["judge", str(results), "--station", str(station), "--json"]) == 0
    document = printed(capsys, "verdict")
    assert document["versions"]["rule_set"].startswith("2026.11+")
    assert document["measured_by"] == "0.1.0"
    rule_data.use(None)
    assert judge(results).document == document  # What was validated by it is judged by it.
    own = tmp_path / "own"
    shutil.copytree(results, own)
    validate(SAMPLES / "rice-wgs", own, today=DAY)
    assert main(["judge", str(own), "--station", str(station)]) == 1
    assert "Run the validate stage again" in capsys.readouterr().err
    station.write_text('[rules]\nrule_set = "2020.01"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"rules\.rule_set"):
        load_station(station)
