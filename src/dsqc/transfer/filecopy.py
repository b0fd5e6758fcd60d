"""One file while it is copied: its parts, its journal, and the digests that follow the bytes already there."""

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event, Lock

from isal import isal_zlib

from dsqc.listing import Digests
from dsqc.transfer.parts import Origin, PartJournal, Span, cut, holes
from dsqc.transfer.sinks import OpenSink, Sink
from dsqc.transfer.sources import Entry

READ_BYTES = 2 << 20
"""Bytes read back at once, mostly from memory: they were written a moment ago. Half of it takes 4 % more processor
time, for waking the second thread."""
HASHERS = 2
"""Threads for second hashes, over all files."""


class Retired(Exception):
    """This copy is given up (the file changed, or failed elsewhere): whoever still works on it goes home."""


@cache
def _second_hasher() -> ThreadPoolExecutor:
    """Threads that take SHA-256 while others take MD5: alone, the two are the slowest part of a fast line."""
    return ThreadPoolExecutor(HASHERS, thread_name_prefix="dsqc-sha256")


def _update(md5: "hashlib._Hash", sha256: "hashlib._Hash", data: bytes) -> None:
    """Hash ``data`` on in both; a large block in two threads at once (hashlib runs without the interpreter's lock)."""
    if len(data) < READ_BYTES:
        md5.update(data)
        sha256.update(data)
        return
    other = _second_hasher().submit(sha256.update, data)
    md5.update(data)
    other.result()


@dataclass(frozen=True, slots=True)
class Followed:
    """What following the front gave: ``bad``, a span whose bytes do not agree with its checksum; ``is_whole``, the
    last byte is hashed, told once."""

    bad: Span | None = None
    is_whole: bool = False


class Front:
    """MD5 and SHA-256 of a file whose parts arrive in any order: one thread at a time reads on from where it was."""

    def __init__(self, sink: Sink, size_bytes: int, spans: Iterable[Span]) -> None:
        self._sink = sink
        self._size_bytes = size_bytes
        self._lock = Lock()
        self._is_busy = self._is_pressed = False
        self._begin(spans)

    def add(self, span: Span) -> None:
        """``span`` can be read."""
        with self._lock:
            self._ready[span.offset] = span

    def follow(self, stop: Event, advanced: Callable[[], None] = lambda: None) -> Followed:
        """Hash what has become contiguous; nothing where another thread does so already.

        Args:
            advanced: called after each span.
        """
        with self._lock:
            if self._is_busy:
                return Followed()
            self._is_busy = True
        while True:
            with self._lock:
                span = self._ready.pop(self._position, None)
                self._is_pressed = span is not None and not span.is_old
                if span is None or stop.is_set():
                    self._is_busy = self._is_pressed = False
                    is_whole = self._position == self._size_bytes and not self._is_told
                    self._is_told |= is_whole
                    return Followed(is_whole=is_whole)
            if not self._take(span, stop):
                with self._lock:
                    self._is_busy = self._is_pressed = False
                    return Followed(bad=None if stop.is_set() else span)
            advanced()

    def is_far_behind(self, offset: int, ahead_bytes: int) -> bool:
        """Whether what arrives is hashed more slowly than it comes, and stands ``ahead_bytes`` before ``offset``.

        Never while an earlier run's bytes are hashed: the line need not wait for those.
        """
        return self._is_pressed and offset - self._position >= ahead_bytes

    def restart(self, missing: Iterable[tuple[int, int]]) -> None:
        """Begin at 0 again: all is there but ``missing`` (offset, length). Nobody else works on the file."""
        gone = [Span(offset, length, 0) for offset, length in sorted(missing)]
        kept = [Span(begin, end - begin, 0) for begin, end in holes(gone, self._size_bytes)]
        with self._lock:
            self._begin(kept)

    def digests(self) -> Digests:
        """Of the whole file, when it is whole."""
        return Digests(self._size_bytes, self._md5.hexdigest(), self._sha256.hexdigest())

    def _begin(self, spans: Iterable[Span]) -> None:
        self._ready = {span.offset: span for span in spans}
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._position = 0
        self._is_told = False

    def _take(self, span: Span, stop: Event) -> bool:
        """Hash one span; false, and everything as before, where it cannot be read or is not what was written."""
        md5, sha256 = self._md5.copy(), self._sha256.copy()
        crc32, at = 0, span.offset
        while at < span.end:
            data = self._sink.read_at(at, min(READ_BYTES, span.end - at))
            if not data or stop.is_set():
                return False
            _update(md5, sha256, data)
            if span.is_old:
                crc32 = isal_zlib.crc32(data, crc32)
            at += len(data)
        if span.is_old and crc32 != span.crc32:
            return False
        self._md5, self._sha256, self._position = md5, sha256, span.end
        return True


