"""What a rule means and what to do about it; without a code, the table of all rules.

T011 and DSQC-T011 mean the same rule.
"""

import argparse
import difflib
from typing import Any

from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text
from dsqc.registry import Rule, RuleState, rules

PREFIX = "DSQC-"
SCHEMA_VERSION = "1.1"
HEADINGS = (Text("code", "코드"), Text("severity", "심각도"), Text("object", "대상"), Text("rule", "규칙"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc explain``."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="code of a rule, such as T011 (default: list all)")


def run(args: argparse.Namespace) -> int:
    """Print one rule, or all."""
    from dsqc.cli._output import print_json

    if args.code is None:
        if args.json:
            print_json({"schema_version": SCHEMA_VERSION, "rules": [_to_dict(rule) for rule in rules().values()]})
        else:
            _print_table(args.lang)
        return ExitCode.DONE
    rule = find_rule(args.code)
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "rules": [_to_dict(rule)]})
    else:
        _print_rule(rule, args.lang)
    return ExitCode.DONE


def find_rule(text: str) -> Rule:
    """The rule of a code, with or without its prefix, in either letter case.

    Raises:
        UsageError: there is none; the nearest codes are named.
    """
    code = text.strip().upper()
    code = code if code.startswith(PREFIX) else PREFIX + code
    if code in rules():
        return rules()[code]
    nearest = difflib.get_close_matches(code, rules(), n=3, cutoff=0.6)
    hint = f"Did you mean {', '.join(nearest)}?" if nearest else "`dsqc explain` lists all codes."
    raise UsageError(f"No rule has the code {text!r}.", hint=hint)


def _to_dict(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "severity": rule.severity.value,
        "kind": rule.kind,
        "object": rule.object,
        "state": rule.state.value,
        "since": rule.since,
        "name": rule.name.en,
        "name_ko": rule.name.ko,
        "message": rule.message.en,
        "message_ko": rule.message.ko,
        "fix": rule.fix.en,
        "fix_ko": rule.fix.ko,
        "upstream": rule.upstream,
        "good": rule.good.en,
        "good_ko": rule.good.ko,
        "bad": rule.bad.en,
        "bad_ko": rule.bad.ko,
        "suggests": rule.suggests,
        "needs": list(rule.needs),
        "curator_may_override": rule.curator_may_override,
    }


def _print_table(language: Language) -> None:
    from dsqc.cli._output import SEVERITY_LABELS, print_table

    shown = [rule for rule in rules().values() if rule.state is RuleState.ACTIVE]
    rows = [
        [rule.code, SEVERITY_LABELS[rule.severity].get(language), rule.object, rule.name.get(language)]
        for rule in shown
    ]
    print_table([heading.get(language) for heading in HEADINGS], rows)
    rest = len(rules()) - len(shown)
    print(
        Text(
            f"{len(shown)} rules are checked; {rest} more codes are reserved. Next: dsqc explain CODE",
            f"규칙 {len(shown)}개를 검사하고 코드 {rest}개를 예약해 두었습니다. 다음: dsqc explain 코드",
        ).get(language)
    )


def _print_rule(rule: Rule, language: Language) -> None:
    from dsqc.cli._output import SEVERITY_LABELS
    from dsqc.report.rule_page import lines

    print(f"{rule.code} ({SEVERITY_LABELS[rule.severity].get(language)}): {rule.name.get(language)}")
    for line in lines(rule):
        if line.key != "severity":
            print(f"  {line.label.get(language)}: {line.text.get(language)}")
