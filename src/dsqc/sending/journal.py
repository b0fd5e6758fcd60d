"""What the sender remembers of a sending: its claim, uploads that were begun, files that are proven at the far end.

A help, never a proof: what is remembered is compared with the file here and with what stands there. Lost, it costs a
reading of the files. It holds no secrets; what encrypts unfinished files of a closed submission lies beside it
(``sealing``).
"""

import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsqc.artefact import atomic_file, write_fault
from dsqc.listing import Digests, SealedAs
from dsqc.locking import sole_holder
from dsqc.sending.local import LocalFile


@dataclass(frozen=True, slots=True)
class Remembered:
    """One line: a file as it was here, and what became of it there. ``tag`` is empty until it is proven.

    ``encrypted`` is what stands there where the file travelled as Crypt4GH, ``recipient`` the fingerprint of the key
    that opens it.
    """

    name: str
    size_bytes: int
    mtime_ns: int
    upload_id: str = ""
    md5: str = ""
    sha256: str = ""
    tag: str = ""
    encrypted: SealedAs | None = None
    recipient: str = ""

    @property
    def digests(self) -> Digests:
        """The digests of a file that is proven."""
        return Digests(self.size_bytes, self.md5, self.sha256)

    @property
    def far_bytes(self) -> int:
        """Size of what stands there."""
        return self.encrypted.digests.size_bytes if self.encrypted else self.size_bytes

    @property
    def far_sha256(self) -> str:
        """SHA-256 of what stands there."""
        return self.encrypted.digests.sha256 if self.encrypted else self.sha256

    def is_of(self, file: LocalFile) -> bool:
        """Whether the file looks as it did."""
        return (self.size_bytes, self.mtime_ns) == (file.size_bytes, file.mtime_ns)


def state_directory() -> Path:
    """Where states are kept unless told otherwise: ``$XDG_STATE_HOME/dsqc/send``."""
    home = os.environ.get("XDG_STATE_HOME", "")
    return (Path(home) if home else Path.home() / ".local" / "state") / "dsqc" / "send"


class Journal:
    """The memory of one (destination, submission). Use it inside ``with journal.locked():``."""

    def __init__(self, root: Path, destination: str, submission: Path) -> None:
        key = hashlib.sha256(f"{destination}\0{submission.resolve()}".encode("utf-8", "surrogateescape")).hexdigest()
        self.path = root / key[:32]
        self.claim = ""
        self._journal = self.path / "journal.jsonl"
        self._lines: dict[str, Remembered] = {}

    @contextlib.contextmanager
    def locked(self) -> Iterator["Journal"]:
        """Hold the journal for this process and read it.

        Raises:
            TransientFault: another process of this machine sends the same submission to the same place.
            StorageFault: the directory cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise write_fault(self.path, error) from error
        with sole_holder(self.path / "lock", "This submission is being sent already", mode=0o600):
            self._open()
            yield self

    @property
    def secrets(self) -> Path:
        """Where secrets of unfinished files lie."""
        return self.path / "keys"

    def find(self, name: str) -> Remembered | None:
        """The last line about ``name``."""
        return self._lines.get(name)

    def remember(self, line: Remembered) -> None:
        """Add a line. It is not forced to the disk: a lost one costs a reading, no bytes of the line."""
        try:
            with self._journal.open("ab") as file:
                file.write(_to_line(_fields(line)))
        except OSError as error:
            raise write_fault(self._journal, error) from error
        self._lines[line.name] = line

    def _open(self) -> None:
        self._lines, self.claim = {}, ""
        with contextlib.suppress(FileNotFoundError):
            for text in self._journal.read_bytes().split(b"\n"):
                # A line may be torn by a power cut.
                with contextlib.suppress(ValueError, TypeError, KeyError):
                    value = json.loads(text)
                    if "claim" in value:
                        self.claim = str(value["claim"])
                    else:
                        line = _from_line(value)
                        self._lines[line.name] = line
        self.claim = self.claim or uuid.uuid4().hex
        with atomic_file(self._journal) as file:
            file.write(_to_line({"claim": self.claim}))
            for name in sorted(self._lines):
                file.write(_to_line(_fields(self._lines[name])))


def _fields(line: Remembered) -> dict[str, Any]:
    said = asdict(line)
    return said if line.encrypted else {key: said[key] for key in said if key not in ("encrypted", "recipient")}


def _from_line(value: dict[str, Any]) -> Remembered:
    """Raises TypeError where it is none."""
    sealed = value.pop("encrypted", None)
    found = SealedAs(sealed["name"], Digests(**sealed["digests"])) if sealed else None
    return Remembered(**value, encrypted=found)


def _to_line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8") + b"\n"
