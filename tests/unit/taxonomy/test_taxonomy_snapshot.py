"""Looking things up: names of every class, ids that moved, lineages, and names that are nearly right."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.errors import UsageError
from dsqc.taxonomy import NameKind, Taxonomy, build, choose_taxonomy, nearest, open_taxonomy, taxonomy_version
from helpers import taxdumps

SHIPPED = open_taxonomy()


@pytest.fixture(scope="module")
def taxonomy(tmp_path_factory: pytest.TempPathFactory) -> Taxonomy:
    folder = tmp_path_factory.mktemp("taxonomy")
    return build(taxdumps.directory(folder / "dump"), folder / "made.sqlite", day=date(2026, 9, 1))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Bacillus subtilis", NameKind.SCIENTIFIC),
        ("  Bacillus   subtilis ", NameKind.SCIENTIFIC),
        ("bacillus SUBTILIS", NameKind.LETTER_CASE),
        ("Vibrio subtilis", NameKind.SYNONYM),
        ("고초균", NameKind.COMMON),
    ],
)
def test_a_name_is_found_as_what_it_is(taxonomy: Taxonomy, text: str, kind: NameKind) -> None:
    (match,) = taxonomy.find(text)
    assert (match.taxon.id, match.taxon.name, match.kind) == (1423, "Bacillus subtilis", kind)


@pytest.mark.parametrize("text", ["", "ATCC 6051", "Bacillus subtilus", "%", "' OR 1=1 --", "\x00", "B" * 5000])
def test_what_is_no_name_is_not_found(taxonomy: Taxonomy, text: str) -> None:
    assert taxonomy.find(text) == ()


def test_a_name_of_two_taxa_names_both(taxonomy: Taxonomy) -> None:
    assert [match.taxon.id for match in taxonomy.find("Bacillus")] == [1386, 50013]


def test_ids_that_moved(taxonomy: Taxonomy) -> None:
    assert taxonomy.current_id(12) == 1423
    assert taxonomy.merged_ids(1423) == (12,)
    assert taxonomy.is_deleted(99)
    assert taxonomy.taxon(12) is taxonomy.taxon(99) is None


def test_the_lineage_goes_from_the_root_to_the_taxon(taxonomy: Taxonomy) -> None:
    assert taxonomy.lineage(224308) == (1, 131567, 2, 1386, 1423, 224308)
    assert taxonomy.lineage(1) == (1,)
    assert taxonomy.lineage(12) == ()


def test_a_strain_stands_below_species_and_a_genus_does_not(taxonomy: Taxonomy) -> None:
    assert [taxonomy.is_species_or_below(one) for one in (224308, 1423, 1386, 1, 77)] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Bacillus subtilus", "Bacillus subtilis"),
        ("bacilus subtilis", "Bacillus subtilis"),
        ("Bacilus subtillis", "Bacillus subtilis"),
        ("Bacillus sutbilis", "Bacillus subtilis"),
    ],
)
def test_a_slip_is_understood(taxonomy: Taxonomy, written: str, meant: str) -> None:
    assert nearest(taxonomy, written)[0].taxon.name == meant


@pytest.mark.parametrize("text", ["", "x", "Quercus", "qqqq wwww eeee", "벼", "a" * 200, "Bacillus"])
def test_what_is_like_nothing_is_taken_for_nothing_else(taxonomy: Taxonomy, text: str) -> None:
    assert [item.taxon.name for item in nearest(taxonomy, text)] in ([], ["Bacillus", "Bacillus"])


NAMES = [
    match.name.text
    for name in ("Oryza sativa", "Homo sapiens", "human gut metagenome", "Escherichia coli")
    for match in SHIPPED.find(name)
]


@given(st.sampled_from(NAMES), st.data())
@settings(max_examples=60, deadline=None)
def test_one_slip_anywhere_leads_back(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("abcxyz"))
    slip = data.draw(st.sampled_from([name[:place] + name[place + 1 :], name[:place] + letter + name[place:]]))
    assert name in [item.taxon.name for item in nearest(SHIPPED, slip)]


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + bytes(200)])
def test_what_is_no_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "taxonomy.sqlite"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="no taxonomy snapshot"):
        Taxonomy(path)


def test_a_cut_snapshot_is_refused(tmp_path: Path, taxonomy: Taxonomy) -> None:
    path = tmp_path / "taxonomy.sqlite"
    path.write_bytes(taxonomy.path.read_bytes()[:9000])
    with pytest.raises(UsageError, match="damaged"):
        Taxonomy(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="taxonomy build"):
        Taxonomy(tmp_path / "taxonomy.sqlite")


def test_the_call_goes_before_the_environment_and_that_before_the_station(
    taxonomy: Taxonomy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DSQC_TAXONOMY", raising=False)
    assert choose_taxonomy() is open_taxonomy()
    assert choose_taxonomy(None, taxonomy.path).path == taxonomy.path
    monkeypatch.setenv("DSQC_TAXONOMY", str(taxonomy.path))
    assert choose_taxonomy(None, tmp_path / "none.sqlite").path == taxonomy.path
    with pytest.raises(UsageError, match=r"none\.sqlite"):
        choose_taxonomy(tmp_path / "none.sqlite")


def test_a_version_names_the_snapshot(taxonomy: Taxonomy) -> None:
    assert taxonomy_version(taxonomy)["version"] == taxonomy.about.version
    assert taxonomy_version()["scope"] == "part"


@pytest.mark.parametrize(
    ("taxon_id", "name"),
    [
        *((9606, "Homo sapiens"), (4530, "Oryza sativa"), (9913, "Bos taurus"), (4932, "Saccharomyces cerevisiae")),
        *((1773, "Mycobacterium tuberculosis"), (2697049, "Severe acute respiratory syndrome coronavirus 2")),
        *((11320, "Influenza A virus"), (1590, "Lactiplantibacillus plantarum"), (32644, "unidentified")),
        *((256318, "metagenome"), (410658, "soil metagenome"), (408170, "human gut metagenome")),
        *((1561972, "seawater metagenome"), (646099, "human metagenome"), (1256227, "indoor metagenome")),
    ],
)
def test_the_shipped_snapshot_holds_what_submissions_name(taxon_id: int, name: str) -> None:
    taxon = SHIPPED.taxon(taxon_id)
    assert taxon is not None
    assert taxon.name == name
    assert SHIPPED.is_species_or_below(taxon_id)


@pytest.mark.parametrize(
    ("written", "meant"), [("사람", 9606), ("쌀", 4530), ("소", 9913), ("돼지", 9823), ("닭", 9031)]
)
def test_korean_names_lead_to_the_taxon(written: str, meant: int) -> None:
    assert [match.taxon.id for match in SHIPPED.find(written)] == [meant]
