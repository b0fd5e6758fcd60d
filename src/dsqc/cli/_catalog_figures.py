"""``dsqc catalog stats``: how much the catalog holds, the plan's table, and breakdowns."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._output import print_json, print_table
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Text

if TYPE_CHECKING:
    from dsqc.report.figure_tables import FigureTable

SCHEMA_VERSION = "1.0"
AddAction = Callable[[str, str], argparse.ArgumentParser]


def add_all(parser: argparse.ArgumentParser) -> None:
    """``--all``: what the public may not see."""
    parser.add_argument(
        "--all", action="store_true", help="for the station's own people: closed data counted like the rest"
    )


def add_actions(action: AddAction) -> None:
    """The action ``stats``."""
    stats = action("stats", "how much the catalog holds, and of what; the plan's table")
    what = stats.add_mutually_exclusive_group()
    what.add_argument("--table", choices=["plan"], help="records and volume by ministry, centre and data type")
    what.add_argument(
        "--by",
        metavar="LIST",
        help="count by: field, centre, package, quality, access, data_type, ministry, state, year, quarter, month, "
        "platform, strategy, organism; several with commas",
    )
    what.add_argument(
        "--import", dest="table_file", type=Path, metavar="FILE", help="take in what other centres report (TSV)"
    )
    stats.add_argument("--replace", action="store_true", help="with --import: figures that are known otherwise too")
    stats.add_argument("--as-of", metavar="DATE", help="the catalog at the end of this day, or year")
    add_all(stats)
    shape = stats.add_mutually_exclusive_group()
    shape.add_argument("--tsv", action="store_true", help="print the table as tab-separated text")
    shape.add_argument("--xlsx", type=Path, metavar="FILE", help="write the table as a workbook")


def run_stats(args: argparse.Namespace) -> int:
    """Count and print."""
    if args.table_file is not None:
        return _import(args)
    if args.table is None and args.by is None:
        if args.as_of or args.tsv or args.xlsx:
            raise UsageError("--as-of, --tsv and --xlsx are of a table.", hint="Give --table plan, or --by field,year.")
        return _everything(args)
    from dsqc.report import figure_tables

    document = _document(args)
    make = figure_tables.plan_table if args.table else figure_tables.breakdown_table
    if args.json:
        print_json(document)
        return ExitCode.DONE
    table = make(document, args.lang)
    if args.xlsx:
        figure_tables.write_xlsx(args.xlsx, table)
        print(f"→ {args.xlsx}")
    elif args.tsv:
        print(figure_tables.to_tsv(table), end="")
    else:
        print_figures(table)
    return ExitCode.DONE


def print_figures(table: "FigureTable") -> None:
    """A table of figures with its title and remarks."""
    from dsqc.report.figure_tables import text_of

    print(table.title)
    numeric = [any(isinstance(row[column], int | float) for row in table.rows) for column in range(len(table.columns))]
    texts = [[text_of(value) for value in row] for row in table.rows]
    widths = [max((len(row[column]) for row in texts), default=0) for column in range(len(table.columns))]
    aligned = (
        [cell.rjust(width) if right else cell for cell, width, right in zip(row, widths, numeric, strict=True)]
        for row in texts
    )
    print_table(table.columns, aligned)
    for remark in table.remarks:
        print(remark)


def _document(args: argparse.Namespace) -> dict[str, Any]:
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.figures.breakdown import breakdown
    from dsqc.catalog.figures.periods import parse_day
    from dsqc.catalog.figures.plan_table import plan_table
    from dsqc.station import load_station

    as_of = parse_day(args.as_of, "--as-of") if args.as_of else None
    station = load_station(args.station)
    threshold = None if args.all else station.figures.disclosure_threshold
    zone = station.figures.zone
    with Catalog.open(station) as catalog, catalog.reading() as session:
        if args.table:
            found = plan_table(session, zone=zone, as_of=as_of, threshold=threshold)
        else:
            names = [name.strip() for name in args.by.split(",") if name.strip()]
            found = breakdown(session, names, zone=zone, as_of=as_of, threshold=threshold)
    return {"schema_version": SCHEMA_VERSION, **found}


def _import(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from dsqc.catalog.database import Catalog
    from dsqc.catalog.figures.reported import import_figures, read_figures
    from dsqc.station import load_station

    station = load_station(args.station)
    figures = read_figures(args.table_file, station.centre)
    with Catalog.open(station) as catalog:
        done = catalog.write(lambda session: import_figures(session, figures, replace=args.replace))
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, **asdict(done)})
    else:
        english = f"{done.added} added, {done.replaced} replaced, {done.unchanged} unchanged"
        print(Text(english, f"추가 {done.added}, 교체 {done.replaced}, 그대로 {done.unchanged}").get(args.lang))
    return ExitCode.DONE


def _everything(args: argparse.Namespace) -> int:
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.figures.statistics import SECTIONS, statistics
    from dsqc.station import load_station

    station = load_station(args.station)
    with Catalog.open(station) as catalog, catalog.reading() as session:
        found = statistics(session, None if args.all else station.figures.disclosure_threshold)
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "public": not args.all, **found})
        return ExitCode.DONE
    for name in ("totals", "submissions_by_state", "stored_bytes_by_tier"):
        print_table([name, ""], ((key, f"{value:,}") for key, value in found[name].items()))
    for name in SECTIONS:
        rows = ((row["name"] or "-", *(f"{row[key]:,}" for key in ("runs", "bytes", "bases"))) for row in found[name])
        print_table([name, "runs", "bytes", "bases"], rows)
    if not args.all:
        _print_closed(args, found["closed"])
    return ExitCode.DONE


def _print_closed(args: argparse.Namespace, closed: dict[str, int] | None) -> None:
    if closed is None:
        text = Text("closed and held runs: too few to be told (--all)", "비공개·유예 런: 소수라 표시하지 않음(--all)")
    else:
        english = f"closed and held runs: {closed['runs']:,} (--all counts them like the rest)"
        text = Text(english, f"비공개·유예 런: {closed['runs']:,}건(--all이면 함께 집계)")
    print(text.get(args.lang))
