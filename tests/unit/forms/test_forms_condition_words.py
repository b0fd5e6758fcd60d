"""Conditions in words."""

import pytest

from dsqc.forms import compose, load_fields
from dsqc.forms.condition import parse
from dsqc.forms.condition_words import condition_in_words
from dsqc.language import Language


@pytest.mark.parametrize(
    ("text", "english", "korean"),
    [
        ('a is "x"', 'a is "x"', 'a 값이 "x"'),
        ('not a is "x"', 'a is not "x"', 'a 값이 "x" 아님'),
        ('a in ["x", "y"]', 'a is one of "x", "y"', 'a 값이 "x", "y" 중 하나'),
        ('not a in ["x", "y"]', 'a is none of "x", "y"', 'a 값이 "x", "y" 모두 아님'),
        ('a begins with ["x", "y"]', 'a begins with "x" or "y"', 'a 값이 "x" 또는 "y"(으)로 시작'),
        ('not a begins with "x"', 'a does not begin with "x"', 'a 값이 "x"(으)로 시작하지 않음'),
        ("a given", "a is given", "a 값이 있음"),
        ("not s.a given", "s.a is not given", "s.a 값이 없음"),
        ('a given and b is "x"', 'a is given and b is "x"', 'a 값이 있음 그리고 b 값이 "x"'),
        ("not (a given and b given)", "a is not given or b is not given", "a 값이 없음 또는 b 값이 없음"),
        (
            "a given and (b given or c given)",
            "a is given and (b is given or c is given)",
            "a 값이 있음 그리고 (b 값이 있음 또는 c 값이 있음)",
        ),
    ],
)
def test_words(text: str, english: str, korean: str) -> None:
    assert condition_in_words(parse(text), Language.EN) == english
    assert condition_in_words(parse(text), Language.KO) == korean


def test_every_condition_of_the_forms_has_words_in_both_languages() -> None:
    for field in load_fields().values():
        form = compose(field.id, field.packages[0])
        for sheet in form.sheets:
            for attribute in form.columns(sheet).values():
                if attribute.condition is not None:
                    korean = condition_in_words(attribute.condition, Language.KO)
                    assert all(name in korean for name in attribute.condition.names())
                    assert " 값이 " in korean
                    assert " is " in condition_in_words(attribute.condition, Language.EN)
