"""One value against one attribute: the checks that need nothing but the two."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from dsqc.forms.attribute import Attribute, Missing
from dsqc.forms.vocabulary import MatchKind, is_missing_term, missing_terms, pattern, vocabulary

NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_NUMBER = re.compile(NUMBER, re.ASCII)
_INTEGER = re.compile(r"[-+]?\d+", re.ASCII)
_QUANTITY = re.compile(rf"(?P<low>{NUMBER})(?:\s?-\s?(?P<high>{NUMBER}))?(?P<blank> ?)(?P<unit>.*)", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
UNITS = "units"
COUNTRIES = "insdc_country"
DATE_TYPES = frozenset({"date", "date_or_range", "date_range"})


class FaultKind(StrEnum):
    """What is wrong with a value."""

    MISSING = "missing"
    VOCABULARY = "vocabulary"
    LETTER_CASE = "letter_case"
    COUNTRY = "country"
    PATTERN = "pattern"
    DATE = "date"
    INTEGER = "integer"
    NUMBER = "number"
    UNIT = "unit"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value, what is allowed, and what was probably meant (empty where nobody can say)."""

    kind: FaultKind
    expected: str
    suggestion: str = ""


def value_fault(attribute: Attribute, value: str) -> Fault | None:
    """The first fault of ``value`` as ``attribute``; ``None`` where it is allowed.

    Whether an empty value is allowed depends on the row, not on the value; here it is. The values of a multivalued
    attribute are judged one by one.
    """
    if not value or value in attribute.literals:
        return None
    if is_missing_term(value) and not _is_own_term(attribute, value):
        return _missing_fault(attribute, value)
    if attribute.multivalued and attribute.separator:
        faults = (_single_fault(attribute, part.strip()) for part in value.split(attribute.separator))
        return next((fault for fault in faults if fault is not None), None)
    return _single_fault(attribute, value)


def _is_own_term(attribute: Attribute, value: str) -> bool:
    """``not applicable`` is a term of some vocabularies as well."""
    return attribute.vocabulary is not None and value in vocabulary(attribute.vocabulary)


def _missing_fault(attribute: Attribute, value: str) -> Fault | None:
    if attribute.missing is Missing.FORBIDDEN:
        return Fault(FaultKind.MISSING, "")
    allowed = missing_terms(reporting_only=attribute.missing is Missing.REPORTING)
    if value in allowed:
        return None
    match = vocabulary("missing_value").lookup(value)
    suggestion = match.term.term if match and match.term.term in allowed else ""
    kind = FaultKind.LETTER_CASE if suggestion else FaultKind.MISSING
    return Fault(kind, "; ".join(allowed), suggestion)


def _single_fault(attribute: Attribute, value: str) -> Fault | None:
    if attribute.type == "quantity":
        return _quantity_fault(attribute, value)
    if attribute.type in ("integer", "number"):
        return _number_fault(attribute, value)
    if attribute.pattern is not None and not attribute.pattern.matches(value):
        return Fault(FaultKind.PATTERN, attribute.pattern.regex)
    if attribute.type in DATE_TYPES and not all(_is_day(*found.groups()) for found in _DAY.finditer(value)):
        return Fault(FaultKind.DATE, "a day of the calendar")
    if attribute.type == "geo_loc":
        return _term_fault(COUNTRIES, value.partition(":")[0], FaultKind.COUNTRY)
    if attribute.vocabulary is not None:
        return _term_fault(attribute.vocabulary, value, FaultKind.VOCABULARY)
    return None


def _term_fault(name: str, value: str, kind: FaultKind) -> Fault | None:
    terms = vocabulary(name)
    match = terms.lookup(value)
    if match is None:
        return Fault(kind, "; ".join(terms.terms))
    if match.kind is MatchKind.EXACT:
        return None
    return Fault(
        FaultKind.LETTER_CASE if match.kind is MatchKind.LETTER_CASE else kind, "; ".join(terms.terms), match.term.term
    )


def _number_fault(attribute: Attribute, value: str) -> Fault | None:
    if attribute.type == "integer" and not _INTEGER.fullmatch(value):
        return Fault(FaultKind.INTEGER, "1, 2, 3 …")
    if not _NUMBER.fullmatch(value):
        return Fault(FaultKind.NUMBER, "12, -3.5, 1.5e3")
    return _range_fault(attribute, (float(value),))


def _quantity_fault(attribute: Attribute, value: str) -> Fault | None:
    """Number, one blank, unit."""
    match = _QUANTITY.fullmatch(value)
    if match is None:
        return Fault(FaultKind.PATTERN, pattern("quantity").regex)
    expected = "; ".join(attribute.units)
    if attribute.units and match["unit"] not in attribute.units:
        unit = _meant_unit(attribute, match["unit"])
        suggestion = f"{value[: match.end('high' if match['high'] else 'low')]} {unit}" if unit else ""
        return Fault(FaultKind.UNIT, expected, suggestion)
    if not match["blank"]:
        return Fault(FaultKind.UNIT, expected, f"{value[: match.start('unit')]} {match['unit']}")
    return _range_fault(attribute, tuple(float(match[name]) for name in ("low", "high") if match[name]))


def _meant_unit(attribute: Attribute, written: str) -> str:
    """The unit of the attribute that ``written`` is another spelling of; empty where there is none.

    The attribute's own units go first, whatever their letter case.
    """
    folded = fold_unit(written)
    same = [unit for unit in attribute.units if fold_unit(unit) == folded]
    return next(iter(same), "") or next((unit for unit in units_of(written) if unit in attribute.units), "")


def units_of(written: str) -> tuple[str, ...]:
    """The units that ``written`` is a spelling of, letter case ignored."""
    return _spelled_units().get(fold_unit(written), ())


def fold_unit(text: str) -> str:
    """A unit without letter case and blanks, compatibility characters (㎝, ㎡) as plain letters."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def _spelled_units() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for entry in vocabulary(UNITS).entries:
        for spelling in dict.fromkeys(fold_unit(text) for text in (entry.term, *entry.synonyms)):
            found.setdefault(spelling, []).append(entry.term)
    return {spelling: tuple(terms) for spelling, terms in found.items()}


def _range_fault(attribute: Attribute, numbers: Iterable[float]) -> Fault | None:
    low, high = attribute.minimum, attribute.maximum
    for number in numbers:
        if (low is not None and number < low) or (high is not None and number > high):
            return Fault(FaultKind.RANGE, attribute.range_text)
    return None


def _is_day(year: str, month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= monthrange(int(year), int(month))[1]
