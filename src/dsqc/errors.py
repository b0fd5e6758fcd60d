"""Exceptions: what stops the work. Faults of the data are findings (``dsqc.findings``), never exceptions.

::

    DsqcError
    ├── UsageError            exit 2   the command was called wrongly
    └── SystemFault           exit 1   ours or the system's
        ├── TransientFault    exit 1   may pass: worth another try
        ├── StorageFault      exit 1
        └── CatalogFault      exit 1
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a ``dsqc`` command returns to the shell."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    FINDINGS = 3
    INTERRUPTED = 130


class DsqcError(Exception):
    """Base of all: ``message`` says what happened, ``hint`` what to do next."""

    exit_code = ExitCode.FAULT

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class UsageError(DsqcError):
    """The command was called wrongly; the message says how to call it."""

    exit_code = ExitCode.USAGE


class SystemFault(DsqcError):
    """Our fault or the system's: a full disk, a missing permission, a broken installation."""


class TransientFault(SystemFault):
    """A fault that may pass: a lost connection, a busy database."""


class StorageFault(SystemFault):
    """Object storage or a file system refused."""


class CatalogFault(SystemFault):
    """The catalog refused, or does not hold together."""
