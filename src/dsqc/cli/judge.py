"""Conclude a submission's verdict from what earlier stages found and measured.

pass: it can be registered. review: a curator decides. fail: it is returned with the findings that decided.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.cli._options import add_exit_zero, add_station, add_taxonomy, chosen_station
from dsqc.cli._output import print_groups, print_json
from dsqc.errors import ExitCode
from dsqc.language import Text

if TYPE_CHECKING:
    from dsqc.station import Station

SHOWN = 10
"""Reasons printed; verdict.json has more."""
VERDICTS = {
    "pass": Text("pass", "통과"),
    "review": Text("review: a curator decides", "검토: 큐레이터가 결정합니다"),
    "fail": Text("fail: returned to the submitter", "불합격: 제출자에게 반려됩니다"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc judge``."""
    parser.add_argument("results", type=Path, metavar="RESULTS", help="results/<submission> of a batch")
    parser.add_argument(
        "--goals", type=Path, metavar="FILE", help="quality goals (default: the station's, else those dsqc ships)"
    )
    add_station(parser)
    add_taxonomy(parser)
    add_exit_zero(parser)


def run(args: argparse.Namespace) -> int:
    """Judge and print the verdict with the findings that decided."""
    from dsqc.model import Verdict
    from dsqc.stages.judge import judge
    from dsqc.taxonomy import choose_taxonomy

    station = chosen_station(args.station)
    result = judge(
        args.results,
        goals=_goals(args, station),
        limits=station.limits if station else None,
        taxonomy=choose_taxonomy(args.taxonomy, station.taxonomy_path if station else None),
    )
    if args.json:
        print_json(result.document)
    else:
        title = Text("verdict", "판정").get(args.lang)
        print(f"{result.document['submission']} {title}: {VERDICTS[result.verdict.value].get(args.lang)}")
        print_groups(result.reasons, args.lang, SHOWN)
        print(f"→ {result.path}")
    return ExitCode.FINDINGS if result.verdict is Verdict.FAIL else ExitCode.DONE


def _goals(args: argparse.Namespace, station: "Station | None") -> Path | None:
    """``--goals``, else the station's file where it names one."""
    if args.goals is not None:
        return Path(args.goals)
    return station.root / station.quality_goals if station and station.quality_goals else None
