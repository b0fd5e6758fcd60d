"""Run a sheet of submissions through all stages, see how the batch stands, write its report.

BATCH is a sheet, tab-separated with the headings `submission` and `source`; or a directory, or an s3:// prefix, in
which every directory with a form is a submission. A submission with faulty data is returned with its findings while the
others are registered. An interrupted run continues with the same command.

The work is cut into shards, a job of the scheduler each: `dsqc batch plan` shows them, `dsqc batch shard` does one.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._batch_notify import add_notify_arguments, run_notify, telling
from dsqc.cli._batch_status import add_status_arguments, show_status
from dsqc.cli._options import action_options, add_station, add_threads
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsqc.batch.run import RunOptions
    from dsqc.batch.status import BatchStatus, SubmissionStatus

TOP_REASONS = 3
"""Codes that the table names for a returned submission."""
OUTCOMES = {
    "registered": Text("registered", "등록됨"),
    "returned": Text("returned", "반려됨"),
    "in_curation": Text("in curation", "검토 대기"),
    "rejected": Text("rejected", "거절됨"),
    "failed": Text("failed", "실패"),
    "running": Text("running", "진행 중"),
    "waiting": Text("waiting", "대기"),
}
MOST_SUBMISSIONS = 40
"""Submissions that a look at a batch lists; of more only those that call for somebody."""
CALLING = ("failed", "returned", "rejected", "in_curation")


class _ActionParser(argparse.ArgumentParser):
    """Leaves what stands behind ``--`` alone, in ``extra``; argparse would take it for positional arguments."""

    def parse_known_args(  # type: ignore[override]  # one of its overloads is enough here
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        own = list(args or ())
        cut = own.index("--") if "--" in own else len(own)
        found, unknown = super().parse_known_args(own[:cut], namespace)
        found.extra = tuple(own[cut + 1 :])
        return found, unknown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc batch``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_ActionParser)
    shared: Any = action_options()
    run_parser = actions.add_parser(
        "run",
        parents=[shared],
        help="run a batch, or continue one",
        usage="dsqc batch run [options] BATCH [-- further arguments of Snakemake]",
    )
    _add_sheet(run_parser)
    run_parser.add_argument("--cores", type=int, metavar="N", help="processors to use at most (default: the profile's)")
    _add_batch_options(run_parser)
    run_parser.add_argument("-n", "--dry-run", action="store_true", help="only show which jobs would run")
    plan_parser = actions.add_parser("plan", parents=[shared], help="cut a batch into shards, run nothing")
    _add_sheet(plan_parser)
    shard_parser = actions.add_parser("shard", parents=[shared], help="do one shard of a plan (the workflow calls it)")
    _add_shard(shard_parser)
    add_notify_arguments(actions.add_parser("notify", parents=[shared], help="tell who is to be told of a batch"))
    for name, text in (("status", "how a batch stands"), ("report", "write the batch page")):
        sub = actions.add_parser(name, parents=[shared], help=text)
        sub.add_argument("work", type=Path, metavar="WORK", help="working directory, or the batch sheet")
        if name == "status":
            add_status_arguments(sub)
        else:
            _add_report(sub)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--run",
        dest="one_run",
        metavar="SUBMISSION/RUN",
        help="write the page of this one run, with its goals, and nothing else",
    )
    parser.add_argument(
        "--run-pages",
        choices=("auto", "all", "none"),
        default="auto",
        help="a page of its own for every run; auto: in batches of at most 300 runs (default)",
    )


def _add_sheet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sheet", metavar="BATCH", help="batch sheet, or a directory or s3:// prefix that holds submissions"
    )
    parser.add_argument("--work", type=Path, metavar="DIR", help="working directory (default: <its name>.work)")
    add_station(parser)
    parser.add_argument(
        "--profile",
        default="local",
        metavar="NAME",
        help="local, slurm, slurm-array, ci, or a directory (default: local)",
    )
    parser.add_argument(
        "--shards", type=_count, default=0, metavar="N", help="cut into about N shards (default: by the profile)"
    )
    parser.add_argument(
        "--rates", type=Path, metavar="FILE", help="rates.json of another batch: what the work costs on this machine"
    )


def _add_batch_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="the day that date rules take")
    parser.add_argument("--goals", type=Path, metavar="FILE", help="quality goals (default: the station's)")


def _add_shard(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shard", metavar="ID", help="shard of the plan: s0001")
    parser.add_argument("--work", type=Path, default=Path(), metavar="DIR", help="working directory of the batch")
    add_threads(parser)
    add_station(parser)
    _add_batch_options(parser)
    parser.add_argument("--attempt", type=_count, default=1, metavar="N", help="which attempt this is (default: 1)")
    parser.add_argument(
        "--attempts",
        type=_count,
        default=1,
        metavar="N",
        help="how many there are; what fails in the last one is given up (default: 1)",
    )
    parser.add_argument(
        "--memory",
        type=_count,
        default=0,
        metavar="MIB",
        help="end a job where all together take more (default: never)",
    )
    parser.add_argument(
        "--transfer-slots", type=_count, default=0, metavar="N", help="transfers at a time over all shards"
    )
    parser.add_argument(
        "--scratch",
        type=Path,
        metavar="DIR",
        help="node-local directory for temporary files (default: DSQC_SCRATCH, SLURM_TMPDIR, TMPDIR)",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Do what ``args.action`` names."""
    actions = {"run": _run, "plan": _plan, "shard": _shard, "status": _status, "report": _report, "notify": run_notify}
    return actions[args.action](args)


