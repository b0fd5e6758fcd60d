"""An inbox in a directory: a share of the station that is mounted here."""

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from dsqc.artefact import write_fault
from dsqc.errors import SystemFault, UsageError
from dsqc.listing import SENDER
from dsqc.locking import sole_holder
from dsqc.sending.destination import Advance, DamagedAtFarEnd, Remote, Retrying, Upload, Whole, part_size, size_of_part
from dsqc.sending.web import Line

SMALL_BYTES = 64 << 10
_LINE = re.compile(r"([0-9]+) ([0-9]+) ([0-9a-f]{32})")


class SharedInbox:
    """Files ``<directory>/<name>``. What is not whole lies in the folder ``.dsqc-sending``, which goes at the end.

    A share is a network too: every file is read back, past the cache of this machine where that is possible, before
    it gets its name.
    """

    def __init__(self, path: Path, line: Line, least_part: int) -> None:
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is a file.", hint="Give a directory, s3://bucket/prefix, or --grant FILE.")
        self.path = path.resolve()
        self.url = str(self.path)
        self.line = line
        self._private = self.path / SENDER
        self._least_part = least_part

    @contextlib.contextmanager
    def opened(self, claim: str) -> Iterator[None]:
        """Hold a lock; it ends with the process, however that ends."""
        try:
            self._private.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_fault(self.path, error) from error
        with sole_holder(self._private / "lock", f"Somebody else is sending into {self.path}"):
            yield
            if not any(path.suffix in (".part", ".parts") for path in self._private.iterdir()):
                shutil.rmtree(self._private, ignore_errors=True)

    def standing(self) -> dict[str, Remote]:
        """Sizes and times; the tag of a file changes when somebody touches it."""
        try:
            rows = [entry for entry in os.scandir(self.path) if entry.is_file(follow_symlinks=False)]
            return {entry.name: _remote(entry.stat(follow_symlinks=False)) for entry in rows}
        except OSError as error:
            raise write_fault(self.path, error) from error

    def survey(self, sizes: Mapping[str, int]) -> frozenset[str]:
        """Looks at the directory, or at the one that it would be made in."""
        made_in = next(place for place in (self.path, *self.path.parents) if place.exists())
        if not made_in.is_dir() or not os.access(made_in, os.W_OK | os.X_OK):
            raise SystemFault(f"{made_in} cannot be written.", hint="Check its permissions, or give another directory.")
        there = self.standing() if made_in == self.path else {}
        standing = frozenset(name for name, size in sizes.items() if name in there and there[name].size_bytes == size)
        needed = sum(size for name, size in sizes.items() if name not in standing)
        free = shutil.disk_usage(made_in).free
        if free < needed:
            raise SystemFault(
                f"{made_in} has {free:,} bytes free; {needed:,} are needed.",
                hint="Make room, or give another directory.",
            )
        return standing

    def look(self, name: str) -> Remote | None:
        """Size and time."""
        try:
            return _remote((self.path / name).lstat())
        except OSError:
            return None

    def refusal(self, name: str, size_bytes: int) -> str:
        """Whether there is a directory of this name."""
        return "a directory of this name stands there" if (self.path / name).is_dir() else ""

    def part_bytes(self, name: str, size_bytes: int) -> int:
        """Parts as for S3, so that an interrupted file goes on."""
        return part_size(size_bytes, self._least_part) if size_bytes > self._least_part else 0

    def put(self, name: str, data: bytes, whole: Whole, advance: Advance, retrying: Retrying) -> str:
        """Write, read back, name."""
        upload = SharedUpload(self, name, len(data), max(1, len(data)))
        upload.abort()
        if data:
            upload.send(1, data, whole.part_md5s[0], advance, retrying)
        return upload.complete(whole)

    def begin(self, name: str, size_bytes: int, earlier: str) -> Upload:
        """Goes on in the part file that stands there."""
        return SharedUpload(self, name, size_bytes, self.part_bytes(name, size_bytes))

    def is_same(self, name: str, there: Remote, whole: Whole, part_bytes: int) -> bool:
        """Only small things are read to find out: reading a share costs as much as writing to it."""
        if there.size_bytes > SMALL_BYTES:
            return False
        try:
            data = (self.path / name).read_bytes()
        except OSError:
            return False
        return hashlib.sha256(data).hexdigest() == whole.digests.sha256

    def is_alive(self) -> bool:
        """Whether the directory can be listed."""
        try:
            self.standing()
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Nothing to give up."""

    def place_of(self, name: str) -> Path:
        """Where a file of this name grows; hashed, since a long name leaves no room for a suffix."""
        return self._private / f"{hashlib.sha256(name.encode('utf-8')).hexdigest()[:32]}.part"


class SharedUpload:
    """A part file, and beside it a line a part: what was written and forced to the disk."""

    id = ""

    def __init__(self, inbox: SharedInbox, name: str, size_bytes: int, part_bytes: int) -> None:
        self.part_bytes = part_bytes
        self._inbox = inbox
        self._final = inbox.path / name
        self._size_bytes = size_bytes
        self._path = inbox.place_of(name)
        self._lines = self._path.with_suffix(".parts")

    def parts(self) -> Mapping[int, str]:
        """Parts of which a line says that they were written; read again, since a line proves nothing."""
        found: dict[int, str] = {}
        try:
            lines = self._lines.read_text(encoding="ascii", errors="replace").splitlines()
            with self._path.open("rb", buffering=0) as file:
                for line in lines:
                    matched = _LINE.fullmatch(line)
                    # A line may be torn, or of another cut.
                    if matched is None or int(matched[2]) != self.part_bytes:
                        continue
                    number = int(matched[1])
                    size = size_of_part(number, self._size_bytes, self.part_bytes)
                    if size > 0:
                        data = os.pread(file.fileno(), size, (number - 1) * self.part_bytes)
                        found[number] = hashlib.md5(data, usedforsecurity=False).hexdigest()
        except OSError:
            return {}
        return found

    def send(self, number: int, data: bytes | memoryview, md5: bytes, advance: Advance, retrying: Retrying) -> None:
        """Write the part at its place, force it to the disk, then write its line."""
        line = self._inbox.line
        line.pacer.wait_until_open(line.waiting)
        view, offset = memoryview(data), (number - 1) * self.part_bytes
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                while view:
                    piece = min(line.piece_bytes, len(view))
                    line.pacer.take(piece)
                    written = os.pwrite(descriptor, view[:piece], offset)
                    view, offset = view[written:], offset + written
                    advance(written)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            with self._lines.open("ab") as file:
                file.write(f"{number} {self.part_bytes} {md5.hex()}\n".encode("ascii"))
        except OSError as error:
            raise write_fault(self._final, error) from error

    def complete(self, whole: Whole) -> str:
        """Read back, then name, then force the name to the disk."""
        try:
            if self._size_bytes == 0:
                self._path.touch()
            os.truncate(self._path, self._size_bytes)
            if _read_back(self._path) != whole.digests.sha256:
                self.abort()
                raise DamagedAtFarEnd(self._final.name)
            self._path.replace(self._final)
            self._lines.unlink(missing_ok=True)
            descriptor = os.open(self._final.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            return _remote(self._final.lstat()).tag
        except OSError as error:
            raise write_fault(self._final, error) from error

    def abort(self) -> None:
        """Remove what was written."""
        self._lines.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)


def _remote(seen: os.stat_result) -> Remote:
    return Remote(seen.st_size, str(seen.st_mtime_ns))


def _read_back(path: Path) -> str:
    """SHA-256 of what the disk or the server holds: pages of this machine's cache are dropped first."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
