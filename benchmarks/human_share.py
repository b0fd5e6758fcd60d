"""How often the interval of the share of human reads covers the truth: seeded mixtures of real human sequence.

  mkdir packages && cd packages && apt-get download smalt-examples hisat2 emboss-test bowtie-examples
  cd .. && python benchmarks/human_share.py packages --mitochondrion rCRS.fa [--seeds 25] [-o human_share.tsv]

Each mixture has 200,000 reads of 150 bases with 0.5 % of errors: *E. coli* and a genome that no panel knows, and the
share of human reads, 2 % of them of the mitochondrion and the others nuclear. People differ: a base of a thousand is
changed, in the mitochondrion three of a thousand. Two panels:

``whole``    a panel of a whole reference (`dsqc sketch build --every 256`): 20 Mb of chromosome X stand for the genome,
             the reads come from them
``shipped``  the small panel that dsqc ships (mitochondrion, repeats); the reads come from 3.7 Mb of chromosomes 5, 6,
             11, 16 and 22 that it was not made of

A row of the table: mixtures, how many intervals cover the share that was mixed, medians of estimate and ends.
"""

import argparse
import gzip
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsqc.sketch import Panel, WordCounter, intact_words, open_panel, taxon_share
from dsqc.sketch.building import Told, build_panel

Bytes = NDArray[np.uint8]
LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
HUMAN = 9606
SHARES = (0.0, 0.0001, 0.001, 0.01, 0.1)
READS, LENGTH, ERRORS = 200_000, 150, 0.005
MITOCHONDRIAL = 0.02
REFERENCE = slice(30_000_000, 50_000_000)
EXAMPLES = "usr/share/doc"
_COMPLEMENT = np.full(256, ord("N"), dtype=np.uint8)
_COMPLEMENT[LETTERS] = LETTERS[::-1]


@dataclass(frozen=True, slots=True)
class Sequences:
    """Real sequences out of packages."""

    chromosome: Bytes
    held_out: Bytes
    mitochondrion: Bytes
    bacterium: Bytes


def unpack(packages: Path, folder: Path, mitochondrion: Bytes) -> Sequences:
    """The sequences of the packages that stand in ``packages``."""
    for package in sorted(packages.glob("*.deb")):
        if package.name.startswith(("smalt-examples", "hisat2", "emboss-test", "bowtie-examples")):
            subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)
    from Bio import SeqIO

    clones = SeqIO.parse(str(folder / "usr/share/EMBOSS/test/embl/hum1.dat"), "embl")  # type: ignore[no-untyped-call]
    pieces = [np.frombuffer(bytes(clone.seq).upper(), dtype=np.uint8) for clone in clones if len(clone) > 15_000]
    return Sequences(
        fasta(folder / EXAMPLES / "smalt/test/data/hs37chrXtrunc.fa.gz"),
        np.concatenate([fasta(folder / EXAMPLES / "hisat2/examples/reference/22_20-21M.fa"), *pieces]),
        mitochondrion,
        fasta(folder / EXAMPLES / "bowtie/examples/genomes/NC_008253.fna.gz"),
    )