def _options(args: argparse.Namespace) -> "RunOptions":
    from dsqc.batch.layout import default_work
    from dsqc.batch.run import RunOptions

    return RunOptions(
        sheet=args.sheet,
        work=args.work or default_work(args.sheet),
        profile=args.profile,
        station=args.station,
        shards=args.shards,
        rates=args.rates,
    )


def _run(args: argparse.Namespace) -> int:
    from dsqc.batch.run import run_batch

    options = replace(
        _options(args),
        cores=args.cores,
        today=args.today.isoformat() if args.today else "",
        goals=args.goals,
        dry_run=args.dry_run,
        verbose=args.verbose,
        extra=args.extra,
    )
    with telling(options), progress(args) as watch:
        status = run_batch(options, watch)
    if args.dry_run:
        return ExitCode.DONE
    print_summary(status, options.work, args)
    return exit_code(status)


def _plan(args: argparse.Namespace) -> int:
    from dsqc.batch.run import plan_only
    from dsqc.cli._batch_plan import print_plan

    plan = plan_only(_options(args))
    print_plan(plan, args)
    return ExitCode.DONE


def _shard(args: argparse.Namespace) -> int:
    from dsqc.batch.jobs import BatchOptions
    from dsqc.batch.shard import ShardOptions, run_shard

    batch = BatchOptions(
        str(args.station.absolute()) if args.station else "",
        args.today.isoformat() if args.today else "",
        str(args.goals.absolute()) if args.goals else "",
    )
    options = ShardOptions(
        work=args.work,
        threads=args.threads,
        attempt=args.attempt,
        attempts=args.attempts,
        memory_mib=args.memory,
        transfer_slots=args.transfer_slots,
        scratch=args.scratch.absolute() if args.scratch else None,
        batch=batch,
    )
    return run_shard(args.shard, options).exit_code


def _status(args: argparse.Namespace) -> int:
    from dsqc.batch.layout import find_work

    return show_status(args, find_work(args.work))


def _counts(status: "BatchStatus") -> Iterator[tuple[str, dict[str, int]]]:
    for stage, counts in status.stages.items():
        yield stage, {state.value: number for state, number in counts.items()}


def _report(args: argparse.Namespace) -> int:
    from dsqc.batch.layout import find_work

    work = find_work(args.work)
    if args.one_run:
        from dsqc.stages.report import write_run_page

        submission, _, key = args.one_run.partition("/")
        print(write_run_page(work, submission, key))
        return ExitCode.DONE
    from dsqc.batch.reporting import write_report

    print(write_report(work, run_pages={"auto": None, "all": True, "none": False}[args.run_pages]))
    return ExitCode.DONE


