"""Reading a submission: the same result from a workbook and from TSV, and a finding for whatever cannot be read."""

import datetime
import unicodedata
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.errors import UsageError
from dsqc.findings import FindingLog
from dsqc.forms import compose, labels
from dsqc.language import Language
from dsqc.model import SHEETS, Submission
from dsqc.submission import read, sheet_files
from helpers.submissions import FIELD, PACKAGE, Tables, good_tables, to_tsv, write_tsv, write_xlsx

SMALL: Tables = {name: [[f"{name}_name", "value"], ["one", "two"]] for name in SHEETS}


def codes(log: FindingLog) -> list[str]:
    return [item.code.removeprefix("DSQC-") for item in log]


def contents(submission: Submission) -> object:
    """Everything but the file names, which are what a workbook and TSV files differ in."""
    return [
        (sheet.name, sheet.headings, [(row.number, row.cells) for row in sheet.rows])
        for sheet in submission.sheets.values()
    ]


CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=8
)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_workbook_and_tsv_give_the_same(tmp_path: Path, rows: list[list[str]]) -> None:
    tables = {**SMALL, "sample": [["sample_name", "a", "b"], *rows]}
    tsv, tsv_log = read(write_tsv(tmp_path / "tsv", tables))
    workbook, workbook_log = read(write_xlsx(tmp_path / "submission.xlsx", tables))
    assert contents(tsv) == contents(workbook)
    assert codes(tsv_log) == codes(workbook_log)


def test_every_value_knows_its_place(tmp_path: Path) -> None:
    submission, log = read(write_xlsx(tmp_path / "submission.xlsx", good_tables()))
    row = submission.rows("experiment")[0]
    cell = row.cells["sample_name"]
    assert (row.sheet, cell.row, cell.column, cell.value) == ("experiment", 2, "B", "S1")
    assert submission.sheets["experiment"].path == "submission.xlsx"
    assert not len(log)


@pytest.mark.parametrize(("encoding", "newline"), [("utf-8", "\n"), ("utf-8-sig", "\n"), ("utf-8", "\r\n")])
def test_utf8_is_taken_with_and_without_mark_and_crlf(tmp_path: Path, encoding: str, newline: str) -> None:
    tables = {**SMALL, "sample": [["sample_name", "제목"], ["S1", "벼 잎"]]}
    submission, log = read(write_tsv(tmp_path, tables, encoding=encoding, newline=newline))
    assert submission.rows("sample")[0].get("제목") == "벼 잎"
    assert not len(log)


