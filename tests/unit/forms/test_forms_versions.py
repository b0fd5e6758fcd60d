"""Versions of forms: an old one stays runnable and never changes, whatever becomes of the newest."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.errors import SystemFault
from dsqc.forms import compose, json_schema, labels, load_fields, value_fault, vocabulary
from dsqc.forms.migrations import migrations
from dsqc.forms.versions import edition_digest, version_faults
from dsqc.stages.validate import validate
from helpers.forms import minimal_record
from helpers.schema_tree import SchemaTree
from helpers.second_version import FORM, NEW, OLD, second_version
from helpers.submissions import PACKAGE, TODAY, Tables, drop, good_tables, put, write_tsv


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[SchemaTree]:
    with second_version(tmp_path / "schemas").used() as made:
        yield made


@pytest.mark.parametrize("form_id", load_fields())
def test_the_versions_that_ship_are_what_they_were(form_id: str) -> None:
    assert version_faults(load_fields()[form_id]) == []


def test_an_older_version_composes_as_it_did(tmp_path: Path) -> None:
    shipped = {package: json_schema(compose(FORM, package)) for package in load_fields()[FORM].packages}
    with second_version(tmp_path / "schemas").used():
        for package, schema in shipped.items():
            assert _plain(json_schema(compose(FORM, package, OLD))) == _plain(schema)
            assert json_schema(compose(FORM, package))["$id"] == schema["$id"].replace(OLD, NEW)
            assert json_schema(compose(FORM, package)) != schema
        assert version_faults(load_fields()[FORM]) == []
    assert compose(FORM, PACKAGE).version == OLD


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with names of vocabularies as they are told apart from newer ones."""
    text = json.dumps(schema).replace(f"@{OLD}", "")
    found: dict[str, Any] = json.loads(text)
    return found


def test_vocabularies_and_patterns_belong_to_their_version(tree: SchemaTree) -> None:
    old, new = (compose(FORM, PACKAGE, version).sheets["sample"].attributes for version in (OLD, NEW))

    assert value_fault(old["growth_facility"], "glasshouse") is None
    assert value_fault(new["growth_facility"], "glasshouse") is not None
    assert value_fault(new["growth_facility"], "greenhouse") is None
    assert "greenhouse" not in vocabulary(f"growth_facility@{OLD}")
    assert value_fault(old["germplasm_accession"], "USA123:77") is None
    assert value_fault(new["germplasm_accession"], "USA123:77") is not None


def test_patterns_with_a_name_are_frozen_too(tmp_path: Path) -> None:
    tree = second_version(tmp_path / "schemas")
    tree.freeze(OLD, "vocabularies/patterns.tsv")
    table = tree.folder / "vocabularies" / "patterns.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    changed = [
        "\t".join(["semver", "^v\\d+$", *line.split("\t")[2:]]) if line.startswith("semver\t") else line
        for line in lines
    ]
    table.write_text("\n".join(changed) + "\n", encoding="utf-8")
    with tree.used():
        old, new = (compose(FORM, PACKAGE, item).sheets["submission"].attributes["form_version"] for item in (OLD, NEW))
        assert value_fault(old, "1.0.0") is None
        assert value_fault(new, "1.0.0") is not None


def test_a_minimal_record_of_either_version_passes_its_own_schema(tree: SchemaTree) -> None:
    records = {version: minimal_record(compose(FORM, PACKAGE, version)) for version in (OLD, NEW)}
    for version, record in records.items():
        assert jsonschema_rs.is_valid(json_schema(compose(FORM, PACKAGE, version)), record)
    assert not jsonschema_rs.is_valid(json_schema(compose(FORM, PACKAGE, NEW)), records[OLD])


def test_a_frozen_version_that_changes_is_noticed(tree: SchemaTree) -> None:
    (tree.folder / "forms" / OLD / "core.yaml").unlink()
    with tree.used():
        faults = version_faults(load_fields()[FORM])
    assert len(faults) == 1
    assert f"copy the sources as they were into forms/{OLD}" in faults[0]


