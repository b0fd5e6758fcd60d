"""Lines that ``run.py`` wrote, chosen and ordered for people."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]


def read(path: Path) -> list[Line]:
    """The lines of a file; of several measurements of the same thing the last."""
    latest: dict[tuple[Any, ...], Line] = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        key = (line["topic"], line["file"]["name"], line["tool"], line["threads"], line.get("kernel"))
        latest.pop(key, None)
        latest[key] = line
    return list(latest.values())


def ranking(lines: Iterable[Line], topic: str) -> list[Line]:
    """The measured programs of a topic, fastest first."""
    found = [line for line in lines if line["topic"] == topic and "wall_s" in line]
    return sorted(found, key=lambda line: (line["file"]["text_bytes"] or 0, pace(line)))


def pace(line: Line) -> float:
    """What a topic is ordered by: times the limit where there is one, else wall seconds."""
    return float((line.get("ratio") or line["wall_s"])["median"])


def is_limit(line: Line) -> bool:
    """Whether the line is the limit itself."""
    return bool(line.get("limit")) and line["limit"] == name_of(line)


def name_of(line: Line) -> str:
    """``dsqc qc, 2 threads``; one thread goes without saying."""
    return str(line["label"]) + (f", {line['threads']} threads" if line["threads"] > 1 else "")


def ours(lines: Iterable[Line]) -> Line | None:
    """The line of dsqc with two threads."""
    return next((line for line in lines if line["tool"] == "dsqc" and line["threads"] == 2), None)
