"""Run as a script: push SOURCE to URL, killed (-9) after a random number of bytes, until it gets through.

A fifth argument is the public key that a closed submission is encrypted to.

Says "killed" after each kill and waits for a line, so that the caller can look at the far end.
"""

import os
import random
import signal
import sys
from pathlib import Path

from dsqc.crypt4gh import load_public
from dsqc.pacing import Pacer
from dsqc.sending import Line, Progress, plan_sending
from dsqc.stages.send import SendOptions, send

MOST = 60
PIECE = 256 << 10


class Killer(Progress):
    """Ends this process when it has sent so many bytes."""

    def __init__(self, size_bytes: int) -> None:
        self.left = size_bytes

    def advance(self, name: str, size_bytes: int) -> None:
        # Larger steps are parts that stand there from an earlier run.
        self.left -= size_bytes if size_bytes <= PIECE else 0
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(source: Path, url: str, state: Path, part_bytes: int, key: str = "") -> int:
    # Log lines go to standard error, so that the caller reads nothing but "killed".
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    plan_sending(source)  # what every child needs is read once, before they are made
    recipient = load_public(Path(key)) if key else None
    chance = random.Random(3)
    for _ in range(MOST):
        size = chance.randrange(3 * part_bytes)
        child = os.fork()
        if child == 0:
            line = Line(Pacer(), piece_bytes=PIECE)
            options = SendOptions(line, parallel=2, part_bytes=part_bytes, state=state, recipient=recipient)
            result = send(source, url, options, progress=Killer(size))
            os._exit(0 if result.record["complete"] else 1)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            return os.WEXITSTATUS(status)
        print("killed", file=told, flush=True)
        sys.stdin.readline()
    return 2


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:]))
