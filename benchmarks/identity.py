"""How often two runs are rightly called one individual or two: simulated people, relatives, depths and disturbances.

  python benchmarks/identity.py            # the table of docs/identity.md

People are drawn from the frequencies of the sites that travel with dsqc (seeded), reads from their genotypes: depth by
site is negative binomial, bases are wrong by 0.5 %. Disturbed are: ``foreign``, 5 % DNA of somebody else;
``imbalance``, of the second run every fifth heterozygous site shows one allele in a tenth of its reads (a tumour,
expression); ``population``, people of another population than the frequencies (Balding and Nichols, Fst 0.1).
"""

import argparse
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from dsqc.judge.declared import Declared
from dsqc.judge.identity import Person, compare
from dsqc.metrics.identity import sites
from dsqc.model import Run

DEPTHS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
TRUTHS = ("same", "parent_child", "siblings", "unrelated")
DISTURBANCES = ("none", "foreign", "imbalance", "population")
WRONG_BASES = 0.005
FST = 0.1
Genotypes = NDArray[np.int64]


def person(rng: np.random.Generator, frequency: NDArray[np.float64]) -> Genotypes:
    """Both alleles at every site, 2 x sites."""
    found: Genotypes = (rng.random((2, len(frequency))) < frequency).astype(np.int64)
    return found


def population(rng: np.random.Generator) -> NDArray[np.float64]:
    """Frequencies of another population."""
    known = sites().frequency
    found: NDArray[np.float64] = rng.beta(known * (1 - FST) / FST, (1 - known) * (1 - FST) / FST)
    return found


def child(rng: np.random.Generator, parents: tuple[Genotypes, Genotypes]) -> Genotypes:
    """One allele of each parent; sites are far enough apart to be inherited on their own."""
    rows = np.arange(len(sites()))
    return np.stack([parent[rng.integers(0, 2, len(rows)), rows] for parent in parents])


def pair_of(rng: np.random.Generator, truth: str, frequency: NDArray[np.float64]) -> tuple[Genotypes, Genotypes]:
    """Two people of one relation."""
    one, two = person(rng, frequency), person(rng, frequency)
    if truth == "same":
        return one, one
    if truth == "parent_child":
        return one, child(rng, (one, two))
    if truth == "siblings":
        return child(rng, (one, two)), child(rng, (one, two))
    return one, two


def reads(
    rng: np.random.Generator,
    genotypes: Genotypes,
    depth: float,
    *,
    foreign: Genotypes | None = None,
    imbalance: float = 0.0,
) -> Genotypes:
    """Bases of both alleles by site."""
    total = rng.negative_binomial(5, 5 / (5 + depth), len(sites()))
    share = genotypes.mean(axis=0)
    tilted = (rng.random(len(share)) < imbalance) & (genotypes.sum(axis=0) == 1)
    share[tilted] = np.where(rng.random(int(tilted.sum())) < 0.5, 0.1, 0.9)
    if foreign is not None:
        share = 0.95 * share + 0.05 * foreign.mean(axis=0)
    share = share * (1 - WRONG_BASES) + (1 - share) * WRONG_BASES
    alternative = rng.binomial(total, share)
    return np.stack([total - alternative, alternative], axis=1)


def trial(rng: np.random.Generator, truth: str, depth: float, disturbance: str) -> str:
    """What dsqc calls one pair: ``same``, ``different`` or ``unknown``."""
    frequency = population(rng) if disturbance == "population" else sites().frequency
    pair = pair_of(rng, truth, frequency)
    people = []
    for number, genotypes in enumerate(pair):
        foreign = person(rng, frequency) if disturbance == "foreign" else None
        imbalance = 0.2 if disturbance == "imbalance" and number else 0.0
        counts = reads(rng, genotypes, depth, foreign=foreign, imbalance=imbalance)
        people.append(Person(Declared(Run(f"run{number}", f"run{number}", "", ()), {}), counts))
    (found,) = compare(people)
    return "same" if found.is_same else "different" if found.is_different else "unknown"


def table(trials: int, seed: int) -> list[tuple[str, str, float, Counter[str]]]:
    """Disturbance, truth, depth and what was called how often."""
    rows = []
    for disturbance in DISTURBANCES:
        for truth in TRUTHS:
            for depth in DEPTHS:
                rng = np.random.default_rng([seed, len(rows)])
                rows.append(
                    (disturbance, truth, depth, Counter(trial(rng, truth, depth, disturbance) for _ in range(trials)))
                )
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print("| disturbance | truth | depth | called same | called different | unknown | wrong |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    wrong = 0
    for disturbance, truth, depth, calls in table(args.trials, args.seed):
        bad = calls["different"] if truth == "same" else calls["same"]
        wrong += bad
        called = f"{calls['same']} | {calls['different']} | {calls['unknown']}"
        print(f"| {disturbance} | {truth} | {depth:g}x | {called} | {bad} |")
    pairs = len(DISTURBANCES) * len(TRUTHS) * len(DEPTHS) * args.trials
    print(f"\n{wrong} wrong of {pairs} pairs ({args.trials} a row, seed {args.seed}).")


if __name__ == "__main__":
    main()
