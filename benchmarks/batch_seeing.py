"""Seeing a batch of thousands of runs: how long the status takes, what the report costs, how its page opens.

  python benchmarks/batch_seeing.py                          2,000 runs under way, a report over 5,000 runs
  python benchmarks/batch_seeing.py --runs 20000 --append results.jsonl

A batch under way and the results of a finished one are made (from a seed) below TMPDIR and thrown away. One JSON line
a question, with the median of its rounds: wall seconds, processor seconds (what counts on a machine that does other
work too), and the bound it is held to. Memory of a command is its highest resident memory; that of the page is what
the processes of the browser take together, shared pages by their share, and what the page's own process takes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from dsqc.batch.snapshot import SNAPSHOT
from helpers.large_batch import write_large_batch
from helpers.under_way import UnderWay, write_under_way
from infra.chromium import chromium_page

SCHEMA_VERSION = "1.0"
RUNS_EACH = 10
"""Runs of a submission."""
BOUNDS = {"status_seconds": 0.5, "page_open_seconds": 2.0, "page_mib": 300.0}
"""What the station asks for."""


def command(*arguments: str) -> dict[str, float]:
    """Wall and processor seconds and highest memory (MiB) of a dsqc command."""
    begun = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "dsqc", *arguments], stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"dsqc {' '.join(arguments)} ended with {child.returncode}")
    return {
        "seconds": time.perf_counter() - begun,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "mib": usage.ru_maxrss / 1024,
    }


def median(ask: Callable[[], dict[str, float]], rounds: int) -> dict[str, float]:
    """Medians of what ``rounds`` calls say."""
    told = [ask() for _ in range(rounds)]
    return {name: round(statistics.median(row[name] for row in told), 3) for name in told[0]}


def see(place: Path, runs: int, rounds: int) -> dict[str, dict[str, float]]:
    """``dsqc batch status`` while ``runs`` are under way: the first look, later ones, as a table, Prometheus text."""
    work = place / "under_way"
    write_under_way(work, UnderWay(submissions=max(1, runs // RUNS_EACH), runs=RUNS_EACH))
    status = ("batch", "status", str(work))

    def first() -> dict[str, float]:
        (work / SNAPSHOT).unlink(missing_ok=True)
        return command(*status, "--json")

    return {
        "status, first look": median(first, rounds),
        "status": median(lambda: command(*status, "--json"), rounds),
        "status as a table": median(lambda: command(*status), rounds),
        "status for Prometheus": median(lambda: command(*status, "--prometheus", "-"), rounds),
    }


def report(place: Path, runs: int, rounds: int) -> dict[str, dict[str, float]]:
    """``dsqc batch report`` over ``runs`` that are done, and its page in headless Chromium."""
    work = place / "done"
    write_large_batch(work, max(1, runs // RUNS_EACH), RUNS_EACH)
    built = median(lambda: command("batch", "report", "-q", str(work)), rounds)
    page = work / "report" / "index.html"
    built["page_mb"] = round(page.stat().st_size / 1e6, 2)
    return {"report": built, "page": median(lambda: open_page(page), rounds)}


def open_page(page: Path) -> dict[str, float]:
    """Seconds until the page stands and can be used, memory of the browser and of the page's own process (MiB)."""
    with tempfile.TemporaryDirectory() as profile, chromium_page(Path(profile)) as tab:
        empty, _own = memory_of(profile)
        begun = time.perf_counter()
        tab.open(page.as_uri())
        rows = tab.evaluate("document.querySelectorAll('#submissions > tbody > tr').length")
        seconds = time.perf_counter() - begun
        tab.press("#tab-runs", leads_on=False)
        turned = time.perf_counter()
        tab.evaluate("document.querySelectorAll('#runs .sort')[6].click()")
        sorted_seconds = time.perf_counter() - turned
        assert rows, "the table is empty"
        assert not tab.complaints, tab.complaints
        browser, own = memory_of(profile)
        told = {"seconds": seconds, "sort_seconds": sorted_seconds, "mib": own}
        return {**told, "browser_mib": browser, "browser_empty_mib": empty}


def memory_of(profile: str) -> tuple[float, float]:
    """Memory of a browser and of its largest page process in MiB; pages shared by processes count by their share."""
    whole, own = 0.0, 0.0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes()
            lines = (process / "smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        if profile.encode() not in told and not _is_child_of(process, profile):
            continue
        size = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
        whole += size
        if b"--type=renderer" in told:
            own = max(own, size)
    return round(whole, 1), round(own, 1)


def _is_child_of(process: Path, profile: str) -> bool:
    """Whether an ancestor was started with ``profile``: not every process of a browser names it."""
    for _ in range(6):
        parent = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
        process = Path("/proc") / parent
        try:
            if profile.encode() in (process / "cmdline").read_bytes():
                return True
        except OSError:
            return False
        if parent in ("0", "1"):
            return False
    return False


def main() -> None:
    """Ask everything, print a line an answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--under-way", type=int, default=2000, metavar="N", help="runs under way (default: 2,000)")
    parser.add_argument("--runs", type=int, default=5000, metavar="N", help="runs of the report (default: 5,000)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--append", type=Path, metavar="FILE", help="add the lines to a file as well")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dsqc-seeing-") as name:
        answers: dict[str, tuple[int, dict[str, float]]] = {}
        answers |= {key: (args.under_way, told) for key, told in see(Path(name), args.under_way, args.rounds).items()}
        answers |= {key: (args.runs, told) for key, told in report(Path(name), args.runs, args.rounds).items()}
    bounds: dict[str, dict[str, float]] = {
        "status": {"seconds": BOUNDS["status_seconds"]},
        "status as a table": {"seconds": BOUNDS["status_seconds"]},
        "page": {"seconds": BOUNDS["page_open_seconds"], "mib": BOUNDS["page_mib"]},
    }
    for key, (runs, told) in answers.items():
        line: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "what": key, "runs": runs, **told}
        line["bounds"] = bounds.get(key, {})
        line["load"] = round(os.getloadavg()[0], 1)
        text = json.dumps(line)
        print(text, flush=True)
        if args.append:
            with args.append.open("a", encoding="utf-8") as file:
                file.write(text + "\n")


if __name__ == "__main__":
    main()
