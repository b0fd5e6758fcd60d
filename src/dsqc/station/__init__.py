"""Station configuration: one ``station.toml``, checked as a whole; secrets only by the name of what holds them."""

from dsqc.limits import ENVIRONMENT_VARIABLE, Limits
from dsqc.station.configuration import FILE_NAME, HEADERS, HELD, TIERS, Place, Station, load_station
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
    S3Options,
    Signing,
    Tiers,
    TransferOptions,
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
