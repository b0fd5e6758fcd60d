"""Conclude a submission's verdict from what earlier stages found and measured.

pass: it can be registered. review: a curator decides. fail: it is returned with the findings that decided.

Form against file: what the reads of each run tell of platform, library, organism, sex and 20 attributes more, and
whether the form says the same: agree, disagree, or cannot tell. `dsqc validate SUBMISSION --reads` does all of it at
the submitter's desk.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._inferred import print_inferred
from dsqc.cli._options import add_exit_zero, add_station, add_taxonomy, chosen_station, use_rule_set
from dsqc.cli._output import print_groups, print_json
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.station import Station

SHOWN = 10
"""Reasons printed; verdict.json has more."""
FAR, SHOWN_PEERS = 2.5, 3
"""Percentiles from either end that are worth a line, and how many lines."""
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
    parser.add_argument(
        "--reference", type=Path, metavar="FILE", help="distributions to compare runs with (default: the station's)"
    )
    parser.add_argument(
        "--all", action="store_true", help="list every attribute of form against file, not only those that disagree"
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
    use_rule_set(None, station)
    result = judge(
        args.results,
        goals=_goals(args, station),
        limits=station.limits if station else None,
        taxonomy=choose_taxonomy(args.taxonomy, station.taxonomy_path if station else None),
        reference=args.reference or (station.reference_path if station else None),
    )
    if args.json:
        print_json(result.document)
    else:
        print_verdict(result.document["submission"], result.document["verdict"], args.lang)
        print_groups(result.reasons, args.lang, SHOWN)
        print_inferred(result.document, args.lang, every=args.all)
        for line in [*among_runs(result.document, args.lang), *_peers(result.document, args.lang)]:
            print(line)
        print(f"→ {result.path}")
    return ExitCode.FINDINGS if result.verdict is Verdict.FAIL else ExitCode.DONE


def print_verdict(name: str, verdict: str, language: Language) -> None:
    """One line: the submission and its verdict."""
    print(f"{name} {Text('verdict', '판정').get(language)}: {VERDICTS[verdict].get(language)}")


def among_runs(document: dict[str, Any], language: Language) -> list[str]:
    """Who is alike among the runs, and which run is unlike the others."""
    from dsqc.metrics.catalogue import METRICS

    lines = []
    if document["identity"] is not None:
        same, different = document["identity"]["same_count"], document["identity"]["different_count"]
        unknown = document["identity"]["pair_count"] - same - different
        english = f"individuals, pairs of runs: {same} of one, {different} of two, {unknown} cannot be told"
        korean = f"개체 비교(run 쌍): 같은 개체 {same}쌍, 다른 개체 {different}쌍, 판단 불가 {unknown}쌍"
        lines.append(Text(english, korean).get(language))
    for row in document["siblings"][:SHOWN_PEERS]:
        name = METRICS[row["metric"]].name
        numbers = f"{row['value']:.4g} ({row['median']:.4g})"
        english = f"{row['run_key']} {name.en} {numbers}: unlike its {row['siblings'] - 1} siblings"
        korean = f"{row['run_key']} {name.ko} {numbers}: 같은 조건의 run {row['siblings'] - 1}개와 다름"
        lines.append(Text(english, korean).get(language))
    return lines


def _peers(document: dict[str, Any], language: Language) -> list[str]:
    """The metrics that are furthest from those of runs like theirs; a line if there is nothing to compare with."""
    from dsqc.metrics.catalogue import METRICS

    if document["reference"] is None:
        return [
            Text("no reference: not compared with other runs", "참조 분포 없음: 다른 런과 비교하지 않음").get(language)
        ]
    found = [(min(row["percentile"], 100 - row["percentile"]), run["run_key"], row)
             for run in document["peers"] for row in run["metrics"]]  # fmt: skip
    far = sorted((item for item in found if item[0] < FAR), key=lambda item: (item[0], item[1], item[2]["metric"]))
    version = document["reference"]["version"]
    lines = []
    for _, run, row in far[:SHOWN_PEERS]:
        name, count = METRICS[row["metric"]].name, f"{row['run_count']:,}"
        english = f"{name.en} {row['value']:.4g}: percentile {row['percentile']:.3g} of {count} runs like it"
        korean = f"{name.ko} {row['value']:.4g}: 같은 종류 런 {count}개 중 백분위 {row['percentile']:.3g}"
        lines.append(f"{run} {Text(english, korean).get(language)} (reference {version})")
    alone = sum(not run["run_count"] for run in document["peers"])
    if alone:
        english = f"runs without enough runs like them in reference {version}: {alone}"
        lines.append(Text(english, f"참조 {version}에 비교할 런이 부족한 런: {alone}개").get(language))
    return lines


def _goals(args: argparse.Namespace, station: "Station | None") -> Path | None:
    """``--goals``, else the station's file where it names one."""
    if args.goals is not None:
        return Path(args.goals)
    return station.root / station.quality_goals if station and station.quality_goals else None
