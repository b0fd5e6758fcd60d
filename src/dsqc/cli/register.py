"""Register a judged submission: objects into the store, records and accessions into the catalog, a receipt back.

Running it again changes nothing and gives the same accessions; corrected sheets under the same alias make a new version
and keep them. A submission that failed is returned with its reasons, one under review waits for a curator.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._options import add_exit_zero, add_station
from dsqc.cli._output import print_json, print_table, printable
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.station import Station

SHOWN = 10
"""Accessions and reasons printed; receipt.json has all."""
STATES = {
    "registered": Text("registered", "등록됨"),
    "returned": Text("returned to the submitter", "제출자에게 반려됨"),
    "in_curation": Text("waits for a curator (dsqc curate)", "큐레이터의 결정을 기다림 (dsqc curate)"),
    "rejected": Text("rejected", "거절됨"),
}
OUTCOMES = STATES | {
    "corrected": Text("corrected", "정정됨"),
    "unchanged": Text("unchanged", "변경 없음"),
    "fault": Text("stopped by a fault", "장애로 중단됨"),
}
"""What became, or would become, of one of several submissions."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc register``."""
    parser.add_argument("results", type=Path, nargs="+", metavar="RESULTS", help="results/<submission> of a batch")
    parser.add_argument(
        "--inbox",
        type=Path,
        required=True,
        metavar="DIR",
        help="where its files were transferred to; of several submissions, where each has a directory of its name",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be registered, corrected or refused; nothing is written"
    )
    parser.add_argument(
        "--replace-files",
        action="store_true",
        help="other files of a registered run replace those that it has; the old ones are kept as a version",
    )
    add_station(parser)
    add_exit_zero(parser)


def run(args: argparse.Namespace) -> int:
    """Register and print the receipt; of several, or when only asking, a row of each."""
    from dsqc.stages.register import register
    from dsqc.station import load_station

    station = load_station(args.station)
    if args.dry_run or len(args.results) > 1:
        return _many(args, station)
    result = register(args.results[0], args.inbox, station, replace_files=args.replace_files)
    if args.json:
        print_json(result.receipt)
    else:
        _print(result.receipt, result.path, args.lang)
    done = result.receipt["state"] in ("registered", "in_curation")
    return ExitCode.DONE if done else ExitCode.FINDINGS


def _many(args: argparse.Namespace, station: "Station") -> int:
    from dsqc.stages.register_many import register_many

    several = len(args.results) > 1
    places = [(path, args.inbox / path.name if several else args.inbox) for path in args.results]
    result = register_many(places, station, dry_run=args.dry_run, replace_files=args.replace_files)
    if args.json:
        print_json(result.document)
        return result.exit_code
    for row in result.document["submissions"]:
        _print_row(row, args.lang)
    counts = ", ".join(
        f"{OUTCOMES[name].get(args.lang)} {number}" for name, number in result.document["counts"].items()
    )
    print(counts)
    if args.dry_run:
        print(Text("Nothing was written.", "아무것도 기록하지 않았습니다.").get(args.lang))
    return result.exit_code


def _print_row(row: dict[str, Any], language: Language) -> None:
    words = [row["submission"], OUTCOMES[row["outcome"]].get(language), row["accession"] or ""]
    if row["version"] and row["version"] > 1:
        words.append(Text(f"version {row['version']}", f"{row['version']}판").get(language))
    words += [f"{name} {number}" for name, number in row["objects"].items()]
    print(printable(" ".join(word for word in words if word)))
    for change in row["changes"][:SHOWN]:
        what = ", ".join([*change["attributes"], *change["files"]])
        print(printable(f"    {change['accession']} {change['name']}: {what}"))
    if len(row["changes"]) > SHOWN:
        print(f"    … +{len(row['changes']) - SHOWN}")
    korean = "_ko" if language is Language.KO else ""
    for reason in row["reasons"][:SHOWN]:
        print(printable(f"    {reason['code']} {reason['object_id']}: {reason['message' + korean]}"))
        print(printable(f"        → {reason['fix' + korean]}"))
    if row["fault"]:
        print(printable(f"    {row['fault']['message']} {row['fault']['hint']}"))


def _print(receipt: dict[str, Any], path: Path, language: Language) -> None:
    print(f"{receipt['submission']}: {STATES[receipt['state']].get(language)}")
    numbers = receipt["accessions"]
    version = receipt.get("version")
    if version and version["present"] > 1:
        text = Text("version {number}; the present one is {present}", "{number}판 (현재 {present}판)").get(language)
        print(text.format_map(version))
    rows = [("submission", receipt["submission"], numbers["submission"])] if receipt["registered"] else []
    for level in ("projects", "samples", "experiments", "runs"):
        rows += [(level.removesuffix("s"), alias, number) for alias, number in numbers[level].items()]
    if rows:
        headings = (Text("object", "객체"), Text("alias", "별칭"), Text("accession", "등록번호"))
        print_table([item.get(language) for item in headings], rows[:SHOWN])
    if not rows or receipt["reasons"]:
        korean = "_ko" if language is Language.KO else ""
        for reason in receipt["reasons"][:SHOWN]:
            print(f"{reason['code']} {reason['object']} {reason['object_id']}: {reason['message' + korean]}")
            print(f"    → {reason['fix' + korean]}")
    print(f"→ {path}")
    key = receipt.get("signature", {}).get("key_id", "")
    signed = Text(f"signed with key {key}", f"서명 키 {key}")
    unsigned = Text(
        "not signed: the station has no signing key (dsqc station keygen)",
        "서명 없음: 스테이션에 서명 키가 없음 (dsqc station keygen)",
    )
    print((signed if key else unsigned).get(language))
