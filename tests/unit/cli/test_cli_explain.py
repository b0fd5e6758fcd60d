"""``dsqc explain``: every rule documents itself."""

import json
from importlib.resources import files

import jsonschema_rs
import pytest

from dsqc.cli.main import main
from dsqc.language import Language
from dsqc.registry import Rule, rules


@pytest.mark.parametrize("code", ["T011", "DSQC-T011", "dsqc-t011", " t011 "])
def test_a_code_with_and_without_prefix(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", code, "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("DSQC-T011 (error): Spelling of a missing value")
    assert "what to do" in out


def test_korean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "T011", "--lang", "ko"]) == 0
    assert "사용할 수 없는 결측 표현" in capsys.readouterr().out


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.code)
def test_every_rule_has_its_page(rule: Rule, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", rule.code, "--lang", language]) == 0
    out = capsys.readouterr().out
    for text in (rule.name, rule.good, rule.bad):
        assert text.get(Language(language)) in out
    assert rule.since in out
    assert "{" not in out


def test_a_page_shows_examples_and_says_what_a_suggestion_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "T017", "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  allowed, for example: female" in lines
    assert "  not allowed, for example: F" in lines
    assert "  follows: DDBJ BS_R0138; K-BDS SSUB-R0002; ENA TEXT_CHOICE" in lines
    assert any("--fix" in line for line in lines if line.startswith("  suggestion:"))


def test_an_unknown_code_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "T11"]) == 2
    assert "DSQC-T011" in capsys.readouterr().err


def test_without_a_code_all_active_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    for code, rule in rules().items():
        assert (code in out) == (rule.state == "active")


@pytest.mark.parametrize("arguments", [["S011"], []])
def test_json_fits_its_schema(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *arguments, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    schema = files("dsqc.schemas").joinpath("reports", "explain.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.Draft202012Validator(json.loads(schema)).validate(printed)
    assert len(printed["rules"]) == (1 if arguments else len(rules()))
