"""gzip and BGZF (RFC 1952; SAM specification 4.1): every member inflated and proven by its CRC32 and length."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from isal import igzip_lib, isal_zlib

from dsqc.formats import texts
from dsqc.formats.inflate import IsalError, new_inflater
from dsqc.formats.isal_library import Functions, isal_functions
from dsqc.formats.room import Room
from dsqc.formats.stored import Damage, StoredBytes
from dsqc.formats.texts import Phrase, fill
from dsqc.kernels import bgzf

_MAGIC = b"\x1f\x8b"
_HAS_HEADER_CRC, _HAS_EXTRA, _HAS_NAME, _HAS_COMMENT, _RESERVED = 2, 4, 8, 16, 0xE0
_LONGEST_TEXT = 1 << 16
_EMPTY_DEFLATE = b"\x03\x00"
_BGZF_START = b"\x1f\x8b\x08\x04"
_BGZF_FIELD = b"\x06\x00BC\x02\x00"


@dataclass(slots=True)
class GzipProof:
    """What was seen of the container.

    Attributes:
        members: gzip members proven, BGZF blocks included.
        blocks: BGZF blocks among them.
        end_marker: whether the last one seen is BGZF's empty end block.
        bytes_proven: uncompressed bytes of the members proven.
    """

    members: int = 0
    blocks: int = 0
    end_marker: bool = False
    bytes_proven: int = 0

    @property
    def is_bgzf(self) -> bool:
        """Whether the file is BGZF throughout."""
        return self.blocks > 0 and self.blocks == self.members


@dataclass(frozen=True, slots=True)
class _Header:
    length: int
    block_size: int | None  # whole BGZF block, header and trailer included


def gzip_blocks(
    stored: StoredBytes, proof: GzipProof, stop: int | None = None, room: Room | None = None
) -> Iterator[memoryview]:
    """Inflate all members of ``stored``, in pieces as large as the memory that they are put in.

    Damage is found where it is, so data in front of it is handed over first.

    Args:
        proof: goes on from what it says.
        stop: end at the first member that begins at this stored byte or behind; None: at the end of the file.
        room: takes the data; None for one of its own.

    Raises:
        Damage: DSQC-F010 for a cut or damaged member and for BGZF without its end block;
            DSQC-F011 for bytes behind the last member.
    """
    room = room or Room()
    try:
        for _full in _members(stored, proof, stop, room):
            yield room.hand_over()
    except Damage:
        if not room.is_empty:
            yield room.hand_over()
        raise
    if not room.is_empty:
        yield room.hand_over()


def _members(stored: StoredBytes, proof: GzipProof, stop: int | None, room: Room) -> Iterator[None]:
    """Put the data of all members into ``room``; stops where that is full."""
    before = proof.bytes_proven - room.total
    functions = isal_functions()
    while True:
        yield from _whole_bgzf_blocks(stored, proof, functions, stop, room)
        start = stored.offset
        head = bytes(stored.peek(bgzf.HEADER))
        if not head or (stop is not None and start >= stop):
            break
        if proof.members and head[:2] != _MAGIC:
            _refuse_trailing_bytes(stored, start)
        if head[:4] == _BGZF_START and head[10:16] == _BGZF_FIELD:  # what every writer of BGZF writes
            stored.take(bgzf.HEADER)
            header = _Header(bgzf.HEADER, int.from_bytes(head[16:], "little") + 1)
        else:
            header = _read_header(stored, start)
        if header.block_size is None:
            yield from _member(stored, start, room)
            proof.end_marker = False
        else:
            block = _bgzf_block(stored, start, header, proof.blocks + 1)
            proof.blocks += 1
            proof.end_marker = not block
            while (free := room.free(len(block))) is None:
                yield
            free[: len(block)] = np.frombuffer(block, np.uint8)
            room.put(len(block))
        proof.members += 1
        proof.bytes_proven = before + room.total
    if proof.is_bgzf and not proof.end_marker and not head:
        raise Damage("DSQC-F010", stored.offset, texts.END_BLOCK_MISSING, texts.END_BLOCK)


def _whole_bgzf_blocks(
    stored: StoredBytes, proof: GzipProof, functions: Functions | None, stop: int | None, room: Room
) -> Iterator[None]:
    """Put the data of the BGZF blocks that stand whole in the stored bytes at hand, many at once, as long as they are
    as every writer of BGZF makes them and prove whole; all else is left to the way that says what is wrong.

    This is where BAM spends its inflating thread's time: no look at a single block, no copy of what is stored.

    Args:
        functions: ISA-L's; None where they cannot be called, and nothing is read.
        stop: as for :func:`gzip_blocks`.
    """
    told = np.zeros(bgzf.TOLD, dtype=np.int64)
    while stored.peek(bgzf.HEADER)[:4] == _BGZF_START and functions is not None:
        piece = stored.gather(bgzf.LARGEST)
        last = len(piece) if stop is None else stop - (stored.offset - len(piece))
        data = np.frombuffer(piece, dtype=np.uint8)
        at = 0
        try:
            while True:
                while (free := room.free(bgzf.LARGEST)) is None:
                    yield
                taken = bgzf.inflate_blocks(data[at:], last - at, free, functions.state, functions.addresses, told)
                if not taken:
                    break
                at += taken
                room.put(int(told[bgzf.SIZE]))
                proof.members += int(told[bgzf.BLOCKS])
                proof.blocks += int(told[bgzf.BLOCKS])
                proof.bytes_proven += int(told[bgzf.SIZE])
                proof.end_marker = not told[bgzf.LAST_SIZE]
        finally:
            stored.give_back(piece[at:])
        if not at:
            return


def _cut(stored: StoredBytes, inside: Phrase) -> Damage:
    return Damage("DSQC-F010", stored.offset, fill(texts.CUT_INSIDE, inside), texts.WHOLE_FILE)


def _refuse_trailing_bytes(stored: StoredBytes, start: int) -> None:
    only_zeros = True
    while piece := stored.piece():
        only_zeros = only_zeros and not any(piece)
    number = stored.offset - start
    strange = fill(texts.STRANGE_BYTES_BEHIND, number, texts.A_MEMBER)
    value = fill(texts.ZERO_BYTES_BEHIND, number) if only_zeros else strange
    raise Damage("DSQC-F011", start, value, fill(texts.NOTHING_BEHIND, texts.MEMBER))


def _read_header(stored: StoredBytes, start: int) -> _Header:
    """Read one member's header (RFC 1952, 2.3)."""
    fixed = bytes(stored.take(10))
    if len(fixed) < 10:
        raise _cut(stored, texts.GZIP_HEADER)
    flags = fixed[3]
    if fixed[:2] != _MAGIC or fixed[2] != 8 or flags & _RESERVED:
        raise Damage("DSQC-F010", start, fill(texts.GZIP_HEADER_IS, fixed[:4].hex(" ")), "1f 8b 08")
    parts = [fixed]
    block_size = None
    if flags & _HAS_EXTRA:
        parts.append(bytes(stored.take(2)))
        length = int.from_bytes(parts[-1], "little")
        parts.append(bytes(stored.take(length)))
        if len(parts[-2]) < 2 or len(parts[-1]) < length:
            raise _cut(stored, texts.GZIP_HEADER)
        block_size = _bgzf_size(parts[-1])
    for flag in (_HAS_NAME, _HAS_COMMENT):
        if flags & flag:
            parts.append(_zero_ended(stored, start))
    if flags & _HAS_HEADER_CRC:
        stated = bytes(stored.take(2))
        if len(stated) < 2:
            raise _cut(stored, texts.GZIP_HEADER)
        if int.from_bytes(stated, "little") != isal_zlib.crc32(b"".join(parts)) & 0xFFFF:
            raise Damage("DSQC-F010", start, texts.HEADER_CRC_WRONG, texts.HEADER_CRC_RIGHT)
        parts.append(stated)
    return _Header(sum(map(len, parts)), block_size)


