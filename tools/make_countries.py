"""Make ``schemas/geography/countries.tsv`` of Natural Earth's borders, for the check of coordinates (S019).

Natural Earth 4.1, 1:10m, admin 0 (public domain), as packed in the npm package world-atlas 2.0.2::

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/make_countries.py package/countries-10m.json

Borders are simplified (no point moves by more than 0.03 degrees, about 3 km) arc by arc, so that neighbours still meet,
and rounded to 0.01 degrees. A row holds polygons of one country that lie close together: its name in Natural Earth, the
terms of the INSDC list that a sample taken there may carry (``territories.tsv``), a bounding box and the rings. Numbers
are hundredths of a degree; a ring is its first point (longitude, latitude) and the steps to the following ones; a point
lies inside where it lies inside an odd number of a row's rings.
"""

import argparse
import csv
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

GEOGRAPHY = Path(__file__).resolve().parents[1] / "schemas" / "geography"
TOLERANCE = 0.03
SCALE = 100
SMALL = 2.0
"""Polygons narrower than so many degrees share a row with their neighbours of the same cell of so many."""
CELL = 5.0

Point = tuple[float, float]
Ring = list[tuple[int, int]]


def main() -> None:
    """Read the topology, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topology", type=Path, help="countries-10m.json of world-atlas")
    topology = json.loads(parser.parse_args().topology.read_text(encoding="utf-8"))
    arcs = [simplify(arc) for arc in decoded_arcs(topology)]
    terms = terms_by_name()
    parts: dict[tuple[str, str], list[list[Ring]]] = defaultdict(list)
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        if name not in terms:
            raise SystemExit(f"territories.tsv does not say which INSDC terms {name} may carry.")
        for polygon in polygons(geometry, arcs):
            parts[name, terms_of(polygon[0], terms[name])].append(polygon)
    rows = []
    for (name, listed), found in parts.items():
        for rings in groups(found):
            points = [point for ring in rings for point in ring]
            box = (*map(min, zip(*points, strict=True)), *map(max, zip(*points, strict=True)))
            rows.append((name, listed, *box, "|".join(map(written, rings))))
    rows.sort(key=lambda row: (row[0], row[1:6]))
    header = ("name", "terms", "west", "south", "east", "north", "rings")
    lines = ["\t".join(map(str, row)) for row in (header, *rows)]
    (GEOGRAPHY / "countries.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def terms_by_name() -> dict[str, list[tuple[tuple[float, ...], str]]]:
    """Name in Natural Earth -> (south, west, north, east) and INSDC terms, joined by ``;``; the whole country last."""
    found: dict[str, list[tuple[tuple[float, ...], str]]] = defaultdict(list)
    with (GEOGRAPHY / "territories.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            box = tuple(float(number) for number in (row["box"] or "-90 -180 90 180").split())
            found[row["name"]].append((box, row["terms"]))
    return {name: sorted(listed, key=lambda item: item[0][2] - item[0][0]) for name, listed in found.items()}


def terms_of(ring: Ring, listed: list[tuple[tuple[float, ...], str]]) -> str:
    """The terms of the smallest box that the ring lies in; the country's own where it lies in none."""
    xs, ys = zip(*ring, strict=True)
    for (south, west, north, east), terms in listed[:-1]:
        is_within = west * SCALE <= min(xs) and max(xs) <= east * SCALE
        if is_within and south * SCALE <= min(ys) and max(ys) <= north * SCALE:
            return terms
    return listed[-1][1]


def decoded_arcs(topology: dict[str, Any]) -> Iterator[list[Point]]:
    """The arcs of a quantised topology in degrees."""
    (x_scale, y_scale), (x_start, y_start) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * x_scale + x_start, y * y_scale + y_start))
        yield points


def simplify(points: list[Point]) -> list[Point]:
    """Ramer-Douglas-Peucker, with degrees of longitude as long as they are at that latitude. Ends stay."""
    keep = {0, len(points) - 1}
    # A closed arc has the same point at both ends: it is cut at the point farthest from it first.
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        distances = [distance(points[index], points[first], points[last]) for index in range(first + 1, last)]
        farthest = max(distances)
        middle = first + 1 + distances.index(farthest)
        is_closed = points[first] == points[last]
        if farthest > TOLERANCE or is_closed:
            keep.add(middle)
            spans += [(first, middle), (middle, last)]
    return [points[index] for index in sorted(keep)]


def distance(point: Point, start: Point, end: Point) -> float:
    """Degrees of latitude from a point to a segment."""
    width = math.cos(math.radians(point[1]))
    x, y = (end[0] - start[0]) * width, end[1] - start[1]
    to_x, to_y = (point[0] - start[0]) * width, point[1] - start[1]
    length = x * x + y * y
    along = max(0.0, min(1.0, (to_x * x + to_y * y) / length)) if length else 0.0
    return math.hypot(to_x - along * x, to_y - along * y)


def polygons(geometry: dict[str, Any], arcs: list[list[Point]]) -> Iterator[list[Ring]]:
    """Polygons of a country, each its outer ring and its holes."""
    for polygon in geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]:
        rings = [rounded([point for index in ring for point in directed(arcs, index)]) for ring in polygon]
        yield [rings[0], *(ring for ring in rings[1:] if len(ring) > 3)]


def directed(arcs: list[list[Point]], index: int) -> list[Point]:
    """An arc, backwards where its index is negative."""
    return arcs[index] if index >= 0 else arcs[~index][::-1]


def rounded(points: list[Point]) -> Ring:
    """A closed ring of whole numbers without repeated points; an islet that comes to nothing is a small square."""
    ring: Ring = []
    for x, y in points:
        point = (round(x * SCALE), round(y * SCALE))
        if not ring or ring[-1] != point:
            ring.append(point)
    if len(ring) > 3:
        return ring
    (x, y) = ring[0]
    return [(x - 1, y - 1), (x + 1, y - 1), (x + 1, y + 1), (x - 1, y + 1), (x - 1, y - 1)]


def groups(parts: Iterable[list[Ring]]) -> Iterator[list[Ring]]:
    """Large polygons alone, small ones with those of the same cell."""
    small: dict[tuple[int, int], list[Ring]] = defaultdict(list)
    for rings in parts:
        xs, ys = zip(*rings[0], strict=True)
        if max(max(xs) - min(xs), max(ys) - min(ys)) > SMALL * SCALE:
            yield rings
        else:
            small[int(min(xs) // (CELL * SCALE)), int(min(ys) // (CELL * SCALE))] += rings
    yield from small.values()


def written(ring: Ring) -> str:
    """First point, then steps."""
    steps = [(one[0] - before[0], one[1] - before[1]) for before, one in pairwise(ring)]
    return " ".join(f"{x} {y}" for x, y in (ring[0], *steps))


if __name__ == "__main__":
    main()
