"""The curator's work: what waits and why, what one submission looks like, opinions, decisions, and what goes back.

A submission is named as ``dsqc curate queue`` lists it, or by the directory of its results.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._options import action_options, add_station, chosen_station
from dsqc.cli._output import print_json, print_table, printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.station import Station

DECISIONS = ("approve", "return", "reject")
CURATOR = "DSQC_CURATOR"
"""Environment variable that names the curator where no option does."""
_ID = "as the queue lists it, or results/<submission>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc curate``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    queue = _action(actions, "queue", "what waits, first what needs a person most")
    _by(queue, "who looks, for --mine")
    whose = queue.add_mutually_exclusive_group()
    whose.add_argument("--mine", action="store_true", help="what is assigned to me or asks me for an opinion")
    whose.add_argument("--unassigned", action="store_true", help="what nobody works on")
    queue.add_argument("--field", default="", metavar="FIELD", help="of one research field")
    show = _action(actions, "show", "one submission: why it waits, findings, runs, what changed, history", "ID")
    show.add_argument("--html", type=Path, metavar="FILE", help="write one page with the plots; it needs no network")
    assign = _action(actions, "assign", "give a submission to a curator, or back to everybody", "ID")
    assign.add_argument("--to", required=True, metavar="NAME", help="who works on it; an empty name gives it back")
    _by(assign, "who assigns; stays in the history (default: who it is given to)")
    decide = _action(actions, "decide", "approve, return or reject", "ID")
    decide.add_argument("decision", choices=DECISIONS, metavar="DECISION", help=", ".join(DECISIONS))
    _by(decide, "who decides; stays in the history")
    decide.add_argument(
        "--reason",
        action="append",
        default=[],
        metavar="CODE[:ATTRIBUTE[@OBJECT]]",
        help="why, of the list (`dsqc curate reasons`), and of which cell; may be given several times",
    )
    decide.add_argument("--text", default="", metavar="TEXT", help="why in your own words; the submitter reads it")
    second = _action(actions, "second", "ask for a second opinion, or a third where two differ", "ID")
    second.add_argument("--to", required=True, metavar="NAME", help="who is asked")
    _by(second, "who asks; stays in the history")
    package = _action(actions, "return-package", "the marked form and a letter for the submitter", "ID")
    package.add_argument("-O", "--outdir", type=Path, required=True, metavar="DIR", help="directory for them")
    package.add_argument("--inbox", type=Path, metavar="DIR", help="where the form stands, if it was moved since")
    agreement = _action(actions, "agreement", "how far curators agree where two decided without seeing each other")
    agreement.add_argument("--since", metavar="YYYY-MM-DD", help="only opinions from this day on (UTC)")
    _action(actions, "reasons", "the list of reasons", station=False)


def _action(actions: Any, name: str, text: str, identity: str = "", *, station: bool = True) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = actions.add_parser(name, help=text, parents=[action_options()])
    if identity:
        made.add_argument("name", metavar=identity, help=_ID)
    if station:
        add_station(made)
    return made


def _by(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--by", default="", metavar="NAME", help=f"{text}; {CURATOR} where not given")


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    actions = {
        "queue": _queue,
        "show": _show,
        "assign": _assign,
        "decide": _decide,
        "second": _second,
        "return-package": _return_package,
        "agreement": _agreement,
        "reasons": _reasons,
    }
    return actions[args.action](args)


def _curator(args: argparse.Namespace, otherwise: str = "") -> str:
    name: str = (args.by or os.environ.get(CURATOR, "") or otherwise).strip()
    if not name:
        raise UsageError("Who are you?", hint=f"Give --by NAME or set {CURATOR}.")
    return name


def _station(args: argparse.Namespace) -> "Station":
    from dsqc.station import load_station

    return load_station(args.station)


def _queue(args: argparse.Namespace) -> int:
    from dsqc.stages.curate import queue

    found = queue(
        _station(args), mine=_curator(args) if args.mine else "", unassigned=args.unassigned, field=args.field
    )
    if args.json:
        print_json(found)
        return ExitCode.DONE
    if not found["submissions"]:
        print(Text("Nothing waits.", "기다리는 제출이 없습니다.").get(args.lang))
        return ExitCode.DONE
    _print_queue(found, args.lang)
    return ExitCode.DONE


def _print_queue(found: dict[str, Any], language: Language) -> None:
    from dsqc.cli._curate import waits_for

    korean = "_ko" if language is Language.KO else ""
    headings = (
        Text("no.", "순위"),
        Text("submission", "제출"),
        Text("version", "버전"),
        Text("research field", "연구분야"),
        Text("who", "담당"),
        Text("why", "사유"),
    )
    rows = [
        (
            str(row["position"]),
            printable(row["submission"]),
            str(row["version"]),
            row["research_field"],
            printable(waits_for(row).get(language)),
            "\n".join(printable(f"{item['text' + korean]} ({item['points']:g})") for item in row["why"]) or "–",
        )
        for row in found["submissions"]
    ]
    print_table([item.get(language) for item in headings], rows)


def _show(args: argparse.Namespace) -> int:
    from dsqc.cli._curate import print_submission
    from dsqc.stages.curate import results_of, show

    station = chosen_station(args.station)
    results = results_of(args.name, station)
    found = show(results, station)
    if args.html:
        from dsqc.stages.curate_page import write_page

        write_page(results, found, args.html)
    if args.json:
        print_json(found)
        return ExitCode.DONE
    print_submission(found, results, args.lang)
    if args.html:
        print(f"→ {args.html}")
    return ExitCode.DONE


def _assign(args: argparse.Namespace) -> int:
    from dsqc.catalog.registering import Actor
    from dsqc.stages.curate import assign

    to = args.to.strip()
    done = assign(_station(args), args.name, to, actor=Actor(_curator(args, to)))
    if args.json:
        print_json(done)
    elif to:
        until = done["assigned_until"][:10]
        print(
            Text(f"{done['submission']}: {to}, until {until}", f"{done['submission']}: {to}, {until}까지").get(
                args.lang
            )
        )
    else:
        print(Text(f"{done['submission']}: nobody", f"{done['submission']}: 담당 없음").get(args.lang))
    return ExitCode.DONE


def _second(args: argparse.Namespace) -> int:
    from dsqc.catalog.registering import Actor
    from dsqc.stages.curate import second

    done = second(_station(args), args.name, args.to.strip(), actor=Actor(_curator(args)))
    if args.json:
        print_json(done)
        return ExitCode.DONE
    said = Text("is asked for an opinion, and sees none before", "에게 의견을 요청함(다른 의견은 보지 못함)")
    space = "" if args.lang is Language.KO else " "
    print(f"{done['submission']}: {args.to}{space}{said.get(args.lang)}")
    return ExitCode.DONE


def _decide(args: argparse.Namespace) -> int:
    from dsqc.catalog.curating import Decision, Ruling
    from dsqc.cli._curate import came_of
    from dsqc.stages.curate import decide, results_of

    name = _curator(args)
    station = _station(args)
    ruling = Ruling(Decision(args.decision), name, args.text, "")
    result = decide(results_of(args.name, station), station, ruling, reasons=args.reason)
    if args.json:
        print_json(result.decision)
        return ExitCode.DONE
    print(printable(f"{result.decision['submission']}: {came_of(result, args.name).get(args.lang)}"))
    if result.path:
        print(f"→ {result.path}")
    return ExitCode.DONE


def _return_package(args: argparse.Namespace) -> int:
    from dsqc.stages.curate_return import return_package

    done = return_package(args.name, _station(args), args.outdir, inbox=args.inbox)
    if args.json:
        print_json(done.document)
        return ExitCode.DONE
    marked = sum(bool(item["marked"]) for item in done.document["reasons"])
    number = len(done.document["reasons"])
    said = Text(f"{number} reasons, {marked} cells marked", f"사유 {number}건, 표시한 셀 {marked}개")
    print(f"{done.document['submission']}: {said.get(args.lang)}")
    for path in done.paths:
        print(f"→ {path}")
    return ExitCode.DONE


def _agreement(args: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from dsqc.cli._curate import print_agreement
    from dsqc.stages.curate import agreement

    since = None
    if args.since:
        try:
            since = datetime.strptime(args.since, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError as error:
            raise UsageError(f"{args.since!r} is no day.", hint="Write YYYY-MM-DD.") from error
    found = agreement(_station(args), since)
    if args.json:
        print_json(found)
    else:
        print_agreement(found, args.lang)
    return ExitCode.DONE


def _reasons(args: argparse.Namespace) -> int:
    from dsqc.stages.curate import reason_list

    found = reason_list()
    if args.json:
        print_json(found)
        return ExitCode.DONE
    korean = "_ko" if args.lang is Language.KO else ""
    headings = (
        Text("code", "코드"),
        Text("for", "결정"),
        Text("about", "대상"),
        Text("what", "뜻"),
        Text("advice", "조치"),
    )
    rows = [
        (item["code"], " ".join(item["decisions"]), item["scope"], item["label" + korean], item["advice" + korean])
        for item in found["reasons"]
    ]
    print_table([item.get(args.lang) for item in headings], rows)
    return ExitCode.DONE
