"""What human alignments show at common variants, by which runs of one individual are told from those of others.

The counts tell an individual as surely as a genotype does: results that hold them are kept as the data themselves are.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import AlignmentColumns, ReadBatch
from dsqc.kernels import identity as k
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, Reads, Table, Value

Counts = NDArray[np.int64]
BASES = "ACGT"
TABLE = "identity_sites"
GRCH37, GRCH38 = "GRCh37", "GRCh38"
CHROMOSOME_LENGTHS = {
    GRCH37: (
        *(249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022, 141213431, 135534747),
        *(135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210, 78077248, 59128983, 63025520),
        *(48129895, 51304566),
    ),
    GRCH38: (
        *(248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636, 138394717, 133797422),
        *(135086622, 133275309, 114364328, 107043718, 101991189, 90338345, 83257441, 80373285, 58617616, 64444167),
        *(46709983, 50818468),
    ),
}
"""Of chromosomes 1 to 22, by which a reference is known, whatever it calls them (Genome Reference Consortium)."""
LEAST_CHROMOSOMES = 1
"""So many lengths of one build make a reference that build: each is a number of eight or nine digits, alike in none."""


@dataclass(frozen=True, slots=True)
class Sites:
    """The sites: all arrays have one entry a site.

    Attributes:
        chromosome: 1 to 22.
        place: position from 0, by build.
        reference, alternative: int64; columns of the counts (``ACGT``).
        frequency: of the alternative allele among 2,504 people of the 1000 Genomes project.
    """

    chromosome: Counts
    place: dict[str, Counts]
    reference: Counts
    alternative: Counts
    frequency: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.chromosome)


@cache
def sites() -> Sites:
    """The sites that travel with dsqc, in the order of chromosomes and of GRCh37."""
    text = files("dsqc.schemas").joinpath("identity", "sites.tsv").read_text(encoding="ascii")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    columns = list(zip(*rows, strict=True))
    return Sites(
        np.array(columns[0], np.int64),
        {build: np.array(columns[at], np.int64) - 1 for build, at in ((GRCH37, 1), (GRCH38, 2))},
        np.array([BASES.index(base) for base in columns[3]], np.int64),
        np.array([BASES.index(base) for base in columns[4]], np.int64),
        np.array(columns[5], np.float64),
    )


def build_of(lengths: Counts) -> str:
    """The human genome whose chromosomes have these lengths; empty for any other reference."""
    known = set(lengths.tolist())
    shared = {build: len(known & set(expected)) for build, expected in CHROMOSOME_LENGTHS.items()}
    build = max(shared, key=lambda name: shared[name])
    return build if shared[build] >= LEAST_CHROMOSOMES else ""


class _Layout:
    """The sites in the order of a file's references.

    Attributes:
        build: of the reference.
        order: row of ``sites()`` by row of ``places``.
        bounds, places: as the kernel takes them.
    """

    def __init__(self, lengths: Counts) -> None:
        self.build = build_of(lengths)
        self.order = np.zeros(0, np.int64)
        self.bounds = np.zeros(len(lengths) + 1, np.int64)
        self.places = np.zeros(0, np.int64)
        if not self.build:
            return
        chosen = sites()
        expected = CHROMOSOME_LENGTHS[self.build]
        parts: list[Counts] = []
        seen: set[int] = set()
        for row, length in enumerate(lengths.tolist()):
            chromosome = expected.index(length) + 1 if length in expected else 0
            if chromosome and chromosome not in seen:
                seen.add(chromosome)
                rows = np.flatnonzero(chosen.chromosome == chromosome)
                parts.append(rows[np.argsort(chosen.place[self.build][rows], kind="stable")])
                self.bounds[row + 1] = len(rows)
        self.bounds = np.cumsum(self.bounds)
        self.order = np.concatenate(parts)
        self.places = chosen.place[self.build][self.order]


@lru_cache(maxsize=8)
def _layout(lengths: bytes) -> _Layout:
    """The layout of references whose lengths are these int64."""
    return _Layout(np.frombuffer(lengths, np.int64))


class IdentityCollector(Collector):
    """Counts bases at the sites, of alignments to GRCh37 or GRCh38; nothing of others."""

    METRICS: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "identity_site_count",
            Text("Sites of identity", "개체 식별 부위 수"),
            "count",
            Text(
                "Common human variants (dsqc.schemas/identity) that at least one good base covers; null where the "
                "reference is neither GRCh37 nor GRCh38, told by the lengths of its chromosomes. Good: primary records "
                f"without duplicates, mapping quality {k.LEAST_MAPPING_QUALITY} or more, base quality "
                f"{k.LEAST_BASE_QUALITY} or more, of overlapping mates one.",
                "양질의 염기가 하나 이상 덮는 흔한 사람 변이 부위(dsqc.schemas/identity)의 수. 염색체 길이로 보아 "
                "참조 서열이 GRCh37도 GRCh38도 아니면 null. 중복을 뺀 일차 레코드, 매핑 품질 "
                f"{k.LEAST_MAPPING_QUALITY} 이상, 염기 품질 {k.LEAST_BASE_QUALITY} 이상, 겹친 메이트는 하나만 센다.",
            ),
            "dsqc",
            applies_to="alignments",
        ),
        Metric(
            "identity_depth_mean",
            Text("Depth at sites of identity", "개체 식별 부위 평균 깊이"),
            "x",
            Text(
                "Good bases at all sites of identity / their number; null as identity_site_count.",
                "개체 식별 부위의 양질 염기 수 / 부위 수. identity_site_count와 같은 경우 null.",
            ),
            "dsqc",
            applies_to="alignments",
        ),
    )

    def __init__(self) -> None:
        self._counts: Counts | None = None
        self._lengths = np.zeros(0, np.int64)  # of the references whose bases are packed
        self._build = ""
        self._packed = np.zeros((0, k.BASES), np.int64)

    def add_records(self, records: ReadBatch) -> None:
        """Count the records of a batch at the sites."""
        fields = records.alignment
        if fields is None or records.flag is None or not len(records):
            return
        if not len(self._lengths) and len(fields.reference_lengths):
            self._lengths = fields.reference_lengths.copy()
            layout = _layout(self._lengths.tobytes())
            self._build = layout.build
            self._packed = np.zeros((len(layout.places), k.BASES), np.int64)
        if self._build:
            self._count(records, records.flag, fields, _layout(self._lengths.tobytes()))

    def _count(self, records: ReadBatch, flag: NDArray[np.int32], fields: AlignmentColumns, layout: _Layout) -> None:
        k.count_sites(
            fields.records,
            fields.cigar_start,
            fields.cigar_count,
            fields.tags_start,
            records.length,
            flag,
            fields.reference_id,
            fields.position,
            fields.mapping_quality,
            fields.mate_reference_id,
            fields.mate_position,
            layout.bounds,
            layout.places,
            self._packed,
        )

    def add(self, reads: Reads) -> None:
        """Nothing more: records are counted as stored."""

    def counts(self) -> Counts | None:
        """Bases by site (in the order of :func:`sites`) and letter; None for other references."""
        if not self._build:
            return None
        found = np.zeros((len(sites()), k.BASES), np.int64) if self._counts is None else self._counts.copy()
        if len(self._lengths):
            found[_layout(self._lengths.tobytes()).order] += self._packed
        return found

    def merge(self, other: "IdentityCollector") -> None:
        """Add what ``other`` counted; files of different builds add up site by site."""
        theirs, ours = other.counts(), self.counts()
        if theirs is None:
            return
        self._build = self._build or other._build
        self._counts = theirs if ours is None else ours + theirs
        self._packed[:] = 0

    def values(self, facts: Facts) -> dict[str, Value]:
        """How many sites are covered, and how deep."""
        found = self.counts()
        if found is None:
            return dict.fromkeys(("identity_site_count", "identity_depth_mean"))
        depth = found.sum(axis=1)
        return {
            "identity_site_count": int(np.count_nonzero(depth)),
            "identity_depth_mean": int(depth.sum()) / len(depth),
        }

    def tables(self, facts: Facts) -> dict[str, Table]:
        """The covered sites, numbered from 0, with the bases of both alleles and other ones."""
        found = self.counts()
        if found is None:
            return {}
        chosen = sites()
        rows = np.arange(len(chosen))
        reference, alternative = found[rows, chosen.reference], found[rows, chosen.alternative]
        covered = np.flatnonzero(found.sum(axis=1))
        return {
            TABLE: {
                "site": covered.tolist(),
                "reference": reference[covered].tolist(),
                "alternative": alternative[covered].tolist(),
                "other": (found.sum(axis=1) - reference - alternative)[covered].tolist(),
            }
        }
