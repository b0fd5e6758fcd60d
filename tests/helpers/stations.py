"""Small stations: a directory with a pair of keys, without a catalog."""

from pathlib import Path

from dsqc.crypt4gh import Keys, make_station_keys, station_keys
from dsqc.station import Station


def keyed_station(path: Path) -> Station:
    """A station in ``path`` that has keys."""
    station = Station(root=path)
    make_station_keys(station)
    return station


def keys_in(path: Path) -> Keys:
    """The keys of a new station in ``path``."""
    return station_keys(keyed_station(path))
