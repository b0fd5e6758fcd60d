"""Reads by GC content for plots: FastQC's model of what contents reads can have (``dsqc.metrics.gc_model``)."""

from collections.abc import Mapping
from typing import Any


def gc_distribution(tables: Mapping[str, Any]) -> list[float]:
    """Reads at 0, 1, ... 100 % GC, evened out for the lengths of the reads; empty where there are none.

    Args:
        tables: ``tables`` of a ``<stem>.dsqc.json``; ``gc_model``, and of older files ``gc_content``, is used.
    """
    table = tables.get("gc_model") or tables.get("gc_content") or {}
    reads = [float(number or 0) for number in table.get("reads") or ()]
    return reads if any(reads) else []
