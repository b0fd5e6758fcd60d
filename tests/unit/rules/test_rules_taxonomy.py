"""Organisms: what a name and an id give together, in a whole and in a small snapshot."""

from datetime import date
from pathlib import Path

import pytest

from dsqc.findings import CERTAIN, Finding
from dsqc.forms import compose, load_fields
from dsqc.language import Language
from dsqc.stages.validate import validate
from dsqc.taxonomy import Taxonomy, build, open_taxonomy
from helpers import taxdumps
from helpers.submissions import TODAY, add, good_tables, put, write_tsv


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Taxonomy:
    folder = tmp_path_factory.mktemp("taxonomy")
    return build(taxdumps.directory(folder / "dump"), folder / "made.sqlite", day=date(2026, 9, 1))


def found(folder: Path, form: tuple[str, str], taxonomy: Taxonomy | None = None, **sample: str) -> dict[str, Finding]:
    tables = good_tables(*form)
    put(tables, "sample", **sample)
    result = validate(
        write_tsv(folder, tables), None, today=date.fromisoformat(TODAY), with_files=False, taxonomy=taxonomy
    )
    return {item.code.removeprefix("DSQC-"): item for item in result.findings}


RICE = ("seed_crop", "Plant_fungi")
SOIL = ("environment_biodiversity", "Soil")
MICROBE = ("bioenergy", "Microbe")


@pytest.mark.parametrize(
    ("organism", "taxid", "seen", "meant", "confidence"),
    [
        ("Oryza sativa", "10090", ("S006", "taxonomy_id"), "4530", 0.7),
        ("Oryza sativa", "999999999", ("S006", "taxonomy_id"), "4530", 0.9),
        ("Oryza sativa", "32644", ("S006", "taxonomy_id"), "4530", 0.7),
        ("Oryza sativa", "39947", ("S006", "taxonomy_id"), "4530", 0.5),
        ("oryza sativa", "4530", ("S007", "organism"), "Oryza sativa", 1.0),
        ("rice", "4530", ("S007", "organism"), "Oryza sativa", 1.0),
        ("Oryza sativva", "4530", ("S007", "organism"), "Oryza sativa", 0.95),
        ("Oryza sativva", "", ("S007", "organism"), "Oryza sativa", 0.82),
        ("Pyropia yezoensis", "2788", ("S007", "organism"), "Neopyropia yezoensis", 1.0),
    ],
)
def test_a_name_and_an_id(  # noqa: PLR0917
    organism: str, taxid: str, seen: tuple[str, str], meant: str, confidence: float, tmp_path: Path
) -> None:
    code, attribute = seen
    findings = found(tmp_path, RICE, organism=organism, taxonomy_id=taxid)
    assert set(findings) - {"T015"} == {code}
    finding = findings[code]
    assert finding.location.attribute == attribute
    assert finding.suggestion is not None
    assert (finding.suggestion.value, finding.suggestion.confidence) == (meant, confidence)


@pytest.mark.parametrize(
    ("organism", "taxid"),
    [
        ("Novella koreana", "32644"),
        ("unidentified", "32644"),
        ("Oryza sativa Japonica Group", "39947"),
        ("Ginkgo biloba", "3311"),
    ],
)
def test_nothing_is_said_of_what_is_right(organism: str, taxid: str, tmp_path: Path) -> None:
    assert found(tmp_path, RICE, organism=organism, taxonomy_id=taxid) == {}


def test_a_small_snapshot_accuses_nobody(tmp_path: Path) -> None:
    finding = found(tmp_path, RICE, organism="Rafflesia arnoldii", taxonomy_id="4302")["S007"]
    assert finding.severity.value == "warning"
    for language in Language:
        assert str(open_taxonomy().about.taxa) in finding.message(language)
    assert finding.suggestion is None


def test_a_korean_name_leads_to_the_scientific_one(tmp_path: Path) -> None:
    findings = found(tmp_path, RICE, organism="벼", taxonomy_id="4530")
    assert set(findings) == {"T009"}, "one slip, one finding"
    assert findings["T009"].suggestion is not None
    assert findings["T009"].suggestion.value == "Oryza sativa"
    assert findings["T009"].suggestion.confidence >= CERTAIN


def test_a_whole_snapshot_knows_that_a_name_is_wrong(whole: Taxonomy, tmp_path: Path) -> None:
    contrary = found(tmp_path / "a", MICROBE, whole, organism="Rafflesia arnoldii", taxonomy_id="1423")["S006"]
    assert contrary.location.attribute == "organism"
    assert contrary.suggestion is not None
    assert contrary.suggestion.value == "Bacillus subtilis"
    unknown = found(tmp_path / "b", MICROBE, whole, organism="Bacillus subtilus", taxonomy_id="1423")
    assert unknown["S007"].suggestion is not None


