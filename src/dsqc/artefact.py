"""Files that dsqc writes for a later stage or for people: whole or not at all, same content same bytes."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from dsqc.errors import StorageFault, SystemFault, UsageError


@contextlib.contextmanager
def atomic_file(path: Path, *, within: Path | None = None) -> Iterator[IO[bytes]]:
    """Open a temporary file beside ``path`` and rename it to ``path`` when the block ends well.

    A reader never sees half a file, whatever kills the writer. The data is on disk before the name is.

    Args:
        within: a directory of the same file system for the temporary file, where it may not stand beside ``path``.

    Raises:
        StorageFault: the disk is full or the place cannot be written; ``path`` is as it was.
    """
    with atomic_path(path, within=within) as temporary, temporary.open("wb") as file:
        yield file


@contextlib.contextmanager
def atomic_path(path: Path, *, within: Path | None = None, mode: int = 0o644) -> Iterator[Path]:
    """As :func:`atomic_file`, for what writes by name and not into an open file: an empty file to write to.

    Args:
        mode: permissions in the end; until then only the owner may read it.
    """
    try:
        for directory in (path.parent, within or path.parent):
            directory.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = _open_part(within or path.parent, path.name)
    except OSError as error:
        raise write_fault(path, error) from error
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise write_fault(path, error) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _open_part(directory: Path, name: str) -> tuple[int, Path]:
    """An empty file to write to, and the descriptor that holds it until that is closed.

    What a killed writer left is taken over by the next one, so that it never stays beside the results. Who writes the
    same file at the same time, or where the file system knows no locks, gets a file of another name.
    """
    place = directory / f".{name}.part"
    while (descriptor := _take(place)) is not None:
        # Another writer may have renamed it between our opening and our lock: then it is a result, and not ours.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), place.lstat()):
                os.ftruncate(descriptor, 0)
                os.fchmod(descriptor, 0o600)
                return descriptor, place
        os.close(descriptor)
    descriptor, other = tempfile.mkstemp(dir=directory, prefix=f".{name}.", suffix=".part")
    return descriptor, Path(other)


def _take(place: Path) -> int | None:
    """Open and lock ``place``; None where somebody else holds it, or it cannot be locked."""
    try:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.EACCES):
            return None  # somebody else's: mkstemp finds another name, or says why it cannot
        raise
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:  # no locks here, for anybody
        os.close(descriptor)
        place.unlink(missing_ok=True)
        return None
    return descriptor


ROOM_HINTS = {
    errno.ENOSPC: "The disk is full: free some space and run the same command again.",
    errno.EFBIG: "Files may not be so large here: raise the limit (ulimit -f), or choose another directory.",
    errno.EDQUOT: "The quota is used up: free some space and run the same command again.",
}
"""What to do where there is no room for what is written, by the system's number of the fault."""


def write_fault(path: Path, error: OSError) -> StorageFault:
    """Translate ``error`` into a fault that says what to do."""
    hints = ROOM_HINTS | {
        errno.EACCES: "Choose a directory that you may write to.",
        errno.EPERM: "Choose a directory that you may write to.",
        errno.EROFS: "The file system is read-only: choose another directory.",
    }
    reason = error.strerror or str(error)
    return StorageFault(f"Cannot write {path}: {reason}.", hint=hints.get(error.errno or 0, ""))


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic_file(path) as file:
        file.write(text.encode("utf-8"))


def to_json(value: Any) -> str:
    """The one JSON form of ``value``: two-space indent, keys in the order given, no NaN, a final newline."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` with :func:`to_json`, atomically."""
    write_text(path, to_json(value))


def write_json_lines(path: Path, values: Iterable[Any]) -> None:
    """Write one compact JSON object a line, atomically."""
    with atomic_file(path) as file:
        for value in values:
            file.write(json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n")


def read_json(path: Path) -> Any:
    """Read what :func:`write_json` wrote.

    Raises:
        SystemFault: the file is missing or is no JSON: an earlier stage did not finish, or somebody changed it.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SystemFault(f"{path} does not exist.", hint="Run the stage that writes it first.") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SystemFault(f"{path} cannot be read: {error}.", hint="Delete it and run its stage again.") from error


def read_json_lines(path: Path) -> list[Any]:
    """Read what :func:`write_json_lines` wrote; same faults as :func:`read_json`."""
    try:
        # Not splitlines(): values may hold other line ends of Unicode (U+2028), which JSON does not escape.
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    except FileNotFoundError as error:
        raise SystemFault(f"{path} does not exist.", hint="Run the stage that writes it first.") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SystemFault(f"{path} cannot be read: {error}.", hint="Delete it and run its stage again.") from error


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as lower-case hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fsync_tree(directory: Path) -> None:
    """Have everything below ``directory`` on disk, names included, before something refers to it."""
    for path in [directory, *directory.rglob("*")]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_key_file(path: Path, data: bytes, mode: int) -> None:
    """Write a file of a key, whole or not at all, and never over another one.

    Args:
        mode: permissions from the first byte on.

    Raises:
        UsageError: the file exists.
        StorageFault: the disk refused.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            os.link(part, path)  # refused where another writer was first
        finally:
            part.unlink()
    except FileExistsError:
        raise UsageError(f"{path} exists; a key is never overwritten.", hint="Choose another name.") from None
    except OSError as error:
        raise write_fault(path, error) from error
