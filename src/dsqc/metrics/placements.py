"""What alignments tell of the reference, the read groups, the sex of a human, introns and strands."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.kernels import placements as k
from dsqc.language import Text
from dsqc.metrics.assemblies import match_assembly
from dsqc.metrics.collector import Collector, Facts, Metric, MetricRow, Reads, Table, Value

MOST_GROUPS = 200
"""Different read groups that the table lists."""
HUMAN = 9606
AUTOSOMES = tuple(str(number) for number in range(1, 23))
LEAST_READS = 20_000
"""Reads on the autosomes from which the sex chromosomes are told."""
UNEVEN = 2.0
"""Most times that an autosome's depth may be that of another: targeted or cut-out alignments are more uneven."""
GROUP_FIELDS = {"sample": "SM", "library": "LB", "platform": "PL", "platform_unit": "PU", "date": "DT"}

_READS_EN = "primary, not duplicate, not failed reads"
_READS_KO = "중복도 품질 탈락도 아닌 일차 레코드"
_SURE_EN = f"By {_READS_EN} of mapping quality {k.SURE} or more."
_SURE_KO = f"매핑 품질이 {k.SURE} 이상인 {_READS_KO}로 센다."
_SEX_EN = (
    f"{_SURE_EN} Null unless the header lists a human assembly, the autosomes have {LEAST_READS:,} such reads and are "
    f"covered evenly (none more than {UNEVEN:g} times as deep as another)."
)
_SEX_KO = (
    f"{_SURE_KO} 헤더가 사람 유전체이고 상염색체에 그런 리드가 {LEAST_READS:,}개 이상이며 고르게 덮였을 때만(깊이 차이 "
    f"{UNEVEN:g}배 이내) 계산하고 아니면 null."
)
_metric = partial(Metric, applies_to="alignments")


