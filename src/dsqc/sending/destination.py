"""Where a submission goes: one small protocol; a directory, S3 and a grant's URLs stand behind it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from dsqc.listing import Digests
from dsqc.sending.web import Line

PART_BYTES = 16 << 20
"""Larger files travel in parts of this size: large enough to hide a round trip, small enough to be sent again."""
MOST_PARTS = 10_000
"""Parts that S3 allows in one upload."""
SMALLEST_PART_BYTES = 5 << 20
"""S3 refuses smaller parts, save for the last one."""
_MEBIBYTE = 1 << 20

Advance = Callable[[int], None]
Retrying = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Remote:
    """What stands under a name at the far end. ``tag`` tells contents apart (the ETag); empty where there is none."""

    size_bytes: int
    tag: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that was read to its end: its digests, and the MD5 of each part in the order of the parts."""

    digests: Digests
    part_md5s: tuple[bytes, ...]


class DamagedAtFarEnd(Exception):
    """What arrived is not what was sent; it was taken away, or never got its name. The file travels again."""


class Upload(Protocol):
    """One file on its way in parts. ``send`` is called by several threads."""

    id: str
    part_bytes: int

    def parts(self) -> Mapping[int, str]:
        """MD5 of each part that stands there, in hexadecimal digits, by number (from 1); of the right size only."""
        ...

    def send(self, number: int, data: bytes | memoryview, md5: bytes, advance: Advance, retrying: Retrying) -> None:
        """Send a part; ``data`` is not kept. Raises TransientFault."""
        ...

    def complete(self, whole: Whole) -> str:
        """Prove the parts, give the file its name, prove the file; its tag.

        Raises:
            DamagedAtFarEnd: the file does not stand there, whole.
        """
        ...

    def abort(self) -> None:
        """Drop what has arrived, so that it can be begun anew."""
        ...


class Destination(Protocol):
    """An inbox at the far end.

    Methods raise TransientFault where another try may help, SystemFault (StorageFault) where the inbox as a whole
    refuses, UsageError where it was named wrongly.

    Attributes:
        url: for people and as the key of the journal; no secrets.
        line: limits of the line, and the sign to stop.
    """

    url: str
    line: Line

    def opened(self, claim: str) -> AbstractContextManager[None]:
        """Hold the inbox against other senders while the block runs.

        Args:
            claim: names this sender; the same after a restart on the same host, so that it takes its own claim up.
        """
        ...

    def standing(self) -> Mapping[str, Remote]:
        """What stands there under its name, as far as the inbox lets us look."""
        ...

    def survey(self, sizes: Mapping[str, int]) -> frozenset[str]:
        """Whether files of these names and sizes could begin to travel; writes nothing.

        Returns:
            Names that stand there with their size; what they hold is compared when they are sent.

        Raises:
            DsqcError: what keeps them from being sent: no rights, no such bucket, no space, an expired grant.
        """
        ...

    def look(self, name: str) -> Remote | None:
        """What stands under ``name`` now; ``None`` where nothing does or nobody may look."""
        ...

    def refusal(self, name: str, size_bytes: int) -> str:
        """Why this inbox does not take a file of this name and size; empty where it does."""
        ...

    def part_bytes(self, name: str, size_bytes: int) -> int:
        """Bytes of a part of this file; 0 where it goes in one request."""
        ...

    def put(self, name: str, data: bytes, whole: Whole, advance: Advance, retrying: Retrying) -> str:
        """Send a small file in one, prove it; its tag. Raises DamagedAtFarEnd."""
        ...

    def begin(self, name: str, size_bytes: int, earlier: str) -> Upload:
        """Take up the upload ``earlier`` (or another one of this name that stands there unfinished), or begin one."""
        ...

    def is_same(self, name: str, there: Remote, whole: Whole, part_bytes: int) -> bool:
        """Whether what stands there is proven to be this file; false where proving costs more than sending."""
        ...

    def is_alive(self) -> bool:
        """Whether the inbox can be reached at all."""
        ...

    def close(self) -> None:
        """Give up connections."""
        ...


def part_size(size_bytes: int, least: int = PART_BYTES) -> int:
    """Bytes of a part: ``least``, more (whole MiB) only where 10,000 parts would not hold the file."""
    needed = -(-size_bytes // MOST_PARTS)
    return least if needed <= least else -(-needed // _MEBIBYTE) * _MEBIBYTE


def part_count(size_bytes: int, part_bytes: int) -> int:
    """Parts of a file of this size; one for an empty file."""
    return max(1, -(-size_bytes // part_bytes))


def size_of_part(number: int, size_bytes: int, part_bytes: int) -> int:
    """Bytes of part ``number`` (from 1)."""
    return min(part_bytes, size_bytes - (number - 1) * part_bytes)
