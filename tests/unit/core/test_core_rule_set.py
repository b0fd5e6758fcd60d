"""Versions of what a verdict depends on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsqc import rule_set
from dsqc.forms import load_fields
from dsqc.version import __version__


@pytest.fixture
def schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small copy of the data that the versions are made of."""
    for name, text in (
        ("rules/table.toml", "a = 1\n"),
        ("vocabularies/sex.tsv", "term\nmale\n"),
        ("forms/fields/crop.yaml", "a: 1\n"),
        ("forms/README.md", "words\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(rule_set, "_schemas", lambda: tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    """The versions are computed once a process."""
    rule_set.rule_set_version.cache_clear()
    rule_set.vocabulary_versions.cache_clear()


@pytest.mark.parametrize("name", ["rules/table.toml", "vocabularies/sex.tsv", "forms/fields/crop.yaml"])
def test_the_version_changes_with_rules_vocabularies_and_forms(schemas: Path, name: str) -> None:
    before = rule_set.rule_set_version()
    with (schemas / name).open("a") as file:
        file.write("b\n")
    forget()
    assert rule_set.rule_set_version() != before
    assert before.startswith(f"{__version__}+")


def test_it_changes_with_a_name_and_with_the_list_of_snapshots(schemas: Path) -> None:
    versions = {rule_set.rule_set_version()}
    (schemas / "rules" / "table.toml").rename(schemas / "rules" / "other.toml")
    forget()
    versions.add(rule_set.rule_set_version())
    (schemas / rule_set.SNAPSHOTS).write_text('[uberon]\nversion = "2026-01"\n', encoding="utf-8")
    forget()
    versions.add(rule_set.rule_set_version())
    assert len(versions) == 3
    assert rule_set.vocabulary_versions()["uberon"] == "2026-01"


def test_words_for_people_are_no_part_of_it(schemas: Path) -> None:
    before = rule_set.rule_set_version()
    (schemas / "forms" / "README.md").write_text("other words\n", encoding="utf-8")
    forget()
    assert rule_set.rule_set_version() == before


def test_every_vocabulary_is_named() -> None:
    found = rule_set.vocabulary_versions()
    assert {"core", "units", "insdc_country", "missing_value"} <= set(found)
    assert list(found) == sorted(found)


def test_later_results_name_form_rule_set_and_vocabularies() -> None:
    field = next(iter(load_fields().values()))
    form = {"id": field.id, "version": field.version, "package": field.packages[0]}
    document = {"form": form, "rule_set_version": "1+a", "vocabularies": {"sex": "1"}}
    versions = rule_set.versions_of(document)
    assert (versions["form"], versions["rule_set"]) == (f"{field.id}@{field.version}", "1+a")
    assert rule_set.versions_of({**document, "vocabularies": {"sex": "2"}})["vocabularies"] != versions["vocabularies"]
    assert rule_set.versions_of({"form": None}) == {"form": None, "rule_set": "", "vocabularies": ""}
