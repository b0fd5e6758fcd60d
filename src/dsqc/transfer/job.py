"""The transfer of one submission: forms first, then every file they list, and what is to be said about them."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dsqc.errors import TransientFault
from dsqc.findings import FindingLog, Location, Suggestion, finding
from dsqc.listing import (
    SENT,
    Digests,
    Expected,
    Listed,
    Sent,
    by_normal_name,
    is_bare,
    is_own,
    listed_files,
    parse_sent,
    read_listing,
)
from dsqc.model import Submission
from dsqc.submission import sheet_files
from dsqc.transfer.copying import copy_file
from dsqc.transfer.inbox import Finished, Inbox
from dsqc.transfer.retries import attempts
from dsqc.transfer.sources import Entry, EntryKind, FileFault, Source

PLAIN_FILE = "regular file"
MOST_SENT_BYTES = 64 << 20
"""A larger ``sent.json`` is none: it would be kept in memory."""


class Progress:
    """Told how the transfer goes; this one keeps it to itself."""

    def plan(self, files: int, size_bytes: int) -> None:
        """So many files and bytes are still to be copied."""

    def advance(self, name: str, size_bytes: int) -> None:
        """Bytes of ``name`` that arrived; negative where they have to travel again."""

    def finish(self, name: str) -> None:
        """``name`` stands in the inbox."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What became of one file. ``state``: copied, missing (not at the source) or failed (there, but not taken)."""

    name: str
    kind: str
    state: str
    source_name: str = ""
    digests: Digests | None = None

    def to_dict(self) -> dict[str, Any]:
        """A row of ``transfer.json``."""
        return {
            "name": self.name,
            "source_name": self.source_name,
            "size_bytes": self.digests.size_bytes if self.digests else None,
            "md5": self.digests.md5 if self.digests else "",
            "sha256": self.digests.sha256 if self.digests else "",
            "kind": self.kind,
            "state": self.state,
        }


@dataclass(frozen=True, slots=True)
class FileTiming:
    """What it took to get one file in this run; nothing where an earlier run had brought it."""

    name: str
    seconds: float
    attempts: int
    copied_bytes: int


@dataclass(slots=True)
class TransferRecord:
    """What arrived, what is to be said about it, and (apart, since it differs from run to run) what it took."""

    files: list[FileRecord] = field(default_factory=list)
    log: FindingLog = field(default_factory=FindingLog)
    timings: list[FileTiming] = field(default_factory=list)


