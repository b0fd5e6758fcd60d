"""What the whole workflow costs beside the bare tools: a fixed batch of sample genomes with the profile ``ci``.

  python benchmarks/workflow_costs.py                                  toy size: shows that it runs
  python benchmarks/workflow_costs.py --size medium --append results.jsonl
  python benchmarks/workflow_costs.py --packages DIR                   true genomes (makers/sample_genomes.py)

The batch: a bacterium, a virus, a chloroplast and a human mitochondrion, each by short reads in pairs and by long
reads; genomes of true size and GC content, made up where no package is given. A line a stage: seconds of wall and CPU
that the stage took (the workflow's own events), and of the bare tools that do a part of its work on the same files, one
after the other in the same minute (FastQC takes all files in one process):

  transfer  cp, md5sum, sha256sum        qc  gzip -t, md5sum, sha256sum, FastQC; samtools quickcheck and stats for BAM
  register  cp, sha256sum                validate, judge  none

The last line is the whole: wall of ``dsqc batch run`` against all bare tools, and what is left of it beside the stages,
a run and a job. One JSON line each on standard output, a table on standard error. Exit code 1 where a submission does
not come out as it must.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from makers.sample_batch import SIZES, Made, make_batch
from measure import CommandError, Measurement, run_once
from peers import DSQC, TOOLS, Job
from run import machine

from dsqc.artefact import read_json
from dsqc.batch.events import EventKind, EventReader
from dsqc.batch.layout import STAGES

SCHEMA_VERSION = "1.0"
TOPIC = "workflow"
TIMEOUT = 4 * 3600
DONE = ("registered", "in_curation")


@dataclass(slots=True)
class Cost:
    """Seconds of some processes together."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    count: int = 0

    def add(self, wall_s: float, cpu_s: float) -> None:
        """One more."""
        self.wall_s += wall_s
        self.cpu_s += cpu_s
        self.count += 1

    def to_dict(self) -> dict[str, Any]:
        """For a line."""
        return {"wall_s": round(self.wall_s, 3), "cpu_s": round(self.cpu_s, 3), "count": self.count}


@dataclass(slots=True)
class Workflow:
    """One run of the batch.

    Attributes:
        whole: wall, and CPU with all children.
        stages: what each stage took, over all submissions.
        jobs: of Snakemake, that worked on submissions.
        outcomes: submission -> state.
    """

    whole: Measurement
    stages: dict[str, Cost] = field(default_factory=dict)
    jobs: int = 0
    outcomes: dict[str, str] = field(default_factory=dict)


def bare_tools(made: list[Made], scratch: Path) -> dict[str, Cost]:
    """What programs that everybody has take for a part of the work of each stage."""
    costs = {stage: Cost() for stage in STAGES}
    files = [path for item in made for path in item.files]
    for stage, command in _commands(files, scratch):
        done = run_once(command)
        costs[stage].add(done.wall_s, done.cpu_s)
    return costs


def _commands(files: list[Path], scratch: Path) -> Iterator[tuple[str, list[str]]]:
    outdir = scratch / "bare"
    outdir.mkdir(exist_ok=True)
    for name in map(str, files):
        for stage in ("transfer", "register"):
            yield stage, ["cp", name, str(outdir / "copy")]
            yield stage, ["sha256sum", name]
        for stage in ("transfer", "qc"):
            yield stage, ["md5sum", name]
        yield "qc", ["sha256sum", name]
        if name.endswith(".bam"):
            yield "qc", ["samtools", "quickcheck", "-u", name]
            yield "qc", TOOLS["stats"].call(Job(Path(name), 1, outdir))
        else:
            yield "qc", ["gzip", "-t", name]
    # One file is measured by one thread; the number only gives memory, which long reads need.
    reads = [str(path) for path in files if path.suffix != ".bam"]
    yield "qc", ["fastqc", "--quiet", "--threads", "8", "--outdir", str(outdir), *reads]


def run_workflow(sheet: Path, work: Path, profile: str) -> Workflow:
    """Run the batch once, on a station of its own.

    Raises:
        CommandError: it ended with a fault.
    """
    whole = run_once([str(DSQC), "batch", "run", str(sheet), "--work", str(work), "--profile", profile, "-q"], TIMEOUT)
    result = Workflow(whole, {stage: Cost() for stage in STAGES})
    shards = set()
    for event in EventReader(work).new():
        if event.kind is EventKind.DONE and event.stage in result.stages:
            result.stages[event.stage].add(event.seconds, event.cpu_seconds)
            shards.add(event.shard)
    result.jobs = len(shards)
    for receipt in sorted(work.glob("results/*/receipt.json")):
        result.outcomes[receipt.parent.name] = read_json(receipt)["state"]
    return result


