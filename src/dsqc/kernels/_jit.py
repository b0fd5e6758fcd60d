"""The one decorator of all kernels, and where their machine code is kept between runs.

Compiled once a machine: a directory for this user, named after the versions of dsqc and numba and the processor's
features, so that nodes of different build that share a home do not read each other's code.
``DSQC_CACHE_DIR`` chooses the place (a node-local disk on a cluster), ``NUMBA_CACHE_DIR`` wins over both.
"""

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numba
from numba import njit
from numba.core.caching import FunctionCache

from dsqc.version import __version__

_config: Any = numba.config
Function = TypeVar("Function", bound=Callable[..., Any])


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


def cache_directory() -> Path:
    """The directory for compiled kernels; a fresh temporary one where no lasting place can be written."""
    features = f"{llvm.get_host_cpu_name()} {sorted(llvm.get_host_cpu_features().items())}"
    checks = "-checked" if _config.BOUNDSCHECK else ""
    leaf = f"{__version__}-numba{numba.__version__}-{hashlib.sha256(features.encode()).hexdigest()[:12]}{checks}"
    chosen = os.environ.get("DSQC_CACHE_DIR")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "dsqc"
    for base in (Path(chosen) if chosen else home, Path(tempfile.gettempdir()) / f"dsqc-{os.getuid()}"):
        if _usable(base / leaf):
            return base / leaf
    return Path(tempfile.mkdtemp(prefix="dsqc-"))


class _TolerantCache(FunctionCache):
    """numba's cache, where a damaged entry costs a compilation and never an error.

    numba replaces files atomically, so processes that start together only do the same work twice; what it does not
    survive by itself is a file cut by a full disk or a killed machine.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # whatever unpickling a damaged file raises
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with contextlib.suppress(OSError):  # a full disk: the next run compiles again
            try:
                super().save_overload(sig, data)  # type: ignore[no-untyped-call]
            except OSError:
                raise
            except Exception:  # whatever unpickling a damaged index raises: start a new one
                self.flush()  # type: ignore[no-untyped-call]
                super().save_overload(sig, data)  # type: ignore[no-untyped-call]


if not os.environ.get("NUMBA_CACHE_DIR"):
    _config.CACHE_DIR = str(cache_directory())


def kernel(function: Function) -> Function:
    """Compile ``function`` at its first call, without the interpreter's lock, and keep the machine code."""
    compiled: Any = njit(nogil=True)(function)
    compiled._cache = _TolerantCache(function)  # type: ignore[no-untyped-call]  # as cache=True does, with our cache
    return cast("Function", compiled)


def entry(signature: str) -> Callable[[Function], Function]:
    """As :func:`kernel`, for a function that Python calls; ``signature`` states its types (``u1[::1], i8 -> i8``)."""
    return kernel