def test_a_version_without_a_digest_or_without_a_current_one_is_noticed(tree: SchemaTree) -> None:
    tree.versions(FORM, {"version": OLD, "status": "superseded", "folder": OLD})
    with tree.used():
        form = load_fields()[FORM]
        assert edition_digest(form, form.versions[0]) in version_faults(form)[0]
        assert "one version is current, not none" in version_faults(form)[1]


def codes(folder: Path, tables: Tables) -> list[tuple[str, str]]:
    result = validate(write_tsv(folder, tables), None, today=date.fromisoformat(TODAY), with_files=False)
    assert result.form is not None
    return [(item.code, item.expected) for item in result.findings]


def named(version: str) -> Tables:
    """A submission without a fault under ``version``; any other than the older one asks for a source of the seeds."""
    tables = good_tables()
    put(tables, "submission", form_version=version)
    put(tables, "sample", seed_source="x")
    if version == OLD:
        drop(tables, "sample", "seed_source")
    return tables


def test_a_submission_is_judged_by_the_version_that_it_names(tree: SchemaTree, tmp_path: Path) -> None:
    tables = named(OLD)
    put(tables, "sample", growth_facility="glasshouse")
    assert codes(tmp_path / "old", tables) == [("DSQC-T038", f"{FORM}@{NEW}")]
    tables = named(NEW)
    put(tables, "sample", growth_facility="glasshouse")
    assert [code for code, _ in codes(tmp_path / "new", tables)] == ["DSQC-T017"]
    put(tables, "sample", growth_facility="greenhouse", seed_source="")
    assert [code for code, _ in codes(tmp_path / "missing", tables)] == ["DSQC-T015"]


@pytest.mark.parametrize(
    ("statuses", "version", "expected"),
    [
        (("superseded", "current"), NEW, []),
        (("superseded", "current"), "9.0.0", [("DSQC-T027", f"{FORM}@{OLD}, {FORM}@{NEW}")]),
        (("withdrawn", "current"), OLD, [("DSQC-T027", f"{FORM}@{NEW}")]),
        (("superseded", "withdrawn"), NEW, [("DSQC-T027", f"{FORM}@{OLD}")]),
    ],
)
def test_old_withdrawn_and_unknown_versions(
    tree: SchemaTree, tmp_path: Path, statuses: tuple[str, str], version: str, expected: list[tuple[str, str]]
) -> None:
    tree.versions(
        FORM,
        {"version": OLD, "status": statuses[0], "folder": OLD},
        {"version": NEW, "status": statuses[1], "folder": "."},
    )
    tables = named(version)
    with tree.used():
        assert codes(tmp_path, tables) == expected


def test_the_newest_that_is_taken_is_the_version_of_a_form(tree: SchemaTree) -> None:
    assert load_fields()[FORM].version == NEW
    tree.versions(
        FORM,
        {"version": OLD, "status": "current", "folder": OLD},
        {"version": NEW, "status": "withdrawn", "folder": "."},
    )
    with tree.used():
        assert load_fields()[FORM].version == OLD
        assert "growth_medium" not in labels(compose(FORM, PACKAGE))["sample"].values()


def test_migrations_go_version_by_version(tree: SchemaTree) -> None:
    form = load_fields()[FORM]
    (migration,) = migrations(form, OLD, NEW)

    assert migration.name == "1.0.0 → 1.1.0"
    assert len(migration.steps) == 7
    assert migrations(form, NEW, NEW) == ()


@pytest.mark.parametrize(
    "step",
    [
        {"rename_attribute": {"sheet": "sample", "attribute": "tissue"}},
        {"turn_round": {"sheet": "sample", "attribute": "tissue"}},
        {"split_attribute": {"sheet": "sample", "attribute": "a", "separator": "", "to": ["b", "c"]}},
        {"add_attribute": {"sheet": "sample", "attribute": "a"}},
    ],
)
def test_a_malformed_migration_is_our_fault(tree: SchemaTree, step: dict[str, Any]) -> None:
    tree.write("forms/migrations/bad.yaml", {"from": OLD, "to": NEW, "steps": [step]})
    with tree.used(), pytest.raises(SystemFault, match=r"The migration bad\.yaml is malformed"):
        migrations(load_fields()[FORM], OLD, NEW)
