"""Bases at sites of identity: what pysam's columns say, in batches and parts, for both builds; nothing of others."""

from collections import Counter
from pathlib import Path

import numpy as np
import pysam
import pytest

import dsqc
from dsqc.kernels.identity import LEAST_BASE_QUALITY, LEAST_MAPPING_QUALITY
from dsqc.metrics.collector import Facts
from dsqc.metrics.identity import CHROMOSOME_LENGTHS, TABLE, IdentityCollector, build_of, sites
from helpers.raw_alignments import batches_of

NOTHING = np.zeros(0, np.int64)
LENGTH = 100
CIGARS = (
    ((0, 100),),
    ((4, 10), (0, 90)),
    ((0, 40), (2, 7), (0, 60)),
    ((0, 40), (1, 5), (0, 55)),
    ((5, 20), (7, 30), (8, 1), (7, 69)),
    ((0, 50), (3, 4000), (0, 50)),
)


def write(path: Path, build: str, seed: int, count: int = 1500) -> Path:
    """Alignments around the sites, with everything that must not count among them."""
    rng = np.random.default_rng(seed)
    chosen, lengths = sites(), CHROMOSOME_LENGTHS[build]
    # Names and order are the file's own; another reference stands between the chromosomes.
    order = [3, 1, 22]
    header = pysam.AlignmentHeader.from_dict(
        {
            "HD": {"VN": "1.6", "SO": "unsorted"},
            "SQ": [{"SN": "decoy", "LN": 5000}, *({"SN": f"s{name}", "LN": lengths[name - 1]} for name in order)],
        }
    )
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for number in range(count):
            row = int(rng.integers(0, len(order)))
            places = chosen.place[build][chosen.chromosome == order[row]]
            item = pysam.AlignedSegment(header)
            item.query_name = f"r{number // 2}"
            item.query_sequence = "".join(rng.choice(list("ACGTN"), LENGTH, p=[0.24, 0.24, 0.24, 0.24, 0.04]))
            item.query_qualities = rng.integers(5, 40, LENGTH).tolist()
            item.flag = int(
                rng.choice([0, 16, 0x400, 0x200, 0x100, 0x800, 0x63, 0x93], p=[0.3, 0.2, *[0.05] * 4, 0.15, 0.15])
            )
            item.reference_id = int(rng.choice([row + 1, 0], p=[0.95, 0.05]))
            item.reference_start = max(0, int(rng.choice(places)) - int(rng.integers(0, 130))) % (
                5000 if item.reference_id == 0 else 10**9
            )
            item.mapping_quality = int(rng.choice([0, 19, 20, 60, 255]))
            item.cigartuples = CIGARS[int(rng.integers(0, len(CIGARS)))]
            if item.is_paired:
                item.next_reference_id = item.reference_id
                item.next_reference_start = max(0, item.reference_start + int(rng.integers(-60, 60)))
            out.write(item)
    return path


def expected(path: Path, build: str) -> Counter[tuple[int, str]]:
    """The same, read by read, by pysam."""
    chosen, lengths = sites(), CHROMOSOME_LENGTHS[build]
    at = {
        (int(chromosome), int(place)): number
        for number, (chromosome, place) in enumerate(zip(chosen.chromosome, chosen.place[build], strict=True))
    }
    found: Counter[tuple[int, str]] = Counter()
    with pysam.AlignmentFile(str(path), check_sq=False) as records:
        for item in records:
            if item.flag & 0xF04 or item.mapping_quality < LEAST_MAPPING_QUALITY or item.reference_length is None:
                continue
            length = records.get_reference_length(item.reference_name)
            chromosome = lengths.index(length) + 1 if length in lengths else 0
            for index, place in item.get_aligned_pairs(matches_only=True):
                number = at.get((chromosome, place))
                # The overlap of mates belongs to the mate that begins later; of equals to the second.
                start = item.next_reference_start
                others = item.is_paired and place >= start and (start, item.is_read1) > (item.reference_start, False)
                if number is None or (others and start >= item.reference_start):
                    continue
                base = item.query_sequence[index]
                if base in "ACGT" and item.query_qualities[index] >= LEAST_BASE_QUALITY:
                    found[number, base] += 1
    return found


def counted(collector: IdentityCollector) -> Counter[tuple[int, str]]:
    found = collector.counts()
    assert found is not None
    return Counter({(int(row), "ACGT"[column]): int(found[row, column]) for row, column in np.argwhere(found)})


def measure(path: Path, size: int, parts: int) -> IdentityCollector:
    """In batches of ``size`` records, dealt out to ``parts`` collectors and merged."""
    collectors = [IdentityCollector() for _ in range(parts)]
    for number, batch in enumerate(batches_of(path, size)):
        collectors[number % parts].add_records(batch)
    for other in collectors[1:]:
        collectors[0].merge(other)
    return collectors[0]


@pytest.mark.parametrize("build", ["GRCh37", "GRCh38"])
def test_pysam_counts_the_same(tmp_path: Path, build: str) -> None:
    path = write(tmp_path / "a.bam", build, seed=len(build) + int(build[-1]))
    wanted = expected(path, build)
    assert len(wanted) > 100
    assert all(counted(measure(path, size, parts)) == wanted for size, parts in ((10**6, 1), (97, 1), (100, 4)))


def test_files_of_two_builds_add_up_by_site(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old.bam", "GRCh37", 1), write(tmp_path / "new.bam", "GRCh38", 2)
    merged = measure(old, 1000, 1)
    merged.merge(measure(new, 1000, 1))
    assert counted(merged) == expected(old, "GRCh37") + expected(new, "GRCh38")
    empty = IdentityCollector()
    empty.merge(merged)
    assert counted(empty) == counted(merged)


def test_a_file_tells_its_sites(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bam", "GRCh38", 3)
    (item,) = dsqc.qc(path).files
    table, wanted = item.data["tables"][TABLE], expected(path, "GRCh38")
    assert item.metrics["identity_site_count"] == len(table["site"]) == len({site for site, _ in wanted})
    assert sum(map(sum, (table[name] for name in ("reference", "alternative", "other")))) == wanted.total()
    first, reference = table["site"][0], table["reference"][0]
    assert reference == wanted[first, "ACGT"[sites().reference[first]]]


def test_other_references_have_none() -> None:
    assert build_of(np.array([5000, 16569])) == ""
    assert build_of(np.array([248956422])) == "GRCh38"
    facts = Facts(0, 0, NOTHING, NOTHING, None, aligned=True)
    collector = IdentityCollector()
    assert set(collector.values(facts).values()) == {None}
    assert collector.tables(facts) == {}


def test_the_sites_are_what_they_should_be() -> None:
    chosen = sites()
    assert len(chosen) > 1500
    assert ((chosen.frequency >= 0.25) & (chosen.frequency <= 0.75)).all()
    for place in chosen.place.values():
        for chromosome in range(1, 23):
            rows = np.sort(place[chosen.chromosome == chromosome])
            assert (np.diff(rows) > 0).all()
    assert (np.diff(chosen.chromosome) >= 0).all()
    # rs-numbered variants whose places are common knowledge would be no proof here: both builds name the same alleles.
    assert not (chosen.reference == chosen.alternative).any()
    assert not (chosen.reference + chosen.alternative == 3).any()  # A/T and C/G are ambiguous.
