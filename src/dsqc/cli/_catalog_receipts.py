"""`dsqc catalog certificate`, `reviewer-link` and `reviewer-links`: what is given out about a registered submission."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from dsqc.cli._options import acting
from dsqc.cli._output import print_json, print_table
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

SCHEMA_VERSION = "1.0"
BOTH = "both"
Add = Callable[[str, str], argparse.ArgumentParser]


def add_actions(action: Add) -> None:
    """Register the actions below ``dsqc catalog``."""
    certificate = action("certificate", "issue the data certificate of a submission, which freezes it, and print it")
    certificate.add_argument("accession", metavar="ACCESSION", help="of the submission, or of anything in it")
    certificate.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="NAME.pdf, NAME.html, or NAME.json (signed)"
    )
    _let_choose_both(certificate)
    certificate.add_argument("--font", type=Path, metavar="TTF", help="font with Korean letters for the PDF")
    _add_by(certificate)
    link = action("reviewer-link", "make a link that shows metadata and quality of a submission, never its data")
    link.add_argument("accession", metavar="ACCESSION", help="of the submission, or of anything in it")
    link.add_argument("--days", type=int, default=90, metavar="N", help="how long it lasts (default: 90)")
    link.add_argument("--html", type=Path, metavar="FILE", help="write what it shows as one page, too")
    _add_by(link)
    links = action("reviewer-links", "list reviewer links and how often they were opened, or end one")
    links.add_argument("accession", nargs="?", default="", metavar="ACCESSION", help="only those of this submission")
    links.add_argument("--revoke", type=int, metavar="ID", help="end this link now")
    _add_by(links)


def _let_choose_both(parser: argparse.ArgumentParser) -> None:
    """Let ``--lang`` of the certificate take ``both`` as well, which is its default."""
    option = next(action for action in parser._actions if action.dest == "lang")
    option.dest, option.default, option.type = "labels", BOTH, str
    option.choices, option.metavar = [*(item.value for item in Language), BOTH], "{en,ko,both}"
    option.help = "language of the certificate (default: both)"


def _add_by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", default="", metavar="NAME", help="who does it; stays in the history (default: you)")


def _certificate(args: argparse.Namespace) -> int:
    from dsqc.stages.certificate import certificate
    from dsqc.station import load_station

    language = None if args.labels == BOTH else Language(args.labels)
    args.lang = language or args.lang
    station = load_station(args.station)
    result = certificate(args.accession, args.output, station, acting(args), language=language, font=args.font)
    if args.json:
        print_json(result.to_dict())
        return ExitCode.DONE
    print(f"{result.document['number']} sha256:{result.digest}")
    signature = result.document.get("signature")
    key = signature["key_id"] if signature else ""
    unsigned = Text(
        "not signed: the station has no signing key (dsqc station keygen)",
        "서명 없음: 스테이션에 서명 키가 없음 (dsqc station keygen)",
    )
    print((Text(f"signed with key {key}", f"서명 키 {key}") if key else unsigned).get(args.lang))
    print(f"→ {result.path}")
    return ExitCode.DONE


def _link(args: argparse.Namespace) -> int:
    from dsqc.stages.review import make_link
    from dsqc.station import load_station

    made = make_link(args.accession, args.days, load_station(args.station), acting(args), html=args.html)
    if args.json:
        found = {"id": made.id, "submission": made.accession, "token": made.token, "expires_at": made.expires_at}
        print_json({"schema_version": SCHEMA_VERSION, **found, "path": f"/review/{made.token}"})
        return ExitCode.DONE
    until = made.expires_at[:10]
    print(
        Text(
            f"link {made.id} to {made.accession}, until {until}:", f"{made.accession} 링크 {made.id}, {until}까지:"
        ).get(args.lang)
    )
    print(f"/review/{made.token}")
    once = Text("It is shown this once: keep it.", "다시 볼 수 없으니 지금 보관하세요.")
    print(once.get(args.lang))
    if args.html:
        print(f"→ {args.html}")
    return ExitCode.DONE


def _links(args: argparse.Namespace) -> int:
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.receipts.reviewer_links import links, revoke_link
    from dsqc.station import load_station

    with Catalog.open(load_station(args.station)) as catalog:
        if args.revoke is not None:
            actor = acting(args)
            catalog.write(lambda session: revoke_link(session, args.revoke, actor))
        with catalog.reading() as session:
            found = links(session, datetime.now(UTC), args.accession)
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "links": found})
        return ExitCode.DONE
    headings = ("id", "submission", "state", "expires_at", "created_by", "opened_count", "last_opened_at")
    print_table(headings, ([str(row[name])[:19] for name in headings] for row in found))
    return ExitCode.DONE


ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "certificate": _certificate,
    "reviewer-link": _link,
    "reviewer-links": _links,
}
