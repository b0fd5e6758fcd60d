"""Loggers for stages and what stands above them; structlog is imported and set up when the first one is wanted.

A command that logs nothing (measuring one file) does not wait for it.
"""

from collections.abc import Callable
from typing import Any

_pending: list[Callable[[], None]] = []


def set_up_with(configure: Callable[[], None]) -> None:
    """Let ``configure`` set up structlog, before the first logger is made or at once where one was made already."""
    _pending[:] = [configure]


def logger(**bound: Any) -> Any:
    """A structlog logger with ``bound`` on every line."""
    import structlog

    while _pending:
        _pending.pop()()
    return structlog.get_logger().bind(**bound)
