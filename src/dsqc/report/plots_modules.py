"""Plots of FastQC's further modules: tiles, duplication, adapters, GC content with its model."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dsqc.language import Text
from dsqc.report.figures import Figure, Line, Table, column, legend_of, line_plot, middles, numbered, scale_legend
from dsqc.report.raster import DEVIATION, deviations, png
from dsqc.report.svg import Canvas

POSITION = Text("position in read (bases)", "리드 내 위치 (염기)")
MOST_TILE_ROWS = 1000
"""Rows of the tile map; with more tiles, neighbours share one, which shows the one that deviates most."""
DEVIATION_LIMIT = 5.0
"""Phred below the mean at which FastQC fails a tile; the colours end there."""
READS_SHARE = Text("reads (%)", "리드 비율 (%)")


def tiles(name: str, table: Table) -> Figure | None:
    """Deviation of each tile's mean quality from that of all tiles, by position."""
    tile, low = np.array(column(table, "tile")), np.array(column(table, "position_from"))
    if not len(tile):
        return None
    groups = int(np.count_nonzero(tile == tile[0]))
    values = np.array(column(table, "deviation"), dtype=np.float64).reshape(-1, groups)
    names = tile.reshape(-1, groups)[:, 0]
    together = -(-len(names) // MOST_TILE_ROWS)
    farthest = np.array([_farthest(values[row : row + together]) for row in range(0, len(names), together)])
    title = Text("Quality by tile", "타일별 품질")
    canvas = Canvas.frame(name, (0, groups), (0, len(names)))
    canvas.picture(png(deviations(farthest[::-1], DEVIATION_LIMIT), DEVIATION))
    step = max(1, groups // 8)
    canvas.axes(
        POSITION,
        Text("tile (in ascending order)", "타일 (오름차순)"),
        [(index + 0.5, str(low[index])) for index in range(0, groups, step)],
        [(index + 0.5, str(names[index])) for index in range(0, len(names), max(1, len(names) // 8))],
        grid=False,
    )
    row, place = np.unravel_index(int(values.argmin()), values.shape)
    note = Text(
        f"{len(names)} tiles; lowest: tile {names[row]}, position {low[place]}, {values[row, place]:.1f} Phred.",
        f"타일 {len(names)}개. 최저: 타일 {names[row]}, 위치 {low[place]}, {values[row, place]:.1f} Phred.",
    )
    limit = f"{DEVIATION_LIMIT:.0f}"
    legend = scale_legend(
        DEVIATION,
        Text(f"−{limit} Phred or less against all tiles", f"전체 타일 대비 −{limit} Phred 이하"),
        "0",
        Text(f"+{limit} or more", f"+{limit} 이상"),
    )
    return Figure(title, canvas.render(title, note), legend)


def _farthest(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """In each column of ``rows`` the value farthest from zero."""
    return np.asarray(np.take_along_axis(rows, np.abs(rows).argmax(axis=0)[None, :], axis=0)[0], dtype=np.float64)


def duplication(name: str, tables: Sequence[Table], files: Sequence[str]) -> Figure | None:
    """Share of reads by how often their sequence occurs, a line a file."""
    title = Text("Duplication of sequences", "서열 중복도")
    levels: list[str] = next((column(table, "level") for table in tables if column(table, "level")), [])
    lines = numbered(
        files, [[(place + 0.5, share) for place, share in enumerate(column(table, "percent"))] for table in tables]
    )
    if not levels:
        return None
    canvas = Canvas.frame(name, (0, len(levels)), (0, 100))
    for line in lines:
        canvas.line(line.points, line.style)
    canvas.axes(
        Text("copies of a sequence", "같은 서열의 수"),
        READS_SHARE,
        [(place + 0.5, level) for place, level in enumerate(levels)],
    )
    once = ", ".join(f"{line.points[0][1]:.1f} %" for line in lines if line.points)
    note = Text(f"Reads whose sequence occurs once: {once}.", f"서열이 한 번만 나오는 리드: {once}.")
    return Figure(title, canvas.render(title, note), legend_of(lines))


def adapters(name: str, table: Table) -> Figure | None:
    """Share of reads that have shown an adapter up to a position, a line an adapter that occurs."""
    title = Text("Adapter content", "어댑터 함량")
    places = middles(table)
    names = [key for key in table if not key.startswith("position_")]
    if not places or not names:
        return None
    shown = [key for key in names if max(column(table, key)) > 0] or names[:1]
    lines = numbered(shown, [list(zip(places, column(table, key), strict=True)) for key in shown])
    top = max(y for line in lines for _, y in line.points)
    note = Text(f"Highest: {top:.2f} % of reads.", f"최고: 리드의 {top:.2f} %.")
    svg = line_plot(name, title, (POSITION, READS_SHARE), lines, top=max(top * 1.06, 10.0), note=note,
                    log=places[-1] > 1000)  # fmt: skip
    return Figure(title, svg, legend_of(lines) if top else [])


def gc_model(table: Table) -> Line | None:
    """The normal curve that FastQC lays over the GC contents of reads, in per cent of reads."""
    normal, total = column(table, "normal"), sum(column(table, "reads"))
    if not total or not any(normal):
        return None
    points = [(percent, 100 * value / total) for percent, value in zip(table["gc_percent"], normal, strict=True)]
    return Line(Text("normal curve", "정규 곡선"), points, "line model", "--ink")
