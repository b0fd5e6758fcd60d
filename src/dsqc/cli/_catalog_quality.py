"""``dsqc catalog reference|quality|control|yearly``: what the quality of runs is compared with, and how it stands."""

import argparse
from pathlib import Path
from typing import Any

from dsqc.cli._catalog_figures import SCHEMA_VERSION, AddAction, add_all
from dsqc.cli._output import print_json, print_table
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Text

SHOWN = 10
"""Signals of a chart that are printed, the newest ones; --json and --html have all of them."""


def add_actions(action: AddAction) -> None:
    """The actions ``reference``, ``quality``, ``control`` and ``yearly``."""
    reference = action("reference", "distributions of metrics that runs are compared with: build, list, export")
    reference.add_argument("what", choices=["build", "list", "export"], metavar="build|list|export")
    reference.add_argument("-O", "--output", type=Path, metavar="FILE", help="where (default: as station.toml says)")
    reference.add_argument("--minimum-runs", type=int, metavar="N", help="least runs of a distribution")
    reference.add_argument("--version", type=int, dest="number", metavar="N", help="export: version (default: newest)")
    reference.add_argument("--by", default="", metavar="NAME", help="who builds it (default: the user of this machine)")
    quality = action("quality", "how many runs reach the quality goals, over time; what was returned and mended")
    quality.add_argument(
        "--by",
        default="quarter",
        metavar="LIST",
        help="centre, field, platform, strategy, and one of year, quarter, month (default: quarter)",
    )
    quality.add_argument("--until", metavar="DATE", help="the end of this day, or year (default: now)")
    control = action("control", "control charts of a centre: is its quality what it was?")
    control.add_argument("--centre", metavar="CODE", help="data centre (default: the station's own)")
    control.add_argument("--metric", required=True, metavar="ID", help="metric id (dsqc metrics)")
    control.add_argument("--platform", default="", metavar="NAME", help="only this platform (default: a chart each)")
    control.add_argument("--strategy", default="", metavar="NAME", help="only this strategy (default: a chart each)")
    control.add_argument(
        "--unit", choices=["submission", "run"], default="submission", help="what a point is (default: submission)"
    )
    control.add_argument(
        "--chart", choices=["individuals", "ewma"], default="individuals", help="kind of chart (default: individuals)"
    )
    control.add_argument(
        "--rules",
        choices=["western-electric", "nelson"],
        default="western-electric",
        help="when a point of individuals is a signal (default: western-electric)",
    )
    control.add_argument("--baseline", type=int, metavar="N", help="points that set the limits (default: station.toml)")
    control.add_argument("--note", action="store_true", help="note new signals as events of their submissions")
    control.add_argument("--noted-by", default="", metavar="NAME", help="who notes (default: this machine's user)")
    yearly = action("yearly", "reports of use and of security of one year")
    yearly.add_argument("--year", type=int, required=True, metavar="YEAR")
    for parser in (quality, control):
        add_all(parser)
    for parser in (quality, control, yearly):
        parser.add_argument("--html", type=Path, metavar="FILE", help="write a page, for the screen and for paper")


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
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.figures.references import kept_reference
    from dsqc.metrics.reference import write_reference

    station = _station(args)
    with Catalog.open(station) as catalog, catalog.reading() as session:
        reference = kept_reference(session, args.number)
    if reference is None:
        raise UsageError("The catalog holds no such reference.", hint="`dsqc catalog reference build` makes one.")
    path = _place(args, station)
    write_reference(path, reference)
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "version": reference.version, "file": str(path)})
    else:
        print(f"→ {path}")
    return ExitCode.DONE


