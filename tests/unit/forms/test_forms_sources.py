"""The sources of the forms as LinkML sees them: an opinion that shares no code with ours."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from dsqc.forms import Attribute, Requirement, load_fields, value_fault, vocabulary
from dsqc.forms.source import read_classes

FOLDER = Path(str(files("dsqc.schemas"))) / "forms"
NO_LINKML = {"fields.yaml", "examples.yaml"}
SOURCES = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.rglob("*.yaml")
    if path.name not in NO_LINKML and path.parent.name != "migrations"
)
CHOICE_TYPES = {"enum"}
NUMBER_TYPES = {"quantity", "integer", "number"}
HANGUL = re.compile("[가-힣]")
FREE_TYPES = {"string", "text", "term", "voucher", "id_list", "string_list"}


@pytest.mark.parametrize("source", SOURCES)
def test_linkml_finds_nothing_to_say(source: str) -> None:
    from linkml.linter.linter import Linter  # takes more than a second: not in every worker that collects the tests

    path = str(FOLDER / source)

    assert [problem.message for problem in Linter.validate_schema(path)] == []
    assert [problem.message for problem in Linter().lint(path)] == []


@pytest.mark.parametrize("source", SOURCES)
def test_linkml_and_dsqc_read_the_same_attributes(source: str) -> None:
    from linkml_runtime.utils.schemaview import SchemaView

    view = SchemaView(str(FOLDER / source))

    for item in read_classes(source):
        slots = {slot.name: slot for slot in view.class_induced_slots(item.name)}
        assert slots.keys() == item.attributes.keys()
        for name, attribute in item.attributes.items():
            assert bool(slots[name].required) is (attribute.requirement is Requirement.MANDATORY), (item.name, name)
            assert bool(slots[name].recommended) is (attribute.requirement is Requirement.RECOMMENDED), (
                item.name,
                name,
            )
            assert slots[name].title == attribute.label.en


def test_every_research_field_and_package_has_its_source() -> None:
    fields = load_fields()
    packages = {
        item.annotations["package"] for kind in ("standard", "mims") for item in read_classes(f"packages/{kind}.yaml")
    }

    assert len(fields) == 15
    assert {f"fields/{name}.yaml" for name in fields} == {name for name in SOURCES if name.startswith("fields/")}
    assert packages == set(vocabulary("kbds_biosample_packages"))
    assert {package for field in fields.values() for package in field.packages} <= packages
    assert sum(len(field.packages) for field in fields.values()) == 62


def test_every_conditional_attribute_has_a_condition_and_every_group_a_name() -> None:
    for attribute in _attributes():
        assert (attribute.requirement is not Requirement.CONDITIONAL) or attribute.condition is not None
        assert (attribute.requirement is not Requirement.ONE_OF_GROUP) or attribute.group


def test_every_attribute_speaks_both_languages() -> None:
    for attribute in _attributes():
        assert attribute.label.en.strip()
        assert attribute.description.en.endswith(".")
        assert attribute.description.ko.endswith("."), attribute.name
        assert attribute.label.ko.strip()
        assert HANGUL.search(attribute.description.ko), attribute.name
        assert attribute.description.en.isascii(), attribute.name


def test_every_attribute_is_described_in_full() -> None:
    for attribute in _attributes():
        name = attribute.name
        assert attribute.example, name
        assert attribute.source or attribute.derived_from, name
        assert attribute.status in ("sourced", "derived"), name
        assert attribute.layer, name
        assert attribute.description.en.casefold().rstrip(".") != attribute.label.en.casefold(), name
        if attribute.type in CHOICE_TYPES:
            assert attribute.vocabulary, name
        elif attribute.type == "quantity":
            assert attribute.units, name
        elif attribute.type not in NUMBER_TYPES | FREE_TYPES:
            assert attribute.pattern is not None, name
        assert not attribute.multivalued or attribute.separator, name
        assert (attribute.minimum is None and attribute.maximum is None) or attribute.type in NUMBER_TYPES, name


def test_every_attribute_says_what_an_example_of_its_own_is() -> None:
    for attribute in _attributes():
        assert value_fault(attribute, attribute.example) is None, (attribute.layer, attribute.name, attribute.example)


def test_requirement_and_visibility_are_one_of_the_words() -> None:
    for source in SOURCES:
        schema = yaml.safe_load((FOLDER / source).read_text(encoding="utf-8"))
        slots = [*schema.get("slots", {}).values()]
        slots += [slot for item in schema["classes"].values() for slot in (item.get("attributes") or {}).values()]
        for slot in slots:
            notes = slot.get("annotations") or {}
            assert notes.get("requirement", "system") in {"conditional", "one_of_group", "system"}
            assert notes.get("visibility", "public") in {"public", "controlled", "closed"}
            assert len({"required", "recommended"} & slot.keys()) + ("requirement" in notes) <= 1, slot["title"]


def test_sources_are_in_english_and_korean_only_where_meant() -> None:
    for source in SOURCES:
        schema = yaml.safe_load((FOLDER / source).read_text(encoding="utf-8"))
        assert schema["title"].isascii()
        assert schema["description"].isascii()


def _attributes() -> Iterator[Attribute]:
    for source in SOURCES:
        for item in read_classes(source):
            yield from item.attributes.values()