def _zero_ended(stored: StoredBytes, start: int) -> bytes:
    text = bytearray()
    while len(text) < _LONGEST_TEXT:
        character = stored.take(1)
        if not character:
            raise _cut(stored, texts.GZIP_HEADER)
        text += character
        if character[0] == 0:
            return bytes(text)
    raise Damage("DSQC-F010", start, texts.LONG_GZIP_NAME, texts.GZIP_HEADER)


def _bgzf_size(extra: bytes) -> int | None:
    """The block size of the BC subfield (SAM specification 4.1); None where there is none."""
    position = 0
    while position + 4 <= len(extra):
        length = int.from_bytes(extra[position + 2 : position + 4], "little")
        if extra[position : position + 2] == b"BC" and length == 2 and position + 6 <= len(extra):
            return int.from_bytes(extra[position + 4 : position + 6], "little") + 1
        position += 4 + length
    return None


def _member(stored: StoredBytes, start: int, room: Room) -> Iterator[None]:
    """Inflate one member and prove it.

    isal's own check of the trailer is not used: it takes a member without trailer for whole (isal 1.9.1), so the
    stream is inflated without its trailer and CRC32 and length are compared here.
    """
    inflater = new_inflater()
    size, at = 0, stored.offset
    while not inflater.ended:
        if inflater.needs_input:
            at = stored.offset
            piece = stored.piece()
            if not piece:
                raise _cut(stored, texts.GZIP_TRAILER if inflater.ends_here() else fill(texts.MEMBER_AT, start))
            inflater.feed(piece)
        while (free := room.free(1)) is None:
            yield
        put = inflater.into(free)
        size += put
        room.put(put)
        if inflater.broken:
            raise Damage("DSQC-F010", at, texts.BAD_DEFLATE, texts.GOOD_MEMBER)
    stored.give_back(inflater.unused)
    at = stored.offset
    trailer = bytes(stored.take(8))
    if len(trailer) < 8:
        raise _cut(stored, texts.GZIP_TRAILER)
    crc, length = struct.unpack("<II", trailer)
    _compare(at, texts.MEMBER, (inflater.crc32, size & 0xFFFFFFFF), (crc, length))


