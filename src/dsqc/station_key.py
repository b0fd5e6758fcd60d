"""The signature of the station: the keys that ``[signing]`` of ``station.toml`` names, and what is signed with them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.artefact import write_key_file
from dsqc.errors import UsageError
from dsqc.signing import (
    SIGNATURE,
    Document,
    SigningKey,
    VerifyingKey,
    load_signing_key,
    load_verifying_key,
    write_signing_pair,
)

if TYPE_CHECKING:  # it brings pydantic with it
    from dsqc.station import Station


def station_signing_key(station: "Station") -> SigningKey | None:
    """What ``station`` signs with; ``None`` where it has no key.

    Raises:
        UsageError: ``station.toml`` names a key that is not there; it is damaged, or its passphrase is wrong.
    """
    path = station.root / station.signing.private_key
    if not path.is_file():
        if "private_key" in station.signing.model_fields_set:
            raise UsageError(
                f"{path}, which [signing] of station.toml names, does not exist.",
                hint="Make it with `dsqc station keygen`, or name the file that it is in.",
            )
        return None
    return load_signing_key(path, lambda: _passphrase(station))


def station_verifying_keys(station: "Station") -> list[VerifyingKey]:
    """Whose signature counts as that of ``station``: the key in use, then those of before. Needs no passphrase.

    Raises:
        UsageError: a key that ``station.toml`` names is missing or damaged.
    """
    present = station.root / station.signing.public_key
    names = [station.signing.public_key] if present.is_file() else []
    return [load_verifying_key(station.root / name) for name in (*names, *station.signing.previous_public_keys)]


def signed_by_station(document: Document, station: "Station") -> Document:
    """``document`` with the signature of ``station``; as it is where the station has no key."""
    key = station_signing_key(station)
    return key.sign(document) if key else document


def is_signed(document: Document) -> bool:
    """Whether ``document`` carries a signature, of whomever."""
    return SIGNATURE in document


def make_station_signing_pair(station: "Station") -> SigningKey:
    """Make the pair of keys that ``[signing]`` names, locked where it names what holds a passphrase.

    Where a killed call left the private key alone, its public half is written.

    Raises:
        UsageError: the pair exists, or the passphrase is nowhere.
        StorageFault: the disk refused.
    """
    private, public = (station.root / name for name in (station.signing.private_key, station.signing.public_key))
    if private.exists() and not public.exists():
        key = load_signing_key(private, lambda: _passphrase(station))
        write_key_file(public, key.public.to_pem(), 0o644)
        return key
    locked = bool(station.signing.passphrase_env or station.signing.passphrase_file)
    return write_signing_pair(private, public, _passphrase(station) if locked else "")


def _passphrase(station: "Station") -> str:
    named = station.signing.passphrase_file
    return passphrase(station.signing.passphrase_env, station.root / named if named else None)


def passphrase(variable: str, file: Path | None = None) -> str:
    """The passphrase of a signing key: of an environment variable, or else the first line of a file.

    Raises:
        UsageError: it is nowhere, or empty.
    """
    if variable:
        found, where = os.environ.get(variable, ""), f"the environment variable {variable}"
    elif file is not None:
        found, where = _first_line(file), f"the file {file}"
    else:
        raise UsageError(
            "The signing key is locked with a passphrase, and nothing names what holds that.",
            hint="Name an environment variable or a file: passphrase_env or passphrase_file in [signing] of "
            "station.toml, --passphrase-env or --passphrase-file for a command.",
        )
    if not found:
        raise UsageError(f"There is no passphrase in {where}.", hint="Set it, and run the same command again.")
    return found


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").split("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The passphrase file {file} cannot be read.", hint="Check its name and mode.") from error
