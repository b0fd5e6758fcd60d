"""CRAM containers and blocks, proven by their checksums (CRAM specification 3, sections 6 to 8); records by htslib."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, Protocol

from isal import isal_zlib

from dsqc.formats import texts
from dsqc.formats.stored import Damage, StoredBytes
from dsqc.formats.texts import Phrase, fill

_EOF_START = 4542278  # "EOF" as a number: the start position that marks the end container
_LONGEST_CONTAINER = 1 << 30


@dataclass(slots=True)
class CramProof:
    """What was seen of the containers.

    Attributes:
        members: containers that were whole.
        end_marker: the last one is the end container.
        records: records up to here, as the containers count them.
    """

    members: int = 0
    end_marker: bool = False
    records: int = 0


def _cut(stored: "_Bytes", inside: Phrase) -> Damage:
    return Damage("DSQC-D029", stored.offset, fill(texts.CUT_INSIDE, inside), texts.WHOLE_FILE)


class Container(NamedTuple):
    """What a container's header says.

    Attributes:
        length: bytes of its content.
        blocks: blocks in it.
        end: where it ends.
        is_end: it is the end container.
        records: records in it.
        before: records before it.
    """

    length: int
    blocks: int
    end: int
    is_end: bool
    records: int
    before: int


class _Bytes(Protocol):
    """Where a container header is read from."""

    @property
    def offset(self) -> int: ...

    def take(self, size: int) -> bytes | memoryview: ...


class _Walk:
    """Numbers of one container header, and the bytes that they were read from."""

    def __init__(self, stored: _Bytes) -> None:
        self._stored = stored
        self.start = stored.offset
        self.raw = bytearray()

    def take(self, size: int) -> bytes:
        found = bytes(self._stored.take(size))
        self.raw += found
        if len(found) < size:
            raise _cut(self._stored, texts.CRAM_CONTAINER)
        return found

    def itf8(self) -> int:
        """A number of 1 to 5 bytes (CRAM specification 2.3); signed 32 bit."""
        first = self.take(1)[0]
        value = _itf8(first, self.take(_more_bytes(first, 4)))
        return value - (1 << 32) if value >= 1 << 31 else value

    def ltf8(self) -> int:
        """A number of 1 to 9 bytes (CRAM specification 2.3)."""
        first = self.take(1)[0]
        rest = self.take(_more_bytes(first, 8))
        return (first & (0x7F >> len(rest))) << (8 * len(rest)) | int.from_bytes(rest, "big")


def _more_bytes(first: int, most: int) -> int:
    """How many bytes follow the first of a number: as many as its leading ones, at most ``most``."""
    more = 0
    while more < most and first & (0x80 >> more):
        more += 1
    return more


def _itf8(first: int, rest: bytes) -> int:
    """The number of 1 to 5 bytes (CRAM specification 2.3), unsigned."""
    if len(rest) == 4:
        return (first & 15) << 28 | int.from_bytes(rest[:3], "big") << 4 | rest[3] & 15
    return (first & (0x7F >> len(rest))) << (8 * len(rest)) | int.from_bytes(rest, "big")


def cram_blocks(stored: StoredBytes, proof: CramProof) -> Iterator[bytes]:
    """The stored bytes of a CRAM, container by container, each proven by its checksums.

    Raises:
        Damage: DSQC-D029 for a cut or damaged container, or a missing end container.
    """
    definition = bytes(stored.take(26))
    if len(definition) < 26:
        raise _cut(stored, texts.FIRST_BYTES)
    major = definition[4]
    if major not in (2, 3):
        version = fill(texts.CRAM_VERSION, f"{major}.{definition[5]}")
        raise Damage("DSQC-D029", 4, version, texts.CRAM_VERSIONS)
    yield definition
    while True:
        walk = _Walk(stored)
        if not (first := stored.take(1)):
            break
        stored.give_back(first)
        if proof.end_marker:
            raise Damage("DSQC-D029", walk.start, texts.BEHIND_END_CONTAINER, texts.NOTHING_BEHIND_IT)
        content = _container(stored, walk, proof, checked=major >= 3)
        proof.members += 1
        yield bytes(walk.raw)
        yield content
    if not proof.end_marker:
        raise Damage("DSQC-D029", stored.offset, texts.END_CONTAINER_MISSING, texts.END_CONTAINER)


def container_at(file: BinaryIO, offset: int) -> Container | None:
    """The container that begins at ``offset`` of a CRAM 3; None where none does."""
    file.seek(offset)
    walk = _Walk(_Place(file, offset))
    try:
        return _header(walk, checked=True)
    except Damage:
        return None


class _Place:
    """A place in a file, for one container header."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        self.offset = offset

    def take(self, size: int) -> bytes:
        found = self._file.read(size)
        self.offset += len(found)
        return found


