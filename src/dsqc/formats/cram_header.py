"""The header of a CRAM on its way to htslib: without the places where the writer's reference lay.

htslib opens what ``UR`` of an @SQ line names, and writes an index beside it. The result would depend on the machine,
and a file from outside would choose what is opened on ours. So the tag is renamed; its value stays in the header.
"""

import zlib
from collections.abc import Iterator

from dsqc.formats.cram_container import itf8_at

SHOWN_PLACE, HIDDEN_PLACE = b"\tUR:", b"\tuR:"
_RAW, _GZIP = 0, 1
_LONGEST_HEADER = 1 << 28


def without_places(blocks: Iterator[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """Pass on a CRAM's definition and containers, with UR renamed in the first one."""
    definition = bytes(next(blocks, b""))
    yield definition
    head, content = bytes(next(blocks, b"")), bytes(next(blocks, b""))
    if content:
        head, content = _renamed(head, content, checked=definition[4] >= 3)
    yield head
    yield content
    yield from blocks


def with_places(text: str) -> str:
    """The header's text as it stands in the file."""
    return text.replace(HIDDEN_PLACE.decode(), SHOWN_PLACE.decode())


def _renamed(head: bytes, content: bytes, *, checked: bool) -> tuple[bytes, bytes]:
    """Container header and content (CRAM specification 3, sections 7 to 9) with the text changed.

    A text compressed with gzip is stored uncompressed. Of one that cannot be read nothing is passed on: htslib then
    reports an unreadable file.
    """
    method = content[0]
    _identity, at = itf8_at(content, 2)
    size, at = itf8_at(content, at)
    plain_size, at = itf8_at(content, at)
    start, data, rest = content[:at], content[at : at + size], content[at + size + 4 * checked :]
    if method == _GZIP and 0 < plain_size <= _LONGEST_HEADER:
        try:
            data = zlib.decompressobj(wbits=31).decompress(data, plain_size)
        except zlib.error:
            return head, b""
        start = bytes([_RAW]) + content[1:2] + b"\0" + 2 * _itf8(len(data))
    elif method != _RAW:
        return head, b""
    block = start + data.replace(SHOWN_PLACE, HIDDEN_PLACE)
    if checked:
        block += zlib.crc32(block).to_bytes(4, "little")
    changed = block + rest
    length = int.from_bytes(head[:4], "little") + len(changed) - len(content)
    head = length.to_bytes(4, "little") + head[4:]
    if checked:
        head = head[:-4] + zlib.crc32(head[:-4]).to_bytes(4, "little")
    return head, changed


def _itf8(value: int) -> bytes:
    """A number as CRAM stores it (specification 2.3), as short as can be: htslib counts with that."""
    for more in range(4):
        if value < 1 << (7 * (more + 1)):
            marked = value | (0xFF00 >> more & 0xFF) << (8 * more)
            return marked.to_bytes(more + 1, "big")
    return bytes([0xF0 | value >> 28, value >> 20 & 255, value >> 12 & 255, value >> 4 & 255, value & 15])
