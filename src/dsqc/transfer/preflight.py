"""The pre-flight: whatever would keep a submission from travelling, said at once and before its first byte."""

import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsqc.crypt4gh import sealed_name
from dsqc.errors import TransientFault
from dsqc.findings import Finding, FindingLog, Location, Suggestion, finding
from dsqc.language import Text
from dsqc.limits import Limits
from dsqc.listing import Listed, by_normal_name, is_bare, is_closed, is_own, listed_files, read_listing_with_findings
from dsqc.model import Submission
from dsqc.submission import sheet_files
from dsqc.submission.table import MOST_BYTES
from dsqc.transfer.destination import free_bytes, obstacles, stands
from dsqc.transfer.retries import attempts
from dsqc.transfer.sources import Entry, EntryKind, FileFault, Source

ASKED_AT_ONCE = 8
"""Files that are looked into at the same time."""
RETRIES = 2
"""Tries after the first, of one file: the transfer itself will try more often."""
GIGABYTE = 10**9
_PLAIN_FILE = Text("regular file", "일반 파일")
_ONE_ROW = Text("a row of the file sheet", "file 시트의 한 행")
_ONE_READ = Text("at least one read", "리드 1개 이상")
_OWN_TWINS = "two files of this name, in NFC and in NFD"


@dataclass(slots=True)
class Preflight:
    """What the pre-flight saw.

    Attributes:
        log: findings about the submission and its files.
        obstacles: what stands in the way here and not in the data: no space, a destination that cannot be written.
        files, size_bytes: what would travel, forms among them; what stands whole in the destination is left out.
        there_files, there_bytes: what stands in the destination under its name and with its size.
        free_bytes: what the destination can take; ``None`` where it is not a directory of this machine.
    """

    log: FindingLog = field(default_factory=FindingLog)
    obstacles: list[Text] = field(default_factory=list)
    files: int = 0
    size_bytes: int = 0
    there_files: int = 0
    there_bytes: int = 0
    free_bytes: int | None = None


def check_submission(source: Source, destination: Path | None = None, *, web_limits: Limits | None = None) -> Preflight:
    """Look at a submission as a transfer would, and name every problem; only the forms are read, and a byte a file.

    Args:
        source: where it comes from. A directory for who sends it, anything for who fetches it.
        destination: the directory that it is to come to, which need not exist yet; ``None`` where that is elsewhere.
        web_limits: the limits of a browser's upload, where the submission came by one; dsqc's transfers have none.

    Raises:
        UsageError, TransientFault, SystemFault: the source as a whole cannot be had; nothing can be said then.
    """
    return _Check(source, destination, web_limits).run()


