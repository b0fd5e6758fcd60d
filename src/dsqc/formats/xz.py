"""xz (file format 1.2): every stream decompressed to its end; the library checks blocks, index and footers."""

import lzma
from collections.abc import Iterator

from dsqc.formats import texts
from dsqc.formats.bzip2 import StreamProof
from dsqc.formats.room import BLOCK
from dsqc.formats.stored import Damage, StoredBytes
from dsqc.formats.texts import fill

MAGIC = b"\xfd7zXZ\x00"
"""First bytes of a stream."""
MEMORY = 1 << 27
"""Bytes that a decoder may take (128 MiB). ``xz -9`` needs 65 MiB; a dictionary can be stated up to 4 GiB."""
_OVER_MEMORY = "Memory usage limit exceeded"  # what the standard library says; it has no type of its own for it


def xz_blocks(stored: StoredBytes, proof: StreamProof) -> Iterator[bytes]:
    """Decompress all streams of ``stored``; padding (zeros, a multiple of four) may follow each.

    Raises:
        Damage: DSQC-F010 for a cut or damaged stream, DSQC-F011 for bytes behind the last one, DSQC-F018 for a stream
            that needs more memory than :data:`MEMORY`.
    """
    while True:
        start = stored.offset
        if proof.members and not _pass_padding(stored):
            return
        at = stored.offset
        magic = bytes(stored.take(len(MAGIC)))
        stored.give_back(magic)
        padding = at - start
        if proof.members and (padding % 4 or magic != MAGIC):
            stored.drain()
            value = fill(texts.STRANGE_BYTES_BEHIND, stored.size - start, fill(texts.A_STREAM, "xz"))
            raise Damage("DSQC-F011", start, value, fill(texts.NOTHING_BEHIND, texts.STREAM))
        yield from _stream(stored, at)
        proof.members += 1


def _pass_padding(stored: StoredBytes) -> bool:
    """Pass over zeros; false at the end of the file, where their number is checked too."""
    start = stored.offset
    while piece := stored.piece():
        rest = bytes(piece).lstrip(b"\0")
        if rest:
            stored.give_back(rest)
            return True
    number = stored.offset - start
    if number % 4:
        raise Damage(
            "DSQC-F011",
            start,
            fill(texts.ZERO_BYTES_BEHIND, number),
            fill(texts.NOTHING_BEHIND, texts.STREAM),
        )
    return False


def _stream(stored: StoredBytes, start: int) -> Iterator[bytes]:
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)
    while not decompressor.eof:
        at = stored.offset
        piece = stored.piece() if decompressor.needs_input else b""
        if decompressor.needs_input and not piece:
            value = fill(texts.CUT_INSIDE, fill(texts.STREAM_AT, "xz", start))
            raise Damage("DSQC-F010", stored.offset, value, texts.WHOLE_FILE)
        try:
            block = decompressor.decompress(piece, BLOCK)
        except lzma.LZMAError as error:
            if str(error) == _OVER_MEMORY:
                value = fill(texts.GREEDY_XZ, MEMORY >> 20)
                raise Damage("DSQC-F018", start, value, texts.TAKEN) from error
            value = fill(texts.BAD_STREAM, "xz", texts.CHECKSUM)
            raise Damage("DSQC-F010", at, value, fill(texts.GOOD_STREAM, "xz")) from error
        if block:
            yield block
    stored.give_back(decompressor.unused_data)
