"""``dsqc catalog agreement``: agreements with depositors and providers, and on access to data."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from dsqc.cli._catalog_reading import SCHEMA_VERSION, read_catalog
from dsqc.cli._options import action_options, add_station
from dsqc.cli._output import print_json, print_table, printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

KINDS = ("deposit", "access")


def add_actions(parser: argparse.ArgumentParser) -> None:
    """Its actions and their options."""
    actions = parser.add_subparsers(dest="agreement_action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=text, description=text, parents=[action_options()])
        add_station(sub)
        return sub

    add = action("add", "enter an agreement; the same document with the same party is the same agreement")
    add.add_argument("--kind", required=True, choices=KINDS, help="deposit: of data; access: to data")
    add.add_argument("--party", required=True, metavar="NAME", help="with whom")
    add.add_argument("--signed", required=True, type=_day, metavar="DATE", help="when it was signed (YYYY-MM-DD)")
    add.add_argument("--until", type=_day, metavar="DATE", help="its last day (default: it has no end)")
    add.add_argument(
        "--document", required=True, type=Path, metavar="FILE", help="the signed document; its digest is kept, not it"
    )
    add.add_argument("--accession", action="append", default=[], metavar="ACC", help="what it is about; repeatable")
    add.add_argument("--note", default="", metavar="TEXT", help="anything else")
    add.add_argument("--by", required=True, metavar="NAME", help="who enters it")
    listed = action("list", "agreements that meet every condition given")
    listed.add_argument("--kind", default="", choices=KINDS, help="of one kind")
    listed.add_argument("--accession", default="", metavar="ACC", help="about this object")
    listed.add_argument("--party", default="", metavar="TEXT", help="with a party whose name holds this")
    listed.add_argument("--valid-on", type=_day, metavar="DATE", help="in force on this day")
    action("show", "one agreement by its number").add_argument("number", type=int, metavar="NUMBER")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date (YYYY-MM-DD)") from error


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    from dsqc.catalog.versions.agreements import list_agreements, show_agreement

    if args.agreement_action == "add":
        row = _enter_agreement(args)
    elif args.agreement_action == "show":
        row = read_catalog(args, lambda session: show_agreement(session, args.number))
    else:
        asked = {"kind": args.kind, "accession": args.accession, "party": args.party, "valid_on": args.valid_on}
        found = read_catalog(args, lambda session: {"agreements": list_agreements(session, **asked)})
        if args.json:
            print_json(found)
        else:
            _print_agreements(found["agreements"], args.lang)
        return ExitCode.DONE
    if args.json:
        print_json(row)
        return ExitCode.DONE
    for name, value in row.items():
        if name != "schema_version" and value not in (None, "", []):
            print(printable(f"{name}: {', '.join(value) if isinstance(value, list) else value}"))
    return ExitCode.DONE


def _enter_agreement(args: argparse.Namespace) -> dict[str, Any]:
    from dsqc.artefact import sha256_of
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.outcomes import Actor
    from dsqc.catalog.versions.agreements import Agreement, AgreementKind, add_agreement, agreement_row
    from dsqc.station import load_station

    if not args.document.is_file():
        raise UsageError(f"{args.document} does not exist.", hint="Give the signed document; only its digest is kept.")
    given = Agreement(
        AgreementKind(args.kind),
        args.party.strip(),
        args.signed,
        args.until,
        args.document.name,
        sha256_of(args.document),
        args.accession,
        args.note.strip(),
    )
    with Catalog.open(load_station(args.station)) as catalog:
        row = catalog.write(
            lambda session: agreement_row(
                add_agreement(session, given, by=args.by.strip(), actor=Actor(args.by.strip()))
            )
        )
    return {"schema_version": SCHEMA_VERSION, **row}


def _print_agreements(rows: list[dict[str, Any]], language: Language) -> None:
    headings = (
        Text("agreement", "협약"),
        Text("kind", "종류"),
        Text("party", "상대"),
        Text("signed", "체결일"),
        Text("until", "만료일"),
        Text("accessions", "등록번호"),
    )
    kinds = {"deposit": Text("deposit", "기탁·제공"), "access": Text("access", "이용")}
    lines = [
        (
            str(row["agreement"]),
            kinds[row["kind"]].get(language),
            printable(row["party"]),
            row["signed_on"],
            row["valid_until"] or "-",
            ", ".join(row["accessions"]),
        )
        for row in rows
    ]
    print_table([item.get(language) for item in headings], lines)
