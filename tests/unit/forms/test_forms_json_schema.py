"""The compiled JSON Schema, judged by jsonschema-rs and, as a second opinion, by jsonschema."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from dsqc.forms import Requirement, compose, json_schema, load_fields
from dsqc.forms.json_schema import escape
from helpers.forms import Record, minimal_record

COMBINATIONS = [(field.id, package) for field in load_fields().values() for package in field.packages]
NEEDLESS_ESCAPE = re.compile(r"\\[^dDwWsSbBnrtfv0-9xucpPk^$\\.*+?()\[\]{}|/-]")


def faults(schema: dict[str, Any], record: Record) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator(schema)
    return [f"{list(error.instance_path)} {error.message}" for error in validator.iter_errors(record)]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema(compose("seed_crop", "Plant_fungi"))


@pytest.fixture
def record() -> Record:
    found = minimal_record(compose("seed_crop", "Plant_fungi"))
    found["sample"][0] |= {
        "sample_name": "KR-001",
        "sample_title": "Rice leaf, accession IT123456, plant 1",
        "cultivar": "Dongjin",
        "age": "28 day",
        "lat_lon": "35.8242 N 127.1480 E",
    }
    return found


@pytest.mark.parametrize(("field", "package"), COMBINATIONS)
def test_a_minimal_record_passes_and_none_of_it_may_be_left_out(field: str, package: str) -> None:
    form = compose(field, package)
    schema = json_schema(form)
    record = minimal_record(form)
    jsonschema_rs.meta.validate(schema)

    assert faults(schema, record) == []
    validator = jsonschema_rs.Draft202012Validator(schema)
    for sheet in form.sheets:
        for name, item in form.sheets[sheet].attributes.items():
            if item.requirement is not Requirement.MANDATORY:
                continue
            shorter = copy.deepcopy(record)
            del shorter[sheet][0][name]
            assert not validator.is_valid(shorter), (sheet, name)


@pytest.mark.parametrize(("field", "package"), COMBINATIONS[::7])
def test_jsonschema_agrees(field: str, package: str) -> None:
    form = compose(field, package)
    schema = json_schema(form)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    assert list(validator.iter_errors(minimal_record(form))) == []


def test_worked_example_passes(schema: dict[str, Any], record: Record) -> None:
    assert faults(schema, record) == []


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("collection_date", "2021/05/03"),
        ("geo_loc_name", "South Korea: Jeonju"),
        ("taxonomy_id", "4530.0"),
        ("plant_structure", "leaf"),
        ("genetically_modified", "N"),
        ("biological_status", "elite"),
        ("sample_name", "벼1"),
    ],
)
def test_each_single_fault_gives_one_error(schema: dict[str, Any], record: Record, attribute: str, value: str) -> None:
    record["sample"][0][attribute] = value

    found = faults(schema, record)
    assert len(found) == 1
    assert attribute in found[0]
    assert len(list(jsonschema.Draft202012Validator(schema).iter_errors(record))) == 1


def test_a_whole_group_may_not_be_left_out(schema: dict[str, Any], record: Record) -> None:
    del record["sample"][0]["cultivar"]
    record["sample"][0].pop("isolate", None)

    assert len(faults(schema, record)) == 1


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("missing", False), ("not collected", False), ("missing: lab stock", True), ("missing: human-identifiable", True)],
)
def test_dates_and_places_take_reporting_level_terms_only(
    schema: dict[str, Any], record: Record, value: str, allowed: bool
) -> None:
    for attribute in ("collection_date", "geo_loc_name"):
        changed = copy.deepcopy(record)
        changed["sample"][0][attribute] = value
        assert (faults(schema, changed) == []) is allowed


def test_a_condition_of_the_row_counts(schema: dict[str, Any], record: Record) -> None:
    experiment = record["experiment"][0]
    experiment["library_layout"] = "PAIRED"
    experiment.pop("insert_size", None)
    assert len(faults(schema, record)) == 1

    experiment["insert_size"] = "350"
    assert faults(schema, record) == []
    experiment["library_strategy"] = "AMPLICON"
    assert len(faults(schema, record)) == 2  # the gene and the primers
    experiment |= {"target_gene": "COX1", "pcr_primers": "FWD:ACGT;REV:TTGA"}
    assert faults(schema, record) == []
    experiment["target_gene"] = "16S rRNA"
    assert len(faults(schema, record)) == 1


def test_a_closed_submission_says_why(schema: dict[str, Any], record: Record) -> None:
    record["submission"][0]["access_level"] = "closed"

    assert len(faults(schema, record)) == 2  # the reason, and the day on which it is looked at again
    record["project"][0] |= {"withholding_reason": "pre_publication", "withholding_review_date": "2027-06-01"}
    assert faults(schema, record) == []


def test_the_schema_names_its_form_and_its_version(schema: dict[str, Any], record: Record) -> None:
    assert schema["$id"] == "https://dsqc.example.org/schemas/forms/seed_crop/1.0.0/Plant_fungi.json"
    for attribute, value in (("form_id", "new_drug"), ("form_version", "0.9.0"), ("package", "Human")):
        changed = copy.deepcopy(record)
        changed["submission"][0][attribute] = value
        assert len(faults(schema, changed)) == 1


def test_every_schema_has_an_id_of_its_own() -> None:
    forms = [compose(*names, kbds_strict=strict) for names in COMBINATIONS for strict in (False, True)]
    ids = [json_schema(form)["$id"] for form in forms]

    assert len(set(ids)) == len(ids) == 124
    assert all(re.fullmatch(r"https://[\w./-]+/\d+\.\d+\.\d+/[\w-]+(\.kbds-strict)?\.json", text) for text in ids)


def test_numbers_may_be_numbers(schema: dict[str, Any], record: Record) -> None:
    experiment: dict[str, Any] = dict(record["experiment"][0])
    for value, allowed in ((350, True), ("350", True), (0, False), (3.5, False), ("3.5", False), ("many", False)):
        changed: dict[str, Any] = dict(record)
        changed["experiment"] = [experiment | {"insert_size": value}]
        assert (faults(schema, changed) == []) is allowed, value


@pytest.mark.parametrize(("field", "package"), COMBINATIONS)
def test_patterns_read_alike_in_python_and_ecmascript(field: str, package: str) -> None:
    for regex in _patterns(json_schema(compose(field, package))):
        re.compile(regex)
        assert "(?<" not in regex  # no look-behind
        assert "(?P" not in regex
        assert not NEEDLESS_ESCAPE.search(regex), regex


def test_escape_keeps_text_literal() -> None:
    text = "a-b (c) [d]/e.f*g?h+i{j}|k^l$m\\n 가 &'"

    assert re.fullmatch(escape(text), text)
    assert not NEEDLESS_ESCAPE.search(escape(text))


def test_schemas_are_data(schema: dict[str, Any]) -> None:
    assert json.loads(json.dumps(schema, allow_nan=False)) == schema


def _patterns(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "pattern" and isinstance(item, str):
                yield item
            else:
                yield from _patterns(item)
    elif isinstance(value, list):
        for item in value:
            yield from _patterns(item)
