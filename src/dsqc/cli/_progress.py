"""Progress on a terminal, drawn on standard error."""

from types import TracebackType

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.text import Text as RichText

from dsqc.language import Language, Text
from dsqc.transfer import Progress

LONGEST_NAME = 32
"""Characters of a name in front of its bar."""


class _Rate(ProgressColumn):
    def render(self, task: Task) -> RichText:
        rate = task.finished_speed or task.speed
        return RichText("" if rate is None else f"{decimal(max(0, int(rate)))}/s")


class TransferBar(Progress):
    """One bar over all bytes of a transfer, and one for each file at work."""

    def __init__(self, language: Language = Language.EN) -> None:
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            _Rate(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._total = 0
        self._task = self._bar.add_task(Text("all files", "전체").get(language), total=None)
        self._files: dict[str, TaskID] = {}

    def __enter__(self) -> "TransferBar":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def print(self, text: str) -> None:
        """A line above the bars."""
        self._bar.console.print(escape(text), highlight=False, soft_wrap=True)

    def plan(self, files: int, size_bytes: int) -> None:
        """More to come: forms are planned before the files they list."""
        self._total += size_bytes
        self._bar.update(self._task, total=self._total)

    def begin(self, name: str, size_bytes: int, resumed_bytes: int) -> None:
        """A bar of its own for a file."""
        self._end(name)
        shown = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        self._files[name] = self._bar.add_task(escape(shown), total=size_bytes, completed=resumed_bytes)

    def advance(self, name: str, size_bytes: int) -> None:
        """Draw the bytes that arrived."""
        self._bar.advance(self._task, size_bytes)
        if name in self._files:
            self._bar.advance(self._files[name], size_bytes)

    def finish(self, name: str) -> None:
        """The file's bar goes."""
        self._end(name)

    def fail(self, name: str, reason: str) -> None:
        """The file's bar goes."""
        self._end(name)

    def _end(self, name: str) -> None:
        task = self._files.pop(name, None)
        if task is not None:
            self._bar.remove_task(task)
