"""`dsqc batch status` for people: what stands, how fast it goes, what is slow, what failed and what to do."""

import argparse
import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.cli._output import printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.batch.efficiency import Efficiency
    from dsqc.batch.items import ItemKey
    from dsqc.batch.status import BatchStatus, StatusReader

STATES = {
    "done": Text("done", "완료"),
    "running": Text("running", "진행 중"),
    "waiting": Text("waiting", "대기"),
    "failed": Text("failed", "실패"),
    "given_up": Text("given up", "포기"),
}
MOST_FAILED = 5
"""Failed items that the table tells in full."""
MOST_SLOW = 5
WATCH_SECONDS = 5.0
SLOW_FACTOR, SLOW_SECONDS = 3.0, 60.0
"""An item that takes so many times its prediction, and longer than this, is marked."""


def add_status_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc batch status``."""
    parser.add_argument(
        "--watch", nargs="?", type=float, const=WATCH_SECONDS, metavar="SECONDS", help="look again, until it ends"
    )
    parser.add_argument("--all", action="store_true", help="list every submission, of large batches too")
    parser.add_argument("--efficiency", action="store_true", help="memory, time and processors: asked for against used")
    parser.add_argument("--prometheus", metavar="FILE", help="write Prometheus text (`-`: standard output)")


def show_status(args: argparse.Namespace, work: Path) -> int:
    """Look, once or until the batch ends."""
    from dsqc.batch.status import StatusReader

    reader = StatusReader(work)
    if args.watch is None:
        _show(args, work, reader, screen=False)
        return ExitCode.DONE
    if args.watch <= 0:
        raise UsageError("--watch takes seconds above zero.")
    screen = sys.stdout.isatty() and not args.json and args.prometheus != "-"
    while True:
        if screen:
            sys.stdout.write("\x1b[H\x1b[2J")
        running = _show(args, work, reader, screen=screen)
        sys.stdout.flush()
        if not running:
            return ExitCode.DONE
        time.sleep(args.watch)


def _show(args: argparse.Namespace, work: Path, reader: "StatusReader", *, screen: bool) -> bool:
    """Look once and print; whether anything is under way. A screen that is drawn again has no room for long lists."""
    status: BatchStatus = reader.look()
    if args.prometheus:
        _write_prometheus(args.prometheus, status, work)
        return status.running
    used = None
    if args.efficiency:
        used = _efficiency(work, reader)
    if args.json:
        from dsqc.cli._output import print_json

        print_json({**status.to_dict(), "efficiency": used.to_dict() if used else None})
    else:
        from dsqc.cli.batch import print_submissions, print_totals

        print_status(status, work, args.lang)
        if used:
            print_efficiency(used, args.lang)
        print()
        if screen and not args.all:
            print_totals(status, work, args.lang)
        else:
            print_submissions(status, work, args.lang, every=args.all)
    return status.running


def _efficiency(work: Path, reader: "StatusReader") -> "Efficiency":
    from dsqc.batch.costs import prediction_error
    from dsqc.batch.efficiency import efficiency
    from dsqc.batch.events import EventReader
    from dsqc.batch.plan import PLAN, read_whole_plan
    from dsqc.batch.planning import planned_kinds

    plan = read_whole_plan(work / PLAN)
    predictions = prediction_error(EventReader(work).new(), planned_kinds(work, plan))
    return efficiency(reader.items, plan.shards, predictions)


def _write_prometheus(target: str, status: "BatchStatus", work: Path) -> None:
    from dsqc.artefact import read_json
    from dsqc.batch.plan import PLAN
    from dsqc.batch.prometheus import exposition, write_exposition

    name = Path(read_json(work / PLAN).get("sheet") or work.resolve().name).stem
    if target == "-":
        sys.stdout.write(exposition(status, name))
    else:
        write_exposition(Path(target), status, name)


def print_status(status: "BatchStatus", work: Path, language: Language) -> None:
    """The whole but the submissions: stages, rates and end, slowest, failed."""
    labels = [text.get(language) for text in STATES.values()]
    rows = [
        [stage, *(f"{counts.get(state, 0):,}" for state in STATES)]  # type: ignore[call-overload]  # states are strings
        for stage, counts in status.stages.items()
    ]
    print_columns([Text("stage", "단계").get(language), *labels], rows)
    print()
    for line in _pace_lines(status):
        print(line.get(language))
    if status.slowest:
        print()
        _print_slowest(status, language)
    if status.failed:
        print()
        _print_failed(status, work, language)


def _pace_lines(status: "BatchStatus") -> list[Text]:
    told, pace = [], status.pace
    if status.shards:
        counts = {state: status.shards.get(state, 0) for state in STATES}  # type: ignore[call-overload]  # as above
        english = ", ".join(f"{number} {STATES[state].en}" for state, number in counts.items() if number)
        korean = ", ".join(f"{STATES[state].ko} {number}" for state, number in counts.items() if number)
        told.append(Text(f"Shards: {english}.", f"샤드: {korean}."))
    if pace.bytes_done or pace.bytes_transferred:
        told.append(
            Text(
                f"Measured {_size(pace.bytes_done)} ({_size(pace.qc_bytes_per_second)}/s in the last 10 minutes), "
                f"transferred {_size(pace.bytes_transferred)} ({_size(pace.transfer_bytes_per_second)}/s).",
                f"측정 {_size(pace.bytes_done)}(최근 10분 {_size(pace.qc_bytes_per_second)}/s), "
                f"전송 {_size(pace.bytes_transferred)}({_size(pace.transfer_bytes_per_second)}/s).",
            )
        )
    if status.interrupted:
        number = status.interrupted
        told.append(
            Text(
                f"{number} items were begun by processes that died; they wait for the next `dsqc batch run`.",
                f"중단된 프로세스가 시작한 항목 {number}개는 다음 `dsqc batch run`을 기다립니다.",
            )
        )
    told.extend(_end_lines(status))
    return told


def _end_lines(status: "BatchStatus") -> list[Text]:
    pace = status.pace
    if not status.running:
        return [Text("Nothing is under way.", "진행 중인 작업이 없습니다.")]
    if status.shards and not any(status.shards.get(state) for state in STATES if state != "done"):  # type: ignore[call-overload]  # as above
        return [
            Text("Every shard has ended; the workflow writes its report.", "모든 샤드가 끝났고 보고서를 쓰는 중입니다.")
        ]
    if pace.finish is None or pace.finish_early is None or pace.finish_late is None:
        return [
            Text(
                "When it ends cannot be said yet: too little is done, or the plan predicts nothing.",
                "끝나는 때는 아직 알 수 없습니다: 한 일이 적거나 계획에 예측이 없습니다.",
            )
        ]
    early, late = _clock(pace.finish_early), _clock(pace.finish_late)
    share = 100 * (1 - pace.predicted_seconds_left / pace.predicted_seconds)
    return [
        Text(
            f"{share:.0f} % of the predicted work is done. Ends about {_clock(pace.finish)} (by the rates so far "
            f"between {early} and {late}; a prediction, not a promise).",
            f"예측한 작업의 {share:.0f} %가 끝났습니다. {_clock(pace.finish)}쯤 끝납니다(지금까지의 속도로 "
            f"{early}에서 {late} 사이, 약속이 아닌 예측).",
        )
    ]


def _print_slowest(status: "BatchStatus", language: Language) -> None:
    headings = [
        Text("slowest", "가장 느린 항목"),
        Text("state", "상태"),
        Text("time", "시간"),
        Text("predicted", "예측"),
        Text("node", "노드"),
    ]
    rows = []
    for item in status.slowest[:MOST_SLOW]:
        slow = item.predicted_seconds and item.seconds > max(SLOW_SECONDS, SLOW_FACTOR * item.predicted_seconds)
        job = f" ({item.job})" if item.job else ""
        rows.append(
            [
                _item(item.key),
                STATES[item.state.value].get(language) + (" !" if slow else ""),
                _span(item.seconds),
                _span(item.predicted_seconds) if item.predicted_seconds else "–",
                f"{item.host}{job}",
            ]
        )
    print_columns([text.get(language) for text in headings], rows, text=(0, 1, 4))


def _print_failed(status: "BatchStatus", work: Path, language: Language) -> None:
    number = status.failed_count
    print(Text(f"Failed: {number}", f"실패: {number}").get(language))
    for item in status.failed[:MOST_FAILED]:
        label = STATES[item.state.value].get(language)
        attempt = Text(f"attempt {item.attempt}", f"{item.attempt}번째 시도").get(language)
        print(printable(f"  {_item(item.key)}: {label} ({attempt}) {item.message}"))
        for line in item.lines[-3:]:
            print(printable(f"      | {line}"))
        print(f"      → {item.advice.get(language)}")
        if item.log:
            print(printable(f"      {Text('log', '로그').get(language)}: {work / item.log}"))
    rest = number - MOST_FAILED
    if rest > 0:
        print(Text(f"  … and {rest} more (--json lists them).", f"  … 외 {rest}개(--json에 있음).").get(language))


def print_efficiency(used: "Efficiency", language: Language) -> None:
    """A line a kind of shards: asked against used, and wall time against prediction."""
    print()
    if not used.kinds:
        print(Text("No job has ended yet.", "끝난 작업이 없습니다.").get(language))
        return
    headings = [
        Text("jobs of", "작업 종류"),
        Text("ended", "끝남"),
        Text("memory used / asked", "메모리 사용 / 요청"),
        Text("most", "최대"),
        Text("time", "시간"),
        Text("CPU", "CPU"),
        Text("wall / predicted (8 of 10)", "실제 / 예측 (10개 중 8개)"),
    ]
    rows = [
        [
            item.kind,
            f"{item.jobs:,}",
            f"{item.memory_mib:,.0f} / {item.asked_mib:,.0f} MiB ({_percent(item.memory_share)})",
            f"{item.most_mib:,.0f} MiB",
            _percent(item.time_share),
            _percent(item.cpu_share),
            "–"
            if item.predicted_ratio is None
            else f"{item.predicted_ratio:.2f} ({item.predicted_low:.2f}–{item.predicted_high:.2f})",
        ]
        for item in used.kinds
    ]
    print_columns([text.get(language) for text in headings], rows)
    _print_predictions(used, language)
    source = Text("By Slurm's accounting (sacct).", "Slurm 계정(sacct) 기준.")
    if used.source == "events":
        source = Text("By the events of the jobs; Slurm keeps no accounts here.", "작업 이벤트 기준(Slurm 계정 없음).")
    print(source.get(language))


def _print_predictions(used: "Efficiency", language: Language) -> None:
    headings = [
        Text("predicted", "예측"),
        Text("jobs", "작업"),
        Text("predicted", "예측 시간"),
        Text("measured", "측정 시간"),
        Text("median ratio", "비율 중앙값"),
        Text("spread", "퍼짐"),
    ]
    rows = [
        [
            f"{item.stage} {item.kind}".rstrip(),
            f"{item.jobs:,}",
            _span(item.predicted_seconds),
            _span(item.measured_seconds),
            f"{item.median_ratio:.2f}",
            f"{item.spread:.1f}",
        ]
        for item in used.predictions
    ]
    if rows:
        print()
        print_columns([text.get(language) for text in headings], rows)


def print_columns(headings: Sequence[str], rows: Iterable[Sequence[str]], text: Sequence[int] = (0,)) -> None:
    """A plain table; ``text`` are the columns that stand left, numbers stand right. Korean is two columns wide."""
    table = [list(headings), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(_width(row[place]) for row in table) for place in range(len(headings))]
    for number, row in enumerate(table):
        cells = []
        for place, cell in enumerate(row):
            gap = " " * (widths[place] - _width(cell))
            cells.append(cell + gap if place in text else gap + cell)
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("─" * width for width in widths))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _item(key: "ItemKey") -> str:
    part = f" #{key.part}" if key.part else ""
    return f"{key.stage} {key.submission}{f'/{key.run}' if key.run else ''}{part}"


def _size(number: float) -> str:
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= factor:
            return f"{number / factor:.1f} {unit}"
    return f"{number:,.0f} B"


def _span(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _clock(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).astimezone().strftime("%m-%d %H:%M")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"
