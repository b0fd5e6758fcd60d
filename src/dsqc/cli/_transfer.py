"""What commands that move bytes share: options of the pace, who is told, and how an interrupt ends them."""

import argparse
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from dsqc.errors import UsageError
from dsqc.language import Language, Text
from dsqc.progress import Ending, Estimate, EventLines, InTurns, Progress

if TYPE_CHECKING:
    from dsqc.pacing import Window
    from dsqc.station import TransferOptions

Audience = Callable[[Language], AbstractContextManager[Progress]]

SAME_REASON_S = 10.0
"""The same reason is not told again within so many seconds: in a storm every part has it."""
SHOWN_FAILURES = 20
_BASES = {
    "limit": Text("the limit", "제한 속도"),
    "earlier": Text("an earlier run", "이전 실행"),
    "measured": Text("measured", "측정"),
}


def pace_options(args: argparse.Namespace) -> "TransferOptions":
    """The station's ``[transfer]`` with what the command line says instead.

    Raises:
        UsageError: a value cannot be used.
    """
    from dsqc.station import ENVIRONMENT_VARIABLE, TransferOptions

    options = TransferOptions()
    if args.station is not None or os.environ.get(ENVIRONMENT_VARIABLE):
        from dsqc.station import load_station  # it brings pydantic with it

        options = load_station(args.station).transfer
    given: list[tuple[str, str, Callable[[Any], Any], Any]] = [
        ("--parallel", "parallel", _number(int), args.parallel),
        ("--limit-rate", "limit_rate", str, args.limit_rate),
        ("--window", "windows", tuple, args.window),
        ("--retries", "retries", _number(int), args.retries),
        ("--stall-timeout", "stall_timeout_s", _number(float), args.stall_timeout),
    ]
    for option, name, read, value in given:
        if value is None:
            continue
        try:
            options = replace(options, **{name: read(value)})
        except ValueError as error:
            raise UsageError(f"{option}: {str(error).removeprefix(f'transfer.{name}: ')}.") from error
    return options


