"""Register a judged submission: objects into the store, records and accessions into the catalog, a receipt back.

Running it again changes nothing and gives the same accessions. A submission that failed is returned with its reasons,
one under review waits for a curator (dsqc curate).
"""

import argparse
from pathlib import Path
from typing import Any

from dsqc.cli._options import add_exit_zero, add_station
from dsqc.cli._output import print_json, print_table
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

SHOWN = 10
"""Accessions and reasons printed; receipt.json has all."""
STATES = {
    "registered": Text("registered", "등록됨"),
    "returned": Text("returned to the submitter", "제출자에게 반려됨"),
    "in_curation": Text("waits for a curator (dsqc curate)", "큐레이터의 결정을 기다림 (dsqc curate)"),
    "rejected": Text("rejected", "거절됨"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc register``."""
    parser.add_argument("results", type=Path, metavar="RESULTS", help="results/<submission> of a batch")
    parser.add_argument("--inbox", type=Path, required=True, metavar="DIR", help="where its files were transferred to")
    add_station(parser)
    add_exit_zero(parser)


def run(args: argparse.Namespace) -> int:
    """Register and print the receipt."""
    from dsqc.stages.register import register
    from dsqc.station import load_station

    result = register(args.results, args.inbox, load_station(args.station))
    if args.json:
        print_json(result.receipt)
    else:
        _print(result.receipt, result.path, args.lang)
    done = result.receipt["state"] in ("registered", "in_curation")
    return ExitCode.DONE if done else ExitCode.FINDINGS


def _print(receipt: dict[str, Any], path: Path, language: Language) -> None:
    print(f"{receipt['submission']}: {STATES[receipt['state']].get(language)}")
    numbers = receipt["accessions"]
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