def lines(workflow: Workflow, bare: dict[str, Cost], made: list[Made], size: str) -> Iterator[dict[str, Any]]:
    """One a stage, and one of the whole."""
    cores = len(os.sched_getaffinity(0))
    common = {"schema_version": SCHEMA_VERSION, "topic": TOPIC, "size": size}
    for stage, cost in workflow.stages.items():
        yield {**common, "stage": stage, **_beside(cost, bare[stage])}
    ours, theirs = Cost(workflow.whole.wall_s, workflow.whole.cpu_s, 1), Cost()
    for cost in bare.values():
        theirs.wall_s += cost.wall_s
        theirs.cpu_s += cost.cpu_s
        theirs.count += cost.count
    work = sum(cost.wall_s for cost in workflow.stages.values())
    left = workflow.whole.wall_s - work / cores
    runs = len(made)
    yield {
        **common,
        "stage": "all",
        **_beside(ours, theirs),
        "peak_mib": round(workflow.whole.peak_mib, 1),
        "runs": runs,
        "jobs": workflow.jobs,
        "stored_bytes": sum(path.stat().st_size for item in made for path in item.files),
        "true_genomes": sorted(item.name for item in made if item.true_genome),
        "outcomes": workflow.outcomes,
        "overhead_s": round(left, 3),
        "overhead_per_run_s": round(left / runs, 3),
        "overhead_per_job_s": round(left / max(1, workflow.jobs), 3),
        "machine": machine(),
    }


def _beside(ours: Cost, theirs: Cost) -> dict[str, Any]:
    def ratio(name: str) -> float | None:
        bare = getattr(theirs, name)
        return round(getattr(ours, name) / bare, 3) if bare else None

    return {
        "dsqc": ours.to_dict(),
        "bare": theirs.to_dict(),
        "ratio_wall": ratio("wall_s"),
        "ratio_cpu": ratio("cpu_s"),
    }


def table(found: list[dict[str, Any]]) -> str:
    """The lines for people."""
    rows = [f"{'stage':<10}{'dsqc wall':>11}{'cpu':>9}{'bare wall':>11}{'cpu':>9}{'ratio cpu':>11}"]
    for item in found:
        ratio = "-" if item["ratio_cpu"] is None else f"{item['ratio_cpu']:.2f}"
        ours, bare = item["dsqc"], item["bare"]
        rows.append(
            f"{item['stage']:<10}{ours['wall_s']:>10.1f}s{ours['cpu_s']:>8.1f}s{bare['wall_s']:>10.1f}s"
            f"{bare['cpu_s']:>8.1f}s{ratio:>11}"
        )
    whole = found[-1]
    rows.append(
        f"{whole['runs']} runs in {whole['jobs']} jobs; beside the stages: {whole['overhead_s']:.1f} s, "
        f"{whole['overhead_per_run_s']:.2f} s a run, {whole['overhead_per_job_s']:.2f} s a job"
    )
    return "\n".join(rows)


def main(arguments: list[str] | None = None) -> int:
    """Make the batch, run both, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=sorted(SIZES), default="toy")
    parser.add_argument("--profile", default="ci")
    parser.add_argument("--packages", type=Path, metavar="DIR", help="packages with the true genomes")
    parser.add_argument("--append", type=Path, metavar="FILE", help="write the lines there too")
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()), help="scratch space")
    args = parser.parse_args(arguments)
    subprocess.run([str(DSQC), "warmup", "-q"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(dir=args.place, prefix="dsqc-workflow-") as scratch:
        folder = Path(scratch)
        sheet, made = make_batch(folder / "batch", args.size, args.packages)
        begun = time.monotonic()
        try:
            bare = bare_tools(made, folder)
            workflow = run_workflow(sheet, folder / "work", args.profile)
        except CommandError as error:
            print(f"workflow_costs: {error}", file=sys.stderr)
            return 1
        found = list(lines(workflow, bare, made, args.size))
    text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in found)
    sys.stdout.write(text)
    if args.append:
        with args.append.open("a", encoding="utf-8") as file:
            file.write(text)
    print(table(found), file=sys.stderr)
    print(f"measured in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    wrong = {item.name: workflow.outcomes.get(item.name, "nothing") for item in made}
    wrong = {name: state for name, state in wrong.items() if state not in DONE}
    for name, state in wrong.items():
        print(f"workflow_costs: {name} is {state}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
