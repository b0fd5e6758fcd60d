"""The whole of ``station.toml``, read and checked; secrets only by the name of what holds them."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from dsqc.errors import UsageError
from dsqc.limits import ENVIRONMENT_VARIABLE, Limits
from dsqc.station.moving import Place, S3Options, TransferOptions
from dsqc.station.notify import Notify
from dsqc.station.section import Section
from dsqc.station.sections import (
    Closed,
    Copies,
    Curation,
    Exchange,
    Figures,
    Notices,
    Prefixes,
    Receipts,
    Release,
    Rules,
    Signing,
    Tiers,
    Web,
)

FILE_NAME = "station.toml"
NO_PANEL = "none"
TIERS = ("public", "held", "closed")
HELD = "held"
HEADERS = "headers"
_PLACE = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Station(Section):
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
    s3_places: dict[str, S3Options] = Field(default_factory=dict)
    closed: Closed = Closed()
    signing: Signing = Signing()
    receipts: Receipts = Receipts()
    figures: Figures = Figures()
    curation: Curation = Curation()
    limits: Limits = Limits()
    rules: Rules = Rules()
    transfer: TransferOptions = TransferOptions()
    release: Release = Release()
    notices: Notices = Notices()
    notify: Notify = Notify()
    exchange: Exchange = Exchange()
    prefixes: Prefixes = Prefixes()
    web: Web = Web()
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
        further = [*self.copies.public, *self.copies.held, *self.copies.closed]
        for name in further:
            if not _PLACE.fullmatch(name) or name in (*TIERS, HEADERS) or further.count(name) > 1:
                raise ValueError(
                    f"copies: {name!r} must be a name of its own: a-z, 0-9 and -, not public, held or closed"
                )
        for name in self.s3_places:
            if name not in {*TIERS, HEADERS, *further}:
                raise ValueError(f"s3.{name}: no place has this name")
        return self

    def tier_url(self, tier: str) -> str:
        """Absolute place of ``tier`` (``public``, ``held``, ``closed`` or ``headers``)."""
        url: str = getattr(self.tiers, tier)
        if tier == HELD and not url:
            closed = self.tiers.closed
            url = f"{closed.rstrip('/')}/{HELD}" if "://" in closed else str(Path(closed).with_name(HELD))
        return self._absolute(url)

    def all_places(self) -> list[Place]:
        """Every place of the station: of objects, and of the headers of closed ones."""
        return [place for tier in (*TIERS, HEADERS) for place in self.places(tier)]

    def places(self, tier: str) -> list[Place]:
        """Every place that holds the objects of ``tier``, its own first; that of ``headers`` is one."""
        urls = {tier: self.tier_url(tier), **getattr(self.copies, tier, {})}
        return [Place(name, tier, self._absolute(url), self._s3_of(name)) for name, url in urls.items()]

    def _s3_of(self, name: str) -> S3Options:
        # Where nothing is said of held data it lies below the closed one, and is reached as that is.
        named = "closed" if name == HELD and HELD not in self.s3_places and not self.tiers.held else name
        return self.s3_places.get(named, self.s3)

    def _absolute(self, url: str) -> str:
        return url if "://" in url else str((self.root / url).resolve())

    @property
    def taxonomy_path(self) -> Path | None:
        """The taxonomy snapshot; ``None`` for the one that dsqc ships."""
        return self.root / self.taxonomy if self.taxonomy else None

    @property
    def goals_path(self) -> Path | None:
        """The station's own quality goals; ``None`` for those that dsqc ships."""
        return self.root / self.quality_goals if self.quality_goals else None

    @property
    def reference_path(self) -> Path | None:
        """The distributions that runs are compared with; ``None`` where none were built."""
        path = self.root / self.figures.reference
        return path if self.figures.reference and path.is_file() else None

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
