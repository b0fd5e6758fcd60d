"""Files of a closed submission that come encrypted: kept as they are, their content proven and never written.

Whoever sent them encrypted them to the station's key: ``dsqc send``, or the submitter with the ``crypt4gh`` program.
"""

import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, cast

from dsqc.artefact import write_fault
from dsqc.crypt4gh import Keys, NotForThisKey, SegmentReader, open_header, read_header
from dsqc.crypt4gh.header import LARGEST_HEADER, SessionKeys
from dsqc.errors import StorageFault, SystemFault, TransientFault
from dsqc.listing import Digests, SentFile
from dsqc.transfer.inbox import Encrypted
from dsqc.transfer.sinks import PlainSink
from dsqc.transfer.sources import Entry, FileFault, Source

CODE = "DSQC-F020"
FIRST_BYTES = 4096
"""Of a header that are read at once: forty recipients; nearly every file has one or two."""
_BLOCK = 1 << 20
_OTHER_KEY = "it is encrypted to another key"
_OTHER_CONTENT = "its content is not what the sender says it sent"
_REASONS_KO = {_OTHER_KEY: "다른 키로 암호화되어 있음", _OTHER_CONTENT: "내용이 보낸 쪽에서 알린 것과 다름"}

Told = Callable[[Path, Encrypted, Digests], None]


def reason_ko(reason: str) -> str:
    """The Korean of a fault's reason; the reason where it names a place of the file."""
    return _REASONS_KO.get(reason, reason)


def look_into(source: Source, entry: Entry, keys: Keys) -> FileFault | None:
    """Why ``entry`` cannot be opened, told by its header alone: before the bytes of a large file travel in vain.

    What the source does not give now is left to whoever fetches the file.
    """
    try:
        for size in (FIRST_BYTES, LARGEST_HEADER):
            data = b"".join(source.blocks(entry, 0, min(size, entry.size_bytes)))
            try:
                _open(io.BytesIO(data), entry.name, keys)
            except FileFault as fault:
                if fault.reason != _OTHER_KEY and len(data) < min(entry.size_bytes, LARGEST_HEADER):
                    continue
                return fault
            return None
    except (FileFault, TransientFault):
        pass
    return None


class TakenSink(PlainSink):
    """A Crypt4GH file on its way into the inbox (:class:`dsqc.transfer.sinks.Sink`).

    Args:
        path: the part file.
        size_bytes: of the Crypt4GH file.
        keys: of the station.
        sent: what the sender says of it, if anything.
        told: of what has come, and of its content.
    """

    def __init__(self, path: Path, size_bytes: int, keys: Keys, sent: SentFile | None, told: Told) -> None:
        super().__init__(path, size_bytes)
        self._keys = keys
        self._sent = sent
        self._told = told

    def prepare(self) -> None:
        """Open every segment of it, and hash what is in them.

        Raises:
            FileFault: it cannot be opened, or holds another content than the sender says.
            StorageFault: the disk refused.
        """
        super().prepare()
        try:
            with ThreadPoolExecutor(3) as pool:
                header, content = self._hash_content(pool)
                found = [pool.submit(self._digest_of_body, name, len(header)) for name in ("md5", "sha256")]
                md5, sha256 = (future.result() for future in found)
                size = os.fstat(self._descriptor).st_size - len(header)
        except OSError as error:
            raise write_fault(self.path, error) from error
        if self._sent is not None and (
            self._sent.digests.size_bytes,
            self._sent.digests.sha256,
        ) != (content.size_bytes, content.sha256):
            # Crypt4GH does not say how many segments there are, or that they are those that were written together.
            raise FileFault(CODE, _OTHER_CONTENT)
        self._told(self.path, Encrypted("", len(header), size, md5, sha256), content)

    def _hash_content(self, pool: ThreadPoolExecutor) -> tuple[bytes, Digests]:
        file = os.fdopen(os.dup(self._descriptor), "rb", buffering=0)
        file.seek(0)
        with cast("BinaryIO", file):
            header, session = _open(file, self.path.name, self._keys)
            md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
            try:
                with SegmentReader(file, session, "it", start=len(header)) as reader:
                    while block := reader.read(_BLOCK):
                        hashed = pool.submit(md5.update, block)
                        sha256.update(block)
                        size += len(block)
                        hashed.result()
            except StorageFault:
                raise
            except SystemFault as fault:
                raise _damaged(fault) from fault
        return header, Digests(size, md5.hexdigest(), sha256.hexdigest())

    def _digest_of_body(self, algorithm: str, at: int) -> str:
        digest = hashlib.new(algorithm, usedforsecurity=False)
        while block := os.pread(self._descriptor, _BLOCK, at):
            digest.update(block)
            at += len(block)
        return digest.hexdigest()


def _open(file: BinaryIO, name: str, keys: Keys) -> tuple[bytes, SessionKeys]:
    """Header and session keys. Raises FileFault."""
    try:
        header = read_header(file, "it")
        return header, open_header(header, keys.private, name)
    except NotForThisKey:
        raise FileFault(CODE, _OTHER_KEY) from None
    except SystemFault as fault:
        raise _damaged(fault) from fault


def _damaged(fault: SystemFault) -> FileFault:
    return FileFault(CODE, fault.message.rstrip("."))
