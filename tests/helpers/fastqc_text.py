"""FastQC's ``fastqc_data.txt`` as modules, and compared with what dsqc writes in its shape."""

import math
from collections.abc import Mapping
from itertools import zip_longest

Row = list[str]


def read_modules(text: str) -> dict[str, list[Row]]:
    """Module -> its lines as cells: status first, then headings (with ``#``) and rows."""
    modules: dict[str, list[Row]] = {}
    lines: list[Row] = []
    for line in text.splitlines():
        if line.startswith((">>END_MODULE", "##")):
            continue
        if line.startswith(">>"):
            name, status = line[2:].split("\t")
            lines = modules.setdefault(name, [[status]])
        else:
            lines.append(line.split("\t"))
    return modules


def differences(
    ours: Mapping[str, list[Row]], theirs: Mapping[str, list[Row]], tolerance: Mapping[str, float] | None = None
) -> dict[str, list[str]]:
    """Module -> the lines that differ, ``FastQC's | dsqc's``; a module that one of them lacks differs whole.

    Args:
        ours, theirs: see :func:`read_modules`.
        tolerance: module -> how far numbers of it may be apart, relative; letter by letter in all others.
    """
    found: dict[str, list[str]] = {}
    for name in [*theirs, *(name for name in ours if name not in theirs)]:
        allowed = (tolerance or {}).get(name, 0.0)
        for one, other in zip_longest(theirs.get(name, ()), ours.get(name, ()), fillvalue=[""]):
            if not _same(one, other, allowed):
                found.setdefault(name, []).append(f"{' '.join(one)} | {' '.join(other)}")
    return found


def _same(one: Row, other: Row, allowed: float) -> bool:
    if one == other or not allowed or len(one) != len(other):
        return one == other
    return all(a == b or _close(a, b, allowed) for a, b in zip(one, other, strict=True))


def _close(one: str, other: str, allowed: float) -> bool:
    try:
        return math.isclose(float(one), float(other), rel_tol=allowed)
    except ValueError:
        return False
