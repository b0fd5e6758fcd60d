"""Zstandard (RFC 8878): every frame decompressed to its end; content checksums are checked where frames have one."""

from collections.abc import Iterator

import zstandard

from dsqc.formats.bzip2 import StreamProof
from dsqc.formats.gzip import BLOCK
from dsqc.formats.stored import Damage, StoredBytes

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
            raise Damage("DSQC-F010", start, f"zstd frame begins with {magic.hex(' ')}", MAGIC.hex(" "))
        else:
            stored.drain()
            value = f"{stored.size - start} bytes that are no zstd frame"
            raise Damage("DSQC-F011", start, value, "nothing behind the last frame")
        proof.members += 1


def _skip(stored: StoredBytes) -> None:
    length = bytes(stored.take(4))
    left = int.from_bytes(length, "little")
    while left and (piece := stored.take(min(left, BLOCK))):
        left -= len(piece)
    if left or len(length) < 4:
        raise Damage("DSQC-F010", stored.offset, "file ends inside a skippable zstd frame", "a whole file")


def _frame(stored: StoredBytes, start: int) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    while not decompressor.eof:
        at = stored.offset
        piece = stored.take(_SMALL)
        if not piece:
            value = f"file ends inside the zstd frame that begins at stored byte {start}"
            raise Damage("DSQC-F010", at, value, "a whole file")
        try:
            block = decompressor.decompress(piece)
        except zstandard.ZstdError as error:
            raise Damage("DSQC-F010", at, "invalid zstd data or wrong checksum", "an undamaged zstd frame") from error
        if block:
            yield block
    stored.give_back(decompressor.unused_data)
