"""bzip2: every stream decompressed to its end; the library checks the CRC of each block and stream."""

import bz2
from collections.abc import Iterator
from dataclasses import dataclass

from dsqc.formats.gzip import BLOCK
from dsqc.formats.stored import Damage, StoredBytes


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
            value = f"{stored.size - start} bytes that are no bzip2 stream"
            raise Damage("DSQC-F011", start, value, "nothing behind the last stream")
        yield from _stream(stored, start)
        proof.members += 1


def _stream(stored: StoredBytes, start: int) -> Iterator[bytes]:
    decompressor = bz2.BZ2Decompressor()
    while not decompressor.eof:
        at = stored.offset
        piece = stored.piece() if decompressor.needs_input else b""
        if decompressor.needs_input and not piece:
            value = f"file ends inside the bzip2 stream that begins at stored byte {start}"
            raise Damage("DSQC-F010", stored.offset, value, "a whole file")
        try:
            block = decompressor.decompress(piece, BLOCK)
        except OSError as error:
            raise Damage("DSQC-F010", at, "invalid bzip2 data or wrong CRC", "an undamaged bzip2 stream") from error
        if block:
            yield block
    stored.give_back(decompressor.unused_data)
