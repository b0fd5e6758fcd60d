"""Quality by tile of the flow cell: where bubbles, dirt or edges spoilt a part of the picture."""

from typing import Self

import numpy as np

from dsqc.kernels.tiles import FIELD, HASHED, LAST, LONGEST, MOST_TILES, STATE, TILES, WITHOUT, add_tiles
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, Reads, Table, Value
from dsqc.metrics.positions import display_groups

MOST_CELLS = 1 << 21
"""Tiles times positions that are kept (32 MiB). No flow cell with tiles comes near: 2,501 tiles of 838 positions."""

TILE_COUNT = Metric(
    "tile_count",
    Text("Tiles", "타일 수"),
    "count",
    Text(
        "Different tiles in the names of the reads looked at: all of the first 10,000 and every tenth after, without "
        "empty ones. The tile is the fifth field of a name with seven or more fields between colons, the third of one "
        "with five or six; null where a name has none, or where there are more than 2,501 (then they are no tiles).",
        "살펴본 리드(처음 10,000개 전부와 그 뒤 열째마다, 빈 리드 제외)의 이름에 나오는 서로 다른 타일 수. 타일은 "
        "콜론으로 나뉜 필드가 일곱 이상이면 다섯째, 다섯이나 여섯이면 셋째이다. 타일이 없는 이름이 있거나 2,501개를 "
        "넘으면(타일이 아니므로) null.",
    ),
    "FastQC 0.12.1 Per tile sequence quality",
)
TILE_DEVIATION = Metric(
    "tile_phred_deviation",
    Text("Largest deviation of a tile", "타일 품질 최대 편차"),
    "phred",
    Text(
        "The largest difference, over tiles and groups of positions, between a tile's mean quality and the mean over "
        "tiles (table quality_by_tile). FastQC warns above 5 and fails above 10.",
        "타일의 평균 품질과 모든 타일 평균의 차이 가운데 가장 큰 값(타일과 위치 그룹 전체, 표 quality_by_tile). "
        "FastQC는 5를 넘으면 경고, 10을 넘으면 실패로 본다.",
    ),
    "FastQC 0.12.1 Per tile sequence quality",
)


