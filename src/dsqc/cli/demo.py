"""The whole flow on the sample batch that dsqc ships: made-up submissions, some of them broken as real ones are.

The demonstration knows which submissions must be registered and which must go back, and fails where it comes out
otherwise.
"""

import argparse
import csv
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.errors import ExitCode, SystemFault
from dsqc.language import Text

if TYPE_CHECKING:
    from dsqc.batch.status import BatchStatus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc demo``."""
    parser.add_argument(
        "--work", type=Path, default=Path("dsqc-demo"), metavar="DIR", help="working directory (default: dsqc-demo)"
    )
    parser.add_argument(
        "--profile", default="local", metavar="NAME", help="local, slurm, ci, or a directory (default: local)"
    )


def run(args: argparse.Namespace) -> int:
    """Run the sample batch on a station of its own and compare what came out with what must."""
    from importlib.resources import as_file, files

    from dsqc.batch.run import EMBEDDED_STATION, RunOptions, run_batch
    from dsqc.cli.batch import print_summary, progress

    with as_file(files("dsqc.sample_batch").joinpath("batch.tsv")) as sheet:
        work: Path = args.work.absolute()
        options = RunOptions(sheet=sheet, work=work, profile=args.profile, station=work / EMBEDDED_STATION)
        with progress(args) as watch:
            status = run_batch(options, watch)
        print_summary(status, work, args)
        surprises = compare(status, sheet.with_name("expected.tsv"))
    for line in surprises:
        print(f"dsqc demo: {line}", file=sys.stderr)
    if not args.json:
        station = shlex.quote(str(work / EMBEDDED_STATION))
        print(
            Text("Search the catalog:", "카탈로그 검색:").get(args.lang),
            f"{_command()} catalog search --json --station {station}",
        )
    return ExitCode.FAULT if surprises else ExitCode.DONE


def compare(status: "BatchStatus", expected: Path) -> list[str]:
    """Where a submission came out otherwise than ``expected`` (submission, state, codes among its reasons) says.

    Raises:
        SystemFault: the sample batch is not complete.
    """
    try:
        with expected.open(encoding="utf-8", newline="") as file:
            wanted = {row["submission"]: row for row in csv.DictReader(file, delimiter="\t")}
    except (OSError, KeyError) as error:
        raise SystemFault(f"{expected} cannot be read: {error}.", hint="Install dsqc again.") from error
    found = {item.name: item for item in status.submissions}
    surprises = [f"{name}: not expected in the sample batch" for name in found if name not in wanted]
    for name, row in wanted.items():
        item = found.get(name)
        state = item.outcome.value if item else "missing"
        missing = set(row["codes"].split()) - {reason.code for reason in item.reasons} if item else set()
        if state != row["state"]:
            surprises.append(f"{name}: {state} instead of {row['state']}")
        elif missing:
            surprises.append(f"{name}: {state}, but without {', '.join(sorted(missing))}")
    return surprises


def _command() -> str:
    """`dsqc` where the shell finds this one, else the path that it was called by (`make demo` installs into .venv)."""
    called = Path(sys.argv[0])
    found = shutil.which("dsqc")
    return "dsqc" if called.name != "dsqc" or (found and Path(found).samefile(called)) else shlex.quote(str(called))
