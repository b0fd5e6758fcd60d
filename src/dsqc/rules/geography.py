"""Which country a coordinate lies in, offline: outlines of ``dsqc.schemas/geography``, read when a coordinate asks.

An outline is decoded and sorted into bands of latitude at its first use, so that a submission pays for the countries it
names and no others. Coordinates are hundredths of a degree, as in the file.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate, pairwise

from dsqc.forms import vocabulary
from dsqc.forms.reference import reference_table
from dsqc.forms.value import COUNTRIES

NEAR_KM = 25.0
"""A place so near to an outline counts as inside. Outlines are simplified by 3 km; coordinates of people and of rare
species are rounded to 0.1 or 0.2 degrees (11 or 22 km); islets and landings lie off the coast."""
OWN_SEA_KM = 370.4
"""200 nautical miles: a coastal state's own waters (UN Convention on the Law of the Sea, article 57). A sample of the
open sea so near to the coast may carry the state's name."""
HARD_BY_KM = 5.0
"""A place at sea so near to a land is taken to lie in it: harbours that the simplified outline leaves out."""
KM_PER_DEGREE = 111.2
SCALE = 100
BAND = 10
"""Height of a band in hundredths of a degree."""
CELL = 500
"""Side of a cell of the index of outlines."""
COARSE = 50
"""Side of the cells that stand for a coast in the open sea; half of its diagonal is added to ``OWN_SEA_KM``."""

Edge = tuple[int, int, int, int]


