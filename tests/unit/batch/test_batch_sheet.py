"""The batch sheet: what is read, and that every fault is named at once."""

from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from dsqc.batch.sheet import HEADINGS, BatchRow, read_batch, read_sheet
from dsqc.errors import UsageError
from dsqc.model import SAFE_ALIAS


def _sheet(place: Path, text: str, encoding: str = "utf-8") -> Path:
    path = place / "batch.tsv"
    path.write_bytes(text.encode(encoding))
    return path


def test_sources_are_relative_to_the_sheet(tmp_path: Path) -> None:
    sheet = _sheet(tmp_path, "submission\tsource\none\ta/b\ntwo\t/abs/c\nthree\ts3://bucket/x\nfour\t../up\n")

    assert read_sheet(sheet) == (
        BatchRow("one", str(tmp_path / "a" / "b")),
        BatchRow("two", "/abs/c"),
        BatchRow("three", "s3://bucket/x"),
        BatchRow("four", str(tmp_path.parent / "up")),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_spreadsheets_text_is_read(tmp_path: Path, encoding: str, newline: str) -> None:
    text = newline.join(["# 메모", "source\tsubmission ", "", " 벼/자료 \trice-1", "# rest", ""])

    assert read_sheet(_sheet(tmp_path, text, encoding)) == (BatchRow("rice-1", str(tmp_path / "벼" / "자료")),)


def test_all_faults_are_named_with_line_and_column(tmp_path: Path) -> None:
    sheet = _sheet(
        tmp_path,
        "submission\tsource\nok-1\tx\n../evil\ty\nOK-1\tz\nno-source\t\nshort\nlong\ta\tb\n",
    )

    with pytest.raises(UsageError) as caught:
        read_sheet(sheet)

    lines = [line.strip() for line in caught.value.message.splitlines()[1:]]
    assert [line.split(":")[0] for line in lines] == [
        "line 3, column 1",
        "line 4, column 1",
        "line 5, column 2",
        "line 6",
        "line 7",
    ]
    assert "already stands in line 2" in lines[1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no line"),
        ("# only a comment\n", "holds no line"),
        ("submission\tsource\n", "names no submission"),
        ("submission\n", "'source' is missing"),
        ("submission\tsource\tsource\n", "column 3: the heading 'source' stands twice"),
        ("submission,source\n", "unknown heading 'submission,source'"),
    ],
)
def test_a_sheet_without_sense(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_sheet(_sheet(tmp_path, text))


def test_a_sheet_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        read_sheet(tmp_path / "nothing.tsv")
    with pytest.raises(UsageError, match="is a directory"):
        read_sheet(tmp_path)
    with pytest.raises(UsageError, match="not UTF-8"):
        read_sheet(_sheet(tmp_path, "submission\tsource\nrice\t벼\n", "cp949"))


def test_the_published_schema_says_the_same() -> None:
    schema = yaml.safe_load(files("dsqc.schemas").joinpath("workflow/batch.schema.yaml").read_text(encoding="utf-8"))

    assert tuple(schema["properties"]) == tuple(schema["required"]) == HEADINGS
    assert schema["properties"]["submission"]["pattern"] == f"^{SAFE_ALIAS.pattern}$"


def test_a_directory_of_submissions_is_a_batch(tmp_path: Path) -> None:
    for name in ("beta", "alpha", "no-form"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ("x.fastq" if name == "no-form" else "submission.xlsx")).write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no submission", encoding="utf-8")

    rows = read_batch(tmp_path)

    assert rows == (BatchRow("alpha", str(tmp_path / "alpha")), BatchRow("beta", str(tmp_path / "beta")))
    (tmp_path / "벼").mkdir()
    (tmp_path / "벼" / "run.tsv").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="벼"):
        read_batch(tmp_path)
    with pytest.raises(UsageError, match="no directory with a form"):
        read_batch(tmp_path / "no-form")
