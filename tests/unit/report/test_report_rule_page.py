"""A rule's page: every word that it needs exists in both languages."""

import re

import pytest

from dsqc.registry import Rule, RuleState, rules
from dsqc.report.rule_page import LABELS, PLACEHOLDERS, lines, readable

HANGUL = re.compile(r"[가-힣]")


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.code)
def test_a_page_is_whole_in_both_languages(rule: Rule) -> None:
    page = {line.key: line for line in lines(rule)}
    assert set(LABELS) - set(page) <= {"needs", "override"}
    for key, line in page.items():
        assert HANGUL.search(line.label.ko)
        assert not HANGUL.search(line.label.en)
        if key not in ("good", "bad", "upstream", "since"):
            assert HANGUL.search(line.text.ko), key
            assert not HANGUL.search(line.text.en), key


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.code)
def test_every_parameter_has_a_word(rule: Rule) -> None:
    for template in (rule.message.en, rule.fix.en):
        assert set(re.findall(r"\{(\w+)\}", template)) <= set(PLACEHOLDERS)


def test_parameters_read_as_words() -> None:
    text = readable(rules()["DSQC-T017"].message)
    assert "‹value›" in text.en
    assert "‹허용값›" in text.ko


def test_a_reserved_rule_says_that_it_is_not_checked() -> None:
    for rule in rules().values():
        state = next(line.text.en for line in lines(rule) if line.key == "state")
        assert (state == "checked") == (rule.state is RuleState.ACTIVE)
