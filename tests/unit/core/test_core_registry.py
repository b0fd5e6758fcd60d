"""The rule registry: codes are complete, texts stand in both languages and name only what they are given."""

import re
import string

import pytest

from dsqc.registry import Rule, RuleState, Severity, rules

CODE = re.compile(r"DSQC-[TPSXRFDHGQ]\d{3}")
OBJECTS = {"table", "submission", "project", "admin", "sample", "experiment", "run", "file", "fastq", "bam", "cram"}
KINDS = {"column", "date", "pattern", "code", "relation", "real", "curation"}
PARAMETERS = {"value", "expected", "attribute", "path", "record", "byte_offset", "object_id", "location"}
OWN_PARAMETERS = {
    "DSQC-T009": {"characters"},
    "DSQC-S030": {"problem"},
    "DSQC-X007": {"platform"},
    "DSQC-X008": {"module"},
    "DSQC-F016": {"kind"},
    "DSQC-Q001": {"metric", "goal"},
    "DSQC-Q002": {"metric", "goal"},
    "DSQC-Q003": {"metric", "goal"},
}
HANGUL = re.compile(r"[가-힣]")


def names(template: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("entry", rules().values(), ids=lambda entry: entry.code)
def test_an_entry_is_complete(entry: Rule) -> None:
    assert CODE.fullmatch(entry.code)
    assert entry.object in OBJECTS
    assert entry.kind in KINDS
    for text in (entry.name, entry.message, entry.fix):
        assert text.en
        assert not HANGUL.search(text.en)
        assert HANGUL.search(text.ko)
    allowed = PARAMETERS | OWN_PARAMETERS.get(entry.code, set())
    assert names(entry.message.en) == names(entry.message.ko) <= allowed
    assert names(entry.fix.en) == names(entry.fix.ko) <= allowed
    assert entry.message.en.endswith(".")
    assert entry.fix.ko.endswith(".")


def test_the_catalogue_is_whole() -> None:
    letters = {letter: sum(code[5] == letter for code in rules()) for letter in "TPSXRFDHGQ"}
    assert letters == {"T": 29, "P": 17, "S": 33, "X": 13, "R": 12, "F": 19, "D": 32, "H": 10, "G": 3, "Q": 3}


def test_names_are_told_apart() -> None:
    for name in ("en", "ko"):
        shown = [getattr(entry.name, name) for entry in rules().values()]
        assert len(set(shown)) == len(shown)


def test_codes_are_in_order_and_rank_is_by_weight() -> None:
    assert list(rules()) == sorted(rules())
    assert sorted(Severity, key=lambda item: item.rank) == [Severity.ERROR, Severity.WARNING, Severity.INFO]


def test_active_rules_need_nothing_that_a_desk_lacks() -> None:
    assert not [entry.code for entry in rules().values() if entry.state is RuleState.ACTIVE and entry.needs]
