"""The header of SAM, BAM and CRAM: text to fields, with its own faults (rule DSQC-D019)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dsqc.formats import texts
from dsqc.formats.texts import Phrase, fill

_TYPE = re.compile(r"@(HD|SQ|RG|PG|[A-Za-z]{2})\t?")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9]:.*")
_NEEDS = {"HD": ("VN",), "SQ": ("SN", "LN"), "RG": ("ID",), "PG": ("ID",)}
_UNIQUE = {"SQ": "SN", "RG": "ID", "PG": "ID"}
LONGEST_SEQUENCE = (1 << 31) - 1


@dataclass(slots=True)
class Header:
    """A header's lines by type, as pysam gives them, and what is wrong with them.

    Attributes:
        lines: ``{"HD": {"VN": "1.6", ...}, "SQ": [{"SN": "chr1", "LN": 1000}, ...], "CO": ["text", ...]}``.
        faults: (line number, what was seen, what is allowed).
    """

    lines: dict[str, Any] = field(default_factory=dict)
    faults: list[tuple[int, Phrase, Phrase]] = field(default_factory=list)

    @property
    def references(self) -> list[tuple[str, int]]:
        """Name and length of the reference sequences."""
        return [(row.get("SN", ""), row["LN"]) for row in self.lines.get("SQ", ()) if isinstance(row.get("LN"), int)]

    @property
    def is_grouped_by_name(self) -> bool:
        """Whether all records of a read stand together: sorted or grouped by name."""
        first = self.lines.get("HD", {})
        return bool(first.get("SO") == "queryname" or first.get("GO") == "query")

    @property
    def is_sorted_by_coordinate(self) -> bool:
        """Whether the header states the order of coordinates."""
        return bool(self.lines.get("HD", {}).get("SO") == "coordinate")


def parse_header(text: str) -> Header:
    """Read a header's text; faults are collected, never raised."""
    header = Header()
    seen: set[tuple[str, str]] = set()
    for number, whole in enumerate(text.split("\n"), start=1):  # other line ends of Unicode are text
        line = whole.removesuffix("\r")
        if not line:
            continue
        kind = line[1:3]
        if not _TYPE.match(line):
            header.faults.append((number, line, texts.HEADER_LINE))
        elif kind == "CO":
            header.lines.setdefault("CO", []).append(line[4:])
        else:
            row = _fields(line, number, header)
            header.faults.extend(_check(kind, row, number, seen))
            if kind == "HD":
                header.lines["HD"] = row
            else:
                header.lines.setdefault(kind, []).append(row)
    return header


def _fields(line: str, number: int, header: Header) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for part in line.split("\t")[1:]:
        if not _FIELD.fullmatch(part):
            header.faults.append((number, part, "TAG:VALUE"))
            continue
        row[part[:2]] = part[3:]
    return row


def _check(
    kind: str, row: dict[str, Any], number: int, seen: set[tuple[str, str]]
) -> Iterator[tuple[int, Phrase, Phrase]]:
    for tag in _NEEDS.get(kind, ()):
        if tag not in row:
            yield number, fill(texts.WITHOUT_TAG, kind, tag), fill(texts.TAG_IN_EVERY, tag, kind)
    if kind == "HD" and number > 1:
        yield number, "@HD", texts.HD_FIRST
    if kind in _UNIQUE and _UNIQUE[kind] in row:
        name = (kind, row[_UNIQUE[kind]])
        if name in seen:
            yield number, f"@{kind} {name[1]}", fill(texts.EACH_ONCE, _UNIQUE[kind])
        seen.add(name)
    if kind == "SQ" and "LN" in row:
        length = row["LN"]
        if length.isascii() and length.isdigit() and 1 <= int(length) <= LONGEST_SEQUENCE:
            row["LN"] = int(length)
        else:
            yield number, f"LN:{length}", fill(texts.RANGE, 1, LONGEST_SEQUENCE)
