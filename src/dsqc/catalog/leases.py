"""Leases: who works on a submission, until when. A lease that ran out, or whose process is gone, may be taken."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from dsqc.catalog.database import Catalog
from dsqc.catalog.events import Clock, now, timestamp
from dsqc.catalog.models import LeaseRecord
from dsqc.errors import SystemFault, TransientFault

LEASE_SECONDS = 90.0
"""How long a lease lasts without being renewed; a living holder renews it three times in that time."""
POLL_SECONDS = 0.5


class LeaseLost(SystemFault):
    """Somebody else took the submission over: this process was thought dead."""


def this_holder() -> str:
    """This process, so that another on the same host can tell whether it still lives: host, pid, start."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_start_of(pid)}:{threading.get_ident()}"


def _start_of(pid: int) -> str:
    """When process ``pid`` started, in clock ticks since boot; empty where there is no such process (or no /proc)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    # A process that was killed but not yet waited for is as dead as one that is gone.
    return "" if fields[0] in ("Z", "X") else fields[19]


def is_dead(holder: str) -> bool:
    """Whether ``holder`` was a process of this host that is gone. Of other hosts nothing can be said."""
    host, _, rest = holder.partition(":")
    pid, _, rest = rest.partition(":")
    start = rest.partition(":")[0]
    return host == socket.gethostname() and pid.isdigit() and bool(start) and _start_of(int(pid)) != start


def try_acquire(session: Session, key: tuple[str, str], holder: str, seconds: float, at: datetime) -> str:
    """Take or renew the lease of the submission ``key`` = (submitter, alias).

    Returns:
        Empty when it is ours now, else who holds it.
    """
    deadline = timestamp(at + timedelta(seconds=seconds))
    lease = session.get(LeaseRecord, key)
    if lease is None:
        session.add(LeaseRecord(submitter=key[0], alias=key[1], holder=holder, deadline=deadline))
        return ""
    if lease.holder != holder and lease.deadline > timestamp(at) and not is_dead(lease.holder):
        return lease.holder
    lease.holder, lease.deadline = holder, deadline
    return ""


def release(session: Session, key: tuple[str, str], holder: str) -> None:
    """Give the lease back where it is still ours."""
    lease = session.get(LeaseRecord, key)
    if lease is not None and lease.holder == holder:
        session.delete(lease)


def check_held(session: Session, key: tuple[str, str], holder: str) -> None:
    """Let pass whoever holds the lease; asked inside the transaction whose work the lease protects.

    Raises:
        LeaseLost: it is not ours any more.
    """
    lease = session.get(LeaseRecord, key)
    if lease is None or lease.holder != holder:
        raise LeaseLost(
            f"The lease of submission {key[1]} was lost to {lease.holder if lease else 'nobody'}.",
            hint="Another process took the work over; run the same command again.",
        )


@contextlib.contextmanager
def held(
    catalog: Catalog, key: tuple[str, str], *, seconds: float = LEASE_SECONDS, clock: Clock = now
) -> Iterator[str]:
    """Hold the lease of the submission ``key``, renewing it in the background, and give it back.

    Waits while a living process holds it, a little longer than a lease lasts at most.

    Yields:
        The holder's name, for :func:`check_held`.

    Raises:
        TransientFault: another process holds it and goes on renewing it.
    """
    holder = this_holder()
    # A little longer than a lease: the clocks of two hosts do not agree to the second.
    give_up = time.monotonic() + 1.2 * seconds
    while other := catalog.write(lambda session: try_acquire(session, key, holder, seconds, clock())):
        if time.monotonic() > give_up:
            raise TransientFault(
                f"Submission {key[1]} is being worked on by {other}.", hint="Run the same command again later."
            )
        time.sleep(POLL_SECONDS)

    def renew() -> None:
        catalog.write(lambda session: _renew(session, key, holder, clock() + timedelta(seconds=seconds)))

    done = threading.Event()
    keeper = threading.Thread(target=_keep, args=(done, seconds / 3, renew), daemon=True)
    keeper.start()
    try:
        yield holder
    finally:
        done.set()
        keeper.join()
        catalog.write(lambda session: release(session, key, holder))


def _keep(done: threading.Event, every: float, renew: Callable[[], None]) -> None:
    while not done.wait(every):
        # A renewal that fails is tried again in time; work under a lost lease is refused by check_held.
        with contextlib.suppress(SystemFault):
            renew()


def _renew(session: Session, key: tuple[str, str], holder: str, deadline: datetime) -> None:
    lease = session.get(LeaseRecord, key)
    if lease is not None and lease.holder == holder:
        lease.deadline = timestamp(deadline)
