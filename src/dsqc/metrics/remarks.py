"""What the finished metrics of a file say against its reads: warnings that rest on numbers, not on places."""

from collections.abc import Mapping

import numpy as np

from dsqc.formats.texts import Phrase
from dsqc.kernels.adapters import SIZE
from dsqc.language import Text
from dsqc.metrics.collector import Facts, Value
from dsqc.metrics.contaminants import adapters

MOST_TECHNICAL = 0.05
"""Fraction of reads with adapter, or that are technical sequences, from which on they are many (FastQC warns there)."""
LEAST_Q30 = 0.5
"""Fraction of reads with a mean quality of 30 that is usual (ENA readtools)."""
LEAST_READS = 100
"""Fewer reads are a sample or a test; their shares say nothing."""
LONG_READ_PLATFORMS = frozenset({"OXFORD_NANOPORE", "PACBIO_SMRT"})
"""Platforms whose reads have other qualities by nature; PacBio's subreads have none but say so with one character."""
LONG_READS = 1_000
"""Where the platform is not known, reads of this median length and more are taken for such."""

MOST_CONTIGS = 100_000
LONG_CONTIGS = 5_000
"""Records and mean length of what is taken for assembled sequence where qualities and names say nothing else."""
RAW_READS = Text("reads with the qualities that were measured", "측정한 품질 점수가 있는 리드")

Remark = tuple[str, Phrase, Phrase]
"""Code of a rule, what was seen, what is expected."""

SEVERAL_QUALITIES = Text("qualities that differ", "서로 다른 품질 점수")


def remarks(facts: Facts, values: Mapping[str, Value]) -> list[Remark]:
    """Codes with what was seen and expected; of files of fewer than 100 reads only whether they are reads at all.

    Args:
        facts: of the whole file.
        values: its metrics by id.
    """
    found: list[Remark] = []
    if _is_assembled(facts, values):
        mean = facts.base_count // facts.read_count
        value = Text(
            f"{facts.read_count:,} records of {mean:,} bases on average without qualities of their own",
            f"고유한 품질 점수 없이 평균 {mean:,}염기인 레코드 {facts.read_count:,}개",
        )
        found.append(("DSQC-R011", value, RAW_READS))
    if facts.read_count < LEAST_READS:
        return found
    short = not _is_long(facts, values)
    seen = np.flatnonzero(facts.characters)
    if short and len(seen) == 1 and facts.encoding:
        phred = int(seen[0]) - facts.encoding.offset
        value = Text(f"all qualities are {phred}", f"모든 품질 점수가 {phred}")
        found.append(("DSQC-D008", value, SEVERAL_QUALITIES))
    technical = max(_number(values, "frac_reads_technical"), _with_adapter(facts, values))
    if technical > MOST_TECHNICAL:
        found.append(("DSQC-D014", _percent(technical), f"≤ {100 * MOST_TECHNICAL:.0f} %"))
    good = values.get("frac_reads_q30")
    if short and isinstance(good, float) and good < LEAST_Q30:
        found.append(("DSQC-D027", _percent(good), f"≥ {100 * LEAST_Q30:.0f} %"))
    return found


def _is_assembled(facts: Facts, values: Mapping[str, Value]) -> bool:
    """Few, long records whose qualities are absent or all one, and whose names are those of no instrument.

    PacBio's subreads have one quality too, the lowest, which says that they have none.
    """
    if not 0 < facts.read_count <= MOST_CONTIGS or values.get("instrument_platform"):
        return False
    seen = np.flatnonzero(facts.characters)
    lowest = len(seen) == 1 and facts.encoding is not None and int(seen[0]) == facts.encoding.offset
    return facts.base_count // facts.read_count >= LONG_CONTIGS and len(seen) <= 1 and not lowest


def _is_long(facts: Facts, values: Mapping[str, Value]) -> bool:
    platform = values.get("instrument_platform")
    if platform:
        return platform in LONG_READ_PLATFORMS
    middle = np.searchsorted(np.cumsum(facts.reads), facts.read_count / 2)
    return int(facts.lengths[middle]) >= LONG_READS


def _with_adapter(facts: Facts, values: Mapping[str, Value]) -> float:
    """Fraction of reads with an adapter, less what is had by chance: one place in 4^12 for each adapter."""
    chance = sum(item.is_adapter for item in adapters()) * facts.base_count / 4**SIZE / facts.read_count
    return float(_number(values, "frac_reads_adapter") - chance)


def _number(values: Mapping[str, Value], name: str) -> float:
    value = values.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"
