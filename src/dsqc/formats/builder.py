"""SAM text to BAM records (SAM specification 4.2), so that one kernel walks the records of every format."""

import re
import struct
from collections.abc import Mapping, Sequence

_LETTERS = b"=ACMGRSVTWYHKDBN"
_CODES = bytes(
    _LETTERS.find(bytes([letter]).upper()) if bytes([letter]).upper() in _LETTERS else 15 for letter in range(256)
)
_OPERATION = re.compile(rb"([0-9]+)([MIDNSHPX=])")
_OPERATIONS = b"MIDNSHP=X"
_MOST_OPERATIONS = 65535
_MISSING_QUALITY = b"\xff"
_FROM_CHARACTERS = bytes(max(value - 33, 0) for value in range(256))
_ARRAY = {b"c": "b", b"C": "B", b"s": "h", b"S": "H", b"i": "i", b"I": "I", b"f": "f"}


def encode(fields: Sequence[bytes], references: Mapping[bytes, int]) -> bytes:
    """One BAM record, with its size in front, of the fields of a SAM line that hold (:mod:`dsqc.formats.sam`).

    Letters that BAM does not know become N; a CIGAR of more than 65,535 operations goes to the tag CG.

    Args:
        references: row of each reference; a name that is not there becomes the row behind the last.

    Raises:
        struct.error, ValueError: a number does not fit its field.
    """
    name, flag, reference, position, mapping, cigar, mate, mate_position, template = fields[:9]
    bases = b"" if fields[9] == b"*" else fields[9]
    row = _row(reference, references)
    operations = [int(number) << 4 | _OPERATIONS.index(kind) for number, kind in _OPERATION.findall(cigar)]
    tags = b"".join(map(encode_tag, fields[11:]))
    start = int(position) - 1
    if len(operations) > _MOST_OPERATIONS:
        tags += b"CGBI" + struct.pack(f"<I{len(operations)}I", len(operations), *operations)
        operations = [len(bases) << 4 | 4, _span(operations) << 4 | 3]
    if fields[10] == b"*":  # as htslib: never the one quality of a single base
        qualities = _MISSING_QUALITY * len(bases)
    else:
        qualities = fields[10].translate(_FROM_CHARACTERS) if bases else b""
    head = struct.pack(
        "<iiBBHHHiiii",
        row,
        start,
        len(name) + 1,
        int(mapping),
        _bin(start, start + max(_span(operations), 1)),
        len(operations),
        int(flag),
        len(bases),
        row if mate == b"=" else _row(mate, references),
        int(mate_position) - 1,
        int(template),
    )
    words = struct.pack(f"<{len(operations)}I", *operations)
    body = b"".join((head, name, b"\0", words, _pack(bases), qualities, tags))
    return struct.pack("<i", len(body)) + body


def encode_tag(tag: bytes) -> bytes:
    """A tag ``XY:T:VALUE`` as BAM stores it; numbers as 32 bits.

    Raises:
        struct.error, ValueError: the value is not of its type.
    """
    name, kind, value = tag[:2], tag[3:4], tag[5:]
    if kind == b"i":
        number = int(value)
        return name + (struct.pack("<ci", b"i", number) if number < 1 << 31 else struct.pack("<cI", b"I", number))
    if kind == b"f":
        return name + struct.pack("<cf", b"f", float(value))
    if kind == b"B":
        parts = value.split(b",")
        code = _ARRAY[parts[0]]
        numbers = [float(part) if code == "f" else int(part) for part in parts[1:]]
        return name + b"B" + parts[0] + struct.pack(f"<I{len(numbers)}{code}", len(numbers), *numbers)
    return name + kind + value + (b"" if kind == b"A" else b"\0")


def _row(name: bytes, references: Mapping[bytes, int]) -> int:
    return -1 if name == b"*" else references.get(name, len(references))


def _pack(bases: bytes) -> bytes:
    """Two bases a byte."""
    codes = bases.translate(_CODES) + b"\0" * (len(bases) & 1)
    return bytes.fromhex(codes.hex()[1::2])


def _span(operations: Sequence[int]) -> int:
    """Reference bases that a CIGAR covers (M D N = X)."""
    return sum(word >> 4 for word in operations if word & 15 in (0, 2, 3, 7, 8))


def _bin(start: int, end: int) -> int:
    """The smallest bin that holds the alignment (SAM specification 5.3)."""
    end -= 1
    for shift, first in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        if start >> shift == end >> shift:
            return first + (start >> shift) & 0xFFFF
    return 0
