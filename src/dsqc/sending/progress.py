"""Who is told how the sending goes. Methods are named as those of ``dsqc.transfer.Progress``: its listeners fit too."""

from collections.abc import Sequence

from dsqc.pacing import Window


class Progress:
    """This one keeps it to itself. Methods are called by several threads, one at a time."""

    def plan(self, files: int, size_bytes: int) -> None:
        """So many files and bytes are still to be sent."""

    def begin(self, name: str, size_bytes: int, resumed_bytes: int) -> None:
        """``name`` begins to travel; ``resumed_bytes`` of it stand at the far end already."""

    def advance(self, name: str, size_bytes: int) -> None:
        """Bytes of ``name`` that left or were found at the far end; negative where they have to travel again."""

    def finish(self, name: str) -> None:
        """``name`` stands at the far end, proven."""

    def retry(self, name: str, reason: str) -> None:
        """A request about ``name`` is tried again."""

    def changed(self, name: str) -> None:
        """``name`` is not what it was when its upload began: what differs travels again."""

    def waiting(self, seconds: float, windows: Sequence[Window]) -> None:
        """Nothing travels at this time of day; it goes on in so many seconds."""

    def fail(self, name: str, reason: str) -> None:
        """``name`` does not go in this run."""
