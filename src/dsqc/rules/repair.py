"""What a wrong value of an attribute was probably meant to be: other spellings, tried until one is allowed.

Each way to write a value otherwise has its confidence. What it gives counts only where the attribute takes it: a
suggestion is never at fault itself, except where it sets right one fault of several.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache

from dsqc.findings import CERTAIN, Suggestion
from dsqc.forms import Attribute, Fault, FaultKind, value_fault, vocabulary
from dsqc.forms.value import COUNTRIES, DATE_TYPES, NUMBER, UNITS, units_of
from dsqc.forms.vocabulary import read_table
from dsqc.rules.dates import suggest_date
from dsqc.rules.spelling import LIKELY, Words, suggest_ascii

_QUANTITY = re.compile(rf"({NUMBER})(?:(\s?-\s?)({NUMBER}))?\s*(\S.*)?", re.ASCII)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])", re.ASCII)
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d{1,2}|\d{4,})(?![\d.,])", re.ASCII)
_RANGE_SIGN = re.compile(r"(?<=\d)\s*(?:~|\bto\b|–)\s*(?=\d)", re.ASCII)
_WHOLE = re.compile(r"([-+]?\d+)\.0+", re.ASCII)
_TAXID_LABEL = re.compile(r"(?:ncbi\s*:?\s*)?(?:ta?x(?:on(?:omy)?)?\s*_?(?:id)?)\s*[:=_]?\s*(?=\d)", re.IGNORECASE)
_TRAILING_UNIT = re.compile(r"(\d+)\s*[A-Za-z]+", re.ASCII)
_PUBLICATION_LABEL = re.compile(
    r"(?:pmid|pubmed(?:\s*id)?|doi)\s*:?\s*|https?://(?:dx\.)?doi\.org/(?=10\.)", re.IGNORECASE
)

Way = tuple[Callable[[str], str], float]
"""Another way to write a value, and the confidence that it is the same value."""


def _without_blanks(value: str) -> str:
    return "".join(value.split())


NUMBER_WAYS: tuple[Way, ...] = (
    (lambda value: _THOUSANDS.sub(lambda match: match.group().replace(",", ""), value), CERTAIN),
    (lambda value: _DECIMAL_COMMA.sub(r"\1.\2", value), CERTAIN),
    (lambda value: _RANGE_SIGN.sub("-", value), 1.0),
)
INTEGER_WAYS: tuple[Way, ...] = (
    *NUMBER_WAYS[:1],
    (lambda value: _WHOLE.sub(r"\1", value), 1.0),
    (lambda value: _TAXID_LABEL.sub("", value, count=1), 0.95),
    (lambda value: _TRAILING_UNIT.sub(r"\1", value), 0.8),
)
CHECKSUM_WAYS: tuple[Way, ...] = (
    (lambda value: _without_blanks(value).replace(":", ""), 1.0),
    (str.lower, 1.0),
)
TEXT_WAYS: tuple[Way, ...] = (
    (lambda value: _PUBLICATION_LABEL.sub("", value, count=1), 1.0),
    (lambda value: value.rstrip(" .,;"), CERTAIN),
    (str.upper, CERTAIN),
    (str.lower, CERTAIN),
    (lambda value: value.replace("=", ":"), 0.8),
    (lambda value: f"https://{value}" if value.startswith("www.") else value, LIKELY),
    (lambda value: re.sub(r"[/\\]+", "_", value), 0.7),
    (lambda value: re.sub(r"[\s/\\]+", "_", value), 0.7),
)
NUMBERED_WAYS: tuple[Way, ...] = (
    *TEXT_WAYS[:4],
    (_without_blanks, CERTAIN),
    (lambda value: _without_blanks(value).upper(), CERTAIN),
    *TEXT_WAYS[4:],
)
"""Accessions, addresses and ids that others gave: they hold no blanks, and nothing is named by one with a blank."""
WAYS: dict[str, tuple[Way, ...]] = {
    "quantity": NUMBER_WAYS,
    "number": NUMBER_WAYS[:2],
    "integer": INTEGER_WAYS,
    "taxid": INTEGER_WAYS,
    **dict.fromkeys(("accession", "accession_list", "id_list", "email", "uri"), NUMBERED_WAYS),
    "md5": CHECKSUM_WAYS,
    "sha256": CHECKSUM_WAYS,
}
"""Type -> its ways; every other type takes those of texts."""
COMBINED = frozenset({"quantity", "number", "integer", "taxid", "md5", "sha256"})
"""Types whose ways may be needed together: 1,200~1,500 m."""
NAMES_OF_THINGS = frozenset({"filename"})
"""Types whose values name something outside the form: written otherwise they would name nothing."""
OWN_SUGGESTIONS: dict[str, Callable[[str], Suggestion | None]] = dict.fromkeys(DATE_TYPES, suggest_date)
"""Type -> what reads its other spellings, for types with a module of their own."""


def suggest_value(attribute: Attribute, value: str, fault: Fault | None) -> Suggestion | None:
    """What ``value`` was meant to be.

    Args:
        attribute: what the value is a value of.
        value: the value as it stands, white space set right.
        fault: what :func:`dsqc.forms.value_fault` says; ``None`` for a value that only is no ASCII text.
    """
    if attribute.multivalued and attribute.separator and attribute.separator in value:
        return _each(attribute, value)
    meant = _meant(attribute, value, fault)
    return None if meant is None or meant.value == value else meant


def _each(attribute: Attribute, value: str) -> Suggestion | None:
    """The parts of a value one by one; ``None`` as soon as one of the wrong ones cannot be told."""
    single = replace(attribute, multivalued=False)
    parts: list[str] = []
    confidence = 1.0
    for part in filter(None, (piece.strip() for piece in value.split(attribute.separator))):
        fault = value_fault(single, part)
        if fault is None:
            parts.append(part)
            continue
        meant = _meant(single, part, fault)
        if meant is None:
            return None
        parts.append(meant.value)
        confidence = min(confidence, meant.confidence)
    blank = " " if f"{attribute.separator} " in value else ""
    joined = f"{attribute.separator}{blank}".join(parts)
    return Suggestion(joined, confidence) if joined and joined != value else None


def _meant(attribute: Attribute, value: str, fault: Fault | None) -> Suggestion | None:
    if fault is not None:
        if attribute.type in OWN_SUGGESTIONS:
            return _allowed(attribute, OWN_SUGGESTIONS[attribute.type](value))
        told = _told(attribute, value, fault)
        if told is not None:
            return told
    return _written_otherwise(attribute, value)


def _told(attribute: Attribute, value: str, fault: Fault) -> Suggestion | None:
    """What the fault itself tells: a term, a country, a unit."""
    if fault.kind is FaultKind.COUNTRY or (fault.kind is FaultKind.LETTER_CASE and attribute.type == "geo_loc"):
        country, colon, rest = value.partition(":")
        meant = Suggestion(fault.suggestion, 1.0) if fault.suggestion else _words(COUNTRIES).suggest(country)
        return meant and Suggestion(f"{meant.value}{colon}{rest}", meant.confidence)
    if fault.suggestion:
        return Suggestion(fault.suggestion, 1.0)
    if fault.kind is FaultKind.VOCABULARY and attribute.vocabulary is not None:
        return _words(attribute.vocabulary).suggest(value)
    if attribute.type == "quantity" and fault.kind in (FaultKind.UNIT, FaultKind.PATTERN):
        return _convert(attribute, value)
    return None


@cache
def _words(name: str) -> Words:
    return Words(vocabulary(name).terms)


def nearest_terms(name: str, value: str) -> list[str]:
    """The few terms of a vocabulary that look most like ``value``."""
    return [word for _ratio, word in _words(name).nearest(value)]


def _allowed(attribute: Attribute, suggestion: Suggestion | None) -> Suggestion | None:
    return suggestion if suggestion and value_fault(attribute, suggestion.value) is None else None


def _written_otherwise(attribute: Attribute, value: str) -> Suggestion | None:
    """The first of the other spellings that the attribute takes; else the value in ASCII, where it was not."""
    most = 0.6 if attribute.type in NAMES_OF_THINGS else 1.0
    tried = {value}
    for candidate in _spellings(attribute, value):
        text = candidate.value
        if text in tried:
            continue
        tried.add(text)
        fault = value_fault(attribute, text)
        if fault is not None and fault.kind is FaultKind.UNIT and fault.suggestion:
            text, fault = fault.suggestion, None
        if fault is None and text.isascii():
            return Suggestion(text, min(candidate.confidence, most))
    return None if value.isascii() or attribute.pattern is not None else suggest_ascii(value)


def _spellings(attribute: Attribute, value: str) -> Iterator[Suggestion]:
    """Ways to write ``value``: each alone, then all that change something one after the other."""
    ways = WAYS.get(attribute.type, TEXT_WAYS) if attribute.pattern is not None or attribute.type in WAYS else ()
    plain = suggest_ascii(value) if not value.isascii() else Suggestion(value, 1.0)
    if plain is None:
        plain = Suggestion(value, 1.0)  # A unit in Korean is known as it stands.
    yield plain
    for way, confidence in ways:
        text = way(plain.value)
        if text != plain.value:
            yield Suggestion(text, min(plain.confidence, confidence))
    if attribute.type in COMBINED:
        text, least = plain.value, plain.confidence
        for way, confidence in ways:
            changed = way(text)
            if changed != text:
                text, least = changed, min(least, confidence)
                yield Suggestion(text, least)


def _convert(attribute: Attribute, value: str) -> Suggestion | None:
    """A quantity in a unit that the attribute does not take, in the one that it does; a bare number gets its only unit.

    Both are offered, not certain: digits that were never measured may come in, and the unit may have been another.
    """
    match = _QUANTITY.fullmatch(value)
    if match is None or not attribute.units:
        return None
    low, dash, high, written = match.groups()
    if not written:
        return Suggestion(f"{value.strip()} {attribute.units[0]}", 0.7) if len(attribute.units) == 1 else None
    for unit in units_of(written):
        for into in attribute.units:
            rule = _conversions().get((unit, into))
            if rule is not None:
                numbers = [_decimal(Fraction(text) * rule[0] + rule[1]) for text in (low, high) if text]
                return Suggestion(f"{(dash or '').join(numbers)} {into}", 0.8)
    return None


@cache
def _conversions() -> dict[tuple[str, str], tuple[Fraction, Fraction]]:
    """(unit, unit) -> factor and offset, both exact."""
    known = vocabulary(UNITS)
    return {
        (row["term"], row["into"]): (Fraction(row["factor"]), Fraction(row["offset"]))
        for row in read_table("unit_conversions")
        if row["term"] in known
    }


def _decimal(number: Fraction) -> str:
    """Six significant digits at most, without an exponent where one is not needed."""
    return f"{float(number):.6g}"
