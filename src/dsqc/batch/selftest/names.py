"""Names of what a self-test makes anywhere, so that a later one knows what a killed one has left."""

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

PREFIX = "dsqc_selftest_"
"""How all of them begin: directories, keys in stores, schemas of a database, Slurm jobs."""
LONGEST = timedelta(hours=6)
"""No self-test lasts so long: what is older was left behind, wherever it ran."""
_NAME = re.compile(rf"{PREFIX}(?P<time>\d{{14}})_(?P<host>[0-9a-f]{{8}})_(?P<process>\d+)")


@dataclass(frozen=True, slots=True)
class RunName:
    """One self-test: when it began (UTC), where, and which process it is."""

    begun: datetime
    host: str
    process: int

    @classmethod
    def own(cls) -> Self:
        """Of this process, now."""
        return cls(datetime.now(UTC).replace(microsecond=0), _this_host(), os.getpid())

    @classmethod
    def find(cls, text: str) -> Self | None:
        """The name that ``text`` begins with; None where it begins with none."""
        found = _NAME.match(text)
        if found is None:
            return None
        try:
            begun = datetime.strptime(found["time"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(begun, found["host"], int(found["process"]))

    def __str__(self) -> str:
        return f"{PREFIX}{self.begun:%Y%m%d%H%M%S}_{self.host}_{self.process}"

    def is_left(self, now: datetime | None = None) -> bool:
        """Whether whoever made it is gone: its process has ended, or nobody can be at it so long."""
        if (now or datetime.now(UTC)) - self.begun > LONGEST:
            return True
        if self.host != _this_host() or self.process == os.getpid():
            return False
        return not Path(f"/proc/{self.process}").exists()


def _this_host() -> str:
    """Where process ids mean what they mean here: the machine and, in a container, the container."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return hashlib.sha256(f"{os.uname().nodename} {space}".encode()).hexdigest()[:8]