@pytest.mark.parametrize(("encoding", "name"), [("cp949", "CP949"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16")])
def test_other_encodings_are_named_and_read_on(tmp_path: Path, encoding: str, name: str) -> None:
    write_tsv(tmp_path, SMALL)
    rows = [["sample_name", "other_name", "note"], ["S1", "sample one", "벼"]]
    (tmp_path / "sample.tsv").write_bytes(to_tsv(rows).encode(encoding))
    submission, log = read(tmp_path)
    assert codes(log) == ["T001"]
    assert name in next(iter(log)).message(Language.KO)
    assert submission.rows("sample")[0].get("note") == "벼"


@pytest.mark.parametrize("data", [b"\x00\x01\x02\xff" * 50, b"sample_name\n\xff\xfe\xfa\xfb\n", b"a\tb\x00c\n1\t2\n"])
def test_what_is_no_text_is_a_finding(tmp_path: Path, data: bytes) -> None:
    write_tsv(tmp_path, SMALL)
    (tmp_path / "sample.tsv").write_bytes(data)
    submission, log = read(tmp_path)
    assert codes(log) == ["T001"]
    assert "sample" not in submission.sheets


def test_quoted_cells_hold_tabs_and_line_breaks(tmp_path: Path) -> None:
    tables = {**SMALL, "sample": [["sample_name", "note"], ["S1", 'first\tline\n"second"'], ["S2", "x"]]}
    submission, _log = read(write_tsv(tmp_path, tables))
    assert submission.rows("sample")[0].get("note") == 'first\tline\n"second"'
    assert submission.rows("sample")[1].number == 3


def test_an_open_quote_does_not_swallow_the_rows_below(tmp_path: Path) -> None:
    write_tsv(tmp_path, SMALL)
    (tmp_path / "sample.tsv").write_text('sample_name\tnote\nS1\t"open\nS2\tx\n', encoding="utf-8")
    submission, log = read(tmp_path)
    assert codes(log) == ["T001"]
    assert [row.get("sample_name") for row in submission.rows("sample")] == ["S1", "S2"]


def test_outer_blanks_are_taken_off_and_kept_as_raw(tmp_path: Path) -> None:
    tables = {**SMALL, "sample": [["sample_name "], ["\u00a0S1\u200b  "]]}
    cell = read(write_tsv(tmp_path, tables))[0].rows("sample")[0].cells["sample_name"]
    assert (cell.value, cell.raw) == ("S1", "\u00a0S1\u200b  ")


def test_values_and_file_names_are_composed(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "시료")
    tables = {**SMALL, "file": [["file_name"], [f"{apart}.fastq.gz"]]}
    submission, _log = read(write_tsv(tmp_path, tables))
    assert submission.data_files()[0].name == "시료.fastq.gz"


def test_a_workbook_with_a_name_in_nfd_is_found(tmp_path: Path) -> None:
    write_xlsx(tmp_path / unicodedata.normalize("NFD", "양식.xlsx"), SMALL)
    submission, log = read(tmp_path)
    assert len(submission.sheets) == len(SHEETS)
    assert not len(log)


def test_numbers_dates_and_booleans_of_excel(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "submission.xlsx", {name: rows for name, rows in SMALL.items() if name != "sample"})
    with xlsxwriter.Workbook(tmp_path / "submission.xlsx") as workbook:
        for name in SHEETS:
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, ["whole", "fraction", "day", "moment", "yes", "broken"])
            sheet.write(1, 0, 9606.0)
            sheet.write(1, 1, 0.25)
            sheet.write_datetime(1, 2, datetime.date(2021, 3, 1), workbook.add_format({"num_format": "yyyy-mm-dd"}))
            moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
            sheet.write_datetime(1, 3, datetime.datetime(2021, 3, 1, 12, 30), moment)  # noqa: DTZ001  Excel knows no time zone
            sheet.write_boolean(1, 4, True)
            sheet.write_formula(1, 5, "=1/0", None, "#DIV/0!")
    row = read(tmp_path)[0].rows("sample")[0]
    assert [row.get(name) for name in ("whole", "fraction", "day", "moment", "yes")] == [
        "9606",
        "0.25",
        "2021-03-01",
        "2021-03-01T12:30:00",
        "TRUE",
    ]


def test_korean_and_english_labels_and_stars_are_headings(tmp_path: Path) -> None:
    form = compose(FIELD, PACKAGE)
    organism = form.sheets["sample"].attributes["organism"].label
    tables = {**SMALL, "sample": [["샘플명*", f" {organism.en.upper()} ", "* Tissue"], ["S1", "Oryza sativa", "leaf"]]}
    submission, log = read(write_tsv(tmp_path, tables), labels(form))
    assert [heading.attribute for heading in submission.sheets["sample"].headings] == [
        "sample_name",
        "organism",
        "tissue",
    ]
    assert not len(log)


@pytest.mark.parametrize(
    ("heading", "attribute"),
    [
        ("샘플명 *\nsample_name", "sample_name"),
        ("재배품종명 ◆\ncultivar", "cultivar"),
        ("우리 이름\ncultivar", "cultivar"),
        ("Collection date *\r\ncollection_date", "collection_date"),
        ("collection\ndate", "collection_date"),  # a label that a narrow column broke
        ("soil\ncolour", "soil colour"),
        ("title ○", "sample_title"),
    ],
)
def test_a_heading_may_have_a_label_and_the_name_below_it(tmp_path: Path, heading: str, attribute: str) -> None:
    tables = {**SMALL, "sample": [["x", heading], ["S1", "a"]]}
    submission, log = read(write_tsv(tmp_path, tables), labels(compose(FIELD, PACKAGE)))
    assert [item.attribute for item in submission.sheets["sample"].headings] == ["x", attribute]
    assert not len(log)


def test_a_label_and_a_name_of_one_attribute_are_twice_the_same(tmp_path: Path) -> None:
    tables = {**SMALL, "sample": [["sample_name", "샘플명"], ["S1", "S2"]]}
    submission, log = read(write_tsv(tmp_path, tables), labels(compose(FIELD, PACKAGE)))
    assert codes(log) == ["T005"]
    assert submission.rows("sample")[0].get("sample_name") == "S1"


@pytest.mark.parametrize("mark", ["#example S0", "#EXAMPLE", "예시"])
def test_example_rows_are_not_read(tmp_path: Path, mark: str) -> None:
    tables = {**SMALL, "sample": [["sample_name", "x"], [mark, "y"], ["S1", "z"]]}
    submission, log = read(write_tsv(tmp_path, tables))
    assert [row.get("sample_name") for row in submission.rows("sample")] == ["S1"]
    assert not len(log)


@pytest.mark.parametrize(
    "rows",
    [
        [["a", "b"], ["1", "2", "3"]],
        [["a", "", "c"], ["1", "2", "3"]],
        [["a", "b"], ["1", "2"], [], ["3", "4"]],
    ],
)
def test_values_outside_the_table(tmp_path: Path, rows: list[list[str]]) -> None:
    submission, log = read(write_tsv(tmp_path, {**SMALL, "sample": rows}))
    assert codes(log) == ["T007"]
    assert submission.rows("sample")[-1].get("a") in {"1", "3"}


def test_missing_sheets_are_named_one_by_one(tmp_path: Path) -> None:
    tables = {name: rows for name, rows in SMALL.items() if name not in ("run", "file")}
    _submission, log = read(write_xlsx(tmp_path / "submission.xlsx", tables))
    assert sorted(item.value for item in log) == ["file", "run"]
    assert set(codes(log)) == {"T002"}


def test_an_empty_directory_is_one_finding(tmp_path: Path) -> None:
    submission, log = read(tmp_path)
    assert (codes(log), submission.sheets) == (["T002"], {})


def test_workbook_beside_tsv_is_said_and_the_workbook_read(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "submission.xlsx", SMALL)
    write_tsv(tmp_path, {**SMALL, "sample": [["sample_name"], ["other"]]})
    submission, log = read(tmp_path)
    assert codes(log) == ["T001"]
    assert submission.rows("sample")[0].get("value") == "two"


def make_legacy(path: Path) -> None:
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1000))


