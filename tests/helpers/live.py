"""``dsqc`` as a process of its own, to be killed, interrupted and run again."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 60


def start(*arguments: object, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """``dsqc ARGUMENTS`` with standard error as text in a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "dsqc", *map(str, arguments)],
        env={**os.environ, "DSQC_LANG": "en", **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_event(process: subprocess.Popen[str], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Read ``--events -`` of a process until one is ``wanted``."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("{"):
            event: dict[str, Any] = json.loads(line)
            if wanted(event):
                return event
    raise AssertionError(f"{process.args} ended ({process.wait()}) before it happened")


def events_in(path: Path) -> list[dict[str, Any]]:
    """What stands in a file of events, but for a line that a kill tore."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]
