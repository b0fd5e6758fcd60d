"""Progress of ``dsqc send`` on standard error: a bar on a terminal, single lines elsewhere."""

import sys
from collections.abc import Sequence

from dsqc.cli._output import printable
from dsqc.cli._transfer import estimate_text
from dsqc.language import Language, Text
from dsqc.pacing import Window
from dsqc.progress import Ending, Estimate, Progress


class _Words(Progress):
    """What the sender should know, in words."""

    language = Language.EN
    _is_waiting = False

    def say(self, text: Text) -> None:
        """One line."""
        print(f"dsqc send: {printable(text.get(self.language))}", file=sys.stderr, flush=True)

    def estimate(self, estimate: Estimate) -> None:
        """Files, bytes and time."""
        if estimate.files:
            self.say(estimate_text(estimate, Text("to send", "보낼 파일")))

    def end(self, ending: Ending) -> None:
        """What is left, where somebody cut the run short; otherwise the table says it."""
        if ending.state == "interrupted":
            self.say(
                Text(
                    f"{ending.copied} of {ending.files} files arrived; {ending.left} are left. "
                    "The same command goes on from here.",
                    f"파일 {ending.files}개 중 {ending.copied}개가 도착했고 {ending.left}개가 남았습니다. "
                    "같은 명령을 다시 실행하면 이어서 보냅니다.",
                )
            )

    def retry(self, name: str, reason: str) -> None:
        """Why something is tried again."""
        self.say(Text(f"{name}: {reason}; trying again", f"{name}: 다시 시도합니다 ({reason})"))

    def changed(self, name: str) -> None:
        """A file that is not what it was."""
        self.say(
            Text(
                f"{name} has changed since its upload began; what differs is sent again",
                f"{name}: 전송을 시작한 뒤 바뀌어, 달라진 부분을 다시 보냅니다",
            )
        )

    def waiting(self, seconds: float, windows: Sequence[Window]) -> None:
        """Said once, not by every connection."""
        if not self._is_waiting:
            shown = ", ".join(map(str, windows))
            self.say(Text(f"waiting for {shown}", f"전송 시간대({shown})를 기다립니다"))
        self._is_waiting = True

    def advance(self, name: str, size_bytes: int) -> None:
        """Bytes travel: the waiting is over."""
        self._is_waiting = False


class SendLines(_Words):
    """Lines only."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __enter__(self) -> "SendLines":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class SendBar(_Words):
    """One bar over all bytes, with the file at work, and lines above it.

    Not the bar of ``dsqc transfer``: that needs packages of a station, which a sender may not have.
    """

    def __init__(self, language: Language) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
        from rich.progress import Progress as RichProgress

        self.language = language
        self._bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._total = 0
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> "SendBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def say(self, text: Text) -> None:
        """A line above the bar."""
        self._bar.console.print(printable(text.get(self.language)), markup=False, highlight=False, soft_wrap=True)

    def plan(self, files: int, size_bytes: int) -> None:
        """So many bytes are to go."""
        self._total += size_bytes
        self._bar.update(self._task, total=self._total)

    def advance(self, name: str, size_bytes: int) -> None:
        """Draw the bytes that went."""
        super().advance(name, size_bytes)
        self._bar.update(self._task, advance=size_bytes, description=printable(name))
