"""Corrected tables: in memory and as tab-separated text, the same cells and no others."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.submission import correct, read_tables
from dsqc.submission.correction import write_corrected_text
from dsqc.submission.table import column_index, column_letter
from helpers.submissions import good_tables, to_tsv, write_tsv

SHEET = 'sample_name\tsex\tage\r\nS1\tFemale\t\r\n\r\nS2\t"a ""b""\nc"\t3\r\n'


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_other_cells_line_ends_and_mark_stay(mark: bytes) -> None:
    corrected = write_corrected_text(mark + SHEET.encode(), {(2, "B"): "female", (4, "D"): "new"})
    expected = SHEET.replace("Female", "female").replace("\t3\r\n", "\t3\tnew\r\n")
    assert corrected == mark + expected.encode()


def test_nothing_to_correct_is_the_same_bytes() -> None:
    odd = b'"S1"\t"x"\r"S2"\t y'
    assert write_corrected_text(odd, {}) == odd


def test_quotes_that_do_not_close_stay_as_they_are() -> None:
    corrected = write_corrected_text(b'a\tb\n"S1\tx\n', {(2, "B"): "y"})
    assert corrected == b'a\tb\n"S1\ty\n'


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-16-le"])
def test_another_encoding_becomes_utf_8(encoding: str) -> None:
    text = "sample_name\tlong heading\n벼\tplain text of some length\n"
    assert write_corrected_text(text.encode(encoding), {}) == text.encode()


def test_what_is_no_text_stays() -> None:
    assert write_corrected_text(b"\0\1\2\xff", {(1, "A"): "x"}) == b"\0\1\2\xff"


@given(st.integers(min_value=0, max_value=20_000))
def test_column_letters_count(index: int) -> None:
    assert column_index(column_letter(index)) == index


CELLS = st.dictionaries(
    st.tuples(st.integers(1, 3), st.sampled_from("ABCDE")),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=6),
    max_size=4,
)


@given(CELLS)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_and_memory_agree(tmp_path: Path, cells: dict[tuple[int, str], str]) -> None:
    rows = [["sample_name", "sex", "age"], ["S1", "x", "1"], ["S2", "y", "2"]]
    folder = write_tsv(tmp_path, {**good_tables(), "sample": rows})
    memory = correct(read_tables(folder), {("sample", row, column): text for (row, column), text in cells.items()})
    (folder / "sample.tsv").write_bytes(write_corrected_text(to_tsv(rows).encode(), cells))
    again = read_tables(folder)
    assert again.tables["sample"].rows == memory.tables["sample"].rows


def test_a_sheet_that_grows_wider_stays_a_rectangle() -> None:
    assert write_corrected_text(b"a\tb\n1\t2\n\n3\n", {(1, "C"): "c", (2, "C"): "x"}) == b"a\tb\tc\n1\t2\tx\n\n3\t\t\n"
