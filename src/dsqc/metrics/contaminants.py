"""Technical sequences: dsqc's tables of them, and which one an overrepresented sequence is."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

RUN = 10
"""A hit is longer than 20 letters with at most one mismatch, so so many of its letters in a row agree."""
SHORTEST_HIT = 21
SHORT_QUERY = range(8, 20)
"""Sequences of these lengths are a hit where they stand in a technical sequence letter by letter."""

_COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A row of ``schemas/sequences/adapters.tsv``."""

    name: str
    sequence: str
    in_fastqc: bool
    is_adapter: bool


@dataclass(frozen=True, slots=True)
class _Strand:
    """One strand of a technical sequence."""

    name: str
    text: str
    in_fastqc: bool


@dataclass(frozen=True, slots=True)
class _Hit:
    length: int
    percent: int

    def better_than(self, other: "_Hit | None") -> bool:
        return other is None or (self.length, self.percent) > (other.length, other.percent)


@cache
def adapters() -> tuple[Adapter, ...]:
    """The adapters that are looked for in every read, FastQC's first."""
    return tuple(
        Adapter(row["name"], row["sequence"], row["fastqc"] == "1", row["adapter"] == "1")
        for row in rows_of("adapters.tsv")
    )


@cache
def source_of(sequence: str, *, as_fastqc: bool = False) -> str:
    """What ``sequence`` probably is, ``name (97% over 36bp)``; empty where nothing is known.

    The rules are those of FastQC 0.12.1: either strand, at least 21 letters with at most one mismatch, the longest
    stretch wins, the earlier of equals in the table; sequences of 8 to 19 letters must stand in it whole.

    Args:
        sequence: upper case letters.
        as_fastqc: look only at what FastQC knows too.
    """
    best: _Hit | None = None
    name = ""
    diagonals = _diagonals(sequence)
    for number, strand in enumerate(_strands()):
        found: _Hit | None = None
        if as_fastqc and not strand.in_fastqc:
            continue
        if len(sequence) in SHORT_QUERY and sequence in strand.text:
            found = _Hit(len(sequence), 100)
        for offset in diagonals.get(number, ()):
            hit = _along(strand.text, sequence, offset)
            if hit and (found is None or hit.length > found.length):
                found = hit
        if found and (best is None or found.length > best.length):
            best, name = found, strand.name
    return f"{name} ({best.percent}% over {best.length}bp)" if best else ""


def _along(technical: str, sequence: str, offset: int) -> _Hit | None:
    """The best stretch where letter i of ``technical`` lies on letter i + ``offset`` of ``sequence``.

    A stretch goes to its last agreeing letter before a second mismatch; the next begins behind that mismatch.
    """
    best: _Hit | None = None
    start = max(-offset, 0)
    end = mismatches = 0
    for index in range(start, min(len(technical), len(sequence) - offset)):
        if technical[index] == sequence[index + offset]:
            end = index
            continue
        mismatches += 1
        if mismatches > 1:
            best = _better(best, start, end, 1)
            start = end = index + 1
            mismatches = 0
    return _better(best, start, end, mismatches)


def _better(best: _Hit | None, start: int, end: int, mismatches: int) -> _Hit | None:
    length = 1 + end - start
    if length < SHORTEST_HIT:
        return best
    hit = _Hit(length, (length - mismatches) * 100 // length)
    return hit if hit.better_than(best) else best


def _diagonals(sequence: str) -> dict[int, list[int]]:
    """Strand -> offsets, ascending, at which it shares ten letters in a row with ``sequence``."""
    found: dict[int, set[int]] = defaultdict(set)
    index = _index()
    for at in range(len(sequence) - RUN + 1):
        for number, place in index.get(sequence[at : at + RUN], ()):
            offset = at - place
            if 20 - len(_strands()[number].text) <= offset < len(sequence) - 20:
                found[number].add(offset)
    return {number: sorted(offsets) for number, offsets in found.items()}


@cache
def _strands() -> tuple[_Strand, ...]:
    """Both strands of every technical sequence, in the order of the table."""
    strands = []
    for row in rows_of("contaminants.tsv"):
        text, in_fastqc = row["sequence"], row["fastqc"] == "1"
        strands.append(_Strand(row["name"], text, in_fastqc))
        strands.append(_Strand(row["name"], text[::-1].translate(_COMPLEMENT), in_fastqc))
    return tuple(strands)


@cache
def _index() -> dict[str, list[tuple[int, int]]]:
    """Ten letters -> where they stand: strand and place."""
    index: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, strand in enumerate(_strands()):
        for place in range(len(strand.text) - RUN + 1):
            index[strand.text[place : place + RUN]].append((number, place))
    return dict(index)


def rows_of(name: str) -> list[dict[str, str]]:
    """Rows of a table of ``schemas/sequences``; lines with ``#`` are comments."""
    text = files("dsqc.schemas").joinpath("sequences", name).read_text(encoding="utf-8")
    heading, *lines = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return [dict(zip(heading, line, strict=True)) for line in lines]
