"""``dsqc catalog search``: its options, and the found runs as a table, JSON, TSV or Parquet."""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._output import print_json, print_table, printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Text

if TYPE_CHECKING:
    from dsqc.catalog.search import Column, Found, Query

SCHEMA_VERSION = "1.1"
SEARCH_OPTIONS = {
    "organism": "scientific name or NCBI taxonomy id",
    "field": "research field (dsqc form list)",
    "project": "accession or alias of a project",
    "package": "BioSample package",
    "platform": "ILLUMINA, OXFORD_NANOPORE …",
    "instrument": "instrument model",
    "strategy": "library strategy: WGS, RNA-Seq …",
    "access": "open or closed",
    "collected-from": "samples collected on this date or later",
    "collected-to": "samples collected on this date or earlier",
    "checksum": "MD5 or SHA-256 of a file",
    "text": "found in titles, names, descriptions and attributes",
}
DEFAULT_COLUMNS = ("run", "sample", "project", "organism", "platform", "library_strategy", "research_field", "state")


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc catalog search``."""
    parser.add_argument(
        "query", nargs="?", default="", metavar="QUERY", help="such as 'organism:\"Oryza sativa\" q30>=0.8 drought'"
    )
    parser.add_argument("--help-query", action="store_true", help="explain the query language, its fields and metrics")
    for name, text in SEARCH_OPTIONS.items():
        parser.add_argument(f"--{name}", default="", metavar="VALUE", help=text)
    parser.add_argument(
        "--metric", action="append", default=[], metavar="CONDITION", help="such as 'frac_bases_q30>=0.8'; repeatable"
    )
    parser.add_argument("--all", action="store_true", help="closed and held data in full (for the station's people)")
    parser.add_argument("--limit", type=int, default=1000, metavar="N", help="runs of a page, 0: all (default: 1000)")
    parser.add_argument("--page", type=int, default=1, metavar="N", help="which page, in the order of accessions")
    parser.add_argument("--facets", default="", metavar="FIELDS", help="count the runs by fields: platform,organism")
    parser.add_argument("--columns", default="", metavar="NAMES", help="what to show: run,organism,collected,q30")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--tsv", action="store_true", help="print tab-separated rows with a heading")
    shape.add_argument("--parquet", type=Path, metavar="FILE", help="write the rows to a Parquet file")


def run_search(args: argparse.Namespace) -> int:
    """Search and show."""
    if args.help_query:
        from dsqc.catalog.search.help import help_text

        sys.stdout.write(help_text(args.lang))
        return ExitCode.DONE
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.search import choose_columns, find, full_rows, table_rows
    from dsqc.station import load_station

    if args.json and (args.tsv or args.columns):
        raise UsageError("--json has a shape of its own.", hint="Leave out --tsv and --columns, or --json.")
    query = _query(args)
    query.node()  # Before the station is asked for anything.
    columns = choose_columns(args.columns.split(",") if args.columns else DEFAULT_COLUMNS)
    facets = tuple(name.strip() for name in args.facets.split(",")) if args.facets else ()
    with Catalog.open(load_station(args.station)) as catalog, catalog.reading() as session:
        found = find(session, query, facets)
        if args.parquet:
            _write_parquet(args.parquet, columns, table_rows(session, found.run_ids, columns, everything=args.all))
        if args.json:
            runs = [] if args.parquet else full_rows(session, found.run_ids, everything=args.all)
            _print_json(args, query, found, runs)
        elif args.tsv:
            _print_tsv(columns, table_rows(session, found.run_ids, columns, everything=args.all))
        else:
            rows = () if args.parquet else table_rows(session, found.run_ids, columns, everything=args.all)
            _print_table(args, columns, rows, found)
    return ExitCode.DONE


def _query(args: argparse.Namespace) -> "Query":
    from dsqc.catalog.search import Query

    values = {name.replace("-", "_"): getattr(args, name.replace("-", "_")) for name in SEARCH_OPTIONS}
    values["research_field"] = values.pop("field")
    shown = {"everything": args.all, "limit": args.limit, "page": args.page}
    return Query(words=args.query, **values, metrics=tuple(args.metric), **shown)


def _print_json(args: argparse.Namespace, query: "Query", found: "Found", runs: Sequence[Any]) -> None:
    asked = {"query": str(query.node()), "page": args.page, "limit": args.limit}
    written = {"parquet": str(args.parquet)} if args.parquet else {}
    print_json(
        {
            "schema_version": SCHEMA_VERSION,
            **asked,
            "count": found.count,
            "facets": found.facets,
            **written,
            "runs": runs,
        }
    )


def _print_tsv(columns: Sequence["Column"], rows: Iterable[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(["" if value is None else value for value in row] for row in rows)


def _print_table(
    args: argparse.Namespace, columns: Sequence["Column"], rows: Iterable[Sequence[Any]], found: "Found"
) -> None:
    if args.parquet:
        print(f"→ {args.parquet}")
    else:
        shown = ([printable("" if value is None else str(value)) for value in row] for row in rows)
        print_table([column.name for column in columns], shown)
    for name, values in found.facets.items():
        counted = ([printable(str(item["value"])) or "-", f"{item['runs']:,}"] for item in values)
        print_table([name, Text("runs", "런").get(args.lang)], counted)
    print(Text(f"{found.count} runs", f"런 {found.count}건").get(args.lang))
    pages = -(-found.count // args.limit) if args.limit else 1
    if pages > 1:
        text = Text(f"Page {args.page} of {pages}; --page shows another.", f"{pages}쪽 중 {args.page}쪽(--page).")
        print(text.get(args.lang))


def _write_parquet(path: Path, columns: Sequence["Column"], rows: Iterable[Sequence[Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from dsqc.artefact import atomic_file

    types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(list(column), types[item.type]) for column, item in zip(values, columns, strict=True)]
    with atomic_file(path) as file:
        pq.write_table(pa.table(arrays, names=[item.name for item in columns]), file, compression="zstd")
