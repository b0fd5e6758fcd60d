"""What encrypts a closed submission's files on their way: kept until they stand, so that parts stay good.

The same header, session key and nonces give the same bytes after a kill. They lie in the state directory of the sender,
where the files themselves lie in the clear too; each is readable by its owner only, and is removed when its file is
proven at the far end. Lost, the file is encrypted and sent anew.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from dsqc.artefact import to_json, write_fault
from dsqc.crypt4gh import ONE_RECIPIENT_BYTES, PublicKey, make_header
from dsqc.crypt4gh.header import SessionKeys, new_session_key
from dsqc.crypt4gh.keys import KEY_BYTES
from dsqc.errors import UsageError
from dsqc.sending.local import LocalFile
from dsqc.sending.plan import Plan

_FORMAT = 1
_NOTE = "Secret: encrypts one file while dsqc sends it, and opens it. dsqc removes it when the file has arrived."


@dataclass(frozen=True, slots=True)
class Secrets:
    """What one version of one file is encrypted with. Never printed.

    ``is_new``: made in this run, so nothing that stands at the far end was encrypted with it.
    """

    header: bytes
    session_key: bytes = field(repr=False)
    nonce_key: bytes = field(repr=False)
    is_new: bool = True


def new_secrets(recipient: PublicKey) -> Secrets:
    """Fresh ones."""
    session_key = new_session_key()
    return Secrets(make_header(SessionKeys((session_key,)), [recipient]), session_key, os.urandom(KEY_BYTES))


class SecretKeeper:
    """Secrets of files that travel in parts, one small file each, in ``folder``. One thread a name."""

    def __init__(self, folder: Path, recipient: PublicKey) -> None:
        self._folder = folder
        self._recipient = recipient

    def take(self, name: str, file: LocalFile) -> Secrets:
        """Those of an earlier run, where the file and the recipient are as they were; else new ones, on the disk.

        Raises:
            StorageFault: they cannot be written.
        """
        origin = self._origin(name, file)
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            value = json.loads(self._path(name).read_text(encoding="utf-8"))
            header, session, nonce = (bytes.fromhex(value[key]) for key in ("header", "session_key", "nonce_key"))
            lengths = (len(header), len(session), len(nonce))
            if value["origin"] == origin and lengths == (ONE_RECIPIENT_BYTES, KEY_BYTES, KEY_BYTES):
                return Secrets(header, session, nonce, is_new=False)
        made = new_secrets(self._recipient)
        self._write(self._path(name), origin, made)
        return made

    def forget(self, name: str) -> None:
        """The file stands at the far end."""
        with contextlib.suppress(OSError):
            self._path(name).unlink(missing_ok=True)

    def keep_only(self, names: set[str]) -> None:
        """Remove those of files that have arrived, or that are no longer sent."""
        wanted = {self._path(name) for name in names}
        with contextlib.suppress(OSError):
            for path in self._folder.iterdir():
                if path not in wanted:
                    path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{hashlib.sha256(name.encode('utf-8')).hexdigest()[:32]}.json"

    def _origin(self, name: str, file: LocalFile) -> dict[str, str | int]:
        return {
            "format": _FORMAT,
            "name": name,
            "size_bytes": file.size_bytes,
            "mtime_ns": file.mtime_ns,
            "recipient": self._recipient.fingerprint,
        }

    def _write(self, path: Path, origin: dict[str, str | int], secrets: Secrets) -> None:
        value = {
            "note": _NOTE,
            "origin": origin,
            "header": secrets.header.hex(),
            "session_key": secrets.session_key.hex(),
            "nonce_key": secrets.nonce_key.hex(),
        }
        temporary = path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # What a killed run left may have any mode.
            temporary.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
            with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as file:
                file.write(to_json(value))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            raise write_fault(path, error) from error


def require_recipient(plan: Plan, recipient: PublicKey | None) -> None:
    """Nothing of a closed submission travels in the clear.

    Raises:
        UsageError: files would have to be encrypted, and nobody said to whom, or it cannot be done here.
    """
    if not any(item.is_sealed for item in plan.items):
        return
    if recipient is not None:
        if importlib.util.find_spec("cryptography") is None:
            raise UsageError(
                "The submission is closed, and encrypting its data needs the package cryptography. Nothing of it was "
                "sent.",
                hint="Install it with: pip install 'dsqc[closed]'",
            )
        return
    if plan.is_closed:
        raise UsageError(
            "The submission is closed: its data is encrypted here, to the station's key, and no key is named. "
            "Nothing of it was sent.",
            hint="Ask the station for its public key and give it with --recipient station.pub, or ask for a grant that "
            "holds it (`dsqc grant issue --station`).",
        )
    raise UsageError(
        "The access_level of the submission sheet is no access level, and may mean closed: data that may be closed is "
        "not sent in the clear. Nothing of it was sent.",
        hint="Correct access_level, or give the station's public key with --recipient station.pub.",
    )
