"""How often "organism" is right: simulated runs whose genomes a panel holds, with honest forms and with wrong ones.

    python benchmarks/confusion_organisms.py --runs 150

Each organism of ``makers/runs.py`` has a genome of its own. A panel holds those of two thirds of them. The reads of a
run come from a strain of its organism (up to 1.5 % of the bases differ), with up to 30 % of the reads from another one.
Honest forms name the organism, or a metagenome; wrong ones name each of two others. Ends with exit code 1 where more
than 1 % of the honest organisms disagree.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from confusion import Measured, Tally, assemblies, submission_of, tell
from makers import runs as simulated
from makers.runs import COMPLEMENT, LETTERS, ORGANISMS, Bytes, Maker

from dsqc.judge import Inference
from dsqc.judge.inferred import Agreement
from dsqc.sketch import Panel
from dsqc.sketch.building import Told, build_panel
from dsqc.stages._qc_measure import Options
from dsqc.stages.qc import measure_run

SEEDS = 2_000_000
KINDS = ("WGS", "WGS", "RNA-Seq", "ChIP-Seq", "WXS", "ATAC-seq", "Bisulfite-Seq", "AMPLICON panel", "metagenome")
SIZE = 300_000
ABSENT = ("Bos taurus", "Danio rerio", "Pseudomonas aeruginosa", "Plasmodium falciparum")
"""Organisms that the panel does not hold."""
STRAINS, CONTAMINATION = (0.0, 0.001, 0.005, 0.015), (0.0, 0.0, 0.05, 0.3)


def genomes() -> dict[str, Bytes]:
    """A genome of each organism, of its GC."""
    made = {}
    for number, (name, (_, gc)) in enumerate(ORGANISMS.items()):
        rng = np.random.default_rng([SEEDS, number])
        is_gc = rng.random(SIZE) < gc
        made[name] = LETTERS[np.where(is_gc, rng.integers(1, 3, SIZE), 3 * rng.integers(0, 2, SIZE))]
    return made


def panel_of(known: Mapping[str, Bytes], folder: Path) -> Panel:
    """The panel, built as a station builds its own."""
    rows = []
    for name, letters in known.items():
        if name not in ABSENT:
            path = folder / f"{name.replace(' ', '_')}.fa"
            path.write_bytes(b">1\n" + letters.tobytes() + b"\n")
            rows.append((path, Told(name=name, taxonomy_id=int(ORGANISMS[name][0]))))
    return build_panel("simulated", rows)


class OrganismMaker(Maker):
    """Makes runs whose whole genomes are those of ``known``."""

    def __init__(self, folder: Path, seed: int, known: Mapping[str, Bytes]) -> None:
        super().__init__(folder, seed, KINDS[seed % len(KINDS)])
        self.known = known
        self.strain, self.contamination = float(self.rng.choice(STRAINS)), float(self.rng.choice(CONTAMINATION))
        self.others = self.rng.permutation(list(ORGANISMS))

    def genome(self, size: int, gc: float | None = None) -> Bytes:
        """A strain of the organism's genome with a part of another's; pieces of it where little is asked for."""
        name = self.sample["organism"]
        if gc is not None:
            return super().genome(size, gc)
        letters = self.known[name if name in self.known else str(self.others[0])].copy()
        places = np.flatnonzero(self.rng.random(len(letters)) < self.strain)
        letters[places] = COMPLEMENT[letters[places]]
        if size < SIZE:
            start = int(self.rng.integers(0, SIZE - size))
            return letters[start : start + size]
        other = next(str(item) for item in self.others if item != name)
        return np.concatenate([letters, self.known[other][: int(SIZE * self.contamination)]])


def measured(seed: int, known: Mapping[str, Bytes], panel: Panel, folder: Path) -> Measured:
    """Make and measure the run of a seed."""
    made = OrganismMaker(folder, seed, known).make(assemblies())
    submission = submission_of(made.sheets)
    (run,) = submission.runs()
    result = measure_run(submission, run, folder, Options(threads=1, panel=lambda: panel))
    return Measured(made, result.data, [dict(item.data) for item in result.files])


def organism_of(found: Measured, name: str | None, seed: int) -> Inference:
    """What is inferred of the organism where the form names ``name``; ``None`` for the honest form."""
    sheets = {key: [dict(row) for row in rows] for key, rows in found.made.sheets.items()}
    if name is not None:
        sheets["sample"][0] |= {"organism": name, "taxonomy_id": ORGANISMS[name][0]}
    return next(item for item in found.against(sheets)[1] if item.attribute == "organism")


def tally(runs: int) -> Tally:
    """``runs`` runs against honest and wrong forms."""
    found, known = Tally(), genomes()
    simulated.READS = simulated.GENOME_READS  # few reads tell no organism
    with tempfile.TemporaryDirectory() as place:
        panel = panel_of(known, Path(place))
    for seed in range(SEEDS, SEEDS + runs):
        with tempfile.TemporaryDirectory() as folder:
            run = measured(seed, known, panel, Path(folder))
        found.runs += 1
        honest = organism_of(run, None, seed)
        kind = f"organism, {run.made.kind}"
        found.honest[kind][honest.agreement.value] += 1
        if honest.agreement is Agreement.DISAGREE:
            found.false.append(f"seed {seed} {run.made.kind}: {honest}")
        chance = np.random.default_rng([seed, 6])
        others = [name for name in ORGANISMS if name != run.made.sheets["sample"][0]["organism"]]
        for name in chance.choice(others, 2, replace=False) if run.made.kind != "metagenome" else ():
            found.wrong[kind][organism_of(run, str(name), seed).agreement.value] += 1
    return found


def main() -> int:
    """Print the matrix, a line a kind of library."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=150)
    return tell(tally(parser.parse_args().runs))


if __name__ == "__main__":
    sys.exit(main())
