"""``dsqc catalog reference``: the distributions that runs are compared with."""

import argparse
from pathlib import Path
from typing import Any

from dsqc.cli._catalog_figures import SCHEMA_VERSION, AddAction
from dsqc.cli._output import print_json, print_table
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Text


def add_actions(action: AddAction) -> None:
    """The action ``reference``."""
    reference = action("reference", "distributions of metrics that runs are compared with: build, list, export")
    reference.add_argument("what", choices=["build", "list", "export"], metavar="build|list|export")
    reference.add_argument("-O", "--output", type=Path, metavar="FILE", help="where (default: as station.toml says)")
    reference.add_argument("--minimum-runs", type=int, metavar="N", help="least runs of a distribution")
    reference.add_argument("--version", type=int, dest="number", metavar="N", help="export: version (default: newest)")
    reference.add_argument("--by", default="", metavar="NAME", help="who builds it (default: the user of this machine)")


def run_reference(args: argparse.Namespace) -> int:
    """Do it."""
    return {"build": _build, "list": _list, "export": _export}[args.what](args)


def _place(args: argparse.Namespace, station: Any) -> Path:
    if args.output is None and not station.figures.reference:
        raise UsageError("station.toml names no file of the reference.", hint="Give -O FILE, or set it in [figures].")
    return Path(args.output) if args.output else station.root / station.figures.reference


def _build(args: argparse.Namespace) -> int:
    from dsqc.stages.figures import build

    done = build(_station(args), minimum_runs=args.minimum_runs, output=args.output, by=args.by)
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, **done})
        return ExitCode.DONE
    strata, count = done["strata"], done["run_count"]
    english = f"version {done['version']}: {count:,} runs in {strata:,} strata"
    text = Text(english, f"버전 {done['version']}: 런 {count:,}개, 계층 {strata:,}개").get(args.lang)
    same = Text("unchanged", "그대로") if not done["is_new"] else Text("new", "새 버전")
    print(f"{text} ({same.get(args.lang)})")
    print(f"→ {done['file']}")
    return ExitCode.DONE


def _station(args: argparse.Namespace) -> Any:
    from dsqc.station import load_station

    return load_station(args.station)


def _list(args: argparse.Namespace) -> int:
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.events import local_time
    from dsqc.catalog.figures.references import reference_versions

    columns = ("version", "made_at", "actor", "minimum_runs", "run_count", "sha256")
    with Catalog.open(_station(args)) as catalog, catalog.reading() as session:
        found = [{name: getattr(item, name) for name in columns} for item in reference_versions(session)]
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "versions": found})
        return ExitCode.DONE
    rows = (
        (str(row["version"]), local_time(row["made_at"]), row["actor"], f"{row['run_count']:,}", row["sha256"][:12])
        for row in found
    )
    headings = (Text("version", "버전"), Text("made", "만든 때"), Text("by", "누가"), Text("runs", "런"))
    print_table([*(item.get(args.lang) for item in headings), "sha256"], rows)
    return ExitCode.DONE


def _export(args: argparse.Namespace) -> int:
    from dsqc.artefact import write_json
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.figures.references import kept_reference

    station = _station(args)
    with Catalog.open(station) as catalog, catalog.reading() as session:
        reference = kept_reference(session, args.number)
    if reference is None:
        raise UsageError("The catalog holds no such reference.", hint="`dsqc catalog reference build` makes one.")
    path = _place(args, station)
    write_json(path, reference.to_dict())
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "version": reference.version, "file": str(path)})
    else:
        print(f"→ {path}")
    return ExitCode.DONE
