"""Who is told how the sending goes. Method names are those of ``dsqc.transfer.Progress``."""


class Progress:
    """This one keeps it to itself. Methods are called by several threads, one at a time."""

    def plan(self, files: int, size_bytes: int) -> None:
        """So many files and bytes are still to be sent."""

    def advance(self, name: str, size_bytes: int) -> None:
        """Bytes of ``name`` that left or were found at the far end; negative where they have to travel again."""

    def finish(self, name: str) -> None:
        """``name`` stands at the far end, proven."""

    def retry(self, name: str, reason: str) -> None:
        """A request about ``name`` is tried again."""

    def say(self, text: str) -> None:
        """Something the sender should know: an upload that is begun anew."""
