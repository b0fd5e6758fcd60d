"""One file in parts: read by one thread, hashed in order by it and another, sent by several."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

from dsqc.listing import Digests
from dsqc.pacing import Stopped
from dsqc.sending.destination import Upload, Whole, part_count, size_of_part
from dsqc.sending.hashes import Counter, Hashes, md5_of
from dsqc.sending.outgoing import Outgoing
from dsqc.sending.room import Held, Room

LARGE_AT_ONCE = 2
"""Files in parts at once; each has one thread that reads and hashes."""
MEMORY_BYTES = 512 << 20
"""Of parts that are read and not yet sent; one part a file is the least, whatever its size."""


class FileInParts:
    """Sends one file.

    Args:
        known: MD5 of the parts that stand there: they do not travel where they are right.
        sent: told the bytes that are at the far end.
        retrying: told why a part travels again.
        stop: nobody wants it any more.
        parallel: requests at once.
        with_md5: whether the MD5 of all that travels is taken too.
    """

    def __init__(
        self,
        outgoing: Outgoing,
        upload: Upload,
        *,
        known: Mapping[int, str],
        sent: Counter,
        retrying: Callable[[str], None],
        stop: threading.Event,
        parallel: int,
        with_md5: bool,
    ) -> None:
        self.outgoing = outgoing
        self.upload = upload
        self.known = known
        self.sent = sent
        self.retrying = retrying
        self.stop = stop
        self.hashes = Hashes(with_md5=with_md5)
        self.failure: BaseException | None = None
        in_memory = MEMORY_BYTES // LARGE_AT_ONCE // upload.part_bytes
        pieces = max(1, min(parallel + 1, in_memory))
        self.room = Room(pieces, min(upload.part_bytes, outgoing.size_bytes))

    def send(self, requests: ThreadPoolExecutor) -> tuple[Whole, Digests]:
        """What travelled, and the digests of the file here.

        Raises:
            Changed, Unreadable: the file here.
            Stopped: before its end.
            TransientFault, SystemFault: of a part.
        """
        size, part_bytes = self.outgoing.size_bytes, self.upload.part_bytes
        futures: list[Future[None]] = []
        hasher = ThreadPoolExecutor(1, thread_name_prefix="dsqc-hash")
        content = None
        try:
            with self.outgoing.reading() as opened:
                for number in range(1, part_count(size, part_bytes) + 1):
                    held = self.room.take(size_of_part(number, size, part_bytes))
                    if self.failure or self.stop.is_set():
                        break
                    opened.read_into(held.data)
                    futures.append(requests.submit(self._part, number, held.shared()))
                    if self.hashes.md5:
                        # MD5 is the slowest of all: it has a thread of its own.
                        hasher.submit(self._hash, held.shared())
                    self.hashes.sha256.update(held.data)
                    held.release()
                opened.require_unchanged()
                content = opened.content()
        finally:
            wait(futures)
            hasher.shutdown()
        if self.failure:
            raise self.failure
        if len(futures) < part_count(size, part_bytes):
            raise Stopped
        whole = self.hashes.whole(size)
        return whole, content or whole.digests

    def _hash(self, held: Held) -> None:
        if self.hashes.md5:
            self.hashes.md5.update(held.data)
        held.release()

    def _part(self, number: int, held: Held) -> None:
        data = held.data
        try:
            md5 = md5_of(data)
            self.hashes.part_md5s[number] = md5
            if self.known.get(number) == md5.hex():
                self.sent(len(data))
            elif not self.failure:
                self.upload.send(number, data, md5, self.sent, self.retrying)
        except BaseException as error:
            self.failure = self.failure or error
        finally:
            held.release()
