"""The sending of one submission: several files and parts at once, each proven, the list of what was sent last."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from dsqc.errors import DsqcError, TransientFault
from dsqc.findings import FindingLog, finding
from dsqc.listing import SENT, Digests, Expected, Sent, SentFile, normalise
from dsqc.pacing import Stopped
from dsqc.sending.destination import (
    DamagedAtFarEnd,
    Destination,
    Remote,
    Upload,
    Whole,
    part_count,
    size_of_part,
)
from dsqc.sending.hashes import Counter, Hashes, md5_of, whole_of
from dsqc.sending.journal import Journal, Remembered
from dsqc.sending.local import Changed, LocalFile, Unreadable, look_at, reading
from dsqc.sending.plan import PLAIN_FILE, PLAIN_FILE_KO, Item, Plan
from dsqc.sending.progress import Progress
from dsqc.sending.room import Held, Room

PARALLEL = 8
"""Requests at once."""
LARGE_AT_ONCE = 2
"""Files in parts at once; each has one thread that reads and hashes."""
MEMORY_BYTES = 512 << 20
"""Of parts that are read and not yet sent; one part a file is the least, whatever its size."""
ATTEMPTS = 3
"""Attempts of one file that changed or arrived damaged; each request below has been tried several times already."""


@dataclass(frozen=True, slots=True)
class SentRecord:
    """What became of one file.

    ``state``: sent (in this run), kept (stood there already, proven), missing, failed, or waiting (not yet sent when
    the sending stopped). ``reason`` says why it did not go, in English; ``sent_bytes`` travelled in this run.
    """

    name: str
    kind: str
    state: str
    digests: Digests | None = None
    reason: str = ""
    sent_bytes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """A row of the result."""
        return {
            "name": self.name,
            "kind": self.kind,
            "state": self.state,
            "size_bytes": self.digests.size_bytes if self.digests else None,
            "md5": self.digests.md5 if self.digests else "",
            "sha256": self.digests.sha256 if self.digests else "",
            "reason": self.reason,
        }


@dataclass(slots=True)
class Outcome:
    """What a sending came to. ``fault`` is what stopped it; ``complete``: everything stands there and says so."""

    files: list[SentRecord] = field(default_factory=list)
    log: FindingLog = field(default_factory=FindingLog)
    complete: bool = False
    fault: DsqcError | None = None


class _WrongChecksum(Exception):
    """The file is not the one that the file sheet describes."""


def send_planned(
    plan: Plan, destination: Destination, journal: Journal, progress: Progress | None = None, parallel: int = PARALLEL
) -> Outcome:
    """Send what is planned; what stands at the far end already, proven, does not travel again.

    Faults of single files do not stop the others; what stops everything is told in the outcome.

    Args:
        journal: locked by the caller.
        parallel: requests at once; memory is bounded by it times the size of a part, and by MEMORY_BYTES.

    Raises:
        KeyboardInterrupt: and whatever is no DsqcError; the far end and the journal are as good as after a kill.
    """
    return _Sending(plan, destination, journal, progress or Progress(), parallel).run()


class _Sending:
    def __init__(
        self, plan: Plan, destination: Destination, journal: Journal, progress: Progress, parallel: int
    ) -> None:
        self.plan = plan
        self.destination = destination
        self.journal = journal
        self.progress = progress
        self.parallel = parallel
        self.lock = threading.Lock()
        self.standing: Mapping[str, Remote] = {}
        self.records: dict[str, SentRecord] = {}
        self.outcome = Outcome(log=plan.log)

    def run(self) -> Outcome:
        self.destination.line.waiting = self._wait
        try:
            with self.destination.opened(self.journal.claim):
                self.standing = self.destination.standing()
                self._send_all()
        except DsqcError as fault:
            self.outcome.fault = fault
        self.outcome.files = [self.records.get(item.name) or _unsent(item) for item in self.plan.items]
        return self.outcome

    def _send_all(self) -> None:
        items = self.plan.travelling
        kept = {item.name: line for item in items if (line := self._kept(item))}
        for item in items:
            if item.name in kept:
                self._note(SentRecord(item.name, item.kind, "kept", kept[item.name].digests))
        left = [item for item in items if item.name not in kept]
        self.progress.plan(len(left), sum(item.file.size_bytes for item in left if item.file))
        if left:
            self._announce(Sent())
        self._in_parallel(left)
        if all(self.records.get(item.name, _unsent(item)).digests for item in self.plan.items):
            files = (self.records[item.name] for item in self.plan.items)
            self._announce(
                Sent(tuple(SentFile(row.name, row.kind, row.digests) for row in files if row.digests), complete=True)
            )
            self.outcome.complete = True

    def _kept(self, item: Item) -> Remembered | None:
        """The journal's line of a file that stands there as it was proven, and has not changed here since."""
        line, file = self.journal.find(item.name), item.file
        if line is None or file is None or not line.tag or not line.is_of(file):
            return None
        there = self.standing.get(item.name) or self.destination.look(item.name)
        return line if there == Remote(line.size_bytes, line.tag) and _agrees(item.expected, line.digests) else None

    def _announce(self, sent: Sent) -> None:
        """Put ``sent.json``: before the first byte only where one stands that would be wrong from now on."""
        data = sent.to_bytes()
        whole = whole_of(data)
        there = self.standing.get(SENT) or (None if self.standing else self.destination.look(SENT))
        if not sent.complete and there is None:
            return
        if there is None or not self.destination.is_same(SENT, there, whole, 0):
            self.destination.put(SENT, data, whole, lambda _number: None, lambda _reason: None)

    def _in_parallel(self, items: list[Item]) -> None:
        stop = self._stop()
        with (
            ThreadPoolExecutor(self.parallel, thread_name_prefix="dsqc-send") as requests,
            ThreadPoolExecutor(LARGE_AT_ONCE, thread_name_prefix="dsqc-read") as readers,
        ):
            futures: list[Future[None]] = []
            for item in items:
                whole = item.file is not None and not self._parts_of(item.file)
                futures.append((requests if whole else readers).submit(self._bring, item, requests))
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            except BaseException:
                stop.set()
                for future in futures:
                    future.cancel()
                # Whoever waits for an answer wakes up.
                self.destination.close()
                raise

    def _stop(self) -> threading.Event:
        return self.destination.line.stop

    def _parts_of(self, file: LocalFile) -> int:
        return self.destination.part_bytes(_name(file), file.size_bytes)

    def _bring(self, item: Item, requests: ThreadPoolExecutor) -> None:
        """Have one file at the far end; what is wrong with this file alone becomes its record."""
        sent = Counter(lambda number: self._advance(item.name, number))
        if item.file is not None:
            with self.lock:
                self.progress.begin(item.name, item.file.size_bytes, 0)
        try:
            record = self._send(item, requests, sent)
        except Unreadable as fault:
            record = self._failed(item, fault.reason)
        except _WrongChecksum:
            record = SentRecord(item.name, item.kind, "failed", reason="not what the file sheet says")
        except TransientFault as fault:
            if not isinstance(fault, Changed) and not self.destination.is_alive():
                raise
            record = self._failed(item, fault.message)
        self._note(record)
        with self.lock:
            if record.digests:
                self.progress.finish(item.name)
            else:
                self.progress.fail(item.name, record.reason)

    def _send(self, item: Item, requests: ThreadPoolExecutor, sent: Counter) -> SentRecord:
        file = item.file
        if file is None or (refused := self.destination.refusal(item.name, file.size_bytes)):
            raise Unreadable(refused if file else "it is not there")
        for attempt in range(ATTEMPTS):
            try:
                whole, tag, state = self._once(item, file, requests, sent)
            except (Changed, DamagedAtFarEnd) as fault:
                sent.undo()
                reason = fault.message if isinstance(fault, Changed) else "what arrived is not what was sent"
                if attempt + 1 == ATTEMPTS:
                    raise TransientFault(f"{item.name}: {reason}.", hint="Run the same command again.") from fault
                with self.lock:
                    self.progress.retry(item.name, reason)
                # Looked at anew: a file that changed goes as it is now.
                file = look_at(file.path) or file
            else:
                digests = whole.digests
                self._remember(
                    Remembered(item.name, file.size_bytes, file.mtime_ns, "", digests.md5, digests.sha256, tag)
                )
                return SentRecord(item.name, item.kind, state, digests, sent_bytes=sent.total)
        raise AssertionError

    def _once(self, item: Item, file: LocalFile, requests: ThreadPoolExecutor, sent: Counter) -> tuple[Whole, str, str]:
        part_bytes = self._parts_of(file)
        there = self.standing.get(item.name)
        if there is None and part_bytes and not self.standing:
            there = self.destination.look(item.name)
        if there is not None and there.size_bytes == file.size_bytes:
            # Perhaps sent by another host, or just before a kill: reading it here is cheaper than sending it.
            whole = self._read(file, part_bytes, item.expected)
            before = self.journal.find(item.name)
            as_before = before is not None and (before.tag, before.sha256) == (there.tag, whole.digests.sha256)
            if as_before or self.destination.is_same(item.name, there, whole, part_bytes):
                self._require_listed(item, whole.digests)
                sent(file.size_bytes)
                return whole, there.tag, "kept"
        if not part_bytes:
            return (*self._send_whole(item, file, sent), "sent")
        return (*self._send_parts(item, file, requests, sent), "sent")

    def _send_whole(self, item: Item, file: LocalFile, sent: Counter) -> tuple[Whole, str]:
        with reading(file) as opened:
            data = opened.read(file.size_bytes)
            opened.require_unchanged()
        whole = whole_of(data)
        self._require_listed(item, whole.digests)
        return whole, self.destination.put(item.name, data, whole, sent, self._retrying(item.name))

    def _send_parts(
        self, item: Item, file: LocalFile, requests: ThreadPoolExecutor, sent: Counter
    ) -> tuple[Whole, str]:
        before = self.journal.find(item.name)
        upload = self.destination.begin(item.name, file.size_bytes, before.upload_id if before else "")
        known = upload.parts()
        if known and before and before.upload_id == upload.id and not before.is_of(file):
            with self.lock:
                self.progress.changed(item.name)
        self._remember(Remembered(item.name, file.size_bytes, file.mtime_ns, upload.id))
        whole = _Parts(self, item, file, upload, known=known, sent=sent).send(requests)
        self._require_listed(item, whole.digests)
        return whole, upload.complete(whole)

    def _read(self, file: LocalFile, part_bytes: int, expected: Expected) -> Whole:
        """Digests of a file that need not travel."""
        hashes = Hashes(with_md5=bool(expected.md5) or not part_bytes)
        size = part_bytes or max(1, file.size_bytes)
        with reading(file) as opened:
            for number in range(1, part_count(file.size_bytes, size) + 1):
                if self._stop().is_set():
                    raise Stopped
                data = opened.read(size_of_part(number, file.size_bytes, size))
                hashes.add(data)
                hashes.part_md5s[number] = md5_of(data) if part_bytes else b""
            opened.require_unchanged()
        return hashes.whole(file.size_bytes)

    def _require_listed(self, item: Item, digests: Digests) -> None:
        if _agrees(item.expected, digests):
            return
        with self.lock:
            for attribute, said, seen in (
                ("md5", item.expected.md5, digests.md5),
                ("sha256", item.expected.sha256, digests.sha256),
            ):
                if said and said != seen:
                    place = replace(item.place, attribute=attribute, column="")
                    self.outcome.log.add(finding("DSQC-F006", place, object_id=item.name, value=seen, expected=said))
        raise _WrongChecksum

    def _failed(self, item: Item, reason: str) -> SentRecord:
        with self.lock:
            self.outcome.log.add(
                finding(
                    "DSQC-F019",
                    item.place,
                    object_id=item.name,
                    value=reason,
                    expected=PLAIN_FILE,
                    expected_ko=PLAIN_FILE_KO,
                )
            )
        return SentRecord(item.name, item.kind, "failed", reason=reason)

    def _note(self, record: SentRecord) -> None:
        with self.lock:
            self.records[record.name] = record

    def _wait(self, seconds: float) -> None:
        with self.lock:
            self.progress.waiting(seconds, self.destination.line.pacer.windows)

    def _remember(self, line: Remembered) -> None:
        with self.lock:
            self.journal.remember(line)

    def _advance(self, name: str, number: int) -> None:
        with self.lock:
            self.progress.advance(name, number)

    def _retrying(self, name: str) -> Callable[[str], None]:
        def tell(reason: str) -> None:
            with self.lock:
                self.progress.retry(name, reason)

        return tell


