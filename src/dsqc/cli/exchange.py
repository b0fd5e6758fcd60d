"""Exchange public records with other centres: make a package for one, take one in, see how it stands.

What a centre gets is agreed in [exchange.CENTRE] of station.toml. Packages are signed; they may come in any order and
any number of times.
"""

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from dsqc.cli._options import action_options, add_station
from dsqc.cli._output import print_findings, print_json, print_table, printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Text

SCHEMA_VERSION = "1.0"
MOST_FINDINGS = 20
STATE = {
    "new": Text("new", "신규"),
    "updated": Text("updated", "갱신"),
    "unchanged": Text("unchanged", "변경 없음"),
    "older": Text("older than known", "이전 버전"),
    "own": Text("our own", "자체 기록"),
    "conflicts": Text("conflicts", "충돌"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc exchange``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=text, description=text, parents=[action_options()])
        add_station(sub)
        return sub

    export = action("export", "make the package of public records for a centre")
    export.add_argument("--to", required=True, metavar="CENTRE", help="a centre of [exchange.CENTRE] in station.toml")
    export.add_argument(
        "--since",
        default="last",
        metavar="last|all|DATE",
        help="what changed since the last package (default), everything, or what was noted on DATE (YYYY-MM-DD) or "
        "later",
    )
    export.add_argument(
        "--after", type=int, metavar="N", help="what changed since package N, the last one that the centre has"
    )
    export.add_argument("-o", "--output", type=Path, required=True, metavar="PACKAGE", help="a directory, or NAME.zip")
    taken = action("import", "check a package of another centre and take it in")
    taken.add_argument("package", type=Path, metavar="PACKAGE")
    taken.add_argument("--dry-run", action="store_true", help="only say what it would bring")
    action("status", "packages sent and received, what is missing, what contradicts")
    action("keygen", "make the key that packages are signed with, and its public half for the other centres")


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    return _ACTIONS[args.action](args)


def _catalog(args: argparse.Namespace) -> Any:
    from dsqc.catalog.database import Catalog
    from dsqc.station import load_station

    return Catalog.open(load_station(args.station))


def _export(args: argparse.Namespace) -> int:
    from dsqc.exchange.exporting import export_package

    since = _since(args)
    with _catalog(args) as catalog:
        made = export_package(catalog, args.to, args.output, since=since)
    heading = made.heading
    if args.json:
        found = {"path": str(made.path), "again": made.again, "package": heading.to_dict()}
        print_json({"schema_version": SCHEMA_VERSION, **found})
        return ExitCode.DONE
    what = Text(
        f"package {heading.sequence} for {heading.receiver}: {heading.record_count} records ({heading.scope})",
        f"{heading.receiver}용 꾸러미 {heading.sequence}: 기록 {heading.record_count}건 ({heading.scope})",
    )
    print(what.get(args.lang))
    if made.again:
        print(
            Text("nothing changed since; the same package again", "이후 변경이 없어 같은 꾸러미입니다").get(args.lang)
        )
    print(f"→ {made.path}")
    return ExitCode.DONE


def _since(args: argparse.Namespace) -> Any:
    from dsqc.exchange.exporting import Since

    if args.after is not None and args.since != "last":
        raise UsageError("--after and --since exclude each other.", hint="Give one of them.")
    if args.since in ("last", "all"):
        return Since(everything=args.since == "all", after=args.after)
    try:
        return Since(day=date.fromisoformat(args.since))
    except ValueError:
        raise UsageError(f"{args.since!r} is no date.", hint="Give last, all or a date as 2026-09-01.") from None


def _import(args: argparse.Namespace) -> int:
    from dsqc.exchange.importing import import_package, to_dict

    with _catalog(args) as catalog:
        result = import_package(catalog, args.package, dry_run=args.dry_run)
    code = ExitCode.FINDINGS if result.findings.has_errors else ExitCode.DONE
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, **to_dict(result, dry_run=args.dry_run)})
        return code
    print_findings(result.findings, args.lang, MOST_FINDINGS)
    if result.heading is None:
        print(Text("The package was not taken in.", "꾸러미를 받지 않았습니다.").get(args.lang))
        return code
    heading = result.heading
    counted = ", ".join(f"{STATE[name].get(args.lang)} {number}" for name, number in result.counts.items() if number)
    line = Text(f"package {heading.sequence} of {heading.sender}", f"{heading.sender}의 꾸러미 {heading.sequence}")
    print(f"{line.get(args.lang)}: {counted or Text('no records', '기록 없음').get(args.lang)}")
    if args.dry_run:
        print(Text("Nothing was changed (--dry-run).", "아무것도 바꾸지 않았습니다(--dry-run).").get(args.lang))
    elif result.again:
        print(Text("It had been taken in before.", "이미 받은 꾸러미입니다.").get(args.lang))
    return code


def _status(args: argparse.Namespace) -> int:
    from dsqc.exchange.status import exchange_status

    with _catalog(args) as catalog, catalog.reading() as session:
        found = exchange_status(session, catalog.station)
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, **found})
        return ExitCode.DONE
    headings = ("centre", "scope", "sent", "received", "missing", "records")
    rows = []
    for row in found["centres"]:
        missing = ", ".join(f"{gap['first']}-{gap['last']}" for gap in row["missing_packages"])
        records = ", ".join(f"{kind} {number}" for kind, number in row["records"].items())
        sent, received = str(row["sent_packages"]), str(row["received_packages"])
        rows.append((row["centre"], row["scope"] or "-", sent, received, missing or "-", records or "-"))
    print_table(headings, rows)
    for number in found["claimed_by_several"]:
        print(printable(Text(f"{number} is claimed by several centres", f"{number}: 여러 센터의 번호").get(args.lang)))
    for row in found["contradicting_links"]:
        print(printable(f"{row['centre']} {row['accession']} = {row['same_as']} ≠ {row['against']}"))
    return ExitCode.DONE


def _keygen(args: argparse.Namespace) -> int:
    import os

    from dsqc.signing import write_signing_pair
    from dsqc.station import load_station

    station = load_station(args.station)
    name = station.exchange.passphrase_env
    if name and not os.environ.get(name):
        raise UsageError(
            f"The environment variable {name} is not set.", hint="station.toml names it in [exchange] passphrase_env."
        )
    private = station.root / station.exchange.signing_key
    public = private.with_suffix(".pub.pem")
    key = write_signing_pair(private, public, os.environ.get(name, "") if name else "")
    if args.json:
        found = {"private_key": str(private), "public_key": str(public), "key_id": key.public.key_id}
        print_json({"schema_version": SCHEMA_VERSION, **found})
    else:
        print(f"{private}\n{public} ({key.public.key_id})")
        print(Text("Give the public key to the other centres.", "공개키를 다른 센터에 전하세요.").get(args.lang))
    return ExitCode.DONE


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "export": _export,
    "import": _import,
    "status": _status,
    "keygen": _keygen,
}
