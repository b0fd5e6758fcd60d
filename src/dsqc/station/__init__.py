"""Station configuration: one ``station.toml``, checked as a whole; secrets only by the name of what holds them.

What moves bytes is here at once; the rest is loaded when somebody asks for it.
"""

import importlib
from typing import TYPE_CHECKING, Any

from dsqc.limits import ENVIRONMENT_VARIABLE, Limits
from dsqc.station.moving import Place, S3Options, TransferOptions

if TYPE_CHECKING:
    from dsqc.station.configuration import FILE_NAME, HEADERS, HELD, TIERS, Station, load_station
    from dsqc.station.notify import Notify
    from dsqc.station.sections import (
        Agreement,
        Closed,
        Copies,
        Curation,
        Exchange,
        Figures,
        Notices,
        Prefixes,
        Receipts,
        Release,
        Signing,
        Tiers,
        Web,
    )

__all__ = [
    "ENVIRONMENT_VARIABLE",
    "FILE_NAME",
    "HEADERS",
    "HELD",
    "TIERS",
    "Agreement",
    "Closed",
    "Copies",
    "Curation",
    "Exchange",
    "Figures",
    "Limits",
    "Notices",
    "Notify",
    "Place",
    "Prefixes",
    "Receipts",
    "Release",
    "S3Options",
    "Signing",
    "Station",
    "Tiers",
    "TransferOptions",
    "Web",
    "load_station",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = (importlib.import_module(f"dsqc.station.{home}") for home in ("configuration", "sections"))
    globals()[name] = value = next(getattr(home, name) for home in homes if hasattr(home, name))
    return value