def transfer_submission(source: Source, inbox: Inbox, progress: Progress | None = None) -> TransferRecord:
    """Bring the forms of ``source`` and every file they list into ``inbox``; nothing else.

    What an earlier, interrupted transfer has finished is not copied again while source and copy are as they were.
    Faults of single files are findings, and the others still come.

    Args:
        inbox: locked by the caller.

    Raises:
        UsageError: the source does not exist.
        TransientFault: the source cannot be reached; what has arrived stays, and the next call goes on from there.
        SystemFault: there is not enough space, or a disk or a store refused.
    """
    return _Transfer(source, inbox, progress or Progress()).run()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One file that should come, and the place of findings about it."""

    name: str
    kind: str
    expected: Expected
    place: Location


class _Transfer:
    def __init__(self, source: Source, inbox: Inbox, progress: Progress) -> None:
        self.source = source
        self.inbox = inbox
        self.progress = progress
        self.record = TransferRecord()
        self.found: dict[str, list[Entry]] = {}

    def run(self) -> TransferRecord:
        for attempt in attempts():
            with attempt:
                self.found = by_normal_name(self.source.entries())
        sent = self._read_sent()
        forms = self._choose_forms()
        self._copy_all([_Wanted(name, "form", sent.expected(name), Location(path=name)) for name in forms])
        submission = read_listing(self.inbox.path)
        listed = listed_files(submission, self.record.log)
        wanted = list(dict.fromkeys(item.name for item in listed if item.is_taken and item.name not in forms))
        self.inbox.keep_only({*forms, *wanted})
        first = {item.name: item for item in reversed(listed)}
        self._copy_all(
            [
                _Wanted(name, "data", sent.expected(name, first[name].expected), first[name].location("file_name"))
                for name in wanted
            ]
        )
        self._add_refused(listed)
        self._compare(listed)
        self._name_unlisted({*forms, *(item.name for item in listed)}, submission)
        return self.record

    def _read_sent(self) -> Sent:
        """What the sender says it put there, with checksums from its own reading; nothing where it says nothing."""
        entry = self._entry(SENT)
        if entry is None or entry.kind is not EntryKind.FILE or entry.size_bytes > MOST_SENT_BYTES:
            return Sent()
        try:
            return parse_sent(b"".join(self.source.blocks(entry))) or Sent()
        except (FileFault, TransientFault):
            return Sent()

    def _choose_forms(self) -> list[str]:
        """Forms of the source; where it has none any more, those that an earlier transfer brought."""
        forms = sheet_files(name for name in self.found if is_bare(name))
        brought = sheet_files(self.inbox.names())
        if not forms:
            return brought
        self.inbox.drop(set(brought) - set(forms))
        return forms

    def _copy_all(self, wanted: list[_Wanted]) -> None:
        entries = {item.name: self._entry(item.name) for item in wanted}
        travelling = [
            entry
            for name, entry in entries.items()
            if entry and entry.kind is EntryKind.FILE and not self.inbox.finished(name, entry, self.source.url)
        ]
        size = sum(entry.size_bytes for entry in travelling)
        self.inbox.require_space(size)
        self.progress.plan(len(travelling), size)
        for item in wanted:
            try:
                digests, source_name = self._bring(item.name, entries[item.name], item.expected)
            except FileFault as fault:
                self._add_fault(item.name, fault, item.place, entries[item.name])
                state = "missing" if fault.code == "DSQC-F003" else "failed"
                self.record.files.append(FileRecord(item.name, item.kind, state))
                # An older copy is not what the source holds now: nobody may take it for that.
                self.inbox.drop({item.name} & set(self.inbox.names()))
            else:
                self.record.files.append(FileRecord(item.name, item.kind, "copied", source_name, digests))
            self.progress.finish(item.name)

    def _entry(self, name: str) -> Entry | None:
        """The source's entry of a name; ``None`` where it has none, or two that only differ in NFC and NFD."""
        entries = self.found.get(name, [])
        return entries[0] if len(entries) == 1 else None

    def _bring(self, name: str, entry: Entry | None, expected: Expected) -> tuple[Digests, str]:
        """Have ``name`` in the inbox, by copying or because it is there."""
        if len(self.found.get(name, [])) > 1:
            raise FileFault("DSQC-F019", "two files of this name, in NFC and in NFD")
        if entry and entry.kind is not EntryKind.FILE:
            raise FileFault("DSQC-F016", entry.kind.value)
        url = self.source.url
        before = self.inbox.finished(name, entry, url) if entry else self.inbox.brought(name, url)
        if before:
            self.record.timings.append(FileTiming(name, 0.0, 0, 0))
            return Digests(before.size_bytes, before.md5, before.sha256), before.source_name
        if entry is None:
            raise FileFault("DSQC-F003", "not at the source")
        return self._copy(name, entry, expected), entry.name

    def _copy(self, name: str, entry: Entry, expected: Expected) -> Digests:
        begun = time.monotonic()
        try:
            for attempt in attempts():
                with attempt:
                    # Looked at anew each time: a file that changed is copied as it is now.
                    now = entry if attempt.num == 1 else self.source.stat(entry.name)
                    if now.kind is not EntryKind.FILE:
                        raise FileFault("DSQC-F016", now.kind.value)
                    digests, mtime_ns = copy_file(
                        self.source, now, self.inbox.part(name), expected, lambda n: self.progress.advance(name, n)
                    )
        except TransientFault as fault:
            self._require_source(fault)
            raise FileFault("DSQC-F019", fault.message) from fault
        line = Finished(
            name, self.source.url, now.name, now.version, digests.size_bytes, digests.md5, digests.sha256, mtime_ns
        )
        self.inbox.finish(line)
        self.record.timings.append(
            FileTiming(name, round(time.monotonic() - begun, 3), attempt.num, digests.size_bytes)
        )
        return digests

    def _require_source(self, fault: TransientFault) -> None:
        """A source that does not answer at all stops the transfer; one bad file in it does not."""
        try:
            self.source.entries()
        except TransientFault as unreachable:
            raise unreachable from fault

    def _add_fault(self, name: str, fault: FileFault, place: Location, entry: Entry | None) -> None:
        expected = {
            "DSQC-F003": ", ".join(self._like(name)) or name,
            "DSQC-F016": PLAIN_FILE,
            "DSQC-F019": f"{entry.size_bytes} bytes" if entry else PLAIN_FILE,
        }[fault.code]
        value = fault.reason if fault.code == "DSQC-F019" else name
        more: dict[str, Any] = {"kind": fault.reason} if fault.code == "DSQC-F016" else {}
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
