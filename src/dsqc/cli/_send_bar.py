"""Progress of ``dsqc send`` on standard error: a bar on a terminal, single lines elsewhere."""

import sys

from dsqc.cli._output import printable
from dsqc.cli._progress import TransferBar
from dsqc.sending import Progress


class SendBar(TransferBar):
    """One bar over all bytes, with the file at work; what the sender should know stands above it."""

    def retry(self, name: str, reason: str) -> None:
        """Say why something is tried again."""
        self.say(f"{name}: {reason}; trying again")

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._bar.console.print(printable(text), markup=False, highlight=False)


class SendLines(Progress):
    """Only what the sender should know, a line each."""

    def __enter__(self) -> "SendLines":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def retry(self, name: str, reason: str) -> None:
        """Say why something is tried again."""
        self.say(f"{name}: {reason}; trying again")

    def say(self, text: str) -> None:
        """One line."""
        print(f"dsqc send: {printable(text)}", file=sys.stderr, flush=True)
