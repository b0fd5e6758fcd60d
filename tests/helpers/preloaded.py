"""Processes that begin where importing has ended: children of one process that has imported everything.

A fresh interpreter spends most of a short command on importing. What is tested stays a process: it has its own
environment, files and exit code, can be watched, and can be killed at any moment. Run as a script, this is the process
that forks them.
"""

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

COMMAND = "dsqc.cli.main:main"
"""``dsqc``; another function that can be run takes its arguments as a list and gives an exit code too."""
MODULES = [
    *(f"dsqc.cli.{name}" for name in ("catalog", "grant", "qc", "register", "send", "storage", "transfer", "scrub")),
    *(f"dsqc.stages.{name}" for name in ("archive", "closed", "fixity", "grant", "register", "scrub", "send", "sweep")),
    *("dsqc.stages.transfer", "dsqc.stages.mask", "dsqc.storage.s3store", "dsqc.transfer.s3_reading", "structlog"),
    *("botocore.session", "psycopg", "s3fs", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg"),
]
LARGEST = 1 << 18
"""Bytes of an order: arguments and environment."""
ENTERED = {"user": 0x10000000, "mnt": 0x00020000}
"""Namespaces that a command can be run in, and what ``setns`` calls them."""


class Process:
    """One of them, under way or ended; used as a ``subprocess.Popen``."""

    def __init__(self, answer: socket.socket, args: Sequence[str]) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self.args = args
        self.pid = self._told()
        self.returncode: int | None = None

    def _told(self) -> int:
        said = self._answer.recv(64)
        assert said, "the process that forks them has ended"
        return int(said)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, minus the signal where one killed it.

        Raises:
            TimeoutError: it has not ended after so many seconds.
        """
        with self._lock:
            if self.returncode is None:
                self._answer.settimeout(timeout)
                self.returncode = self._told()
                self._answer.close()
            return self.returncode

    def poll(self) -> int | None:
        """Its exit code if it has ended."""
        with contextlib.suppress(BlockingIOError):
            return self.wait(0)
        return None

    def kill(self) -> None:
        """Kill it (-9) unless it has been seen to have ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class Preloaded:
    """The process that forks them; several threads may start some."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders

    def start(
        self,
        arguments: Sequence[str | Path],
        printed: Path | int,
        *,
        run: str = COMMAND,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        inside: int = 0,
        user_namespace: bool = False,
        limit_bytes: int = -1,
    ) -> Process:
        """Start one, in a session of its own.

        Args:
            printed: the file or descriptor that takes its standard output and error.
            run: the function, ``module:name``.
            environment: all that it has; without it, that of the test.
            inside: the process whose mounts it sees, where they are others; with ``user_namespace`` its users too.
            limit_bytes: the largest file that it can write.
        """
        words = [str(item) for item in arguments]
        order = {
            "arguments": words,
            "run": run,
            "environment": dict(os.environ if environment is None else environment),
            "cwd": str(cwd or Path.cwd()),
            "namespaces": [f"/proc/{inside}/ns/{kind}" for kind in (["user"] if user_namespace else []) + ["mnt"]]
            if inside
            else [],
            "limit_bytes": limit_bytes,
        }
        here, there = socket.socketpair()
        with there, contextlib.ExitStack() as stack:
            taker = printed if isinstance(printed, int) else stack.enter_context(printed.open("wb")).fileno()
            socket.send_fds(self._orders, [json.dumps(order).encode()], [there.fileno(), taker])
        return Process(here, [run, *words])


@contextlib.contextmanager
def preloaded() -> Iterator[Preloaded]:
    """Start the process, and end it with the block."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    own = {"PYTHONPATH": str(Path(__file__).parents[1]), "OPENBLAS_NUM_THREADS": "1"}
    with (
        here,
        subprocess.Popen(
            [sys.executable, "-m", "helpers.preloaded", str(there.fileno())],
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            pass_fds=[there.fileno()],
        ) as process,
    ):
        there.close()
        yield Preloaded(here)
        here.close()
        process.wait(60)


def serve(orders: socket.socket) -> None:
    """Take orders until whoever gives them is gone."""
    for name in MODULES:
        importlib.import_module(name)
    _read_what_all_need()
    gc.collect()
    gc.freeze()  # what never goes away is neither looked through nor copied in every child
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    answers: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([orders, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(answers)
        if orders in ready:
            said, descriptors, _, _ = socket.recv_fds(orders, LARGEST, 2)
            if not said:
                return
            answer = socket.socket(fileno=descriptors[0])
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for item in (orders, answer, *answers.values()):
                    item.close()
                os.close(woken)
                os.close(wake)
                _obey(json.loads(said), descriptors[1])
            os.close(descriptors[1])
            answers[pid] = answer
            answer.send(b"%d" % pid)


def _read_what_all_need() -> None:
    """What comes with the package and is kept by whoever reads it: the forms, the mapping of the catalog."""
    from sqlalchemy.orm import configure_mappers

    from dsqc.forms import compose

    compose("seed_crop", "Plant_fungi")
    configure_mappers()


def _reap(answers: dict[int, socket.socket]) -> None:
    for pid in list(answers):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with answers.pop(pid) as answer, contextlib.suppress(OSError):  # nobody may wait for it any more
                answer.send(b"%d" % os.waitstatus_to_exitcode(status))


def _obey(order: dict[str, Any], printed: int) -> NoReturn:
    """Be the command, from its environment to what the interpreter does when it ends."""
    code = 1
    try:
        os.setsid()
        for stream in (1, 2):
            os.dup2(printed, stream)
        os.close(printed)
        os.environ.clear()
        os.environ.update(order["environment"])
        tempfile.tempdir = None
        for namespace in order["namespaces"]:
            _enter(Path(namespace))
        os.chdir(order["cwd"])
        if order["limit_bytes"] >= 0:
            resource.setrlimit(resource.RLIMIT_FSIZE, (order["limit_bytes"], order["limit_bytes"]))
        module, _, name = order["run"].partition(":")
        code = getattr(importlib.import_module(module), name)(order["arguments"]) or 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def _enter(namespace: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with namespace.open("rb") as file:
        if libc.setns(file.fileno(), ENTERED[namespace.name]):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(namespace))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
