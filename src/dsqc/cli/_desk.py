"""``dsqc validate --reads`` and ``--sign``: the whole submission at the submitter's desk, files and verdict with it."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.errors import UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.stages._qc_measure import Progress
    from dsqc.stages.desk import Desk, DeskResult, Validate
    from dsqc.stages.judge import JudgeResult
    from dsqc.stages.sign import SignResult
    from dsqc.station import Station

SHOWN_PAGES = 3


def add_desk(parser: argparse.ArgumentParser) -> None:
    """``--reads`` and ``--sign`` with its key."""
    from dsqc.cli._options import add_passphrase

    parser.add_argument(
        "--reads",
        action="store_true",
        help="read the data files too, whole: what is wrong in them, form against file, and the verdict of the station",
    )
    parser.add_argument(
        "--sign",
        type=Path,
        metavar="KEY",
        help="do what --reads does, and sign what was found with this private key (dsqc receipt keygen): "
        "validation-receipt.json and validation-results.zip, beside the form",
    )
    add_passphrase(parser)


def check_desk(args: argparse.Namespace) -> None:
    """Refuse what does not go with reading the data files.

    Raises:
        UsageError: ``--transfer`` or ``--no-files`` were given, or ``--fix`` with ``--sign``.
    """
    option = "--sign" if args.sign else "--reads"
    if args.transfer or args.no_files or (args.fix and args.sign):
        others = "--transfer, --no-files and --fix" if args.sign else "--transfer and --no-files"
        raise UsageError(f"{option} is about a whole submission at the submitter's desk.", hint=f"Leave out {others}.")


def read_at_desk(args: argparse.Namespace, station: "Station | None", validate: "Validate") -> "DeskResult":
    """Validate, measure and judge."""
    from dsqc.cli.qc import FileProgress
    from dsqc.stages.desk import check_reads

    with FileProgress(args) as progress:
        return check_reads(args.submission, desk_of(args, station, validate, progress), args.outdir)


def sign_at_desk(args: argparse.Namespace, station: "Station | None", validate: "Validate") -> "SignResult":
    """Validate, measure, judge and sign."""
    from dsqc.cli.qc import FileProgress
    from dsqc.signing import load_signing_key
    from dsqc.stages.sign import sign
    from dsqc.station_key import passphrase

    key = load_signing_key(args.sign, lambda: passphrase(args.passphrase_env, args.passphrase_file))
    with FileProgress(args) as progress:
        return sign(args.submission, key, desk_of(args, station, validate, progress), args.outdir)


def desk_of(
    args: argparse.Namespace, station: "Station | None", validate: "Validate", progress: "Progress | None"
) -> "Desk":
    """The desk that the call, the environment and the station's configuration name."""
    from dsqc.sketch import choose_panel
    from dsqc.stages.desk import Desk
    from dsqc.taxonomy import choose_taxonomy

    named = os.environ.get("DSQC_PANEL", "")
    panel = Path(named) if named else station.panel_path if station else None
    return Desk(
        validate,
        panel_path=panel,
        panel=choose_panel(panel),
        goals=station.root / station.quality_goals if station and station.quality_goals else None,
        limits=station.limits if station else None,
        taxonomy=choose_taxonomy(args.taxonomy, station.taxonomy_path if station else None),
        threads=args.threads,
        progress=progress,
    )


def print_judged(name: str, judged: "JudgeResult", language: Language, *, every: bool) -> None:
    """Form against file, what the runs say of each other, and the verdict."""
    from dsqc.cli._inferred import print_inferred
    from dsqc.cli.judge import among_runs, print_verdict

    print_inferred(judged.document, language, every=every)
    for line in among_runs(judged.document, language):
        print(line)
    print_verdict(name, judged.document["verdict"], language)


def print_pages(result: "DeskResult", language: Language) -> None:
    """Where the pages of the runs stand."""
    if result.pages:
        places = ", ".join(map(str, result.pages[:SHOWN_PAGES])) + (" …" if len(result.pages) > SHOWN_PAGES else "")
        print(Text(f"Pages of the runs: {places}", f"런 보고서: {places}").get(language))


def print_signed(signed: "SignResult", language: Language) -> None:
    """The receipt, or why there is none."""
    if signed.receipt is None:
        if signed.reason is not None:
            print(signed.reason.get(language))
        return
    key = signed.receipt["signature"]["key_id"]
    print(
        Text(
            f"Signed with key {key}, verdict {signed.receipt['verdict']}:",
            f"서명 키 {key}, 판정 {signed.receipt['verdict']}:",
        ).get(language)
    )
    print(f"→ {signed.path}")


def to_json(judged: "JudgeResult | None", signed: "SignResult | None") -> dict[str, Any]:
    """What ``--json`` has beside the validation."""
    more: dict[str, Any] = {}
    if judged is not None:
        more |= {"verdict": judged.document, "findings": judged.findings.to_list()}
    if signed is not None:
        more["receipt"] = signed.receipt
    return more
