"""What in a text points at a person: resident registration numbers, mobile numbers, e-mail addresses, numbers of
patients, days of birth, Korean names, and the names of users in paths.

Pure functions over texts, for cells and for the headers of data files. Whatever is found is only ever shown masked::

    [seen.masked for seen in identifiers("hong 900101-1234567")]   # ["900101-1******"]
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache

from dsqc.findings import Finding
from dsqc.forms.vocabulary import pattern, read_table
from dsqc.model import Row


class Personal(StrEnum):
    """What points at a person."""

    RESIDENT_NUMBER = "resident_number"
    PHONE = "phone"
    EMAIL = "email"
    NAME = "name"
    PATIENT = "patient"
    BIRTH = "birth"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Seen:
    """One find: where it stands in its text, and how it may be shown.

    Attributes:
        kind: what it looks like.
        start, end: its place in the text.
        masked: what may be shown instead.
        sure: whether its form alone tells; digits without a separator may be anything.
    """

    kind: Personal
    start: int
    end: int
    masked: str
    sure: bool = True


PersonalCell = tuple[Row, str, str, tuple[Seen, ...]]
"""A cell that holds what points at a person: its row, its attribute, its value, and what was found in it."""
LONGEST_LOCAL, LONGEST_DOMAIN = 64, 255
"""Characters before and after the at sign of an address (RFC 5321)."""
SHORTEST = 6
"""Characters of the shortest identifier (``a@b.kr``)."""
_ENOUGH_DIGITS = re.compile(r"\d\d[^\dA-Za-z]{0,3}\d(?:[^\dA-Za-z]{0,3}\d){7}")
"""Ten digits with little between them, as every number has."""
_KEYWORD = re.compile(
    r"MRN|patient|chart|hospital|DOB|birth|born|환자|병록|차트|생년월일|생일|출생", re.ASCII | re.IGNORECASE
)
_PATIENT = re.compile(
    r"(?:(?<![A-Za-z])(?:MRN|(?:patient|chart|hospital)[ _-]?(?:id|no|number))|환자\s?(?:등록)?\s?번호|병록\s?번호"
    r"|차트\s?번호)(?:\s?[.:=#_-]\s?|\s)?(?P<number>[A-Z]{0,3}-?\d{5,12})(?!\d)",
    re.ASCII | re.IGNORECASE,
)
"""A word for a number of a patient, and five to twelve digits behind it."""
_BIRTH = re.compile(
    r"(?:(?<![A-Za-z])(?:DOB|date[ _-]of[ _-]birth|birth[ _-]?da(?:y|te)|born(?:[ _]on)?)|생년월일|생일|출생일?)"
    r"(?:\s?[.:=_-]\s?|\s)?(?P<number>(?:19|20)\d{2}(?:[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{4})"
    r"|(?:19|20)\d{2}년\s?\d{1,2}월\s?\d{1,2}일|\d{6})(?!\d)",
    re.ASCII | re.IGNORECASE,
)
"""A word for a day of birth, and a day behind it."""
_HOME = re.compile(r"(?:/home\d*/|/Users/|[A-Za-z]:\\Users\\)(?P<name>[\w.@+-]+)", re.ASCII)
NOBODY = frozenset(
    {"all", "admin", "biouser", "centos", "conda", "data", "debian", "docker", "ec2-user", "galaxy", "guest", "jovyan"}
    | {"mambauser", "nobody", "public", "root", "runner", "service", "shared", "slurm", "ubuntu", "user", "username"}
    | {"vagrant", "work", "you"}
)
"""Names of users that are nobody's."""
_CHECK_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_MASKED = "*"
_CUT = "…"
_LETTER = re.compile(r"[^\W\d_]")


@cache
def _search(name: str) -> re.Pattern[str]:
    """The pattern ``name`` of ``patterns.tsv``, to be looked for anywhere in a text."""
    return re.compile(pattern(name).regex, re.ASCII)


def may_identify(text: str) -> bool:
    """Whether ``text`` could hold a number or an address at all: a glance that dismisses most texts."""
    return "@" in text or _ENOUGH_DIGITS.search(text) is not None or _KEYWORD.search(text) is not None


