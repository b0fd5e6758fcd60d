"""``--fix --mask-people``: what points at people is taken out of the copy of the sheets, and nowhere repeated."""

from pathlib import Path

import pytest

from dsqc.cli.main import main
from helpers.submissions import TODAY, good_tables, put, write_tsv

TEXT = "leaf; ask hong@example.com or 010-1234-5678"


def run(source: Path, out: Path, *options: str) -> int:
    given = ["--no-files", "--fix", "-O", str(out), "--today", TODAY, "-q", "--lang", "en", *options]
    return main(["validate", str(source), *given])


def written(out: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted((out / "corrected").iterdir()))


def test_it_is_taken_out_where_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = good_tables()
    put(tables, "sample", treatment=TEXT)
    source = write_tsv(tmp_path / "mine", tables)
    assert run(source, tmp_path / "plain") == 3
    assert TEXT in written(tmp_path / "plain")  # without being asked nothing is
    assert run(source, tmp_path / "out", "--mask-people") == 3  # of the form as it was handed in
    assert "leaf; ask [removed] or [removed]" in written(tmp_path / "out")
    told = [tmp_path / "out" / name for name in ("patch.tsv", "fix.json", "validate.json", "validate.findings.jsonl")]
    everything = capsys.readouterr().out + written(tmp_path / "out")
    everything += "".join(path.read_text(encoding="utf-8") for path in told)
    for secret in ("hong@example.com", "010-1234-5678"):
        assert secret not in everything
    assert "DSQC-H002" in (tmp_path / "out" / "patch.tsv").read_text(encoding="utf-8")
    again = main(["validate", str(tmp_path / "out/corrected"), "--no-files", "--today", TODAY, "-q"])
    assert again == 0


def test_names_only_where_less_certain_corrections_are_asked_for(tmp_path: Path) -> None:
    tables = good_tables()
    put(tables, "sample", sample_title="Hong Gildong blood")
    source = write_tsv(tmp_path / "mine", tables)
    run(source, tmp_path / "out", "--mask-people")
    assert "Hong Gildong" in written(tmp_path / "out")
    run(source, tmp_path / "names", "--mask-people", "--confidence", "0.6")
    assert "Hong Gildong" not in written(tmp_path / "names")


def test_it_is_about_the_copy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_tsv(tmp_path / "mine", good_tables())
    assert main(["validate", str(source), "--no-files", "--mask-people", "-q"]) == 2
    assert "--fix" in capsys.readouterr().err
