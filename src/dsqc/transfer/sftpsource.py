"""A submission in a directory behind SSH: ``sftp://[user@]host[:port]/path``, read through the machine's ``ssh``."""

import contextlib
import os
import re
import stat
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

from dsqc.errors import StorageFault, SystemFault, TransientFault, UsageError
from dsqc.transfer.sftp_client import (
    NO_SUCH_FILE,
    PERMISSION_DENIED,
    Attributes,
    ConnectionLostError,
    EndOfFileError,
    SftpConnection,
    StalledError,
    StatusError,
)
from dsqc.transfer.sources import TIMEOUT_S, Entry, EntryKind, FileFault, SourceChanged, Stalled

KEY_VARIABLE = "DSQC_SSH_KEY"
"""Names a file with a private key; without it, ssh takes the agent's and those of ``~/.ssh``."""
CONFIG_VARIABLE = "DSQC_SSH_CONFIG"
"""Names a configuration file for ssh in place of ``~/.ssh/config``: aliases, known hosts, jump hosts."""
LOGINS_AT_ONCE = 4
"""OpenSSH's server begins to refuse at 10 connections that have not logged in yet (``MaxStartups``)."""
_HOME = "/~/"
"""A path that begins so is relative to the login's home, as in other programs' URLs."""
_SAFE_WORD = re.compile(r"[A-Za-z0-9_.:%\[\]+@-]+")
_RETRY_HINT = "Run the same command again; what is finished is not done twice."
_OPTIONS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "ControlMaster=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "EscapeChar=none",
    "LogLevel=INFO",
)


