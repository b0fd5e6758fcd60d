"""Profiles of Snakemake, as far as dsqc reads them: where they stand, and what they say of shards and slots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from dsqc.errors import UsageError


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """What the key ``config`` of a profile says; Snakemake gives the same to the workflow.

    Attributes:
        shard_seconds: wall time that a shard should take.
        most_shards: how many there may be.
        shard_threads: jobs at a time in one.
        attempts: at a shard, before what fails in it is given up.
        transfer_slots: transfers at a time over all shards.
    """

    shard_seconds: float = 900.0
    most_shards: int = 200
    shard_threads: int = 4
    attempts: int = 3
    transfer_slots: int = 8


def find_profile(name: str) -> Path:
    """The directory of a profile: one that dsqc ships, else a path.

    Raises:
        UsageError: there is none of that name.
    """
    shipped = data_directory("dsqc.profiles")
    known = sorted(item.parent.name for item in shipped.glob("*/profile*.yaml"))
    place = shipped / name if name in known else Path(name).expanduser()
    if name in known or list(place.glob("*.yaml")):
        return place.absolute()
    raise UsageError(
        f"There is no profile {name!r}.", hint=f"Shipped are {', '.join(known)}; or name a directory with a profile."
    )


def data_directory(package: str) -> Path:
    """The directory of a package that holds data only."""
    with as_file(files(package).joinpath("__init__.py")) as marker:
        return marker.parent


def profile_settings(profile: Path) -> ProfileSettings:
    """What ``profile`` says of shards and slots; what it does not say is as in :class:`ProfileSettings`.

    Raises:
        UsageError: a value is no positive number.
    """
    config = _config(_keys(profile).get("config", {}))
    told: dict[str, Any] = {}
    for item in fields(ProfileSettings):
        if item.name not in config:
            continue
        try:
            number = float(config[item.name])
        except (TypeError, ValueError):
            number = 0.0
        if number <= 0 or (item.type is not float and number != int(number)):
            raise UsageError(
                f"{item.name} in the profile {profile} is {config[item.name]!r}.", hint="Give a positive number."
            )
        told[item.name] = number if item.type is float else int(number)
    return ProfileSettings(**told)


def uses_slurm(profile: Path, extra: Sequence[str] = ()) -> bool:
    """Whether ``profile``, or a further argument of Snakemake, chooses the executor ``slurm``."""
    return setting(profile, extra, "executor", "-e") == "slurm"


def setting(profile: Path, extra: Sequence[str], name: str, short: str = "") -> str:
    """What ``profile`` says of a setting of Snakemake; a further argument goes before it. Empty where neither does.

    Args:
        name: as in a profile, without the dashes of the command line.
        short: its short option.
    """
    chosen = str(_keys(profile).get(name) or "")
    for place, argument in enumerate(extra):
        option, sign, value = argument.partition("=")
        if option in (f"--{name}", short or f"--{name}"):
            chosen = value if sign else "".join(extra[place + 1 : place + 2])
    return chosen


def _keys(profile: Path) -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = {}
    for file in sorted(profile.glob("*.yaml")):
        keys = yaml.safe_load(file.read_text(encoding="utf-8"))
        if isinstance(keys, dict):
            found |= keys
    return found


def _config(value: Any) -> Mapping[str, Any]:
    """Snakemake takes a mapping, or a list of ``key=value``."""
    if isinstance(value, Mapping):
        return value
    pairs = [str(item).partition("=") for item in value] if isinstance(value, list) else []
    return {name: text for name, _, text in pairs}
