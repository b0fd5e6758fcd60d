"""Whether runs are of the individuals that the forms say: genotypes at common sites of human alignments.

What is compared are likelihoods, not called genotypes, so that shallow runs say little and deep ones much. For every
pair of runs four relations are weighed: one individual (or identical twins), parent and child, siblings, unrelated
people. Likelihoods are binomial over the bases of both alleles; the joint genotypes of relatives follow from shared
alleles (Cotterman coefficients; Picard CrosscheckFingerprints weighs the first and the last alike). A site speaks for
or against at most so much (:data:`LAPSE`): copy number, allelic expression and wrong alignments must not decide.

One donor may give many samples, so samples are different individuals only where the forms say so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc.findings import Finding, Location, finding
from dsqc.judge.declared import Declared
from dsqc.metrics.identity import TABLE, sites

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

ERROR = 0.02
"""Of a base: sequencing, alignment, a little foreign DNA."""
LAPSE = 0.02
"""Share of sites at which a run says nothing of its individual."""
MOST_BASES = 40
"""Bases of a site that count; deeper sites are scaled down: errors of deep sites go together."""
LEAST_LOD = 5.0
"""Log10 of the odds against every other relation, with that of the number of pairs added to it."""
LEAST_SITES = 50
"""Sites that both runs of a pair cover."""
HOMOZYGOUS_BASES, HOMOZYGOUS_SHARE = 6, 0.95
"""Bases of a site, and the share of one allele, from which it is surely homozygous."""
LEAST_OPPOSITE, LEAST_OPPOSITE_SHARE = 5, 0.02
"""Sites where one run is surely homozygous for the one allele and the other for the other, without which no two runs
are called different: loss of heterozygosity and expression of one allele cannot make them."""
MOST_RUNS = 400
"""Runs that are compared, the deepest first: pairs grow with the square."""
INDIVIDUALS = ("subject_id", "host_subject_id", "donor_id")
"""Attributes of a sample that name its individual."""
SEXES = frozenset({"male", "female"})
SAME, PARENT_CHILD, SIBLINGS, UNRELATED = "same", "parent_child", "siblings", "unrelated"
RELATIONS = (SAME, PARENT_CHILD, SIBLINGS, UNRELATED)
SHOWN_PAIRS = 50


@dataclass(frozen=True, slots=True)
class Person:
    """One run and whose it is said to be.

    Attributes:
        declared: its rows of the forms.
        counts: int64, sites x 2: bases of the reference and of the alternative allele.
    """

    declared: Declared
    counts: Counts

    @property
    def key(self) -> str:
        """Key of the run."""
        return self.declared.run.key

    @property
    def individual(self) -> tuple[str, str]:
        """What names the individual: an attribute with its value, else the sample."""
        for name in INDIVIDUALS:
            value = self.declared.sample.get(name, "").strip()
            if value and " " not in value:  # A missing-value term ("not collected") names nobody.
                return name, value.casefold()
        return "sample_name", self.declared.sample.get("sample_name", "").casefold()

    @property
    def sex(self) -> str:
        """As declared, where it tells people apart."""
        sex = self.declared.sample.get("sex", "").casefold()
        return sex if sex in SEXES else ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs compared.

    Attributes:
        one, two: the runs.
        sites: covered in both.
        lods: log10 likelihood of each of ``RELATIONS`` over that of unrelated people.
        opposite, homozygous: sites of opposite homozygotes, of those where both are surely homozygous.
        needed: LOD that this submission asks for.
    """

    one: Person
    two: Person
    sites: int
    lods: tuple[float, float, float, float]
    opposite: int
    homozygous: int
    needed: float

    @property
    def lod(self) -> float:
        """Log10 of the odds of one individual against the likeliest other relation."""
        return self.lods[0] - max(self.lods[1:])

    @property
    def probability(self) -> float:
        """Of one individual, all four relations being equally likely beforehand."""
        weights = 10.0 ** (np.array(self.lods) - max(self.lods))
        return float(weights[0] / weights.sum())

    @property
    def relation(self) -> str:
        """The likeliest; ``unknown`` where it is neither surely one individual nor surely two."""
        if self.sites >= LEAST_SITES and self.lod >= self.needed:
            return SAME
        surely = self.opposite >= max(LEAST_OPPOSITE, LEAST_OPPOSITE_SHARE * self.homozygous)
        if self.sites >= LEAST_SITES and surely and self.lod <= -self.needed:
            return RELATIONS[1 + int(np.argmax(self.lods[1:]))]
        return "unknown"

    @property
    def is_same(self) -> bool:
        """Surely one individual, or identical twins."""
        return self.relation == SAME

    @property
    def is_different(self) -> bool:
        """Surely two."""
        return self.relation not in (SAME, "unknown")

    @property
    def said_same(self) -> bool:
        """Whether the forms say that it is one individual."""
        return self.one.individual == self.two.individual

    @property
    def said_different(self) -> bool:
        """Whether the forms say that these are two: other ids of one kind, or a man and a woman."""
        (kind, value), (other_kind, other) = self.one.individual, self.two.individual
        named = kind == other_kind and kind in INDIVIDUALS and value != other
        return named or (not self.said_same and {self.one.sex, self.two.sex} == SEXES)

    def to_dict(self) -> dict[str, Any]:
        """An entry of ``identity.pairs`` in ``verdict.json``."""
        return {
            "runs": [self.one.key, self.two.key],
            "relation": self.relation,
            "declared": "same" if self.said_same else "different" if self.said_different else "unknown",
            "sites": self.sites,
            "opposite_homozygotes": self.opposite,
            "lod": round(self.lod, 1),
            "probability": round(self.probability, 6),
        }