class SftpSource:
    """A directory of an SFTP server. Symbolic links in it are named, never followed.

    Threads may read at the same time: each has an ``ssh`` of its own, kept for the next one.

    Args:
        timeout_s: seconds without a byte after which a connection is given up.

    Raises:
        UsageError: the URL is wrong, or the key it should use is missing.
    """

    is_remote = True
    ranges = True

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        parts = _split(url)
        self._host, self._user, self._port = parts.hostname or "", parts.username or "", parts.port
        path = parts.path or "/"
        self._root = unquote_to_bytes(path.removeprefix(_HOME) if path.startswith(_HOME) else path).rstrip(b"/") or (
            b"." if path.startswith(_HOME) else b"/"
        )
        shown_host = f"[{self._host}]" if ":" in self._host else self._host
        self._address = f"{shown_host}{f':{self._port}' if self._port else ''}"
        login = f"{self._user}@" if self._user else ""
        self.url = f"sftp://{login}{self._address}{path.rstrip('/') or '/'}"
        self._timeout_s = timeout_s
        self._command = self._ssh_command()
        self._idle: list[SftpConnection] = []
        self._lock = threading.Lock()
        self._logins = threading.BoundedSemaphore(LOGINS_AT_ONCE)
        weakref.finalize(self, _close_all, self._idle)

    def _ssh_command(self) -> list[str]:
        command = ["ssh", "-T"]
        if config := os.environ.get(CONFIG_VARIABLE):
            command += ["-F", str(_readable(CONFIG_VARIABLE, config))]
        for option in (*_OPTIONS, f"ConnectTimeout={max(1, int(self._timeout_s))}"):
            command += ["-o", option]
        if key := os.environ.get(KEY_VARIABLE):
            command += ["-i", str(_readable(KEY_VARIABLE, key)), "-o", "IdentitiesOnly=yes"]
        if self._port:
            command += ["-p", str(self._port)]
        if self._user:
            command += ["-l", self._user]
        return [*command, "-s", "--", self._host, "sftp"]

    def entries(self) -> list[Entry]:
        """Everything in the directory."""
        with self._connection() as connection:
            try:
                found = list(connection.names(self._root))
            except StatusError as error:
                raise self._no_directory(error) from error
            return sorted((self._entry(connection, name, seen) for name, seen in found), key=lambda entry: entry.name)

    def stat(self, name: str) -> Entry:
        """What the server says now, a link not followed."""
        with self._connection() as connection, _file_faults():
            return _to_entry(name, connection.lstat(self._path(name)))

    def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Pipelined reads of a file that is still the one that ``entry`` tells of."""
        end = entry.size_bytes if length is None else min(offset + length, entry.size_bytes)
        if entry.kind is not EntryKind.FILE:
            # Not even asked for: a server that opens a pipe waits for somebody to write into it.
            raise FileFault("DSQC-F016", entry.kind.value)
        with self._connection() as connection, _file_faults():
            before, handle = connection.open(self._path(entry.name))
            try:
                _compare(entry, _to_entry(entry.name, before))
                yield from _checked(connection, handle, entry, offset, max(0, end - offset))
            except EndOfFileError as error:
                raise SourceChanged(f"{entry.name} became shorter while it was read.") from error
            finally:
                if connection.is_idle:
                    with contextlib.suppress(ConnectionLostError):
                        connection.close_handle(handle)

    def _path(self, name: str) -> bytes:
        folder = b"" if self._root == b"/" else self._root
        return folder + b"/" + name.encode("utf-8", "surrogateescape")

    def _entry(self, connection: SftpConnection, name: bytes, seen: Attributes) -> Entry:
        shown = name.decode("utf-8", "surrogateescape")
        if seen.mode is None or seen.size_bytes is None or seen.modified is None:
            with contextlib.suppress(StatusError):
                seen = connection.lstat(self._path(shown))
        return _to_entry(shown, seen)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[SftpConnection]:
        """A connection for this thread; kept for the next one if everything went well and all answers were taken."""
        connection = self._take()
        is_broken = False
        try:
            yield connection
        except ConnectionLostError as error:
            is_broken = True
            raise self._lost(error.said) from error
        except StalledError as error:
            is_broken = True
            raise self._stalled() from error
        finally:
            # Whoever closes a reading after its last byte leaves nothing behind: the connection is kept then, too.
            if connection.is_idle and connection.is_alive and not is_broken:
                with self._lock:
                    self._idle.append(connection)
            else:
                connection.close()

    def _take(self) -> SftpConnection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                break
            if connection.is_alive:
                return connection
            # The server ended it while nobody used it.
            connection.close()
        try:
            with self._logins:
                return SftpConnection(self._command, self._timeout_s)
        except ConnectionLostError as error:
            raise self._lost(error.said) from error
        except StalledError as error:
            raise self._stalled() from error
        except OSError as error:
            raise UsageError(
                f"sftp:// needs the program ssh ({error.strerror}).", hint="Install it: apt-get install openssh-client"
            ) from error

    def _stalled(self) -> Stalled:
        return Stalled(f"{self._address} sent nothing for {self._timeout_s:g} s.", hint=_RETRY_HINT)

    def _no_directory(self, error: StatusError) -> Exception:
        if error.code == NO_SUCH_FILE:
            return UsageError(
                f"{self.url} is no directory.",
                hint="Give the directory that holds the forms and the data files "
                "(sftp://host/path from the root, sftp://host/~/path from the login's home).",
            )
        if error.code == PERMISSION_DENIED:
            return StorageFault(f"{self.url} may not be listed by this login.", hint="Check its permissions there.")
        return TransientFault(f"{self.url} cannot be listed: {error}.", hint=_RETRY_HINT)

    def _lost(self, said: str) -> SystemFault:
        """What ssh said, as an error of dsqc's."""
        last = next((line for line in reversed(said.splitlines()) if line), "the connection ended")
        port = f"-p {self._port} " if self._port else ""
        if "HOST IDENTIFICATION HAS CHANGED" in said or "REVOKED HOST KEY" in said:
            return SystemFault(
                f"{self._address} shows another host key than the one that is known.",
                hint="Ask its operator whether the key was changed. Only if it was: "
                f"ssh-keygen -R '{self._known_name()}', then add the new one.",
            )
        if "host key is known for" in said or "Host key verification failed" in said:
            return SystemFault(
                f"The host key of {self._address} is not known here.",
                hint=f"Get it with `ssh-keyscan {port}{self._host}`, compare its fingerprint with the one that the "
                "operator gives, and add it to ~/.ssh/known_hosts.",
            )
        if "Permission denied" in said or "Too many authentication failures" in said:
            return StorageFault(
                f"{self._address} refused the login ({last}).",
                hint=f"Check user and key: {KEY_VARIABLE} (a key file), ssh-agent, or ~/.ssh. "
                "A key with a passphrase has to be in the agent.",
            )
        if "subsystem request failed" in said:
            return SystemFault(f"{self._address} offers no SFTP.", hint="Ask its operator to allow it.")
        if "is no SFTP server" in said or "Bad configuration option" in said:
            return SystemFault(f"{self._address}: {last}.", hint=f"Try `sftp {self._host}` by hand.")
        return TransientFault(f"{self._address} cannot be reached, or the connection broke: {last}.", hint=_RETRY_HINT)

    def _known_name(self) -> str:
        return f"[{self._host}]:{self._port}" if self._port and self._port != 22 else self._host


