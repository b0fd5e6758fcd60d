"""``dsqc form list | show | schema``."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.cli.main import main
from dsqc.forms import load_fields


def report_schema(name: str) -> dict[str, Any]:
    text = files("dsqc.schemas").joinpath("reports", f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def test_list_names_every_research_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", "list", "--lang", "ko"]) == 0
    shown = capsys.readouterr().out

    for field in load_fields().values():
        assert field.id in shown
        assert field.name.ko in shown


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)

    jsonschema_rs.validate(report_schema("form_list"), listed)
    assert [item["id"] for item in listed["fields"]] == list(load_fields())


def test_show_says_what_is_mandatory(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", "show", "seed_crop", "--package", "Plant_fungi", "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()

    def line(name: str) -> str:
        return next(text for text in lines if text.startswith(f"{name} "))

    assert "mandatory" in line("collection_date")
    assert "at least one of" in line("cultivar")
    assert "mandatory if library_layout is" in line("insert_size")
    assert "1–9999999" in line("insert_size")
    assert not any(text.startswith("manifest_sha256") for text in lines)  # dsqc writes it
    assert [text for text in lines if text.startswith("sample (")] == ["sample (sample)"]


def test_show_one_sheet_in_korean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", "show", "seed_crop", "--package", "Plant_fungi", "--sheet", "run", "--lang", "ko"]) == 0
    shown = capsys.readouterr().out

    assert "런 별칭" in shown
    assert "필수" in shown
    assert "샘플명" not in shown


@pytest.mark.parametrize("field", list(load_fields()))
def test_show_as_json(field: str, capsys: pytest.CaptureFixture[str]) -> None:
    package = load_fields()[field].packages[0]
    assert main(["form", "show", field, "--package", package, "--json"]) == 0

    shown = json.loads(capsys.readouterr().out)
    jsonschema_rs.validate(report_schema("form_show"), shown)
    assert shown["form"]["package"] == package


def test_kbds_strict_shows_the_doubtful_requirements(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["form", "show", "seed_crop", "--package", "Plant_fungi", "--sheet", "sample", "--json"]
    requirements = []
    for more in ([], ["--kbds-strict"]):
        assert main([*command, *more]) == 0
        attributes = json.loads(capsys.readouterr().out)["sheets"][0]["attributes"]
        requirements += [item["requirement"] for item in attributes if item["name"] == "specimen_voucher"]

    assert requirements == ["recommended", "mandatory"]


def test_schema_to_a_file_and_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["form", "schema", "seed_crop", "--package", "Plant_fungi"]
    assert main([*command, "-o", str(tmp_path / "form.json")]) == 0
    assert capsys.readouterr().out == ""
    assert main(command) == 0

    printed = capsys.readouterr().out
    assert (tmp_path / "form.json").read_text(encoding="utf-8") == printed
    jsonschema_rs.meta.validate(json.loads(printed))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["show", "seedcrop", "--package", "Plant_fungi"], "Did you mean seed_crop?"),
        (["show", "seed_crop", "--package", "Plants"], "There are: Plant_fungi, Plant-associated."),
        (["show", "seed_crop", "--package", "Plant_fungi", "--sheet", "samples"], "Did you mean sample?"),
        (["schema", "seed_crop", "--package", "Plant_fungi", "--form-version", "3.0.0"], "There are: 1.0.0."),
    ],
)
def test_what_does_not_exist_is_a_usage_error(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["form", *arguments]) == 2
    captured = capsys.readouterr()

    assert captured.out == ""
    assert expected in captured.err
