"""Station configuration: one ``station.toml``, checked as a whole; secrets only by the name of what holds them."""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dsqc.errors import UsageError
from dsqc.limits import ENVIRONMENT_VARIABLE, Limits
from dsqc.pacing import Pacer, Window, parse_size

__all__ = [
    "ENVIRONMENT_VARIABLE",
    "FILE_NAME",
    "HEADERS",
    "TIERS",
    "Closed",
    "Copies",
    "Limits",
    "Place",
    "Prefixes",
    "S3Options",
    "Station",
    "Tiers",
    "TransferOptions",
    "load_station",
]

FILE_NAME = "station.toml"
NO_PANEL = "none"
TIERS = ("public", "closed")
HEADERS = "headers"
_PLACE = re.compile(r"[a-z][a-z0-9-]{0,39}")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tiers(_Section):
    """Where objects of each tier are kept: a directory (relative to ``station.toml``) or an ``s3://`` URL.

    ``headers`` holds the headers of closed objects, without which these cannot be read: apart from them, by design.
    """

    public: str = "store/public"
    closed: str = "store/closed"
    headers: str = "store/headers"


class Copies(_Section):
    """Further places of each tier by name: every object is written and proven there too before it is registered."""

    public: dict[str, str] = {}
    closed: dict[str, str] = {}