def _checked(connection: SftpConnection, handle: bytes, entry: Entry, offset: int, length: int) -> Iterator[bytes]:
    """The bytes of an open file, once it is sure that it is the one that ``entry`` tells of."""
    # The open file is asked too: a link that somebody put there meanwhile leads to another one.
    number = connection.ask_fstat(handle)
    reading = connection.read(handle, offset, length)
    first = next(reading, b"")
    _compare(entry, _to_entry(entry.name, connection.fstat(number)))
    if first:
        yield first
    yield from reading


def _close_all(connections: list[SftpConnection]) -> None:
    for connection in connections:
        connection.close()


@contextlib.contextmanager
def _file_faults() -> Iterator[None]:
    try:
        yield
    except StatusError as error:
        if error.code == NO_SUCH_FILE:
            raise FileFault("DSQC-F003", "no such file") from error
        if error.code == PERMISSION_DENIED:
            raise FileFault("DSQC-F019", "permission denied") from error
        raise TransientFault(f"The server refused: {error}.", hint=_RETRY_HINT) from error


def _compare(entry: Entry, now: Entry) -> None:
    if now.kind is not EntryKind.FILE:
        raise FileFault("DSQC-F016", now.kind.value)
    if (now.version, now.size_bytes) != (entry.version, entry.size_bytes):
        raise SourceChanged(f"{entry.name} changed.", hint="Transfer again when nobody writes it.")


def _to_entry(name: str, seen: Attributes) -> Entry:
    size = seen.size_bytes or 0
    return Entry(name, size, f"{seen.modified}-{size}", _kind(seen.mode))


def _kind(mode: int | None) -> EntryKind:
    if mode is None or stat.S_ISREG(mode):
        return EntryKind.FILE
    if stat.S_ISLNK(mode):
        return EntryKind.LINK
    return EntryKind.DIRECTORY if stat.S_ISDIR(mode) else EntryKind.OTHER


class _Parts:
    """The parts of an SFTP URL."""

    def __init__(self, hostname: str, username: str, port: int | None, path: str) -> None:
        self.hostname, self.username, self.port, self.path = hostname, username, port, path


def _split(url: str) -> _Parts:
    hint = f"Write sftp://[user@]host[:port]/path; the key comes from ssh-agent, ~/.ssh or {KEY_VARIABLE}."
    try:
        parts = urlsplit(url)
        host, user, password, port = parts.hostname, parts.username, parts.password, parts.port
    except ValueError as error:
        raise UsageError("The SFTP URL is wrong.", hint=hint) from error
    if password is not None:
        raise UsageError("A password stands in the SFTP URL; it would stand in logs too.", hint=hint)
    # The case of a host alias counts; urlsplit lowers it.
    at = parts.netloc.rpartition("@")[2]
    named = at if host and at.casefold().startswith(host) else ""
    host = named[: len(host)] if named and host else host
    words = [word for word in (host, user) if word]
    if (
        not host
        or parts.query
        or parts.fragment
        or any(word.startswith("-") or not _SAFE_WORD.fullmatch(word) for word in words)
    ):
        raise UsageError("The SFTP URL is wrong.", hint=hint)
    return _Parts(host, user or "", port, quote(parts.path, safe="/%~"))


def _readable(variable: str, value: str) -> Path:
    path = Path(value).expanduser()
    if not path.is_file():
        raise UsageError(f"{variable} names {path}, which is no file.", hint="Correct the variable, or unset it.")
    return path
