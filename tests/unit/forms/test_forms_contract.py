"""The compiled JSON Schema and the rules say the same of values, required attributes and groups."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from dsqc.forms import (
    Attribute,
    FaultKind,
    Form,
    Requirement,
    compose,
    json_schema,
    load_fields,
    value_fault,
    vocabulary,
)
from dsqc.forms.json_schema import row_schema
from helpers.forms import minimal_record

COMBINATIONS = [(field.id, package) for field in load_fields().values() for package in field.packages]
VALUES = (
    *("x", "?", "한글", "1", "-1", "1.5", "1e400", "10 m", "10m", "10 미터", "1-2 m", "A B", "a;b"),
    *(
        "not collected",
        "Not Collected",
        "missing",
        "missing: lab stock",
        "MISSING:  Lab Stock",
        "not applicable",
        "N/A",
        "-",
    ),
    *("2021", "2021-02-30", "2021-03-05", "2021/03/05", "2021-03/2021-04", "1-Apr-15", "South Korea:Seoul", "Korea"),
    *("37.5 N 127.0 E", "37.5,127.0", "9606", "9606.0", "yes", "Yes", "a@b.kr", "10.1000/xyz", "90 or over"),
)
ROW_ALONE = frozenset({FaultKind.DATE, FaultKind.RANGE})
"""What a schema of texts cannot say: whether a day is in the calendar, and the range of a number that is a text."""


def values(item: Attribute) -> Iterator[str]:
    yield item.example
    yield from VALUES
    yield from item.literals
    if item.vocabulary:
        terms = vocabulary(item.vocabulary).terms
        yield from (*terms[:2], terms[0].upper(), terms[0].lower(), terms[-1])


@cache
def judge(schema: str) -> Any:
    """A validator of one attribute's schema; most attributes stand in many forms."""
    return jsonschema_rs.Draft202012Validator(json.loads(schema))


def columns(form: Form) -> Iterator[tuple[str, Attribute, str]]:
    """Every attribute but those whose value names the form itself, with its schema."""
    shared = json_schema(form)["$defs"]
    kept = {name: shared[name] for name in ("missing", "missing_reporting", "missing_spelling")}
    for sheet in form.sheets:
        properties = row_schema(form, sheet)["properties"]
        for name, item in form.columns(sheet).items():
            if "const" not in properties[name]:
                yield sheet, item, json.dumps({**properties[name], "$defs": kept}, sort_keys=True)


def disagreement(item: Attribute, schema: str, value: str) -> str:
    """What the two readers of a value say where they do not say the same."""
    fault, fits = value_fault(item, value), judge(schema).is_valid(value)
    if fault is None:
        return "" if fits else f"only the schema refuses {value!r}"
    if fits and fault.kind not in ROW_ALONE and not item.multivalued:
        return f"only the rules refuse {value!r} ({fault.kind})"
    return ""


def test_both_readers_say_the_same_of_every_value() -> None:
    seen: set[tuple[Attribute, str]] = set()
    found: list[str] = []
    for names in COMBINATIONS:
        for sheet, item, schema in columns(compose(*names)):
            if (item, schema) in seen:
                continue
            seen.add((item, schema))
            found += [
                f"{sheet}.{item.name}: {text}" for value in values(item) if (text := disagreement(item, schema, value))
            ]
    assert found == []
    assert len(seen) > 500


@pytest.mark.parametrize("names", COMBINATIONS)
def test_both_readers_ask_for_the_same(names: tuple[str, str]) -> None:
    form = compose(*names)
    document = json_schema(form)
    for sheet in form.sheets:
        schema, items = document["$defs"][sheet], form.columns(sheet)
        mandatory = [name for name, item in items.items() if item.requirement is Requirement.MANDATORY]
        assert schema["required"] == mandatory
        groups = [rule["anyOf"] for rule in schema.get("allOf", ()) if "anyOf" in rule]
        asked = [tuple(entry["required"][0] for entry in group) for group in groups]
        grouped: dict[str, list[str]] = {}
        for name, item in items.items():
            if item.group:
                grouped.setdefault(item.group, []).append(name)
        wanted = [
            tuple(members)
            for members in grouped.values()
            if any(items[name].requirement is Requirement.ONE_OF_GROUP for name in members)
        ]
        assert asked == wanted


@pytest.mark.parametrize("names", COMBINATIONS[::8])
def test_the_second_opinion_agrees_on_a_good_and_a_faulty_record(names: tuple[str, str]) -> None:
    form = compose(*names)
    schema = json_schema(form)
    record = minimal_record(form)
    jsonschema.Draft202012Validator.check_schema(schema)
    validators = (jsonschema.Draft202012Validator(schema), jsonschema_rs.Draft202012Validator(schema))
    for sheet, row in record.items():
        for name in list(row[0]):
            for value in ("", "not collected", "?"):
                changed = {**record, sheet: [{**row[0], name: value}]}
                first, second = (validator.is_valid(changed) for validator in validators)
                assert first == second, (sheet, name, value)
    assert all(validator.is_valid(record) for validator in validators)
