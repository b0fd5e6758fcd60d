"""The transfer of one submission: forms first, then every file they list, and what is to be said about them."""

import contextlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from dsqc.crypt4gh import Keys, sealed_name
from dsqc.errors import DsqcError, TransientFault
from dsqc.findings import FindingLog, Location, Suggestion, finding
from dsqc.listing import (
    RECEIPT,
    RESULTS,
    SENT,
    Digests,
    Expected,
    Listed,
    Sent,
    by_normal_name,
    is_bare,
    is_closed,
    is_own,
    listed_files,
    parse_sent,
    read_listing,
)
from dsqc.model import Submission
from dsqc.pacing import parse_size
from dsqc.station import TransferOptions
from dsqc.submission import sheet_files
from dsqc.transfer.engine import Arrived, Cost, Engine, Failed, Order
from dsqc.transfer.events import Estimate, Gauge, InTurns, Progress
from dsqc.transfer.inbox import Encrypted, Finished, Inbox
from dsqc.transfer.retries import attempts
from dsqc.transfer.sealed_sink import Sealer
from dsqc.transfer.sinks import PlainSink
from dsqc.transfer.sources import Entry, EntryKind, FileFault, Source
from dsqc.transfer.taken import reason_ko

LARGEST_RESULTS_BYTES = 4 << 30
"""Of the results that come with a receipt; without them everything is measured."""
PLAIN_FILE = "regular file"
LARGEST_SENT_BYTES = 64 << 20
"""Of a ``sent.json`` that is read: a hundred thousand files; what is larger was not written by dsqc."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What became of one file. ``state``: copied, missing (not at the source) or failed (there, but not taken)."""

    name: str
    kind: str
    state: str
    source_name: str = ""
    digests: Digests | None = None
    encrypted: Encrypted | None = None

    def to_dict(self) -> dict[str, Any]:
        """A row of ``transfer.json``; ``encrypted`` only where the copy is."""
        encrypted = {"encrypted": self.encrypted.to_dict()} if self.encrypted else {}
        return {
            "name": self.name,
            "source_name": self.source_name,
            "size_bytes": self.digests.size_bytes if self.digests else None,
            "md5": self.digests.md5 if self.digests else "",
            "sha256": self.digests.sha256 if self.digests else "",
            "kind": self.kind,
            "state": self.state,
            **encrypted,
        }


@dataclass(frozen=True, slots=True)
class FileTiming:
    """What it took to get one file in this run; nothing where an earlier run had brought it.

    Attributes:
        attempts: readings that were begun: one a part, and more where some broke off.
        copied_bytes: bytes of the file, less those that an earlier run had left.
        fetched_bytes: bytes that travelled, those in vain and those read to compare among them.
    """

    name: str
    seconds: float
    attempts: int
    copied_bytes: int
    fetched_bytes: int


@dataclass(slots=True)
class TransferRecord:
    """What arrived, what is to be said about it, and (apart, since it differs from run to run) what it took."""

    files: list[FileRecord] = field(default_factory=list)
    log: FindingLog = field(default_factory=FindingLog)
    timings: list[FileTiming] = field(default_factory=list)


