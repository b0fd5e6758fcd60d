"""What a run page shows for which data: one section a theme, one figure a file or one for all, nothing for nothing."""

import base64
import re
import struct
import zlib
from typing import Any

import numpy as np
import pytest

from dsqc.metrics.contaminants import adapters
from dsqc.report import plots_long, plots_modules, plots_pairs, raster, run_page
from dsqc.report.sections import MOST_ROWS, sections
from helpers.qc_data import qc_file

GROUPS = range(1, 6)
TABLES: dict[str, dict[str, list[Any]]] = {
    "quality_by_tile": {
        "tile": [tile for tile in range(1101, 1110) for _ in GROUPS],
        "position_from": [*GROUPS] * 9,
        "position_to": [*GROUPS] * 9,
        "deviation": [-6.5 if (tile, low) == (3, 2) else 0.1 * tile for tile in range(9) for low in GROUPS],
    },
    "duplication_levels": {"level": ["1", "2", ">10"], "percent": [80.0, 15.0, 5.0]},
    "overrepresented": {
        "sequence": ["ACGT" * 10] * 60,
        "reads": [90] * 60,
        "percent": [0.9] * 60,
        "source": ["No Hit"] * 60,
    },
    "adapter_content": {
        "position_from": [1, 2, 3],
        "position_to": [1, 2, 3],
        **{item.name: [0.0, 0.0, 0.0] for item in adapters()},
        adapters()[0].name: [0.0, 1.0, 20.0],
    },
    "kmer_content": {
        "sequence": ["ACGTACG"],
        "count": [12],
        "p_value": [0.0],
        "obs_exp_max": [9.5],
        "position_from": [3],
        "position_to": [3],
    },
    "gc_model": {
        "gc_percent": list(range(101)),
        "reads": [float(p == 40) * 50 for p in range(101)],
        "normal": [1.0] * 101,
    },
    "length_quality": {
        "length_from": [0, 1_000, 100_000],
        "length_to": [99, 1_258, 125_891],
        "phred": [9, 12, 20],
        "reads": [1, 5, 2],
        "bases": [90, 5_400, 220_000],
    },
    "end_quality": {
        "end": ["first"] * 3 + ["last"] * 3,
        "position": [1, 2, 3] * 2,
        "reads": [8] * 6,
        "mean_phred": [5.0, 8.0, 12.0, None, 9.0, 12.0],
        **{base: [0.2] * 6 for base in "acgtn"},
    },
    "channel_activity": {"channel": [1, 77, 512], "reads": [1, 2, 3], "bases": [100, 2_000, 40]},
    "reads_by_hour": {"hour": [0, 1, 2], "reads": [4, 0, 2], "bases": [4_000, 0, 1_000]},
    "insert_overlap": {"length": [90, 120, 200], "pairs": [4, 9, 1]},
    "overlap_mismatches": {"phred": [2, 20, 37], "bases": [500, 800, 9_000], "mismatches": [200, 9, 4]},
    "insert_size": {
        "size": list(range(900)),
        "inward": list(range(900)),
        "outward": [0] * 900,
        "other": [1] * 900,
    },
    "mapping_quality": {"mapping_quality": [0, 1, 60], "records": [10, 0, 90]},
    "coverage": {"depth_from": [0, 1, 2], "depth_to": [0, 1, 5], "positions": [50, 30, 20]},
    "mismatches_by_cycle": {
        "cycle_from": [1, 2],
        "cycle_to": [1, 2],
        "uncompared": [0, 0],
        "compared": [100, 80],
        "mismatches": [1, 4],
        "no_calls": [0, 0],
        "insertions": [1, 0],
        "deletions": [0, 0],
    },
    "gc_bias": {
        "gc_percent": [35, 40, 45],
        "windows": [1, 5, 2],
        "reads": [9, 60, 20],
        **{key: [1.0, 2.0, 3.0] for key in ("p10", "p25", "median", "p75", "p90")},
    },
    "samtools_flagstat": {"passed": [10, 2], "failed": [0, 1], "category": ["in total", "<mapped>"]},
    "instrument_runs": {
        "platform": ["ILLUMINA"],
        "instrument": ["A00488"],
        "run": ["61"],
        "flow_cell": ["HMLGNDSXX"],
        "lane": ["4"],
        "reads": [900],
    },
}
DRAWN = {
    "quality_by_tile": 1, "duplication_levels": 1, "adapter_content": 1, "length_quality": 1, "end_quality": 3,
    "channel_activity": 1, "reads_by_hour": 1, "insert_overlap": 1, "overlap_mismatches": 1, "insert_size": 1,
    "mapping_quality": 1, "coverage": 1, "mismatches_by_cycle": 1, "gc_bias": 1,
}  # fmt: skip


def file_with(names, name="x.fastq.gz") -> dict[str, Any]:
    data = qc_file(name, reads=300)
    for table in [table for table in data["tables"] if table in TABLES]:
        del data["tables"][table]
    data["tables"] |= {table: TABLES[table] for table in names}
    return data


