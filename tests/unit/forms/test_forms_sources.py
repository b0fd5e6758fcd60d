"""The sources of the forms as LinkML sees them: an opinion that shares no code with ours."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from linkml.linter.linter import Linter
from linkml_runtime.utils.schemaview import SchemaView

from dsqc.forms import Attribute, Requirement, load_fields, vocabulary
from dsqc.forms.source import read_classes

FOLDER = Path(str(files("dsqc.schemas"))) / "forms"
SOURCES = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.rglob("*.yaml")
    if path.name != "fields.yaml" and path.parent.name != "migrations"
)


@pytest.mark.parametrize("source", SOURCES)
def test_linkml_finds_nothing_to_say(source: str) -> None:
    path = str(FOLDER / source)

    assert [problem.message for problem in Linter.validate_schema(path)] == []
    assert [problem.message for problem in Linter().lint(path)] == []


@pytest.mark.parametrize("source", SOURCES)
def test_linkml_and_dsqc_read_the_same_attributes(source: str) -> None:
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
        assert attribute.example


def test_sources_are_in_english_and_korean_only_where_meant() -> None:
    for source in SOURCES:
        schema = yaml.safe_load((FOLDER / source).read_text(encoding="utf-8"))
        assert schema["title"].isascii()
        assert schema["description"].isascii()


def _attributes() -> Iterator[Attribute]:
    for source in SOURCES:
        for item in read_classes(source):
            yield from item.attributes.values()
