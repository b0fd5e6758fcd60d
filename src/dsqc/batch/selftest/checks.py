"""What a self-test says: one line a thing that was tried. Whatever goes wrong becomes a line, and the next is tried."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dsqc.errors import DsqcError, SystemFault
from dsqc.language import Text

PARTS = (
    "configuration",
    "credentials",
    "stores",
    "catalog",
    "scratch",
    "kernels",
    "workflow",
    "stages",
    "slurm",
    "mail",
    "clean-up",
)
"""Everything that is tried, in this order. ``configuration`` and ``clean-up`` always are."""

HINTS = {
    "configuration": "Correct station.toml.",
    "credentials": "Correct the file or the variable that station.toml names.",
    "stores": "Correct [tiers] of station.toml, or the rights of this user there; `dsqc storage probe` says more.",
    "catalog": "`dsqc catalog init` on the station's directory; `dsqc catalog verify` says more.",
    "scratch": "Name another place: TMPDIR, --work.",
    "kernels": "Set DSQC_CACHE_DIR to a directory on a disk of the node; `dsqc warmup` says more.",
    "workflow": "pip install 'dsqc[workflow]'",
    "stages": "Run the command of that stage with --debug; its submission is `dsqc form example`'s.",
    "slurm": "Look at `sinfo`, `scontrol ping`, and at partition and account of the profile.",
    "mail": "Correct [notices] or [notify] of station.toml.",
    "clean-up": "Delete what begins with dsqc_selftest_ there; the next self-test tries it again.",
}
"""What to do where what broke does not say it itself."""


class State(StrEnum):
    """How one thing came out."""

    OK = "ok"
    BROKEN = "broken"
    SKIPPED = "skipped"
    """Not tried: the station does not use it, or what it rests on is broken."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line.

    Attributes:
        part: one of :data:`PARTS`.
        subject: of what: a place, a stage with its submission, a variable.
        message: what was seen.
        hint: what to do; English, as hints of errors are.
        seconds: wall time.
    """

    part: str
    subject: str
    state: State
    message: Text
    hint: str = ""
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """The item of ``station_selftest.schema.json``."""
        return {
            "part": self.part,
            "subject": self.subject,
            "state": self.state.value,
            "message": self.message.en,
            "message_ko": self.message.ko,
            "hint": self.hint,
            "seconds": round(self.seconds, 3),
        }


class Unexpected(SystemFault):
    """Something answered, but not with what it was made to answer."""


class Skipped(Exception):
    """This cannot or need not be tried; ``text`` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(slots=True)
class Checks:
    """The lines so far. ``tell`` hears of each as it comes."""

    tell: Callable[[Check], object]
    done: list[Check] = field(default_factory=list)

    def run(self, part: str, subject: str, work: Callable[[], Text]) -> bool:
        """Try ``work`` and note how it came out; whether it is ok."""
        begun = time.monotonic()
        hint = ""
        try:
            state, message = State.OK, work()
        except Skipped as skipped:
            state, message = State.SKIPPED, skipped.text
        except Exception as error:
            state, (message, hint) = State.BROKEN, _told(error)
        hint = hint or (HINTS[part] if state is State.BROKEN else "")
        check = Check(part, subject, state, message, hint, time.monotonic() - begun)
        self.done.append(check)
        self.tell(check)
        return state is State.OK

    def is_sound(self, *parts: str) -> bool:
        """Whether nothing of ``parts`` is broken so far."""
        return all(check.state is not State.BROKEN for check in self.done if check.part in parts)


def _told(error: Exception) -> tuple[Text, str]:
    if isinstance(error, DsqcError):
        return Text(error.message, error.message), error.hint
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "").partition(".")[0]
        return _same(f"The package {package} is not installed."), "pip install 'dsqc[workflow]'"
    if isinstance(error, OSError):
        where = f" {error.filename}" if error.filename else ""
        return _same(f"The system refused{where}: {error.strerror or type(error).__name__}."), ""
    # Its text may hold anything, an address with a password too; only its kind is told.
    return _same(f"A fault in dsqc: {type(error).__name__}."), ""


def _same(text: str) -> Text:
    return Text(text, text)
