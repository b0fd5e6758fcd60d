"""Nanopore-like reads: lengths by a logarithmic normal distribution, UUID names with the usual comments."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from makers import qualities
from makers.genome import Genome, substitute
from makers.rows import Bytes

MEDIAN, SIGMA, SHORTEST, CAP = 4_200, 1.05, 200, 400_000
"""Of the lengths: mean about 7.3 kb, N50 about 13 kb."""
BLOCK_BASES = 4_000_000
READ_QUALITY_SPREAD = 3.0
CHANNELS = 2_675
RUN = "5a1e0f7c9b3d2846ac7f10d95e42b8c6713fda09"
GENOME_READS = 1_000_000
"""Reads that the genome is made for: 15 Mb."""


class Nanopore:
    """Makes reads until there are ``bases`` of them.

    Args:
        bases: at least so many.
        seed: of all random numbers.
        longest: one read of exactly this length stands in the middle of the first block; 0 for none.
        genome: that they are out of; made up where none is given.
    """

    def __init__(self, bases: int, seed: int, longest: int = 0, genome: Genome | None = None) -> None:
        self.bases = bases
        self.reads = 0
        self._seed = seed
        self._longest = longest
        self._genome = genome or Genome.of(np.random.default_rng([seed, 0]), max(GENOME_READS, longest // 10))

    def fastq(self) -> Iterator[bytes]:
        """The text, block by block; :attr:`reads` and :attr:`bases` say at the end how much it was."""
        wanted, made, block = self.bases, 0, 0
        while made < wanted:
            rng = np.random.default_rng([self._seed, 1, block])
            lengths = self._lengths(rng, min(BLOCK_BASES, wanted - made), first=block == 0)
            yield self._block(rng, lengths)
            made += int(lengths.sum())
            block += 1
        self.bases = made

    def _lengths(self, rng: np.random.Generator, bases: int, *, first: bool) -> NDArray[np.int64]:
        draw = np.exp(rng.normal(np.log(MEDIAN), SIGMA, max(8, bases // 2_000)))
        lengths = np.clip(draw, SHORTEST, CAP).astype(np.int64)
        lengths = lengths[: int(np.searchsorted(np.cumsum(lengths), bases)) + 1]
        if first and self._longest:
            lengths = np.insert(lengths, len(lengths) // 2, self._longest)
        return lengths

    def _block(self, rng: np.random.Generator, lengths: NDArray[np.int64]) -> bytes:
        total = int(lengths.sum())
        ends = np.cumsum(lengths)
        starts = rng.integers(0, 2 * self._genome.length - lengths)
        bases = np.concatenate([self._genome.both[s : s + n] for s, n in zip(starts, lengths, strict=True)])
        better = np.rint(rng.normal(0, READ_QUALITY_SPREAD, len(lengths))).astype(np.int16)
        shifted = qualities.nanopore(rng, total).astype(np.int16) + np.repeat(better, lengths)
        phred: Bytes = np.clip(shifted, 1, 50).astype(np.uint8)
        substitute(rng, bases, phred)
        letters = phred + np.uint8(33)
        heads = [self._head(rng, self.reads + number) for number in range(len(lengths))]
        self.reads += len(lengths)
        return b"".join(self._records(heads, bases, letters, ends))

    @staticmethod
    def _records(heads: list[bytes], bases: Bytes, letters: Bytes, ends: NDArray[np.int64]) -> Iterator[bytes]:
        first = 0
        for head, end in zip(heads, ends.tolist(), strict=True):
            yield b"%s%s\n+\n%s\n" % (head, bases[first:end].tobytes(), letters[first:end].tobytes())
            first = end

    @staticmethod
    def _head(rng: np.random.Generator, number: int) -> bytes:
        raw = bytearray(rng.bytes(16))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        digits = raw.hex()
        name = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        second = number // 4
        start = f"2026-03-0{1 + second // 86400 % 9}T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        channel = 1 + int.from_bytes(raw[:2]) % CHANNELS
        return (
            f"@{name} runid={RUN} sampleid=bench read={100 + number // 7} ch={channel} start_time={start} "
            "flow_cell_id=PAW12345 protocol_group_id=bench model_version_id=dna_r10.4.1_e8.2_400bps_sup@v5.0.0\n"
        ).encode()
