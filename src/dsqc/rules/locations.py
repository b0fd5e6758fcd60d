"""Places as people write them, brought into ``country:region, locality`` with a confidence."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from dsqc.findings import Suggestion
from dsqc.forms import MatchKind, vocabulary
from dsqc.forms.reference import reference_table
from dsqc.forms.value import COUNTRIES
from dsqc.rules.romanise import romanise
from dsqc.rules.spelling import LIKELY, Words

HOME = "South Korea"
"""The country whose localities are written in Hangul."""
LONGEST = 200
_LEAST = 0.7
"""Likeness below which a word is no country with a slip of the keys."""
SPELLING, OTHER_ORDER, REGION, ROMANISED, WORD = 0.95, 0.9, 0.9, 0.7, 0.5
"""Confidence: another name of the country; the country last; a region alone; Hangul in letters; a code of two letters
that is a word as well (``no``)."""
_HANGUL = re.compile(r"[가-힣]")
_PARTS = re.compile(r"\s*[:,;/|>]\s*|\s+[-–—]\s+")


@dataclass(frozen=True, slots=True)
class _Found:
    """A country, what is left of the text, and how sure that is."""

    country: str
    rest: tuple[str, ...]
    confidence: float


def suggest_location(value: str) -> Suggestion | None:
    """The likeliest ``country:region, locality``; ``None`` where neither a country nor a known region is in it."""
    text = " ".join(unicodedata.normalize("NFKC", value).split())
    if not text or len(text) > LONGEST:
        return None
    parts = tuple(part for part in _PARTS.split(text) if part)
    found = _whole_country(text) or _by_part(parts) or _by_word(parts) or _by_typing(parts)
    if found is None:
        return None
    regions, confidence = [], found.confidence
    for part in found.rest:
        written, sure = _region(part, found.country)
        regions.append(written)
        confidence = min(confidence, sure)
    place = found.country + (f":{', '.join(regions)}" if regions else "")
    if place == value or not place.isascii():
        return None
    return Suggestion(place, confidence)


def historical_country(value: str) -> str:
    """The name of a country of the past that ``value`` begins with (``USSR``); empty where it is none of the list."""
    name = value.partition(":")[0].strip()
    return name if name in _countries_of_the_past() else ""


@cache
def _countries_of_the_past() -> frozenset[str]:
    return frozenset(entry.term for entry in vocabulary(COUNTRIES).entries if entry.status == "historical")


def _lookup(text: str) -> tuple[str, float] | None:
    match = vocabulary(COUNTRIES).lookup(text)
    if match is None:
        return None
    if match.kind is not MatchKind.SYNONYM:
        return match.term.term, 1.0
    return match.term.term, WORD if len(text) == 2 and text.isascii() and not text.isupper() else SPELLING


def _whole_country(text: str) -> _Found | None:
    """The text, or what stands before its colon, as a country: names may hold commas (``Korea, Republic of``)."""
    head, colon, rest = text.partition(":")
    found = _lookup(head.strip())
    if found is None:
        return None
    behind = tuple(part for part in _PARTS.split(rest.strip()) if part) if colon else ()
    return _Found(found[0], behind, found[1])


def _by_part(parts: tuple[str, ...]) -> _Found | None:
    """The first part, or the last as an address has it, as a country; or the first as a region."""
    if len(parts) > 1 and (found := _lookup(parts[0])):
        return _Found(found[0], parts[1:], min(found[1], SPELLING))
    if len(parts) > 1 and (found := _lookup(parts[-1])):
        return _Found(found[0], parts[-2::-1], OTHER_ORDER)
    if not parts:
        return None
    region = _known_region(parts[0]) or (_known_region(parts[0].split()[0]) if _HANGUL.search(parts[0]) else None)
    return _Found(region[1], parts, REGION) if region else None


def _by_word(parts: tuple[str, ...]) -> _Found | None:
    """A country and a region with nothing but a blank between: ``대한민국 서울특별시``, ``South Korea Seoul``."""
    words = parts[0].split() if parts else []
    for count in range(len(words) - 1, 0, -1):
        found = _lookup(" ".join(words[:count]))
        # A code of two letters is too short to be told from a word.
        if found and len(words[0]) > (1 if _HANGUL.match(words[0]) else 2):
            return _Found(found[0], (" ".join(words[count:]), *parts[1:]), min(found[1], OTHER_ORDER))
    return None


def _by_typing(parts: tuple[str, ...]) -> _Found | None:
    """A country with a slip of the keys."""
    if not parts or not parts[0].isascii() or len(parts[0]) < 4 or historical_country(parts[0]):
        return None
    meant = _words().suggest(parts[0])
    if meant is None or meant.confidence < _LEAST:
        return None
    return _Found(meant.value, parts[1:], min(meant.confidence, LIKELY))


@cache
def _words() -> Words:
    """Terms and longer other names."""
    meanings = {term: term for term in vocabulary(COUNTRIES)}
    for entry in vocabulary(COUNTRIES).entries:
        for synonym in entry.synonyms:
            if synonym.isascii() and len(synonym) > 3:
                meanings.setdefault(synonym, entry.term)
    return Words(meanings, meanings)


@cache
def _regions() -> dict[str, tuple[str, str]]:
    """Spelling -> region and its country."""
    return {
        spelling.casefold(): (row["term"], row["country"])
        for row in reference_table("geography/regions")
        for spelling in (row["term"], *row["synonyms"].split(";"))
    }


def _known_region(text: str) -> tuple[str, str] | None:
    return _regions().get(text.casefold())


def _region(part: str, country: str) -> tuple[str, float]:
    """A region or locality in letters. Several words of Hangul are parts of an address, the largest first."""
    known = _known_region(part)
    if known and known[1] == country:
        return known[0], 1.0
    if country != HOME or not _HANGUL.search(part):
        return part, 1.0
    written = []
    for number, word in enumerate(part.split()):
        known = _known_region(word) if number == 0 else None
        written.append(known[0] if known else romanise(word))
    return ", ".join(written), ROMANISED