@dataclass(frozen=True)
class Outline:
    """Polygons of one country that lie close together."""

    name: str
    terms: tuple[str, ...]
    west: int
    south: int
    east: int
    north: int
    text: str

    @cached_property
    def rings(self) -> list[list[tuple[int, int]]]:
        """Closed rings of (longitude, latitude)."""
        found = []
        for part in self.text.split("|"):
            numbers = list(map(int, part.split()))
            found.append(list(zip(accumulate(numbers[::2]), accumulate(numbers[1::2]), strict=True)))
        return found

    @cached_property
    def bands(self) -> dict[int, list[Edge]]:
        """Edges by the bands of latitude that they touch."""
        found: dict[int, list[Edge]] = {}
        for ring in self.rings:
            for (x, y), (next_x, next_y) in pairwise(ring):
                low, high = (y, next_y) if y < next_y else (next_y, y)
                for band in range(low // BAND, high // BAND + 1):
                    found.setdefault(band, []).append((x, y, next_x, next_y))
        return found

    def holds(self, x: float, y: float) -> bool:
        """Whether a place lies inside an odd number of rings."""
        if not (self.west <= x <= self.east and self.south <= y <= self.north):
            return False
        inside = False
        for from_x, from_y, to_x, to_y in self.bands.get(int(y // BAND), ()):
            if (from_y > y) != (to_y > y) and x < (to_x - from_x) * (y - from_y) / (to_y - from_y) + from_x:
                inside = not inside
        return inside

    def is_near(self, x: float, y: float, km: float = NEAR_KM) -> bool:
        """Whether an edge passes within ``km`` of a place."""
        reach = km / KM_PER_DEGREE * SCALE
        width = max(math.cos(math.radians(y / SCALE)), 0.01)
        across = reach / width
        if not (self.west - across <= x <= self.east + across and self.south - reach <= y <= self.north + reach):
            return False
        limit = reach * reach
        for band in range(int((y - reach) // BAND), int((y + reach) // BAND) + 1):
            for edge in self.bands.get(band, ()):
                if _squared_distance(edge, x, y, width, across) <= limit:
                    return True
        return False


def _squared_distance(edge: Edge, x: float, y: float, width: float, across: float) -> float:
    """From a place to a segment, in hundredths of a degree of latitude."""
    from_x, from_y, to_x, to_y = edge
    if (from_x > x + across and to_x > x + across) or (from_x < x - across and to_x < x - across):
        return math.inf
    start_x, start_y = (from_x - x) * width, from_y - y
    step_x, step_y = (to_x - from_x) * width, to_y - from_y
    length = step_x * step_x + step_y * step_y
    along = -(start_x * step_x + start_y * step_y) / length if length else 0.0
    along = 0.0 if along < 0 else min(along, 1.0)
    return float((start_x + along * step_x) ** 2 + (start_y + along * step_y) ** 2)


@dataclass(frozen=True, slots=True)
class Area:
    """A place that is told by boxes: a sea, a disputed area, an island without an outline."""

    terms: tuple[str, ...]
    is_sea: bool
    boxes: tuple[tuple[float, float, float, float], ...]

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether a place lies in one of the boxes."""
        return any(south <= latitude <= north and west <= longitude <= east for south, west, north, east in self.boxes)


@cache
def outlines() -> tuple[Outline, ...]:
    """All outlines, not yet decoded."""
    return tuple(
        Outline(
            name=row["name"],
            terms=tuple(row["terms"].split(";")),
            west=int(row["west"]),
            south=int(row["south"]),
            east=int(row["east"]),
            north=int(row["north"]),
            text=row["rings"],
        )
        for row in reference_table("geography/countries")
    )


@cache
def _outlines_of() -> dict[str, list[Outline]]:
    found: dict[str, list[Outline]] = {}
    for outline in outlines():
        for term in outline.terms:
            found.setdefault(term, []).append(outline)
    return found


@cache
def _coast_of(country: str) -> dict[int, list[int]]:
    """Coarse cells that the outlines of a country touch: row -> columns in order, three times round the globe."""
    found: dict[int, set[int]] = {}
    for outline in _outlines_of().get(country, ()):
        for ring in outline.rings:
            for x, y in ring:
                found.setdefault(y // COARSE, set()).add(x // COARSE)
    turn = 360 * SCALE // COARSE
    return {
        row: sorted(column + shift for column in columns for shift in (-turn, 0, turn))
        for row, columns in found.items()
    }


def _is_own_sea(country: str, x: float, y: float) -> bool:
    """Whether a place at sea is within ``OWN_SEA_KM`` of a country, give or take a coarse cell."""
    coast = _coast_of(country)
    width = max(math.cos(math.radians(y / SCALE)), 0.01)
    row, column = y / COARSE - 0.5, x / COARSE - 0.5
    reach = OWN_SEA_KM / KM_PER_DEGREE * SCALE / COARSE + math.sqrt(0.5)
    for near_row in range(math.ceil(row - reach), math.floor(row + reach) + 1):
        columns = coast.get(near_row)
        if columns is None:
            continue
        across = math.sqrt(reach * reach - (near_row - row) ** 2) / width
        index = bisect_left(columns, column - across)
        if index < len(columns) and columns[index] <= column + across:
            return True
    return False


@cache
def _outlines_by_cell() -> dict[tuple[int, int], list[Outline]]:
    found: dict[tuple[int, int], list[Outline]] = {}
    for outline in outlines():
        for column in range(outline.west // CELL, outline.east // CELL + 1):
            for row in range(outline.south // CELL, outline.north // CELL + 1):
                found.setdefault((column, row), []).append(outline)
    return found


@cache
def areas() -> tuple[Area, ...]:
    """All areas."""
    return tuple(
        Area(tuple(row["terms"].split(";")), row["kind"] == "sea", _boxes(row["boxes"]))
        for row in reference_table("geography/areas")
    )


def _boxes(text: str) -> tuple[tuple[float, float, float, float], ...]:
    found = []
    for box in text.split("|"):
        south, west, north, east = map(float, box.split())
        found.append((south, west, north, east))
    return tuple(found)


def country_at(latitude: float, longitude: float) -> str:
    """The INSDC term of the land that a place lies on or hard by, the most telling one; empty at sea."""
    found = _land_at(longitude * SCALE, latitude * SCALE)
    return found.terms[0] if found else ""


def _land_at(x: float, y: float) -> Outline | None:
    """The outline that a place lies in, or hard by."""
    near = _in_cell(x, y)
    inside = next((outline for outline in near if outline.holds(x, y)), None)
    return inside or next((outline for outline in near if outline.is_near(x, y, HARD_BY_KM)), None)


def _in_cell(x: float, y: float) -> list[Outline]:
    return _outlines_by_cell().get((int(x // CELL), int(y // CELL)), [])


def is_known(country: str) -> bool:
    """Whether anything is known of where ``country`` lies."""
    return country in _outlines_of() or any(country in area.terms for area in areas())


def agrees(country: str, latitude: float, longitude: float) -> bool:
    """Whether a sample from a place may carry the INSDC term ``country``; true where nothing is known of it."""
    x, y = longitude * SCALE, latitude * SCALE
    own = _outlines_of().get(country, [])
    for outline in own:
        if outline.holds(x, y) or outline.is_near(x, y):
            return True
    told = [area for area in areas() if country in area.terms]
    if not own and not told:
        return True
    inside = [area for area in told if area.holds(latitude, longitude)]
    if any(not area.is_sea for area in inside):
        return True
    land = _land_at(x, y)
    if land is not None:
        # A border of two countries counts as a coast too: seas are judged mildly.
        return bool(inside) and land.is_near(x, y)
    return bool(inside) or _is_own_sea(country, x, y)


def country_term(geo_loc_name: str) -> str:
    """The INSDC term that a value of ``country:region`` begins with; empty where it is none of the list."""
    match = vocabulary(COUNTRIES).lookup(geo_loc_name.partition(":")[0].strip())
    return match.term.term if match else ""
