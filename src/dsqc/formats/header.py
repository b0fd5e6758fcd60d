"""The header of SAM, BAM and CRAM: text to fields, with its own faults (SAM specification 1.3; rule DSQC-D019)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dsqc.formats import texts
from dsqc.formats.texts import Phrase, fill, one_of

_TYPE = re.compile(r"@(HD|SQ|RG|PG|[A-Za-z]{2})\t?")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9]:.*")
_NEEDS = {"HD": ("VN",), "SQ": ("SN", "LN"), "RG": ("ID",), "PG": ("ID",)}
_UNIQUE = {"SQ": "SN", "RG": "ID", "PG": "ID"}
LONGEST_SEQUENCE = (1 << 31) - 1
_ORDERS = ("unknown", "unsorted", "queryname", "coordinate")
_GROUPINGS = ("none", "query", "reference")
_PLATFORMS = [
    *("CAPILLARY", "DNBSEQ", "ELEMENT", "HELICOS", "ILLUMINA", "IONTORRENT"),
    *("LS454", "ONT", "PACBIO", "SINGULAR", "SOLID", "ULTIMA"),
]
_FORMS = {
    ("HD", "SO"): (re.compile("|".join(_ORDERS)), one_of(list(_ORDERS))),
    ("SQ", "M5"): (re.compile(r"[0-9A-Fa-f]{32}"), texts.MD5_DIGITS),
}
"""What must hold: errors."""
_TOLERATED = {
    ("HD", "VN"): (re.compile(r"[0-9]+\.[0-9]+"), texts.VERSION),
    ("HD", "GO"): (re.compile("|".join(_GROUPINGS)), one_of(list(_GROUPINGS))),
    ("HD", "SS"): (re.compile(r"(coordinate|queryname|unsorted)(:[A-Za-z0-9_-]+)+"), texts.SUB_ORDER),
    ("SQ", "SN"): (re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*"), texts.SEQUENCE_NAME),
    ("SQ", "TP"): (re.compile("linear|circular"), one_of(["linear", "circular"])),
    ("RG", "PL"): (re.compile("|".join(_PLATFORMS), re.IGNORECASE), one_of(_PLATFORMS)),
}
"""What readers get over: warnings."""


@dataclass(slots=True)
class Header:
    """A header's lines by type, as pysam gives them, and what is wrong with them.

    Attributes:
        lines: ``{"HD": {"VN": "1.6", ...}, "SQ": [{"SN": "chr1", "LN": 1000}, ...], "CO": ["text", ...]}``.
        faults: (line number, what was seen, what is allowed).
        remarks: (rule, line number, what was seen, what is allowed) of what is worth a warning only.
    """

    lines: dict[str, Any] = field(default_factory=dict)
    faults: list[tuple[int, Phrase, Phrase]] = field(default_factory=list)
    remarks: list[tuple[str, int, Phrase, Phrase]] = field(default_factory=list)

    @property
    def references(self) -> list[tuple[str, int]]:
        """Name and length of the reference sequences."""
        return [(row.get("SN", ""), row["LN"]) for row in self.lines.get("SQ", ()) if isinstance(row.get("LN"), int)]

    @property
    def circular(self) -> list[bool]:
        """Which of :attr:`references` are circular."""
        return [row.get("TP") == "circular" for row in self.lines.get("SQ", ()) if isinstance(row.get("LN"), int)]

    @property
    def read_groups(self) -> list[str]:
        """Names of the read groups."""
        return [row["ID"] for row in self.lines.get("RG", ()) if "ID" in row]

    @property
    def order_of_names(self) -> str | None:
        """``natural``, ``lexicographical`` or ``""`` (either) where the header states an order of names; else None."""
        first = self.lines.get("HD", {})
        if first.get("SO") != "queryname":
            return None
        parts = str(first.get("SS", "")).split(":")
        return parts[1] if len(parts) > 1 and parts[1] in ("natural", "lexicographical") else ""

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
    programs: list[tuple[int, dict[str, Any]]] = []
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
            header.remarks.extend(_remarks(kind, row, number))
            if kind == "HD":
                header.lines["HD"] = row
            else:
                header.lines.setdefault(kind, []).append(row)
                if kind == "PG":
                    programs.append((number, row))
    header.faults.extend(_check_programs(programs))
    return header


def _fields(line: str, number: int, header: Header) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for part in line.split("\t")[1:]:
        if not _FIELD.fullmatch(part):
            header.faults.append((number, part, "TAG:VALUE"))
            continue
        if part[:2] in row:
            header.faults.append((number, part, texts.TAG_ONCE))
        row[part[:2]] = part[3:]
    return row


def _check(
    kind: str, row: dict[str, Any], number: int, seen: set[tuple[str, str]]
) -> Iterator[tuple[int, Phrase, Phrase]]:
    for tag in _NEEDS.get(kind, ()):
        if tag not in row:
            yield number, fill(texts.WITHOUT_TAG, kind, tag), fill(texts.TAG_IN_EVERY, tag, kind)
    for (of, tag), (pattern, expected) in _FORMS.items():
        if of == kind and tag in row and not pattern.fullmatch(row[tag]):
            yield number, f"{tag}:{row[tag]}", expected
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


def _remarks(kind: str, row: dict[str, Any], number: int) -> Iterator[tuple[str, int, Phrase, Phrase]]:
    for (of, tag), (pattern, expected) in _TOLERATED.items():
        if of == kind and tag in row and not pattern.fullmatch(row[tag]):
            yield "DSQC-D019", number, f"{tag}:{row[tag]}", expected
    if kind == "HD" and "SS" in row and row.get("SO") != row["SS"].split(":")[0]:
        yield "DSQC-D019", number, f"SO:{row.get('SO', '')} SS:{row['SS']}", texts.SAME_ORDER
    if kind == "RG" and "SM" not in row:
        yield "DSQC-D020", number, fill(texts.WITHOUT_TAG, f"RG {row.get('ID', '')}", "SM"), texts.SAMPLE_NAME


def _check_programs(programs: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, Phrase, Phrase]]:
    """Each PP names another @PG, and the chains have an end."""
    before = {row["ID"]: row.get("PP") for _number, row in programs if "ID" in row}
    ended: set[str] = set()
    for number, row in programs:
        if "PP" in row and row["PP"] not in before:
            yield number, f"PP:{row['PP']}", texts.KNOWN_PROGRAM
        chain: list[str] = []
        name = row.get("ID")
        while name is not None and name in before and name not in ended and name not in chain:
            chain.append(name)
            name = before[name]
        if name in chain:
            yield number, fill(texts.PROGRAM_CIRCLE, str(name)), texts.PROGRAM_CHAIN
        ended.update(chain)