def test_a_merged_id_is_replaced_by_the_current_one(whole: Taxonomy, tmp_path: Path) -> None:
    finding = found(tmp_path, MICROBE, whole, organism="Bacillus subtilis", taxonomy_id="12")["S007"]
    assert finding.location.attribute == "taxonomy_id"
    assert finding.suggestion is not None
    assert (finding.suggestion.value, finding.suggestion.confidence) == ("1423", 1.0)


def test_a_name_of_two_taxa_is_told_by_the_id(whole: Taxonomy, tmp_path: Path) -> None:
    assert "S006" not in found(tmp_path / "a", MICROBE, whole, organism="Bacillus", taxonomy_id="1386")
    neither = found(tmp_path / "b", MICROBE, whole, organism="Bacillus", taxonomy_id="1423")["S006"]
    assert neither.suggestion is None
    assert "1386 (Bacillus); 50013 (Bacillus)" in neither.expected


@pytest.mark.parametrize(
    ("organism", "taxid", "meant"),
    [
        ("soil", "410658", "soil metagenome"),
        ("seawater", "", "seawater metagenome"),
        ("Homo sapiens", "9606", None),
        ("metagenomes", "408169", None),
    ],
)
def test_a_community_is_a_metagenome(organism: str, taxid: str, meant: str | None, tmp_path: Path) -> None:
    findings = found(tmp_path, SOIL, organism=organism, taxonomy_id=taxid)
    assert set(findings) - {"T015"} == {"S010"}
    suggestion = findings["S010"].suggestion
    assert (suggestion.value if suggestion else None) == meant


def test_a_metagenome_that_a_small_snapshot_lacks_is_a_warning(tmp_path: Path) -> None:
    findings = found(tmp_path, SOIL, organism="volcano moss metagenome", taxonomy_id="99999999")
    assert set(findings) == {"S007"}


@pytest.mark.parametrize(
    ("package", "organism", "taxid", "fits"),
    [
        ("Human", "Homo sapiens", "9606", True),
        ("Human", "Mus musculus", "10090", False),
        ("Model_animal", "Mus musculus", "10090", True),
        ("Model_animal", "Homo sapiens", "9606", False),
        ("Invertebrate", "Haliotis discus", "36094", True),
        ("Invertebrate", "Bos taurus", "9913", False),
        ("Plant_fungi", "Lentinula edodes", "5353", True),
        ("Plant_fungi", "Saccharina japonica", "88149", True),
        ("Plant_fungi", "Escherichia coli", "562", False),
        ("Microbe", "Chlamydomonas reinhardtii", "3055", True),
        ("Microbe", "Arabidopsis thaliana", "3702", False),
        ("Microbe", "soil metagenome", "410658", False),
        ("Virus", "Influenza A virus", "11320", True),
        ("Virus", "Escherichia coli", "562", False),
        ("Clinical_pathogen", "Candida albicans", "5476", True),
        ("Clinical_pathogen", "Homo sapiens", "9606", False),
        ("Env_pathogen", "Vibrio parahaemolyticus", "670", True),
        ("Env_pathogen", "Crassostrea gigas", "29159", False),
    ],
)
def test_packages_are_for_organisms(package: str, organism: str, taxid: str, fits: bool) -> None:
    form = next(compose(field.id, package) for field in load_fields().values() if package in field.packages)
    taxonomy = open_taxonomy()
    assert taxonomy.find(organism)[0].taxon.id == taxonomy.current_id(int(taxid)) or not fits
    assert form.organisms.takes(taxonomy.lineage(int(taxid))) is fits


def test_every_community_package_says_so() -> None:
    for field in load_fields().values():
        for package in field.packages:
            form = compose(field.id, package)
            assert form.organisms.is_community == (form.package_kind == "MIMS" or package == "Metagenome")


def test_only_the_first_rows_are_worth_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(_taxonomy: Taxonomy, text: str, _most: int) -> tuple[()]:
        asked.append(text)
        return ()

    monkeypatch.setattr("dsqc.rules.organisms.nearest", counted)
    tables = good_tables()
    for number in range(60):
        add(
            tables,
            "sample",
            sample_name=f"N{number:02d}",
            sample_title=f"Plant {number}",
            organism=f"Novella {number:02d}",
            taxonomy_id=str(90_000_000 + number),
        )
    result = validate(write_tsv(tmp_path, tables), None, today=date.fromisoformat(TODAY), with_files=False)
    assert sum(item.count for item in result.findings if item.code == "DSQC-S007") == 60
    assert asked == [f"Novella {number:02d}" for number in range(20)]


def test_the_result_names_the_snapshot(whole: Taxonomy, tmp_path: Path) -> None:
    result = validate(
        write_tsv(tmp_path, good_tables()), None, today=date.fromisoformat(TODAY), with_files=False, taxonomy=whole
    )
    assert result.document["taxonomy"]["sha256"] == whole.about.sha256