class _Parts:
    """One file in parts: read and hashed in order by one thread (MD5, where wanted, by another), sent by several."""

    def __init__(
        self,
        sending: _Sending,
        item: Item,
        file: LocalFile,
        upload: Upload,
        *,
        known: Mapping[int, str],
        sent: Counter,
    ) -> None:
        self.sending = sending
        self.item = item
        self.file = file
        self.upload = upload
        self.known = known
        self.sent = sent
        self.hashes = Hashes(with_md5=bool(item.expected.md5))
        self.failure: BaseException | None = None
        in_memory = MEMORY_BYTES // LARGE_AT_ONCE // upload.part_bytes
        self.room = Room(max(1, min(sending.parallel + 1, in_memory)), min(upload.part_bytes, file.size_bytes))

    def send(self, requests: ThreadPoolExecutor) -> Whole:
        size, part_bytes = self.file.size_bytes, self.upload.part_bytes
        futures: list[Future[None]] = []
        hasher = ThreadPoolExecutor(1, thread_name_prefix="dsqc-hash")
        try:
            with reading(self.file) as opened:
                for number in range(1, part_count(size, part_bytes) + 1):
                    held = self.room.take(size_of_part(number, size, part_bytes))
                    if self.failure or self.sending._stop().is_set():
                        break
                    opened.read_into(held.data)
                    futures.append(requests.submit(self._part, number, held.shared()))
                    if self.hashes.md5:
                        # MD5 is the slowest of all: it has a thread of its own.
                        hasher.submit(self._hash, held.shared())
                    self.hashes.sha256.update(held.data)
                    held.release()
                opened.require_unchanged()
        finally:
            wait(futures)
            hasher.shutdown()
        if self.failure:
            raise self.failure
        if len(futures) < part_count(size, part_bytes):
            raise Stopped
        return self.hashes.whole(size)

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
                self.upload.send(number, data, md5, self.sent, self.sending._retrying(self.item.name))
        except BaseException as error:
            self.failure = self.failure or error
        finally:
            held.release()


def _agrees(expected: Expected, digests: Digests) -> bool:
    return expected.md5 in ("", digests.md5) and expected.sha256 in ("", digests.sha256)


def _name(file: LocalFile) -> str:
    return normalise(file.name)


def _unsent(item: Item) -> SentRecord:
    return SentRecord(item.name, item.kind, item.state or "waiting")
