"""Progress on a terminal, drawn on standard error."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as RichProgress

from dsqc.transfer import Progress


class TransferBar(Progress):
    """One bar over all bytes of a transfer, with the file at work."""

    def __init__(self) -> None:
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._total = 0
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> "TransferBar":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def plan(self, files: int, size_bytes: int) -> None:
        """More to come: forms are planned before the files they list."""
        self._total += size_bytes
        self._bar.update(self._task, total=self._total)

    def advance(self, name: str, size_bytes: int) -> None:
        """Draw the bytes that arrived."""
        self._bar.update(self._task, advance=size_bytes, description=name)
