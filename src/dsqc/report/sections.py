"""What a run page shows below its findings: which plots and tables, under which headings, for which data."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from markupsafe import Markup

from dsqc.language import Text
from dsqc.report import fastqc, plots, plots_long, plots_modules, plots_organisms, plots_pairs
from dsqc.report.figures import SERIES, Figure, LegendItem, Table
from dsqc.sketch.composition import EXTENTS

Data = Mapping[str, Any]
Cell = Text | str
One = Callable[[str, Table], Figure | None]
"""Draws one file's table; the first argument is unique in the page."""
All = Callable[[str, Sequence[Table], Sequence[str]], Figure | None]
"""Draws the tables of several files, whose names come last."""
MOST_ROWS = 50
"""Rows of a table; the rest is told as a number."""

QUALITY_LEGEND = (
    LegendItem(Text("mean", "평균"), "--ink"),
    LegendItem(Text("median", "중앙값"), "--band", "dash"),
    LegendItem(Text("quartiles", "사분위"), "--band", "box", 0.5),
    LegendItem(Text("10th to 90th percentile", "10~90 백분위"), "--band", "box", 0.2),
)
BASE_LEGEND = tuple(LegendItem(base, f"--base-{base.lower()}") for base in "ACGTN")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with its caption.

    Attributes:
        title: its caption.
        headings: one a column.
        rows: cells; those of ``numbers`` stand to the right.
        numbers: columns that hold numbers.
        file: which file it shows, where a page has several.
        left_out: rows that are not shown.
        sequences: the first column holds sequences.
    """

    title: Text
    headings: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    numbers: frozenset[int] = frozenset()
    file: str = ""
    left_out: int = 0
    sequences: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page: a heading with the plots and tables below it."""

    id: str
    title: Text
    figures: list[Figure] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.figures or self.grids)


class _Files:
    """The tables of all files of a page, their short names, FastQC's grades."""

    def __init__(self, files: Sequence[Data], shorts: Sequence[str]) -> None:
        self.tables: list[Table] = [data.get("tables") or {} for data in files]
        self.shorts = list(shorts)
        self.several = len(files) > 1
        self.grades = [{module.name: module.status for module in fastqc.modules(data)} for data in files]

    def each(self, table: str, draw: One, module: str = "") -> Iterable[Figure]:
        """A figure a file that has ``table``, with FastQC's grade of ``module``."""
        for number, content in enumerate(self.tables):
            figure = draw(f"{table.replace('_', '-')}-{number}", content.get(table) or {})
            if figure and figure.svg:
                yield Figure(
                    figure.title, figure.svg, figure.legend, self._name(number), self.grades[number].get(module, "")
                )

    def together(self, table: str, draw: All, module: str = "") -> Iterable[Figure]:
        """One figure over all files that have ``table``."""
        chosen = [number for number, content in enumerate(self.tables) if content.get(table)]
        figure = draw(
            table.replace("_", "-"),
            [self.tables[number][table] for number in chosen],
            [self.shorts[number] for number in chosen],
        )
        if figure and figure.svg:
            yield Figure(figure.title, figure.svg, figure.legend, "", self.worst(module))

    def once(self, table: str, draw: One) -> Iterable[Figure]:
        """A figure of what mates share: both files of a pair say the same, which is shown once."""
        drawn: list[Table] = []
        for number, content in enumerate(self.tables):
            found = content.get(table) or {}
            if found and found not in drawn:
                drawn.append(found)
                figure = draw(f"{table.replace('_', '-')}-{number}", found)
                if figure and figure.svg:
                    yield figure

    def worst(self, module: str) -> str:
        """FastQC's worst grade of ``module`` over the files; empty where there is none."""
        found = {grades.get(module, "") for grades in self.grades}
        return next((grade for grade in ("fail", "warn", "pass") if grade in found), "")

    def _name(self, number: int) -> str:
        return self.shorts[number] if self.several else ""

    def legend(self) -> list[LegendItem]:
        """The files and their colours; none for a single file."""
        if not self.several:
            return []
        return [LegendItem(name, f"--s{number % SERIES}", "box") for number, name in enumerate(self.shorts)]

    def grids(
        self,
        table: str,
        title: Text,
        columns: Mapping[str, Cell],
        *,
        numbers: frozenset[int],
        sequences: bool = False,
        said: Mapping[str, Callable[[Any], Cell]] | None = None,
    ) -> Iterable[Grid]:
        """A table a file that has rows of ``table``; ``columns`` name what is shown, ``said`` how where not plainly."""
        cells = [(said or {}).get(key, _cell) for key in columns]
        for number, content in enumerate(self.tables):
            found = content.get(table) or {}
            rows = list(zip(*(found.get(key) or () for key in columns), strict=True))
            if rows:
                shown = [[cell(value) for cell, value in zip(cells, row, strict=True)] for row in rows[:MOST_ROWS]]
                left_out = len(rows) - len(shown)
                yield Grid(title, list(columns.values()), shown, numbers, self._name(number), left_out, sequences)


