"""Before the first byte: the forms, the files they list, and everything that is wrong with them, at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from dsqc.crypt4gh import ONE_RECIPIENT_BYTES, sealed_name, stored_size
from dsqc.errors import SystemFault, UsageError
from dsqc.findings import FindingLog, Location, Suggestion, finding
from dsqc.listing import (
    RECEIPT,
    RESULTS,
    Expected,
    Listed,
    by_normal_name,
    is_bare,
    is_closed,
    is_own,
    listed_files,
    normalise,
    read_listing,
)
from dsqc.model import Submission
from dsqc.sending.local import LocalFile, look_at
from dsqc.submission import sheet_files

PLAIN_FILE, PLAIN_FILE_KO = "regular file", "일반 파일"
ONE_READ = "at least one read"
ONE_ROW = "a row of the file sheet"
_KOREAN = {PLAIN_FILE: PLAIN_FILE_KO, ONE_READ: "리드 1개 이상", ONE_ROW: "file 시트의 한 행"}


@dataclass(frozen=True, slots=True)
class Item:
    """One file that should go. ``file`` is ``None`` where it cannot: a finding says why.

    ``state`` is then missing (not there) or failed (there, but not taken). ``is_sealed``: it is encrypted on its way.
    """

    name: str
    kind: str
    file: LocalFile | None
    expected: Expected = field(default_factory=Expected)
    place: Location = field(default_factory=Location)
    state: str = ""
    is_sealed: bool = False

    @property
    def far_name(self) -> str:
        """Its name at the far end."""
        return sealed_name(self.name) if self.is_sealed else self.name

    @property
    def far_bytes(self) -> int:
        """Bytes that travel; 0 where it cannot."""
        size = self.file.size_bytes if self.file else 0
        return ONE_RECIPIENT_BYTES + stored_size(size) if self.is_sealed and self.file else size


@dataclass(frozen=True, slots=True)
class Plan:
    """Forms first, then the files that they list, each once; and what is to be said about them.

    ``is_closed`` as :func:`dsqc.listing.is_closed` says it. Where it is not false, data files are encrypted.
    """

    directory: Path
    items: tuple[Item, ...]
    log: FindingLog
    is_closed: bool | None = False

    @property
    def travelling(self) -> list[Item]:
        """Items that can be sent."""
        return [item for item in self.items if item.file is not None]


def plan_sending(submission: Path) -> Plan:
    """Look at a submission as the station will: a directory, or one workbook with the files beside it.

    Reads the forms, and of the data files names, kinds and sizes only.

    Raises:
        UsageError: there is no submission.
        SystemFault: the directory cannot be read.
    """
    directory = submission if submission.is_dir() else submission.parent
    if not submission.exists():
        raise UsageError(f"{submission} does not exist.", hint="Give the directory of the submission, or its workbook.")
    found = by_normal_name(_list(directory))
    alone = None if submission.is_dir() else normalise(submission.name)
    forms = [alone] if alone else sheet_files(name for name in found if is_bare(name))
    if not forms:
        raise UsageError(
            f"{directory} holds no form (submission.xlsx, or the sheets as TSV).",
            hint="Give the directory of the submission; `dsqc form template` makes a form.",
        )
    return _Planning(directory, found).plan(forms, read_listing(submission))


def _list(directory: Path) -> list[LocalFile]:
    try:
        seen = [look_at(path) for path in sorted(directory.iterdir())]
    except OSError as error:
        raise SystemFault(f"Cannot list {directory}: {error.strerror}.", hint="Check its permissions.") from error
    return [file for file in seen if file is not None]


class _Planning:
    def __init__(self, directory: Path, found: dict[str, list[LocalFile]]) -> None:
        self.directory = directory
        self.found = found
        self.log = FindingLog()

    def plan(self, forms: list[str], submission: Submission) -> Plan:
        closed = is_closed(submission)
        items = [self._item(name, "form", Expected(), Location(path=name)) for name in forms]
        listed = listed_files(submission, self.log)
        first = {item.name: item for item in reversed(listed) if item.name not in forms}
        for name in dict.fromkeys(item.name for item in listed if item.name in first):
            row = first[name]
            if row.is_taken:
                item = self._item(name, "data", row.expected, row.location("file_name"))
                items.append(replace(item, is_sealed=closed is not False))
            else:
                items.append(Item(name, "data", None, state="failed"))
        # What the submitter signed travels beside the data; the plain results of closed data do not.
        own = [name for name in (RESULTS, RECEIPT) if name in self.found and closed is False]
        items += [self._item(name, "data", Expected(), Location(path=name)) for name in own]
        self._name_repeated(item for item in listed if item.is_taken)
        self._compare_sizes(listed)
        self._name_unlisted({*forms, *first}, "file" in submission.sheets)
        return Plan(self.directory, tuple(items), self.log, closed)

    def _item(self, name: str, kind: str, expected: Expected, place: Location) -> Item:
        twins = self.found.get(name, [])
        if not twins:
            like = sorted(other for other in self.found if other.casefold() == name.casefold())
            meant = Suggestion(like[0], 0.8) if len(like) == 1 else None
            self._add("DSQC-F003", place, name, name, ", ".join(like) or name, suggestion=meant)
            return Item(name, kind, None, state="missing")
        file = twins[0]
        if len(twins) > 1:
            self._add("DSQC-F019", place, name, "two files of this name, in NFC and in NFD", PLAIN_FILE)
        elif file.kind:
            self._add("DSQC-F016", place, name, name, PLAIN_FILE, kind=file.kind)
        elif file.size_bytes == 0:
            self._add("DSQC-F008", place, name, "0", ONE_READ)
        elif reason := _unreadable(file.path):
            self._add("DSQC-F019", place, name, reason, PLAIN_FILE)
        else:
            return Item(name, kind, file, expected, place)
        return Item(name, kind, None, state="failed")

    def _name_repeated(self, listed: Iterable[Listed]) -> None:
        rows: dict[str, list[Listed]] = {}
        for item in listed:
            rows.setdefault(item.name, []).append(item)
        for name, items in rows.items():
            numbers = ", ".join(str(item.row.number) for item in items[:10]) + (" …" if len(items) > 10 else "")
            for item in items if len(items) > 1 else ():
                self._add("DSQC-F002", item.location("file_name"), name, name, numbers)

    def _compare_sizes(self, listed: Iterable[Listed]) -> None:
        for row in listed:
            files = self.found.get(row.name, [])
            seen = files[0].size_bytes if len(files) == 1 and not files[0].kind else None
            if row.is_taken and seen is not None and row.size_bytes not in (None, seen):
                self._add("DSQC-F007", row.location("size_bytes"), row.name, str(seen), str(row.size_bytes))

    def _name_unlisted(self, known: set[str], has_sheet: bool) -> None:
        place = Location(sheet="file") if has_sheet else Location()
        for name, files in self.found.items():
            if name in known or is_own(name):
                continue
            shown = f"{name}/" if all(file.kind == "directory" for file in files) else name
            self._add("DSQC-F004", place, name, shown, ONE_ROW)

    def _add(self, code: str, place: Location, name: str, value: str, expected: str, **more: object) -> None:
        if expected in _KOREAN:
            more["expected_ko"] = _KOREAN[expected]
        self.log.add(finding(code, place, object_id=name, value=value, expected=expected, **more))  # type: ignore[arg-type]


def _unreadable(path: Path) -> str:
    """Why not one byte of the file can be read; empty where one can."""
    try:
        with path.open("rb", buffering=0) as file:
            file.read(1)
    except OSError as error:
        return error.strerror or str(error)
    return ""
