"""Objects in a directory: on a file system that renames and links atomically."""

import contextlib
import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from dsqc.artefact import atomic_file, sha256_of, write_fault
from dsqc.errors import StorageFault
from dsqc.storage.layout import BUFFER_BYTES, OBJECTS, READ_BACK, ObjectInfo, changed_file, damaged_object
from dsqc.storage.store import ObjectStore

UNFINISHED = "unfinished/"
"""Where files lie while they are written. On the store's own file system, so that linking works."""
OBJECT_MODE = 0o444
NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})
"""What file systems say that have no hard links."""


class DirectoryStore(ObjectStore):
    """A tier in a directory; keys are paths below it."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.root = root

    def size_of(self, key: str) -> int | None:
        """Size in bytes, asked of the file system."""
        with _reading(self.root / key):
            try:
                return (self.root / key).stat().st_size
            except (FileNotFoundError, NotADirectoryError):
                return None

    def require_there(self) -> None:
        """A store that ever held an object has the directory of objects; a mount point without its disk has not."""
        if not (self.root / OBJECTS).is_dir():
            raise StorageFault(
                f"{self.root} holds no objects, and the catalog says that it does.",
                hint="Is the disk mounted? Nothing was noted about its objects.",
            )

    @contextlib.contextmanager
    def open_read(self, key: str) -> Iterator[BinaryIO]:
        """The open file; what goes wrong while it is read is a fault of the store too."""
        with _reading(self.root / key), (self.root / key).open("rb") as file:
            yield file

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Read in the middle of the file."""
        with self.open_read(key) as file:
            file.seek(start)
            return file.read(length)

    def entries(self, prefix: str) -> Iterator[ObjectInfo]:
        """Files below the directory part of ``prefix`` whose key begins with it, in the order of the keys."""
        with _reading(self.root / prefix):
            paths = sorted(
                Path(folder, name)
                for folder, _folders, names in os.walk(self.root / prefix.rpartition("/")[0], onerror=_raise)
                for name in names
            )
        for path in paths:
            key = path.relative_to(self.root).as_posix()
            # A writer may finish or a sweep may delete while we walk: what is gone is not listed.
            with contextlib.suppress(FileNotFoundError):
                if key.startswith(prefix):
                    seen = path.stat()
                    yield ObjectInfo(key, seen.st_size, datetime.fromtimestamp(seen.st_mtime, UTC))

    def list_unfinished(self) -> Iterator[ObjectInfo]:
        """Temporary files that a killed writer left."""
        return self.entries(UNFINISHED)

    def delete(self, key: str) -> None:
        """Unlink the file."""
        try:
            (self.root / key).unlink(missing_ok=True)
        except OSError as error:
            raise write_fault(self.root / key, error) from error

    def delete_unfinished(self, upload: ObjectInfo) -> None:
        """Unlink the temporary file."""
        self.delete(upload.key)

    def _write(self, key: str, data: bytes) -> None:
        # What a killed writer leaves must stand where a sweep looks.
        with atomic_file(self.root / key, within=self.root / UNFINISHED) as file:
            file.write(data)

    def _upload(self, path: Path, key: str, sha256: str, md5: str) -> str:
        with self._written(path, key, sha256) as temporary:
            created = _link(temporary, self.root / key)
        return READ_BACK if created else ""

    def replace(self, path: Path, key: str, sha256: str) -> None:
        """Written beside, proven, and renamed over what stands there."""
        with self._written(path, key, sha256) as temporary:
            temporary.rename(self.root / key)

    def _set_aside(self, key: str, aside: str) -> None:
        try:
            (self.root / aside).parent.mkdir(parents=True, exist_ok=True)
            # A second name, not a copy: it works where the bytes cannot be read any more.
            os.link(self.root / key, self.root / aside)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise write_fault(self.root / aside, error) from error
            with self.open_read(key) as source, atomic_file(self.root / aside, within=self.root / UNFINISHED) as file:
                shutil.copyfileobj(source, file, BUFFER_BYTES)

    @contextlib.contextmanager
    def _written(self, path: Path, key: str, sha256: str) -> Iterator[Path]:
        """The bytes of ``path`` in the store under a temporary name, on disk and proven, to be given ``key``."""
        temporary = self.root / UNFINISHED / uuid.uuid4().hex
        final = self.root / key
        try:
            temporary.parent.mkdir(parents=True, exist_ok=True)
            final.parent.mkdir(parents=True, exist_ok=True)
            if _copy(path, temporary) != sha256:
                raise changed_file(path)
            if sha256_of(temporary) != sha256:
                raise damaged_object(self.url, key, "what was written cannot be read back")
            yield temporary
            sync_directory(final.parent)
        except OSError as error:
            raise write_fault(final, error) from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()

    def _proves(self, path: Path, key: str, sha256: str, md5: str) -> str:
        # A file system keeps no checksum to ask for.
        return READ_BACK if self.sha256_at(key) == sha256 else ""

    def capabilities(self) -> dict[str, Any]:
        """A directory needs no probe but whether it links."""
        return {"kind": "directory", "hard_links": self._links()}

    def _links(self) -> bool:
        probe = self.root / UNFINISHED / uuid.uuid4().hex
        other = probe.with_name(uuid.uuid4().hex)
        try:
            probe.parent.mkdir(parents=True, exist_ok=True)
            probe.touch()
            try:
                os.link(probe, other)
            except OSError as error:
                if error.errno not in NO_LINKS:
                    raise
                return False
            return True
        except OSError as error:
            raise write_fault(probe, error) from error
        finally:
            for path in (probe, other):
                with contextlib.suppress(OSError):
                    path.unlink()


def _copy(source: Path, target: Path) -> str:
    """Copy, flush to the disk and forget the pages, so that reading back asks the disk; return the SHA-256."""
    digest = hashlib.sha256()
    with _reading(source):
        file = source.open("rb")
    with file, target.open("xb") as out:
        while True:
            with _reading(source):
                block = file.read(BUFFER_BYTES)
            if not block:
                break
            digest.update(block)
            out.write(block)
        out.flush()
        os.fchmod(out.fileno(), OBJECT_MODE)
        os.fsync(out.fileno())
        os.posix_fadvise(out.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return digest.hexdigest()


def _link(temporary: Path, final: Path) -> bool:
    """Give the file its final name unless that is taken; whether it was free."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        # No hard links here. Renaming may replace what another writer has just put there: the same bytes.
        if final.exists():
            return False
        temporary.rename(final)
    return True


def sync_directory(path: Path) -> None:
    """Make names given in ``path`` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageFault(f"Cannot read {path}: {reason}.", hint="Check the disk and the permissions.") from error
