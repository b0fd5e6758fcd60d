"""Zstandard (RFC 8878): every frame decompressed to its end; content checksums are checked where frames have one."""

from collections.abc import Iterator

import zstandard

from dsqc.formats import texts
from dsqc.formats.bzip2 import StreamProof
from dsqc.formats.room import BLOCK
from dsqc.formats.stored import Damage, StoredBytes
from dsqc.formats.texts import fill

MAGIC = b"\x28\xb5\x2f\xfd"
"""First bytes of a frame."""
_SMALL = 1 << 12
"""Stored bytes given to the library at once. It returns all they expand to, at most 128 KiB for each 4 bytes
(a block of one repeated byte), so small pieces keep memory bounded."""


def is_skippable(magic: bytes) -> bool:
    """Whether ``magic`` begins a frame that holds no data (RFC 8878, 3.1.2)."""
    return len(magic) == 4 and magic[0] & 0xF0 == 0x50 and magic[1:] == b"\x2a\x4d\x18"


def zstd_blocks(stored: StoredBytes, proof: StreamProof) -> Iterator[bytes]:
    """Decompress all frames of ``stored``; skippable frames are passed over.

    Raises:
        Damage: DSQC-F010 for a cut or damaged frame, DSQC-F011 for bytes behind the last one.
    """
    while True:
        start = stored.offset
        magic = bytes(stored.take(4))
        if not magic:
            return
        if is_skippable(magic):
            _skip(stored)
        elif magic == MAGIC:
            stored.give_back(magic)
            yield from _frame(stored, start)
        elif not proof.members:
            raise Damage("DSQC-F010", start, fill(texts.FRAME_BEGINS, magic.hex(" ")), MAGIC.hex(" "))
        else:
            stored.drain()
            value = fill(texts.STRANGE_BYTES_BEHIND, stored.size - start, texts.A_FRAME)
            raise Damage("DSQC-F011", start, value, fill(texts.NOTHING_BEHIND, texts.FRAME))
        proof.members += 1


def _skip(stored: StoredBytes) -> None:
    length = bytes(stored.take(4))
    left = int.from_bytes(length, "little")
    while left and (piece := stored.take(min(left, BLOCK))):
        left -= len(piece)
    if left or len(length) < 4:
        raise Damage("DSQC-F010", stored.offset, fill(texts.CUT_INSIDE, texts.SKIPPABLE_FRAME), texts.WHOLE_FILE)


def _frame(stored: StoredBytes, start: int) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    while not decompressor.eof:
        at = stored.offset
        piece = stored.take(_SMALL)
        if not piece:
            value = fill(texts.CUT_INSIDE, fill(texts.FRAME_AT, start))
            raise Damage("DSQC-F010", at, value, texts.WHOLE_FILE)
        try:
            block = decompressor.decompress(piece)
        except zstandard.ZstdError as error:
            value = fill(texts.BAD_STREAM, "zstd", texts.CHECKSUM)
            raise Damage("DSQC-F010", at, value, texts.GOOD_FRAME) from error
        if block:
            yield block
    stored.give_back(decompressor.unused_data)