def sections(files: Sequence[Data], shorts: Sequence[str]) -> list[Section]:
    """The sections that ``files`` have something for.

    Args:
        files: contents of ``<stem>.dsqc.json``.
        shorts: their names as plots show them.
    """
    given = _Files(files, shorts)
    made = (
        _qualities(given),
        _bases(given),
        _library(given),
        _organisms(given),
        _nanopore(given),
        _alignments(given),
        _origins(given),
    )
    return [section for section in made if section]


def _drawn(draw: Callable[[str, Table], Markup], title: Text, legend: Sequence[LegendItem]) -> One:
    return lambda name, table: Figure(title, draw(name, table), legend)


def _shared(given: _Files, draw: Callable[[str, Sequence[Table]], Markup], title: Text) -> All:
    return lambda name, tables, _names: Figure(title, draw(name, tables), given.legend())


def _qualities(given: _Files) -> Section:
    section = Section("qualities", Text("Qualities", "품질"))
    by_position = _drawn(plots.quality_by_position, Text("Quality by position", "위치별 품질"), QUALITY_LEGEND)
    section.figures.extend(given.each("quality_by_position", by_position, "Per base sequence quality"))
    section.figures.extend(given.each("quality_by_tile", plots_modules.tiles, "Per tile sequence quality"))
    of_reads = _shared(given, plots.read_quality, Text("Quality of reads", "리드 품질"))
    section.figures.extend(given.together("read_quality", of_reads, "Per sequence quality scores"))
    section.figures.extend(given.each("length_quality", plots_long.length_quality))
    section.figures.extend(given.each("end_quality", plots_long.end_quality))
    section.figures.extend(given.once("overlap_mismatches", plots_pairs.overlap_mismatches))
    return section


def _bases(given: _Files) -> Section:
    section = Section("bases", Text("Bases and lengths", "염기와 길이"))
    content = _drawn(plots.base_content, Text("Base content by position", "위치별 염기 조성"), BASE_LEGEND)
    section.figures.extend(given.each("base_content", content, "Per base sequence content"))
    for end in ("first", "last"):
        section.figures.extend(given.each("end_quality", partial(plots_long.end_content, end=end)))
    # GC content needs the model beside it, so it is given all tables of a file.
    svg = plots.gc_content("gc-content", given.tables)
    if svg:
        legend = given.legend()
        if not given.several and plots_modules.gc_model(given.tables[0].get("gc_model") or {}):
            legend = [
                LegendItem(Text("reads", "리드"), "--s0", "box"),
                LegendItem(Text("normal curve", "정규 곡선"), "--ink", "dash"),
            ]
        grade = given.worst("Per sequence GC content")
        section.figures.append(Figure(Text("GC content of reads", "리드 GC 함량"), svg, legend, "", grade))
    lengths = _shared(given, plots.read_length, Text("Read length", "리드 길이"))
    section.figures.extend(given.together("read_length", lengths, "Sequence Length Distribution"))
    section.figures.extend(given.once("insert_overlap", plots_pairs.insert_overlap))
    return section


