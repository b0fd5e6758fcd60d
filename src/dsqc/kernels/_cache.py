"""Machine code of kernels on disk: compiled once a machine, read by every process after that.

A file a kernel module, named after everything that its content follows from: the sources of the module and of the
kernels it calls, the versions of numba and llvmlite, the processor and its features. So nodes of different build that
share a home do not read each other's code, and a new version of dsqc compiles anew. ``DSQC_CACHE_DIR`` chooses the
place (a node-local disk on a cluster).
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import signal
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import llvmlite.binding as llvm  # type: ignore[import-untyped]

from dsqc.kernels import _notice
from dsqc.version import __version__

WAIT_SECONDS = 120.0
"""How long a process waits for another one that compiles the same kernels before it does so itself."""
_DIGEST = 32


def _is_private(path: Path) -> bool:
    """Whether only this user can write to ``path``: cached machine code is code that we run."""
    try:
        found = path.lstat()
    except OSError:
        return False
    writable_by_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not writable_by_others


def _usable(path: Path) -> bool:
    """Make ``path`` and try to write there; false on a read-only or foreign place."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=path):
            return _is_private(path)
    except OSError:
        return False


def _bases() -> list[Path]:
    """Where machine code may stand, the wanted place first."""
    chosen = os.environ.get("DSQC_CACHE_DIR")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "dsqc"
    return [Path(chosen) if chosen else home, Path(tempfile.gettempdir()) / f"dsqc-{os.getuid()}"]


@cache
def _machine() -> str:
    """What machine code depends on beside the kernels: processor, its features, numba, llvmlite, Python's objects."""
    features = llvm.get_host_cpu_features()
    numba = importlib.util.find_spec("numba")
    version = Path(numba.origin or "").with_name("_version.py").read_bytes() if numba else b""
    parts = (
        llvm.get_host_cpu_name(),
        ",".join(sorted(name for name, on in features.items() if on)),
        hashlib.sha256(version).hexdigest(),
        llvm.llvm_version_info,
        sys.platform,
        object.__basicsize__,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def cache_directory() -> Path | None:
    """The directory of this machine's kernels, made where it is missing; None where no lasting place can be written."""
    leaf = f"{__version__}-{_machine()[:12]}"
    return next((base / leaf for base in _bases() if _usable(base / leaf)), None)


def _sources(name: str, seen: dict[str, bytes]) -> dict[str, bytes]:
    """Source text of the kernel module ``name`` and of those that it imports, by name."""
    if name not in seen:
        spec = importlib.util.find_spec(name)
        seen[name] = Path(spec.origin).read_bytes() if spec and spec.origin else b""
        for other in re.findall(rb"^from (dsqc\.kernels\.\w+) import", seen[name], re.MULTILINE):
            _sources(other.decode(), seen)
    return seen


def file_name(module: ModuleType) -> str:
    """Name of the file with the machine code of ``module``."""
    digest = hashlib.sha256(_machine().encode())
    for name, text in sorted(_sources(module.__name__, {}).items()):
        digest.update(f"{name} {len(text)}\n".encode() + text)
    for own in ("_jit.py", "_compile.py"):
        digest.update(Path(__file__).with_name(own).read_bytes())
    return f"{module.__name__.rpartition('.')[2]}-{digest.hexdigest()[:16]}.o"


def _read(path: Path) -> bytes | None:
    """The machine code in ``path``; None where there is none, or damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    code = content[_DIGEST:]
    return code if code and hashlib.sha256(code).digest() == content[:_DIGEST] else None


def _write(path: Path, code: bytes) -> None:
    """Replace ``path`` atomically; a full disk only means that the next process compiles again."""
    with contextlib.suppress(OSError):
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(code).digest() + code)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of ``path``, so that of many processes that start together one compiles.

    The lock dies with its process. Where the file system has no locks, or its holder takes too long, work is done
    twice, which harms nobody: files are replaced atomically.
    """
    until = time.monotonic() + WAIT_SECONDS
    try:
        lock = path.with_suffix(".lock").open("ab")
    except OSError:
        yield
        return
    with lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(0.05)
                    continue
            except OSError:
                pass
            break
        yield


def load(module: ModuleType, symbols: Sequence[str], compile_now: Callable[[], bytes]) -> dict[str, int]:
    """Load the machine code of ``module``; compile it first where this machine has none.

    Returns:
        Address of each symbol.
    """
    directory = cache_directory()
    path = directory / file_name(module) if directory else None
    code = _read(path) if path else None
    if code is None:
        with _alone(path) if path else contextlib.nullcontext():
            code = _read(path) if path else None
            if code is None:
                _notice.compiling(module.__name__)
                code = compile_now()
                if path:
                    _write(path, code)
    return _link(code, symbols)


def is_compiled(module: ModuleType) -> bool:
    """Whether the machine code of ``module`` is on disk, and whole."""
    directory = cache_directory()
    return directory is not None and _read(directory / file_name(module)) is not None


@cache
def _engine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine(jit=True)
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)


_kept: list[Any] = []


def _link(code: bytes, symbols: Sequence[str]) -> dict[str, int]:
    with _uninterrupted():
        engine = _engine()
        found = llvm.ObjectFileRef.from_data(code)
        engine.add_object_file(found)
        engine.finalize_object()
        _kept.append(found)
        return {symbol: engine.get_function_address(symbol) for symbol in symbols}


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put an interrupt off for some milliseconds: LLVM aborts the process that ends with its objects half made."""
    if threading.current_thread() is not threading.main_thread():  # no other thread is interrupted
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)
