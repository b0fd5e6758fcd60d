"""Station configuration: one ``station.toml``, checked as a whole; secrets only by the name of what holds them."""

from dsqc.limits import ENVIRONMENT_VARIABLE, Limits
from dsqc.station.configuration import FILE_NAME, HEADERS, HELD, TIERS, Place, Station, load_station
from dsqc.station.sections import Closed, Copies, Notices, Prefixes, Release, S3Options, Tiers, TransferOptions, Web

__all__ = [
    "ENVIRONMENT_VARIABLE",
    "FILE_NAME",
    "HEADERS",
    "HELD",
    "TIERS",
    "Closed",
    "Copies",
    "Limits",
    "Notices",
    "Place",
    "Prefixes",
    "Release",
    "S3Options",
    "Station",
    "Tiers",
    "TransferOptions",
    "Web",
    "load_station",
]
