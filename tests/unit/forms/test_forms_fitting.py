"""The examples that fit together name what the forms have, and nothing else."""

import pytest

from dsqc.forms import compose, load_fields, value_fault
from dsqc.forms.examples import example_record, find_modules
from dsqc.forms.fields import read_yaml
from dsqc.forms.fitting import fitting_examples

COMBINATIONS = [(field.id, package) for field in load_fields().values() for package in field.packages]


def test_every_package_field_and_module_of_the_file_is_one_of_the_forms() -> None:
    source = read_yaml("examples.yaml")
    fields = load_fields()
    form = compose(*COMBINATIONS[0])

    assert source["packages"].keys() == {package for field in fields.values() for package in field.packages}
    assert source["fields"].keys() == fields.keys()
    for name, layers in source["fields"].items():
        assert layers.keys() - {"every"} <= set(fields[name].packages), name
    assert source["modules"].keys() == {module.id for module in form.modules}


def test_every_example_is_used_by_some_form() -> None:
    source = read_yaml("examples.yaml")
    columns = {pair: {sheet: compose(*pair).columns(sheet) for sheet in compose(*pair).sheets} for pair in COMBINATIONS}

    def used(pairs: list[tuple[str, str]], layer: dict[str, dict[str, str]]) -> None:
        for sheet, values in layer.items():
            for name in values:
                assert any(name in columns[pair][sheet] for pair in pairs), (pairs[0], name)

    used(COMBINATIONS, source["every"])
    for package, layer in source["packages"].items():
        used([pair for pair in COMBINATIONS if pair[1] == package], layer)
    for field, layers in source["fields"].items():
        for package, layer in layers.items():
            used([pair for pair in COMBINATIONS if pair[0] == field and package in ("every", pair[1])], layer)


@pytest.mark.parametrize(("field", "package"), COMBINATIONS)
def test_an_example_of_the_form_is_the_one_that_fits(field: str, package: str) -> None:
    form = compose(field, package)
    edition = form.field.find_version(form.version)
    assert edition is not None

    for sheet, values in fitting_examples(edition, field, package).items():
        for name, value in values.items():
            attribute = form.columns(sheet).get(name)
            if attribute is not None and value:
                assert attribute.example == value
                assert value_fault(attribute, value) is None


def test_a_module_applies_under_its_own_examples() -> None:
    form = compose("seed_crop", "Plant_fungi")

    for module in form.modules:
        library = example_record(form, minimal=True, modules=[module.id])["experiment"][0]
        assert module.condition.holds(lambda name, row=library: row.get(name, ""))  # type: ignore[misc]
        assert find_modules(form, [module.id]) == [module]
