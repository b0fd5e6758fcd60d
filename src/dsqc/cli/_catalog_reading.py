"""How commands ask the catalog."""

import argparse
from collections.abc import Callable
from typing import Any

SCHEMA_VERSION = "1.0"


def read_catalog(args: argparse.Namespace, work: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """What ``work`` says of the catalog of ``--station``, with the version of its shape."""
    from dsqc.catalog.database import Catalog
    from dsqc.station import load_station

    with Catalog.open(load_station(args.station)) as catalog, catalog.reading() as session:
        return {"schema_version": SCHEMA_VERSION, **work(session)}
