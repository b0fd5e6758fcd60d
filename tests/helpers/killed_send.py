"""Run as a script: send SOURCE into the directory OUT/k again and again, killed (-9) one step later each time.

A fourth argument is the public key that a closed submission is encrypted to.

A step is whatever leaves a trace on a disk: bytes written, a flush, a rename, a removal. Prints the number of sendings
that were killed.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsqc.crypt4gh import load_public
from dsqc.pacing import Pacer
from dsqc.sending import Line, Progress, plan_sending
from dsqc.sending.sealing import new_secrets
from dsqc.stages.send import SendOptions, send


class Killer(Progress):
    """Ends this process before step number ``step``."""

    def __init__(self, step: int) -> None:
        self.left = step

    def count(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def advance(self, name: str, size_bytes: int) -> None:
        self.count()

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.count()
            return function(*args, **kwargs)

        return counted


def main(source: Path, out: Path, part_bytes: int, key: str = "") -> int:
    plan_sending(source)  # what every child needs is read once, before they are made
    recipient = load_public(Path(key)) if key else None
    if recipient:
        new_secrets(recipient)  # loads what encrypts
    step = 0
    while True:
        step += 1
        child = os.fork()
        if child == 0:
            killer = Killer(step)
            os.fsync = killer.before(os.fsync)
            os.truncate = killer.before(os.truncate)
            Path.replace = killer.before(Path.replace)
            Path.unlink = killer.before(Path.unlink)
            state = out / f"state-{step}"
            options = SendOptions(Line(Pacer()), part_bytes=part_bytes, state=state, recipient=recipient)
            result = send(source, str(out / str(step)), options, progress=killer)
            os._exit(0 if result.record["complete"] else 1)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            print(step - 1)
            return os.WEXITSTATUS(status)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
