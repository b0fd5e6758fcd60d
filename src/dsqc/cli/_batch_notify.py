"""`dsqc batch notify`, and the notification at the end of `dsqc batch run`."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.cli._options import add_station
from dsqc.errors import ExitCode, SystemFault, UsageError
from dsqc.language import Text

if TYPE_CHECKING:
    from dsqc.batch.run import RunOptions


def add_notify_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc batch notify``."""
    parser.add_argument("work", type=Path, metavar="WORK", help="working directory, or the batch sheet")
    add_station(parser)
    parser.add_argument("--test", action="store_true", help="send a message that says it is a test")
    parser.add_argument(
        "--once", action="store_true", help="nothing while the batch runs, or where this was told already (for cron)"
    )


def run_notify(args: argparse.Namespace) -> int:
    """Tell how the batch stands, by every way that ``[notify]`` names."""
    from dsqc.batch.layout import find_work
    from dsqc.batch.notice import make_notice
    from dsqc.batch.notify import note, notify, was_told
    from dsqc.batch.status import batch_status
    from dsqc.station import load_station

    work = find_work(args.work)
    station = load_station(_station_file(args.station, work))
    if not station.notify.tells_anybody:
        raise UsageError(
            "The station tells nobody.", hint="Name addresses (mail_to) or a webhook in [notify] of station.toml."
        )
    status = batch_status(work)
    notice = make_notice(status, work, test=args.test)
    if args.once and (status.running or was_told(work, notice)):
        return ExitCode.DONE
    deliveries = notify(notice, station)
    if not args.test:
        note(work, notice, deliveries)
    if args.json:
        from dsqc.cli._output import print_json

        rows = [item.to_dict() for item in deliveries]
        print_json({"schema_version": "1.0", "notice": notice.to_dict(station.notify.language), "deliveries": rows})
    else:
        for item in deliveries:
            told = item.problem or Text("delivered", "전달됨").get(args.lang)
            print(f"{item.channel} {item.to}".rstrip() + f": {told}")
    return ExitCode.FAULT if any(item.problem for item in deliveries) else ExitCode.DONE


@contextmanager
def telling(options: "RunOptions") -> Iterator[None]:
    """Tell how a run ended, well or by a fault or by its user; a call that was wrong is told to nobody."""
    try:
        yield
    except (KeyboardInterrupt, SystemFault):
        _tell(options, stopped=True)
        raise
    _tell(options, stopped=False)


def _tell(options: "RunOptions", *, stopped: bool) -> None:
    from dsqc.batch.notify import notify_end

    work = options.work.absolute()
    if not options.dry_run and (work / "plan.json").is_file():
        notify_end(work, _station_file(options.station, work), stopped=stopped)


def _station_file(station: Path | None, work: Path) -> Path:
    """The station that the batch was run with."""
    from dsqc.batch.run import EMBEDDED_STATION
    from dsqc.station import ENVIRONMENT_VARIABLE

    return Path(station or os.environ.get(ENVIRONMENT_VARIABLE) or work / EMBEDDED_STATION)
