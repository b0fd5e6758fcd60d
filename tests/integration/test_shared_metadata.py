"""Real, messy tables: every one gives findings and none stops dsqc, in whatever way it is handed in."""

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsqc.cli.main import main
from dsqc.stages.validate import ValidateResult, validate
from helpers.submissions import TODAY, good_tables, to_tsv, write_tsv

SHARED = Path(os.environ.get("DSQC_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
"""Data of the workshop, beside the repository; not part of it."""
SUFFIXES = {".tsv": "\t", ".csv": ",", ".txt": "\t"}


def tables() -> Iterator[Path]:
    """Every table of metadata there."""
    for folder in sorted(SHARED.glob("metadata*")):
        yield from sorted(path for path in folder.rglob("*") if path.suffix in {*SUFFIXES, ".xlsx"})


TABLES = list(tables())
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the workshop's data are not here")
NAMES = [path.relative_to(SHARED).as_posix() for path in TABLES]


def rows_of(path: Path) -> list[list[str]]:
    """The rows of a text table as its separator divides them."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    return list(csv.reader(text.splitlines(), delimiter=SUFFIXES[path.suffix]))


def as_samples(path: Path, folder: Path) -> ValidateResult:
    """Judge a text table as the sample sheet of a submission whose other sheets are in order."""
    write_tsv(folder, good_tables())
    (folder / "sample.tsv").write_text(to_tsv(rows_of(path)), encoding="utf-8")
    return validate(folder, folder.parent / "out", with_files=False)


@pytest.mark.parametrize("path", [path for path in TABLES if path.suffix in SUFFIXES], ids=lambda path: path.name)
def test_as_the_sample_sheet(tmp_path: Path, path: Path) -> None:
    result = as_samples(path, tmp_path / "in")
    assert result.has_errors
    assert sum(group.count for group in result.findings.groups()) == len(result.findings)
    assert (tmp_path / "out" / "profile.html").stat().st_size > 1000


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_as_it_is(tmp_path: Path, path: Path) -> None:
    """The file alone (a table or a workbook), the file in a directory of its own, and under the name of a sheet."""
    alone = 2 if path.suffix == ".txt" else 3
    assert main(["validate", str(path), "--no-files", "-q", "--today", TODAY, "-O", str(tmp_path / "out")]) == alone
    for name in (path.name, f"sample{path.suffix}"):
        folder = tmp_path / f"as-{name}"
        folder.mkdir()
        shutil.copy(path, folder / name)
        assert main(["validate", str(folder), "-q", "--today", TODAY]) == 3
