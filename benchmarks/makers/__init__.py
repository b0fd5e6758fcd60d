"""Seeded data for benchmarks: the same seed, kind and size give the same bytes.

from makers import make
facts = make("illumina_binned", Path("reads.fastq.gz"), reads=1000, seed=1)
"""

from makers.making import KINDS, VERSION, Facts, make

__all__ = ["KINDS", "VERSION", "Facts", "make"]
