"""Days of birth, numbers of patients, users in paths and check digits: what is one, and what only looks like one."""

import pytest

from dsqc.personal import Personal, identifiers, mask, users


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("DOB 1980-01-31", "DOB ****-**-**"),
        ("date of birth: 1980/1/31", "date of birth: ****/*/**"),
        ("생년월일 1980년 1월 31일", "생년월일 ****년 *월 **일"),
        ("birthdate=800131", "birthdate=******"),
        ("patient no 1234567", "patient no *******"),
        ("MRN:A-123456", "MRN:A-******"),
        ("환자번호 12345678", "환자번호 ********"),
        ("차트번호: 12345", "차트번호: *****"),
    ],
)
def test_found_and_masked(text: str, masked: str) -> None:
    assert mask(text, identifiers(text)) == masked
    assert identifiers(masked) == []


@pytest.mark.parametrize(
    "text",
    [
        "1980-01-31",  # a day of anything
        "DOB 1980-13-31",
        "birth weight 3200",
        "patient P0001",
        "patient id P0001",
        "chart 12",
        "등록번호 12345678",  # of a deposit or a project
        "hospital visit 2020-01-31",
        "PMRN1234567",
        "newborn 20200131 screening",
    ],
)
def test_what_is_none(text: str) -> None:
    assert identifiers(text) == []


def test_users_in_paths() -> None:
    text = r"bwa /home/hong.gd/a /Users/kim/b C:\Users\lee\c /home/ubuntu/d /home2/park/e /data/home.fa"
    assert (
        mask(text, users(text))
        == r"bwa /home/***/a /Users/***/b C:\Users\***\c /home/ubuntu/d /home2/***/e /data/home.fa"
    )
    assert users(mask(text, users(text))) == []


def test_a_check_digit_makes_thirteen_digits_sure() -> None:
    assert [(item.kind, item.sure) for item in identifiers("9001011234568")] == [(Personal.RESIDENT_NUMBER, True)]
    assert [(item.kind, item.sure) for item in identifiers("9001011234567")] == [(Personal.RESIDENT_NUMBER, False)]
    assert identifiers("900101-1234567")[0].sure