class _Check:
    def __init__(self, source: Source, destination: Path | None, web_limits: Limits | None) -> None:
        self.source = source
        self.destination = destination
        self.web_limits = web_limits
        self.result = Preflight()
        self.travelling: list[Entry] = []
        self.found: dict[str, list[Entry]] = {}
        self.encrypted: set[str] = set()

    def run(self) -> Preflight:
        for attempt in attempts():
            with attempt:
                self.found = by_normal_name(self.source.entries())
        forms = sheet_files(name for name in self.found if is_bare(name))
        with tempfile.TemporaryDirectory(prefix="dsqc-forms-") as folder:
            readable = self._fetch(forms, Path(folder))
            submission, said = read_listing_with_findings(Path(folder))
        listed = listed_files(submission, self.result.log)
        if is_closed(submission) is not False:
            self._find_encrypted({item.name for item in listed if item.is_taken and item.name not in forms})
        if "file" not in submission.sheets:
            # Without the file sheet nothing would come: what is wrong with the form is said here and not later.
            self.result.log.merge(said)
        self._look_at([item for item in listed if item.is_taken and item.name not in forms])
        self._name_repeated(listed)
        came = map(sealed_name, self.encrypted)
        self._name_unlisted({*forms, *(item.name for item in listed), *came}, submission)
        for entry in readable:
            self._add(entry)
        if self.web_limits:
            self._compare_with_limits(listed, self.web_limits)
        if self.destination:
            self.result.free_bytes = free_bytes(self.destination)
            self.result.obstacles.extend(obstacles(self.destination, self.travelling))
        return self.result

    def _find_encrypted(self, names: set[str]) -> None:
        """Files of a closed submission that were encrypted before they came: they stand for what the sheet lists."""
        for name in names:
            sealed = sealed_name(name)
            if sealed in self.found and sealed not in names:
                self.encrypted.add(name)

    def _fetch(self, forms: Iterable[str], folder: Path) -> list[Entry]:
        """Copy the forms to a place where they can be read; those that can be had."""
        taken = []
        for name in forms:
            place = Location(path=name)
            try:
                entry = self._entry(name)
                if entry.size_bytes > MOST_BYTES:
                    raise FileFault("DSQC-F019", f"{entry.size_bytes} bytes are no form")
                for attempt in attempts():
                    with attempt:
                        (folder / name).write_bytes(b"".join(self.source.blocks(entry)))
            except FileFault as fault:
                self._add_fault(name, fault, place)
            except TransientFault as fault:
                self._add_fault(name, FileFault("DSQC-F019", fault.message.rstrip(".")), place)
            else:
                taken.append(entry)
        return taken

    def _entry(self, name: str) -> Entry:
        """The one plain file of this name.

        Raises:
            FileFault: there is none, or another kind of thing, or two that differ in NFC and NFD only.
        """
        stored = sealed_name(name) if name in self.encrypted else name
        entries = self.found.get(stored, [])
        if len(entries) > 1:
            raise FileFault("DSQC-F019", _OWN_TWINS)
        # Sources that list nothing are asked for the name itself: refused is another thing than missing.
        entry = entries[0] if entries else self.source.stat(stored)
        if entry.kind is not EntryKind.FILE:
            raise FileFault("DSQC-F016", entry.kind.value)
        return entry

    def _look_at(self, listed: list[Listed]) -> None:
        rows: dict[str, list[Listed]] = {}
        for item in listed:
            rows.setdefault(item.name, []).append(item)
        pool = ThreadPoolExecutor(ASKED_AT_ONCE)
        try:
            for items, seen in zip(rows.values(), pool.map(self._look_into, rows), strict=True):
                self._judge(items, seen)
        finally:
            pool.shutdown(cancel_futures=True)

    def _judge(self, items: list[Listed], seen: Entry | FileFault) -> None:
        """One file, and all rows that list it."""
        name, place = items[0].name, items[0].location("file_name")
        if isinstance(seen, FileFault):
            self._add_fault(name, seen, place)
            return
        self._add(seen)
        for item in items:
            # An encrypted file is larger than its content, by how much its header tells to who fetches it.
            if name not in self.encrypted and item.size_bytes not in (None, seen.size_bytes):
                said, where = str(item.size_bytes), item.location("size_bytes")
                self._say("DSQC-F007", where, object_id=name, value=str(seen.size_bytes), expected=said)
        if not seen.size_bytes:
            self._say("DSQC-F008", place, object_id=name, value="0", **_both("expected", _ONE_READ))

    def _look_into(self, name: str) -> Entry | FileFault:
        """The file as it stands, its first byte read: whoever may list a file need not be allowed to read it."""
        try:
            for attempt in attempts(RETRIES):
                with attempt:
                    entry = self._entry(name)
                    for _block in self.source.blocks(entry, 0, min(1, entry.size_bytes)):
                        pass
            return entry
        except FileFault as fault:
            return fault
        except TransientFault as fault:
            # A source that does not answer at all ends the pre-flight; one bad file in it does not.
            self.source.entries()
            return FileFault("DSQC-F019", fault.message.rstrip("."))

    def _add_fault(self, name: str, fault: FileFault, place: Location) -> None:
        if fault.code == "DSQC-F003":
            folded = name.casefold()
            like = [other for other in sorted(self.found) if other.casefold() == folded]
            meant = Suggestion(like[0], 0.8) if len(like) == 1 else None
            self._say(fault.code, place, object_id=name, value=name, expected=", ".join(like) or name, suggestion=meant)
        elif fault.code == "DSQC-F016":
            more = _both("expected", _PLAIN_FILE)
            self._say(fault.code, place, object_id=name, value=name, kind=fault.reason, **more)
        else:
            entries = self.found.get(name, [])
            expected = Text(*[f"{entries[0].size_bytes} bytes"] * 2) if len(entries) == 1 else _PLAIN_FILE
            self._say("DSQC-F019", place, object_id=name, value=fault.reason, **_both("expected", expected))

    def _name_repeated(self, listed: Iterable[Listed]) -> None:
        """Rows of one and the same file; names that differ in letter case only are the listing's to name."""
        rows: dict[str, list[Listed]] = {}
        for item in listed:
            if item.is_taken:
                rows.setdefault(item.name, []).append(item)
        for name, items in rows.items():
            numbers = ", ".join(str(item.row.number) for item in items[:10]) + (" …" if len(items) > 10 else "")
            for item in items if len(items) > 1 else ():
                self._say("DSQC-F002", item.location("file_name"), object_id=name, value=name, expected=numbers)

    def _name_unlisted(self, known: set[str], submission: Submission) -> None:
        # No path in the location: a source with thousands of other files gives twenty findings, not thousands.
        place = Location(sheet="file") if "file" in submission.sheets else Location()
        for name, entries in self.found.items():
            if name not in known and not is_own(name):
                shown = f"{name}/" if all(entry.kind is EntryKind.DIRECTORY for entry in entries) else name
                self._say("DSQC-F004", place, object_id=name, value=shown, **_both("expected", _ONE_ROW))

    def _compare_with_limits(self, listed: list[Listed], limits: Limits) -> None:
        files = {item.name: item for item in reversed(listed) if item.is_taken}
        if len(files) > limits.web_files:
            values = _both("value", Text(f"{len(files):,} files", f"파일 {len(files):,}개"))
            allowed = _both("expected", Text(f"≤ {limits.web_files:,} files", f"≤ {limits.web_files:,}개"))
            self._say("DSQC-F015", Location(sheet="file"), **values, **allowed)
        for name, item in files.items():
            size = max((entry.size_bytes for entry in self.found.get(name, ())), default=0)
            if size > limits.web_file_gigabytes * GIGABYTE:
                allowed = _both("expected", Text(*[f"≤ {limits.web_file_gigabytes:,} GB"] * 2))
                seen = f"{size / GIGABYTE:,.1f} GB"
                self._say("DSQC-F015", item.location("file_name"), object_id=name, value=seen, **allowed)

    def _add(self, entry: Entry) -> None:
        """Count a file that can be had."""
        if self.destination and stands(self.destination, entry):
            self.result.there_files += 1
            self.result.there_bytes += entry.size_bytes
        else:
            self.travelling.append(entry)
            self.result.files += 1
            self.result.size_bytes += entry.size_bytes

    def _say(self, code: str, place: Location, **more: Any) -> None:
        item: Finding = finding(code, place, **more)
        self.result.log.add(item)


def _both(name: str, text: Text) -> dict[str, str]:
    """``text`` as a finding takes it: in English, and in Korean where that differs."""
    return {name: text.en} if text.en == text.ko else {name: text.en, f"{name}_ko": text.ko}
