"""Uncompressed BAM written byte by byte (SAM specification 4.2), with everything that a record may hold."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

REFERENCE = "ACGTTGCAAC" * 40
HEADER = (
    f"@HD\tVN:1.6\tSO:unsorted\n@SQ\tSN:r1\tLN:{len(REFERENCE)}\n@RG\tID:g1\tSM:s\n@RG\tID:g2\tSM:s\n"
    "@PG\tID:maker\tPN:maker\tCL:maker --fast\n@CO\ta comment\n"
)
NAMES = ["RG", "MD", "NM", "XA", "XB", "XC", "XD", "CO", "MQ"]
FASTA = f">r1\n{REFERENCE}\n"


@dataclass(frozen=True)
class Fields:
    """One record; tags as raw bytes, each with name, type and value."""

    name: bytes = b"read"
    flag: int = 4
    reference: int = -1
    position: int = -1
    mapping_quality: int = 0
    bin: int = 4680
    cigar: tuple[int, ...] = ()
    mate_reference: int = -1
    mate_position: int = -1
    template_length: int = 0
    bases: str = "ACGT"
    qualities: bytes | None = b"\x1e\x1e\x1e\x1e"
    tags: tuple[bytes, ...] = field(default=())

    def pack(self) -> bytes:
        """The record's bytes."""
        codes = ["=ACMGRSVTWYHKDBN".index(base) for base in self.bases]
        packed = bytes(one << 4 | two for one, two in zip(codes[::2], [*codes[1::2], 0], strict=False))
        body = struct.pack(
            "<iiBBHHHiiii",
            *(self.reference, self.position, len(self.name) + 1, self.mapping_quality, self.bin, len(self.cigar)),
            *(self.flag, len(self.bases), self.mate_reference, self.mate_position, self.template_length),
        )
        body += self.name + b"\0" + struct.pack(f"<{len(self.cigar)}I", *self.cigar) + packed
        body += b"\xff" * len(self.bases) if self.qualities is None else self.qualities
        body += b"".join(self.tags)
        return struct.pack("<i", len(body)) + body

    def but(self, **changes: Any) -> "Fields":
        """The same with other values."""
        return replace(self, **changes)


def bam_bytes(records: Sequence[Fields], header: str = HEADER, references: Sequence[tuple[str, int]] = ()) -> bytes:
    """A whole BAM, uncompressed; its references are those of ``HEADER`` where none are given."""
    listed = references or ([("r1", len(REFERENCE))] if "@SQ" in header else [])
    text = header.encode()
    data = b"BAM\x01" + struct.pack("<i", len(text)) + text + struct.pack("<i", len(listed))
    for name, length in listed:
        data += struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", length)
    return data + b"".join(record.pack() for record in records)


def tag(name: str, kind: str, value: Any) -> bytes:
    """One tag; of kind B ``value`` is (subtype, numbers)."""
    start = name.encode() + kind.encode()
    if kind in "ZH":
        return start + value.encode() + b"\0"
    if kind == "A":
        return start + value.encode()
    if kind == "B":
        subtype, numbers = value
        return start + subtype.encode() + struct.pack(f"<I{len(numbers)}{_CODES[subtype]}", len(numbers), *numbers)
    return start + struct.pack(f"<{_CODES[kind]}", value)


_CODES = {"c": "b", "C": "B", "s": "h", "S": "H", "i": "i", "I": "I", "f": "f"}
_RANGES = {"c": (-128, 127), "C": (0, 255), "s": (-(2**15), 2**15 - 1), "S": (0, 2**16 - 1)}
_RANGES |= {"i": (-(2**31), 2**31 - 1), "I": (0, 2**32 - 1)}


def _number(kind: str) -> st.SearchStrategy[Any]:
    return st.floats(width=32, allow_nan=False) if kind == "f" else st.integers(*_RANGES[kind])


@st.composite
def tags(draw: st.DrawFn) -> tuple[bytes, ...]:
    """Tags of all types, among them those that CRAM treats apart (RG, MD, NM), in any order."""
    made = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6)):
        if name == "RG":
            made.append(tag(name, "Z", draw(st.sampled_from(["g1", "g2", "g3"]))))
        elif name == "MD":
            made.append(tag(name, "Z", draw(st.sampled_from(["4", "2A1", "10"]))))
        elif name == "NM":
            made.append(tag(name, draw(st.sampled_from("cCsSiI")), draw(st.integers(0, 3))))
        else:
            kind = draw(st.sampled_from("AcCsSiIfZHB"))
            if kind == "A":
                value: Any = draw(st.sampled_from("!aZ~"))
            elif kind == "Z":
                value = draw(st.text(alphabet="ab :\t~", max_size=5))
            elif kind == "H":
                value = draw(st.sampled_from(["", "1AE301"]))
            elif kind == "B":
                subtype = draw(st.sampled_from("cCsSiIf"))
                value = subtype, draw(st.lists(_number(subtype), max_size=4))
            else:
                value = draw(_number(kind))
            made.append(tag(name, kind, value))
    return tuple(made)


@st.composite
def records(draw: st.DrawFn) -> Fields:
    """A record: mapped, unmapped, unmapped with a place, secondary, supplementary, with or without qualities."""
    size = draw(st.integers(0, 12))
    bases = draw(st.text(alphabet="ACGTN", min_size=size, max_size=size) | st.just("ACGTMRWSYKVHDBN"[:size]))
    qualities = draw(st.none() | st.binary(min_size=size, max_size=size).map(lambda q: bytes(x % 94 for x in q)))
    placed = draw(st.booleans())
    mapped = placed and size > 0 and draw(st.booleans())
    position = draw(st.integers(0, 300)) if placed else -1
    flag = draw(st.sampled_from([0, 16, 256, 2048, 1024, 1 | 64, 1 | 128 | 2, 1 | 8 | 64, 512])) | (0 if mapped else 4)
    paired = flag & 1 and placed
    return Fields(
        name=draw(st.sampled_from([b"r", b"a/1", b"pair:7", b"x" * 254])),
        flag=flag,
        reference=0 if placed else -1,
        position=position,
        mapping_quality=draw(st.sampled_from([0, 60, 255])),
        bin=draw(st.sampled_from([4680, 4681, 0])),
        cigar=draw(st.sampled_from([(size << 4,), (size << 4 | 7,), (size << 4 | 8,)])) if mapped else (),
        mate_reference=0 if paired else -1,
        mate_position=draw(st.integers(0, 300)) if paired else -1,
        template_length=draw(st.sampled_from([0, 40, -40])) if paired else 0,
        bases=bases,
        qualities=qualities if size else b"",
        tags=draw(tags()),
    )