def make_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/worksheets/s.xml", "w") as part:
        for _ in range(300):
            part.write(bytes(2**20))


def make_far_cell(path: Path) -> None:
    with xlsxwriter.Workbook(path) as workbook:
        for name in SHEETS:
            workbook.add_worksheet(name).write(1_048_575, 16_383, "far")


def make_wide(path: Path) -> None:
    with xlsxwriter.Workbook(path) as workbook:
        for name in SHEETS:
            workbook.add_worksheet(name).write(0, 16_383, "far")


def make_cut(path: Path) -> None:
    write_xlsx(path, SMALL)
    path.write_bytes(path.read_bytes()[:-200])


def make_other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no workbook")


def make_no_sheets(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types")
        archive.writestr("xl/workbook.xml", "<workbook><sheets>")


@pytest.mark.parametrize(
    "make",
    [
        make_legacy,
        make_bomb,
        make_far_cell,
        make_wide,
        make_cut,
        make_other_zip,
        make_no_sheets,
        Path.touch,
        Path.mkdir,
    ],
)
def test_a_workbook_that_cannot_be_read_is_one_finding(tmp_path: Path, make: object) -> None:
    path = tmp_path / "submission.xlsx"
    make(path)  # type: ignore[operator]
    submission, log = read(tmp_path)
    assert (codes(log), submission.sheets) == (["T001"], {})


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_workbook_never_stops_the_reader(tmp_path: Path, data: st.DataObject) -> None:
    path = write_xlsx(tmp_path / "submission.xlsx", SMALL)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content))
    submission, log = read(tmp_path)
    assert len(log) or len(submission.sheets) == len(SHEETS)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_as_a_sheet_never_stop_the_reader(tmp_path: Path, data: bytes) -> None:
    write_tsv(tmp_path, SMALL)
    (tmp_path / "sample.tsv").write_bytes(data)
    submission, log = read(tmp_path)
    assert "sample" in submission.sheets or codes(log) == ["T001"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    write_tsv(tmp_path / "form", SMALL)
    (tmp_path / "form" / "sample.tsv").unlink()
    (tmp_path / "form" / "sample.tsv").symlink_to("/etc/passwd")
    submission, log = read(tmp_path / "form")
    assert codes(log) == ["T001"]
    assert "sample" not in submission.sheets


def test_a_table_of_a_million_columns_is_a_finding(tmp_path: Path) -> None:
    write_tsv(tmp_path, SMALL)
    (tmp_path / "sample.tsv").write_text("\t".join("a" * 1_000_000) + "\n", encoding="utf-8")
    submission, log = read(tmp_path)
    assert codes(log) == ["T001"]
    assert "sample" not in submission.sheets


def test_nothing_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        read(tmp_path / "nowhere")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UsageError, match=r"no \.xlsx workbook"):
        read(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.fastq.gz", "submission.xlsx"], ["submission.xlsx"]),
        (["Sample.TSV", "notes.tsv", "run.tsv"], ["Sample.TSV", "run.tsv"]),
        (["rice.xlsx", "a.bam"], ["rice.xlsx"]),
        (["rice.xlsx", "~$rice.xlsx"], ["rice.xlsx"]),
        (["rice.xlsx", "wheat.xlsx"], []),
        (["rice.xlsx", "sample.tsv"], ["sample.tsv"]),
        (["submission.xls"], ["submission.xls"]),
        ([], []),
    ],
)
def test_which_files_are_the_form(names: list[str], expected: list[str]) -> None:
    assert sheet_files(names) == expected


def test_legacy_and_csv_forms_are_named(tmp_path: Path) -> None:
    (tmp_path / "submission.xls").touch()
    (tmp_path / "sample.csv").touch()
    _submission, log = read(tmp_path)
    assert codes(log) == ["T002", "T001", "T001"]
