"""Which rules look at an attribute."""

import pytest

from dsqc.forms import Requirement, compose, load_fields
from dsqc.registry import RuleState, rules
from dsqc.rules.codes import _EMPTY, _FORMAT, _RELATION, codes_of

FORMS = [compose(field.id, package) for field in load_fields().values() for package in field.packages]


def test_codes_are_those_of_active_rules() -> None:
    for form in FORMS:
        for sheet in form.sheets:
            for attribute in form.columns(sheet).values():
                found = codes_of(sheet, attribute)
                assert all(rules()[code].state is RuleState.ACTIVE for code in found)
                assert len(found) == len(set(found))
                if attribute.requirement in (Requirement.MANDATORY, Requirement.CONDITIONAL):
                    assert found, (sheet, attribute.name)


def test_every_attribute_with_rules_of_its_own_is_one_of_a_form() -> None:
    known = {(sheet, name) for form in FORMS for sheet in form.sheets for name in form.columns(sheet)}

    for place in (*_EMPTY, *_FORMAT, *_RELATION):
        assert place in known


def test_every_rule_named_is_in_the_registry() -> None:
    for codes in _RELATION.values():
        for code in codes:
            assert f"DSQC-{code}" in rules()


@pytest.mark.parametrize(
    ("sheet", "attribute", "expected"),
    [
        ("sample", "sample_name", {"DSQC-S001", "DSQC-S002", "DSQC-S003"}),
        ("sample", "collection_date", {"DSQC-T015", "DSQC-S011", "DSQC-T013", "DSQC-S012"}),
        ("sample", "cultivar", {"DSQC-T016"}),
        ("experiment", "insert_size", {"DSQC-X005", "DSQC-X006"}),
        ("experiment", "chip_target", {"DSQC-X008"}),
        ("file", "md5", {"DSQC-T015", "DSQC-F005"}),
        ("file", "run_alias", {"DSQC-T015", "DSQC-T029"}),
    ],
)
def test_codes_of_some_attributes(sheet: str, attribute: str, expected: set[str]) -> None:
    form = compose("seed_crop", "Plant_fungi")
    of_module = attribute not in form.sheets[sheet].attributes

    assert expected <= set(codes_of(sheet, form.columns(sheet)[attribute], of_module=of_module))
