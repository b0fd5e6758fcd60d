"""What points at a person in a text: found, told apart from what looks alike, and shown masked."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.findings import Location, Suggestion, finding
from dsqc.forms.vocabulary import read_table
from dsqc.personal import Personal, identifiers, mask, names, redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hong_900101-1234567", "hong_900101-1******"),
        ("900101 – 1234567", "900101 – 1******"),
        ("ask 010-1234-5678 or a.b@kribb.re.kr", "ask 010-****-5678 or a***@kribb.re.kr"),
        ("+82 10-1234-5678", "+82 10-****-5678"),
        ("01012345678", "010****5678"),
    ],
)
def test_numbers_and_addresses_are_shown_masked(text: str, shown: str) -> None:
    assert mask(text, identifiers(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "20210115123456",
        "SRR9001011234567890",
        "900231-1234567",
        "900101",
        "02-123-4567",
        "37.56651 N 126.01012345678 E",
        "KAS01012345678",
        "@A01234:55:HGXXXDSX5:1:1101:10000:1000",
        "2016-07-10T02:43Z/2016-07-11T02:43Z",
        "d41d8cd98f00b204e9800998ecf8427e",
        "a@b",
    ],
)
def test_what_only_looks_alike_is_left_alone(text: str) -> None:
    assert identifiers(text) == []


def test_every_address_of_a_text_is_found_and_a_long_one_takes_no_time() -> None:
    assert (
        mask("a@b.kr, cc@d.ac.kr;e@@f.kr", identifiers("a@b.kr, cc@d.ac.kr;e@@f.kr"))
        == "a***@b.kr, c***@d.ac.kr;e@@f.kr"
    )
    assert identifiers("ACGT" * 50_000 + "@ACGT") == []
    assert names("Kim min " * 20_000) == []


def test_a_number_without_its_hyphen_is_not_sure() -> None:
    assert [(seen.kind, seen.sure) for seen in identifiers("9001011234567")] == [(Personal.RESIDENT_NUMBER, False)]
    assert [(seen.kind, seen.sure) for seen in identifiers("900101-1234567")] == [(Personal.RESIDENT_NUMBER, True)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("홍길동_blood", "홍**_blood"),
        ("남궁민수 3", "남궁** 3"),
        ("이영_01", "이*_01"),
        ("Hong Gildong blood", "Hong ******* blood"),
        ("kimminsu_R1.fastq.gz", "kim*****_R1.fastq.gz"),
        ("Min-su Kim", "***-** Kim"),
        ("KIM MIN SU", "KIM *** **"),
    ],
)
def test_names_of_people(text: str, shown: str) -> None:
    assert mask(text, names(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        *(
            "KR-001",
            "Hanwoo steer 12 liver",
            "Parkinson disease",
            "Gangwon-do plot 3",
            "Jeju-do",
            "KimMS_01",
        ),
        *("고양이 간", "오미자 잎", "정상_01", "유전자 발현", "벼 재래종의 잎", "Oryza sativa leaf, replicate 1"),
        *("Illumina NovaSeq 6000 PAIRED sequencing of S1", "hCoV-19/South Korea/KR-0417/2025", "Yunnan soil"),
    ],
)
def test_ordinary_labels_name_nobody(text: str) -> None:
    assert names(text) == []


def test_ordinary_words_are_never_taken_for_names() -> None:
    assert [row["term"] for row in read_table("no_names") if names(row["term"])] == []


DIGITS = st.text(alphabet="0123456789", min_size=6, max_size=6)


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.booleans(),
    DIGITS,
    st.text(max_size=12),
    st.text(max_size=12),
)
def test_every_resident_number_is_found_and_never_shown(
    day: date, is_second: bool, tail: str, before: str, after: str
) -> None:
    digit = (3 if day.year >= 2000 else 1) + is_second
    number = f"{day:%y%m%d}-{digit}{tail}"
    text = f"{before} {number} {after}"
    found = [seen for seen in identifiers(text) if seen.kind is Personal.RESIDENT_NUMBER]
    assert any(text[seen.start : seen.end] == number for seen in found)
    assert number not in mask(text, found)


def test_no_finding_quotes_a_secret() -> None:
    secrets = {"900101-1234567": "900101-1******"}
    place = Location(sheet="sample", row=2, attribute="sample_name")
    quoting = finding(
        "DSQC-T009",
        place,
        object_id="P 900101-1234567",
        value="x" * 190 + "900101-1234567",
        expected="900101-1234567",
        suggestion=Suggestion("900101-1234567", 1.0),
        characters="900101-1234567",
    )
    hidden = redact(quoting, secrets)
    assert "1234" not in str(hidden)
    assert hidden.object_id == "P 900101-1******"
    assert hidden.suggestion is None
    assert hidden.location == place
