"""Station configuration: one ``station.toml``, checked as a whole; secrets only by the name of what holds them."""

from dsqc.limits import ENVIRONMENT_VARIABLE, Limits
from dsqc.station.configuration import FILE_NAME, HEADERS, TIERS, Place, Station, load_station
from dsqc.station.sections import Closed, Copies, Curation, Prefixes, S3Options, Tiers, TransferOptions

__all__ = [
    "ENVIRONMENT_VARIABLE",
    "FILE_NAME",
    "HEADERS",
    "TIERS",
    "Closed",
    "Copies",
    "Curation",
    "Limits",
    "Place",
    "Prefixes",
    "S3Options",
    "Station",
    "Tiers",
    "TransferOptions",
    "load_station",
]
