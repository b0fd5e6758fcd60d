"""Composition: every research field with every package it allows."""

import re
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

import dsqc
from dsqc.errors import SystemFault, UsageError
from dsqc.forms import (
    Attribute,
    Missing,
    Requirement,
    Visibility,
    compose,
    core_labels,
    load_fields,
    value_fault,
    vocabulary,
)
from dsqc.forms.condition import Given, Is, parse
from dsqc.forms.form import fold_heading, labels
from dsqc.forms.merge import merge
from dsqc.forms.vocabulary import Pattern
from dsqc.language import Text
from dsqc.model import SHEETS
from helpers.forms import minimal_record, to_submission

COMBINATIONS = [(field.id, package) for field in load_fields().values() for package in field.packages]
TYPES = frozenset(
    {
        "string",
        "text",
        "integer",
        "number",
        "quantity",
        "enum",
        "date",
        "date_or_range",
        "date_range",
        "year",
        "duration",
        "taxon",
        "taxid",
        "lat_lon",
        "geo_loc",
        "term",
        "envo",
        "voucher",
        "uri",
        "email",
        "filename",
        "md5",
        "sha256",
        "accession",
        "accession_list",
        "id_list",
        "string_list",
        "kv_list",
        "ref",
        "pseudonym",
    }
)


def mandatory(field: str, package: str, sheet: str = "sample") -> list[str]:
    attributes = compose(field, package).sheets[sheet].attributes.values()
    return [item.name for item in attributes if item.requirement is Requirement.MANDATORY]


@pytest.mark.parametrize(("field", "package"), COMBINATIONS)
def test_every_combination_composes(field: str, package: str) -> None:
    form = compose(field, package)

    assert tuple(form.sheets) == SHEETS
    assert form.reference == f"{field}@1.0.0"
    for sheet in SHEETS:
        for name, attribute in form.columns(sheet).items():
            assert name == attribute.name
            assert attribute.type in TYPES, (sheet, name)
            if attribute.vocabulary:
                assert len(vocabulary(attribute.vocabulary)) > 0
            assert value_fault(attribute, attribute.example) is None, (sheet, name, attribute.example)
            assert (attribute.condition is None) or not attribute.condition.names() & {"package", "package_kind"}


@pytest.mark.parametrize(("field", "package"), COMBINATIONS)
def test_a_heading_means_one_attribute(field: str, package: str) -> None:
    form = compose(field, package)
    known = labels(form)

    for sheet in SHEETS:
        for attribute in form.columns(sheet).values():
            assert attribute.requirement is not Requirement.SYSTEM
            for heading in (attribute.name, attribute.label.ko, attribute.label.en):
                assert known[sheet][heading] == attribute.name
                assert known[sheet][fold_heading(heading)] == attribute.name


@pytest.mark.parametrize(("field", "package"), COMBINATIONS)
def test_conditions_name_attributes_that_exist(field: str, package: str) -> None:
    form = compose(field, package)
    held = [(sheet, item.condition) for sheet in SHEETS for item in form.columns(sheet).values() if item.condition]
    held += [(module.sheet, module.condition) for module in form.modules]

    for sheet, condition in held:
        for name in condition.names():
            where, point, attribute = name.partition(".")
            if point:
                # A tied sheet may lack an attribute that only other packages have: the host of a sample.
                assert where in SHEETS
                assert where != "sample" or attribute == "host"
                assert where == "sample" or attribute in form.sheets[where].attributes
            else:
                assert name in form.columns(sheet), (sheet, name)


@pytest.mark.parametrize(
    ("field", "package", "count"),
    [
        # six of the core, five of the package (host, three environments, place), one of the field
        ("food_microbiome", "Human-gut", 12),
        ("food_microbiome", "Food-animal and animal feed", 18),
        ("smart_agriculture", "Agriculture", 35),
        ("bioenergy", "Hydrocarbon resources-fluids/swabs", 25),
        ("infectious_disease", "Metagenome", 11),
        ("marine_fisheries", "Water", 12),
        # 12 in the domain tables; the doubtful specimen_voucher is recommended only
        ("seed_crop", "Plant_fungi", 11),
        # 20 in the domain tables; specimen_voucher and source_material_id are recommended only
        ("precision_medicine", "Human", 18),
        # 8 in the domain tables, which leave "MIMS package or Metagenome" undecided: three environments more
        ("food_microbiome", "Metagenome", 11),
    ],
)
def test_number_of_mandatory_sample_attributes(field: str, package: str, count: int) -> None:
    assert len(mandatory(field, package)) == count


def test_doubtful_requirements_count_only_when_strict() -> None:
    strict = compose("seed_crop", "Plant_fungi", kbds_strict=True).sheets["sample"].attributes["specimen_voucher"]
    usual = compose("seed_crop", "Plant_fungi").sheets["sample"].attributes["specimen_voucher"]

    assert strict.requirement is Requirement.MANDATORY
    assert usual.requirement is Requirement.RECOMMENDED
    assert usual.kbds_requirement is Requirement.MANDATORY


def test_food_microbiome_metagenome_asks_for() -> None:
    assert sorted(mandatory("food_microbiome", "Metagenome")) == [
        "biomaterial_provider",
        "collection_date",
        "env_broad_scale",
        "env_local_scale",
        "env_medium",
        "geo_loc_name",
        "lat_lon",
        "organism",
        "sample_matrix",
        "sample_name",
        "taxonomy_id",
    ]