def _number(kind: type[int] | type[float]) -> Callable[[str], float]:
    """Reads a number of that kind, and says in words where a text is none."""

    def read(text: str) -> float:
        try:
            return kind(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is no {'whole ' if kind is int else ''}number") from error

    return read


@contextlib.contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end the work as Ctrl-C does: what has come is kept, and the exit code says so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def told(args: argparse.Namespace, for_people: "Audience | None" = None) -> Iterator[Progress]:
    """Who is told: bars on a terminal, lines for people elsewhere, ``--events``; nobody else with ``--quiet``.

    Args:
        for_people: makes what people see; by default what ``dsqc transfer`` shows.
    """
    for_people = for_people or _for_people
    with ExitStack() as stack:
        listeners: list[Progress] = []
        if args.events:
            listeners.append(EventLines(stack.enter_context(_events_file(args.events))))
        if not args.quiet and not args.log_json and args.events != "-":
            listeners.append(stack.enter_context(for_people(args.lang)))
        yield InTurns(listeners)


@contextlib.contextmanager
def _events_file(name: str) -> Iterator[TextIO]:
    if name == "-":
        yield sys.stderr
        return
    try:
        file = Path(name).open("a", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115  closed below
    except OSError as error:
        raise UsageError(f"--events {name}: {error.strerror or error}.") from error
    with file:
        yield file


@contextlib.contextmanager
def _for_people(language: Language) -> Iterator[Progress]:
    import stamina

    # dsqc says itself what is tried again, and why.
    stamina.instrumentation.set_on_retry_hooks([])
    if not sys.stderr.isatty():
        yield Spoken(language, lambda text: print(text, file=sys.stderr, flush=True))
        return
    from dsqc.cli._progress import TransferBar

    with TransferBar(language) as bar:
        yield InTurns([bar, Spoken(language, bar.print)])


class Spoken(Progress):
    """Says in a line what somebody who waits wants to know: how long, what went wrong, how it ended."""

    def __init__(self, language: Language, say: Any) -> None:
        self._language = language
        self._say = say
        self._said: dict[str, float] = {}
        self._failed = 0

    def estimate(self, estimate: Estimate) -> None:
        """Files, bytes and time."""
        if not estimate.files:
            return
        self._print(estimate_text(estimate, Text("to fetch", "받을 파일")))

    def retry(self, name: str, reason: str) -> None:
        """Why something is tried again."""
        self._print_once(reason, Text(f"{name}: {reason} Trying again.", f"{name}: {reason} 다시 시도합니다."))

    def changed(self, name: str) -> None:
        """What became of the parts."""
        self._print(
            Text(
                f"{name} changed at the source: what had come of it is thrown away, and it is fetched anew.",
                f"{name}: 원본이 바뀌어 이미 받은 부분을 버리고 처음부터 다시 받습니다.",
            )
        )

    def damaged(self, name: str, length: int) -> None:
        """What has to travel again."""
        size = size_text(length)
        self._print(
            Text(f"{name}: {size} were damaged and are fetched again.", f"{name}: {size}가 손상되어 다시 받습니다.")
        )

    def waiting(self, seconds: float, windows: Sequence["Window"]) -> None:
        """Until when."""
        times = ", ".join(str(window) for window in windows)
        at = time.strftime("%H:%M", time.localtime(time.time() + seconds + 30))
        self._print(
            Text(
                f"Nothing travels at this time of day (windows: {times}); it goes on at {at}.",
                f"지금은 전송 시간이 아닙니다(허용 시간: {times}). {at}에 이어서 진행합니다.",
            )
        )

    def fail(self, name: str, reason: str) -> None:
        """What does not come; the findings at the end tell of all."""
        self._failed += 1
        if self._failed > SHOWN_FAILURES:
            return
        self._print(Text(f"{name} does not come: {reason}", f"{name}: 받지 못함: {reason}"))

    def end(self, ending: Ending) -> None:
        """What stands and what is left, where the run was cut short."""
        if ending.state not in ("failed", "interrupted") or not ending.files:
            return
        size = size_text(ending.left_bytes)
        self._print(
            Text(
                f"{ending.copied} of {ending.files} files stand in the inbox; {ending.left} are left ({size}). "
                "The same command goes on from here.",
                f"파일 {ending.files}개 중 {ending.copied}개를 받았고 {ending.left}개({size})가 남았습니다. "
                "같은 명령을 다시 실행하면 이어서 받습니다.",
            )
        )

    def _print(self, text: Text) -> None:
        self._say(text.get(self._language))

    def _print_once(self, reason: str, text: Text) -> None:
        now = time.monotonic()
        if now - self._said.get(reason, float("-inf")) >= SAME_REASON_S:
            self._said[reason] = now
            self._print(text)


def estimate_text(estimate: Estimate, what: Text) -> Text:
    """Files, bytes and, where a rate is known, the time; ``what`` says in which direction they go."""
    size, rate = size_text(estimate.size_bytes), size_text(estimate.rate)
    if estimate.seconds is None:
        return Text(f"{estimate.files} files {what.en}, {size}.", f"{what.ko} {estimate.files}개, {size}.")
    basis = _BASES[estimate.basis]
    en, ko = (time_text(estimate.seconds, item) for item in (Language.EN, Language.KO))
    return Text(
        f"{estimate.files} files {what.en}, {size}: about {en} at {rate}/s ({basis.en}).",
        f"{what.ko} {estimate.files}개, {size}: {rate}/s({basis.ko})로 약 {ko}.",
    )


def size_text(size_bytes: float) -> str:
    """``12.4 GB``: decimal units, as disks and lines are sold."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "bytes" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def time_text(seconds: float, language: Language) -> str:
    """``3 h 20 min``, as exact as an estimate is."""
    minutes = round(seconds / 60)
    if seconds < 90:
        text = Text(f"{max(1, round(seconds))} s", f"{max(1, round(seconds))}초")
    elif minutes < 60 and seconds < 3570:
        text = Text(f"{minutes} min", f"{minutes}분")
    else:
        hours, rest = divmod(minutes, 60)
        text = Text(f"{hours} h {rest} min", f"{hours}시간 {rest}분")
    return text.get(language)
