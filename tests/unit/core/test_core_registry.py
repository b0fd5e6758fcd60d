"""The rule registry: codes are complete, texts stand in both languages and name only what they are given."""

import re
import string

import pytest

from dsqc.language import Language
from dsqc.registry import Rule, RuleState, Severity, rules
from dsqc.rules import RULES

CODE = re.compile(r"DSQC-[TPSXRFDHGQE]\d{3}")
OBJECTS = {
    *("table", "submission", "project", "admin", "sample", "experiment", "run", "file", "fastq", "bam", "cram"),
    "exchange",
}
KINDS = {"column", "date", "pattern", "code", "relation", "real", "curation", "privacy"}
PARAMETERS = {"value", "expected", "attribute", "path", "record", "byte_offset", "object_id", "location"}
OWN_PARAMETERS = {
    **{f"DSQC-D{number:03}": {"probability", "evidence"} for number in range(33, 49)},
    "DSQC-T009": {"characters"},
    "DSQC-S006": {"name", "taxid", "snapshot"},
    "DSQC-S007": {"seen", "snapshot"},
    "DSQC-S008": {"rank"},
    "DSQC-S009": {"package"},
    "DSQC-S025": {"name"},
    "DSQC-S026": {"name"},
    "DSQC-S027": {"other"},
    "DSQC-S028": {"seen", "snapshot"},
    "DSQC-S030": {"problem"},
    "DSQC-X007": {"platform"},
    "DSQC-X009": {"platform"},
    "DSQC-X008": {"module"},
    "DSQC-F016": {"kind"},
    "DSQC-D050": {"odds"},
    "DSQC-D051": {"odds"},
    "DSQC-D052": {"odds"},
    "DSQC-D053": {"metrics", "siblings"},
    "DSQC-Q001": {"metric", "goal"},
    "DSQC-Q002": {"metric", "goal"},
    "DSQC-Q003": {"metric", "goal"},
}
HANGUL = re.compile(r"[가-힣]")
VERBS = {
    *(
        "Add",
        "Ask",
        "Change",
        "Check",
        "Choose",
        "Compare",
        "Compress",
        "Compute",
        "Convert",
        "Correct",
        "Decompress",
        "Deposit",
    ),
    *(
        "Empty",
        "Export",
        "Fill",
        "Follow",
        "Format",
        "Give",
        "Hand",
        "Hang",
        "Keep",
        "Leave",
        "List",
        "Look",
        "Make",
        "Merge",
    ),
    *("Move", "Name", "Put", "Release", "Remove", "Rename", "Replace", "Round", "Save", "Say", "See", "Send", "Set"),
    *("Shorten", "Sort", "Split", "Take", "Tell", "Trim", "Type", "Use", "Write"),
}
"""What an instruction in English begins with."""
NOTHING = ("Nothing need be done", "그대로 두어도")
"""The next step of a remark."""


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


@pytest.mark.parametrize("entry", rules().values(), ids=lambda entry: entry.code)
def test_every_rule_says_what_to_do(entry: Rule) -> None:
    clauses = re.split(r"[.;:,] ", entry.fix.en)
    instructions = [clause for clause in clauses if clause.split()[0].capitalize() in VERBS]
    assert instructions or NOTHING[0] in entry.fix.en
    assert re.search(r"(세요|십시오)\b", entry.fix.ko) or NOTHING[1] in entry.fix.ko


@pytest.mark.parametrize("entry", rules().values(), ids=lambda entry: entry.code)
def test_messages_render_with_their_parameters(entry: Rule) -> None:
    parameters = {name: f"<{name}>" for name in names(entry.message.en) | names(entry.fix.en)}
    for language in Language:
        for template in (entry.message, entry.fix):
            rendered = template.get(language).format(**parameters)
            assert "{" not in rendered
            for name in names(template.en):
                assert f"<{name}>" in rendered


@pytest.mark.parametrize("entry", rules().values(), ids=lambda entry: entry.code)
def test_every_rule_shows_what_is_allowed_and_what_is_not(entry: Rule) -> None:
    for language in Language:
        assert entry.good.get(language) != entry.bad.get(language) != ""
    assert entry.good.en
    assert entry.upstream


def test_the_catalogue_is_whole() -> None:
    letters = {letter: sum(code[5] == letter for code in rules()) for letter in "TPSXRFDHGQE"}
    assert letters == {"T": 38, "P": 17, "S": 33, "X": 13, "R": 12, "F": 23, "D": 54, "H": 14, "G": 3, "Q": 3, "E": 11}


def test_names_are_told_apart() -> None:
    for name in ("en", "ko"):
        shown = [getattr(entry.name, name) for entry in rules().values()]
        assert len(set(shown)) == len(shown)


def test_codes_are_in_order_and_rank_is_by_weight() -> None:
    assert list(rules()) == sorted(rules())
    assert sorted(Severity, key=lambda item: item.rank) == [Severity.ERROR, Severity.WARNING, Severity.INFO]


def test_what_needs_the_catalog_is_no_rule_of_the_forms() -> None:
    active = {entry.code: entry for entry in rules().values() if entry.state is RuleState.ACTIVE}
    elsewhere = {code for code, entry in active.items() if entry.needs}
    assert elsewhere == {"DSQC-F013"}
    assert all(active[code].needs == ("catalog",) for code in elsewhere)
    assert not elsewhere & set(RULES)