def fasta(path: Path) -> Bytes:
    """The letters of a FASTA file."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = (line.strip().upper() for line in data.split(b"\n") if not line.startswith(b">"))
    return np.frombuffer(b"".join(lines), dtype=np.uint8)


def changed(letters: Bytes, share: float, rng: np.random.Generator) -> Bytes:
    """A copy with a share of the bases replaced by others."""
    copy = letters.copy()
    places = np.flatnonzero(rng.random(copy.shape) < share) if copy.ndim == 1 else rng.random(copy.shape) < share
    old = copy[places]
    new = LETTERS[(np.searchsorted(LETTERS, old) + rng.integers(1, 4, len(old))) % 4]
    copy[places] = np.where(np.isin(old, LETTERS), new, old)
    return copy


def reads_of(letters: Bytes, number: int, rng: np.random.Generator) -> Bytes:
    """uint8[number, LENGTH]: reads of both strands from anywhere in known sequence."""
    found = np.zeros((0, LENGTH), dtype=np.uint8)
    while len(found) < number:
        start = rng.integers(0, len(letters) - LENGTH, 2 * number + 16)
        drawn = letters[start[:, None] + np.arange(LENGTH)]
        found = np.concatenate([found, drawn[np.isin(drawn, LETTERS).all(axis=1)]])
    reads = found[:number].copy()
    turned = rng.random(number) < 0.5
    reads[turned] = _COMPLEMENT[reads[turned]][:, ::-1]
    return reads


def mixture(share: float, nuclear: Bytes, known: Sequences, seed: int) -> Bytes:
    """The reads of one mixture."""
    rng = np.random.default_rng(seed)
    human = round(share * READS)
    of_mitochondrion = int(rng.binomial(human, MITOCHONDRIAL))
    person = reads_of(nuclear, human - of_mitochondrion, rng)
    unknown = LETTERS[rng.integers(0, 4, 3_000_000)]
    rest = READS - human
    parts = [
        changed(person, 0.001, rng),
        reads_of(changed(known.mitochondrion, 0.003, rng), of_mitochondrion, rng),
        reads_of(known.bacterium, rest // 2, rng),
        reads_of(unknown, rest - rest // 2, rng),
    ]
    return changed(np.concatenate(parts)[rng.permutation(READS)], ERRORS, rng)


def look(reads: Bytes, panel: Panel) -> tuple[float, float, float]:
    """Estimate and interval, by every seventh read as ``dsqc qc`` does."""
    counter = WordCounter()
    starts = np.arange(len(reads), dtype=np.int64) * LENGTH
    counter.add(np.ascontiguousarray(reads).reshape(-1), starts, np.full(len(reads), LENGTH, dtype=np.int64), 0)
    told = taxon_share(counter.sketch(), panel, HUMAN, intact_words(np.array([ERRORS]), np.array([1])))
    assert told is not None
    assert told.high is not None
    return told.share, told.low, told.high


def whole_panel(known: Sequences, folder: Path) -> Panel:
    """A panel of a whole reference and its mitochondrion."""
    genomes = []
    for name, letters, part in (
        ("nuclear", known.chromosome[REFERENCE], ""),
        ("mitochondrion", known.mitochondrion, "mitochondrion"),
    ):
        path = folder / f"{name}.fa"
        path.write_bytes(b">x\n" + letters.tobytes() + b"\n")
        genomes.append((path, Told("Homo sapiens", HUMAN, part=part)))
    return build_panel("whole", genomes, every=256)


def main() -> int:
    """Mix, look, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--mitochondrion", type=Path, required=True, help="FASTA of the human mitochondrion (rCRS)")
    parser.add_argument("--seeds", type=int, default=25)
    parser.add_argument("-o", "--output", type=Path)
    args = parser.parse_args()
    lines = ["panel\tshare\tmixtures\tcovered\testimate\tlow\thigh"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        known = unpack(args.packages, folder, fasta(args.mitochondrion))
        panels = {
            "whole": (whole_panel(known, folder), known.chromosome[REFERENCE]),
            "shipped": (open_panel(), known.held_out),
        }
        for name, (panel, nuclear) in panels.items():
            for share in SHARES:
                told = [look(mixture(share, nuclear, known, seed), panel) for seed in range(args.seeds)]
                covered = sum(low <= share <= high for _, low, high in told)
                middle = "\t".join(f"{100 * value:.4g} %" for value in np.median(np.array(told), axis=0))
                lines.append(f"{name}\t{100 * share:g} %\t{len(told)}\t{covered}\t{middle}")
                print(lines[-1], file=sys.stderr, flush=True)
    text = "\n".join(lines) + "\n"
    if args.output:
        args.output.write_text(text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
