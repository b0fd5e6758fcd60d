"""Stations of tests: a whole one with an empty catalog, and small ones that only have keys."""

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dsqc.catalog.database import sqlite_file
from dsqc.catalog.making import MadeStation, make_station
from dsqc.crypt4gh import Keys, make_station_keys, station_keys
from dsqc.station import Station


def new_station(directory: Path, settings: Mapping[str, str]) -> MadeStation:
    """As :func:`make_station` where nothing is yet; the tables of an embedded catalog are copied, not migrated anew."""
    file = sqlite_file(Station(root=directory))
    if "catalog_url" not in settings and file and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_empty_catalog())
    return make_station(directory, settings)


@functools.cache
def _empty_catalog() -> bytes:
    """The file of a catalog that all migrations have made, once a process."""
    with tempfile.TemporaryDirectory() as place:
        file = sqlite_file(make_station(Path(place), {}).station)
        assert file
        return file.read_bytes()


def keyed_station(path: Path) -> Station:
    """A station in ``path`` that has keys."""
    station = Station(root=path)
    make_station_keys(station)
    return station


def keys_in(path: Path) -> Keys:
    """The keys of a new station in ``path``."""
    return station_keys(keyed_station(path))
