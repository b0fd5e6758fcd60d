"""``dsqc station selftest``: what of this station is broken, tried with made-up submissions."""

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc import logs
from dsqc.cli._options import action_options, add_station
from dsqc.cli._output import print_json, printable
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.batch.selftest import Check

STATES = {
    "ok": Text("ok", "정상"),
    "broken": Text("BROKEN", "고장"),
    "skipped": Text("skipped", "건너뜀"),
}
PARTS = {
    "configuration": Text("configuration", "설정"),
    "credentials": Text("credentials", "자격 증명"),
    "stores": Text("stores", "저장소"),
    "catalog": Text("catalog", "카탈로그"),
    "scratch": Text("scratch", "작업 공간"),
    "kernels": Text("kernels", "커널"),
    "workflow": Text("workflow", "워크플로"),
    "stages": Text("stages", "단계"),
    "slurm": Text("slurm", "Slurm"),
    "mail": Text("mail", "메일"),
    "clean-up": Text("clean-up", "정리"),
}
DESCRIPTION = """\
Push made-up submissions (a good one, a closed one, a faulty one; the same every time) through everything that a batch
at this station needs, and say of each thing whether it is ok or broken and what to do. Objects and records go into a
sandbox of the station's own stores and database, below names that begin with dsqc_selftest_; accession numbers are not
used up. Nothing of it stays; what a killed self-test left, the next one takes away. Ends with 0, or 1 where anything is
broken: fit for cron and for a station's monitoring.
"""


def add_action(actions: Any) -> None:
    """The options of ``dsqc station selftest``."""
    parser = actions.add_parser(
        "selftest",
        help="made-up submissions through everything: what is broken",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[action_options()],
    )
    add_station(parser)
    parser.add_argument(
        "--profile",
        default="local",
        metavar="NAME",
        help="of batches: local, slurm, ci, or a directory (default: local)",
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="where batches work: scratch, and what the nodes of a cluster see too (default: the current directory)",
    )
    parser.add_argument(
        "--only", default="", metavar="PART,…", help=f"try only some of: {', '.join(PARTS)} (default: all)"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="how long the Slurm job may take, waiting included (default: 600)",
    )


def selftest(args: argparse.Namespace) -> int:
    """Try everything; a line each as it comes, or one JSON object."""
    from dsqc.batch.selftest import SelftestOptions
    from dsqc.batch.selftest import selftest as try_everything
    from dsqc.cli._transfer import ending_on_sigterm

    _quiet_logs(args)
    parts = frozenset(item.strip() for item in args.only.split(",") if item.strip())
    options = SelftestOptions(
        station=args.station, profile=args.profile, work=args.work, only=parts, patience_s=args.patience
    )

    def tell(check: "Check") -> None:
        if not args.json:
            _print(check, args.lang)

    with ending_on_sigterm():
        result = try_everything(options, tell)
    if args.json:
        print_json(result.to_dict())
    else:
        print(_summary(result.checks).get(args.lang))
    return ExitCode.DONE if result.is_ok else ExitCode.FAULT


def _quiet_logs(args: argparse.Namespace) -> None:
    """The stages' own logs only where they are asked for."""
    if not args.verbose and not args.log_json:
        logs.set_up_with(lambda: None, logging.ERROR)


def _print(check: "Check", language: Language) -> None:
    subject = f" {check.subject}" if check.subject else ""
    part = PARTS[check.part].get(language)
    print(printable(f"{STATES[check.state.value].get(language):8} {part}{subject}: {check.message.get(language)}"))
    if check.hint:
        print(printable(f"         → {check.hint}"))
    sys.stdout.flush()


def _summary(checks: "tuple[Check, ...]") -> Text:
    counts = {name: sum(check.state.value == name for check in checks) for name in STATES}
    seconds = sum(check.seconds for check in checks)
    if counts["broken"]:
        return Text(
            f"{counts['broken']} of {len(checks)} checks are broken ({seconds:.0f} s).",
            f"점검 {len(checks)}건 중 {counts['broken']}건이 고장입니다({seconds:.0f}초).",
        )
    return Text(
        f"Everything works: {counts['ok']} checks in {seconds:.0f} s, {counts['skipped']} skipped.",
        f"모두 정상입니다: 점검 {counts['ok']}건({seconds:.0f}초), 건너뜀 {counts['skipped']}건.",
    )