def _library(given: _Files) -> Section:
    section = Section("library", Text("Duplication, adapters, sequences", "중복, 어댑터, 서열"))
    section.figures.extend(
        given.together("duplication_levels", plots_modules.duplication, "Sequence Duplication Levels")
    )
    section.figures.extend(given.each("adapter_content", plots_modules.adapters, "Adapter Content"))
    section.grids.extend(
        given.grids(
            "overrepresented",
            Text("Overrepresented sequences", "과다 출현 서열"),
            {
                "sequence": Text("Sequence", "서열"),
                "reads": Text("Reads", "리드 수"),
                "percent": Text("% of reads", "리드 %"),
                "source": Text("Possible source", "추정 출처"),
            },
            numbers=frozenset({1, 2}),
            sequences=True,
        )
    )
    section.grids.extend(
        given.grids(
            "kmer_content",
            Text("Enriched k-mers", "편중된 k-mer"),
            {
                "sequence": Text("Sequence", "서열"),
                "count": Text("Count", "건수"),
                "obs_exp_max": Text("Enrichment", "농축도"),
                "position_from": Text("Position", "위치"),
            },
            numbers=frozenset({1, 2, 3}),
            sequences=True,
        )
    )
    return section


def _organisms(given: _Files) -> Section:
    section = Section("organisms", Text("Organisms", "생물종"))
    section.figures.extend(given.each("organisms", plots_organisms.organisms))
    section.grids.extend(
        given.grids(
            "organisms",
            Text("Genomes of the panel that the reads hold", "리드에서 발견된 패널 유전체"),
            {
                "organism": Text("Organism", "생물종"),
                "taxonomy_id": Text("Taxonomy id", "분류 ID"),
                "accession": Text("Accession", "등록번호"),
                "share": Text("Share of reads", "리드 비율"),
                "low": Text("At least", "하한"),
                "high": Text("At most", "상한"),
                "containment": Text("Containment", "포함도"),
                "breadth": Text("Breadth", "분포 폭"),
                "extent": Text("Found as", "판단"),
            },
            numbers=frozenset({3, 4, 5, 6, 7}),
            said={
                "taxonomy_id": str,
                **dict.fromkeys(("share", "low", "high"), _percent),
                "extent": lambda value: EXTENTS.get(value, str(value)),
            },
        )
    )
    return section


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _nanopore(given: _Files) -> Section:
    section = Section("activity", Text("Course of the run", "런의 경과"))
    section.figures.extend(given.together("reads_by_hour", plots_long.hours))
    section.figures.extend(given.each("channel_activity", plots_long.channels))
    return section


def _alignments(given: _Files) -> Section:
    section = Section("alignment", Text("Alignment", "정렬"))
    section.figures.extend(given.each("insert_size", plots_pairs.insert_size))
    section.figures.extend(given.together("mapping_quality", plots_pairs.mapping_quality))
    section.figures.extend(given.together("coverage", plots_pairs.coverage))
    section.figures.extend(given.each("mismatches_by_cycle", plots_pairs.mismatches))
    section.figures.extend(given.each("gc_bias", plots_pairs.gc_bias))
    section.grids.extend(
        given.grids(
            "samtools_flagstat",
            Text("Records by flag (samtools flagstat)", "플래그별 레코드 (samtools flagstat)"),
            {
                "category": Text("Category", "구분"),
                "passed": Text("Passed", "통과"),
                "failed": Text("Failed QC", "품질 탈락"),
            },
            numbers=frozenset({1, 2}),
        )
    )
    section.grids.extend(
        given.grids(
            "samtools_sn",
            Text("Summary numbers (samtools stats)", "요약 수치 (samtools stats)"),
            {"key": Text("Number", "항목"), "value": Text("Value", "값")},
            numbers=frozenset({1}),
        )
    )
    return section


def _origins(given: _Files) -> Section:
    section = Section("origin", Text("Instrument", "기기"))
    section.grids.extend(
        given.grids(
            "instrument_runs",
            Text("Where reads come from, by their names", "이름으로 본 리드의 출처"),
            {
                "platform": Text("Platform", "플랫폼"),
                "instrument": Text("Instrument", "기기"),
                "run": Text("Run", "런"),
                "flow_cell": Text("Flow cell", "플로셀"),
                "lane": Text("Lane", "레인"),
                "reads": Text("Reads", "리드 수"),
            },
            numbers=frozenset({5}),
        )
    )
    return section


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
