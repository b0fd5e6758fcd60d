"""Released rule sets: registry, forms, vocabularies and quality goals as they were, which every later dsqc still runs.

The same submission, day and rule set give the same findings and the same verdict, byte for byte. `dsqc validate
--rule-set VERSION` judges by one; a station pins one for all its work with rule_set in [rules] of station.toml.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._options import action_options, add_station, add_taxonomy, chosen_station
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``dsqc rule-sets [list | diff OLD NEW | rerun RESULTS SUBMISSION]``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    common = [action_options()]
    actions.add_parser("list", help="the released rule sets (default)", parents=common)
    diff = actions.add_parser("diff", help="what changed from one to another", parents=common)
    diff.add_argument("old", metavar="OLD", help="a released rule set, or own for that of this dsqc")
    diff.add_argument("new", metavar="NEW", nargs="?", default="own", help="the other one (default: own)")
    again = actions.add_parser(
        "rerun", help="validate again by the rule set of an older validation, and compare", parents=common
    )
    again.add_argument(
        "results", type=Path, metavar="RESULTS", help="directory with validate.json of before, or a receipt"
    )
    again.add_argument("submission", type=Path, metavar="SUBMISSION", help="the same submission")
    again.add_argument("--rule-set", metavar="VERSION", help="another rule set, or own: what would it find?")
    add_station(again)
    add_taxonomy(again)


def run(args: argparse.Namespace) -> int:
    """List, compare, or validate again."""
    if args.action == "diff":
        return _diff(args)
    if args.action == "rerun":
        return _rerun(args)
    return _list(args)


def _list(args: argparse.Namespace) -> int:
    from dsqc.cli._output import print_json, print_table
    from dsqc.rule_data import released
    from dsqc.rule_set import rule_set_version

    found = list(released().values())
    if args.json:
        rows = [
            {
                "version": item.version,
                "name": item.name,
                "date": item.date,
                "digest": item.digest,
                "dsqc_version": item.dsqc_version,
                "note": item.note.en,
                "note_ko": item.note.ko,
            }
            for item in found
        ]
        print_json({"schema_version": "1.0", "own": rule_set_version(), "released": rows})
        return ExitCode.DONE
    language: Language = args.lang
    headings = (Text("rule set", "규칙 집합"), Text("released", "공개일"), Text("dsqc", "dsqc"), Text("note", "설명"))
    rows_shown = [(item.name, item.date, item.dsqc_version, item.note.get(language)) for item in found]
    print_table([heading.get(language) for heading in headings], rows_shown)
    own = rule_set_version()
    print(Text(f"Of this dsqc, not released: {own}", f"이 dsqc의 규칙 집합(공개 전): {own}").get(language))
    return ExitCode.DONE


def _diff(args: argparse.Namespace) -> int:
    from dsqc.cli._output import print_json
    from dsqc.stages.rule_sets import rule_differences

    found = rule_differences(args.old, args.new)
    if args.json:
        print_json({"schema_version": "1.0", **found})
        return ExitCode.DONE
    titles = {
        "introduced": Text("rules that are new", "새 규칙"),
        "retired": Text("rules that are gone", "없어진 규칙"),
        "texts": Text("rules with other words", "문구가 바뀐 규칙"),
        "files": Text("forms, vocabularies and data that differ", "바뀐 양식·어휘·자료"),
    }
    for name, title in titles.items():
        print(f"{title.get(args.lang)}: {len(found[name])}")
        for item in found[name][:SHOWN]:
            print(f"    {item}")
        if len(found[name]) > SHOWN:
            print("    …")
    for row in found["severity"]:
        print(f"{row['code']}: {row['old']} → {row['new']}")
    return ExitCode.DONE


def _rerun(args: argparse.Namespace) -> int:
    from dsqc.cli._output import print_json
    from dsqc.stages.rule_sets import rerun
    from dsqc.taxonomy import choose_taxonomy

    station = chosen_station(args.station)
    # Else the snapshot of the rule set, which is opened once that is in force.
    named = args.taxonomy or os.environ.get("DSQC_TAXONOMY") or (station.taxonomy_path if station else None)
    done = rerun(
        args.results,
        args.submission,
        rule_set=args.rule_set,
        limits=station.limits if station else None,
        taxonomy=choose_taxonomy(Path(named)) if named else None,
    )
    if args.json:
        print_json(done.record)
    else:
        _print(done.record, args.lang)
    return ExitCode.DONE if done.same else ExitCode.FINDINGS


def _print(record: "Mapping[str, Any]", language: Language) -> None:
    before, now = record["conclusion_before"][:12], record["conclusion"][:12]
    if record["same"]:
        text = Text(f"The same, byte for byte ({now}).", f"바이트까지 같음({now}).")
    else:
        text = Text(f"Not the same: {before} before, {now} now.", f"다름: 이전 {before}, 지금 {now}.")
    print(f"{record['rule_set']}: {text.get(language)}")
    if not record["same_inputs"]:
        print(Text("The files are not those of before.", "파일이 이전과 다릅니다.").get(language))
    for name, title in (("only_before", Text("only before", "이전에만")), ("only_now", Text("only now", "지금만"))):
        for row in record[name][:SHOWN]:
            place = " ".join(str(value) for value in row["location"].values())
            print(f"  {title.get(language)}: {row['severity']} {row['code']} {place} {row['value']}")
        if len(record[name]) > SHOWN:
            print(f"  {title.get(language)}: … {len(record[name]) - SHOWN}")
