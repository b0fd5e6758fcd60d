"""The taxonomy that organisms are looked up in: a snapshot of the NCBI Taxonomy, in one file, without network.

dsqc taxonomy info
dsqc taxonomy show "Oryza sativa"
dsqc taxonomy build taxdump.tar.gz -o taxonomy.sqlite
"""

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._options import action_options, add_taxonomy
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.taxonomy import Taxon, Taxonomy

SCOPES = {
    "whole": Text("whole", "전체"),
    "part": Text("a selection: a name that is not in it may still be right", "일부: 여기에 없는 이름도 맞을 수 있음"),
}
LABELS = {
    "path": Text("file", "파일"),
    "source": Text("source", "출처"),
    "date": Text("day of the dump", "덤프 날짜"),
    "sha256": Text("digest of the dump", "덤프 다이제스트"),
    "scope": Text("scope", "범위"),
    "taxa": Text("taxa", "분류군"),
    "names": Text("names", "이름"),
    "merged": Text("merged ids", "통합된 번호"),
    "deleted": Text("deleted ids", "삭제된 번호"),
    "rank": Text("rank", "계급"),
    "lineage": Text("lineage", "계통"),
    "merged_ids": Text("merged into it", "통합된 이전 번호"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc taxonomy``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    shared = action_options()
    build = actions.add_parser("build", parents=[shared], help="make a snapshot of an NCBI taxdump")
    build.add_argument("taxdump", type=Path, metavar="TAXDUMP", help="taxdump.tar.gz, taxdmp.zip, or a directory")
    build.add_argument("-o", "--output", type=Path, metavar="FILE", required=True, help="the snapshot to write")
    build.add_argument(
        "--only",
        type=_ids,
        action="extend",
        default=[],
        metavar="ID,…",
        help="keep these taxa with all above and below them (a file with an id a line: @FILE)",
    )
    build.add_argument("--partial", action="store_true", help="the dump is a selection; --only implies it")
    build.add_argument("--date", type=_day, metavar="DATE", help="day of the dump (default: that of its files)")
    build.add_argument("--force", action="store_true", help="write over a file that exists")
    show = actions.add_parser("show", parents=[shared], help="one taxon: lineage, rank, names")
    show.add_argument("taxon", metavar="NAME|ID", help="any of its names, or its id")
    add_taxonomy(show)
    info = actions.add_parser("info", parents=[shared], help="which snapshot is used, of when, how large")
    add_taxonomy(info)


def _ids(text: str) -> list[int]:
    """Ids joined by commas, or ``@FILE`` with an id a line."""
    if text.startswith("@"):
        try:
            parts = Path(text[1:]).read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            raise argparse.ArgumentTypeError(f"{text[1:]} cannot be read: {error}") from error
    else:
        parts = [part for part in text.split(",") if part]
    wrong = [part for part in parts if not (part.isascii() and part.isdigit() and len(part) <= 10)]
    if wrong or not parts:
        raise argparse.ArgumentTypeError(f"{wrong[0] if wrong else text!r} is no taxonomy id")
    return [int(part) for part in parts]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write YYYY-MM-DD") from error


def run(args: argparse.Namespace) -> int:
    """Do what ``args.action`` names."""
    return {"build": _build, "show": _show, "info": _info}[args.action](args)


def _build(args: argparse.Namespace) -> int:
    from dsqc.taxonomy import build

    taxonomy = build(args.taxdump, args.output, only=args.only, partial=args.partial, day=args.date, force=args.force)
    return _print_info(args, taxonomy)


def _info(args: argparse.Namespace) -> int:
    return _print_info(args, _chosen(args.taxonomy))


def _print_info(args: argparse.Namespace, taxonomy: "Taxonomy") -> int:
    from dataclasses import asdict

    from dsqc.cli._output import print_json

    facts: dict[str, Any] = {"path": str(taxonomy.path), **asdict(taxonomy.about)}
    if args.json:
        print_json({"schema_version": "1.0", "version": taxonomy.about.version, **facts})
        return ExitCode.DONE
    facts["scope"] = SCOPES[facts["scope"]].get(args.lang)
    for name, value in facts.items():
        shown = f"{value:,}" if isinstance(value, int) else value
        print(f"{LABELS[name].get(args.lang)}: {shown}")
    return ExitCode.DONE


def _chosen(path: Path | None) -> "Taxonomy":
    """The snapshot that ``dsqc validate`` would use."""
    import os

    from dsqc.station import ENVIRONMENT_VARIABLE, load_station
    from dsqc.taxonomy import choose_taxonomy

    station = load_station() if os.environ.get(ENVIRONMENT_VARIABLE) else None
    return choose_taxonomy(path, station.taxonomy_path if station else None)


def _show(args: argparse.Namespace) -> int:
    from dsqc.cli._output import print_json

    taxonomy = _chosen(args.taxonomy)
    taxa = _find(taxonomy, args.taxon)
    if args.json:
        shown = [_to_dict(taxonomy, taxon) for taxon in taxa]
        print_json({"schema_version": "1.0", "snapshot": taxonomy.about.version, "taxa": shown})
        return ExitCode.DONE
    for taxon in taxa:
        _print_taxon(taxonomy, taxon, args.lang)
    return ExitCode.DONE


def _find(taxonomy: "Taxonomy", text: str) -> list["Taxon"]:
    """The taxa that ``text`` names or is the id of.

    Raises:
        UsageError: there is none; names like it are given.
    """
    from dsqc.taxonomy import nearest

    if text.isascii() and text.isdigit() and len(text) <= 10:
        found = taxonomy.taxon(taxonomy.current_id(int(text)))
        if found is not None:
            return [found]
        what = "was deleted" if taxonomy.is_deleted(int(text)) else "is not in the snapshot"
        raise UsageError(f"Taxonomy id {text} {what}.", hint="`dsqc taxonomy info` tells which snapshot is used.")
    taxa = [match.taxon for match in taxonomy.find(text)]
    if not taxa:
        near = ", ".join(item.taxon.name for item in nearest(taxonomy, text))
        hint = f"Did you mean {near}?" if near else "`dsqc taxonomy info` tells which snapshot is used."
        raise UsageError(f"No taxon of the snapshot has the name {text!r}.", hint=hint)
    return taxa


def _to_dict(taxonomy: "Taxonomy", taxon: "Taxon") -> dict[str, Any]:
    lineage = [found for one in taxonomy.lineage(taxon.id) if (found := taxonomy.taxon(one)) is not None]
    return {
        "id": taxon.id,
        "name": taxon.name,
        "rank": taxon.rank,
        "is_species_or_below": taxonomy.is_species_or_below(taxon.id),
        "lineage": [{"id": above.id, "name": above.name, "rank": above.rank} for above in lineage],
        "names": [{"name": name.text, "class": name.name_class} for name in taxonomy.names(taxon.id)],
        "merged_ids": list(taxonomy.merged_ids(taxon.id)),
    }


def _print_taxon(taxonomy: "Taxonomy", taxon: "Taxon", language: Language) -> None:
    facts = _to_dict(taxonomy, taxon)
    print(f"{taxon.name} ({taxon.id})")
    lineage = " > ".join(above["name"] for above in facts["lineage"][1:])
    lines = {
        "rank": taxon.rank,
        "lineage": lineage,
        "merged_ids": ", ".join(map(str, facts["merged_ids"])),
    }
    for name, value in lines.items():
        if value:
            print(f"  {LABELS[name].get(language)}: {value}")
    for name_class in dict.fromkeys(item["class"] for item in facts["names"][1:]):
        texts = "; ".join(item["name"] for item in facts["names"][1:] if item["class"] == name_class)
        print(f"  {name_class}: {texts}")
