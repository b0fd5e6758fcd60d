"""How the C library gives out memory while a file is read."""

import contextlib
import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3)."""


def keep_freed_memory() -> None:
    """Have glibc keep what is freed for what is asked for next, up to 512 MiB.

    Reading frees and asks for blocks of a megabyte. By default each goes back to the system and comes again with fresh,
    zeroed pages, which costs about a twentieth of the time of measuring a file. Blocks of 8 MiB and more are asked for
    seldom, and do go back. Other C libraries stay as they are.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, 1 << 23)
        library.mallopt(_TRIM_THRESHOLD, 1 << 29)


def give_back_memory() -> None:
    """Have glibc give back what is free: results are written beside what was measured, no longer beside its buffers."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
