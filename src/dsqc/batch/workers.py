"""One job in a process of its own: forked from a process that has imported everything, so that none starts Python.

The child is what ``dsqc <stage>`` is; its standard error is the job's log. It ends with its parent, whatever ends that.
What kills it (a fault of a library, the system out of memory) is told by the parent and touches no other job.
"""

import contextlib
import ctypes
import fcntl
import gc
import importlib
import inspect
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from dsqc import logs
from dsqc.artefact import write_fault
from dsqc.batch.layout import StageJob
from dsqc.errors import DsqcError

MODULES = (
    *(f"dsqc.stages.{stage}" for stage in ("transfer", "validate", "qc", "judge", "register")),
    "dsqc.crypt4gh",
    "dsqc.metrics.catalogue",
    "dsqc.report.fastqc",
    "dsqc.report.multiqc",
    "dsqc.report.run_page",
    "dsqc.report.samtools",
    "dsqc.sketch",
    "dsqc.station",
    "dsqc.taxonomy",
    "pyarrow.parquet",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "structlog",
)
"""What the stages import when they are called; imported once, before the first fork."""
ROOMS_WITH_TABLES = (
    "dsqc.columns",
    "dsqc.forms",
    "dsqc.judge",
    "dsqc.metrics",
    "dsqc.personal",
    "dsqc.registry",
    "dsqc.rule_set",
    "dsqc.rules",
    "dsqc.stages.validate",
)
"""Their functions without arguments that keep what they read are called before the first fork, too."""
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
PAGE = os.sysconf("SC_PAGE_SIZE")
OOM_SCORE = "700"
"""Where memory runs out, the system ends a job, not the process that sees to all of them."""


def preload(modules: Sequence[str] = MODULES) -> None:
    """Import everything and load the compiled kernels, which compiles them where this node has not yet."""
    for name in modules:
        importlib.import_module(name)
    from dsqc.kernels._jit import warm_up

    try:
        warm_up()
    except DsqcError as error:
        # A node without a place for machine code: every job compiles for itself, as the command would.
        logs.logger().warning("kernels are not kept", reason=str(error))
    _read_tables()
    # What stands now is never looked through again: a child that collects garbage would copy all of its pages.
    gc.collect()
    gc.freeze()


def _read_tables() -> None:
    """Read the tables that every job reads (forms, rules, vocabularies), and have the database's classes set up."""
    from sqlalchemy.orm import configure_mappers

    from dsqc.catalog.database import head_revision

    configure_mappers()
    head_revision()
    for name, module in sorted(sys.modules.items()):
        if not name.startswith(ROOMS_WITH_TABLES):
            continue
        for item in vars(module).values():
            kept = hasattr(item, "cache_info") and getattr(item, "__module__", "") == name
            if kept and not inspect.signature(item).parameters:
                with contextlib.suppress(DsqcError):  # told by the job that needs it
                    item()


@dataclass(slots=True)
class Worker:
    """A running job.

    Attributes:
        pid: the child.
        job: what it does.
        threads: that it may use.
        begun: monotonic time of its start.
        predicted_seconds, bytes: what the plan says of it.
        held: descriptors of the slots it holds.
        told: monotonic time of the last word about it.
        peak_bytes: highest memory that was seen while it ran.
        ended_by_us: why it was killed, where we did.
    """

    pid: int
    job: StageJob
    threads: int
    predicted_seconds: float = 0.0
    bytes: int = 0
    held: list[int] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    told: float = field(default_factory=time.monotonic)
    peak_bytes: int = 0
    ended_by_us: str = ""

    def kill(self, why: str) -> None:
        """kill -9, with a reason for the log."""
        self.ended_by_us = self.ended_by_us or why
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def let_go(self) -> None:
        """Give its slots back."""
        for descriptor in self.held:
            # Not by closing alone: children that were forked meanwhile have it open too.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)
        self.held.clear()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: exit code (negative where a signal ended it), wall and processor seconds, highest memory."""

    worker: Worker
    exit_code: int
    seconds: float
    cpu_seconds: float
    memory_mib: float


Command = Callable[[Sequence[str]], int]
"""Runs ``dsqc ARGUMENTS`` in this process and returns its exit code (``dsqc.cli.main.main``)."""


def start(command: Command, arguments: Sequence[str], log: Path, title: str, environment: Mapping[str, str]) -> int:
    """Fork a child that runs ``dsqc ARGUMENTS`` in the current directory; returns its process id.

    Args:
        command: what runs the arguments.
        log: where its standard error goes; begun anew.
        title: what ``ps`` and ``top`` show of it.
        environment: added to ours.

    Raises:
        StorageFault: the log cannot be written.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise write_fault(log, error) from error
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        _be_child(title, parent)
        _be_command(command, arguments, descriptor, environment)
    os.close(descriptor)
    return child


def _be_command(command: Command, arguments: Sequence[str], log: int, environment: Mapping[str, str]) -> NoReturn:
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream, target in ((0, nothing), (1, nothing), (2, log)):
            os.dup2(target, stream)
        os.environ.update(environment)
        random.seed()
        code = command(arguments)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException as error:
        with contextlib.suppress(BaseException):
            print(f"dsqc {arguments[0]}: {type(error).__name__}: {error}", file=sys.stderr)
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _be_child(title: str, parent: int) -> None:
    """Signals as any command has them, an end when the parent ends, and the first to go when memory runs out."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        library.prctl(PR_SET_NAME, title.encode()[:15])
        if os.getppid() != parent:
            os._exit(1)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(OOM_SCORE, encoding="ascii")


def ended(workers: dict[int, Worker]) -> list[Ended]:
    """Children that have ended since the last call, taken out of ``workers``."""
    found = []
    while workers:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if not pid:
            break
        worker = workers.pop(pid, None)
        if worker is None:
            continue
        worker.let_go()
        memory = max(usage.ru_maxrss * 1024, worker.peak_bytes) / 2**20
        found.append(
            Ended(
                worker,
                os.waitstatus_to_exitcode(status),
                time.monotonic() - worker.begun,
                usage.ru_utime + usage.ru_stime,
                round(memory, 1),
            )
        )
    return found


def memory_of(pid: int) -> int:
    """Memory of a process in bytes, each page shared with others by its share; 0 where it has ended."""
    try:
        with Path(f"/proc/{pid}/smaps_rollup").open("rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def read_bytes_of(pid: int) -> int:
    """Bytes that a process has read so far, from disk, cache or network; 0 where nobody says."""
    try:
        with Path(f"/proc/{pid}/io").open("rb") as file:
            return int(file.readline().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def cpu_seconds_of(pid: int) -> float:
    """Processor seconds that a process has used so far; 0 where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0
