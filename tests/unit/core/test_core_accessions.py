"""Accessions: printed, recognised, and the same in code and in the vocabulary that the forms use."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.accessions import STYLES, AccessionType, accession_type, is_accession
from dsqc.forms import pattern
from dsqc.forms.vocabulary import read_table


@given(st.sampled_from(list(AccessionType)), st.integers(1, 10**9))
def test_what_is_printed_is_recognised(kind: AccessionType, number: int) -> None:
    text = STYLES[kind].format(number)
    assert accession_type(text) is kind
    assert is_accession(text, kind)


def test_numbers_start_at_one() -> None:
    assert STYLES[AccessionType.PROJECT].format(1) == "KAP000001"
    with pytest.raises(ValueError, match="start at 1"):
        STYLES[AccessionType.PROJECT].format(0)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("PRJNA1", AccessionType.PROJECT),
        ("PRJEB12345", AccessionType.PROJECT),
        ("PRJDB0000", None),
        ("PRJCA000613", AccessionType.PROJECT),
        ("SAMEA104090498", AccessionType.SAMPLE),
        ("SAMN04088188", AccessionType.SAMPLE),
        ("SAMC016371", AccessionType.SAMPLE),
        ("ERX123456", AccessionType.EXPERIMENT),
        ("DRR000001", AccessionType.RUN),
        ("CRR000124", AccessionType.RUN),
        ("SRZ190818", AccessionType.ANALYSIS),
        ("DSUB12", AccessionType.SUBMISSION),
        ("KAP12", None),
        (" KAP000001", None),
        ("KAP000001\n", None),
        ("kap000001", None),
        ("", None),
    ],
)
def test_what_a_text_names(text: str, kind: AccessionType | None) -> None:
    assert accession_type(text) is kind


@pytest.mark.parametrize("row", read_table("accession_patterns"), ids=lambda row: row["example"])
def test_the_table_of_the_forms_names_the_same(row: dict[str, str]) -> None:
    kind = AccessionType(row["object"]) if row["object"] in set(AccessionType) else None
    assert re.fullmatch(row["pattern"], row["example"])
    assert accession_type(row["example"]) is kind


@given(st.from_regex(r"(?:KAP|PSUB|PRJ[A-Z]{1,2}|PRJCA|SAM[A-Z]{1,2})[0-9]{1,9}", fullmatch=True))
def test_forms_and_code_agree(text: str) -> None:
    assert pattern("bioproject_any").matches(text) == is_accession(text, AccessionType.PROJECT)
