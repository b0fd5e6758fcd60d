"""Many files at once, each in parts: a bounded number of threads, and one list of what they have to do next.

A thread takes the next part of the files at work, and begins another file only when no part is waiting; so at most as
many files are open as there are threads. Whoever brings a part hashes on from where the digests of its file stand; a
file whose hashes fall behind (MD5 makes 600 MB/s) gets no further parts until they follow, or many threads would take
the processor from the one that the whole file waits for, and what it hashes would no longer be in memory.
Memory: two blocks of the source a thread (1 MiB each from S3 and directories, 8 MiB at most) and 2 MiB to read back.
"""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Condition, Lock, Semaphore, current_thread
from typing import cast

from dsqc.errors import DsqcError, TransientFault
from dsqc.listing import Digests, Expected
from dsqc.pacing import Pacer, Stopped
from dsqc.station import TransferOptions
from dsqc.transfer.events import Progress
from dsqc.transfer.fetching import Line, PartFetch, Worker, agrees, waiting
from dsqc.transfer.filecopy import FileCopy, Retired
from dsqc.transfer.parts import PART_BYTES, part_size
from dsqc.transfer.retries import attempts
from dsqc.transfer.sinks import OpenSink, PlainSink
from dsqc.transfer.sources import Entry, EntryKind, FileFault, Source, SourceChanged, Stalled

GRACE_S = 5.0
"""A source gives a silent connection up itself; where it has not done so after twice that time and this, it hangs."""
GOODBYE_S = 1.5
"""How long an interrupted transfer waits for its threads to save what they have."""
LEAST_RATE = 200_000
"""Bytes a second of one connection: a limited rate is shared by no more than have so much, or each would be silent for
so long between two blocks that servers hang up."""
MOST_WRITTEN = 256
"""Files that wait, open, to be seen onto the disk."""
AHEAD_PARTS = 4
"""Parts that may have come, beyond one a thread, while the hashes of a file fall behind."""
_LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Order:
    """One file that should come: to ``part``, to be compared with ``expected``.

    ``open_sink``: how its part file is opened, where not as the engine opens all of them.
    """

    name: str
    entry: Entry
    expected: Expected
    part: Path
    open_sink: OpenSink | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What it took: readings that were begun, bytes an earlier run had left, bytes that travelled (in vain, or to be
    compared, too)."""

    seconds: float
    streams: int
    resumed_bytes: int
    fetched_bytes: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file whose bytes are whole, proven and on the disk, in the part file of its order.

    ``entry`` is what was copied: another one than ordered where the file changed meanwhile.
    """

    order: Order
    entry: Entry
    digests: Digests
    mtime_ns: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that does not come in this run, and why."""

    order: Order
    fault: FileFault
    cost: Cost


class _File:
    """One order at work."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.copy: FileCopy | None = None
        self.lock = Lock()
        self.begun = time.monotonic()
        self.streams = 0
        self.fetched_bytes = 0
        self.faults = 0
        self.is_over = False


@dataclass(frozen=True, slots=True)
class _Task:
    """Something to do for a file. ``part``: the copy and the offset of the part that it fetches."""

    file: _File
    do: Callable[[], None]
    part: tuple[FileCopy, int] | None = None

    def is_early(self, ahead_parts: int) -> bool:
        """Whether it should wait for the hashes of its file."""
        if self.part is None:
            return False
        copy, offset = self.part
        ahead = ahead_parts * part_size(copy.entry.size_bytes)
        return not copy.is_retired and copy.front.is_far_behind(offset, ahead)


@dataclass(frozen=True, slots=True)
class _Written:
    """A file that is whole and proven, and not yet for certain on the disk."""

    file: _File
    copy: FileCopy


class _Outdated(Exception):
    """The source has another version than ``copy`` is made of."""

    def __init__(self, copy: FileCopy, fault: SourceChanged) -> None:
        super().__init__()
        self.copy = copy
        self.fault = fault