def counts_of(tables: Sequence[Mapping[str, Any]]) -> Counts | None:
    """Bases of both alleles at every site, of all files of a run together; None where none holds any."""
    found = np.zeros((len(sites()), 2), np.int64)
    for table in (item[TABLE] for item in tables if TABLE in item):
        rows = np.array(table["site"], np.int64)
        inside = rows < len(found)
        found[rows[inside], 0] += np.array(table["reference"], np.int64)[inside]
        found[rows[inside], 1] += np.array(table["alternative"], np.int64)[inside]
    return found if found.any() else None


def compare(people: Sequence[Person]) -> list[Pair]:
    """Every pair of runs; of very many runs those of the deepest."""
    chosen = sorted(people, key=lambda item: (-int(item.counts.sum()), item.key))[:MOST_RUNS]
    chosen.sort(key=lambda item: item.key)
    needed = LEAST_LOD + float(np.log10(max(1, len(chosen) * (len(chosen) - 1) // 2)))
    if len(chosen) < 2:
        return []
    counts = np.stack([item.counts for item in chosen])
    covered = (counts.sum(axis=2) > 0).astype(np.float32)
    shared = covered @ covered.T
    for_reference, for_alternative = _homozygous(counts)
    crossing = for_reference @ for_alternative.T
    opposite = crossing + crossing.T
    sure = for_reference + for_alternative
    both_sure = sure @ sure.T
    lods = _lods(counts)
    return [
        Pair(
            chosen[first],
            chosen[second],
            int(shared[first, second]),
            (*lods[first][second - first - 1].tolist(), 0.0),
            int(opposite[first, second]),
            int(both_sure[first, second]),
            needed,
        )
        for first, second in combinations(range(len(chosen)), 2)
    ]


def _lods(counts: Counts) -> list[Floats]:
    """Log10 likelihood of three relations over that of unrelated people, of each run with all that follow: rest x 3.

    A site that one of two runs does not cover says nothing: its likelihood is the same under every relation.
    """
    frequency = sites().frequency
    alone = _genotypes(frequency)
    joint = _joint(frequency, alone)
    likelihoods = np.stack([_likelihoods(item) for item in counts])
    marginal = (likelihoods * alone).sum(axis=2)
    found = []
    for row, (one, own) in enumerate(zip(likelihoods, marginal, strict=True)):
        following, alike = likelihoods[row + 1 :], marginal[row + 1 :]
        weights = (one[None, :, :, None] * joint).sum(axis=2) / own[None, :, None]
        together = np.stack([(following * weight).sum(axis=2) for weight in weights])
        found.append(np.log10((1 - LAPSE) * together / alike + LAPSE).sum(axis=2).T)
    return found


def _genotypes(frequency: Floats) -> Floats:
    """Share of people with 0, 1 and 2 alternative alleles (Hardy-Weinberg), sites x 3."""
    rest = 1 - frequency
    return np.stack([rest**2, 2 * frequency * rest, frequency**2], axis=1)


def _joint(frequency: Floats, alone: Floats) -> Floats:
    """Joint genotypes of two people of each relation but the unrelated: 3 x sites x 3 x 3."""
    rest, none = 1 - frequency, np.zeros_like(frequency)
    child = np.stack(  # Of a child, by the genotype of a parent.
        [
            np.stack([rest, frequency, none], axis=1),
            np.stack([rest / 2, none + 0.5, frequency / 2], axis=1),
            np.stack([none, rest, frequency], axis=1),
        ],
        axis=1,
    )
    same = alone[:, :, None] * np.eye(3)
    parent = alone[:, :, None] * child
    siblings = 0.25 * same + 0.5 * parent + 0.25 * alone[:, :, None] * alone[:, None, :]
    return np.stack([same, parent, siblings])


def _likelihoods(counts: Counts) -> Floats:
    """Of the bases of each site, by the number of alternative alleles; sites x 3, the largest of a site is 1."""
    depth = counts.sum(axis=1)
    scaled = counts * np.minimum(1.0, MOST_BASES / np.maximum(depth, 1))[:, None]
    share = np.array([ERROR, 0.5, 1 - ERROR])
    logs = scaled[:, :1] * np.log(1 - share) + scaled[:, 1:] * np.log(share)
    found: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
    return found


def _homozygous(counts: Counts) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where a site is surely homozygous for the reference, and where for the alternative allele: 1, runs x sites."""
    depth = counts.sum(axis=2)
    sure = (depth >= HOMOZYGOUS_BASES)[:, :, None] & (counts >= HOMOZYGOUS_SHARE * depth[:, :, None])
    return sure[:, :, 0].astype(np.float32), sure[:, :, 1].astype(np.float32)


def identity_findings(pairs: Sequence[Pair]) -> Iterator[Finding]:
    """DSQC-D050 to DSQC-D052: who is who otherwise than declared. Exchanged samples are told once, not by each pair."""
    crossed = _exchanged(pairs)
    for pair in crossed.values():
        yield _finding("DSQC-D052", pair)
    told: set[tuple[str, frozenset[tuple[str, str]]]] = set()
    for pair in sorted(pairs, key=lambda item: (-abs(item.lod), item.one.key, item.two.key)):
        who = frozenset({pair.one.individual, pair.two.individual})
        if any(who <= set(groups) for groups in crossed):
            continue
        code = ""
        if pair.is_same and pair.said_different:
            code = "DSQC-D050"
        elif pair.is_different and pair.said_same:
            code = "DSQC-D051"
        if code and (code, who) not in told:
            told.add((code, who))
            yield _finding(code, pair)


def _exchanged(pairs: Sequence[Pair]) -> dict[tuple[tuple[str, str], tuple[str, str]], Pair]:
    """Two individuals whose runs cross: a run of each fits the other, and does not fit another run of its own.

    Returns:
        One of the pairs that fit across, by the two.
    """
    misfits = {person.key for pair in pairs if pair.said_same and pair.is_different for person in (pair.one, pair.two)}
    across: dict[tuple[tuple[str, str], tuple[str, str]], list[Pair]] = {}
    for pair in pairs:
        if pair.is_same and not pair.said_same and {pair.one.key, pair.two.key} <= misfits:
            first, second = sorted((pair.one.individual, pair.two.individual))
            across.setdefault((first, second), []).append(pair)
    return {
        groups: fits[0]
        for groups, fits in across.items()
        # Two runs of each side: one pair alone may be one run in the wrong place.
        if len({person.key for pair in fits for person in (pair.one, pair.two)}) >= 4
    }


def _finding(code: str, pair: Pair) -> Finding:
    """The samples are named, and by which attribute they are told apart; never its value, which is somebody's."""
    named = dict.fromkeys(
        f"{item.declared.sample.get('sample_name', '')} ({item.individual[0]})" for item in (pair.one, pair.two)
    )
    row = pair.two.declared.sample_row or pair.one.declared.sample_row
    odds = f"LOD {pair.lod:.0f}, {pair.sites:,} sites, {pair.opposite} opposite"
    odds_ko = f"LOD {pair.lod:.0f}, {pair.sites:,}개 부위, 반대 동형접합 {pair.opposite}개"
    return finding(
        code,
        Location(sheet="sample", row=row, attribute="sample_name"),
        object_id=pair.two.key,
        value=f"{pair.one.key} / {pair.two.key}",
        expected=" / ".join(named),
        odds=odds,
        odds_ko=odds_ko,
    )


def identity_document(people: Sequence[Person], pairs: Sequence[Pair]) -> dict[str, Any] | None:
    """``identity`` of ``verdict.json``; None where no run could be compared."""
    if not people:
        return None
    notable = [
        pair
        for pair in pairs
        if (pair.is_same and not pair.said_same) or (pair.is_different and not pair.said_different)
        if pair.is_same or pair.said_same
    ]
    notable.sort(key=lambda pair: (-abs(pair.lod), pair.one.key, pair.two.key))
    return {
        "sites": len(sites()),
        "runs": [
            {
                "run_key": item.key,
                "sites": int(np.count_nonzero(item.counts.sum(axis=1))),
                "depth": round(float(item.counts.sum()) / len(sites()), 2),
            }
            for item in people
        ],
        "pair_count": len(pairs),
        "same_count": sum(pair.is_same for pair in pairs),
        "different_count": sum(pair.is_different for pair in pairs),
        "pairs": [pair.to_dict() for pair in notable[:SHOWN_PAIRS]],
    }
