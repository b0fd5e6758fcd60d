"""Which assembly the @SQ lines of a header list: by their digests, else by their lengths."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from dsqc.metrics.contaminants import rows_of

_PATCH = re.compile(r"p\d{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Assembly:
    """A known assembly.

    Attributes:
        name: as its makers call it (``GRCh38``).
        alias: UCSC's or another usual name (``hg38``).
        taxonomy_id: of its organism.
    """

    name: str
    alias: str
    taxonomy_id: int


@dataclass(frozen=True, slots=True)
class Match:
    """What a header told.

    Attributes:
        assembly: the assembly most of whose bases it lists.
        basis: ``m5`` where a digest agrees, ``lengths`` where lengths that no other known assembly has do.
        number: @SQ lines that agree with it.
    """

    assembly: Assembly
    basis: str
    number: int


def match_assembly(lines: Sequence[Mapping[str, Any]]) -> Match | None:
    """The assembly of the @SQ lines; None where none is known.

    A line tells by its M5, or by a length that one assembly alone has; lines that tell nothing (decoys, contigs,
    another mitochondrion) do not count against it. Of several the one with the most bases is meant: the host of a
    virus, not the virus.
    """
    bases: Counter[Assembly] = Counter()
    numbers: Counter[Assembly] = Counter()
    proven: set[Assembly] = set()
    for line in lines:
        digest, length = str(line.get("M5", "")).lower(), _length(line)
        assembly = _by_digest().get(digest) if digest else None
        if assembly is not None:
            proven.add(assembly)
        elif not (digest and digest in _by_digest()):
            assembly = _by_length().get(length)
        if assembly is not None:
            bases[assembly] += length
            numbers[assembly] += 1
    if not bases:
        return None
    best = max(bases, key=lambda item: (bases[item], item.name))
    return Match(best, "m5" if best in proven else "lengths", numbers[best])


def assembly_named(text: str) -> Assembly | None:
    """The assembly that ``text`` names (``hg38``, ``GRCh38.p14``, ``T2T-CHM13v2.0``); None where it is not known."""
    wanted = _plain(text)
    for key, assembly in _by_name().items():
        if wanted == key or (wanted.startswith(key) and _PATCH.fullmatch(wanted, len(key))):
            return assembly
    return None


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _length(line: Mapping[str, Any]) -> int:
    text = str(line.get("LN", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0


@cache
def _table() -> tuple[tuple[Assembly, str, int, str], ...]:
    """Assembly, name of the sequence, its length, its digest."""
    return tuple(
        (
            Assembly(row["assembly"], row["alias"], int(row["taxonomy_id"])),
            row["sequence"],
            int(row["length"]),
            row["m5"],
        )
        for row in rows_of("assemblies.tsv")
    )


@cache
def _by_digest() -> dict[str, Assembly]:
    return {digest: assembly for assembly, _, _, digest in _table() if digest}


@cache
def _by_length() -> dict[int, Assembly]:
    """Assemblies by lengths that they alone have."""
    found: dict[int, set[Assembly]] = defaultdict(set)
    for assembly, _, length, _ in _table():
        found[length].add(assembly)
    return {length: next(iter(those)) for length, those in found.items() if len(those) == 1}


@cache
def _by_name() -> dict[str, Assembly]:
    known = {_plain(name): assembly for assembly, _, _, _ in _table() for name in (assembly.name, assembly.alias)}
    human = {item.name: item for item in known.values()}
    further = {"b37": "GRCh37", "hs37d5": "GRCh37", "g1kv37": "GRCh37", "humang1kv37": "GRCh37", "hs38": "GRCh38"}
    further |= {"b38": "GRCh38", "hs38dh": "GRCh38", "chm13v2": "T2T-CHM13v2.0", "t2tchm13v2": "T2T-CHM13v2.0"}
    further |= {"nc0455122": "MN908947.3", "tair": "TAIR10", "rapdb": "IRGSP-1.0", "irgsp1": "IRGSP-1.0"}
    return known | {name: human[assembly] for name, assembly in further.items()}
