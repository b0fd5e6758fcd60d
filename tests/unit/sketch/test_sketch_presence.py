"""The share of one organism and its interval: covered at every share and at zero, by whole panels and by repeats."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dsqc.errors import UsageError
from dsqc.kernels.sketch import SIZE
from dsqc.sketch import Panel, intact_words, open_panel, taxon_share, write_panel
from dsqc.sketch.building import Told, build_panel, read_list, sketch_genome
from helpers.genomes import Bytes, fasta, genome, mixture, reads_of
from unit.sketch.test_sketch_words import counted

HUMAN = 9606
ERRORS = 0.005
READS = 20_000
INTACT = intact_words(np.array([ERRORS]), np.array([1]))
SIZE_OF_GENOME = 1_000_000
REPEAT = genome(72, 300)


def with_repeats(seed: int) -> Bytes:
    """A genome of which a tenth are copies of one repeat, as the genome of humans has."""
    letters = genome(seed, SIZE_OF_GENOME).copy()
    starts = np.random.default_rng(seed).choice(SIZE_OF_GENOME // 300 - 1, SIZE_OF_GENOME // 3_000, replace=False) * 300
    letters[starts[:, None] + np.arange(300)] = REPEAT
    return letters


PERSON = with_repeats(71)
MITOCHONDRION = genome(73, 16_000)
UNKNOWN = genome(74, 3_000_000)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    folder = tmp_path_factory.mktemp("whole")
    told = [
        (fasta(folder / "nuclear.fa", PERSON), Told("Homo sapiens", HUMAN)),
        (fasta(folder / "mt.fa", MITOCHONDRION), Told("Homo sapiens", HUMAN, part="mitochondrion")),
        (fasta(folder / "other.fa", genome(75, 300_000)), Told("Testia prima", 1)),
    ]
    return build_panel("whole", told, every=64)


@pytest.fixture(scope="module")
def repeats(whole: Panel, tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """A panel of the repeat and the mitochondrion, made for another genome than that the reads come from."""
    folder = tmp_path_factory.mktemp("repeats")
    told = Told("Homo sapiens", HUMAN, part="repeats", recall=(0.05, 0.15))
    repeat = sketch_genome(fasta(folder / "repeat.fa", REPEAT), told, every=16)
    return Panel.of("repeats", [repeat, *whole.genomes[1:]])


@pytest.mark.parametrize("share", [0.0, 0.0005, 0.01, 0.1])
def test_intervals_cover_the_truth(share: float, whole: Panel, repeats: Panel) -> None:
    covered = {"whole": 0, "repeats": 0}
    seeds = range(10)
    for seed in seeds:
        human = int(share * READS)
        parts = [(PERSON, human - human // 50), (MITOCHONDRION, human // 50), (UNKNOWN, READS - human)]
        sketch = counted(mixture(parts, 1_000 * seed, errors=ERRORS)).sketch()
        for panel in (whole, repeats):
            told = taxon_share(sketch, panel, HUMAN, INTACT)
            assert told is not None
            assert told.high is not None
            assert 0 <= told.low <= told.share <= told.high <= 1
            covered[panel.name] += told.low <= share <= told.high
            if not share:
                assert (told.share, told.low) == (0, 0)
                assert 0 < told.high < 0.1
    assert min(covered.values()) >= 0.9 * len(seeds)


def test_a_mitochondrion_alone_tells_no_upper_end(whole: Panel) -> None:
    sketch = counted(mixture([(MITOCHONDRION, 200), (UNKNOWN, 5_000)], 5, errors=ERRORS)).sketch()
    told = taxon_share(sketch, Panel.of("mt", whole.genomes[1:]), HUMAN, INTACT)
    assert told is not None
    assert (told.high, told.recall) == (None, 0)
    assert told.low > 0.02
    assert taxon_share(sketch, whole, 10090, INTACT) is None


def test_of_several_that_stand_for_all_one_counts(whole: Panel, repeats: Panel) -> None:
    sketch = counted(mixture([(PERSON, 2_000), (UNKNOWN, 2_000)], 6, errors=ERRORS)).sketch()
    both = Panel.of("both", [*repeats.genomes, whole.genomes[0]])
    assert taxon_share(sketch, both, HUMAN, INTACT) == taxon_share(sketch, whole, HUMAN, INTACT)


def test_words_that_others_have_too_count_for_nobody(whole: Panel) -> None:
    stranger = replace(whole.genomes[0], name="Pan troglodytes", taxonomy_id=9598)
    sketch = counted(reads_of(PERSON, 2_000, 3)).sketch()
    told = taxon_share(sketch, Panel.of("same", [*whole.genomes[:2], stranger]), HUMAN, INTACT)
    assert told is not None
    assert told.low == 0


def test_the_shipped_panel_sees_repeats_and_says_how_many() -> None:
    panel = open_panel()
    (repeats,) = (item for item in panel.genomes if item.part == "repeats")
    assert (repeats.taxonomy_id, repeats.recall, repeats.scaled) == (HUMAN, (0.03, 0.09), 16)
    told = taxon_share(counted(reads_of(UNKNOWN, 2_000, 1)).sketch(), panel, HUMAN, INTACT)
    assert told is not None
    assert told.recall == pytest.approx(0.052, abs=0.001)
    assert told.high is not None


def test_a_recall_and_a_scale_go_through_list_and_file(tmp_path: Path) -> None:
    fasta(tmp_path / "g.fa", genome(1, 10_000))
    listed = tmp_path / "list.tsv"
    listed.write_text("path\tname\ttaxonomy_id\tpart\trecall\ng.fa\tTestia\t7\trepeats\t0.2-0.3\n")
    panel = build_panel("p", read_list(listed), every=1)
    (made,) = panel.genomes
    assert (made.recall, made.scaled, len(made.hashes)) == ((0.2, 0.3), 1, 10_000 - SIZE + 1)
    write_panel(tmp_path / "p.sketch", panel)
    again = open_panel(tmp_path / "p.sketch")
    assert (again.sha256, again.genomes[0].recall) == (panel.sha256, (0.2, 0.3))
    for wrong in ("0.3-0.2", "x", "2"):
        listed.write_text(f"path\tname\ttaxonomy_id\trecall\ng.fa\tTestia\t7\t{wrong}\n")
        with pytest.raises(UsageError, match="no recall"):
            read_list(listed)
    with pytest.raises(UsageError, match="One word of 3"):
        sketch_genome(tmp_path / "g.fa", Told("T", 7), every=3)
