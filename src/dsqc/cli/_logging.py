"""Logs go to standard error: readable lines, or JSON objects with ``--log-json``. Secrets never reach them."""

import argparse
import logging
import re
import sys
from collections.abc import MutableMapping
from functools import partial
from typing import Any

from dsqc import logs
from dsqc.kernels import _notice
from dsqc.language import Text

SECRET = re.compile(r"(?i)(password|secret|token|credential|authorization|signature)")
URL_PASSWORD = re.compile(r"(?<=://)([^:/@\s]+):[^@\s]+(?=@)")


def configure(args: argparse.Namespace) -> None:
    """Have structlog set up after the common options, when the first line is logged."""
    level = logging.ERROR if args.quiet else logging.DEBUG if args.verbose else logging.INFO
    logs.set_up_with(partial(_set_up, args, level), level)


def _set_up(args: argparse.Namespace, level: int) -> None:
    import structlog

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


_COMPILING = Text(
    "dsqc: preparing its kernels for this processor; needed once on this machine, takes about half a minute ...",
    "dsqc: 이 프로세서에 맞게 커널을 준비합니다. 이 컴퓨터에서 한 번만 필요하며 30초쯤 걸립니다 ...",
)


def announce_compilation(args: argparse.Namespace) -> None:
    """Say once, on standard error, why the first use on a machine takes longer; nothing with ``--quiet``."""
    told: list[str] = []

    def tell(module: str) -> None:
        if not told and not args.quiet:
            print(_COMPILING.get(args.lang), file=sys.stderr, flush=True)
        told.append(module)

    _notice.listeners[:] = [tell]


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
