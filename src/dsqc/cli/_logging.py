"""Logs go to standard error: readable lines, or JSON objects with ``--log-json``. Secrets never reach them."""

import argparse
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

SECRET = re.compile(r"(?i)(password|secret|token|credential|authorization|signature)")
URL_PASSWORD = re.compile(r"(?<=://)([^:/@\s]+):[^@\s]+(?=@)")


def configure(args: argparse.Namespace) -> None:
    """Set up structlog after the common options."""
    import structlog

    level = logging.ERROR if args.quiet else logging.DEBUG if args.verbose else logging.INFO
    renderer: Any
    if args.log_json:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty() and not _no_color(), pad_event_to=0)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take secrets out of a log event: values under telling names, and passwords inside URLs."""
    for name, value in event.items():
        if SECRET.search(name):
            event[name] = "***"
        elif isinstance(value, str):
            event[name] = URL_PASSWORD.sub(r"\1:***", value)
    return event


def _no_color() -> bool:
    import os

    return bool(os.environ.get("NO_COLOR"))
