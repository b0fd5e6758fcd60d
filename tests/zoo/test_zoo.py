"""Every damage of the zoo is found, is found alone, and its place is said; what is merely odd is accepted."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import dsqc
from dsqc.artefact import read_json
from dsqc.cli.main import main
from zoo.case import Case
from zoo.cases import CASES

SCHEMA = jsonschema_rs.validator_for(
    json.loads(files("dsqc.schemas").joinpath("reports/qc_file.schema.json").read_text(encoding="utf-8"))
)


def codes(results: list[dict[str, Any]], *severities: str) -> set[str]:
    return {
        item["code"].removeprefix("DSQC-")
        for result in results
        for item in result["findings"]
        if item["severity"] in severities
    }


def test_the_names_are_unique_and_the_zoo_is_large() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert sum(case.truth == "broken" for case in CASES) >= 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths, reference = case.write(tmp_path / "in")
    out = tmp_path / "out"
    arguments = [*map(str, paths), "-O", str(out)]
    arguments += ["--paired"] if case.mate else []
    arguments += ["--reference", str(reference)] if reference else []
    code = main(["qc", *arguments])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err

    stored = {result["file"]["name"]: result for result in map(read_json, sorted(out.glob("*.dsqc.json")))}
    results = [stored[path.name] for path in paths]
    found = codes(results, "error")
    assert found - set(case.also.split()) == set(case.errors.split())
    assert code == (3 if case.errors else 0)
    assert set(case.notes.split()) <= codes(results, "warning", "info")
    for path, result in zip(paths, results, strict=True):
        SCHEMA.validate(result)
        assert result["file"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    if case.errors:
        check_place(case, results)

    again = dsqc.qc(*paths, paired=case.mate is not None, threads=1, reference=reference)
    assert [json.loads(json.dumps(item.data)) for item in again.files] == results


def check_place(case: Case, results: list[dict[str, Any]]) -> None:
    first = case.errors.split()[0]
    found = [item for result in results for item in result["findings"] if item["code"] == f"DSQC-{first}"]
    for item in found:
        assert item["location"]["path"] in {*case.files, case.beside[0] if case.beside else ""}
        assert item["value"]
        assert item["fix"]
        assert item["fix_ko"]
    wanted = case.location
    places = [item["location"] for item in found if wanted.keys() <= item["location"].keys()]
    assert {name: places[0][name] for name in wanted} == wanted
