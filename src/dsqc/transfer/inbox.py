"""The inbox of one submission: finished files under their names, everything unfinished in a private folder.

``<inbox>/.dsqc/`` holds ``lock`` (one transfer at a time), ``journal.jsonl`` (what is finished, and from what) and
``parts/`` (what is not, each file with a journal of its parts). A file gets its name only when it is whole, and after
the journal knows it: so a kill at any moment leaves either a finished file or one that goes on where it was.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsqc.artefact import atomic_file, write_fault
from dsqc.crypt4gh import sealed_name
from dsqc.errors import SystemFault
from dsqc.listing import PRIVATE, normalise
from dsqc.locking import sole_holder
from dsqc.transfer.filecopy import spans_path
from dsqc.transfer.parts import Origin, PartJournal
from dsqc.transfer.sources import Entry


@dataclass(frozen=True, slots=True)
class Encrypted:
    """How a file of a closed submission stands in the inbox: its name there, its header's size, digests of its body."""

    name: str
    header_bytes: int
    size_bytes: int
    md5: str
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        """The shape in ``transfer.json``."""
        return {"name": self.name, "size_bytes": self.size_bytes, "md5": self.md5, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Finished:
    """One line of the journal: a file that arrived whole, and what it was copied from.

    ``version`` is the source's (``Entry.version``), ``mtime_ns`` that of the copy: whoever touches one of them makes
    the next transfer copy again. Size and digests are the content's, also where the copy is ``encrypted``.
    """

    name: str
    source: str
    source_name: str
    version: str
    size_bytes: int
    md5: str
    sha256: str
    mtime_ns: int
    encrypted: Encrypted | None = None

    @property
    def stored_name(self) -> str:
        """Name of the copy."""
        return self.encrypted.name if self.encrypted else self.name

    @property
    def source_bytes(self) -> int:
        """Size at the source, which may have held the Crypt4GH file itself."""
        came_encrypted = self.encrypted is not None and normalise(self.source_name) != self.name
        return self.stored_bytes if came_encrypted else self.size_bytes

    @property
    def stored_bytes(self) -> int:
        """Size of the copy."""
        return self.encrypted.header_bytes + self.encrypted.size_bytes if self.encrypted else self.size_bytes


class Inbox:
    """One submission's inbox. Use it inside ``with inbox.locked():``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._private = path / PRIVATE
        self._journal_path = self._private / "journal.jsonl"
        self._parts = self._private / "parts"
        self._journal: dict[str, Finished] = {}
        self._sealed: frozenset[str] = frozenset()

    @contextlib.contextmanager
    def locked(self) -> Iterator["Inbox"]:
        """Hold the inbox for this process and read its journal; the lock ends with the process, however it ends.

        Raises:
            TransientFault: another transfer works in this inbox.
            StorageFault: the inbox cannot be written.
        """
        try:
            self._parts.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_fault(self.path, error) from error
        with sole_holder(self._private / "lock", f"Another transfer is at work in {self.path}"):
            self._open_journal()
            yield self

    def seal(self, names: Collection[str]) -> None:
        """From now on these files, and no others, are kept encrypted; copies that are kept otherwise are removed.

        Raises:
            StorageFault: the disk refused.
        """
        self._sealed = frozenset(names)
        self.drop(
            {line.name for line in self._journal.values() if (line.encrypted is not None) != self.seals(line.name)}
        )

    def seals(self, name: str) -> bool:
        """Whether ``name`` is kept encrypted."""
        return name in self._sealed

    def file(self, name: str) -> Path:
        """Where the finished file ``name`` stands; ``name`` is a bare name."""
        return self.path / (sealed_name(name) if self.seals(name) else name)

    def part(self, name: str) -> Path:
        """Where ``name`` stands while it is copied; hashed, since a long name leaves no room for a suffix.

        Encrypted it stands elsewhere than in the clear: neither is ever taken for the other.
        """
        stored = sealed_name(name) if self.seals(name) else name
        return self._parts / f"{hashlib.sha256(stored.encode('utf-8')).hexdigest()[:32]}.part"

    def finished(self, name: str, entry: Entry, source: str) -> Finished | None:
        """The journal's line of ``name`` if it still holds: same source, same version, the copy untouched.

        A part that was whole when the process died gets its name now.
        """
        line = self._journal.get(name)
        seen = (source, entry.name, entry.version, entry.size_bytes)
        if line is None or seen != (line.source, line.source_name, line.version, line.source_bytes):
            return None
        if _agrees(self.file(name), line):
            self.forget_part(name)
            return line
        if _agrees(self.part(name), line):
            self._name([name])
            return line
        return None

    def brought(self, name: str, source: str) -> Finished | None:
        """The journal's line of a file that ``source`` has not any more, while the copy is untouched.

        What has been proven stays: a submitter may clear the source as soon as the bytes have arrived.
        """
        line = self._journal.get(name)
        return line if line and line.source == source and _agrees(self.file(name), line) else None

    def names(self) -> list[str]:
        """Names that earlier transfers brought, sorted."""
        return sorted(self._journal)

    def forget_part(self, name: str) -> None:
        """Remove what has come of ``name``: it is not wanted."""
        try:
            for path in (self.part(name), spans_path(self.part(name))):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def begun_bytes(self, name: str, entry: Entry, source: str) -> int:
        """Bytes of ``name`` that an earlier run has left, by its journal; whether they are right is seen later."""
        part = self.part(name)
        if not part.is_file():
            return 0
        spans, _is_other = PartJournal(spans_path(part), Origin.of(source, entry)).read()
        return sum(span.length for span in spans)

    def finish(self, lines: Sequence[Finished]) -> None:
        """Give the parts of ``lines`` their names: journal first, then the names, then away with their journals.

        Raises:
            StorageFault: the disk refused.
        """
        try:
            with self._journal_path.open("ab") as file:
                file.write(b"".join(_to_line(line) for line in lines))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise write_fault(self._journal_path, error) from error
        self._journal |= {line.name: line for line in lines}
        self._name([line.name for line in lines])

    def keep_only(self, names: Collection[str]) -> None:
        """Remove what earlier transfers brought and nobody lists any more, and parts that lead nowhere.

        Files that dsqc did not bring stay.
        """
        parts = {self.part(name) for name in names}
        parts |= {spans_path(part) for part in parts}
        self.drop(set(self._journal) - set(names))
        try:
            for path in self._parts.iterdir():
                if path not in parts:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def drop(self, names: Collection[str]) -> None:
        """Remove files that earlier transfers brought."""
        try:
            for name in names:
                (self.path / self._journal[name].stored_name).unlink(missing_ok=True)
                del self._journal[name]
        except OSError as error:
            raise write_fault(self.path, error) from error
        if names:
            self._rewrite_journal()

    def keep_own(self, name: str, blocks: Iterable[bytes], most: int) -> None:
        """Write what belongs to dsqc into the private folder, whole or not at all.

        Args:
            most: bytes; what is longer is not kept.

        Raises:
            StorageFault: the disk refused.
        """
        size = 0
        with atomic_file(self._private / name) as file:
            for block in blocks:
                size += len(block)
                if size <= most:
                    file.write(block)
        if size > most:
            self.drop_own(name)

    def drop_own(self, name: str) -> None:
        """Remove what :meth:`keep_own` wrote."""
        try:
            (self._private / name).unlink(missing_ok=True)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def require_space(self, size_bytes: int) -> None:
        """Refuse before the first byte what cannot fit.

        Raises:
            SystemFault: fewer than ``size_bytes`` bytes are free.
        """
        free = shutil.disk_usage(self.path).free
        if free < size_bytes:
            raise SystemFault(
                f"{self.path} has {free:,} bytes free; the transfer needs {size_bytes:,}.",
                hint="Free some space and run the same command again.",
            )

    def _name(self, names: Sequence[str]) -> None:
        try:
            for name in names:
                self.part(name).replace(self.file(name))
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            for name in names:
                spans_path(self.part(name)).unlink(missing_ok=True)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def _open_journal(self) -> None:
        self._journal = {}
        with contextlib.suppress(FileNotFoundError):
            for text in self._journal_path.read_bytes().splitlines():
                # The last line may be torn by a power cut: then its file is copied again.
                with contextlib.suppress(ValueError, TypeError):
                    line = _from_line(text)
                    self._journal[line.name] = line
            # A torn line must not glue itself to the next one.
            self._rewrite_journal()

    def _rewrite_journal(self) -> None:
        with atomic_file(self._journal_path) as file:
            for name in sorted(self._journal):
                file.write(_to_line(self._journal[name]))


def _agrees(path: Path, line: Finished) -> bool:
    try:
        seen = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return (seen.st_size, seen.st_mtime_ns) == (line.stored_bytes, line.mtime_ns)


def _to_line(line: Finished) -> bytes:
    said = asdict(line)
    if line.encrypted is None:
        del said["encrypted"]
    return json.dumps(said, ensure_ascii=False).encode("utf-8") + b"\n"


def _from_line(text: bytes) -> Finished:
    """Raises ValueError, TypeError where it is none."""
    said = json.loads(text)
    encrypted = said.pop("encrypted", None)
    return Finished(**said, encrypted=Encrypted(**encrypted) if encrypted else None)
