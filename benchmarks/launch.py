"""Run one command and print its wall seconds, CPU seconds, peak memory (KiB), exit code and whether it ran out of time.

    python -I -S launch.py SECONDS ERRORS COMMAND...      its standard error goes to the file ERRORS

A process of its own, as small as Python gets: Linux counts the memory of whoever starts a program into the program's
peak, so a big parent would be measured instead of a small child. What it reports starts at about 9 MiB.
"""

import os
import signal
import sys
import time


def main(seconds: int, errors: str, command: list[str]) -> int:
    """Print ``wall cpu peak exit_code timed_out``."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    late = []
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions, setpgroup=0)

    def end(*_: object) -> None:
        late.append(True)
        os.killpg(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.alarm(seconds)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, code, int(bool(late)))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
