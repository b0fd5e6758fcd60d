"""Compares measured lines with the bars of ``bars.toml``."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "bars.toml"
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One bar held against one measurement.

    Attributes:
        text: what is compared, for people.
        value: measured; None where nothing was.
        bound: the bar, ``≤ 2.4``.
        reached: None where nothing was measured.
        aim: whether the aim is reached too; None where there is none.
    """

    text: str
    value: float | None
    bound: str
    reached: bool | None
    aim: bool | None = None


def load() -> list[dict[str, Any]]:
    """The bars as they stand in the file."""
    found: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["bar"]
    return found


def check(lines: Sequence[Line], bars: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """All verdicts, in the order of the bars; a bar of a topic that was not run is left out."""
    topics = {line["topic"] for line in lines}
    return [
        verdict
        for bar in bars
        if bar["topic"] == "*" or bar["topic"] in topics
        for verdict in _verdicts(bar, [line for line in lines if "wall_s" in line])
    ]


def _verdicts(bar: Mapping[str, Any], lines: Sequence[Line]) -> Iterator[Verdict]:
    chosen = [line for line in lines if _concerns(bar, line)]
    if bar["measure"] == "linearity":
        yield _verdict(bar, _title(bar, bar["topic"], None), _linearity(chosen))
    elif not chosen and bar["topic"] != "*":
        yield _verdict(bar, _title(bar, bar["topic"], None), None)
    else:
        for line in chosen:
            yield _verdict(bar, _title(bar, line["topic"], line), _value(bar["measure"], line, lines))


def _concerns(bar: Mapping[str, Any], line: Line) -> bool:
    return (
        bar["topic"] in ("*", line["topic"])
        and line["tool"] == bar["tool"]
        and bar.get("threads", line["threads"]) == line["threads"]
        and bar.get("file", line["file"]["name"]) == line["file"]["name"]
    )


def _value(measure: str, line: Line, lines: Sequence[Line]) -> float | None:
    if measure == "peak_mib":
        return float(line["peak_mib"])
    if measure == "times_dsqc":
        ours = [
            item
            for item in lines
            if (item["topic"], item["tool"], item["threads"]) == (line["topic"], "dsqc", 2)
            and item["file"] == line["file"]
        ]
        key = "ratio" if line.get("ratio") else "wall_s"
        return round(line[key]["median"] / ours[0][key]["median"], 3) if ours else None
    found = line.get(measure)
    return float(found["median"]) if found else None


def _linearity(lines: Sequence[Line]) -> float | None:
    """CPU a byte between the two largest files over CPU a byte between the two before: start-up falls out."""
    points = sorted((line["file"]["text_bytes"], line["cpu_s"]["median"]) for line in lines)[-3:]
    if len(points) < 3:
        return None
    (size_a, cpu_a), (size_b, cpu_b), (size_c, cpu_c) = points
    before = (cpu_b - cpu_a) / (size_b - size_a)
    return round((cpu_c - cpu_b) / (size_c - size_b) / before, 3) if before > 0 else None


def _title(bar: Mapping[str, Any], topic: str, line: Line | None) -> str:
    threads = bar.get("threads") or (line or {}).get("threads")
    name = f" · {line['file']['name']}" if line and line["file"]["name"] else ""
    return f"{topic} · {bar['tool']}{f' -@ {threads}' if threads else ''} · {bar['measure']}{name}"


def _verdict(bar: Mapping[str, Any], text: str, value: float | None) -> Verdict:
    upper = "at_most" in bar
    limit = bar["at_most"] if upper else bar["at_least"]
    bound = f"{'≤' if upper else '≥'} {limit:g}"
    if value is None:
        return Verdict(text, None, bound, None)
    reached = value <= limit if upper else value >= limit
    aim = None if "aim" not in bar else bool(value <= bar["aim"] if upper else value >= bar["aim"])
    return Verdict(text, value, bound, bool(reached), aim)
