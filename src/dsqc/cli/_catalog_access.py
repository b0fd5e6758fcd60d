"""Actions of ``dsqc catalog`` about who may see what, and who was given what."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from dsqc.cli._output import print_json, print_table, printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Text

LOG_HELP = "hand-overs of data and of closed metadata, refusals, and their figures by year"
Asked = Callable[[argparse.Namespace, Callable[[Any, Any], dict[str, Any]]], dict[str, Any]]
"""How an action asks the catalog: ``dsqc.cli.catalog._with_session``."""
SHOWN = ("recipient", "action", "kind", "accession", "purpose", "size_bytes", "actor")
LOG_HEADINGS = (
    Text("when", "언제"),
    Text("to whom", "누구에게"),
    Text("what", "무엇"),
    Text("kind", "종류"),
    Text("accession", "접수번호"),
    Text("purpose", "목적"),
    Text("bytes", "바이트"),
    Text("by", "처리자"),
)
FIGURES = {
    "year": Text("year", "연도"),
    "hand_overs": Text("hand-overs", "제공"),
    "users": Text("users", "이용자"),
    "submissions": Text("submissions", "제출"),
    "files": Text("files", "파일"),
    "size_bytes": Text("bytes", "바이트"),
    "refusals": Text("refusals", "거절"),
}


def add_log_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc catalog access-log``."""
    parser.add_argument("--accession", default="", metavar="ACCESSION", help="only of this one, or of this submission")
    parser.add_argument("--year", type=int, metavar="YEAR", help="only of this year (UTC)")


def show_public(args: argparse.Namespace, ask: Asked) -> int:
    """``dsqc catalog show --public``: only what everybody may be told."""
    from dsqc.catalog.access import view_by_accession

    def work(_catalog: Any, session: Any) -> dict[str, Any]:
        view = view_by_accession(session, args.accession)
        if view is None:
            raise UsageError(f"Nothing is known of {args.accession}.", hint="Check the number.")
        return view.to_dict()

    found = ask(args, work)
    if args.json:
        print_json(found)
        return ExitCode.DONE
    for name, value in found.items():
        if name not in ("schema_version", "attributes", "links") and value not in ("", {}):
            print(printable(f"{name}: {value}"))
    for name, value in {**found["links"], **found["attributes"]}.items():
        print(printable(f"  {name}: {value}"))
    return ExitCode.DONE


def access_log(args: argparse.Namespace, ask: Asked) -> int:
    """``dsqc catalog access-log``: the log, its figures by year, and whether it is whole."""
    from dsqc.catalog.access.log import COLUMNS, entries, verify_access_chain, yearly_figures
    from dsqc.catalog.events import local_time

    def work(_catalog: Any, session: Any) -> dict[str, Any]:
        found = entries(session, accession=args.accession, year=args.year)
        return {
            "entries": [{name: getattr(entry, name) for name in COLUMNS} for entry in found],
            "years": yearly_figures(found),
            "faults": [asdict(fault) for fault in verify_access_chain(entries(session))],
        }

    found = ask(args, work)
    code = ExitCode.FAULT if found["faults"] else ExitCode.DONE
    if args.json:
        print_json(found)
        return code
    rows = ((local_time(row["at"]), *(printable(str(row[name])) for name in SHOWN)) for row in found["entries"])
    print_table([item.get(args.lang) for item in LOG_HEADINGS], rows)
    years = ([f"{year[name]:,}" if name != "year" else str(year[name]) for name in FIGURES] for year in found["years"])
    print_table([item.get(args.lang) for item in FIGURES.values()], years)
    for fault in found["faults"]:
        print(f"{fault['submission']} {fault['sequence']}: {fault['problem']}")
    return code