def exit_code(status: "BatchStatus") -> ExitCode:
    """1 where something failed or is not through by our fault, 3 where submissions go back, else 0."""
    from dsqc.batch.status import Outcome

    if any(status.totals.get(item) for item in (Outcome.FAILED, Outcome.RUNNING, Outcome.WAITING)):
        return ExitCode.FAULT
    if any(status.totals.get(item) for item in (Outcome.RETURNED, Outcome.REJECTED)):
        return ExitCode.FINDINGS
    return ExitCode.DONE


def print_summary(status: "BatchStatus", work: Path, args: argparse.Namespace) -> None:
    """Print how every submission stands, or the whole as JSON."""
    if args.json:
        from dsqc.cli._output import print_json

        print_json(status.to_dict())
        return
    print_submissions(status, work, args.lang, every=True)


def print_submissions(status: "BatchStatus", work: Path, language: Language, *, every: bool) -> None:
    """Print how submissions stand: every one, or of a large batch those that call for somebody."""
    from dsqc.cli._output import print_table

    headings = (
        Text("submission", "제출"),
        Text("runs", "런"),
        Text("state", "상태"),
        Text("accession, or why", "등록번호 또는 사유"),
    )
    shown = list(status.submissions)
    if not every and len(shown) > MOST_SUBMISSIONS:
        calling = [item for name in CALLING for item in shown if item.outcome.value == name]
        shown = calling[:MOST_SUBMISSIONS]
    rows = [
        (item.name, str(item.runs), OUTCOMES[item.outcome.value].get(language), _why(item, work, language))
        for item in shown
    ]
    if rows:
        print_table([item.get(language) for item in headings], rows)
    rest = len(status.submissions) - len(shown)
    if rest:
        print(Text(f"… {rest:,} more submissions (--all).", f"… 외 제출 {rest:,}개(--all).").get(language))
    print()
    print_totals(status, work, language)


def print_totals(status: "BatchStatus", work: Path, language: Language) -> None:
    """Print how many submissions stand how, and where the report is."""
    totals = {item.value: number for item, number in status.totals.items()}
    print(", ".join(f"{totals[name]} {text.get(language)}" for name, text in OUTCOMES.items() if totals.get(name)))
    if status.page:
        print(f"{Text('Report:', '보고서:').get(language)} {work / status.page}")


def _why(item: "SubmissionStatus", work: Path, language: Language) -> str:
    if item.log:
        text = Text("stage {stage}, see {log}", "{stage} 단계, 로그: {log}").get(language)
        return "\n".join([*_last_words(work / item.log), text.format(stage=item.stage, log=work / item.log)])
    if item.stage:
        return f"{item.stage} {item.note}".rstrip()
    if item.accession:
        return item.accession
    lines = []
    for reason in item.reasons[:TOP_REASONS]:
        more = f" (×{reason.count})" if reason.count > 1 else ""
        lines.append(f"{reason.code}{more} {reason.message.get(language)}")
    rest = len(item.reasons) - TOP_REASONS
    if rest > 0:
        lines.append(Text(f"… and {rest} more codes", f"… 외 코드 {rest}개").get(language))
    return "\n".join(lines)


def _last_words(log: Path) -> list[str]:
    """What a failed job said last; nothing where it was killed before it could."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []
    return [line for line in lines if line.startswith("dsqc ")][-1:]


@contextmanager
def progress(args: argparse.Namespace) -> "Iterator[Callable[[BatchStatus], None] | None]":
    """A line with the jobs done, on a terminal only; elsewhere nothing."""
    if args.quiet or args.verbose or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(Text("starting", "시작").get(args.lang), total=None)

        def watch(status: "BatchStatus") -> None:
            counts = dict(_counts(status))
            done = sum(item.get("done", 0) for item in counts.values())
            total = sum(sum(item.values()) for item in counts.values())
            active = [name for name, item in counts.items() if item.get("running")]
            bar.update(task, completed=done, total=total, description=" ".join(active) or "…")

        yield watch
