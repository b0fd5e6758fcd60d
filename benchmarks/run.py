"""Measure dsqc beside its peers and beside pure decompression; one JSON line a measurement on standard output.

  python benchmarks/run.py                                   all topics at toy size: shows that everything runs
  python benchmarks/run.py --size full --data DIR --append results.jsonl --check
  python benchmarks/run.py --size full qc_bam --tools dsqc stats
  python benchmarks/run.py --check --from results.jsonl      hold saved lines against the bars

Figures count at full size, on a quiet machine. A program that fails ends the run with exit code 1; with --check so
does a bar that is not reached, at full size only.
"""

import argparse
import fnmatch
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import bars
from files import CATALOGUE, DATA, File, prepare
from measure import CommandError, Measurement, Pair, in_pairs, summary
from peers import DSQC, TOOLS, Job, version_of
from topics import TOPICS, TRANSFERS, Contender, Topic

SCHEMA_VERSION = "1.0"
ROUNDS = {"toy": (1, 1), "medium": (3, 2), "full": (5, 3)}
"""Rounds of fast and of slow programs."""
OURS = frozenset({"dsqc", "validate"})
"""Tools of ``peers.TOOLS`` that are dsqc itself."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for, and which contenders have run (at toy size a peer runs once: that shows that it works)."""

    size: str
    data: Path
    rounds: int
    tools: frozenset[str]
    largest: int = 0
    seen: set[Contender] = field(default_factory=set)

    def skips(self, contender: Contender) -> bool:
        """Whether a contender is left out."""
        if self.tools and contender[0] not in self.tools:
            return True
        return self.size == "toy" and contender[0] not in OURS and contender in self.seen

    def warms_up(self, contender: Contender) -> bool:
        """Whether one more run goes before those that count: files in memory, kernels compiled."""
        if self.size == "toy":
            return contender[0] in OURS and contender not in self.seen
        return not TOOLS[contender[0]].slow

    def rounds_of(self, tool: str) -> int:
        """How often ``tool`` runs."""
        return self.rounds or ROUNDS[self.size][TOOLS[tool].slow]


