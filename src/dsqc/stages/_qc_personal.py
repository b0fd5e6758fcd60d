"""DSQC-H008: what points at a person in the header of an alignment file or in the name lines of FASTQ."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dsqc.findings import Finding, Location
from dsqc.formats import ReadBatch
from dsqc.formats.texts import tell
from dsqc.language import Text

CODE = "DSQC-H008"
FIRST_READS = 1_000
"""Reads whose name lines are looked at: who writes a person into comments writes it into all of them."""
LINES = ("RG", "PG")
"""Header lines with fields; ``CO`` is text as a whole."""
NO_PERSON = Text("no person", "개인 식별정보 없음")
_NUMBER = re.compile(r"[^\x00-\x7f]|.@|(?<!\d)01[016789][- .]?\d{3}|\+82|\d{6} ?-? ?\d{7}")
"""What a text needs to hold a number, an address or a name in Hangul."""
_LETTERS = re.compile(r"[A-Za-z](?:[ _.,-]{0,2}[A-Za-z]){4,}")
"""Letters that may be a name: a family name and two syllables have five or more."""
_INDEX = re.compile(r"[ACGTN]{5,}(?:[-_][ACGTN]{5,})*")
"""Index sequences, as Illumina's comments have them: no name."""


class PersonalCheck:
    """Collects what the first reads and the header say, each different text once."""

    def __init__(self, name: str, *, aligned: bool) -> None:
        self._name = name
        self._aligned = aligned
        self._found: dict[str, int] = {}

    def add(self, batch: ReadBatch) -> None:
        """Look at the name lines of those of the first reads that are in ``batch``; alignments have no comments."""
        if self._aligned or batch.first_record > FIRST_READS:
            return
        lines = [batch.name(row) for row in range(min(len(batch), FIRST_READS + 1 - batch.first_record))]
        comments = [line.partition(" ")[2] or line.partition("\t")[2] for line in lines]
        if not may_point_at_people("\n".join(lines), "\n".join(comments)):
            return
        for row, (line, comment) in enumerate(zip(lines, comments, strict=True)):
            for masked in _masked(line, comment):
                self._found.setdefault(masked, batch.first_record + row)

    @property
    def found(self) -> dict[str, int]:
        """Each different text, masked, with the record where it stands first."""
        return self._found

    def take(self, found: Mapping[str, int]) -> None:
        """Take over what was found in the part of the file that follows."""
        for masked, record in found.items():
            self._found.setdefault(masked, record)

    def findings(self, header: Mapping[str, Any]) -> Iterator[Finding]:
        """One finding for each different text; with the record where it stands in a read's name line."""
        for masked, record in self._found.items():
            yield tell(CODE, Location(path=self._name, record=record), masked, NO_PERSON)
        for shown in dict.fromkeys(_in_header(header)):
            yield tell(CODE, Location(path=self._name), shown, NO_PERSON)


def may_point_at_people(text: str, words: str) -> bool:
    """A glance that dismisses most files, whose reader then needs no lists of names.

    Args:
        text: what may hold numbers and addresses.
        words: the part of it that may hold names.
    """
    if _NUMBER.search(text) is not None:
        return True
    return any(_INDEX.fullmatch(letters) is None for letters in _LETTERS.findall(words))


def _in_header(header: Mapping[str, Any]) -> Iterator[str]:
    for comment in header.get("CO", ()):
        for masked in _masked(str(comment), str(comment)):
            yield f"@CO {masked}"
    for kind in LINES:
        for fields in header.get(kind, ()):
            for tag, value in fields.items():
                for masked in _masked(str(value), str(value)):
                    yield f"@{kind} {tag}:{masked}"


def _masked(text: str, words: str) -> Iterator[str]:
    """What is found, masked: sure numbers and addresses anywhere in ``text``, names of people in ``words``."""
    if not may_point_at_people(text, words):
        return
    from dsqc.personal import identifiers, names  # which read lists of names

    for seen in identifiers(text):
        if seen.sure:
            yield seen.masked
    for seen in names(words) if words else ():
        yield seen.masked
