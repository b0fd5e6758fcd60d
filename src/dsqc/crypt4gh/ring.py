"""The keys of a station: one that new files are encrypted to, and all that open what was encrypted before."""

import contextlib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.crypt4gh.keys import PrivateKey, PublicKey, load_private, load_public, write_key_pair, write_public
from dsqc.errors import UsageError

if TYPE_CHECKING:  # it brings pydantic with it, which reading a file needs not
    from dsqc.station import Station

MAKE_HINT = "Run `dsqc catalog init` on the station's directory, or name a pair of keys in [closed] of station.toml."


class Keys:
    """Keys of a station, read from their files when they are first needed: most work needs none."""

    def __init__(self, station: "Station") -> None:
        self._station = station

    @property
    def are_there(self) -> bool:
        """Whether the station has a pair of keys; it may still be damaged or locked."""
        closed = self._station.closed
        return all((self._station.root / name).is_file() for name in (closed.public_key, closed.private_key))

    @cached_property
    def public(self) -> PublicKey:
        """Whom new files are encrypted to.

        Raises:
            UsageError: the station has no keys, or the two are no pair.
        """
        if not self.are_there:
            raise UsageError(
                f"The station {self._station.root} has no keys: closed data cannot be kept.", hint=MAKE_HINT
            )
        found = load_public(self._station.root / self._station.closed.public_key)
        if self.private[0].public != found:
            raise UsageError(
                f"{self._station.closed.public_key} and {self._station.closed.private_key} are no pair of keys.",
                hint="Name two files of one pair in [closed] of station.toml.",
            )
        return found

    @cached_property
    def private(self) -> tuple[PrivateKey, ...]:
        """What opens the files: the present key first, then those of before.

        Raises:
            UsageError: a key is missing, damaged or locked with another passphrase.
        """
        closed, root = self._station.closed, self._station.root
        now, before = closed.passphrase_env, closed.previous_passphrase_env or closed.passphrase_env
        named = [(closed.private_key, now), *((name, before) for name in closed.previous_private_keys)]
        file = root / closed.passphrase_file if closed.passphrase_file else None
        return tuple(_load(root / name, variable, file) for name, variable in named)


def _load(path: Path, variable: str, file: Path | None) -> PrivateKey:
    return load_private(path, lambda: passphrase(variable, file))


def passphrase(variable: str, file: Path | None = None) -> str:
    """The passphrase of a key, from an environment variable or else the first line of a file; never an argument.

    Raises:
        UsageError: it is nowhere.
    """
    if variable:
        found = os.environ.get(variable)
        if found is None:
            raise UsageError(f"The environment variable {variable} is not set.", hint="It holds the key's passphrase.")
        return found
    if file is None:
        raise UsageError(
            "The private key is locked with a passphrase, and nothing names what holds that.",
            hint="Name an environment variable or a file: passphrase_env or passphrase_file in [closed] of "
            "station.toml, --passphrase-env or --passphrase-file for a command.",
        )
    try:
        return file.read_text(encoding="utf-8").split("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The passphrase file {file} cannot be read.", hint="Check its name and mode.") from error


def station_keys(station: "Station") -> Keys:
    """The keys of ``station``."""
    return Keys(station)


def public_key_of(station: "Station") -> PublicKey | None:
    """Whom submitters encrypt to; ``None`` where the station has no key. Needs no passphrase, unlike :class:`Keys`.

    Raises:
        UsageError: the file is no public key.
    """
    path = station.root / station.closed.public_key
    return load_public(path) if path.is_file() else None


def make_station_keys(station: "Station") -> bool:
    """Make the station's pair of keys where it has none, without a passphrase; whether it did.

    Raises:
        StorageFault: the disk refused.
    """
    private, public = (station.root / name for name in (station.closed.private_key, station.closed.public_key))
    if private.exists() or public.exists():
        # Half a pair may be what a killed command left; or its other half is kept elsewhere, or locked.
        if not public.exists() and not (station.closed.passphrase_env or station.closed.passphrase_file):
            with contextlib.suppress(UsageError):
                write_public(public, load_private(private, lambda: passphrase("")).public)
        return False
    write_key_pair(private, public)
    return True
