"""The sending of one submission: several files and parts at once, each proven, the list of what was sent last."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from dsqc.crypt4gh import PublicKey
from dsqc.errors import DsqcError, TransientFault
from dsqc.findings import FindingLog, finding
from dsqc.listing import SENT, Digests, Expected, SealedAs, Sent, SentFile
from dsqc.pacing import Stopped
from dsqc.sending.destination import (
    DamagedAtFarEnd,
    Destination,
    Remote,
    Whole,
    part_count,
    size_of_part,
)
from dsqc.sending.hashes import Counter, Hashes, md5_of, whole_of
from dsqc.sending.inparts import LARGE_AT_ONCE, FileInParts
from dsqc.sending.journal import Journal, Remembered
from dsqc.sending.local import Changed, LocalFile, Unreadable, look_at
from dsqc.sending.outgoing import Outgoing, PlainOutgoing, SealedOutgoing
from dsqc.sending.plan import PLAIN_FILE, PLAIN_FILE_KO, Item, Plan
from dsqc.sending.progress import Progress
from dsqc.sending.sealing import SecretKeeper, new_secrets, require_recipient

PARALLEL = 8
"""Requests at once."""
ATTEMPTS = 3
"""Attempts of one file that changed or arrived damaged; each request below has been tried several times already."""


@dataclass(frozen=True, slots=True)
class SentRecord:
    """What became of one file.

    ``state``: sent (in this run), kept (stood there already, proven), missing, failed, or waiting (not yet sent when
    the sending stopped). ``reason`` says why it did not go, in English; ``sent_bytes`` travelled in this run.
    Digests are those of the file here; ``encrypted`` is what stands there in its place, of a closed submission.
    """

    name: str
    kind: str
    state: str
    digests: Digests | None = None
    reason: str = ""
    sent_bytes: int = 0
    encrypted: SealedAs | None = None

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
            **({"encrypted": self.encrypted.to_dict()} if self.encrypted else {}),
        }


@dataclass(slots=True)
class Outcome:
    """What a sending came to. ``fault`` is what stopped it; ``complete``: everything stands there and says so.

    ``in_the_clear``: names that should stand there encrypted only, and of which an earlier sending left the plain file.
    """

    files: list[SentRecord] = field(default_factory=list)
    log: FindingLog = field(default_factory=FindingLog)
    complete: bool = False
    fault: DsqcError | None = None
    in_the_clear: list[str] = field(default_factory=list)


class _WrongChecksum(Exception):
    """The file is not the one that the file sheet describes."""


def send_planned(
    plan: Plan,
    destination: Destination,
    journal: Journal,
    progress: Progress | None = None,
    parallel: int = PARALLEL,
    *,
    recipient: PublicKey | None = None,
) -> Outcome:
    """Send what is planned; what stands at the far end already, proven, does not travel again.

    Faults of single files do not stop the others; what stops everything is told in the outcome.

    Args:
        journal: locked by the caller.
        parallel: requests at once; memory is bounded by it times the size of a part, and by MEMORY_BYTES.
        recipient: whom data of a closed submission is encrypted to, while it is read.

    Raises:
        UsageError: the submission is closed, and there is no recipient.
        KeyboardInterrupt: and whatever is no DsqcError; the far end and the journal are as good as after a kill.
    """
    require_recipient(plan, recipient)
    sending = _Sending(plan, destination, journal, progress or Progress(), parallel)
    sending.recipient = recipient
    return sending.run()


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
        self.recipient: PublicKey | None = None
        self.keeper: SecretKeeper | None = None

    def run(self) -> Outcome:
        if self.recipient:
            self.keeper = SecretKeeper(self.journal.secrets, self.recipient)
        self.destination.line.waiting = self._wait
        try:
            with self.destination.opened(self.journal.claim):
                self.standing = self.destination.standing()
                self._look_for_plain()
                self._send_all()
        except DsqcError as fault:
            self.outcome.fault = fault
        self.outcome.files = [self.records.get(item.name) or _unsent(item) for item in self.plan.items]
        return self.outcome

    def _look_for_plain(self) -> None:
        """Files of a submission that became closed: whoever keeps the inbox removes them, not who only sends."""
        ours = {item.far_name for item in self.plan.items}
        names = [item.name for item in self.plan.items if item.is_sealed and item.name not in ours]
        self.outcome.in_the_clear = [name for name in names if name in self.standing]

    def _send_all(self) -> None:
        items = self.plan.travelling
        kept = {item.name: line for item in items if (line := self._kept(item))}
        for item in items:
            if item.name in kept:
                line = kept[item.name]
                self._note(SentRecord(item.name, item.kind, "kept", line.digests, encrypted=line.encrypted))
        left = [item for item in items if item.name not in kept]
        if self.keeper:
            self.keeper.keep_only({item.name for item in left if item.is_sealed})
        self.progress.plan(len(left), sum(item.far_bytes for item in left))
        if left:
            self._announce(Sent())
        self._in_parallel(left)
        if all(self.records.get(item.name, _unsent(item)).digests for item in self.plan.items):
            files = (self.records[item.name] for item in self.plan.items)
            rows = (SentFile(row.name, row.kind, row.digests, row.encrypted) for row in files if row.digests)
            self._announce(Sent(tuple(rows), complete=True))
            self.outcome.complete = True

    def _kept(self, item: Item) -> Remembered | None:
        """The journal's line of a file that stands there as it was proven, and has not changed here since."""
        line, file = self.journal.find(item.name), item.file
        if line is None or file is None or not line.tag or not line.is_of(file):
            return None
        recipient = self.recipient.fingerprint if self.recipient and item.is_sealed else ""
        if (line.encrypted is not None, line.recipient) != (item.is_sealed, recipient):
            return None
        there = self.standing.get(item.far_name) or self.destination.look(item.far_name)
        return line if there == Remote(line.far_bytes, line.tag) and _agrees(item.expected, line.digests) else None

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
            # An interrupt may come while files are still handed over: without the stop, leaving the pools would wait
            # for every file under way.
            try:
                for item in items:
                    whole = item.file is not None and not self._parts_of(item)
                    futures.append((requests if whole else readers).submit(self._bring, item, requests))
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

    def _parts_of(self, item: Item) -> int:
        return self.destination.part_bytes(item.far_name, item.far_bytes)

    def _outgoing(self, item: Item, file: LocalFile, part_bytes: int) -> Outgoing:
        if not item.is_sealed or self.recipient is None or self.keeper is None:
            return PlainOutgoing(item.far_name, file)
        # A small file goes whole or not at all: nobody goes on with it.
        secrets = self.keeper.take(item.name, file) if part_bytes else new_secrets(self.recipient)
        return SealedOutgoing(item.name, file, secrets)

    def _bring(self, item: Item, requests: ThreadPoolExecutor) -> None:
        """Have one file at the far end; what is wrong with this file alone becomes its record."""
        sent = Counter(lambda number: self._advance(item.name, number))
        if item.file is not None:
            with self.lock:
                self.progress.begin(item.name, item.far_bytes, 0)
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
        if item.file is None:
            raise Unreadable("it is not there")
        if refused := self.destination.refusal(item.far_name, item.far_bytes):
            raise Unreadable(f"{refused} ({item.far_name})" if item.is_sealed else refused)
        for attempt in range(ATTEMPTS):
            try:
                return self._once(item, item.file, requests, sent)
            except (Changed, DamagedAtFarEnd) as fault:
                sent.undo()
                reason = fault.message if isinstance(fault, Changed) else "what arrived is not what was sent"
                if attempt + 1 == ATTEMPTS:
                    raise TransientFault(f"{item.name}: {reason}.", hint="Run the same command again.") from fault
                with self.lock:
                    self.progress.retry(item.name, reason)
                # Looked at anew: a file that changed goes as it is now.
                item = replace(item, file=look_at(item.file.path) or item.file)
        raise AssertionError

    def _once(self, item: Item, file: LocalFile, requests: ThreadPoolExecutor, sent: Counter) -> SentRecord:
        part_bytes = self._parts_of(item)
        outgoing = self._outgoing(item, file, part_bytes)
        stands = self._standing_as(item, outgoing, part_bytes)
        if stands:
            whole, content, tag = stands
            self._require_listed(item, content)
            sent(outgoing.size_bytes)
        elif part_bytes:
            whole, content, tag = self._send_parts(item, file, outgoing, requests, sent)
        else:
            whole, content, tag = self._send_whole(item, outgoing, sent)
        encrypted = SealedAs(outgoing.name, whole.digests) if item.is_sealed else None
        recipient = self.recipient.fingerprint if self.recipient and encrypted else ""
        proven = (content.md5, content.sha256, tag, encrypted, recipient)
        self._remember(Remembered(item.name, file.size_bytes, file.mtime_ns, "", *proven))
        if self.keeper and encrypted:
            self.keeper.forget(item.name)
        state = "kept" if stands else "sent"
        return SentRecord(item.name, item.kind, state, content, sent_bytes=sent.total, encrypted=encrypted)

    def _standing_as(self, item: Item, outgoing: Outgoing, part_bytes: int) -> tuple[Whole, Digests, str] | None:
        """What stands there already, where it is the same."""
        there = self.standing.get(outgoing.name) if outgoing.can_stand else None
        if outgoing.can_stand and there is None and part_bytes and not self.standing:
            there = self.destination.look(outgoing.name)
        if there is None or there.size_bytes != outgoing.size_bytes:
            return None
        # Perhaps sent by another host, or just before a kill: reading it here is cheaper than sending it.
        whole, content = self._read(item, outgoing, part_bytes)
        before = self.journal.find(item.name)
        as_before = before is not None and (before.tag, before.far_sha256) == (there.tag, whole.digests.sha256)
        if as_before or self.destination.is_same(outgoing.name, there, whole, part_bytes):
            return whole, content, there.tag
        return None

    def _send_whole(self, item: Item, outgoing: Outgoing, sent: Counter) -> tuple[Whole, Digests, str]:
        with outgoing.reading() as opened:
            data = opened.read(outgoing.size_bytes)
            opened.require_unchanged()
            content = opened.content()
        whole = whole_of(data)
        content = content or whole.digests
        self._require_listed(item, content)
        return whole, content, self.destination.put(outgoing.name, data, whole, sent, self._retrying(item.name))

    def _send_parts(
        self, item: Item, file: LocalFile, outgoing: Outgoing, requests: ThreadPoolExecutor, sent: Counter
    ) -> tuple[Whole, Digests, str]:
        before = self.journal.find(item.name)
        upload = self.destination.begin(outgoing.name, outgoing.size_bytes, before.upload_id if before else "")
        known = upload.parts()
        if known and before and before.upload_id == upload.id and not before.is_of(file):
            with self.lock:
                self.progress.changed(item.name)
        self._remember(Remembered(item.name, file.size_bytes, file.mtime_ns, upload.id))
        parts = FileInParts(
            outgoing,
            upload,
            known=known,
            sent=sent,
            retrying=self._retrying(item.name),
            stop=self._stop(),
            parallel=self.parallel,
            with_md5=_wants_md5(item),
        )
        whole, content = parts.send(requests)
        self._require_listed(item, content)
        return whole, content, upload.complete(whole)

    def _read(self, item: Item, outgoing: Outgoing, part_bytes: int) -> tuple[Whole, Digests]:
        """Digests of a file that need not travel."""
        hashes, total = Hashes(with_md5=_wants_md5(item) or not part_bytes), outgoing.size_bytes
        size = part_bytes or max(1, total)
        with outgoing.reading() as opened:
            for number in range(1, part_count(total, size) + 1):
                if self._stop().is_set():
                    raise Stopped
                data = opened.read(size_of_part(number, total, size))
                hashes.add(data)
                hashes.part_md5s[number] = md5_of(data) if part_bytes else b""
            opened.require_unchanged()
            content = opened.content()
        whole = hashes.whole(total)
        return whole, content or whole.digests

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


def _wants_md5(item: Item) -> bool:
    """Whether somebody asks for the MD5 of all that travels."""
    return item.is_sealed or bool(item.expected.md5)


def _agrees(expected: Expected, digests: Digests) -> bool:
    return expected.md5 in ("", digests.md5) and expected.sha256 in ("", digests.sha256)


def _unsent(item: Item) -> SentRecord:
    return SentRecord(item.name, item.kind, item.state or "waiting")
