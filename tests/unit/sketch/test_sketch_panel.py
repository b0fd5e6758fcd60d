"""Panels: made of FASTA and GenBank, written and read the same, refused where they are damaged."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from dsqc.errors import UsageError
from dsqc.sketch import check_panel, choose_panel, open_panel, write_panel
from dsqc.sketch.building import MOST_HASHES, Told, build_panel, read_list, sketch_genome
from helpers.genomes import fasta, genome

GENBANK = """LOCUS       T1                        {size} bp    DNA     linear   BCT 01-JAN-2020
DEFINITION  Testia prima.
ACCESSION   T1
VERSION     T1.2
SOURCE      Testia prima
  ORGANISM  Testia prima
            Bacteria.
FEATURES             Location/Qualifiers
     source          1..{size}
                     /organism="Testia prima"
                     /db_xref="taxon:4321"
ORIGIN
{origin}//
"""


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DSQC_PANEL", raising=False)


def test_genbank_tells_everything_and_fasta_gives_the_same_words(tmp_path: Path) -> None:
    letters = genome(1, 20_000)
    text = letters.tobytes().decode().lower()
    origin = "".join(f"{start + 1:>9} {text[start : start + 60]}\n" for start in range(0, len(text), 60))
    record = tmp_path / "t.gb"
    record.write_text(GENBANK.format(size=len(text), origin=origin))
    one = sketch_genome(record)
    assert (one.name, one.taxonomy_id, one.accession) == ("Testia prima", 4321, "T1.2")
    packed = tmp_path / "t.fa.gz"
    packed.write_bytes(
        gzip.compress(fasta(tmp_path / "t.fa", letters, "gi|1|ref|T1.2| Testia prima, all").read_bytes())
    )
    other = sketch_genome(packed, Told(taxonomy_id=4321))
    assert one.facts() == other.facts()
    assert np.array_equal(one.hashes, other.hashes)
    assert (one.scaled, one.words) == (16, 20_000 - 30)
    assert len(one.hashes) == pytest.approx(one.words / 16, rel=0.1)


def test_a_large_genome_is_kept_more_coarsely(tmp_path: Path) -> None:
    made = sketch_genome(fasta(tmp_path / "l.fa", genome(2, 6_000_000)), Told(taxonomy_id=1))
    assert made.words == pytest.approx(6_000_000 - 30, rel=0.005)
    assert MOST_HASHES / 2 < len(made.hashes) <= MOST_HASHES
    assert len(made.hashes) == pytest.approx(made.words / made.scaled, rel=0.03)


def test_written_and_read_it_is_the_same(tmp_path: Path) -> None:
    told = [(fasta(tmp_path / f"{n}.fa", genome(n, 9_000)), Told(f"Testia {n}", n, hosts=(7, 8))) for n in (1, 2, 3)]
    panel = build_panel("mine", told)
    for name in ("a.sketch", "b.sketch"):
        write_panel(tmp_path / name, panel)
    assert (tmp_path / "a.sketch").read_bytes() == (tmp_path / "b.sketch").read_bytes()
    read = open_panel(tmp_path / "a.sketch")
    assert (read.version, [item.facts() for item in read.genomes]) == (
        panel.version,
        [g.facts() for g in panel.genomes],
    )
    assert read.version.startswith("mine+")
    assert build_panel("mine", told[:2]).version != panel.version


def test_what_is_no_panel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.sketch"
    write_panel(path, build_panel("p", [(fasta(tmp_path / "g.fa", genome(1, 9_000)), Told("Testia", 1))]))
    whole = path.read_bytes()
    place = len(whole) // 4
    for number, content in enumerate((b"", b"{}\n", whole[:-9], whole[:place] + b"\xff" * 40 + whole[place + 40 :])):
        bad = tmp_path / f"bad{number}.sketch"
        bad.write_bytes(content)
        with pytest.raises(UsageError):
            open_panel(bad)
    with pytest.raises(UsageError, match="There is no panel"):
        check_panel(tmp_path / "none.sketch")


def test_the_call_comes_before_the_environment_and_that_before_the_station(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"{name}.sketch" for name in ("call", "environment", "station")]
    for number, path in enumerate(paths):
        told = Told("Testia", 1)
        write_panel(path, build_panel(path.stem, [(fasta(tmp_path / "g.fa", genome(number, 9_000)), told)]))
    monkeypatch.setenv("DSQC_PANEL", str(paths[1]))

    def chosen(*given: Path | None) -> str | None:
        found = choose_panel(*given)
        return found.name if found else None

    assert [chosen(paths[0], paths[2]), chosen(None, paths[2])] == ["call", "environment"]
    assert chosen(Path("none"), paths[2]) is None
    monkeypatch.delenv("DSQC_PANEL")
    assert chosen(None, paths[2]) == "station"
    assert str(chosen(None, None)).startswith("small-")


def test_the_shipped_panel_holds_what_its_list_says() -> None:
    panel = open_panel()
    listed = Path(__file__).parents[3] / "schemas" / "sketches" / "genomes.tsv"
    rows = [told for _, told in read_list(listed)]
    assert [(item.name, item.taxonomy_id, item.accession) for item in panel.genomes] == [
        (told.name, told.taxonomy_id, told.accession) for told in rows
    ]
    assert all(item.source and item.licence and len(item.hashes) > 200 for item in panel.genomes)
    sizes = {item.accession: item.words for item in panel.genomes}
    assert sizes["NC_001422.1"] == 5_386 - 30  # published sizes, less the words that go round or stand twice
    assert sizes["NC_012920.1"] == pytest.approx(16_569, rel=0.01)
    assert sizes["NC_045512.2"] == pytest.approx(29_903, rel=0.01)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("path\tname\tcolour\nx.fa\tA\tred\n", "colour"),
        ("path\ttaxonomy_id\nx.fa\tabc\n", "abc"),
        ("path\trole\nx.fa\tking\n", "king"),
        ("name\nA\n", "lists no genome"),
    ],
)
def test_a_wrong_list_is_refused_by_its_fault(rows: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "l.tsv"
    path.write_text(rows)
    with pytest.raises(UsageError, match=said):
        read_list(path)


def test_genomes_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    good = fasta(tmp_path / "g.fa", genome(1, 9_000))
    other = tmp_path / "x.txt"
    other.write_text("hello")
    empty = tmp_path / "e.fa"
    empty.write_text("")
    for path, told, said in (
        (other, Told("A", 1), "neither FASTA nor GenBank"),
        (empty, Told("A", 1), "neither FASTA nor GenBank"),
        (fasta(tmp_path / "s.fa", genome(1, 20)), Told("A", 1), "no sequence of 31"),
        (good, Told("A"), "taxonomy id"),
        (tmp_path / "missing.fa", Told("A", 1), "cannot be read"),
    ):
        with pytest.raises(UsageError, match=said):
            sketch_genome(path, told)
    with pytest.raises(UsageError, match="Two genomes"):
        build_panel("p", [(good, Told("A", 1)), (good, Told("A", 1))])