class TileCollector(Collector):
    """Sums qualities by tile and position on the reads that FastQC looks at. Memory: 16 bytes a tile and position."""

    METRICS = (TILE_COUNT, TILE_DEVIATION)

    def __init__(self) -> None:
        self._hashed = np.zeros(HASHED, dtype=np.int64)
        self._tiles = np.zeros(64, dtype=np.int64)
        self._sums = np.zeros((64, 0), dtype=np.int64)
        self._lengths = np.zeros((64, 1), dtype=np.int64)
        self._state = np.zeros(STATE, dtype=np.int64)
        self._state[FIELD] = -1

    def add(self, reads: Reads) -> None:
        """Measure one batch."""
        batch, row = reads.batch, 0
        columns = (batch.name_start, batch.name_end, batch.quality_start, batch.length)
        while row < len(batch) and not self._state[WITHOUT]:
            row = int(
                add_tiles(
                    batch.data,
                    *columns,
                    batch.first_record - 1,
                    row,
                    self._hashed,
                    self._tiles,
                    self._sums,
                    self._lengths,
                    self._state,
                )
            )
            if row < len(batch) and not self._state[WITHOUT]:
                self._make_room(int(batch.length[row]))

    def merge(self, other: Self) -> None:
        """Add another part; names without tiles in either leave both without."""
        if other._state[WITHOUT]:
            self._state[WITHOUT] = 1
        if self._state[FIELD] < 0:
            self._state[FIELD] = other._state[FIELD]
        longest = int(other._state[LONGEST])
        for row in range(int(other._state[TILES])):
            if self._state[WITHOUT]:
                return
            place = self._place_of(int(other._tiles[row]), longest)
            if place >= 0:
                self._sums[place, :longest] += other._sums[row, :longest]
                self._lengths[place, : longest + 1] += other._lengths[row, : longest + 1]
        self._state[LONGEST] = max(int(self._state[LONGEST]), longest)

    def continuation(self) -> Self:
        """An empty collector that takes the tile from the same field."""
        following = type(self)()
        following._state[FIELD] = self._state[FIELD]
        following._state[WITHOUT] = self._state[WITHOUT]
        return following

    @property
    def is_settled(self) -> bool:
        """Whether it is known which field of a name is the tile."""
        return bool(self._state[FIELD] >= 0 or self._state[WITHOUT])

    def values(self, facts: Facts) -> dict[str, Value]:
        """Number of tiles and the largest deviation."""
        deviations = self.tables(facts)["quality_by_tile"]["deviation"]
        if not deviations:
            return {"tile_count": None, "tile_phred_deviation": None}
        largest = max(abs(float(value or 0)) for value in deviations)
        return {"tile_count": int(self._state[TILES]), "tile_phred_deviation": largest}

    def tables(self, facts: Facts) -> dict[str, Table]:
        """Tiles ascending, each with all groups of positions; without tiles there are no rows.

        A group's mean is the mean of its positions' means, added one after the other as FastQC does; a tile none of
        whose reads reaches the group has the mean 0 there, as in FastQC.
        """
        used, longest = int(self._state[TILES]), int(self._state[LONGEST])
        names = ("tile", "position_from", "position_to", "deviation")
        if self._state[WITHOUT] or not used or used * longest > MOST_CELLS:
            return {"quality_by_tile": {name: [] for name in names}}
        order = np.argsort(self._tiles[:used], kind="stable")
        counts = self._lengths[order, longest:0:-1].cumsum(axis=1)[:, ::-1].T
        offset = facts.encoding.offset if facts.encoding else 33
        sums = self._sums[order, :longest].T - offset * counts
        by_position = np.divide(sums, counts, out=np.zeros(counts.shape), where=counts > 0)
        groups = display_groups(longest)
        means = np.zeros((used, len(groups)))
        for number, (low, high) in enumerate(groups):
            total = np.add.accumulate(by_position[low - 1 : high], axis=0)[-1]
            weight = (counts[low - 1 : high] > 0).sum(axis=0)
            means[:, number] = np.divide(total, weight, out=np.zeros(used), where=weight > 0)
        means -= np.add.accumulate(means, axis=0)[-1] / used
        tiles = self._tiles[order].tolist()
        columns: tuple[list[int] | list[float], ...] = (
            [tile for tile in tiles for _ in groups],
            [low for low, _ in groups] * used,
            [high for _, high in groups] * used,
            means.ravel().tolist(),
        )
        return {"quality_by_tile": dict(zip(names, columns, strict=True))}

    def _place_of(self, tile: int, longest: int) -> int:
        """Row of ``tile``, made where it has none; -1 where there is no room."""
        used = int(self._state[TILES])
        found = np.flatnonzero(self._tiles[:used] == tile)
        if self._sums.shape[1] < longest:
            self._make_room(longest)
        if len(found):
            return int(found[0])
        if used == len(self._tiles):
            self._make_room(longest)
        if self._state[WITHOUT]:
            return -1
        place = ((tile * 0x9E3779B1) >> 13) & (HASHED - 1)
        while self._hashed[place]:
            place = (place + 1) & (HASHED - 1)
        self._hashed[place] = used + 1
        self._tiles[used] = tile
        self._state[TILES] += 1
        self._state[LAST] = used
        return used

    def _make_room(self, longest: int) -> None:
        """Room for one more tile and for reads of ``longest`` qualities; none left means that these are no tiles."""
        used, (rows, most) = int(self._state[TILES]), self._sums.shape
        wider = max(longest, most)
        if used == rows:
            rows = min(2 * rows, MOST_TILES)
        if used >= MOST_TILES or used * max(longest, int(self._state[LONGEST])) > MOST_CELLS:
            self._state[WITHOUT] = 1
            return
        tiles, sums = np.zeros(rows, dtype=np.int64), np.zeros((rows, wider), dtype=np.int64)
        lengths = np.zeros((rows, wider + 1), dtype=np.int64)
        tiles[:used] = self._tiles[:used]
        sums[:used, :most] = self._sums[:used]
        lengths[:used, : most + 1] = self._lengths[:used]
        self._tiles, self._sums, self._lengths = tiles, sums, lengths