@cache
def machine() -> dict[str, Any]:
    """What the figures depend on."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def files_of(topic: Topic, settings: Settings) -> list[File | None]:
    """The files of a topic, made if need be; one None for a topic without files."""
    names = [name for pattern in topic.files for name in fnmatch.filter(CATALOGUE[settings.size], pattern)]
    if settings.largest:
        names = [name for name in names if megabytes_of(name) <= settings.largest]
    return [prepare(name, settings.size, settings.data) for name in names] or [None]


def megabytes_of(name: str) -> int:
    """Text of a file of the topic ``linearity``, by its name; 0 of others."""
    found = re.search(r"_(\d+)mb\.", name)
    return int(found.group(1)) if found else 0


def call_of(contender: Contender, file: File | None, outdir: Path) -> list[str]:
    """The command line of one run."""
    tool, threads = contender
    if file is None:
        return [str(DSQC), "--help"]
    reference = file.reference if file.path.suffix == ".cram" else None
    return TOOLS[tool].call(Job(file.path, threads, outdir, reference))


def line_of(topic: str, settings: Settings, file: File | None, contender: Contender) -> dict[str, Any]:
    """What every line has."""
    name, facts = ("", None) if file is None else (file.path.name, file.facts)
    stored = file.path.stat().st_size if file else None
    return {
        "schema_version": SCHEMA_VERSION,
        "topic": topic,
        "size": settings.size,
        "file": {
            "name": name,
            "reads": facts and facts.reads,
            "bases": facts and facts.bases,
            "text_bytes": facts and facts.text_bytes,
            "stored_bytes": stored,
        },
        "tool": contender[0],
        "label": TOOLS[contender[0]].label,
        "version": version_of(contender[0]) if TOOLS[contender[0]].path else "",
        "threads": contender[1],
    }


def figures(runs: list[Measurement]) -> dict[str, Any]:
    """Wall, CPU and memory of several runs."""
    return {
        "rounds": len(runs),
        "wall_s": summary([run.wall_s for run in runs]),
        "cpu_s": summary([run.cpu_s for run in runs]),
        "peak_mib": round(max(run.peak_mib for run in runs), 1),
    }


def check_count(file: File, outdir: Path) -> None:
    """dsqc must have seen every read, or every sample: a fast wrong answer is none."""
    if file.path.suffix == ".xlsx":
        command = [*TOOLS["validate"].call(Job(file.path, 1, outdir)), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        counted = json.loads(done.stdout)["object_counts"]["sample"]
        if counted != file.facts.reads:
            raise CommandError(f"dsqc read {counted} samples of {file.path.name}, which has {file.facts.reads}")
        return
    report = json.loads(next(outdir.glob("*.dsqc.json")).read_text(encoding="utf-8"))
    counted = report["metrics"]["read_count"]
    if counted != file.facts.reads:
        raise CommandError(f"dsqc counted {counted} reads in {file.path.name}, which has {file.facts.reads}")


def contend(name: str, topic: Topic, settings: Settings) -> Iterator[dict[str, Any]]:
    """The lines of one topic: each contender beside the limit, then the limit itself."""
    for file in files_of(topic, settings):
        limits: list[Measurement] = []
        for contender in topic.contenders:
            if settings.skips(contender):
                continue
            line = line_of(name, settings, file, contender)
            if not TOOLS[contender[0]].path:
                yield line | {"missing": TOOLS[contender[0]].source, "machine": machine()}
                continue
            pair = _pair(contender, topic.limit, file, settings)
            settings.seen.add(contender)
            limits += pair.limits
            ratio: dict[str, Any] = {"limit": "", "ratio": None}
            if pair.limits and topic.limit:
                ratio = {"limit": _label(topic.limit), "ratio": summary(pair.ratios)}
            yield line | figures(pair.runs) | ratio | {"machine": machine()}
        if topic.limit and limits:
            itself = {"limit": _label(topic.limit), "ratio": summary([1.0])}
            yield line_of(name, settings, file, topic.limit) | figures(limits) | itself | {"machine": machine()}


def _label(contender: Contender) -> str:
    tool, threads = contender
    return TOOLS[tool].label + (f", {threads} threads" if threads > 1 else "")


def _pair(contender: Contender, limit: Contender | None, file: File | None, settings: Settings) -> Pair:
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        mine, beside = Path(place, "run"), Path(place, "limit")
        mine.mkdir()
        beside.mkdir()
        if limit and not TOOLS[limit[0]].path:
            raise CommandError(f"{TOOLS[limit[0]].label} is the limit and is missing: {TOOLS[limit[0]].source}")
        pair = in_pairs(
            call_of(contender, file, mine),
            call_of(limit, file, beside) if limit else None,
            settings.rounds_of(contender[0]),
            warm_up=settings.warms_up(contender),
        )
        if contender[0] in OURS and file is not None:
            check_count(file, mine)
    return pair


def kernels(name: str, topic: Topic, settings: Settings) -> Iterator[dict[str, Any]]:
    """One line a kernel and file: gigabases a second of one core."""
    for file in files_of(topic, settings):
        if file is None:
            continue
        command = [sys.executable, str(Path(__file__).parent / "kernels.py"), str(file.path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CommandError(f"kernels.py ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        found = json.loads(done.stdout)
        for row in found["kernels"]:
            seconds = row["cpu_s"]
            yield line_of(name, settings, file, ("dsqc", 1)) | {
                "kernel": row["kernel"],
                "calls": row["calls"],
                "kernel_cpu_s": seconds,
                "run_cpu_s": found["cpu_s"],
                "gigabases_per_s": round(found["bases"] / seconds / 1e9, 3) if seconds else None,
                "machine": machine(),
            }


def transfers(name: str, _topic: Topic, settings: Settings) -> Iterator[dict[str, Any]]:
    """One line a program that copies a submission to or from a store, beside dsqc."""
    import transfers as copying

    for tool, size_bytes, runs, ratios in copying.race(name, settings.size, settings.rounds):
        copier = copying.COPIERS[tool]
        line = {
            "schema_version": SCHEMA_VERSION,
            "topic": name,
            "size": settings.size,
            "file": {
                "name": name,
                "reads": None,
                "bases": None,
                "text_bytes": None,
                "stored_bytes": size_bytes,
            },
            "tool": tool,
            "label": copier.label,
            "version": copying.version_of(copier) if copier.path else "",
            "threads": 0,
        }
        if runs:
            yield line | figures(runs) | {"limit": "dsqc", "ratio": summary(ratios), "machine": machine()}
        else:
            yield line | {"missing": copier.source, "machine": machine()}


def say_verdicts(lines: list[dict[str, Any]]) -> bool:
    """Print what was reached, on standard error; whether all of it was."""
    full = all(line["size"] == "full" for line in lines)
    note = "" if full else "  (not full size: no judgement)"
    verdicts = bars.check(lines, bars.load())
    for verdict in verdicts:
        state = {None: "not measured", True: "reached", False: "NOT REACHED"}[verdict.reached]
        aim = {None: "", True: ", aim too", False: ", aim not"}[verdict.aim]
        value = "–" if verdict.value is None else f"{verdict.value:g}"
        print(f"{state + aim:22} {value:>9} {verdict.bound:>8}  {verdict.text}{note}", file=sys.stderr)
    return not full or all(verdict.reached is not False for verdict in verdicts)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"of {', '.join(TOPICS)} (default: all)")
    parser.add_argument("--size", choices=sorted(CATALOGUE), default="toy")
    parser.add_argument("--data", type=Path, default=DATA, help="where made files stand (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=0, help="of each program (default: toy 1, full 5, slow ones 3)")
    parser.add_argument("--tools", nargs="+", choices=sorted(TOOLS), default=(), help="only these contenders")
    parser.add_argument("--largest", type=int, default=0, metavar="MB", help="largest file of the topic linearity")
    parser.add_argument("--append", type=Path, metavar="FILE", help="also append the lines to FILE")
    parser.add_argument("--check", action="store_true", help="hold the lines against bars.toml")
    parser.add_argument("--from", type=Path, dest="saved", metavar="FILE", help="measure nothing: lines of this file")
    args = parser.parse_args()
    if unknown := set(args.topics) - set(TOPICS):
        parser.error(f"no topic {', '.join(sorted(unknown))}; there are {', '.join(TOPICS)}")
    return args


def main() -> int:
    """Measure, print, judge."""
    args = arguments()
    settings = Settings(args.size, args.data, args.rounds, frozenset(args.tools), args.largest)
    lines: list[dict[str, Any]] = []
    if args.saved:
        lines = [json.loads(text) for text in args.saved.read_text(encoding="utf-8").splitlines()]
    else:
        for name in args.topics or TOPICS:
            measured = {"kernels": kernels}.get(name, transfers if name in TRANSFERS else contend)
            for line in measured(name, TOPICS[name], settings):
                lines.append(line)
                text = json.dumps(line, ensure_ascii=False)
                print(text, flush=True)
                if args.append:
                    with args.append.open("a", encoding="utf-8") as file:
                        file.write(text + "\n")
    return 0 if not args.check or say_verdicts(lines) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CommandError as error:
        print(f"run.py: {error}", file=sys.stderr)
        sys.exit(1)