def _compare(at: int, what: Phrase, found: tuple[int, int], stated: tuple[int, int]) -> None:
    if found[0] != stated[0]:
        value, expected = fill(texts.CRC_IS, what, f"{found[0]:08x}"), f"{stated[0]:08x}"
    elif found[1] != stated[1]:
        value, expected = fill(texts.LENGTH_IS, what, found[1]), f"{stated[1]}"
    else:
        return
    raise Damage("DSQC-F010", at, value, fill(texts.TRAILER_STATES, expected))


def _bgzf_block(stored: StoredBytes, start: int, header: _Header, number: int) -> bytes:
    """Inflate and prove one BGZF block."""
    size = (header.block_size or 0) - header.length
    if size < 10:
        value = fill(texts.BLOCK_SIZE, number, header.block_size or 0)
        raise Damage("DSQC-F010", start, value, texts.FITTING_SIZE)
    rest = stored.take(size)
    if len(rest) < size:
        raise _cut(stored, fill(texts.BLOCK_AT, number, start))
    crc, length = struct.unpack("<II", rest[-8:])
    if length == 0 and rest[:-8] == _EMPTY_DEFLATE and crc == 0:
        return b""
    block = _inflate_block(rest[:-8], start, number)
    found = isal_zlib.crc32(block), len(block)
    if found != (crc, length):
        _compare(start, fill(texts.BLOCK_NUMBER, number), found, (crc, length))
    return block


def _inflate_block(data: memoryview, start: int, number: int) -> bytes:
    """The uncompressed data of one BGZF block, at most 64 KiB."""
    try:
        block: bytes = igzip_lib.decompress(data, flag=igzip_lib.DECOMP_DEFLATE, bufsize=bgzf.LARGEST)
        if len(block) <= bgzf.LARGEST:
            return block
    except IsalError:
        pass  # told apart below, by a slower way that says more
    inflater = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)
    try:
        inflater.decompress(data, 1 + bgzf.LARGEST)
    except IsalError as error:
        raise Damage("DSQC-F010", start, fill(texts.BAD_BLOCK, number), texts.GOOD_BLOCK) from error
    raise Damage("DSQC-F010", start, fill(texts.ENDLESS_BLOCK, number), texts.SMALL_BLOCK)