def run_quality(args: argparse.Namespace) -> int:
    """Print the goals, and what of the runs reaches them."""
    from dsqc.catalog.figures.periods import parse_day
    from dsqc.report.figure_pages import metric_name, percent
    from dsqc.report.quality_page import STATES
    from dsqc.stages.figures import quality

    until = parse_day(args.until, "--until") if args.until else None
    document = quality(_station(args), args.by, until=until, closed=args.all)
    _write_page(args, "quality", document)
    if args.json:
        print_json(document)
        return ExitCode.DONE
    headings = (
        *((name, name) for name in document["groups"]),
        ("goal", "목표"), ("metric", "지표"), ("bound", "기준"), ("runs", "런"), ("reached", "도달"),
        ("95 %", "95 % 구간"), ("target", "목표 비율"), ("state", "상태"),
    )  # fmt: skip
    rows = []
    for row in document["rows"]:
        whole = row["overall"]
        interval = "–" if whole["low"] is None else f"{100 * whole['low']:.1f}–{100 * whole['high']:.1f} %"
        name = metric_name(row["metric"]).get(args.lang)
        state = STATES[whole["state"]][0].get(args.lang)
        numbers = (f"{whole['runs']:,}", percent(whole["share"]), interval, percent(row["target"]))
        rows.append((*row["group"].values(), row["goal"], name, row["bound"], *numbers, state))
    print_table([Text(*pair).get(args.lang) for pair in headings], rows)
    for item in document["improvement"]:
        counts = [item[name] for name in ("returned", "for_quality", "mended")]
        english = "{}: {} returned, {} of them for quality, {} of these mended".format(item["period"], *counts)
        korean = "{}: 반려 {}건, 그중 품질 사유 {}건, 개선되어 등록 {}건".format(item["period"], *counts)
        print(Text(english, korean).get(args.lang))
    return ExitCode.DONE


def _write_page(args: argparse.Namespace, kind: str, document: dict[str, Any]) -> None:
    from dsqc.stages.figures import write_page

    if args.html:
        write_page(args.html, kind, document, args.lang)
        if not args.json:
            print(f"→ {args.html}")


def run_control(args: argparse.Namespace) -> int:
    """Print the charts' limits and signals."""
    from dsqc.catalog.figures.control import ChartOptions
    from dsqc.report.control_page import rule_names
    from dsqc.stages.figures import control

    station = _station(args)
    baseline = station.figures.control_runs if args.baseline is None else args.baseline
    if baseline < 2:
        raise UsageError("Limits need at least 2 points.", hint="Give --baseline 20.")
    options = ChartOptions(
        args.centre or station.centre, args.metric, args.platform, args.strategy, args.unit, args.chart, args.rules,
        baseline, args.all,
    )  # fmt: skip
    document = control(station, options, note=args.note, by=args.noted_by)
    _write_page(args, "control", document)
    if args.json:
        print_json(document)
        return ExitCode.DONE
    for chart in document["charts"]:
        print(f"{chart['platform']} {chart['strategy']}: {_chart_text(chart, baseline).get(args.lang)}")
        for signal in chart["signals"][-SHOWN:]:
            names = rule_names(signal["rules"]).get(args.lang)
            print(f"    {signal['at'][:10]} {signal['accession']} {signal['value']:.4g}: {names}")
        earlier = len(chart["signals"]) - SHOWN
        if earlier > 0:
            print(Text(f"    and {earlier:,} earlier ones", f"    그 이전 {earlier:,}건").get(args.lang))
    if document["noted"] is not None:
        print(Text(f"{document['noted']} signals noted", f"신호 {document['noted']}건을 기록했습니다").get(args.lang))
    return ExitCode.DONE


def _chart_text(chart: dict[str, Any], baseline: int) -> Text:
    count, limits = len(chart["points"]), chart["limits"]
    if limits is None:
        return Text(f"{count} points, {baseline} set limits", f"점 {count}개(한계를 정하려면 {baseline}개 필요)")
    bounds = f"{limits['centre']:.4g} ({limits['low']:.4g} .. {limits['high']:.4g})"
    signals = len(chart["signals"])
    return Text(f"{count} points, {bounds}, signals: {signals}", f"점 {count}개, {bounds}, 신호 {signals}건")


def run_yearly(args: argparse.Namespace) -> int:
    """Print the reports' figures."""
    from dsqc.report.yearly_page import report_rows
    from dsqc.stages.figures import yearly

    if not 1990 <= args.year <= 9998:
        raise UsageError(f"--year {args.year} is no year of this catalog.", hint="Write --year 2026.")
    document = yearly(_station(args), args.year)
    _write_page(args, "yearly", document)
    if args.json:
        print_json(document)
        return ExitCode.DONE
    for title, rows in report_rows(document):
        print_table([title.get(args.lang), ""], ((name.get(args.lang), text.get(args.lang)) for name, text in rows))
    return ExitCode.DONE
