"""Slots that bound what runs at the same time over all nodes: locks on files of the shared working directory.

A lock ends with its holder, however that ends, so no slot is ever stale. The file system must know locks between its
nodes, as NFS does, and Lustre where it is mounted with ``flock``.
"""

import fcntl
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

from dsqc.artefact import write_fault


@dataclass(slots=True)
class Slots:
    """``count`` slots in ``directory``; 0 is as many as anybody wants."""

    directory: Path
    name: str
    count: int
    _order: list[int] = field(default_factory=list)

    def take(self) -> int | None:
        """Take a slot without waiting: a file descriptor that holds it until it is closed, in every process that has
        inherited it; ``None`` where all are taken.

        Raises:
            StorageFault: the directory cannot be written, or its file system knows no locks.
        """
        if not self.count:
            return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        if not self._order:
            # Everybody looks at the slots in an order of their own, and does not wait behind the others at the first.
            self._order = random.sample(range(self.count), self.count)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            for number in self._order:
                taken = _try(self.directory / f".{self.name}.{number}.lock")
                if taken is not None:
                    return taken
        except OSError as error:
            raise write_fault(self.directory / f".{self.name}.lock", error) from error
        return None


def _try(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
