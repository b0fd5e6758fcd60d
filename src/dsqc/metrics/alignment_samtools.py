"""The numbers of ``samtools flagstat`` and of the SN section of ``samtools stats``, printed as samtools prints them.

Where samtools computes in single precision, so do we: the printed digits are the same (samtools 1.16.1).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels import alignment as k

Counts = NDArray[np.int64]
Chosen = NDArray[np.bool_]

MAIN_PART = float(np.float32(0.99))
"""Inserts beyond this part of the pairs, by size, are left out of mean and deviation (``samtools stats -m``)."""

_FLAGS = np.arange(k.FLAGS)


def having(*bits: int, without: int = 0) -> Chosen:
    """Flag values with all of ``bits`` and none of ``without``."""
    wanted = sum(bits)
    chosen: Chosen = (wanted | without) & _FLAGS == wanted
    return chosen


PRIMARY = having(without=k.SECONDARY | k.SUPPLEMENTARY)
MAPPED = having(without=k.UNMAPPED)
BOTH_MAPPED = having(k.PAIRED, without=k.UNMAPPED | k.MATE_UNMAPPED)


@dataclass(frozen=True, slots=True)
class InsertSummary:
    """What samtools stats says of inserts.

    Attributes:
        pairs: int64, 3 x sizes; pairs by orientation and size, half of the records, cut to a whole number by entry.
        main: sizes below this are the main part.
        mean, deviation: of the main part; 0 without pairs.
    """

    pairs: Counts
    main: int
    mean: float
    deviation: float


def insert_summary(records: Counts) -> InsertSummary:
    """Insert sizes as samtools stats sums them up.

    Args:
        records: int64, 3 x sizes; both mates of each pair by orientation and size.
    """
    pairs = records // 2
    number = pairs.sum(axis=0).tolist()
    total = sum(number)
    seen = main = weighted = 0
    for size, count in enumerate(number):
        if count:
            main = size + 1
        seen += count
        weighted += size * count
        if total and seen / total > MAIN_PART:
            total = seen
            main = size + 1
            break
    mean = weighted / (total or 1)
    spread = sum(number[size] * (size - mean) * (size - mean) / total for size in range(1, main)) if total else 0.0
    return InsertSummary(pairs, main, mean, sqrt(spread))


def flagstat_rows(by_flag: Counts, sums: Counts) -> list[tuple[str, str, str]]:
    """Lines of ``samtools flagstat -O tsv``: QC-passed, QC-failed, what is counted."""
    failed = having(k.QCFAIL)

    def count(chosen: Chosen) -> tuple[int, int]:
        records = by_flag[k.RECORDS]
        return int(records[chosen & ~failed].sum()), int(records[chosen & failed].sum())

    total, primary = count(_FLAGS >= 0), count(PRIMARY)
    paired = PRIMARY & having(k.PAIRED)
    pairs = count(paired)
    rows: list[tuple[str, tuple[int, int], tuple[int, int] | None]] = [
        ("total (QC-passed reads + QC-failed reads)", total, None),
        ("primary", primary, None),
        ("secondary", count(having(k.SECONDARY)), None),
        ("supplementary", count(having(k.SUPPLEMENTARY, without=k.SECONDARY)), None),
        ("duplicates", count(having(k.DUPLICATE)), None),
        ("primary duplicates", count(PRIMARY & having(k.DUPLICATE)), None),
        ("mapped", count(MAPPED), total),
        ("primary mapped", count(PRIMARY & MAPPED), primary),
        ("paired in sequencing", pairs, None),
        ("read1", count(paired & having(k.FIRST)), None),
        ("read2", count(paired & having(k.LAST)), None),
        ("properly paired", count(paired & having(k.PROPER, without=k.UNMAPPED)), pairs),
        ("with itself and mate mapped", count(PRIMARY & BOTH_MAPPED), None),
        ("singletons", count(paired & having(k.MATE_UNMAPPED, without=k.UNMAPPED)), pairs),
        ("with mate mapped to a different chr", _two(sums, k.APART), None),
        ("with mate mapped to a different chr (mapQ>=5)", _two(sums, k.APART_SURE), None),
    ]
    lines = []
    for name, (passed, fell), whole in rows:
        lines.append((str(passed), str(fell), name))
        if whole:
            lines.append((_percent(passed, whole[0]), _percent(fell, whole[1]), f"{name} %"))
    return lines


def flagstat_text(rows: list[tuple[str, str, str]]) -> str:
    """The text of ``samtools flagstat -O tsv``."""
    return "".join("\t".join(row) + "\n" for row in rows)


def _two(sums: Counts, first: int) -> tuple[int, int]:
    return int(sums[first]), int(sums[first + 1])


def _percent(part: int, whole: int) -> str:
    return f"{float(np.float32(part) / np.float32(whole)) * 100:.2f}%" if whole else "N/A"


_FIRST = PRIMARY & (having(without=k.PAIRED) | having(k.PAIRED, k.FIRST, without=k.LAST))
_LAST = PRIMARY & having(k.PAIRED, k.LAST, without=k.FIRST)
_DUPLICATE = having(k.DUPLICATE, without=k.SECONDARY)
_PROPER = PRIMARY & BOTH_MAPPED & having(k.PROPER)


def summary_numbers(by_flag: Counts, sums: Counts, state: Counts, inserts: InsertSummary) -> list[tuple[str, str]]:
    """The SN section of ``samtools stats``: keys and values as printed.

    Args:
        by_flag, sums, state: as filled by ``dsqc.kernels.alignment.count_records``.
    """
    numbers = {
        **_read_numbers(by_flag, sums, state),
        **_base_numbers(by_flag[k.BASES], sums),
        **_length_numbers(by_flag, sums, state),
        **_pair_numbers(by_flag[k.WITH_BASES], sums, inserts),
    }
    return [(key, str(value)) for key, value in numbers.items()]


def _read_numbers(by_flag: Counts, sums: Counts, state: Counts) -> dict[str, object]:
    def count(chosen: Chosen) -> int:
        return int(by_flag[k.WITH_BASES][chosen].sum())

    records = by_flag[k.RECORDS]
    return {
        "raw total sequences": count(PRIMARY),
        "filtered sequences": 0,
        "sequences": count(PRIMARY),
        "is sorted": int(not state[k.UNSORTED]),
        "1st fragments": count(_FIRST),
        "last fragments": count(_LAST),
        "reads mapped": count(PRIMARY & MAPPED),
        "reads mapped and paired": count(PRIMARY & BOTH_MAPPED),
        "reads unmapped": count(PRIMARY & ~MAPPED),
        "reads properly paired": count(_PROPER),
        "reads paired": count(PRIMARY & having(k.PAIRED)),
        "reads duplicated": count(_DUPLICATE),
        "reads MQ0": int(sums[k.MQ0]),
        "reads QC failed": count(PRIMARY & having(k.QCFAIL)),
        "non-primary alignments": int(records[having(k.SECONDARY)].sum()),
        "supplementary alignments": int(records[having(k.SUPPLEMENTARY, without=k.SECONDARY)].sum()),
    }


def _base_numbers(bases: Counts, sums: Counts) -> dict[str, object]:
    cigar_bases, differences = int(sums[k.CIGAR_BASES]), int(sums[k.DIFFERENCES])
    return {
        "total length": int(bases[PRIMARY].sum()),
        "total first fragment length": int(bases[_FIRST].sum()),
        "total last fragment length": int(bases[_LAST].sum()),
        "bases mapped": int(bases[PRIMARY & MAPPED].sum()),
        "bases mapped (cigar)": cigar_bases,
        "bases trimmed": 0,
        "bases duplicated": int(bases[_DUPLICATE].sum()),
        "mismatches": differences,
        "error rate": f"{_single(differences, cigar_bases):e}",
    }


def _length_numbers(by_flag: Counts, sums: Counts, state: Counts) -> dict[str, object]:
    reads, bases = (
        [int(by_flag[row][chosen].sum()) for chosen in (PRIMARY, _FIRST, _LAST)] for row in (k.WITH_BASES, k.BASES)
    )
    average = bases[0] // reads[0] if reads[0] else 0  # samtools divides whole numbers here, and only here
    return {
        "average length": f"{float(np.float32(average)):.0f}",
        "average first fragment length": f"{_single(bases[1], reads[1]):.0f}",
        "average last fragment length": f"{_single(bases[2], reads[2]):.0f}",
        "maximum length": int(state[k.LONGEST]),
        "maximum first fragment length": int(state[k.LONGEST_FIRST]),
        "maximum last fragment length": int(state[k.LONGEST_LAST]),
        "average quality": f"{int(sums[k.QUALITY]) / bases[0] if bases[0] else 0:.1f}",
    }


def _pair_numbers(reads: Counts, sums: Counts, inserts: InsertSummary) -> dict[str, object]:
    proper, total = int(reads[_PROPER].sum()), int(reads[PRIMARY].sum())
    return {
        "insert size average": f"{inserts.mean:.1f}",
        "insert size standard deviation": f"{inserts.deviation:.1f}",
        "inward oriented pairs": int(inserts.pairs[k.INWARD].sum()),
        "outward oriented pairs": int(inserts.pairs[k.OUTWARD].sum()),
        "pairs with other orientation": int(inserts.pairs[k.OTHER].sum()),
        "pairs on different chromosomes": int(sums[k.APART_WITH_BASES]) // 2,
        "percentage of properly paired reads (%)": f"{_single(100 * proper, total):.1f}",
    }


def _single(part: int, whole: int) -> float:
    """A quotient in single precision; 0 where nothing is there."""
    return float(np.float32(part) / np.float32(whole)) if whole else 0.0
