"""Other spellings of the same, and the nearest of several words: what suggestions are made of."""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from dsqc.findings import Suggestion
from dsqc.forms.vocabulary import read_table
from dsqc.language import Text

LIKELY = 0.85
"""Most that likeness alone is worth: two names may differ by one letter and both be meant."""
_LEAST_ALIKE = 0.7
_LEAST_NEAR = 0.5
_TOO_CLOSE = 0.06
_LOST = re.compile(r"<(?:super|sub|circle|fraction|square)>")
"""Kinds of compatibility characters whose plain letters may mean something else: 10² is not 102."""
_LETTERS = re.compile(r"[^\w+]|_")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)(?:[^\w+]|_)+(?=\d)")


def such_as(example: str) -> Text:
    """An example as what is expected: nobody is to take it for the only value allowed."""
    return Text(f"a value such as {example}", f"{example} 같은 값")


def is_ascii_text(value: str) -> bool:
    """Whether ``value`` has printable ASCII characters only."""
    return value.isascii() and value.isprintable()


@lru_cache(maxsize=4096)
def suggest_ascii(value: str) -> Suggestion | None:
    """``value`` with signs and full-width letters in ASCII; ``None`` where that is not all there is to it."""
    confidence = 1.0
    for sign, text, sure in _signs() if any(char in _sign_letters() for char in value) else ():
        if sign in value:
            value = value.replace(sign, text)
            confidence = min(confidence, sure)
    if any(_LOST.match(unicodedata.decomposition(char)) for char in value if not char.isascii()):
        confidence = min(confidence, 0.6)
    plain = "".join(char for char in unicodedata.normalize("NFKC", value) if unicodedata.category(char) != "Cf")
    plain = " ".join(plain.split())
    return Suggestion(plain, confidence) if plain and is_ascii_text(plain) else None


@cache
def _signs() -> tuple[tuple[str, str, float], ...]:
    """Signs with their ASCII spelling, the longest first."""
    rows = [
        ("".join(chr(int(point[2:], 16)) for point in row["term"].split()), row["ascii"], float(row["confidence"]))
        for row in read_table("ascii_spellings")
    ]
    return tuple(sorted(rows, key=lambda row: -len(row[0])))


@cache
def _sign_letters() -> frozenset[str]:
    return frozenset(sign[0] for sign, _text, _sure in _signs())


def plain_letters(text: str) -> str:
    """``text`` without letter case, blanks and punctuation: two names that agree in it are the same name."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Between digits a mark counts, whichever it is: 1.1 and 1-1 are not 11.
    return "_".join(_LETTERS.sub("", part) for part in _BETWEEN_DIGITS.split(folded))


class Words:
    """Words that a value may be one of, indexed by pairs of letters so that the nearest is found without reading all.

    Args:
        words: the words; of two that are equally near the first one wins.
        meanings: word -> what it stands for, where that is not the word itself.
    """

    _CANDIDATES = 8

    def __init__(self, words: Iterable[str], meanings: Mapping[str, str] | None = None) -> None:
        self._words = tuple(dict.fromkeys(words))
        self._meanings = meanings or {}
        self._near: dict[str, list[tuple[float, str]]] = {}
        self._folded = [word.casefold() for word in self._words]
        self._pairs: dict[str, list[int]] = {}
        for number, word in enumerate(self._folded):
            for pair in _pairs(word):
                self._pairs.setdefault(pair, []).append(number)
        self._spelled: dict[str, set[str]] = {}
        for word in self._words:
            self._spelled.setdefault(plain_letters(word), set()).add(self._meaning(word))

    def _meaning(self, word: str) -> str:
        return self._meanings.get(word, word)

    def nearest(self, value: str, most: int = 3, least: float = _LEAST_NEAR) -> list[tuple[float, str]]:
        """The words most like ``value`` with their likeness, the nearest first."""
        folded = value.casefold()
        if folded not in self._near:
            self._near[folded] = self._compare(folded)
        return [item for item in self._near[folded] if item[0] >= least][:most]

    def _compare(self, folded: str) -> list[tuple[float, str]]:
        """The words that share most pairs of letters with ``folded``, by how alike they are."""
        shared: Counter[int] = Counter()
        for pair in _pairs(folded):
            shared.update(self._pairs.get(pair, ()))
        size = len(folded)
        ranked = sorted([(-count / (size + len(self._folded[number])), number) for number, count in shared.items()])
        matcher = difflib.SequenceMatcher(None, autojunk=False)
        matcher.set_seq2(folded)
        found: list[tuple[float, int]] = []
        for _share, number in ranked[: self._CANDIDATES]:
            matcher.set_seq1(self._folded[number])
            if matcher.quick_ratio() >= _LEAST_NEAR:
                found.append((-matcher.ratio(), number))
        return [(-ratio, self._words[number]) for ratio, number in sorted(found)]

    def suggest(self, value: str, least: float = _LEAST_ALIKE) -> Suggestion | None:
        """What the word means that ``value`` is another spelling of, or is most like; ``None`` where none is."""
        same = self._spelled.get(plain_letters(value), set())
        if len(same) == 1:
            return Suggestion(next(iter(same)), 1.0)
        near = self.nearest(value, self._CANDIDATES, least)
        if not near or len(value) < 3:
            return None
        ratio, meant = near[0][0], self._meaning(near[0][1])
        rival = next((other for other, word in near if self._meaning(word) != meant), 0.0)
        return Suggestion(meant, round(min(ratio, 0.6 if ratio - rival < _TOO_CLOSE else LIKELY), 2))


def _pairs(word: str) -> set[str]:
    padded = f" {word} "
    return {padded[at : at + 2] for at in range(len(padded) - 1)}
