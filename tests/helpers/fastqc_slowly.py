"""FastQC's modules in plain loops over strings, read by read: the references of the fast ones.

Definitions: FastQC's help pages ("Analysis Modules") and the observed output of FastQC 0.12.1.
"""

from collections import Counter, defaultdict
from math import floor
from typing import Any

Named = tuple[str, str, str]
"""Name line without ``@``, sequence, quality characters."""


def tiles(reads: list[Named], *, most: int = 2_501) -> dict[int, list[str]] | None:
    """Tile -> quality strings of the reads looked at; None where names have no tiles."""
    found: dict[int, list[str]] = defaultdict(list)
    field = None
    for number, (name, _, quality) in enumerate(reads, start=1):
        if (number > 10_000 and number % 10) or not quality:
            continue
        fields = name.split(":")
        while len(fields) > 1 and not fields[-1]:
            fields.pop()
        if field is None:
            field = 4 if len(fields) >= 7 else 2 if len(fields) >= 5 else None
        if field is None or len(fields) <= field:
            return None
        text = fields[field]
        if not text.lstrip("+-").isascii() or not text[text[:1] in ("+", "-") :].isdigit():
            return None
        if not -(2**31) <= int(text) < 2**31:
            return None
        found[int(text)].append(quality)
        if len(found) > most:
            return None
    return found


def tile_means(found: dict[int, list[str]], groups: list[tuple[int, int]]) -> dict[int, list[float]]:
    """Tile -> mean quality less the mean over tiles, by group of positions."""
    means = {}
    for tile in sorted(found):
        means[tile] = []
        for low, high in groups:
            positions = []
            for position in range(low - 1, high):
                column = [ord(quality[position]) - 33 for quality in found[tile] if len(quality) > position]
                if column:
                    positions.append(sum(column) / len(column))
            means[tile].append(sum(positions) / len(positions) if positions else 0.0)
    for group in range(len(groups)):
        over = sum(row[group] for row in means.values()) / len(means)
        for row in means.values():
            row[group] -= over
    return means


def known_sequences(sequences: list[str], *, known: int = 100_000) -> tuple[dict[str, int], int]:
    """The first different sequences with their reads, and after how many reads the last of them came."""
    counts: dict[str, int] = {}
    at_limit = 0
    for number, sequence in enumerate(sequences, start=1):
        key = sequence.upper()[:50]
        room = len(counts) < known
        if key in counts:
            counts[key] += 1
        elif room:
            counts[key] = 1
        if room:
            at_limit = number
    return counts, at_limit


def duplication(counts: dict[str, int], at_limit: int, total: int) -> tuple[float, list[float]]:
    """Fraction left without duplicates, percent of reads by level (1 to 9, 10, 51, 101, 501, 1,001, 5,001, 10,001)."""
    left = raw = 0.0
    levels = [0.0] * 16
    for level, number in Counter(counts.values()).items():
        corrected = float(number)
        if at_limit != total and total - number >= at_limit:
            unseen = 1.0
            for read in range(at_limit):
                unseen *= (total - read - level) / (total - read)
                if unseen < 1 - number / (number + 0.01):
                    unseen = 0.0
                    break
            corrected = number / (1 - unseen)
        left += corrected
        raw += corrected * level
        place = sum(level >= first for first in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 51, 101, 501, 1001, 5001, 10001)) - 1
        levels[place] += corrected * level
    return left / raw, [value / raw * 100 for value in levels]


def first_places(sequences: list[str], adapter: str) -> Counter[int]:
    """Position from 0 -> reads whose first occurrence of ``adapter`` is there."""
    return Counter(place for sequence in sequences if (place := sequence.upper().find(adapter)) >= 0)


def words(sequences: list[str]) -> tuple[Counter[tuple[int, str]], dict[str, int]]:
    """(Position, word of 7) -> reads, on every fiftieth read; word -> positions of the read that brought it."""
    counts: Counter[tuple[int, str]] = Counter()
    reach: dict[str, int] = {}
    for sequence in sequences[49::50]:
        text = sequence.upper()[:500]
        for place in range(len(text) - 6):
            word = text[place : place + 7]
            if set(word) <= set("ACGT"):
                counts[place, word] += 1
                reach.setdefault(word, len(text) - 6)
    return counts, reach


def gc_model(sequences: list[str]) -> list[float]:
    """Reads at 0, 1, ... 100 % GC."""
    found = [0.0] * 101
    models: dict[int, Any] = {}
    for sequence in sequences:
        size = len(sequence)
        size = size // 1000 * 1000 if size > 1000 else size // 100 * 100 if size > 100 else size
        if not size:
            continue
        if size not in models:
            touched = [_touched(content, size) for content in range(size + 1)]
            models[size] = touched, Counter(percent for percents in touched for percent in percents)
        touched, claims = models[size]
        text = sequence[:size].upper()
        for percent in touched[text.count("G") + text.count("C")]:
            found[percent] += 1 / claims[percent]
    return found


def _touched(content: int, size: int) -> range:
    low, high = max(content - 0.5, 0.0), min(content + 0.5, size)
    return range(floor(low * 100 / size + 0.5), floor(high * 100 / size + 0.5) + 1)