def transfer_submission(
    source: Source,
    inbox: Inbox,
    progress: Progress | None = None,
    options: TransferOptions | None = None,
    *,
    earlier_rate: float = 0.0,
    keys: Keys | None = None,
) -> TransferRecord:
    """Bring the forms of ``source`` and every file they list into ``inbox``; nothing else.

    What an earlier, interrupted transfer has brought is not fetched again while source and copy are as they were:
    whole files, and of the others every part that is on the disk and proven. Faults of single files are findings, and
    the others still come.

    Args:
        inbox: locked by the caller.
        progress: told from several threads, but never by two at once.
        earlier_rate: bytes a second of an earlier run, for the estimate; 0 where none is known.
        keys: of the station: data of a closed submission is encrypted to it before it reaches the disk.

    Raises:
        UsageError: the source does not exist; the submission is closed, and there are no keys.
        TransientFault: the source cannot be reached; what has arrived stays, and the next call goes on from there.
        SystemFault: there is not enough space, or a disk or a store refused.
    """
    transfer = _Transfer(source, inbox, progress or Progress(), options or TransferOptions(), earlier_rate)
    transfer.keys = keys
    return transfer.run()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One file that should come, and the place of findings about it."""

    name: str
    kind: str
    expected: Expected
    place: Location


class _Transfer:
    def __init__(
        self, source: Source, inbox: Inbox, progress: Progress, options: TransferOptions, earlier_rate: float
    ) -> None:
        self.source = source
        self.inbox = inbox
        self.options = options
        self.earlier_rate = earlier_rate
        self.gauge = Gauge(lambda estimate: self.progress.estimate(estimate))  # noqa: PLW0108  progress is made of it
        self.progress = InTurns([self.gauge, progress])
        self.pacer = options.pacer()
        self.keys: Keys | None = None
        self.sealer: Sealer | None = None
        self.record = TransferRecord()
        self.found: dict[str, list[Entry]] = {}
        self.sent = Sent()
        self.came: dict[str, Entry] = {}

    def run(self) -> TransferRecord:
        state, reason = "interrupted", ""
        try:
            self._run()
            state = "findings" if self.record.log.has_errors else "done"
        except Exception as fault:
            state, reason = "failed", fault.message if isinstance(fault, DsqcError) else type(fault).__name__
            raise
        finally:
            self.progress.end(self.gauge.ending(state, reason))
        return self.record

    def _run(self) -> None:
        for attempt in attempts(self.options.retries):
            with attempt:
                self.found = by_normal_name(self.source.entries())
                self.sent = self._read_sent()
        forms = self._choose_forms()
        self._copy_all([_Wanted(name, "form", self.sent.expected(name), Location(path=name)) for name in forms])
        submission = read_listing(self.inbox.path)
        listed = listed_files(submission, self.record.log)
        wanted = list(dict.fromkeys(item.name for item in listed if item.is_taken and item.name not in forms))
        self._seal(submission, wanted)
        self.inbox.keep_only({*forms, *wanted})
        first = {item.name: item for item in reversed(listed)}
        self._copy_all(
            [
                _Wanted(name, "data", self.sent.expected(name, first[name].expected), first[name].location("file_name"))
                for name in wanted
            ]
        )
        self._take_receipt()
        self._add_refused(listed)
        self._compare(listed)
        came = (sealed_name(name) for name in self.came)
        self._name_unlisted({*forms, *(item.name for item in listed), *came}, submission)

    def _read_sent(self) -> Sent:
        """What the sender says of the files; nothing where nobody said anything.

        Raises:
            TransientFault: the sender is still at work.
        """
        entry = self._entry(SENT)
        if entry is None or entry.kind is not EntryKind.FILE or entry.size_bytes > LARGEST_SENT_BYTES:
            return Sent()
        try:
            sent = parse_sent(b"".join(self.source.blocks(entry)))
        except FileFault:
            return Sent()
        if sent is not None and not sent.complete:
            raise TransientFault(
                f"{self.source.url} is still being sent ({SENT} says so).",
                hint="Run the same command again when `dsqc send` has ended.",
            )
        return sent or Sent()

    def _take_receipt(self) -> None:
        """Bring the receipt of a validation at the desk with its results, or none: whoever reads it proves it.

        It is a help and no part of the submission: nothing is said where it cannot be had.
        """
        for name, most in ((RESULTS, LARGEST_RESULTS_BYTES), (RECEIPT, LARGEST_SENT_BYTES)):
            entry = None if self.sealer else self._entry(name)
            if entry is None or entry.kind is not EntryKind.FILE or entry.size_bytes > most:
                self.inbox.drop_own(name)
                continue
            try:
                for attempt in attempts(self.options.retries):
                    with attempt:
                        self.inbox.keep_own(name, self.source.blocks(entry), most)
            except FileFault:
                self.inbox.drop_own(name)

    def _seal(self, submission: Submission, names: list[str]) -> None:
        """Have the files of a closed submission encrypted, or say before their first byte why that cannot be."""
        closed = is_closed(submission)
        came = {name: entry for name in names if (entry := self._came_as(name, names))}
        if closed is None:
            closed = bool(came) or (self.keys is not None and self.keys.are_there)
        self.sealer = Sealer(self.keys) if closed and names else None
        self.came = came if self.sealer else {}
        self.inbox.seal(names if self.sealer else ())

    def _came_as(self, name: str, names: list[str]) -> Entry | None:
        """The Crypt4GH file that the source has in the place of ``name``; ``None`` where it has none."""
        row, sealed = self.sent.find(name), sealed_name(name)
        if row is not None and (row.encrypted is None or row.encrypted.name != sealed):
            return None
        entry = self._entry(sealed)
        return entry if row is not None or sealed not in names else None

    def _choose_forms(self) -> list[str]:
        """Forms of the source; where it has none any more, those that an earlier transfer brought."""
        forms = sheet_files(name for name in self.found if is_bare(name))
        brought = sheet_files(self.inbox.names())
        if not forms:
            return brought
        self.inbox.drop(set(brought) - set(forms))
        return forms

    def _copy_all(self, wanted: list[_Wanted]) -> None:
        orders: list[Order] = []
        outcomes: dict[str, Arrived | Failed | Finished | FileFault] = {}
        for item in wanted:
            there = self._there(item)
            if isinstance(there, Entry):
                orders.append(self._order(item, there))
            else:
                outcomes[item.name] = there
        refused = self._look_into(orders)
        outcomes |= refused
        orders = [order for order in orders if order.name not in refused]
        self._plan(len(wanted), orders, is_estimated=any(item.kind == "data" for item in wanted))
        for name, outcome in outcomes.items():
            self._tell(name, outcome.reason if isinstance(outcome, FileFault) else "")
        engine = Engine(
            self.source, self.options, self.pacer, self.progress, self.sealer.open if self.sealer else PlainSink
        )
        with contextlib.closing(engine.run(orders)) as batches:
            for batch in batches:
                outcomes |= {arrived.order.name: arrived for arrived in batch}
                self._take(batch)
        for item in wanted:
            self._record(item, outcomes[item.name])

    def _order(self, item: _Wanted, entry: Entry) -> Order:
        part = self.inbox.part(item.name)
        if self.sealer is None or item.name not in self.came:
            return Order(item.name, entry, item.expected, part)
        sent = self.sent.find(item.name)
        seen = sent.encrypted.digests if sent and sent.encrypted else None
        expected = Expected(seen.md5, seen.sha256) if seen else Expected()
        return Order(item.name, entry, expected, part, self.sealer.open_taken(sent))

    def _look_into(self, orders: list[Order]) -> dict[str, FileFault]:
        """Files that came encrypted and that the station cannot open, by their headers."""
        sealer, came = self.sealer, [order for order in orders if order.name in self.came]
        if sealer is None or not came:
            return {}
        with ThreadPoolExecutor(self.options.parallel, thread_name_prefix="dsqc-header") as pool:
            seen = pool.map(lambda order: sealer.look_into(self.source, order.entry), came)
            return {order.name: fault for order, fault in zip(came, seen, strict=True) if fault}

    def _there(self, item: _Wanted) -> Entry | Finished | FileFault:
        """How ``item`` stands before anything travels: the entry to copy, what is in the inbox, or why it cannot."""
        came, url = self.came.get(item.name), self.source.url
        entries = [came] if came else self.found.get(item.name, [])
        if len(entries) > 1:
            return FileFault("DSQC-F019", "two files of this name, in NFC and in NFD")
        if not entries:
            return self.inbox.brought(item.name, url) or FileFault("DSQC-F003", "not at the source")
        if entries[0].kind is not EntryKind.FILE:
            return FileFault("DSQC-F016", entries[0].kind.value)
        return self.inbox.finished(item.name, entries[0], url) or entries[0]

    def _plan(self, files: int, orders: list[Order], *, is_estimated: bool) -> None:
        size = sum(order.entry.size_bytes for order in orders)
        size -= sum(self.inbox.begun_bytes(order.name, order.entry, self.source.url) for order in orders)
        self.inbox.require_space(size)
        self.progress.plan(files, size)
        if not is_estimated:
            return
        limit = parse_size(self.options.limit_rate) if self.options.limit_rate else 0
        rates = [(float(limit), "limit"), (self.earlier_rate, "earlier")]
        # The slower one holds.
        rate, basis = min(((rate, basis) for rate, basis in rates if rate), default=(0.0, "unknown"))
        self.progress.estimate(Estimate(len(orders), size, rate, basis))

    def _take(self, batch: list[Arrived | Failed]) -> None:
        """Give what has arrived its names."""
        lines = [self._to_finished(arrived) for arrived in batch if isinstance(arrived, Arrived)]
        if lines:
            self.inbox.finish(lines)
        for arrived in batch:
            self._tell(arrived.order.name, arrived.fault.reason if isinstance(arrived, Failed) else "")

    def _tell(self, name: str, reason: str) -> None:
        if reason:
            self.progress.fail(name, reason)
        else:
            self.progress.finish(name)

    def _record(self, item: _Wanted, outcome: Arrived | Failed | Finished | FileFault) -> None:
        match outcome:
            case Arrived(entry=entry, cost=cost):
                self._record_cost(item.name, cost, entry.size_bytes - cost.resumed_bytes)
                self._record_copied(item, entry.name, self._content(outcome), self._encrypted(item.name))
            case Finished():
                self.record.timings.append(FileTiming(item.name, 0.0, 0, 0, 0))
                digests = Digests(outcome.size_bytes, outcome.md5, outcome.sha256)
                self._record_copied(item, outcome.source_name, digests, outcome.encrypted)
            case Failed(fault=fault, cost=cost):
                self._record_cost(item.name, cost, 0)
                self._record_fault(item, fault)
            case FileFault():
                self._record_fault(item, outcome)

    def _record_cost(self, name: str, cost: Cost, copied_bytes: int) -> None:
        self.record.timings.append(FileTiming(name, cost.seconds, cost.streams, copied_bytes, cost.fetched_bytes))

    def _record_fault(self, item: _Wanted, fault: FileFault) -> None:
        self._add_fault(item.name, fault, item.place, self.came.get(item.name) or self._entry(item.name))
        state = "missing" if fault.code == "DSQC-F003" else "failed"
        self.record.files.append(FileRecord(item.name, item.kind, state))
        # An older copy is not what the source holds now: nobody may take it for that.
        self.inbox.drop({item.name} & set(self.inbox.names()))

    def _record_copied(self, item: _Wanted, source_name: str, digests: Digests, encrypted: Encrypted | None) -> None:
        self.record.files.append(FileRecord(item.name, item.kind, "copied", source_name, digests, encrypted))

    def _content(self, arrived: Arrived) -> Digests:
        """Digests of the plain file, whatever travelled."""
        came = self.sealer.content(self.inbox.part(arrived.order.name)) if self.sealer else None
        return came or arrived.digests

    def _encrypted(self, name: str) -> Encrypted | None:
        """How a file that has arrived stands in the inbox; ``None`` in the clear."""
        if self.sealer is None or not self.inbox.seals(name):
            return None
        return self.sealer.encrypted(self.inbox.part(name), self.inbox.file(name).name)

    def _to_finished(self, arrived: Arrived) -> Finished:
        digests, entry, name = self._content(arrived), arrived.entry, arrived.order.name
        return Finished(
            name, self.source.url, entry.name, entry.version, digests.size_bytes, digests.md5, digests.sha256,
            arrived.mtime_ns, self._encrypted(name),
        )  # fmt: skip

    def _entry(self, name: str) -> Entry | None:
        """The source's entry of a name; ``None`` where it has none, or two that only differ in NFC and NFD."""
        entries = self.found.get(name, [])
        return entries[0] if len(entries) == 1 else None

    def _add_fault(self, name: str, fault: FileFault, place: Location, entry: Entry | None) -> None:
        expected = {
            "DSQC-F003": ", ".join(self._like(name)) or name,
            "DSQC-F016": PLAIN_FILE,
            "DSQC-F019": f"{entry.size_bytes} bytes" if entry else PLAIN_FILE,
            "DSQC-F020": self.sealer.expected.en if self.sealer else "",
        }[fault.code]
        value = fault.reason if fault.code in ("DSQC-F019", "DSQC-F020") else name
        more: dict[str, Any] = {"kind": fault.reason} if fault.code == "DSQC-F016" else {}
        if fault.code == "DSQC-F020" and self.sealer:
            more = {"value_ko": reason_ko(fault.reason), "expected_ko": self.sealer.expected.ko}
        like = list(self._like(name))
        if fault.code == "DSQC-F003" and len(like) == 1:
            more["suggestion"] = Suggestion(like[0], 0.8)
        self.record.log.add(finding(fault.code, place, object_id=name, value=value, expected=expected, **more))

    def _like(self, name: str) -> Iterator[str]:
        """The same name in other letter case: the usual reason why a file is not found."""
        folded = name.casefold()
        return (other for other in sorted(self.found) if other.casefold() == folded)

    def _add_refused(self, listed: Iterable[Listed]) -> None:
        names = {item.name for item in listed if item.is_taken}
        refused = dict.fromkeys(item.name for item in listed if item.name not in names)
        self.record.files.extend(FileRecord(name, "data", "failed") for name in refused)

    def _compare(self, listed: Iterable[Listed]) -> None:
        """What arrived against what the file sheet says, row by row."""
        arrived = {record.name: record.digests for record in self.record.files if record.digests}
        for item in listed:
            digests = arrived.get(item.name)
            if digests is None:
                continue
            for code, attribute, said, seen in (
                ("DSQC-F006", "md5", item.expected.md5, digests.md5),
                ("DSQC-F006", "sha256", item.expected.sha256, digests.sha256),
                ("DSQC-F007", "size_bytes", item.size_bytes, digests.size_bytes),
            ):
                if said not in ("", None, seen):
                    place = item.location(attribute)
                    self.record.log.add(finding(code, place, object_id=item.name, value=str(seen), expected=str(said)))

    def _name_unlisted(self, known: set[str], submission: Submission) -> None:
        sheet = submission.sheets.get("file")
        for name, entries in self.found.items():
            if name in known or is_own(name):
                continue
            shown = f"{name}/" if all(entry.kind is EntryKind.DIRECTORY for entry in entries) else name
            # No path in the location: a source with thousands of other files gives twenty findings, not thousands.
            place = Location(sheet="file") if sheet else Location()
            self.record.log.add(
                finding(
                    "DSQC-F004",
                    place,
                    object_id=name,
                    value=shown,
                    expected="a row of the file sheet",
                    expected_ko="file 시트의 한 행",
                )
            )
