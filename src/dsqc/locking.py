"""One process at a time: a lock on a file that ends with its holder, however that ends, so none is ever stale."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from dsqc.artefact import write_fault
from dsqc.errors import TransientFault


@contextlib.contextmanager
def sole_holder(path: Path, what: str, *, mode: int = 0o644) -> Iterator[None]:
    """Hold the lock ``path``, whose directory exists; the file names the process that holds it.

    Args:
        what: that is under way where another process holds it: ``Another transfer is at work in inbox/S1``.
        mode: of the file, where it is made.

    Raises:
        TransientFault: another process holds it.
        StorageFault: the file cannot be made or locked.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
    except OSError as error:
        raise write_fault(path, error) from error
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = file.read().strip()
            raise TransientFault(
                f"{what}{f' (process {holder})' if holder else ''}.",
                hint="Wait until that has ended and run the same command again.",
            ) from error
        except OSError as error:
            raise write_fault(path, error) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