class Engine:
    """Fetches orders from ``source``. One engine makes one run at a time."""

    def __init__(
        self,
        source: Source,
        options: TransferOptions,
        pacer: Pacer,
        progress: Progress,
        open_sink: OpenSink = PlainSink,
    ) -> None:
        self._source = source
        self._options = options
        self._pacer = pacer
        self._progress = progress
        self._open_sink = open_sink
        self._line = Line(source, pacer, progress, options.retries)
        self._names_version = getattr(source, "reads_name_version", False)
        self._wake = Condition()
        self._probing = Lock()
        self._probed_at = float("-inf")

    def run(self, orders: Sequence[Order]) -> Generator[list[Arrived | Failed], None, None]:
        """Fetch ``orders``; what has arrived, several at once, as soon as it has. Close it to stop the work.

        Raises:
            SystemFault: nothing more can be had, or a disk refused. What had arrived was given before.
        """
        self._orders = deque(orders)
        self._tasks: dict[_File, deque[_Task]] = {}
        self._arrived: SimpleQueue[_Written | Failed | BaseException] = SimpleQueue()
        self._room = Semaphore(MOST_WRITTEN)
        self._left = len(orders)
        self._open: set[_File] = set()
        self._pacer.stop.clear()
        self._workers: list[Worker] = []
        for _ in range(self._needed_workers()):
            self._start_worker()
        try:
            left = len(orders)
            while left:
                batch, fault = self._next_batch()
                left -= len(batch)
                if batch:
                    yield batch
                if fault:
                    raise fault
        except BaseException:
            self._pacer.stop.set()
            raise
        finally:
            self._say_goodbye()

    def _needed_workers(self) -> int:
        needed = sum(-(-order.entry.size_bytes // PART_BYTES) or 1 for order in self._orders)
        if self._pacer.rate:
            needed = min(needed, -(-self._pacer.rate // LEAST_RATE))
        return min(self._options.parallel, needed)

    def _next_batch(self) -> tuple[list[Arrived | Failed], BaseException | None]:
        """What lies there, or the next that comes; looks after threads that hang."""
        batch: list[Arrived | Failed] = []
        written: list[_Written] = []
        fault: BaseException | None = None
        try:
            item = self._arrived.get(timeout=_LOOK_S)
            while True:
                if isinstance(item, BaseException):
                    fault = item
                    break
                if isinstance(item, Failed):
                    batch.append(item)
                else:
                    written.append(item)
                item = self._arrived.get_nowait()
        except Empty:
            if not batch and not written:
                self._look_after_workers()
        try:
            batch += filter(None, map(self._settle, written))
        except DsqcError as refused:
            fault = fault or refused
        return batch, fault

    def _settle(self, written: _Written) -> Arrived | None:
        """See a file onto the disk. Those that come together share one commit of the file system."""
        file, copy = written.file, written.copy
        self._room.release()
        try:
            with copy.in_use():
                mtime_ns = copy.sink.finish()
        except Retired:
            return None
        cost = self._close(file)
        return Arrived(file.order, copy.entry, copy.front.digests(), mtime_ns, cost) if cost else None

    def _start_worker(self) -> None:
        worker = Worker(self._work, len(self._workers) + 1)
        self._workers.append(worker)
        worker.start()

    def _say_goodbye(self) -> None:
        with self._wake:
            self._wake.notify_all()
        deadline = time.monotonic() + GOODBYE_S
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        for file in list(self._open):
            if file.copy:
                file.copy.retire()

    def _look_after_workers(self) -> None:
        for worker in list(self._workers):
            if worker.give_up_after(2 * self._options.stall_timeout_s + GRACE_S):
                self._workers.remove(worker)
                file, fetch = worker.task
                self._progress.stalled(file.order.name, "the source hangs")
                self._start_worker()
                with self._guarded(file):
                    self._count_fault(file, Stalled("the source hangs"))
                    if fetch and file.copy:
                        self._push_parts(file, file.copy, [fetch.left()])
                    else:
                        # It hung while the file was looked at: nobody knows how that stands.
                        raise FileFault("DSQC-F019", "the source hangs")

    # --- threads -----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while task := self._next():
            cast("Worker", current_thread()).task = (task.file, None)
            with self._guarded(task.file):
                task.do()

    def _next(self) -> _Task | None:
        with self._wake:
            while not self._pacer.stop.is_set():
                if task := self._next_of_open():
                    return task
                if self._orders and len(self._tasks) < self._options.parallel:
                    file = _File(self._orders.popleft())
                    self._open.add(file)
                    return _Task(file, partial(self._begin, file, file.order.entry))
                if not self._left:
                    break
                self._wake.wait()
        return None

    def _next_of_open(self) -> _Task | None:
        ahead_parts = self._options.parallel + AHEAD_PARTS
        for file, tasks in self._tasks.items():
            if not tasks[0].is_early(ahead_parts):
                task = tasks.popleft()
                if not tasks:
                    del self._tasks[file]
                return task
        return None

    def _advanced(self) -> None:
        """Hashes went on by one part: one that waited for them may come."""
        with self._wake:
            self._wake.notify()

    def _push(self, tasks: Sequence[_Task]) -> None:
        with self._wake:
            for task in tasks:
                self._tasks.setdefault(task.file, deque()).append(task)
            self._wake.notify_all()

    def _push_parts(self, file: _File, copy: FileCopy, parts: Sequence[tuple[int, int]]) -> None:
        self._push([_Task(file, partial(self._fetch, file, copy, *part), (copy, part[0])) for part in parts])

    @contextlib.contextmanager
    def _guarded(self, file: _File) -> Iterator[None]:
        """Turn what a task raises into the end of its file, a new beginning of it, or the end of the run."""
        try:
            try:
                yield
            except _Outdated as outdated:
                self._begin_anew(file, outdated.copy, outdated.fault)
        except (Retired, Stopped):
            pass
        except FileFault as fault:
            self._fail(file, fault, fault, needs_check=fault.code == "DSQC-F019" and self._source.is_remote)
        except TransientFault as fault:
            self._fail(file, FileFault("DSQC-F019", fault.message), fault, needs_check=True)
        except BaseException as fault:
            self._arrived.put(fault)

    def _fail(self, file: _File, fault: FileFault, cause: Exception, *, needs_check: bool) -> None:
        """The file does not come; unless the source has nothing at all for us any more."""
        try:
            if needs_check:
                self._require_source(cause)
        except DsqcError as refused:
            self._arrived.put(refused)
        else:
            if cost := self._close(file):
                self._arrived.put(Failed(file.order, fault, cost))

    def _require_source(self, fault: Exception) -> None:
        """A source that does not answer at all stops the transfer; one bad file in it does not."""
        with self._probing:
            if time.monotonic() - self._probed_at > GRACE_S and not self._pacer.stop.is_set():
                try:
                    self._source.entries()
                except DsqcError as refused:
                    raise refused from fault
                self._probed_at = time.monotonic()

    def _close(self, file: _File) -> Cost | None:
        """Nothing more is done for ``file``: what it took; ``None`` where it was over already."""
        with file.lock:
            if file.is_over:
                return None
            file.is_over = True
            resumed = file.copy.resumed_bytes if file.copy else 0
            if file.copy:
                file.copy.retire()
        with self._wake:
            self._left -= 1
            self._open.discard(file)
            self._wake.notify_all()
        seconds = round(time.monotonic() - file.begun, 3)
        return Cost(seconds, file.streams, resumed, file.fetched_bytes)

    def _arrive(self, file: _File, copy: FileCopy) -> None:
        copy.sink.prepare()
        while not self._room.acquire(timeout=_LOOK_S):
            if self._pacer.stop.is_set():
                raise Stopped
        self._arrived.put(_Written(file, copy))

    # --- one file ----------------------------------------------------------------------------------------------

    def _begin(self, file: _File, entry: Entry) -> None:
        if entry.kind is not EntryKind.FILE:
            raise FileFault("DSQC-F016", entry.kind.value)
        with file.lock:
            if file.is_over:
                return
            open_sink = file.order.open_sink or self._open_sink
            copy = FileCopy(self._source.url, entry, file.order.part, open_sink, can_resume=self._source.ranges)
            file.copy = copy
        if copy.was_other:
            self._progress.changed(file.order.name)
        self._progress.begin(file.order.name, entry.size_bytes, copy.resumed_bytes)
        # The first part is ours: a small file is one task.
        self._push_parts(file, copy, copy.parts[1:])
        if copy.parts:
            self._fetch(file, copy, *copy.parts[0])
        else:
            with self._using(copy):
                self._follow(file, copy)

    def _begin_anew(self, file: _File, copy: FileCopy, fault: SourceChanged) -> None:
        """The file changed: what has come of it is neither the old nor the new content."""
        with file.lock:
            if file.is_over or copy.is_retired:
                return
            copy.retire()
            # Whoever still writes has the old file open, and never the new one.
            file.order.part.unlink(missing_ok=True)
        self._progress.changed(file.order.name)
        self._count_fault(file, fault)
        entry = self._stat(file)
        self._progress.plan(0, entry.size_bytes - copy.entry.size_bytes + copy.received_bytes + copy.resumed_bytes)
        self._push([_Task(file, partial(self._begin, file, entry))])

    def _count_fault(self, file: _File, fault: TransientFault) -> None:
        file.faults += 1
        if file.faults > self._options.retries:
            raise FileFault("DSQC-F019", fault.message) from fault

    def _stat(self, file: _File) -> Entry:
        for attempt in attempts(self._options.retries):
            with attempt, waiting():
                return self._source.stat(file.order.entry.name)
        raise AssertionError("unreachable")

    def _fetch(self, file: _File, copy: FileCopy, offset: int, length: int) -> None:
        with self._using(copy):
            fetch = PartFetch(self._line, copy, file.order.name, offset, length)
            cast("Worker", current_thread()).task = (file, fetch)
            try:
                fetch.run()
            finally:
                with file.lock:
                    file.streams += fetch.streams
                    file.fetched_bytes += fetch.fetched_bytes
            cast("Worker", current_thread()).task = (file, None)
            self._follow(file, copy)

    @contextlib.contextmanager
    def _using(self, copy: FileCopy) -> Iterator[None]:
        # Faults of a copy that was given up meanwhile are nobody's any more.
        with copy.in_use():
            try:
                yield
            except (FileFault, TransientFault) as fault:
                if copy.is_retired:
                    raise Retired from None
                if isinstance(fault, SourceChanged):
                    raise _Outdated(copy, fault) from fault
                raise

    def _follow(self, file: _File, copy: FileCopy) -> None:
        followed = copy.front.follow(self._pacer.stop, self._advanced)
        with self._wake:
            self._wake.notify_all()
        if followed.bad:
            parts = copy.forget(followed.bad)
            self._fetch_again(file, copy, parts)
        elif followed.is_whole:
            self._prove(file, copy)

    def _fetch_again(self, file: _File, copy: FileCopy, parts: Sequence[tuple[int, int]]) -> None:
        length = sum(length for _offset, length in parts)
        self._progress.damaged(file.order.name, length)
        self._count_fault(file, TransientFault(f"{file.order.name} was damaged on the way."))
        self._progress.plan(0, length)
        self._push_parts(file, copy, parts)

    def _prove(self, file: _File, copy: FileCopy) -> None:
        """All bytes are there and hashed: are they what the source has now?

        The proof is a checksum, the file sheet's or the source's own. Where none confirms the bytes they are compared
        with the source's once more, so that a wrong checksum in the sheet is told from bytes damaged on the way.
        """
        digests, expected = copy.front.digests(), file.order.expected
        is_proven = expected.confirms(digests) or copy.entry.offers().confirms(digests)
        is_local = not self._source.is_remote and not (expected.md5 or expected.sha256)
        if not self._names_version or not (is_proven or is_local):
            now = self._stat(file)
            is_same = (now.size_bytes, now.version) == (copy.entry.size_bytes, copy.entry.version)
            if not is_same and not self._names_version:
                raise SourceChanged(f"{copy.entry.name} changed while it was read.")
            # One file may be told more of than a list of many: checksums that its uploader stated.
            is_proven = is_proven or (is_same and now.offers().confirms(digests))
        parts = [] if is_proven or is_local else copy.begin_comparing()
        if parts:
            self._push([_Task(file, partial(self._compare, file, copy, *part)) for part in parts])
        else:
            self._arrive(file, copy)

    def _compare(self, file: _File, copy: FileCopy, offset: int, length: int) -> None:
        with self._using(copy):
            is_equal = agrees(self._line, copy, file.order.name, offset, length)
            with file.lock:
                file.fetched_bytes += length
            if not copy.compared((offset, length), is_equal=is_equal):
                return
            damaged = copy.damaged()
            if damaged:
                self._fetch_again(file, copy, damaged)
            else:
                self._arrive(file, copy)