def identifiers(text: str) -> list[Seen]:
    """Numbers and addresses in ``text``, in the order of their places."""
    if len(text) < SHORTEST or not may_identify(text):
        return []
    found = [*_resident_numbers(text), *_phones(text), *_emails(text)]
    if _KEYWORD.search(text) is not None:
        taken = {place for seen in found for place in range(seen.start, seen.end)}
        more = [*_numbers(_PATIENT, Personal.PATIENT, text), *_numbers(_BIRTH, Personal.BIRTH, text)]
        found += [seen for seen in more if not taken & set(range(seen.start, seen.end))]
    return sorted(found, key=lambda seen: (seen.start, seen.end))


def _numbers(searched: re.Pattern[str], kind: Personal, text: str) -> Iterator[Seen]:
    """The numbers behind their words; no digit of them is shown."""
    for match in searched.finditer(text):
        if kind is Personal.PATIENT or _is_day(match["number"]):
            yield Seen(kind, *match.span("number"), re.sub(r"\d", _MASKED, match["number"]))


def _is_day(text: str) -> bool:
    """Whether digits are a day of the calendar: year, month and day, the year of two or four digits."""
    parts = re.findall(r"\d+", text)
    if len(parts) == 1:
        year, rest = (parts[0][:4], parts[0][4:]) if len(parts[0]) == 8 else (parts[0][:2], parts[0][2:])
        parts = [year, rest[:2], rest[2:]]
    year, month, day = map(int, parts)
    try:
        date(year if year > 99 else 1900 + year, month, day)
    except ValueError:
        return False
    return True


def users(text: str) -> list[Seen]:
    """Names of users in paths of home directories, as program lines of headers have them."""
    return [
        Seen(Personal.USER, *match.span("name"), 3 * _MASKED)
        for match in _HOME.finditer(text)
        if match["name"].lower() not in NOBODY and not set(match["name"]) <= {_MASKED}
    ]


def _resident_numbers(text: str) -> Iterator[Seen]:
    for match in _search("phi_rrn").finditer(text):
        number = match.group()
        digits = re.sub(r"\D", "", number)
        if _birthday(digits) is not None:
            masked = number[:-6] + 6 * _MASKED
            sure = len(number) > len(digits) or _has_check_digit(digits)
            yield Seen(Personal.RESIDENT_NUMBER, *match.span(), masked, sure=sure)


def _has_check_digit(digits: str) -> bool:
    """Whether the last of thirteen digits is the check digit of the others, as in numbers given out up to 2020-09.

    One in three hundred numbers of thirteen digits has it, and a day of birth, by chance.
    """
    total = sum(int(digit) * weight for digit, weight in zip(digits, _CHECK_WEIGHTS, strict=False))
    return int(digits[-1]) == (11 - total % 11) % 10


def _birthday(digits: str) -> date | None:
    """The day of birth that a resident number begins with; its seventh digit tells the century."""
    century = 1900 if digits[6] in "1256" else 2000
    try:
        return date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None


def _phones(text: str) -> Iterator[Seen]:
    for match in _search("phi_phone").finditer(text):
        number = match.group()
        digits = [place for place, char in enumerate(number) if char.isdigit()]
        hidden = set(digits[-8:-4])
        masked = "".join(_MASKED if place in hidden else char for place, char in enumerate(number))
        yield Seen(Personal.PHONE, *match.span(), masked, sure=not number.isdigit())


def _emails(text: str) -> Iterator[Seen]:
    """Addresses, each looked for around its at sign: a search from every letter of a long text would take for ever."""
    end = 0
    for sign in (place for place, char in enumerate(text) if char == "@"):
        begin = max(end, sign - LONGEST_LOCAL)
        match = _search("phi_email").search(text, begin, sign + LONGEST_DOMAIN)
        if match is not None:
            end = match.end()
            local, _at, domain = match.group().partition("@")
            yield Seen(Personal.EMAIL, *match.span(), f"{local[0]}{3 * _MASKED}@{domain}")


@cache
def _korean_name() -> re.Pattern[str]:
    """A run of Hangul that is a family name and two syllables that are usual in given names."""
    return re.compile(rf"(?<![가-힣])(?P<family>{_families()})(?P<given>{_syllables()}{{2}})(?![가-힣])")


@cache
def _short_korean_name() -> re.Pattern[str]:
    """A family name and one syllable: so many words are like that that no other letter may stand beside it."""
    return re.compile(rf"[\W\d_]*(?P<family>{_families()})(?P<given>{_syllables()})[\W\d_]*")


