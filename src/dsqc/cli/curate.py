"""The curator's work: what waits for a decision, what one submission looks like, and the decision itself."""

import argparse
from pathlib import Path
from typing import Any

from dsqc.cli._options import action_options, add_station
from dsqc.cli._output import SEVERITY_LABELS, print_json, print_table, printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text
from dsqc.registry import Severity

DECISIONS = ("approve", "return", "reject")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc curate``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    queue = actions.add_parser("queue", help="submissions that wait, longest first", parents=[action_options()])
    add_station(queue)
    show = actions.add_parser("show", help="one submission: reasons, findings, metrics", parents=[action_options()])
    show.add_argument("results", type=Path, metavar="RESULTS", help="results/<submission> of a batch")
    decide = actions.add_parser("decide", help="approve, return or reject", parents=[action_options()])
    decide.add_argument("results", type=Path, metavar="RESULTS", help="results/<submission> of a batch")
    choice = decide.add_mutually_exclusive_group(required=True)
    for name, text in zip(DECISIONS, ("register it", "ask for corrections", "do not take it"), strict=True):
        choice.add_argument(f"--{name}", dest="decision", action="store_const", const=name, help=text)
    decide.add_argument("--by", required=True, metavar="NAME", help="who decides; stays in the history")
    decide.add_argument("--reason", required=True, metavar="TEXT", help="why; the submitter reads it")
    add_station(decide)


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    return {"queue": _queue, "show": _show, "decide": _decide}[args.action](args)


def _queue(args: argparse.Namespace) -> int:
    from dsqc.catalog.events import local_time
    from dsqc.stages.curate import queue
    from dsqc.station import load_station

    found = queue(load_station(args.station))
    if args.json:
        print_json(found)
        return ExitCode.DONE
    rows = [
        (
            row["submission"],
            row["submitter"],
            row["research_field"],
            local_time(row["since"]),
            ", ".join(sorted({reason["code"] for reason in row["reasons"]})),
        )
        for row in found["submissions"]
    ]
    if not rows:
        print(Text("Nothing waits.", "기다리는 제출이 없습니다.").get(args.lang))
        return ExitCode.DONE
    headings = (
        Text("submission", "제출"),
        Text("submitter", "제출자"),
        Text("research field", "연구분야"),
        Text("since", "대기 시작"),
        Text("reasons", "사유"),
    )
    print_table([item.get(args.lang) for item in headings], rows)
    return ExitCode.DONE


def _show(args: argparse.Namespace) -> int:
    from dsqc.stages.curate import show

    found = show(_existing(args.results))
    if args.json:
        print_json(found)
    else:
        _print_submission(found, args.results, args.lang)
    return ExitCode.DONE


def _existing(results: Path) -> Path:
    if not results.is_dir():
        raise UsageError(f"{results} does not exist.", hint="Give results/<submission> of a batch.")
    return results


def _print_submission(found: dict[str, Any], results: Path, language: Language) -> None:
    korean = "_ko" if language is Language.KO else ""
    form = " ".join(found["form"].values())
    counts = ", ".join(f"{name} {number}" for name, number in found["object_counts"].items())
    print(f"{found['submission']} ({form}): {found['verdict']}")
    print(counts)
    for reason in found["reasons"]:
        number = f" ×{reason['count']:,}" if reason["count"] > 1 else ""
        rows = f" ({Text('rows', '행').get(language)} {reason['rows']})" if reason.get("rows") and number else ""
        label = SEVERITY_LABELS[Severity(reason["severity"])].get(language)
        print(printable(f"{label} {reason['code']} {reason['object']} {reason['object_id']}{number}{rows}"))
        print(printable(f"    {reason['message' + korean]}"))
    if found["profile"]:
        print(f"{Text('columns', '컬럼 분석').get(language)} → {results / found['profile']}")
    for item in found["runs"]:
        print(f"{item['run_key']}: {item['state']}")
        for name, value in item["metrics"].items():
            print(f"    {name} {'-' if value is None else value}")
        for page in item["pages"]:
            print(f"    → {results / page}")


def _decide(args: argparse.Namespace) -> int:
    from dsqc.catalog.curating import Decision, Ruling
    from dsqc.stages.curate import decide
    from dsqc.station import load_station

    ruling = Ruling(Decision(args.decision), args.by, args.reason, "")
    result = decide(_existing(args.results), load_station(args.station), ruling)
    if args.json:
        print_json(result.decision)
        return ExitCode.DONE
    print(f"{result.decision['submission']}: {result.decision['decision']} ({result.decision['by']})")
    if result.decision["decision"] == Decision.APPROVE.value:
        print(Text("`dsqc register` registers it now.", "이제 `dsqc register`로 등록됩니다.").get(args.lang))
    print(f"→ {result.path}")
    return ExitCode.DONE
