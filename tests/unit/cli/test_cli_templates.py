"""``dsqc form template`` and ``dsqc form example``."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import openpyxl
import pytest

from dsqc.cli.main import main

FORM = ["seed_crop", "--package", "Plant_fungi"]
SHEETS = {f"{sheet}.tsv" for sheet in ("submission", "project", "sample", "experiment", "run", "file")}


def headings(path: Path, sheet: str = "sample") -> list[str]:
    return [cell.value for cell in openpyxl.load_workbook(path)[sheet][1]]


@pytest.mark.parametrize(
    ("language", "heading"),
    [("ko", "수집 일자 *\ncollection_date"), ("en", "collection_date *"), ("both", "수집 일자 *\ncollection_date")],
)
def test_template_in_either_language_or_both(language: str, heading: str, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"

    assert main(["form", "template", *FORM, "--lang", language, "-o", str(path)]) == 0
    assert heading in headings(path)
    assert ("research field (form)" in "".join(headings(path, "submission"))) is (language != "ko")


def test_template_names_itself_after_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["form", "template", "bioenergy", "--package", "Hydrocarbon resources-fluids/swabs"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["bioenergy-Hydrocarbon-resources-fluids-swabs-1.0.0.xlsx"]


def test_template_overwrites_nothing_unless_it_is_told_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.xlsx"
    path.write_text("mine", encoding="utf-8")

    assert main(["form", "template", *FORM, "-o", str(path)]) == 2
    assert path.read_text(encoding="utf-8") == "mine"
    assert "--force" in capsys.readouterr().err
    assert main(["form", "template", *FORM, "-o", str(path), "--force"]) == 0
    assert headings(path)


def test_template_as_text(tmp_path: Path) -> None:
    folder = tmp_path / "forms"

    assert main(["form", "template", *FORM, "--format", "tsv", "-o", str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == SHEETS
    assert main(["form", "template", *FORM, "--format", "tsv", "-o", str(folder)]) == 2


def test_template_with_the_columns_of_some_modules(tmp_path: Path) -> None:
    for name, options in {"all": [], "one": ["--module", "chip"], "none": ["--module", "none"]}.items():
        assert main(["form", "template", *FORM, *options, "-o", str(tmp_path / f"{name}.xlsx"), "--lang", "en"]) == 0
    every, one, none = (headings(tmp_path / f"{name}.xlsx", "experiment") for name in ("all", "one", "none"))

    assert len(none) < len(one) < len(every)
    assert [heading.rpartition("\n")[2].split()[0] for heading in one[len(none) :]] == [
        "chip_target",
        "chip_antibody",
        "control_library_id",
    ]


def test_written_files_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", "example", *FORM, "-o", str(tmp_path / "ex"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    schema = json.loads(files("dsqc.schemas").joinpath("reports/form_template.schema.json").read_text(encoding="utf-8"))

    jsonschema_rs.validate(schema, printed)
    assert [Path(name).exists() for name in printed["files"]] == [True, True, True]


@pytest.mark.parametrize("options", [[], ["--minimal"], ["--format", "tsv"], ["--module", "chip", "--lang", "both"]])
def test_example_directory_passes_with_its_data_files(options: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "ex"

    assert main(["form", "example", *FORM, *options, "-o", str(folder)]) == 0
    assert main(["validate", str(folder), "-O", str(tmp_path / "out")]) == 0
    document = json.loads((tmp_path / "out" / "validate.json").read_text(encoding="utf-8"))
    assert document["finding_counts"] == {"error": 0, "warning": 0, "info": 0}
    assert document["object_counts"]["sample"] == 1


def test_example_workbook(tmp_path: Path) -> None:
    path = tmp_path / "ex.xlsx"

    assert main(["form", "example", *FORM, "-o", str(path)]) == 0
    assert [item.name for item in tmp_path.iterdir()] == ["ex.xlsx"]
    assert main(["validate", str(path), "--no-files"]) == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["template", *FORM, "-o", "x.tsv"], "ends in .xlsx"),
        (["template", *FORM, "--module", "chips", "-o", "x.xlsx"], "Did you mean chip"),
        (["example", *FORM, "--module", "chips", "-o", "x.xlsx"], "Did you mean chip"),
        (["example", *FORM, "--format", "tsv", "-o", "x.xlsx"], "Give a directory"),
        (["template", "seedcrop", "--package", "Plant_fungi", "-o", "x.xlsx"], "Did you mean seed_crop?"),
        (["template", *FORM, "--version", "9.9.9", "-o", "x.xlsx"], "has no version '9.9.9'"),
    ],
)
def test_what_cannot_be_written_is_a_usage_error(
    arguments: list[str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["form", *arguments]) == 2
    assert expected in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
