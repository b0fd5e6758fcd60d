"""Codes and functions belong together, in both directions."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import dsqc
from dsqc.errors import SystemFault
from dsqc.findings import Finding
from dsqc.registry import RuleState, rules
from dsqc.rules import Check, checking, rule

CODE = re.compile(r'"(DSQC-[A-Z]\d{3})"')


def codes_in_source() -> set[str]:
    """Every code that stands in quotes in the source."""
    folder = Path(dsqc.__file__).parent
    return {code for path in folder.rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_every_code_in_the_source_is_a_rule_that_is_or_was_active() -> None:
    with_function = {code for code, entry in rules().items() if entry.state is not RuleState.RESERVED}
    assert codes_in_source() - with_function == set()


def test_every_active_rule_is_raised_somewhere() -> None:
    active = {code for code, entry in rules().items() if entry.state is RuleState.ACTIVE}
    assert active - codes_in_source() == set()


def nothing(_check: Check) -> Iterator[Finding]:
    """A rule that finds nothing."""
    return iter(())


def test_a_rule_has_one_function() -> None:
    with pytest.raises(SystemFault, match="two functions"):
        rule("DSQC-S001")(nothing)


def test_a_reserved_code_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    reserved = replace(rules()["DSQC-S001"], state=RuleState.RESERVED)
    monkeypatch.setattr(checking, "registered", lambda _code: reserved)
    with pytest.raises(SystemFault, match="not active"):
        rule("DSQC-S901")(nothing)


def test_an_unknown_code_has_none() -> None:
    with pytest.raises(SystemFault, match="No rule"):
        rule("DSQC-Z999")(nothing)
