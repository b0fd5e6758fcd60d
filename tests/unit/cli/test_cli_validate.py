"""``dsqc validate``: exit codes, what it prints, and what it never does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dsqc.cli.main import main
from dsqc.findings import KEPT_PER_GROUP
from dsqc.forms import compose
from dsqc.model import SHEETS
from helpers.forms import minimal_record
from helpers.submissions import TODAY, add, good_tables, put, write_tsv


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A submission whose form has no finding; its data file is not there."""
    return write_tsv(tmp_path / "good", good_tables())


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A submission with one error and one warning."""
    tables = good_tables()
    put(tables, "sample", tissue="", sex="Female")
    return write_tsv(tmp_path / "bad", tables)


def run(*arguments: object) -> int:
    return main(["validate", *map(str, arguments), "--today", TODAY, "-q", "--lang", "en"])


def test_no_findings(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(good, "--no-files") == 0
    out = capsys.readouterr().out
    assert "0 errors, 0 warnings" in out
    assert "Next:" in out


def test_errors_come_first_and_end_with_3(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(bad, "--no-files") == 3
    out = capsys.readouterr().out
    assert out.startswith("error DSQC-T015 sample.tsv sample ")
    assert out.index("DSQC-T015") < out.index("DSQC-T018")
    assert "1 errors, 1 warnings" in out.splitlines()[-1]


def test_what_was_probably_meant_is_shown(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(bad, "--no-files")
    assert '    probably meant: "female" (--fix writes it)\n' in capsys.readouterr().out


def test_exit_zero_for_the_workflow(bad: Path) -> None:
    assert run(bad, "--no-files", "--exit-zero") == 0


def test_json_is_one_object(bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(bad, "--no-files", "--json", "-O", tmp_path / "out") == 3
    printed = json.loads(capsys.readouterr().out)
    written = json.loads((tmp_path / "out" / "validate.json").read_text(encoding="utf-8"))
    assert {**written, "findings": printed["findings"]} == printed
    assert [item["code"] for item in printed["findings"]] == ["DSQC-T015", "DSQC-T018"]
    assert "DSQC-F006" in printed["skipped_rules"]


def test_the_last_line_says_where_the_report_is(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(good, "--no-files", "-O", tmp_path / "out") == 0
    assert str(tmp_path / "out" / "validate.json") in capsys.readouterr().out.splitlines()[-1]


def test_korean(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(bad), "--no-files", "--today", TODAY, "-q", "--lang", "ko"]) == 3
    assert "오류 1건, 경고 1건" in capsys.readouterr().out


def test_a_missing_file_is_an_error_unless_files_are_left_out(good: Path) -> None:
    assert run(good) == 3


def test_nothing_there_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "nowhere") == 2
    captured = capsys.readouterr()
    assert "does not exist" in captured.err
    assert captured.out == ""


def test_a_wrong_day_is_a_usage_error(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["validate", str(good), "--today", "01/09/2026"])
    assert stopped.value.code == 2
    assert "YYYY-MM-DD" in capsys.readouterr().err


def test_control_characters_do_not_reach_the_terminal(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = good_tables()
    put(tables, "sample", tissue="\x1b[31mleaf", sex="\x1b]0;x\x07")
    write_tsv(good, tables)
    assert run(good, "--no-files") == 3
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\\x1b[31mleaf" in out


def test_nothing_is_written_into_the_submission(bad: Path) -> None:
    before = {path.name: path.read_bytes() for path in bad.iterdir()}
    run(bad)
    assert {path.name: path.read_bytes() for path in bad.iterdir()} == before


def test_the_limits_of_a_station_count(good: Path, tmp_path: Path) -> None:
    tables = good_tables()
    put(tables, "submission", release_date="2027-08-01")
    write_tsv(good, tables)
    station = tmp_path / "station.toml"
    station.write_text("[limits]\nhold_years = 0\n", encoding="utf-8")
    assert run(good, "--no-files") == 0
    assert run(good, "--no-files", "--station", station) == 3


def test_at_most_twenty_faults_are_shown(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = good_tables()
    for attribute in tables["sample"][0]:
        put(tables, "sample", **{attribute: f"{tables['sample'][1][tables['sample'][0].index(attribute)]}  "})
    for sheet in ("experiment", "submission"):
        for index, value in enumerate(tables[sheet][1]):
            tables[sheet][1][index] = f"{value} "
    write_tsv(good, tables)
    run(good, "--no-files")
    out = capsys.readouterr().out
    assert out.count("warning DSQC-T008") == 20
    assert " more faults (" in out


def test_unknown_columns_of_a_sheet_are_one_line(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = good_tables()
    for number in range(30):
        put(tables, "sample", **{f"column_{number:02d}": "x"})
    write_tsv(good, tables)
    assert run(good, "--no-files") == 0
    out = capsys.readouterr().out
    assert "warning DSQC-T004 sample.tsv sample (30 columns)" in out
    assert 'columns: "column_00", "column_01", ' in out
    assert "30 warnings" in out


def many(folder: Path, **cells: str) -> Path:
    """A submission of 60 samples that all hold ``cells``; the rest of their sheet is as it should be."""
    tables = good_tables()
    for number in range(2, 61):
        add(tables, "sample", sample_name=f"S{number}")
    for row in range(1, 61):
        put(tables, "sample", row, **cells)
    return write_tsv(folder, tables)


def test_the_same_fault_in_many_rows_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(many(tmp_path, tissue=""), "--no-files") == 3
    out = capsys.readouterr().out
    assert out.count("error DSQC-T015") == 1
    column = next(line for line in out.splitlines() if "DSQC-T015" in line).split()[4].split("–")[0].rstrip("2")
    assert f"error DSQC-T015 sample.tsv sample {column}2–{column}61 (60 rows) tissue" in out


def test_all_lists_every_kept_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(many(tmp_path, tissue=""), "--no-files", "--all") == 3
    assert capsys.readouterr().out.count("error DSQC-T015") == KEPT_PER_GROUP


def test_different_values_of_a_fault_are_named_with_their_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = many(tmp_path, sex="boy")
    tables = good_tables()
    for number in range(2, 61):
        add(tables, "sample", sample_name=f"S{number}")
    for row in range(1, 61):
        put(tables, "sample", row, sex=f"odd {row}" if row < 10 else "boy")
    write_tsv(folder, tables)
    assert run(folder, "--no-files") == 3
    assert 'values: "boy" ×51, "odd 1" ×1, "odd 2" ×1, "odd 3" ×1, "odd 4" ×1, … +5' in capsys.readouterr().out


def test_a_single_table_is_diagnosed_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["name", "gender", "temp"], *([f"P{n}", ("male", "female")[n % 2], f"{n % 3}.5"] for n in range(20))]
    rows[3][1] = "Male"
    for name, separator in (("people.tsv", "\t"), ("people.csv", ",")):
        path = tmp_path / name
        path.write_text("".join(separator.join(row) + "\n" for row in rows), encoding="utf-8")
        (tmp_path / "neighbour.txt").touch()
        assert run(path, "--json") == 3
        found = json.loads(capsys.readouterr().out)
        codes = {group["code"] for group in found["groups"]}
        assert codes == {"DSQC-T002", "DSQC-T030"} | ({"DSQC-T001"} if separator == "," else set())
        assert found["object_counts"] == {"sample": 20}


def test_the_page_and_the_data_of_the_columns_stand_beside_the_report(bad: Path, tmp_path: Path) -> None:
    assert run(bad, "--no-files", "-O", tmp_path / "out") == 3
    profile = json.loads((tmp_path / "out" / "profile.json").read_text(encoding="utf-8"))
    sample = next(sheet for sheet in profile["sheets"] if sheet["name"] == "sample")
    tissue = next(column for column in sample["columns"] if column["attribute"] == "tissue")
    assert (tissue["filled"], tissue["fill_rate"], tissue["requirement"]) == (0, 0, "mandatory")
    assert "DSQC-T015" in (tmp_path / "out" / "profile.html").read_text(encoding="utf-8")


def test_a_strict_station_counts_the_doubtful_requirements(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    station = tmp_path / "station.toml"
    station.write_text("kbds_strict = true\n", encoding="utf-8")
    assert run(good, "--no-files", "--json") == 0
    usual = json.loads(capsys.readouterr().out)
    assert run(good, "--no-files", "--json", "--station", station) == 3
    strict = json.loads(capsys.readouterr().out)
    assert run(good, "--no-files", "--json", "--kbds-strict") == 3

    assert json.loads(capsys.readouterr().out) == strict
    assert (usual["kbds_strict"], strict["kbds_strict"]) == (False, True)
    found = [(item["code"], item["location"]["attribute"]) for item in strict["findings"]]
    assert found == [("DSQC-T003", "specimen_voucher")]


def test_the_summary_says_that_it_was_strict(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(good, "--no-files", "--kbds-strict") == 3
    assert "kbds-strict" in capsys.readouterr().out.splitlines()[-1]


def test_a_voucher_that_a_strict_form_asks_for_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    form = compose("infectious_disease", "Clinical_pathogen", kbds_strict=True)
    record = minimal_record(form)
    record["sample"][0] |= {"organism": "Mycobacterium tuberculosis", "taxonomy_id": "1773"}
    record["submission"][0] |= {"release_date": ""}
    tables = {name: [list(rows[0]), list(rows[0].values())] for name, rows in record.items()}
    put(tables, "sample", specimen_voucher="NIBR:1234")
    source = write_tsv(tmp_path / "strict", tables)
    severities = {}
    for options in ([], ["--kbds-strict"]):
        run(source, "--no-files", "--json", *options)
        found = json.loads(capsys.readouterr().out)["findings"]
        severities[bool(options)] = [item["severity"] for item in found if item["code"] == "DSQC-S026"]
    assert severities == {False: ["error"], True: ["warning"]}


def test_fix_says_what_it_corrected_and_what_is_left(
    bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(bad, "--no-files", "--fix", "-O", out) == 3
    printed = capsys.readouterr().out
    assert "Corrected: 1 cells (sample.sex 1)." in printed
    assert "Without the data files, the form: 1 errors, 1 warnings; the copy: 1 errors, 0 warnings." in printed
    assert str(out / "corrected" / "sample.tsv") in printed
    assert str(out / "patch.tsv") in printed
    assert {path.name for path in (out / "corrected").iterdir()} == {f"{name}.tsv" for name in SHEETS}


def test_fix_in_korean(bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["validate", str(bad), "--no-files", "--fix", "-O", str(tmp_path / "out"), "-q", "--lang", "ko"])
    assert "고침: 1칸(sample.sex 1)." in capsys.readouterr().out


def test_fix_in_json(bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(bad, "--no-files", "--fix", "--json", "-O", tmp_path / "out")
    printed = json.loads(capsys.readouterr().out)
    assert printed["fix"] == json.loads((tmp_path / "out" / "fix.json").read_text(encoding="utf-8"))
    assert printed["fix"]["finding_counts"]["after"] == {"error": 1, "warning": 0, "info": 0}


def test_nothing_to_fix(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(good, "--no-files", "--fix", "-O", tmp_path / "out") == 0
    printed = capsys.readouterr().out
    assert "Corrected: no cell." in printed
    assert "Nothing is left to you." in printed


def test_fix_needs_a_directory(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(bad, "--no-files", "--fix") == 2
    assert "-O DIR" in capsys.readouterr().err


@pytest.mark.parametrize("share", ["1.5", "x", "-1"])
def test_a_confidence_is_a_share(bad: Path, share: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(bad, "--fix", f"--confidence={share}")
    assert "0 to 1" in capsys.readouterr().err


def test_no_files_means_no_readers() -> None:
    """What looks into data files takes longest to import."""
    code = (
        "import sys; from dsqc.cli.main import main\n"
        "try: main(['validate', 'nothing', '--no-files'])\nexcept SystemExit: pass\n"
        "import dsqc.stages.validate, dsqc.stages.fix\n"
        "print(sorted({'numba', 'numpy', 'pyarrow', 'pysam', 'openpyxl', 'pydantic', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_fix_leaves_nothing_where_it_may_not_write(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(bad.iterdir())
    assert run(bad, "--no-files", "--fix", "-O", bad) == 2
    assert sorted(bad.iterdir()) == before
    assert "directory of its own" in capsys.readouterr().err


def test_a_submission_without_a_name_is_called_by_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = good_tables()
    put(tables, "submission", submission_alias="")
    write_tsv(tmp_path / "mine", tables)
    assert run(tmp_path / "mine", "--no-files") == 3
    assert "\nmine (" in capsys.readouterr().out