def test_a_virus_needs_a_host_or_a_laboratory_host() -> None:
    sheet = compose("infectious_disease", "Virus").sheets["sample"]

    assert sheet.groups() == {"host": ("host", "lab_host")}
    assert sheet.attributes["isolate"].requirement is Requirement.MANDATORY
    assert "host" in mandatory("infectious_disease", "Clinical_pathogen")


def test_module_attributes_become_conditional_columns() -> None:
    form = compose("seed_crop", "Plant_fungi")
    column = form.columns("experiment")["spike_in"]

    assert "spike_in" not in form.sheets["experiment"].attributes
    assert column.requirement is Requirement.CONDITIONAL
    assert column.condition == parse(
        'sequencing_technique is "Single-cell sequencing" or '
        'sequencing_technique is "Spatial transcriptomics sequencing"'
    )


@pytest.mark.parametrize(("field", "package"), COMBINATIONS)
def test_a_layer_never_relaxes_the_core(field: str, package: str) -> None:
    sample = compose(field, package).sheets["sample"].attributes
    core = compose("new_drug", "Human").sheets["sample"].attributes

    for name in ("sample_name", "organism", "taxonomy_id", "collection_date", "geo_loc_name", "biomaterial_provider"):
        assert sample[name].requirement is Requirement.MANDATORY
        assert sample[name].missing is core[name].missing


@pytest.mark.parametrize(("field", "package"), COMBINATIONS)
def test_a_minimal_record_holds_every_identifier(field: str, package: str) -> None:
    submission = to_submission(minimal_record(compose(field, package)))

    assert submission.get("form_id") == field
    assert submission.get("package") == package
    assert [run.alias for run in submission.runs()] == ["run-1"]


def _attribute(**more: object) -> Attribute:
    fixed = {"name": "a", "label": Text("a", "가"), "description": Text("A.", "가."), "type": "string"}
    return Attribute(**(fixed | {"requirement": Requirement.OPTIONAL} | more))  # type: ignore[arg-type]


def test_stricter_requirement_wins_whichever_layer_has_it() -> None:
    for strict, loose in pairwise(Requirement):
        first, second = _attribute(requirement=strict), _attribute(requirement=loose)
        assert merge(first, second).requirement is strict
        assert merge(second, first).requirement is strict


def test_equal_conditional_requirements_hold_where_one_does() -> None:
    lower = _attribute(requirement=Requirement.CONDITIONAL, condition=Is("b", "x"))
    upper = _attribute(requirement=Requirement.CONDITIONAL, condition=Given("c"))

    assert merge(lower, upper).condition == parse('b is "x" or c given')
    assert merge(lower, _attribute(requirement=Requirement.CONDITIONAL)).condition is None


def test_units_and_ranges_are_narrowed() -> None:
    lower = _attribute(type="quantity", units=("m", "cm"), minimum=0.0, maximum=100.0)
    upper = _attribute(units=("cm", "km"), minimum=-5.0, maximum=50.0, label=Text("b", "나"))
    merged = merge(lower, upper)

    assert merged.units == ("cm",)
    assert (merged.minimum, merged.maximum) == (0.0, 50.0)
    assert merged.type == "quantity"
    assert merged.aliases == ("가",)


def test_layers_without_a_common_unit_are_our_fault() -> None:
    with pytest.raises(SystemFault, match="share no unit"):
        merge(_attribute(units=("m",)), _attribute(units=("h",)))


def test_the_more_specific_vocabulary_replaces_a_pattern() -> None:
    lower = _attribute(pattern=Pattern("", "^x$"), missing=Missing.REPORTING, visibility=Visibility.CONTROLLED)
    merged = merge(lower, _attribute(vocabulary="sex", type="enum", missing=Missing.ALLOWED))

    assert merged.pattern is None
    assert merged.vocabulary == "sex"
    assert merged.missing is Missing.REPORTING
    assert merged.visibility is Visibility.CONTROLLED


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("seed_crp", "Plant_fungi"), "Did you mean seed_crop\\?"),
        (("seed_crop", "plant_fungi"), "Did you mean Plant_fungi"),
        (("seed_crop", "Human"), "There are: Plant_fungi, Plant-associated"),
        (("seed_crop", "Plant_fungi", "9.9.9"), "no version '9.9.9'.* There are: 1.0.0"),
    ],
)
def test_an_unknown_form_is_a_usage_error_that_names_the_nearest(arguments: tuple[str, ...], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        compose(*arguments)


def test_no_research_field_stands_in_the_code() -> None:
    code = Path(dsqc.__file__).parent
    names = re.compile(rf"\b({'|'.join(load_fields())})\b")
    named = [path.name for path in sorted(code.rglob("*.py")) if names.search(path.read_text(encoding="utf-8"))]

    assert named == []


def test_sources_travel_in_the_package() -> None:
    assert files("dsqc.schemas").joinpath("forms", "fields.yaml").is_file()


@pytest.mark.parametrize("field", load_fields().values(), ids=lambda field: field.id)
def test_every_form_has_the_headings_of_the_core(field):
    known = labels(compose(field.id, field.packages[0]))
    core = core_labels()
    assert {sheet: core[sheet] for sheet in ("submission", "file")} == {
        sheet: known[sheet] for sheet in ("submission", "file")
    }
    assert all(known[sheet].items() >= core[sheet].items() for sheet in ("project", "run"))
