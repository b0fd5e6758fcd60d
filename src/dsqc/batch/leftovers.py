"""What a killed run left at Slurm: jobs whose Snakemake is gone. They are cancelled before the batch goes on.

A new Snakemake does not take over the jobs of an old one. It would submit the same work again, beside them.
"""

import hashlib
import shutil
import subprocess
import time
from pathlib import Path

from dsqc import logs
from dsqc.errors import SystemFault

CANCEL_SECONDS = 120
"""How long cancelled jobs may take to end before we give up."""
LOOK_SECONDS = 1.0


def job_prefix(work: Path) -> str:
    """How the names of all Slurm jobs of the batch in ``work`` begin."""
    return f"dsqc-{hashlib.sha256(str(work.resolve()).encode()).hexdigest()[:12]}"


def cancel_leftovers(work: Path) -> None:
    """Cancel jobs of an earlier run in ``work`` and wait until they are gone. Call it only under the lock.

    Raises:
        SystemFault: some would not end.
    """
    if shutil.which("squeue") is None or shutil.which("scancel") is None:
        return
    left = _jobs(job_prefix(work))
    if left:
        logs.logger().warning("cancelling the jobs of a killed run", jobs=len(left))
        subprocess.run(["scancel", *left], check=False, capture_output=True)
    deadline = time.monotonic() + CANCEL_SECONDS
    while left:
        if time.monotonic() > deadline:
            raise SystemFault(
                f"Slurm jobs of a killed run do not end: {', '.join(left)}.",
                hint="Look at them with squeue, try again.",
            )
        time.sleep(LOOK_SECONDS)
        left = _jobs(job_prefix(work))


def _jobs(prefix: str) -> list[str]:
    """Identifiers of this user's jobs that wait, run or end, whose name starts so."""
    command = ["squeue", "--me", "--noheader", "--format=%i %j"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    # A controller that does not answer is for Snakemake to report: it asks the same in a moment.
    rows = [line.split(maxsplit=1) for line in done.stdout.splitlines()] if done.returncode == 0 else []
    return [row[0] for row in rows if len(row) == 2 and row[1].startswith(prefix)]
