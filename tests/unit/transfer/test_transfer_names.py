"""Names of files: what may be used as a path."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.listing import is_bare, is_short, normalise


@given(st.text(max_size=20))
def test_a_bare_name_stays_in_its_directory(name):
    if is_bare(name):
        assert (Path("/inbox") / name).parent == Path("/inbox")
        assert Path("/inbox") / name != Path("/inbox") / ".dsqc"
        assert "\0" not in name


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_ordinary_names_are_bare(name):
    assert is_bare(f"{name}.fastq.gz")


@given(st.text())
def test_both_forms_of_a_name_are_one(name):
    assert normalise(unicodedata.normalize("NFD", name)) == normalise(unicodedata.normalize("NFC", name))


@pytest.mark.parametrize(
    ("name", "short"), [("a" * 255, True), ("a" * 256, False), ("긴" * 85, True), ("긴" * 86, False)]
)
def test_length_is_counted_in_bytes(name, short):
    assert is_short(name) is short
