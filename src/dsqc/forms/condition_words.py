"""Conditions in words that people read, in Korean and English."""

from collections.abc import Iterable

from dsqc.forms.condition import AllOf, AnyOf, BeginsWith, Condition, Given, In, Is, Not
from dsqc.language import Language


def condition_in_words(condition: Condition, language: Language) -> str:
    """``library_layout is "PAIRED"`` as a clause of ``language``; attributes keep their names."""
    return _clause(condition, language, is_true=True)


def _clause(condition: Condition, language: Language, *, is_true: bool) -> str:
    if isinstance(condition, Not):
        return _clause(condition.inner, language, is_true=not is_true)
    if isinstance(condition, (AllOf, AnyOf)):
        # What is not "all of" is "one of them not": the negation goes into the parts.
        is_all = isinstance(condition, AllOf) is is_true
        parts = [_part(part, language, is_true=is_true) for part in condition.parts]
        return _joint(language, is_all=is_all).join(parts)
    return _korean(condition, is_true) if language is Language.KO else _english(condition, is_true)


def _part(condition: Condition, language: Language, *, is_true: bool) -> str:
    text = _clause(condition, language, is_true=is_true)
    return f"({text})" if isinstance(condition, (AllOf, AnyOf)) else text


def _joint(language: Language, *, is_all: bool) -> str:
    if language is Language.KO:
        return " 그리고 " if is_all else " 또는 "
    return " and " if is_all else " or "


def _english(condition: Condition, is_true: bool) -> str:
    no = "" if is_true else " not"
    match condition:
        case Is():
            return f"{condition.name} is{no} {_quoted([condition.value])}"
        case In():
            return f"{condition.name} is {'one' if is_true else 'none'} of {_quoted(condition.choices)}"
        case BeginsWith():
            verb = "begins with" if is_true else "does not begin with"
            return f"{condition.name} {verb} {_quoted(condition.starts, ' or ')}"
        case Given():
            return f"{condition.name} is{no} given"
    return str(condition)


def _korean(condition: Condition, is_true: bool) -> str:
    match condition:
        case Is():
            return f"{condition.name} 값이 {_quoted([condition.value])}{'' if is_true else ' 아님'}"
        case In():
            return f"{condition.name} 값이 {_quoted(condition.choices)} {'중 하나' if is_true else '모두 아님'}"
        case BeginsWith():
            verb = "(으)로 시작" if is_true else "(으)로 시작하지 않음"
            return f"{condition.name} 값이 {_quoted(condition.starts, ' 또는 ')}{verb}"
        case Given():
            return f"{condition.name} 값이 {'있음' if is_true else '없음'}"
    return str(condition)


def _quoted(values: Iterable[str], last: str = ", ") -> str:
    *first, end = (f'"{value}"' for value in values)
    return f"{', '.join(first)}{last}{end}" if first else end
