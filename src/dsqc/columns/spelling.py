"""Values of a column that are probably one value in several spellings: ``Male``, ``male``, ``M``, ``수컷``."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from dsqc.columns.column import Column
from dsqc.columns.reading import Kind
from dsqc.columns.remark import Remark, RemarkKind
from dsqc.findings import Suggestion
from dsqc.forms.vocabulary import shared_tables
from dsqc.language import Text

MOST_RARE = 300
"""Rare values up to which they are compared with frequent ones letter by letter; more are free text."""
MOST_CLASSES = 12
"""Different values up to which a column is one of classes, where ``M`` may stand for ``male``."""
LONGEST = 80
"""Longer values are sentences."""
SAME, NEAR, SHORT = 0.85, 0.6, 0.7
"""Confidence that a rarer spelling means the commonest: the same letters; one letter off; a short form or a synonym."""
FREE_TEXT = "ascii_text"
"""A pattern that says nothing of the spelling."""
_JUDGED_TYPES = frozenset({"text", "taxon", "term", "envo", "voucher", "accession", "lat_lon"})
"""Sentences, and what other rules look up."""
_SIGNS = re.compile(r"\+|(?<=\d)[.,:/](?=\d)|-(?![^\W_])|(?<![^\W_])-")
"""Marks that tell values apart: ``CD4+``, ``1.5``, ``KO-``; any other is only spelling."""
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_WORD = 5
"""Letters from which one that differs is more likely a slip than another word."""

Clusters = dict[str, tuple[str, float]]
"""Value -> the spelling that was probably meant, and how sure that is."""


def spelling_remarks(column: Column) -> Iterator[Remark]:
    """A remark for each value that is probably another one in a rarer spelling.

    Columns with a vocabulary or a pattern have rules of their own; those that name one thing a row are not looked at.
    """
    attribute = column.attribute
    if attribute is not None and (
        attribute.vocabulary
        or attribute.type in _JUDGED_TYPES
        or (attribute.pattern and attribute.pattern.name != FREE_TEXT)
    ):
        return
    if len(column.where) < 2 or column.is_identity:
        return
    counts = {
        value: column.counts[value]
        for value, reading in column.readings.items()
        if reading.kind is Kind.TEXT and len(value) <= LONGEST
    }
    for value, (meant, confidence) in sorted(_clusters(counts).items()):
        expected = Text(
            f'"{meant}" ({counts[meant]:,} rows of this column)', f'"{meant}"(이 열의 {counts[meant]:,}개 행)'
        )
        yield Remark(
            RemarkKind.SPELLING,
            tuple(column.where[value]),
            value,
            expected,
            Suggestion(meant, confidence),
        )


def _clusters(counts: Mapping[str, int]) -> Clusters:
    found: Clusters = {}
    by_key: dict[str, list[str]] = defaultdict(list)
    for value in counts:
        by_key[fingerprint(value)].append(value)
    chosen: dict[str, str] = {}
    for key, values in by_key.items():
        best = chosen[key] = min(values, key=lambda value: (-counts[value], value))
        for value in values:
            if value != best:
                found[value] = (best, SAME)
    totals = {key: sum(counts[value] for value in values) for key, values in by_key.items() if key}
    for key, (other, confidence) in {**_near(totals), **_short(totals)}.items():
        for value in by_key[key]:
            found[value] = (chosen[other], confidence)
    return found


def fingerprint(value: str) -> str:
    """What is left of a value without letter case, width, blanks, hyphens and other marks that only are spelling."""
    text = unicodedata.normalize("NFKC", value).casefold()
    if text.isalnum():
        return text
    return "".join(_WORD.findall(text)) + "".join(_SIGNS.findall(text))


def _near(totals: Mapping[str, int]) -> Clusters:
    """Rare keys that differ by one letter of one word from a frequent one."""
    frequent = {key for key, number in totals.items() if number >= 5 and len(key) >= _SHORTEST_WORD}
    rare = [key for key, number in totals.items() if number <= 3 and len(key) >= _SHORTEST_WORD]
    if not frequent or len(rare) > MOST_RARE:
        return {}
    holes: dict[str, set[str]] = defaultdict(set)
    for key in frequent:
        for hole in _without_one(key):
            holes[hole].add(key)
    found: Clusters = {}
    for key in rare:
        near = {other for hole in _without_one(key) for other in holes.get(hole, ())}
        meant = [other for other in near if other != key and totals[other] >= 5 * totals[key] and _is_slip(key, other)]
        if meant:
            found[key] = (min(meant, key=lambda other: (-totals[other], other)), NEAR)
    return found


def _without_one(key: str) -> Iterator[str]:
    """The key itself, and with any one letter left out: keys one edit apart share one of these."""
    yield key
    for index in range(len(key)):
        yield key[:index] + key[index + 1 :]


def _is_slip(one: str, other: str) -> bool:
    """Whether one letter is changed, left out, added or swapped, inside a word and not in a number or code."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    changed = one[start : len(one) - end], other[start : len(other) - end]
    if start == 0 or not all(part.isalpha() or not part for part in changed):
        return False
    is_swap = len(changed[0]) == len(changed[1]) == 2 and changed[0] == changed[1][::-1]
    if not is_swap and max(map(len, changed)) > 1:
        return False
    # A single letter between digits or at the end of a short code tells things apart.
    left, right = one[max(0, start - 2) : start], one[len(one) - end : len(one) - end + 2]
    is_change = not is_swap and all(changed)
    return (left + right).isalpha() and len(left + right) >= 2 and (end > 0 or not is_change)


def _short(totals: Mapping[str, int]) -> Clusters:
    """In a column of few classes: initials of one class, and synonyms that a vocabulary knows."""
    if len(totals) > MOST_CLASSES:
        return {}
    found: Clusters = {}
    for key in totals:
        whole = [other for other in totals if len(other) >= 4 and other.isalpha() and other.startswith(key)]
        if len(key) == 1 and key.isalpha() and len(whole) == 1:
            found[key] = (whole[0], SHORT)
    meanings: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in totals:
        for meaning in _meanings().get(key, ()):
            meanings[meaning].append(key)
    for keys in meanings.values():
        best = min(keys, key=lambda key: (-totals[key], key))
        for key in keys:
            if key != best and best not in found:
                found[key] = (best, SHORT)
    return found


@cache
def _meanings() -> dict[str, frozenset[tuple[str, str]]]:
    """Fingerprint of every term and synonym -> the terms it may mean, each with its vocabulary."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for name, rows in shared_tables().items():
        for row in rows:
            spellings = [row["term"], *row.get("synonyms", "").split(";")]
            for text in filter(None, (spelling.strip() for spelling in spellings)):
                found[fingerprint(text)].add((name, row["term"]))
    return {key: frozenset(meanings) for key, meanings in found.items()}
