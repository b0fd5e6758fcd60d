"""What is in reads whose truth is known: shares, their intervals, relatives, and when nothing is told."""

from pathlib import Path

import numpy as np
import pytest

from dsqc.sketch import Composition, Panel, compose, intact_words
from dsqc.sketch.building import Told, build_panel
from dsqc.sketch.composition import FEWEST_WORDS, poisson_interval
from helpers.genomes import Bytes, fasta, genome, mixture, reads_of
from unit.sketch.test_sketch_words import counted

ERRORS = 0.01
SIZES = {"phage": 5_400, "virus": 30_000, "bacterium": 2_000_000}
UNKNOWN = genome(99, 3_000_000)


@pytest.fixture(scope="module")
def genomes() -> dict[str, Bytes]:
    return {name: genome(number, size) for number, (name, size) in enumerate(SIZES.items(), 11)}


@pytest.fixture(scope="module")
def panel(genomes: dict[str, Bytes], tmp_path_factory: pytest.TempPathFactory) -> Panel:
    folder = tmp_path_factory.mktemp("genomes")
    told = [
        (fasta(folder / f"{name}.fa", letters), Told(name=name, taxonomy_id=number))
        for number, (name, letters) in enumerate(genomes.items(), 1)
    ]
    return build_panel("test", told)


def told_of(reads: Bytes, panel: Panel, errors: float = ERRORS) -> Composition:
    return compose(counted(reads).sketch(), panel, intact_words(np.array([errors]), np.array([1])))


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.5])
def test_intervals_cover_the_truth(share: float, genomes: dict[str, Bytes], panel: Panel) -> None:
    covered = named = 0
    shares: list[float] = []
    for name, letters in genomes.items():
        for seed in range(8):
            of_it = int(share * 6_000)
            parts = [(letters, of_it), (UNKNOWN, 6_000 - of_it)]
            found = told_of(mixture(parts, 100 * seed, errors=ERRORS), panel)
            assert {item.genome.name for item in found.shares} <= {name}
            for item in found.shares:
                named += 1
                covered += item.low <= share <= item.high
                shares.append(item.share)
    assert covered >= 0.95 * named
    # Six reads of a bacterium leave few words at its scale; all else is seen every time.
    assert named >= (16 if share == 0.001 else 24)
    assert np.mean(shares) == pytest.approx(share, rel=0.5 if share == 0.001 else 0.1)


def test_a_mixture_of_all_is_told_apart(genomes: dict[str, Bytes], panel: Panel) -> None:
    counts = {"phage": 600, "virus": 1_800, "bacterium": 3_000}
    parts = [(genomes[name], number) for name, number in counts.items()]
    found = told_of(mixture([*parts, (UNKNOWN, 600)], 7, errors=ERRORS), panel)
    assert [item.genome.name for item in found.shares] == ["bacterium", "virus", "phage"]
    for item in found.shares:
        assert item.low <= counts[item.genome.name] / 6_000 <= item.high
    assert found.explained == pytest.approx(0.9, abs=0.05)


def test_reads_of_nothing_known_and_too_few_reads(panel: Panel) -> None:
    found = told_of(reads_of(UNKNOWN, 3_000, 1, errors=ERRORS), panel)
    assert (found.shares, found.enough, found.explained) == ((), True, 0)
    few = told_of(reads_of(UNKNOWN, FEWEST_WORDS // 120 - 1, 1), panel)
    assert not few.enough


def test_a_relative_and_a_part_are_not_the_whole(genomes: dict[str, Bytes], panel: Panel) -> None:
    virus = genomes["virus"]
    changed = virus.copy()
    places = np.arange(0, len(virus), 30)
    changed[places] = np.frombuffer(b"CGTA", dtype=np.uint8)[
        np.searchsorted(np.frombuffer(b"ACGT", np.uint8), changed[places])
    ]
    changed[: len(virus) // 4] = virus[: len(virus) // 4]
    extents = {
        name: {item.genome.name: item.extent for item in told_of(reads_of(letters, 3_000, 3), panel, 1e-4).shares}
        for name, letters in (("itself", virus), ("relative", changed), ("part", virus[:6_000]))
    }
    assert extents == {"itself": {"virus": "whole"}, "relative": {"virus": "part"}, "part": {"virus": "part"}}


def test_words_of_a_coarser_genome_are_not_another_ones(genomes: dict[str, Bytes], tmp_path: Path) -> None:
    phage = genomes["phage"]
    host = genomes["bacterium"].copy()
    host[1_000:2_500] = phage[:1_500]  # a prophage, or what is left of it
    told = [(fasta(tmp_path / "h.fa", host), Told("host", 1)), (fasta(tmp_path / "p.fa", phage), Told("phage", 2))]
    both = build_panel("both", told)
    assert both.genomes[0].scaled > both.genomes[1].scaled
    deep = reads_of(host, 60_000, 5)
    assert [item.genome.name for item in told_of(deep, both, 1e-4).shares] == ["host"]


def test_intact_words_follow_the_qualities() -> None:
    even = intact_words(np.array([0.01]), np.array([1000]))
    assert even.estimate == pytest.approx(0.99**31)
    assert even.low < even.estimate < even.high < 1
    mixed = intact_words(np.array([0.6, 0.0002]), np.array([50, 950]))
    # If the bad bases stand together, 95 % of the words are whole; if they are spread, 37 %.
    assert mixed.low < (1 - 0.0302) ** 31 < mixed.estimate < 0.95 * (1 - 0.0002) ** 31 < mixed.high
    without = intact_words(np.zeros(0), np.zeros(0, dtype=np.int64))
    assert (without.estimate, without.high) == (1.0, 1.0)
    assert without.low == pytest.approx(0.98**31)


@pytest.mark.parametrize(("number", "low", "high"), [(1, 0.0253, 5.572), (10, 4.795, 18.39), (100, 81.36, 121.6)])
def test_the_interval_of_a_count_is_garwoods(number: int, low: float, high: float) -> None:
    below, above = poisson_interval(number)
    assert below * number == pytest.approx(low, rel=0.02, abs=0.02)
    assert above * number == pytest.approx(high, rel=0.02)
