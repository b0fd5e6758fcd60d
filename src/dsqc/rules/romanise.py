"""Hangul in Latin letters by the Revised Romanization of 2000, for names of places.

Sounds that change where two syllables meet are written as they are spoken (종로 Jongno, 신라 Silla); compounds that
speakers treat otherwise need a person, so nothing made here is certain.
"""

_FIRST, _LAST = 0xAC00, 0xD7A3
_INITIALS = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
_VOWELS = (
    *("a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo"),
    *("u", "wo", "we", "wi", "yu", "eu", "ui", "i"),
)
_FINALS = (
    *(
        "",
        "k",
        "k",
        "k",
        "n",
        "n",
        "n",
        "t",
        "l",
        "k",
        "m",
        "l",
        "l",
        "l",
        "p",
        "l",
        "m",
        "p",
        "p",
        "t",
        "t",
        "ng",
        "t",
    ),
    *("t", "k", "t", "p", "t"),
)
_LINKED = {
    1: "g",
    2: "kk",
    7: "d",
    8: "r",
    17: "b",
    19: "s",
    20: "ss",
    22: "j",
    23: "ch",
    24: "k",
    25: "t",
    26: "p",
    27: "",
}
"""Finals that open the next syllable where that begins with a vowel."""
_SILENT, _RIEUL, _NIEUN, _MIEUM = 11, 5, 2, 6
_NASAL = {"k": "ng", "t": "n", "p": "m"}
_UNITS = ("특별자치도", "특별자치시", "특별시", "광역시", "도", "시", "군", "구", "읍", "면", "동", "리")
"""Words that a hyphen sets off: Gangnam-gu."""


def romanise(text: str) -> str:
    """``text`` with every word of Hangul in Latin letters and a capital; the rest as it stands."""
    return " ".join(_word(word) for word in text.split())


def _word(word: str) -> str:
    if not any(_is_syllable(letter) for letter in word):
        return word
    unit = next((item for item in _UNITS if word.endswith(item) and len(word) > len(item) + 1), "")
    stem = _letters(word.removesuffix(unit))
    return stem[:1].upper() + stem[1:] + (f"-{_letters(unit)}" if unit else "")


def _is_syllable(letter: str) -> bool:
    return _FIRST <= ord(letter) <= _LAST


def _letters(word: str) -> str:
    syllables = [_split(letter) if _is_syllable(letter) else letter for letter in word]
    written = ""
    carried: str | None = None
    for index, syllable in enumerate(syllables):
        if isinstance(syllable, str):
            written, carried = written + syllable, None
            continue
        initial, vowel, final = syllable
        after = syllables[index + 1] if index + 1 < len(syllables) else None
        written += (_INITIALS[initial] if carried is None else carried) + _VOWELS[vowel]
        end, carried = _meet(final, after[0] if isinstance(after, tuple) else None)
        written += end
    return written


def _split(letter: str) -> tuple[int, int, int]:
    number = ord(letter) - _FIRST
    return number // 588, number % 588 // 28, number % 28


def _meet(final: int, initial: int | None) -> tuple[str, str | None]:
    """How a final sounds before the initial of the next syllable, and how that initial sounds (``None``: as it is)."""
    end = _FINALS[final]
    if initial is None or not final:
        return end, None
    if initial == _SILENT and final in _LINKED:
        return "", _LINKED[final]
    if initial == _RIEUL:
        if end in ("n", "l"):
            return "l", "l"
        return _NASAL.get(end, end), "n"
    if initial == _NIEUN and end == "l":
        return "l", "l"
    if initial in (_NIEUN, _MIEUM):
        return _NASAL.get(end, end), None
    return end, None
