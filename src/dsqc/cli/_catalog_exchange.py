"""``dsqc catalog export --insdc-xml|--kbds``, ``resolve`` and ``link``: public records in the forms of others."""

import argparse
from pathlib import Path
from typing import Any

from dsqc.cli._output import print_json, print_table, printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Text

SCHEMA_VERSION = "1.0"
KNOWN = {
    "own": Text("ours", "자체 번호"),
    "foreign": Text("told by its centre", "해당 센터가 알림"),
    "unknown": Text("only named", "번호만 알려짐"),
}


def add_forms(parser: argparse.ArgumentParser) -> None:
    """The forms of other archives."""
    group = parser.add_argument_group("forms of other archives (released records only)")
    group.add_argument(
        "--insdc-xml",
        nargs="+",
        default=[],
        metavar="ACCESSION",
        help="INSDC XML of these, with what they belong to and what belongs to them, into -O DIR",
    )
    group.add_argument(
        "--kbds", type=Path, metavar="DIR", help="the columns of K-BDS's own forms, as TSV and as a workbook, into DIR"
    )


def export_form(args: argparse.Namespace) -> int:
    """Write the form that was asked for."""
    if args.insdc_xml and args.kbds:
        raise UsageError("--insdc-xml and --kbds exclude each other.", hint="Export one form at a time.")
    if args.closed:
        raise UsageError("--closed is for the tables only.", hint="The forms of other archives hold what is released.")
    directory = args.kbds or args.outdir
    if directory is None:
        raise UsageError("-O DIR is missing.", hint="Name the directory for the XML files.")
    counts = _write(args, directory)
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "rows": counts})
    else:
        print(", ".join(f"{name} {number}" for name, number in counts.items()))
        print(f"→ {directory}")
    return ExitCode.DONE


def _write(args: argparse.Namespace, directory: Path) -> dict[str, int]:
    from dsqc.exchange.versions import snapshot

    with _catalog(args) as catalog, snapshot(catalog) as session:
        if args.insdc_xml:
            from dsqc.exchange.insdc import export_insdc

            return export_insdc(session, catalog.station, args.insdc_xml, directory)
        from dsqc.exchange.kbds import export_kbds

        return export_kbds(session, directory)


def resolve_number(args: argparse.Namespace) -> int:
    """Print what a number is and which others name the same object."""
    from dsqc.exchange.resolving import resolve_number as resolve

    with _catalog(args) as catalog, catalog.reading() as session:
        found = resolve(session, catalog.station, args.number)
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, **found})
        return ExitCode.DONE
    columns = ("accession", "kind", "holder")
    headings = (
        Text("number", "번호"),
        Text("kind", "종류"),
        Text("of", "소속"),
        Text("known", "출처"),
        Text("title", "제목"),
    )
    rows = [
        (
            *(printable(row[name]) or "-" for name in columns),
            KNOWN[row["known"]].get(args.lang),
            printable(row["title"]),
        )
        for row in (*found["is"], *found["same_as"])
    ]
    print_table([item.get(args.lang) for item in headings], rows)
    if found["ambiguous"]:
        print(Text("These numbers contradict each other.", "서로 어긋나는 번호가 있습니다.").get(args.lang))
    return ExitCode.DONE


def add_link(parser: argparse.ArgumentParser) -> None:
    """What is linked."""
    parser.add_argument("accession", nargs="?", metavar="ACCESSION", help="a number of this station")
    parser.add_argument("foreign", nargs="?", metavar="NUMBER", help="the other archive's number of the same object")
    parser.add_argument("--receipt", type=Path, metavar="FILE", help="receipt of ENA for an export with --insdc-xml")


def link(args: argparse.Namespace) -> int:
    """Note the numbers of other archives."""
    import getpass

    from dsqc.exchange.linking import link_numbers, read_receipt

    if bool(args.receipt) == bool(args.foreign):
        raise UsageError("Give two numbers or --receipt FILE.", hint="dsqc catalog link KAS00000001 SAMD00000001")
    pairs = read_receipt(args.receipt) if args.receipt else [(args.accession, args.foreign)]
    with _catalog(args) as catalog:
        number = catalog.write(lambda session: link_numbers(session, pairs, actor=getpass.getuser()))
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "given": len(pairs), "new": number})
    else:
        print(
            Text(f"{number} of {len(pairs)} numbers are new", f"{len(pairs)}건 가운데 신규 {number}건").get(args.lang)
        )
    return ExitCode.DONE


def _catalog(args: argparse.Namespace) -> Any:
    from dsqc.catalog.database import Catalog
    from dsqc.station import load_station

    return Catalog.open(load_station(args.station))
