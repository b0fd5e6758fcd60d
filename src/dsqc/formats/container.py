"""How the bytes of a data file are wrapped: told by what they are, unwrapped and proven while they are hashed."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from dsqc.findings import Finding, Location
from dsqc.formats.bzip2 import StreamProof, bzip2_blocks
from dsqc.formats.cram_container import CramProof, cram_blocks
from dsqc.formats.gzip import GzipProof, gzip_blocks
from dsqc.formats.handover import Handover
from dsqc.formats.room import Inflow, Room
from dsqc.formats.stored import Damage, StoredBytes
from dsqc.formats.texts import tell
from dsqc.formats.xz import MAGIC as XZ_MAGIC
from dsqc.formats.xz import xz_blocks
from dsqc.formats.zstd import MAGIC as ZSTD_MAGIC
from dsqc.formats.zstd import is_skippable, zstd_blocks
from dsqc.model import Container

BLOCKS_AHEAD = 8
"""Blocks (of at most 256 KiB) that the inflating thread may be ahead of the parser."""

_MAGICS: dict[bytes, Container | str] = {
    b"CRAM": Container.CRAM,
    XZ_MAGIC: Container.XZ,
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x1f\x9d": "compress (.Z)",
    b"LZIP": "lzip",
    b"\x04\x22\x4d\x18": "lz4",
}


@dataclass(frozen=True, slots=True)
class Integrity:
    """What the whole file proved to be. The checksums are of the stored bytes, all of them, damaged or not.

    Attributes:
        complete: the container was followed to the end of the file and every check that it offers held.
        members: gzip members, bzip2 or xz streams, zstd frames that were whole; None for other containers.
        blocks: BGZF blocks that were whole; None outside BGZF.
        end_marker: whether BGZF's end block or CRAM's end container is there; None where there is no such thing.
        bytes_uncompressed: bytes that came out before the end or the damage.
        bytes_proven: those of them that came out of whole members, streams, frames or blocks.
        size_bytes: stored bytes.
        md5, sha256: lower-case hexadecimal.
        crc64nvme: base64 of the 8 bytes, big endian.
    """

    complete: bool
    members: int | None
    blocks: int | None
    end_marker: bool | None
    bytes_uncompressed: int
    bytes_proven: int
    size_bytes: int
    md5: str
    sha256: str
    crc64nvme: str


def tell_container(head: bytes) -> Container | str | None:
    """Tell the container by the first bytes of a file (at least 512, or all there are).

    Returns:
        The container; a word for one that dsqc refuses (``zip``); None for an empty file.
    """
    if not head:
        return None
    if head[:2] == b"\x1f\x8b":
        return Container.BGZF if head[12:16] == b"BC\x02\x00" and head[3:4] == b"\x04" else Container.GZIP
    if head[:3] == b"BZh" and head[3:4] in b"123456789":
        return Container.BZIP2
    if head[:4] == ZSTD_MAGIC or is_skippable(head[:4]):
        return Container.ZSTD
    for magic, found in _MAGICS.items():
        if head.startswith(magic):
            return found
    if head[257:262] == b"ustar":
        return "tar"
    return Container.PLAIN


class BlockReader:
    """Unwraps a file into blocks of bytes and proves its container on the way.

    Iterate once; afterwards :attr:`integrity` and :attr:`faults` stand. A consumer that has seen enough calls
    :meth:`finish`, which proves and hashes the rest. Damage ends the blocks early and is listed in ``faults``; an
    exception is always our own fault or the system's.

    Args:
        stored: the file, of which nothing was handed out yet; closed with the reader.
        container: as :func:`tell_container` told.
        background: reading with hashing, and inflating, have a thread each.
        inflate_ahead: false: inflating has none, whoever iterates does it.
        damage_code: the rule for damage where the format has its own (DSQC-D018 for BAM).
    """

    def __init__(
        self,
        stored: StoredBytes,
        container: Container,
        *,
        background: bool = True,
        inflate_ahead: bool = True,
        damage_code: str | None = None,
    ) -> None:
        self.name = stored.name
        self.container = container
        self.faults: list[Finding] = []
        self._damage_code = damage_code
        self._stored = stored
        if background:
            stored.read_ahead()
        self._room = Room()
        self._gzip = GzipProof()
        self._streams = StreamProof()
        self._cram = CramProof()
        self._uncompressed = 0
        self._proven = 0
        self._complete = False
        self._ended = False
        self._handover: Handover[bytes | memoryview] | None = None
        if background and inflate_ahead:
            self._handover = Handover(self._unwrap, BLOCKS_AHEAD, f"unwrap {self.name}")
        self._blocks = iter(self._handover) if self._handover else self._unwrap()

    def _decode(self) -> Iterator[bytes | memoryview]:
        if self.container in (Container.GZIP, Container.BGZF):
            return gzip_blocks(self._stored, self._gzip, room=self._room)
        if self.container is Container.BZIP2:
            return bzip2_blocks(self._stored, self._streams)
        if self.container is Container.ZSTD:
            return zstd_blocks(self._stored, self._streams)
        if self.container is Container.XZ:
            return xz_blocks(self._stored, self._streams)
        if self.container is Container.CRAM:
            return cram_blocks(self._stored, self._cram)
        return iter(self._stored.piece, memoryview(b""))

    def _unwrap(self) -> Iterator[bytes | memoryview]:
        members = 0
        try:
            for block in self._decode():
                if self._whole != members:
                    members, self._proven = self._whole, self._uncompressed
                self._uncompressed += len(block)
                yield block
            self._complete = True
            self._proven = self._uncompressed
        except Damage as damage:
            place = Location(path=self.name, byte_offset=damage.byte_offset, in_container=True)
            code = self._damage_code or damage.code
            self.faults.append(tell(code, place, damage.value, damage.expected))
            if self._whole != members or self.container is Container.CRAM:  # CRAM hands over proven containers only
                self._proven = self._uncompressed
        if self.container in (Container.GZIP, Container.BGZF):
            self._proven = self._gzip.bytes_proven
        self._stored.drain()
        self._ended = True

    @property
    def _whole(self) -> int:
        """Members, streams or frames that proved whole so far."""
        return self._gzip.members + self._streams.members

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """The uncompressed data in blocks, none empty. A block is valid as long as it is held."""
        return self._blocks

    def inflow(self) -> Inflow:
        """The uncompressed data for buffers to be filled with; instead of iterating."""
        return Inflow(self._blocks, None if self._handover else self._room)

    def finish(self) -> Integrity:
        """Read on to the end of the file, proving and hashing, and say what it proved to be."""
        for _block in self._blocks:
            continue
        return self.integrity

    @property
    def integrity(self) -> Integrity:
        """What the file proved to be.

        Raises:
            RuntimeError: the blocks have not been read to their end (a mistake of the caller).
        """
        if not self._ended:
            raise RuntimeError(f"{self.name} has not been read to its end")
        gzip = self.container in (Container.GZIP, Container.BGZF)
        streams = self.container in (Container.BZIP2, Container.ZSTD, Container.XZ)
        if gzip and self._gzip.members:
            self.container = Container.BGZF if self._gzip.is_bgzf else Container.GZIP
        end_marker = None
        if self.container is Container.BGZF:
            end_marker = self._gzip.end_marker
        elif self.container is Container.CRAM:
            end_marker = self._cram.end_marker
        return Integrity(
            complete=self._complete,
            members=self._gzip.members if gzip else self._streams.members if streams else None,
            blocks=self._gzip.blocks if self.container is Container.BGZF else None,
            end_marker=end_marker,
            bytes_uncompressed=self._uncompressed,
            bytes_proven=self._proven,
            size_bytes=self._stored.size,
            md5=self._stored.checksums.md5,
            sha256=self._stored.checksums.sha256,
            crc64nvme=self._stored.checksums.crc64nvme,
        )

    def close(self) -> None:
        """Stop reading, wherever it stands, and close the file."""
        self._stored.close()
        if self._handover:
            self._handover.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
