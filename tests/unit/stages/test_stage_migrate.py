"""``dsqc form migrate``: a copy that says the same under a newer version, and what a person must decide."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import openpyxl
import pytest

from dsqc.artefact import sha256_of
from dsqc.cli.main import main
from dsqc.errors import UsageError
from dsqc.stages import migrate as stage
from dsqc.stages.migrate import MigrateResult, migrate
from dsqc.stages.validate import validate
from helpers.schema_tree import SchemaTree
from helpers.second_version import FORM, NEW, OLD, second_version
from helpers.submissions import TODAY, Tables, add, drop, good_tables, put, to_tsv, write_tsv, write_xlsx


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SchemaTree]:
    with second_version(tmp_path_factory.mktemp("tree") / "schemas").used() as made:
        yield made


@pytest.fixture
def tables(tree: SchemaTree) -> Tables:
    """A submission of version 1.0.0 with everything that the migration touches, and nothing left to decide."""
    made = good_tables()
    drop(made, "sample", "seed_source")
    put(made, "submission", form_version=OLD)
    put(
        made,
        "sample",
        plant_growth_medium="soil",
        growth_facility="glasshouse",
        pedigree="Nipponbare / Dongjin",
        trait="plant height",
        trait_value="80 cm",
        observation_unit="plot 7",
        sowing_date="2021-03-01",
        holding_institute="KOR011",
    )
    return made


def sheet(path: Path, name: str) -> dict[str, list[str]]:
    """Heading -> values of a written TSV sheet; columns without a heading are left out."""
    rows = list(csv.reader(io.StringIO(path.joinpath(f"{name}.tsv").read_text(encoding="utf-8")), delimiter="\t"))
    return {heading: [row[index] for row in rows[1:]] for index, heading in enumerate(rows[0]) if heading}


def moved(tmp_path: Path, tables: Tables) -> tuple[MigrateResult, Path]:
    source, out = write_tsv(tmp_path / "old", tables), tmp_path / "new"
    return migrate(source, out), out


def left(result: MigrateResult) -> list[tuple[str, int | None, str, str]]:
    return [(item.sheet, item.row, item.attribute, item.value) for item in result.undecided]


def test_everything_finds_its_place(tmp_path: Path, tables: Tables) -> None:
    result, out = moved(tmp_path, tables)
    sample, experiment = sheet(out, "sample"), sheet(out, "experiment")

    assert left(result) == []
    assert sample["growth_medium"] == ["soil"]
    assert sample["growth_facility"] == ["greenhouse"]
    assert (sample["mother"], sample["father"]) == (["Nipponbare"], ["Dongjin"])
    assert sample["trait_note"] == ["plant height: 80 cm"]
    assert experiment["observation_unit"] == ["plot 7"]
    assert sample["seed_source"] == ["KOR011"]
    assert sample["sowing_date"] == ["2021-03-01"]
    assert not {"plant_growth_medium", "pedigree", "trait", "trait_value", "observation_unit"} & set(sample)
    assert sheet(out, "submission")["form_version"] == [NEW]


def test_the_copy_is_judged_by_the_newer_version(tmp_path: Path, tables: Tables) -> None:
    _result, out = moved(tmp_path, tables)
    found = validate(out, None, today=date.fromisoformat(TODAY), with_files=False)

    assert found.form is not None
    assert found.form.reference == f"{FORM}@{NEW}"
    # What has no place any more is kept, and said.
    assert [(item.code, item.value) for item in found.findings] == [("DSQC-T004", "sowing_date")]


def test_the_original_stays_and_the_copy_is_the_same_each_time(tmp_path: Path, tables: Tables) -> None:
    source = write_tsv(tmp_path / "old", tables)
    before = {path.name: sha256_of(path) for path in source.iterdir()}
    for name in ("one", "two"):
        migrate(source, tmp_path / name)

    assert {path.name: sha256_of(path) for path in source.iterdir()} == before
    first = {path.name: sha256_of(path) for path in (tmp_path / "one").iterdir()}
    assert first == {path.name: sha256_of(path) for path in (tmp_path / "two").iterdir()}
    assert {name for name in before if before[name] == first[name]} == {"project.tsv", "run.tsv", "file.tsv"}


def test_the_list_of_changes_names_every_cell(tmp_path: Path, tables: Tables) -> None:
    result, out = moved(tmp_path, tables)
    rows = list(csv.DictReader(io.StringIO((out / "migration.tsv").read_text(encoding="utf-8")), delimiter="\t"))

    assert len(rows) == len(result.changes)
    changed = {(row["sheet"], row["attribute"], row["row"]): (row["old"], row["new"], row["step"]) for row in rows}
    step = f"{OLD} → {NEW} "
    assert changed["sample", "growth_facility", "2"] == ("glasshouse", "greenhouse", f"{step}rename_terms")
    heading = ("plant_growth_medium", "growth_medium", f"{step}rename_attribute")
    assert changed["sample", "growth_medium", "1"] == heading
    assert changed["submission", "form_version", "2"] == (OLD, NEW, "form_version")
    assert changed["sample", "sowing_date", "1"][2] == f"{step}drop_attribute: kept as other_characteristics"
    assert ("sample", "tissue", "2") not in changed


def test_what_nobody_can_tell_is_left(tmp_path: Path, tables: Tables) -> None:
    add(tables, "sample", sample_name="S2", sample_title="second", growth_facility="other", pedigree="unknown cross")
    put(tables, "sample", 2, holding_institute="", germplasm_accession="USA123:77", observation_unit="plot 8")
    result, out = moved(tmp_path, tables)

    assert left(result) == [
        ("sample", 3, "germplasm_accession", "USA123:77"),
        ("sample", 3, "growth_facility", "other"),
        ("sample", 3, "mother", "unknown cross"),
        ("sample", 3, "observation_unit", "plot 8"),
        ("sample", 3, "seed_source", ""),
    ]
    sample = sheet(out, "sample")
    assert sample["growth_facility"] == ["greenhouse", "other"]
    assert sample["mother"] == ["Nipponbare", "unknown cross"]
    assert sample["observation_unit"] == ["", "plot 8"]  # no experiment names the second sample
    assert all(item.reason.en and item.reason.ko for item in result.undecided)


def test_faults_that_were_there_before_are_not_the_migrations(tmp_path: Path, tables: Tables) -> None:
    put(tables, "sample", tissue="", growth_facility="barn", plant_growth_medium="")
    result, _out = moved(tmp_path, tables)
    assert left(result) == []


def test_values_of_two_rows_that_meet_in_one_are_left(tmp_path: Path, tables: Tables) -> None:
    column = "growth_medium"
    put(tables, "sample", **{column: "agar"})
    result, out = moved(tmp_path, tables)

    assert left(result) == [("sample", 2, "growth_medium", "agar")]
    assert sheet(out, "sample")["plant_growth_medium"] == ["soil"]


def test_missing_terms_stay_terms(tmp_path: Path, tables: Tables) -> None:
    put(tables, "sample", pedigree="not collected", trait="not collected", trait_value="not collected")
    result, out = moved(tmp_path, tables)
    sample = sheet(out, "sample")

    assert left(result) == []
    assert (sample["mother"], sample["father"], sample["trait_note"]) == (["not collected"],) * 3


def test_a_workbook_keeps_what_the_user_made(tmp_path: Path, tables: Tables) -> None:
    source = write_xlsx(tmp_path / "old" / "my.xlsx", tables)
    book = openpyxl.load_workbook(source)
    sheet_of_samples = book["sample"]
    names = [cell.value for cell in sheet_of_samples[1]]
    sheet_of_samples.cell(1, names.index("tissue") + 1).font = openpyxl.styles.Font(bold=True, color="00AA0000")
    sheet_of_samples.column_dimensions["A"].width = 41
    sheet_of_samples.cell(1, names.index("plant_growth_medium") + 1).value = "*재배 배지/토양"
    book.create_sheet("my notes")["B2"] = "keep me"
    book["run"]["A3"] = '="run"&"-2"'
    book.save(source)

    for name in ("one.xlsx", "two.xlsx"):
        result = migrate(source, tmp_path / "new" / name)
    copy = openpyxl.load_workbook(tmp_path / "new" / "one.xlsx")
    headings = [cell.value for cell in copy["sample"][1]]

    assert "*생육 배지" in headings
    assert copy["sample"].cell(1, headings.index("tissue") + 1).font.bold
    assert copy["sample"].column_dimensions["A"].width == 41
    assert copy["my notes"]["B2"].value == "keep me"
    assert copy["submission"].cell(2, [c.value for c in copy["submission"][1]].index("form_version") + 1).value == NEW
    assert (tmp_path / "new" / "one.migration.tsv").is_file()
    assert sha256_of(tmp_path / "new" / "one.xlsx") == sha256_of(tmp_path / "new" / "two.xlsx")
    assert result.written[0].name == "two.xlsx"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("*재배 배지/토양", "*생육 배지"),
        ("plant growth medium", "growth medium"),
        ("plant_growth_medium*", "growth_medium*"),
    ],
)
def test_headings_stay_as_they_are_written(tmp_path: Path, tables: Tables, before: str, after: str) -> None:
    headings = tables["sample"][0]
    headings[headings.index("plant_growth_medium")] = before
    _result, out = moved(tmp_path, tables)
    assert sheet(out, "sample")[after] == ["soil"]


def test_a_table_as_excel_writes_it_stays_one(tmp_path: Path, tables: Tables) -> None:
    source = write_tsv(tmp_path / "old", tables)
    text = to_tsv(tables["sample"]).replace("\n", "\r\n")
    (source / "sample.tsv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    migrate(source, tmp_path / "new")
    data = (tmp_path / "new" / "sample.tsv").read_bytes()

    assert data.startswith(b"\xef\xbb\xbfsample")
    assert data.count(b"\r\n") == data.count(b"\n") == text.count("\r\n")


def test_the_newest_version_has_nowhere_to_go(tmp_path: Path, tables: Tables) -> None:
    put(tables, "submission", form_version=NEW)
    result, out = moved(tmp_path, tables)
    assert result.written == ()
    assert not out.exists()


def test_the_version_may_be_told(tmp_path: Path, tables: Tables) -> None:
    put(tables, "submission", form_version="")
    source = write_tsv(tmp_path / "old", tables)
    with pytest.raises(UsageError, match=r"names no version that seed_crop has: none\. .*--from VERSION"):
        migrate(source, tmp_path / "new")
    assert migrate(source, tmp_path / "new", before=OLD).form.version == NEW
    assert sheet(tmp_path / "new", "submission")["form_version"] == [NEW]


def test_wrong_calls_say_what_to_do(tmp_path: Path, tables: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_tsv(tmp_path / "old", tables)
    book = write_xlsx(tmp_path / "book" / "my.xlsx", tables)
    empty = tmp_path / "empty"
    empty.mkdir()
    calls = {
        ("nowhere", "-o", "out"): "does not exist",
        (empty, "-o", "out"): "cannot be read as a submission",
        (source, "-o", source): "is where the submission stands",
        (book, "-o", book): "is where the submission stands",
        (book, "-o", book.parent): "is where the submission stands",
        (source, "-o", tmp_path / "x.xlsx"): "is no workbook",
        (source, "-o", "out", "--to", "7.0.0"): "no version '7.0.0'",
        (source, "-o", "out", "--from", NEW, "--to", OLD): "is older than",
    }
    for arguments, expected in calls.items():
        assert main(["form", "migrate", *map(str, arguments)]) == 2, arguments
        assert expected in capsys.readouterr().err


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_command_says_what_is_left(
    tmp_path: Path, tables: Tables, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tables, "sample", growth_facility="other")
    source = write_tsv(tmp_path / "old", tables)
    assert main(["form", "migrate", str(source), "-o", str(tmp_path / "new"), "--lang", language]) == 3
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("sample ")
    assert '"other"' in out[0]
    assert str(tmp_path / "new" / "migration.tsv") in out[-1]

    put(tables, "sample", growth_facility="field")
    write_tsv(source, tables)
    assert main(["form", "migrate", str(source), "-o", str(tmp_path / "new"), "--lang", language]) == 0
    assert main(["form", "migrate", str(tmp_path / "new"), "-o", str(tmp_path / "x"), "--lang", language]) == 0
    assert not (tmp_path / "x").exists()


def test_a_copy_that_somebody_worked_on_is_not_written_over(tmp_path: Path, tables: Tables) -> None:
    put(tables, "sample", growth_facility="other")
    _result, out = moved(tmp_path, tables)
    mine = (out / "sample.tsv").read_text(encoding="utf-8").replace("other", "field")
    (out / "sample.tsv").write_text(mine, encoding="utf-8")
    before = {path.name: sha256_of(path) for path in out.iterdir()}
    put(tables, "sample", sample_title="Another title")
    with pytest.raises(UsageError, match="was changed after dsqc wrote it"):
        moved(tmp_path, tables)
    assert {path.name: sha256_of(path) for path in out.iterdir()} == before


def test_what_a_run_left_that_died_is_written_over(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(stage.artefact, "write_text", interrupted)
        with pytest.raises(KeyboardInterrupt):
            moved(tmp_path, tables)
    result, out = moved(tmp_path, tables)
    assert {path.name for path in out.iterdir()} == {*(f"{name}.tsv" for name in tables), stage.CHANGES, stage.DIGESTS}
    assert left(result) == []


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_json_fits_its_schema(tmp_path: Path, tables: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    put(tables, "sample", growth_facility="other")
    source = write_tsv(tmp_path / "old", tables)
    assert main(["form", "migrate", str(source), "-o", str(tmp_path / "new"), "--json"]) == 3
    printed = json.loads(capsys.readouterr().out)
    schema = files("dsqc.schemas").joinpath("reports", "form_migrate.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), printed)

    assert printed["form"] == {"id": FORM, "package": "Plant_fungi", "from": OLD, "to": NEW}
    assert printed["files"] == sorted(f"{name}.tsv" for name in tables)
    assert [item["attribute"] for item in printed["undecided"]] == ["growth_facility"]
    assert printed["changes_file"] == "migration.tsv"