def _header(walk: _Walk, *, checked: bool) -> Container:
    """The header of a container (CRAM specification 3, section 7), proven by its CRC where it has one."""
    length = int.from_bytes(walk.take(4), "little", signed=True)
    reference, start, _span, records = (walk.itf8() for _ in range(4))
    before = walk.ltf8() if checked else walk.itf8()
    walk.ltf8()
    blocks = walk.itf8()
    landmarks = walk.itf8()
    if not 0 <= length <= _LONGEST_CONTAINER or not 0 <= landmarks <= length + 1 or blocks < 0:
        raise Damage("DSQC-D029", walk.start, texts.SENSELESS_CONTAINER, texts.CRAM_CONTAINER)
    for _ in range(landmarks):
        walk.itf8()
    if checked:
        found = isal_zlib.crc32(bytes(walk.raw))
        _compare(walk.start, texts.CONTAINER_HEADER, found, walk.take(4))
    is_end = reference == -1 and start == _EOF_START and records == 0
    return Container(length, blocks, walk.start + len(walk.raw) + length, is_end, records, before)


def _container(stored: StoredBytes, walk: _Walk, proof: CramProof, *, checked: bool) -> bytes:
    header = _header(walk, checked=checked)
    _check_count(walk.start, header, proof)
    at = stored.offset
    content = bytes(stored.take(header.length))
    if len(content) < header.length:
        raise _cut(stored, texts.CRAM_CONTAINER)
    needed = _check_blocks(content, at, header.blocks, checked=checked)
    if not checked and needed > header.length:
        content += bytes(stored.take(needed - header.length))
    proof.end_marker = header.is_end
    return content


def _check_count(start: int, header: Container, proof: CramProof) -> None:
    """A container counts the records before it: a larger count than was seen says that some were taken out.

    Files that were joined begin to count anew, which is no fault.
    """
    if not header.records:
        return
    if header.before > proof.records:
        value = fill(texts.RECORDS_SEEN, proof.records)
        raise Damage("DSQC-D029", start, value, fill(texts.RECORDS_COUNTED, header.before))
    proof.records = header.before + header.records


def _check_blocks(content: bytes, at: int, blocks: int, *, checked: bool) -> int:
    """Follow the blocks of a container, and say how long they are; padding may follow them.

    The header container of a CRAM 2.1 by htslib is 2 bytes longer than it states; so much is allowed there.
    """
    limit = len(content) + (0 if checked else 2)
    position = 0
    for _ in range(blocks):
        begin = position
        position += 2
        size = 0
        for field in range(3):
            value, position = itf8_at(content, position)
            size = value if field == 1 else size
        position += size
        end = position + 4 * checked
        if end > limit:
            raise Damage("DSQC-D029", at + begin, texts.LEAVING_BLOCK, texts.CRAM_BLOCK)
        if checked:
            _compare(at + begin, texts.BLOCK, isal_zlib.crc32(content[begin:position]), content[position:end])
        position = end
    return position


def itf8_at(content: bytes, position: int) -> tuple[int, int]:
    """The number at ``position``, and where it ends; zeros stand for what is not there."""
    first = content[position] if position < len(content) else 0
    end = position + 1 + _more_bytes(first, 4)
    return _itf8(first, content[position + 1 : end].ljust(end - position - 1, b"\0")), end


def _compare(at: int, what: Phrase, found: int, stated: bytes) -> None:
    number = int.from_bytes(stated, "little")
    if found != number:
        value = fill(texts.CRC_IS, what, f"{found:08x}")
        raise Damage("DSQC-D029", at, value, fill(texts.FILE_STATES, f"{number:08x}"))
