"""Make a station's catalog, search it, show what it knows, take it away, and prove that it holds together."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dsqc.cli import _catalog_access, _catalog_figures, _catalog_quality, _catalog_receipts, _catalog_versions
from dsqc.cli._catalog_exchange import add_forms, add_link, export_form, link, resolve_number
from dsqc.cli._catalog_search import add_search_arguments, run_search
from dsqc.cli._options import action_options, add_station
from dsqc.cli._output import print_json, print_table, printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Text

SCHEMA_VERSION = "1.0"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc catalog``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text, parents=[action_options()])

    init = action("init", "make a station in a directory: station.toml, catalog, places of objects")
    init.add_argument("directory", type=Path, metavar="DIR")
    init.add_argument("--centre", metavar="CODE", help="data centre (default: KOBIC)")
    init.add_argument("--catalog-url", metavar="URL", help="sqlite:///FILE or postgresql://USER@HOST:PORT/DATABASE")
    init.add_argument("--catalog-password-env", metavar="NAME", help="environment variable that holds the password")
    init.add_argument("--public", metavar="PLACE", help="directory or s3:// URL of open objects")
    init.add_argument("--closed", metavar="PLACE", help="directory or s3:// URL of closed objects")
    add_search_arguments(action("search", "registered runs that a query describes"))
    show = action("show", "everything about one accession")
    show.add_argument("accession", metavar="ACCESSION")
    show.add_argument("--public", action="store_true", help="only what everybody may be told")
    _catalog_versions.add_version_options(show)
    _catalog_figures.add_actions(action)
    _catalog_quality.add_actions(action)
    history = action("history", "what happened to a submission, when, by whom and why")
    history.add_argument("name", metavar="NAME", help="an accession, or the submission's alias")
    history.add_argument("--verify", action="store_true", help="prove that the history is whole and unchanged")
    export = action("export", "project, sample, experiment, run, file and metric as Parquet and TSV; or in other forms")
    place = export.add_mutually_exclusive_group()
    place.add_argument("-O", "--outdir", type=Path, metavar="DIR", help="one Parquet and one TSV file a level")
    place.add_argument("--parquet", type=Path, metavar="DIR", help="with --public: a snapshot to query where it lies")
    what = export.add_mutually_exclusive_group()
    what.add_argument("--closed", action="store_true", help="closed submissions too")
    what.add_argument("--public", action="store_true", help="what may be told to anybody, and nothing else")
    add_forms(export)
    action("reindex", "write anew what the search looks at; register keeps it in step by itself")
    _catalog_access.add_log_arguments(action("access-log", _catalog_access.LOG_HELP))
    resolve = action("resolve", "which numbers of other archives and centres name the same object, and back")
    resolve.add_argument("number", metavar="NUMBER")
    add_link(action("link", "note the numbers that another archive gave: a pair, or all of a receipt of ENA"))
    action("verify", "every history, every object in its store, every manifest, every sum")
    _catalog_versions.add_actions(action)
    _catalog_receipts.add_actions(action)
    for name, sub in actions.choices.items():
        if name not in ("init", "agreement"):
            add_station(sub)


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    if args.action == "init":
        return _init(args)
    done = _catalog_versions.run(args)
    return _ACTIONS[args.action](args) if done is None else done


def _init(args: argparse.Namespace) -> int:
    from dsqc.catalog.making import SETTINGS, make_station

    given = {name: getattr(args, name) for name in SETTINGS if getattr(args, name) is not None}
    made = make_station(args.directory, given)
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "station": str(made.file), "created": made.created})
    else:
        text = Text("made", "만들었습니다") if made.created else Text("is ready", "준비되어 있습니다")
        print(f"{made.file} {text.get(args.lang)}")
    return ExitCode.DONE


def _with_session(args: argparse.Namespace, work: Callable[[Any, Any], dict[str, Any]]) -> dict[str, Any]:
    from dsqc.catalog.database import Catalog
    from dsqc.station import load_station

    with Catalog.open(load_station(args.station)) as catalog, catalog.reading() as session:
        return {"schema_version": SCHEMA_VERSION, **work(catalog, session)}


def _show(args: argparse.Namespace) -> int:
    from dsqc.artefact import to_json
    from dsqc.catalog.events import local_time
    from dsqc.catalog.queries import show

    if args.public:
        return _catalog_access.show_public(args, _with_session)
    if args.versions or args.version is not None:
        return _catalog_versions.show_versions(args)

    def work(_catalog: Any, session: Any) -> dict[str, Any]:
        found = show(session, args.accession, withdrawn=args.all)
        if found is None:
            raise UsageError(
                f"{args.accession} is not in the catalog.", hint="`dsqc catalog search` lists what is registered."
            )
        return found

    found = _with_session(args, work)
    if args.json:
        print_json(found)
        return ExitCode.DONE
    if "withdrawn" in found:
        gone = found.pop("withdrawn")
        day = local_time(gone["at"])
        text = Text(f"withdrawn on {day}: {gone['reason']}", f"{day}에 철회됨: {gone['reason']}")
        print(printable(f"{found['accession']} {text.get(args.lang)}"))
    for name, value in found.items():
        if name != "schema_version" and value not in (None, "", [], {}):
            print(f"{name}: {value if isinstance(value, str | int) else to_json(value).rstrip()}")
    return ExitCode.DONE


def _history(args: argparse.Namespace) -> int:
    from dsqc.catalog.events import local_time

    found = _with_session(args, lambda _, session: _history_of(session, args.name))
    faults = found["faults"] if args.verify else []
    if args.json:
        print_json(found)
        return ExitCode.FAULT if faults else ExitCode.DONE
    rows = [(local_time(row["at"]), row["action"], row["actor"], row["reason"]) for row in found["events"]]
    headings = (Text("when", "언제"), Text("what", "무엇"), Text("who", "누가"), Text("why", "왜"))
    print_table([item.get(args.lang) for item in headings], rows)
    if args.verify and not faults:
        print(Text("The history is whole and unchanged.", "이력이 온전합니다.").get(args.lang))
    for fault in faults:
        print(f"{fault['submission']} {fault['sequence']}: {fault['problem']}")
    return ExitCode.FAULT if faults else ExitCode.DONE


def _history_of(session: Any, name: str) -> dict[str, Any]:
    from dsqc.catalog.events import history, verify_history
    from dsqc.catalog.queries import find_owner

    submission = find_owner(session, name)
    if submission is None:
        raise UsageError(f"{name} is not in the catalog.", hint="Name an accession, or the alias of a submission.")
    events = history(session, submission)
    columns = ("sequence", "at", "actor", "action", "state", "reason", "details", "previous_digest", "digest")
    return {
        "submission": submission.alias,
        "accession": submission.accession,
        "state": submission.state,
        "events": [{column: getattr(event, column) for column in columns} for event in events],
        "faults": [asdict(fault) for fault in verify_history(submission, events)],
    }


def _export(args: argparse.Namespace) -> int:
    if args.insdc_xml or args.kbds:
        return export_form(args)
    if args.parquet:
        return _export_public(args)
    if args.outdir is None:
        raise UsageError("-O DIR is missing.", hint="Name the directory for the files.")
    from dsqc.catalog.export import export_catalog

    access = ("open", "closed") if args.closed else ("open",)
    found = _with_session(args, lambda _, session: {"rows": export_catalog(session, args.outdir, access)})
    if args.json:
        print_json(found)
    else:
        print(", ".join(f"{name} {number}" for name, number in found["rows"].items()))
        print(f"→ {args.outdir}")
    return ExitCode.DONE


def _export_public(args: argparse.Namespace) -> int:
    from dsqc.catalog.search.public_export import export_public

    if not args.public:
        raise UsageError("A snapshot holds what is public and nothing else.", hint="Say so: add --public.")
    written: list[Any] = []

    def work(_catalog: Any, session: Any) -> dict[str, Any]:
        written.append(export_public(session, args.parquet))
        return {"rows": written[0].rows, "snapshot": str(written[0].directory), "is_new": written[0].is_new}

    found = _with_session(args, work)
    if args.json:
        print_json(found)
        return ExitCode.DONE
    print(", ".join(f"{name} {number}" for name, number in found["rows"].items()))
    new = Text("", "") if found["is_new"] else Text(" (as before)", " (변경 없음)")
    print(f"→ {found['snapshot']}{new.get(args.lang)}")
    return ExitCode.DONE


def _reindex(args: argparse.Namespace) -> int:
    from dsqc.catalog.search.reindex import reindex

    found = _with_session(args, lambda catalog, _: {"runs": reindex(catalog)})
    if args.json:
        print_json(found)
    else:
        print(Text(f"{found['runs']} runs", f"런 {found['runs']}건").get(args.lang))
    return ExitCode.DONE


def _verify(args: argparse.Namespace) -> int:
    from dsqc.catalog.verify import verify_catalog
    from dsqc.station import TIERS
    from dsqc.storage import open_place

    def work(catalog: Any, session: Any) -> dict[str, Any]:
        places = [place for tier in TIERS for place in catalog.station.places(tier)]
        stores = {place.name: open_place(place) for place in places}

        def size_of(place: str, key: str) -> int | None:
            # What stands in a place that station.toml no longer names cannot be seen.
            return stores[place].size_of(key) if place in stores else None

        return asdict(verify_catalog(session, size_of))

    found = _with_session(args, work)
    problems = list(found["problems"])
    if args.json:
        print_json({**found, "problems": problems})
    else:
        for problem in problems:
            print(f"{problem['kind']} {problem['name']}: {problem['problem']}")
        looked = (found["submissions"], found["events"], found["objects"])
        print("{} submissions, {} events, {} objects".format(*looked) + (": ok" if not problems else ""))
    return ExitCode.FAULT if problems else ExitCode.DONE


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "search": run_search,
    "show": _show,
    "stats": _catalog_figures.run_stats,
    "reference": _catalog_quality.run_reference,
    "quality": _catalog_quality.run_quality,
    "control": _catalog_quality.run_control,
    "yearly": _catalog_quality.run_yearly,
    "history": _history,
    "export": _export,
    "access-log": lambda args: _catalog_access.access_log(args, _with_session),
    "reindex": _reindex,
    "verify": _verify,
    **_catalog_receipts.ACTIONS,
    "resolve": resolve_number,
    "link": link,
}
