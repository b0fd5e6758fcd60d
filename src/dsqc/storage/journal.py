"""Which uploads in parts this machine has begun: one small file each, locked by the process that is at work on it.

A lock goes with its process, whatever kills it. So an upload whose file can be locked has lost its sender and may be
continued, and one that is under way is never shared: stores do not agree on what happens to parts that two bring.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class UploadJournal:
    """The entry of one object. Without a place to write it, it forgets: then nothing is continued."""

    path: Path | None = None
    _descriptor: int = -1

    def upload_id(self) -> str:
        """The upload that a process of this machine began and did not finish; empty where there is none."""
        return os.pread(self._descriptor, 4096, 0).decode("utf-8", "replace") if self.path else ""

    def note(self, upload_id: str) -> None:
        """This upload is ours. Best effort: a full disk here costs a continued upload, nothing else."""
        if self.path:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, upload_id.encode("utf-8"), 0)

    def forget(self) -> None:
        """The upload is finished or given up."""
        if self.path:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
                self.path.unlink()


def directory() -> Path:
    """Where the entries are: the user's directory for state (XDG), which outlives a restart of the machine."""
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "dsqc" / "uploads"


@contextlib.contextmanager
def upload_journal(place: str) -> Iterator[UploadJournal]:
    """The entry of the object at ``place`` (endpoint, bucket and key), ours while the block lasts.

    One that forgets where another process holds it, or where nothing can be written.
    """
    name = hashlib.sha256(place.encode("utf-8")).hexdigest()[:40]
    try:
        path = directory() / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (OSError, RuntimeError):
        yield UploadJournal()
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield UploadJournal()
            return
        journal = UploadJournal(path, descriptor)
        yield journal
        if not journal.upload_id():
            journal.forget()
    finally:
        os.close(descriptor)