class S3Options(_Section):
    """How ``s3://`` URLs are reached. Keys never stand here, only the names of the variables that hold them.

    Attributes:
        access_key_env, secret_key_env, session_token_env: names of environment variables; empty for those of AWS
            (AWS_ACCESS_KEY_ID …), profiles and roles.
    """

    endpoint_url: str = ""
    region: str = "us-east-1"
    access_key_env: str = ""
    secret_key_env: str = ""
    session_token_env: str = ""

    @model_validator(mode="after")
    def _both_keys(self) -> Self:
        if bool(self.access_key_env) != bool(self.secret_key_env):
            raise ValueError("access_key_env and secret_key_env belong together")
        return self


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tier's objects are kept. The first place of a tier has the tier's name.

    ``url`` is an absolute directory or an ``s3://`` URL.
    """

    name: str
    tier: str
    url: str
    s3: S3Options


class Closed(_Section):
    """The keys that closed data is encrypted to (Crypt4GH); files relative to ``station.toml``.

    Attributes:
        public_key, private_key: the pair in use. Closed data is not taken while the station has none.
        passphrase_env: name of the environment variable that holds the private key's passphrase.
        passphrase_file: file that holds it in its first line.
        previous_private_keys: keys of before, which still open what was encrypted to them; `dsqc storage rotate`
            encrypts that to the pair in use.
        previous_passphrase_env: as ``passphrase_env``, where the keys of before have another passphrase.
    """

    public_key: str = "keys/station.pub"
    private_key: str = "keys/station.sec"
    passphrase_env: str = ""
    passphrase_file: str = ""
    previous_private_keys: tuple[str, ...] = ()
    previous_passphrase_env: str = ""


class TransferOptions(_Section):
    """How fast, when and how often bytes are fetched; every one is also an option of ``dsqc transfer``.

    Attributes:
        parallel: parts on their way at once, over all files.
        limit_rate: bytes a second over all of them (``50M``); empty for no limit.
        windows: when bytes may travel (``22:00-06:00``), local time; none for always.
        retries: tries after the first that brought nothing, of one part.
        stall_timeout_s: a connection that says nothing for so many seconds is given up and tried again.
    """

    parallel: int = Field(default=8, ge=1, le=64)
    limit_rate: str = ""
    windows: tuple[str, ...] = ()
    retries: int = Field(default=5, ge=0)
    stall_timeout_s: float = Field(default=60.0, gt=0)

    @field_validator("limit_rate")
    @classmethod
    def _is_size(cls, text: str) -> str:
        if text:
            parse_size(text)
        return text

    @field_validator("windows")
    @classmethod
    def _are_windows(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            Window.parse(text)
        return texts

    def pacer(self) -> Pacer:
        """What keeps to the rate and the windows, for one run."""
        rate = parse_size(self.limit_rate) if self.limit_rate else 0
        return Pacer(rate, [Window.parse(text) for text in self.windows])


class Prefixes(_Section):
    """Accession prefixes; the numbers behind them are minted by the catalog."""

    project: str = "KAP"
    sample: str = "KAS"
    experiment: str = "KAE"
    run: str = "KAR"
    analysis: str = "KAZ"
    submission: str = "KRA"


class Station(_Section):
    """One station.

    Attributes:
        centre: code of the data centre (vocabulary ``data_centres``).
        catalog_url: SQLAlchemy URL; a relative SQLite path is relative to ``station.toml``. A password stands in
            the environment variable that ``catalog_password_env`` names.
        quality_goals: file of quality goals; empty for those that dsqc ships.
        kbds_strict: whether the doubtful requirements of the K-BDS guide count as mandatory.
        taxonomy: taxonomy snapshot (``dsqc taxonomy build``); empty for the small one that dsqc ships.
        panel: genomes that organisms are told by (``dsqc sketch build``); empty for the small panel that dsqc ships,
            ``none`` for none.
        copies: further places of each tier.
        s3: how ``s3://`` is reached.
        s3_places: the sections ``[s3.<place>]``: what differs there, by the name of the place.
    """

    centre: str = "KOBIC"
    catalog_url: str = "sqlite:///catalog.sqlite"
    catalog_password_env: str = ""
    quality_goals: str = ""
    kbds_strict: bool = False
    taxonomy: str = ""
    panel: str = ""
    tiers: Tiers = Tiers()
    copies: Copies = Copies()
    s3: S3Options = S3Options()
    s3_places: dict[str, S3Options] = {}
    closed: Closed = Closed()
    limits: Limits = Limits()
    transfer: TransferOptions = TransferOptions()
    prefixes: Prefixes = Prefixes()
    root: Path = Path()

    @model_validator(mode="before")
    @classmethod
    def _split_s3(cls, data: Any) -> Any:
        """``[s3.NAME]`` stands inside ``[s3]`` in TOML; what it does not say is as in ``[s3]``."""
        s3 = data.get("s3") if isinstance(data, dict) else None
        if not isinstance(s3, dict):
            return data
        own = {name: value for name, value in s3.items() if not isinstance(value, dict)}
        places = {name: {**own, **value} for name, value in s3.items() if isinstance(value, dict)}
        return {**data, "s3": own, "s3_places": places}

    @model_validator(mode="after")
    def _names_of_places(self) -> Self:
        further = [*self.copies.public, *self.copies.closed]
        for name in further:
            if not _PLACE.fullmatch(name) or name in (*TIERS, HEADERS) or further.count(name) > 1:
                raise ValueError(f"copies: {name!r} must be a name of its own: a-z, 0-9 and -, not public or closed")
        for name in self.s3_places:
            if name not in {*TIERS, HEADERS, *further}:
                raise ValueError(f"s3.{name}: no place has this name")
        return self

    def tier_url(self, tier: str) -> str:
        """Absolute place of ``tier`` (``public``, ``closed`` or ``headers``)."""
        return self._absolute(getattr(self.tiers, tier))

    def all_places(self) -> list[Place]:
        """Every place of the station: of objects, and of the headers of closed ones."""
        return [place for tier in (*TIERS, HEADERS) for place in self.places(tier)]

    def places(self, tier: str) -> list[Place]:
        """Every place that holds the objects of ``tier``, its own first; that of ``headers`` is one."""
        urls = {tier: getattr(self.tiers, tier), **getattr(self.copies, tier, {})}
        return [Place(name, tier, self._absolute(url), self.s3_places.get(name, self.s3)) for name, url in urls.items()]

    def _absolute(self, url: str) -> str:
        return url if "://" in url else str((self.root / url).resolve())

    @property
    def taxonomy_path(self) -> Path | None:
        """The taxonomy snapshot; ``None`` for the one that dsqc ships."""
        return self.root / self.taxonomy if self.taxonomy else None

    @property
    def panel_path(self) -> Path | None:
        """The panel of genomes; ``None`` for the one that dsqc ships."""
        if not self.panel or self.panel == NO_PANEL:
            return Path(self.panel) if self.panel else None
        return self.root / self.panel

    def database_url(self) -> str:
        """The catalog's URL with a relative SQLite path made absolute. Never log it: it may hold a password."""
        prefix = "sqlite:///"
        if self.catalog_url.startswith(prefix) and not self.catalog_url.startswith(prefix + "/"):
            return prefix + str((self.root / self.catalog_url.removeprefix(prefix)).resolve())
        return self.catalog_url


def load_station(path: Path | None = None) -> Station:
    """Read the station's configuration.

    Args:
        path: ``station.toml`` or the directory it stands in; ``None`` takes the environment's ``DSQC_STATION``.

    Raises:
        UsageError: there is none, or it is wrong; every fault is named.
    """
    if path is None:
        named = os.environ.get(ENVIRONMENT_VARIABLE, "")
        if not named:
            raise UsageError(
                "No station is configured.",
                hint=f"Give --station FILE or set {ENVIRONMENT_VARIABLE}; `dsqc catalog init DIR` makes one.",
            )
        path = Path(named)
    file = path / FILE_NAME if path.is_dir() else path
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{file} does not exist.", hint="`dsqc catalog init DIR` makes a station in DIR.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from error
    data.pop("root", None)
    try:
        return Station(**data, root=file.resolve().parent)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise UsageError(f"{file} is wrong: {faults}.") from error