def _families() -> str:
    return "|".join(sorted((row["term"] for row in read_table("family_names")), key=lambda text: (-len(text), text)))


def _syllables() -> str:
    return "[" + "".join(row["term"] for row in read_table("given_name_syllables")) + "]"


@cache
def _romanised_name() -> re.Pattern[str]:
    """A family name and two syllables of a given name in small Latin letters, joined or parted, in either order."""
    family, syllable = _spellings("family_names"), _spellings("given_name_syllables")
    given = rf"{syllable}[ -]?{syllable}"
    return re.compile(
        rf"(?<![a-z])(?:(?P<family>{family})[ _.,-]{{0,2}}(?P<given>{given})"
        rf"|(?P<given_first>{given})[ _.,-]{{1,2}}(?P<family_last>{family}))(?![a-z])"
    )


def _spellings(table: str) -> str:
    """All spellings of a table as one group of a pattern, branched by their first letters: most texts fail there."""
    spelt = {part.strip().lower() for row in read_table(table) for part in row["romanised"].split(";") if part.strip()}
    branches: dict[str, list[str]] = {}
    for text in sorted(spelt, key=lambda item: (-len(item), item)):
        branches.setdefault(text[0], []).append(text[1:])
    return "(?:" + "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in sorted(branches.items())) + ")"


@cache
def _no_names() -> frozenset[str]:
    """Words that have the shape of a name and are none."""
    return frozenset(row["term"].lower() for row in read_table("no_names"))


def names(text: str) -> list[Seen]:
    """Korean names in ``text``, in Hangul or in Latin letters: only for texts that name an object."""
    small = text.lower()
    if len(small) != len(text):  # A few letters of other scripts become two.
        small = text
    found = [*_korean_name().finditer(text), *_romanised_name().finditer(small)]
    short = _short_korean_name().fullmatch(text)
    if short is not None:
        found.append(short)
    seen = [_as_seen(text, match) for match in found]
    ordinary = _no_names()
    return sorted(
        (item for item in seen if text[item.start : item.end].lower() not in ordinary), key=lambda item: item.start
    )


def _as_seen(text: str, match: re.Match[str]) -> Seen:
    """The name with its family part left and every letter of the given part hidden."""
    groups = ("family", "given") if match["given"] else ("given_first", "family_last")
    start, end = match.start(groups[0]), match.end(groups[1])
    hidden_from, hidden_to = match.span("given" if match["given"] else "given_first")
    hidden = _LETTER.sub(_MASKED, text[hidden_from:hidden_to])
    return Seen(Personal.NAME, start, end, text[start:hidden_from] + hidden + text[hidden_to:end], sure=False)


def mask(text: str, found: Iterable[Seen]) -> str:
    """``text`` with everything found in it masked."""
    for seen in sorted(found, key=lambda item: item.start, reverse=True):
        text = text[: seen.start] + seen.masked + text[seen.end :]
    return text


def redact(finding: Finding, secrets: Mapping[str, str]) -> Finding:
    """``finding`` without the texts that are keys of ``secrets``; a suggestion that holds one is dropped.

    The path of a data file stays: it is the file's name.
    """

    def hide(text: str) -> str:
        return hide_in(text, secrets)

    suggestion = finding.suggestion
    kept = suggestion if suggestion is None or hide(suggestion.value) == suggestion.value else None
    return replace(
        finding,
        value=hide(finding.value),
        expected=hide(finding.expected),
        object_id=hide(finding.object_id),
        parameters={name: hide(text) for name, text in finding.parameters.items()},
        suggestion=kept,
    )


def hide_in(text: str, secrets: Mapping[str, str]) -> str:
    """``text`` with what may be shown in place of each secret."""
    for secret, masked in secrets.items():
        text = text.replace(secret, masked)
        if text.endswith(_CUT):
            text = _hide_cut(text, secret, masked)
    return text


def _hide_cut(text: str, secret: str, masked: str) -> str:
    """``text`` without a secret that was cut off in its middle when the text was shortened."""
    for length in range(len(secret) - 1, 3, -1):
        cut = secret[:length] + _CUT
        if text.endswith(cut):
            return text.removesuffix(cut) + masked[:length] + _CUT
    return text
