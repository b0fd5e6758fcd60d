"""Loggers for stages and what stands above them; structlog is imported and set up when the first line is written.

A command that logs nothing (measuring one file, or a quiet one where all goes well) does not wait for it.
"""

import logging
from collections.abc import Callable
from typing import Any

_pending: list[Callable[[], None]] = []
_least = [logging.NOTSET]


def set_up_with(configure: Callable[[], None], least: int = logging.NOTSET) -> None:
    """Let ``configure`` set up structlog before the next line is written.

    Args:
        least: lines below this level are not written, and need no structlog.
    """
    _pending[:], _least[:] = [configure], [least]


def logger(**bound: Any) -> "Logger":
    """A logger with ``bound`` on every line."""
    return Logger(bound)


class Logger:
    """A structlog logger that is made when it is needed."""

    def __init__(self, bound: dict[str, Any]) -> None:
        self._bound = bound

    def info(self, event: str, **values: Any) -> None:
        """What happened, for whoever follows the work."""
        self._write(logging.INFO, event, values)

    def warning(self, event: str, **values: Any) -> None:
        """What somebody should look at."""
        self._write(logging.WARNING, event, values)

    def _write(self, level: int, event: str, values: dict[str, Any]) -> None:
        if level < _least[0]:
            return
        import structlog

        while _pending:
            _pending.pop()()
        structlog.get_logger().bind(**self._bound).log(level, event, **values)
