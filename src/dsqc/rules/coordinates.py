"""Coordinates: every notation that maps, receivers and people write, and the rules on them.

The form asks for decimal degrees with letters, ``37.5665 N 126.9780 E``. A text is cut into signs, numbers, marks of
degrees, minutes and seconds, and letters; two angles are made of them, and who is the latitude is decided by letters,
then by what a latitude can be, then by the country that the sample says it comes from.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from dsqc.findings import Finding, Suggestion
from dsqc.forms import Attribute, is_missing_term, rejected_missing
from dsqc.rules.checking import Check, rule
from dsqc.rules.geography import agrees, country_at, country_term

COORDINATE_FORM = "37.5665 N 126.9780 E"
LONGEST = 120
MOST_DECIMALS = 8
SAME, ONE_ORDER, MENDED, EITHER_ORDER, LIKELY = 1.0, 0.95, 0.85, 0.6, 0.7
"""Confidence: another spelling; the only order possible; a slip mended; the usual order; moved to the country."""

_SIGNS = str.maketrans(
    {
        **dict.fromkeys("º˚∘", "°"),
        **dict.fromkeys("′’‘´`ʹ", "'"),
        **dict.fromkeys("″“”ʺ", '"'),
        **dict.fromkeys("−–—‐", "-"),
    }
)
"""Look-alikes, before Unicode's compatibility forms make an o of º and two primes of ″."""
_WORDS = (
    (re.compile(r"북위|\bnorth(?:ern)?\b"), "N"),
    (re.compile(r"남위|\bsouth(?:ern)?\b"), "S"),
    (re.compile(r"동경|\beast(?:ern)?\b"), "E"),
    (re.compile(r"서경|\bwest(?:ern)?\b"), "W"),
    (re.compile(r"위도|\blat(?:itude)?\b"), "φ"),
    (re.compile(r"경도|\b(?:lon(?:g|gitude)?|lng)\b"), "λ"),
    (re.compile(r"도|\bdeg(?:rees?)?\b\.?"), "°"),
    (re.compile(r"분|\bmin(?:utes?)?\b\.?"), "'"),
    (re.compile(r"초|\bsec(?:onds?)?\b\.?|''"), '"'),
)
_TOKEN = re.compile(r"\s*([+-]?\d+(?:\.\d+)?|[°'\":]|[nsew](?![a-z])|[NSEWφλ]|[,;/|()])\s*")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_ISO_6709 = re.compile(
    r"([+-])(\d{2}|\d{4}|\d{6})(\.\d+)?([+-])(\d{3}|\d{5}|\d{7})(\.\d+)?(?:[+-]\d+(?:\.\d+)?)?(?:crs\w*)?/?"
)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Angle:
    """Degrees, and how many decimals the notation warrants."""

    degrees: Decimal
    decimals: int
    letter: str = ""
    label: str = ""

    def __str__(self) -> str:
        return f"{abs(self.degrees):.{min(self.decimals, MOST_DECIMALS)}f}"


@dataclass(frozen=True, slots=True)
class Coordinate:
    """A latitude and a longitude as read, and how sure that is.

    ``is_swapped`` says that the text calls the longitude a latitude.
    """

    latitude: float
    longitude: float
    text: str
    confidence: float
    is_swapped: bool = False

    @property
    def suggestion(self) -> Suggestion:
        """What the cell should hold."""
        return Suggestion(self.text, self.confidence)


def read_coordinate(value: str, country: str = "") -> Coordinate | None:
    """The likeliest reading of ``value``; of two orders the one that lies in ``country``."""
    readings = _readings(value)
    if country and len(readings) > 1:
        within = [found for found in readings if agrees(country, found.latitude, found.longitude)]
        if len(within) == 1:
            return replace(within[0], confidence=ONE_ORDER)
    return readings[0] if readings else None


def _readings(value: str) -> list[Coordinate]:
    if len(value) > LONGEST:
        return []
    pair = _iso_6709(value.strip()) or _two_angles(plain_text(value))
    return _in_order(*pair) if pair else []


def plain_text(value: str) -> str:
    """``value`` with words and look-alike signs as the letters and marks that the tokens know."""
    text = unicodedata.normalize("NFKC", value.translate(_SIGNS)).casefold()
    for word, plain in _WORDS:
        text = word.sub(plain, text)
    if "." not in text and len(_DECIMAL_COMMA.findall(text)) == 2:
        text = _DECIMAL_COMMA.sub(".", text)
    return text.strip()