def shown(*files):
    found = sections(files, [data["file"]["name"] for data in files])
    return [figure for section in found for figure in section.figures], [g for s in found for g in s.grids]


@pytest.mark.parametrize("table", DRAWN)
def test_a_table_adds_its_figures_and_nothing_else(table):
    # FastQC's grades need adapters and overrepresented sequences beside the duplication.
    beside = ["adapter_content", "overrepresented"] if table == "duplication_levels" else []
    without, _ = shown(file_with(beside))
    with_it, _ = shown(file_with([table, *beside]))
    assert len(with_it) - len(without) == DRAWN[table]
    empty = file_with(beside)
    empty["tables"][table] = {column: [] for column in TABLES[table]}
    assert len(shown(empty)[0]) == len(without)


@pytest.mark.parametrize("table", ["overrepresented", "kmer_content", "samtools_flagstat", "instrument_runs"])
def test_tables_that_are_read_stand_as_tables(table):
    _, grids = shown(file_with([table]))
    assert len(grids) == 1
    rows = len(next(iter(TABLES[table].values())))
    assert len(grids[0].rows) == min(rows, MOST_ROWS)
    assert grids[0].left_out == max(rows - MOST_ROWS, 0)


def test_a_page_with_everything_is_whole_small_and_escaped():
    files = [file_with(TABLES, "a_R1.fastq.gz"), file_with(TABLES, "a_R2.fastq.gz")]
    html = run_page.render(files[0], pair=files[1])
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert len(html) < 400_000
    assert "&lt;mapped&gt;" in html
    assert "<mapped>" not in html
    for text in ("Quality by tile", "타일별 품질", "Insert size", "채널별 염기 수", "Differences by cycle", "레코드"):
        assert text in html
    figures, _ = shown(*files)
    assert sum(figure.title.en == "Quality by tile" for figure in figures) == 2
    assert sum(figure.title.en == "Mapping quality" for figure in figures) == 1


def test_the_tile_map_names_the_worst_place():
    figure = plots_modules.tiles("t", TABLES["quality_by_tile"])
    assert figure is not None
    assert "tile 1104, position 2, -6.5 Phred" in figure.svg


def test_many_tiles_share_rows_of_which_the_worst_is_shown():
    tiles = 3 * plots_modules.MOST_TILE_ROWS
    deviation = np.zeros(tiles)
    deviation[7] = -5.0
    table = {
        "tile": list(range(tiles)), "position_from": [1] * tiles, "position_to": [1] * tiles,
        "deviation": deviation.tolist(),
    }  # fmt: skip
    figure = plots_modules.tiles("t", table)
    assert figure is not None
    cells = picture(figure.svg)
    assert cells.shape == (plots_modules.MOST_TILE_ROWS, 1)
    assert np.flatnonzero(cells[::-1, 0] == 1).tolist() == [2]


def picture(svg) -> np.ndarray:
    """The indices of the picture in ``svg``."""
    content = base64.b64decode(re.search(r"base64,([^\"]+)", svg).group(1))
    columns, rows = struct.unpack(">II", content[16:24])
    start = content.index(b"IDAT")
    size = struct.unpack(">I", content[start - 4 : start])[0]
    lines = np.frombuffer(zlib.decompress(content[start + 4 : start + 4 + size]), dtype=np.uint8)
    return lines.reshape(rows, columns + 1)[:, 1:]


def test_the_map_of_lengths_puts_bins_where_they_belong():
    figure = plots_long.length_quality("l", TABLES["length_quality"])
    assert figure is not None
    cells = picture(figure.svg)[::-1]
    places = {tuple(place) for place in np.argwhere(cells).tolist()}
    assert places == {(9, 0), (12, 13), (20, 33)}  # ten bins a power of ten, the first for all below 100
    assert cells[20, 33] == raster.STEPS


def test_channels_stand_in_rows():
    figure = plots_long.channels("c", TABLES["channel_activity"])
    assert figure is not None
    cells = picture(figure.svg)[::-1]
    assert cells.shape == (16, 32)
    assert {tuple(place) for place in np.argwhere(cells).tolist()} == {(0, 0), (2, 12), (15, 31)}


def test_colours_of_deviations_and_amounts():
    assert raster.deviations(np.array([-9.0, -5.0, 0.0, 5.0, 9.0]), 5.0).tolist() == [1, 1, 11, 21, 21]
    assert raster.amounts(np.array([0.0, 1.0, 100.0])).tolist() == [raster.EMPTY, 3, 21]
    assert raster.amounts(np.zeros(2)).tolist() == [0, 0]


def test_depth_falls_from_all_positions():
    figure = plots_pairs.coverage("c", [TABLES["coverage"]], ["a"])
    assert figure is not None
    assert "Highest value 100" in figure.svg


def test_many_sizes_become_few_points_without_losing_pairs():
    points = plots_pairs._thinned(list(range(1_000)), [1] * 1_000)
    assert len(points) <= plots_pairs.MOST_POINTS
    assert {height for _, height in points} == {1.0}
