"""One part of one file from the source: read, written at its place, tried again from the byte that came last."""

import contextlib
import time
from collections.abc import Callable, Iterator
from threading import Lock, Thread, current_thread
from typing import Any, cast

from isal import isal_zlib

from dsqc.errors import StorageFault, SystemFault, TransientFault
from dsqc.pacing import Pacer, Stopped
from dsqc.transfer.events import Progress
from dsqc.transfer.filecopy import FileCopy, Retired
from dsqc.transfer.parts import Span
from dsqc.transfer.retries import attempts
from dsqc.transfer.sinks import SEGMENT_BYTES
from dsqc.transfer.sources import Source, SourceChanged, Stalled

SAVE_S = 10.0
"""After so many seconds, what has come of a part is saved: a kill on a slow line costs seconds, not the part."""
SAVE_BYTES = 64 << 20
"""And after so many bytes: parts of the largest files are larger."""
LEAST_KEPT_BYTES = 1 << 20
"""What is worth keeping of a part that was broken off."""


class Worker(Thread):
    """A thread that fetches. One whose source hangs (a dead network file system) cannot be ended: it is given up, and
    does nothing more.
    """

    def __init__(self, work: Callable[[], None], number: int) -> None:
        super().__init__(name=f"dsqc-transfer-{number}", daemon=True)
        self._work = work
        self._lock = Lock()
        self._waiting_since = 0.0
        self._is_given_up = False
        self.task: Any = None

    def run(self) -> None:
        """Work until there is no more."""
        self._work()

    def begin_waiting(self) -> None:
        """The source is asked for something."""
        self._waiting_since = time.monotonic()

    def end_waiting(self) -> None:
        """It has answered. Raises Stopped where this thread was given up meanwhile."""
        with self._lock:
            self._waiting_since = 0.0
            if self._is_given_up:
                raise Stopped

    def give_up_after(self, seconds: float) -> bool:
        """Give this thread up if it has waited longer than ``seconds``; whether it is given up now."""
        with self._lock:
            since = self._waiting_since
            if since and not self._is_given_up and time.monotonic() - since > seconds:
                self._is_given_up = True
                return True
        return False


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Around whatever waits for the source, in a :class:`Worker`. Raises Stopped where it was given up meanwhile."""
    worker = cast("Worker", current_thread())
    worker.begin_waiting()
    try:
        yield
    finally:
        worker.end_waiting()


class Line:
    """What all parts share: the source, the pace, and who is told."""

    def __init__(self, source: Source, pacer: Pacer, progress: Progress, retries: int) -> None:
        self.source = source
        self.pacer = pacer
        self.progress = progress
        self.retries = retries

    def blocks(self, copy: FileCopy, offset: int, length: int) -> Iterator[bytes]:
        """The bytes of a part at the allowed pace.

        Raises:
            Retired, Stopped: nobody wants them any more.
            TransientFault: they broke off.
        """
        blocks = self.source.blocks(copy.entry, offset, length)
        try:
            left = length
            while True:
                # Once more behind the last block: a reading that has ended by itself leaves a connection for the next.
                with waiting():
                    block = next(blocks, b"")
                if copy.is_retired:
                    raise Retired
                if not block and not left:
                    return
                if not block:
                    raise TransientFault("The connection ended before all bytes had come.")
                if len(block) > left:
                    raise SourceChanged(f"{copy.entry.name} changed while it was read.")
                self.pacer.take(len(block))
                left -= len(block)
                yield block
                # A file that cannot be gone on with in its middle is finished first.
                if left and self.source.ranges and not self.pacer.is_open:
                    return
        finally:
            # A generator gives its connection back at once, and not when somebody collects it.
            if close := getattr(blocks, "close", None):
                close()

    def wait_until_open(self) -> None:
        """Wait for the next time window, and say so."""
        self.pacer.wait_until_open(lambda seconds: self.progress.waiting(seconds, self.pacer.windows))

    def tell_retry(self, name: str, fault: TransientFault) -> None:
        """Say why bytes of ``name`` did not come."""
        if isinstance(fault, Stalled):
            self.progress.stalled(name, fault.message)
        self.progress.retry(name, fault.message)


class PartFetch:
    """The part ``[offset, offset + length)`` of ``copy`` on its way.

    Holds one block of the source and less than one segment besides.
    """

    def __init__(self, line: Line, copy: FileCopy, name: str, offset: int, length: int) -> None:
        self._line = line
        self._copy = copy
        self._name = name
        self._begin = offset
        self._end = offset + length
        self._at = self._written = self._saved = offset
        self._rest = b""
        self._crc32 = 0
        self._saved_at = time.monotonic()
        self.streams = 0
        self.fetched_bytes = 0

    def run(self) -> None:
        """Fetch it. What has come is kept whatever happens.

        Raises:
            FileFault, SourceChanged, Retired, Stopped, SystemFault.
            TransientFault: the attempts are used up; an attempt that brings bytes begins them anew.
        """
        try:
            while self._at < self._end:
                self._line.wait_until_open()
                for attempt in attempts(self._line.retries):
                    with attempt:
                        self._try()
        except (Retired, StorageFault):
            raise
        except BaseException:
            if self._written - self._saved >= LEAST_KEPT_BYTES and self._line.source.ranges:
                with contextlib.suppress(SystemFault, Retired):
                    self._copy.save(Span(self._saved, self._written - self._saved, self._crc32))
            raise
        self._save()

    def _try(self) -> None:
        before = self._at
        self.streams += 1
        try:
            for block in self._line.blocks(self._copy, self._at, self._end - self._at):
                self._add(block)
        except SourceChanged:
            raise
        except TransientFault as fault:
            self._line.tell_retry(self._name, fault)
            if not self._line.source.ranges:
                self._restart()
            if self._at - before < SEGMENT_BYTES:
                raise

    def _restart(self) -> None:
        """A source without ranges: all that came of this file is in vain."""
        self._count(self._begin - self._at)
        self._at = self._written = self._saved = self._begin
        self._rest, self._crc32 = b"", 0

    def _add(self, block: bytes) -> None:
        self._at += len(block)
        self.fetched_bytes += len(block)
        data = self._rest + block if self._rest else block
        whole = len(data) if self._at == self._end else len(data) // SEGMENT_BYTES * SEGMENT_BYTES
        view = memoryview(data)
        if whole:
            self._copy.sink.write_at(self._written, view[:whole])
            self._crc32 = isal_zlib.crc32(view[:whole], self._crc32)
            self._written += whole
        self._rest = bytes(view[whole:])
        self._count(len(block))
        unsaved = self._written - self._saved
        is_due = unsaved >= SAVE_BYTES or (unsaved and time.monotonic() - self._saved_at >= SAVE_S)
        if is_due and self._at < self._end and self._line.source.ranges:
            self._copy.keeps_journal = True
            self._save()

    def left(self) -> tuple[int, int]:
        """What is not saved yet, as (offset, length), for another thread to fetch; this one is given up."""
        self._count(self._saved - self._at)
        return self._saved, self._end - self._saved

    def _count(self, size_bytes: int) -> None:
        self._copy.count(size_bytes)
        self._line.progress.advance(self._name, size_bytes)

    def _save(self) -> None:
        length = self._written - self._saved
        span = Span(self._saved, length, self._crc32)
        if self._copy.keeps_journal:
            self._copy.save(span)
            self._line.progress.part(self._name, self._saved, length)
        self._copy.front.add(span)
        self._saved, self._crc32, self._saved_at = self._written, 0, time.monotonic()


def agrees(line: Line, copy: FileCopy, name: str, offset: int, length: int) -> bool:
    """Whether the bytes on the disk are those of the source, read once more.

    Raises:
        As :meth:`PartFetch.run`.
    """
    at, end = offset, offset + length
    while at < end:
        line.wait_until_open()
        for attempt in attempts(line.retries):
            with attempt:
                before = at
                at = before if line.source.ranges else offset
                try:
                    for block in line.blocks(copy, at, end - at):
                        if copy.sink.read_at(at, len(block)) != block:
                            return False
                        at += len(block)
                except SourceChanged:
                    raise
                except TransientFault as fault:
                    line.tell_retry(name, fault)
                    if at - before < SEGMENT_BYTES or not line.source.ranges:
                        raise
    return True