def _two_angles(text: str) -> tuple[Angle, Angle] | None:
    tokens: list[str] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            return None
        tokens.append(match[1].upper() if match[1] in "nsew" else match[1])
        place = match.end()
    halves = _halves([part for part in tokens if part not in "()"])
    if halves is None:
        return None
    one, two = _angle(halves[0]), _angle(halves[1])
    return (one, two) if one and two else None


def _halves(tokens: list[str]) -> tuple[list[str], list[str]] | None:
    """Tokens of the first and the second angle, told by what stands between or in front of them."""
    tokens = [part for part in tokens if part not in (";", "|")] if tokens.count(",") == 1 else tokens
    while tokens and tokens[-1] in (",", ";", "/", "|"):
        tokens = tokens[:-1]
    cuts = [index for index, part in enumerate(tokens) if part in (",", ";", "/", "|")]
    if len(cuts) == 1:
        return tokens[: cuts[0]], tokens[cuts[0] + 1 :]
    if cuts or not tokens:
        return None
    for marks in ("φλ", "NSEW"):
        named = [index for index, part in enumerate(tokens) if part in marks]
        if len(named) == 2:
            cut = named[1] if named[0] == 0 else named[0] + 1
            return tokens[:cut], tokens[cut:]
    numbers = [index for index, part in enumerate(tokens) if _NUMBER.fullmatch(part)]
    degrees = [index for index, part in enumerate(tokens) if part == "°"]
    signed = [index for index in numbers[1:] if tokens[index][0] in "+-"]
    if len(degrees) == 2:
        cut = max((index for index in numbers if index < degrees[1]), default=0)
    elif len(signed) == 1:
        cut = signed[0]
    elif len(numbers) in (2, 4, 6):
        cut = numbers[len(numbers) // 2]
    else:
        return None
    return tokens[:cut], tokens[cut:]


def _angle(tokens: list[str]) -> Angle | None:
    """Degrees, minutes and seconds with their marks, a letter and a label in front or behind."""
    letters = [part for part in tokens if part in "NSEW"]
    labels = [part for part in tokens if part in "φλ"]
    numbers = [part for part in tokens if _NUMBER.fullmatch(part)]
    marks = [part for part in tokens if part in "°'\""]
    if len(letters) > 1 or len(labels) > 1 or not 1 <= len(numbers) <= 3 or marks != ["°", "'", '"'][: len(marks)]:
        return None
    if len(marks) > len(numbers) or any("." in number for number in numbers[:-1]):
        return None
    if any(number[0] in "+-" or float(number) >= 60 for number in numbers[1:]):
        return None
    degrees = _sum(numbers)
    letter, label = "".join(letters), "".join(labels)
    if letter in ("S", "W"):
        degrees = -abs(degrees)
    return Angle(degrees, _decimals(numbers), letter, label)


def _sum(numbers: list[str]) -> Decimal:
    first = Decimal(numbers[0])
    parts = sum((Decimal(number) / 60**power for power, number in enumerate(numbers[1:], 1)), abs(first))
    return -parts if numbers[0].startswith("-") else Decimal(parts)


def _decimals(numbers: list[str]) -> int:
    """Decimals of a degree that keep what was written: a minute needs three, a second four."""
    return len(numbers[-1].partition(".")[2]) + (0, 3, 4)[len(numbers) - 1]


def _iso_6709(text: str) -> tuple[Angle, Angle] | None:
    """``+37.5665+126.9780/``, and degrees and minutes run together: ``+3733.99+12658.68/``."""
    match = _ISO_6709.fullmatch(text.casefold())
    if match is None:
        return None
    sign, whole, rest, other_sign, other_whole, other_rest = match.groups()
    angles = []
    for mark, digits, fraction, letter in ((sign, whole, rest, "NS"), (other_sign, other_whole, other_rest, "EW")):
        first = len(digits) - 2 * ((len(digits) - 2) // 2)
        numbers = [mark + digits[:first], *(digits[at : at + 2] for at in range(first, len(digits), 2))]
        numbers[-1] += fraction or ""
        angles.append(_angle([*numbers, letter[mark == "-"]]))
    return (angles[0], angles[1]) if angles[0] and angles[1] else None


def _in_order(one: Angle, two: Angle) -> list[Coordinate]:
    """Readings of two angles, the likelier first."""
    roles = (_role(one), _role(two))
    confidence = SAME if "" not in roles else 0.9
    if any(angle.letter in ("N", "E") and angle.degrees < 0 for angle in (one, two)):
        confidence = MENDED
    if roles in (("lat", "lon"), ("lat", ""), ("", "lon")):
        kept = _coordinate(one, two, confidence)
        # The letters contradict what a latitude can be: the numbers were put in the wrong places.
        return kept or _coordinate(_bare(two), _bare(one), MENDED, is_swapped=True)
    if roles in (("lon", "lat"), ("lon", ""), ("", "lat")):
        return _coordinate(two, one, confidence) or _coordinate(_bare(one), _bare(two), MENDED, is_swapped=True)
    if roles != ("", ""):
        return []
    orders = _coordinate(one, two, EITHER_ORDER) + _coordinate(two, one, 0.3, is_swapped=True)
    return orders if len(orders) == 2 else [replace(found, confidence=ONE_ORDER) for found in orders]


def _role(angle: Angle) -> str:
    if angle.letter:
        return "lat" if angle.letter in "NS" else "lon"
    return {"φ": "lat", "λ": "lon"}.get(angle.label, "")


def _bare(angle: Angle) -> Angle:
    return Angle(abs(angle.degrees), angle.decimals)


def _coordinate(latitude: Angle, longitude: Angle, confidence: float, *, is_swapped: bool = False) -> list[Coordinate]:
    if abs(latitude.degrees) > 90 or abs(longitude.degrees) > 180:
        return []
    north = "S" if latitude.degrees < 0 else "N"
    east = "W" if longitude.degrees < 0 else "E"
    text = f"{latitude} {north} {longitude} {east}"
    return [Coordinate(float(latitude.degrees), float(longitude.degrees), text, confidence, is_swapped)]


@rule("DSQC-S018", "DSQC-S019", "DSQC-S020")
def coordinate(check: Check) -> Iterator[Finding]:
    """Coordinates of the wrong form, and those that do not lie in the country of their row."""
    for sheet in check.submission.sheets.values():
        columns = check.columns[sheet.name].items()
        country_name = next((name for name, item in columns if item.type == "geo_loc"), "")
        for name, attribute in columns:
            if attribute.type != "lat_lon" or (sheet.name, name) not in check.headings:
                continue
            known: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
            for row in sheet.rows:
                key = (row.get(name), country_term(row.get(country_name)) if country_name else "")
                if key not in known:
                    known[key] = list(_faults(attribute, *key))
                for code, arguments in known[key]:
                    yield check.finding(code, row, name, **arguments)


def _faults(attribute: Attribute, value: str, country: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not value or value in attribute.literals or is_missing_term(value) or rejected_missing(value) is not None:
        return
    if attribute.pattern is not None and attribute.pattern.matches(value):
        found = _exact(value)
        if found is not None and (not country or agrees(country, found.latitude, found.longitude)):
            return
        if found is not None:
            yield _elsewhere(found, country)
            return
    found = read_coordinate(value, country)
    yield (
        "DSQC-S018",
        {"expected": found.text if found else COORDINATE_FORM, "suggestion": found.suggestion if found else None},
    )
    if found is not None and found.is_swapped and found.confidence == MENDED:
        yield "DSQC-S020", {"expected": found.text, "suggestion": found.suggestion}


def _exact(value: str) -> Coordinate | None:
    """A value of the right form; ``None`` where it does not lie on the earth."""
    latitude, north, longitude, east = value.split(" ")
    y, x = float(latitude), float(longitude)
    if y > 90 or x > 180:
        return None
    return Coordinate(-y if north == "S" else y, -x if east == "W" else x, value, SAME)


def _elsewhere(found: Coordinate, country: str) -> tuple[str, dict[str, Any]]:
    """A coordinate outside the country: swapped (S020) or simply elsewhere (S019), perhaps for a wrong letter."""
    latitude, north, longitude, east = found.text.split()
    swapped = f"{longitude} {'N' if east == 'E' else 'S'} {latitude} {'E' if north == 'N' else 'W'}"
    if meant := _within(country, [swapped]):
        return "DSQC-S020", {"expected": meant, "suggestion": Suggestion(meant, LIKELY)}
    meant = _within(country, [f"{latitude} {first} {longitude} {last}" for first in "NS" for last in "EW"])
    where = country_at(found.latitude, found.longitude)
    return "DSQC-S019", {
        "expected": f"{meant or 'a place'} in {country} (this one lies {f'in {where}' if where else 'at sea'})",
        "expected_ko": f"{country}{f'의 {meant}' if meant else ' 안의 위치'}(이 좌표는 {where or '바다'})",
        "suggestion": Suggestion(meant, LIKELY) if meant else None,
    }


def _within(country: str, texts: list[str]) -> str:
    """The first of the coordinates that lies in ``country``; empty where none does."""
    for text in texts:
        found = _exact(text)
        if found is not None and agrees(country, found.latitude, found.longitude):
            return text
    return ""
