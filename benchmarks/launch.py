"""Run one command and print its wall seconds, CPU seconds, peak memory (KiB), exit code and whether it ran out of time.

    python -I -S launch.py SECONDS ERRORS COMMAND...      its standard error goes to the file ERRORS

A process of its own, as small as Python gets: Linux counts the memory of whoever starts a program into the program's
peak, so a big parent would be measured instead of a small child. What it reports starts at about 9 MiB.

The operating system's peak is that of the largest process. Where a program starts others, the sum over all of them is
looked at twenty times a second too, and the higher figure counts.
"""

import os
import signal
import sys
import time

INTERVAL = 0.05
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


def children_of(pid: int) -> list[int]:
    """Processes that ``pid`` started and that still run."""
    found: list[int] = []
    for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  # pathlib would be half of this process
        with open(f"/proc/{pid}/task/{task}/children") as file:  # noqa: PTH123
            found += [int(number) for number in file.read().split()]
    return found


def resident_kib(pid: int, count: int = 0) -> tuple[int, int]:
    """Resident memory of ``pid`` and all below it, and how many processes that are."""
    try:
        with open(f"/proc/{pid}/statm") as file:  # noqa: PTH123
            size = int(file.read().split()[1]) * PAGE_KIB
        below = children_of(pid)
    except (OSError, ValueError):  # it has just ended
        return 0, count
    count += 1
    for child in below:
        more, count = resident_kib(child, count)
        size += more
    return size, count


def main(seconds: int, errors: str, command: list[str]) -> int:
    """Print ``wall cpu peak exit_code timed_out``."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    late, together = [], [0]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions, setpgroup=0)

    def end(*_: object) -> None:
        late.append(True)
        os.killpg(child, signal.SIGKILL)

    def look(*_: object) -> None:
        if time.perf_counter() - start > seconds:
            end()
        size, count = resident_kib(child)
        if count > 1:
            together[0] = max(together[0], size)

    signal.signal(signal.SIGALRM, look)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    signal.setitimer(signal.ITIMER_REAL, 0)
    code = os.waitstatus_to_exitcode(status)
    peak = max(usage.ru_maxrss, together[0])
    print(wall, usage.ru_utime + usage.ru_stime, peak, code, int(bool(late)))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