class FileCopy:
    """The copy of one version of one file. A file that changes at its source gets another one.

    Args:
        part: where the bytes stand until they are proven; its journal stands beside it.
        can_resume: whether the source can begin in the middle; if not, a part of the file is worth nothing.
    """

    def __init__(self, url: str, entry: Entry, part: Path, open_sink: OpenSink, *, can_resume: bool) -> None:
        self.entry = entry
        self.sink = open_sink(part, entry.size_bytes)
        self.journal = PartJournal(spans_path(part), Origin.of(url, entry))
        self._lock = Lock()
        self._users = 0
        self.is_retired = False
        old, self.was_other = self.journal.read()
        if self.sink.is_fresh or (not can_resume and holes(old, entry.size_bytes)):
            old = []
        if old:
            self.journal.rewrite(old)
        else:
            self.journal.path.unlink(missing_ok=True)
        self._spans = {span.offset: span for span in old}
        self.resumed_bytes = sum(span.length for span in old)
        self.received_bytes = 0
        self._can_resume = can_resume
        self.parts = [part for begin, end in holes(old, entry.size_bytes) for part in self.cut(begin, end)]
        # One part of a small file is there or not: a journal would cost more than it saves.
        self.keeps_journal = bool(old) or len(self.parts) > 1
        self.front = Front(self.sink, entry.size_bytes, old)
        self.unproven = self.cut(0, entry.size_bytes)
        self._left = 0
        self._damaged: list[tuple[int, int]] = []

    def cut(self, begin: int, end: int) -> list[tuple[int, int]]:
        """``[begin, end)`` as parts to fetch: (offset, length)."""
        return cut(begin, end, self.entry.size_bytes) if self._can_resume else [(begin, end - begin)] * (end > begin)

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Hold the file open. Raises Retired."""
        with self._lock:
            if self.is_retired:
                raise Retired
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                self._close_if_unused()

    def retire(self) -> None:
        """Nobody begins to use it any more; the last user closes it."""
        with self._lock:
            if not self.is_retired:
                self.is_retired = True
                self._close_if_unused()

    def count(self, size_bytes: int) -> None:
        """So many bytes arrived; negative where they were in vain."""
        with self._lock:
            self.received_bytes += size_bytes

    def save(self, span: Span) -> None:
        """``span`` is written: see it onto the disk, then write it down. Raises Retired."""
        self.sink.sync()
        with self._lock:
            if self.is_retired:
                raise Retired
            self._spans[span.offset] = span
            self.journal.add(span)

    def forget(self, span: Span) -> list[tuple[int, int]]:
        """``span`` is not what was written: strike it out; the parts that have to travel again."""
        with self._lock:
            self._spans.pop(span.offset, None)
            self.journal.rewrite(sorted(self._spans.values(), key=lambda item: item.offset))
        self.keeps_journal = True
        return self.cut(span.offset, span.end)

    def begin_comparing(self) -> list[tuple[int, int]]:
        """Parts whose bytes are still to be compared with the source's."""
        self._left, self._damaged = len(self.unproven), []
        return self.unproven

    def compared(self, part: tuple[int, int], *, is_equal: bool) -> bool:
        """One part was compared; whether it was the last one."""
        with self._lock:
            self._left -= 1
            if not is_equal:
                self._damaged.append(part)
            return self._left == 0

    def damaged(self) -> list[tuple[int, int]]:
        """Parts that did not agree, when all are compared: they travel again, and only they are compared again."""
        if self._damaged:
            self.unproven = sorted(self._damaged)
            with self._lock:
                bad = [Span(offset, length, 0) for offset, length in self.unproven]
                sound = [span for span in self._spans.values() if not any(_overlap(span, other) for other in bad)]
                self._spans = {span.offset: span for span in sound}
                self.journal.rewrite(sorted(sound, key=lambda item: item.offset))
            self.front.restart(self.unproven)
        return list(self._damaged)

    def _close_if_unused(self) -> None:
        if self.is_retired and not self._users:
            self.journal.close()
            self.sink.close()


def spans_path(part: Path) -> Path:
    """Where the journal of a part file stands."""
    return part.with_suffix(".spans")


def _overlap(one: Span, other: Span) -> bool:
    return one.offset < other.end and other.offset < one.end