class PlacementCollector(Collector):
    """Counts reads by reference, by introns and by the strand of their transcript. Memory: 8 bytes a reference."""

    METRICS: ClassVar[tuple[Metric, ...]] = (
        _metric(
            "reference_assembly", Text("Assembly of the reference", "참조 유전체"), "text",
            Text(
                "The assembly whose sequences the @SQ lines list (`schemas/sequences/assemblies.tsv`), by digest (M5) "
                "or by lengths that no other one has; null where none is known.",
                "@SQ 줄의 서열이 속하는 유전체(`schemas/sequences/assemblies.tsv`). 다이제스트(M5) 또는 그 유전체만의 "
                "길이로 알아낸다. 모르면 null.",
            ),
            "dsqc; M5 of the SAM specification",
        ),
        _metric(
            "reference_assembly_basis", Text("How the assembly was told", "참조 유전체의 근거"), "text",
            Text("`m5` or `lengths`, and how many @SQ lines agree.", "`m5` 또는 `lengths`, 그리고 일치하는 @SQ 줄 수."),
            "dsqc",
        ),
        _metric(
            "frac_reads_spliced", Text("Reads with an intron", "인트론이 있는 리드 비율"), "fraction",
            Text(
                f"Reads whose CIGAR skips {k.SHORTEST_INTRON} bases or more (N) / mapped {_READS_EN}.",
                f"CIGAR가 {k.SHORTEST_INTRON}염기 이상을 건너뛰는(N) 리드 / 매핑된 {_READS_KO}.",
            ),
            "dsqc",
        ),
        _metric(
            "spliced_strand_count", Text("Reads with a known transcript strand", "전사 가닥을 아는 리드 수"), "count",
            Text(
                "Reads with an intron that say their transcript's strand (tag XS or ts).",
                "인트론이 있고 전사체의 가닥을 적은(XS 또는 ts 태그) 리드 수.",
            ),
            "SAM tags XS (HISAT2, STAR) and ts (minimap2)",
        ),
        _metric(
            "frac_spliced_sense", Text("Reads in the sense of the transcript", "전사체와 같은 방향의 리드 비율"),
            "fraction",
            Text(
                "Those of spliced_strand_count that read the transcript's strand, read 2 turned round: near 0.5 where "
                "libraries keep no strand, near 1 or 0 where they do.",
                "spliced_strand_count 가운데 전사체 가닥을 읽은 비율(리드 2는 뒤집어 센다). 가닥 비특이 라이브러리는 "
                "0.5, "
                "특이 라이브러리는 1 또는 0에 가깝다.",
            ),
            "dsqc; compare RSeQC infer_experiment",
        ),
        _metric(
            "x_depth_ratio", Text("Depth of X beside the autosomes", "상염색체 대비 X 염색체 깊이"), "fraction",
            Text(f"Reads a base of X / reads a base of the autosomes. {_SEX_EN}",
                 f"X 염색체의 염기당 리드 / 상염색체의 염기당 리드. {_SEX_KO}"),
            "dsqc",
        ),
        _metric(
            "y_depth_ratio", Text("Depth of Y beside the autosomes", "상염색체 대비 Y 염색체 깊이"), "fraction",
            Text(f"Reads a base of Y / reads a base of the autosomes. {_SEX_EN}",
                 f"Y 염색체의 염기당 리드 / 상염색체의 염기당 리드. {_SEX_KO}"),
            "dsqc",
        ),
    )  # fmt: skip

    def __init__(self) -> None:
        self._lengths = np.zeros(0, np.int64)
        self._reads = np.zeros(0, np.int64)
        self._counts = np.zeros(k.COUNTS, np.int64)

    def add_records(self, records: ReadBatch) -> None:
        """Count the records of one batch."""
        fields, flags = records.alignment, records.flag
        if fields is None or flags is None or not len(records):
            return
        self._prepare(fields.reference_lengths)
        k.count_placements(
            fields.records,
            fields.cigar_start,
            fields.cigar_count,
            fields.tags_start,
            fields.record_end,
            flags,
            fields.mapping_quality,
            fields.reference_id,
            self._reads,
            self._counts,
        )

    def _prepare(self, lengths: NDArray[np.int64]) -> None:
        if not len(self._lengths) and len(lengths):
            self._lengths = lengths.copy()
            self._reads = np.zeros(len(lengths), np.int64)

    def add(self, reads: Reads) -> None:
        """Nothing more: records are counted as stored."""

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` counted; of files with other references only what needs none."""
        self._prepare(other._lengths)
        if len(self._reads) == len(other._reads):
            self._reads += other._reads
        self._counts += other._counts

    def values(self, facts: Facts) -> dict[str, Value]:
        """Metric id -> value."""
        values: dict[str, Value] = {metric.id: None for metric in self.METRICS}
        counted, spliced, sense, against = self._counts.tolist()
        found = match_assembly(facts.header.get("SQ", ()))
        if found is not None:
            values["reference_assembly"] = found.assembly.name
            values["reference_assembly_basis"] = f"{found.basis} ({found.number})"
        if counted:
            values["frac_reads_spliced"] = spliced / counted
            values["spliced_strand_count"] = sense + against
        if sense + against:
            values["frac_spliced_sense"] = sense / (sense + against)
        if found is not None and found.assembly.taxonomy_id == HUMAN:
            values |= self._sex_chromosomes(facts.header)
        return values

    def _sex_chromosomes(self, header: Mapping[str, Any]) -> dict[str, Value]:
        names = [str(line.get("SN", "")).removeprefix("chr") for line in header.get("SQ", ())]
        if len(names) != len(self._lengths) or not {*AUTOSOMES, "X", "Y"} <= set(names):
            return {}
        rows = [names.index(name) for name in AUTOSOMES]
        depths = self._reads[rows] / self._lengths[rows]
        if self._reads[rows].sum() < LEAST_READS or depths.max() > UNEVEN * depths.min():
            return {}
        middle = int(self._reads[rows].sum()) / int(self._lengths[rows].sum())
        ratios: dict[str, Value] = {}
        for name in ("X", "Y"):
            row = names.index(name)
            ratios[f"{name.lower()}_depth_ratio"] = int(self._reads[row]) / int(self._lengths[row]) / middle
        return ratios

    def tables(self, facts: Facts) -> dict[str, Table]:
        """``read_groups``: what the different @RG lines say of sample, library, platform, unit and date."""
        rows: list[tuple[str, ...]] = []
        for group in facts.header.get("RG", ()):
            row = tuple(str(group.get(key, "")) for key in GROUP_FIELDS.values())
            if row not in rows and len(rows) < MOST_GROUPS:
                rows.append(row)
        return {"read_groups": {name: [row[number] for row in rows] for number, name in enumerate(GROUP_FIELDS)}}

    def rows(self, facts: Facts) -> Iterator[MetricRow]:
        """Reads by reference (the key) that has some."""
        lines = facts.header.get("SQ", ())
        if len(lines) == len(self._reads):
            for row in np.flatnonzero(self._reads).tolist():
                yield "reads_by_reference", None, None, str(lines[row].get("SN", "")), float(self._reads[row])
