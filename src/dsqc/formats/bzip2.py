"""bzip2: every stream decompressed to its end; the library checks the CRC of each block and stream."""

import bz2
from collections.abc import Iterator
from dataclasses import dataclass

from dsqc.formats import texts
from dsqc.formats.room import BLOCK
from dsqc.formats.stored import Damage, StoredBytes
from dsqc.formats.texts import fill


@dataclass(slots=True)
class StreamProof:
    """What was seen of a container of streams: ``members`` of them were whole."""

    members: int = 0


def bzip2_blocks(stored: StoredBytes, proof: StreamProof) -> Iterator[bytes]:
    """Decompress all streams of ``stored``.

    Raises:
        Damage: DSQC-F010 for a cut or damaged stream, DSQC-F011 for bytes behind the last one.
    """
    while True:
        start = stored.offset
        magic = bytes(stored.take(3))
        if not magic:
            return
        stored.give_back(magic)
        if proof.members and magic != b"BZh":
            stored.drain()
            value = fill(texts.STRANGE_BYTES_BEHIND, stored.size - start, fill(texts.A_STREAM, "bzip2"))
            raise Damage("DSQC-F011", start, value, fill(texts.NOTHING_BEHIND, texts.STREAM))
        yield from _stream(stored, start)
        proof.members += 1


def _stream(stored: StoredBytes, start: int) -> Iterator[bytes]:
    decompressor = bz2.BZ2Decompressor()
    while not decompressor.eof:
        at = stored.offset
        piece = stored.piece() if decompressor.needs_input else b""
        if decompressor.needs_input and not piece:
            value = fill(texts.CUT_INSIDE, fill(texts.STREAM_AT, "bzip2", start))
            raise Damage("DSQC-F010", stored.offset, value, texts.WHOLE_FILE)
        try:
            block = decompressor.decompress(piece, BLOCK)
        except OSError as error:
            value = fill(texts.BAD_STREAM, "bzip2", "CRC")
            raise Damage("DSQC-F010", at, value, fill(texts.GOOD_STREAM, "bzip2")) from error
        if block:
            yield block
    stored.give_back(decompressor.unused_data)
