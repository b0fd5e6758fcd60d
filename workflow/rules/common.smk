import shlex
from pathlib import Path

from snakemake.utils import validate

from dsqc.batch.plan import read_plan

validate(config, schema="../../schemas/workflow/config.schema.yaml")

PLAN = read_plan(config["plan"])
RECEIPTS = [
    f"results/{item.name}/receipt.json" for item in PLAN.values() if item.reachable
]
# A source that could not be listed while planning has no known runs: this time its submission goes no further.
UNREACHED = [
    f"results/{item.name}/transfer.json" for item in PLAN.values() if not item.reachable
]


wildcard_constraints:
    submission=r"[A-Za-z0-9][A-Za-z0-9_.\-]{2,99}",
    run=r"[A-Za-z0-9][A-Za-z0-9_.\-]{2,99}",


def get_source(wildcards):
    return PLAN[wildcards.submission].source


def get_measured(wildcards):
    return [
        f"results/{wildcards.submission}/runs/{run}/qc.json"
        for run in PLAN[wildcards.submission].runs
    ]


def get_run_findings(wildcards):
    return [
        f"results/{wildcards.submission}/runs/{run}/findings.jsonl"
        for run in PLAN[wildcards.submission].runs
    ]


def get_decision(wildcards):
    decision = Path(f"results/{wildcards.submission}/decision.json")
    return [decision] if decision.exists() else []


def get_option(name):
    return f"--{name} {shlex.quote(config[name])}" if config[name] else ""


# Memory and time grow with the attempt, so that a job that was killed for either has more of it the next time.
def get_mem_mb(base):
    return lambda wildcards, attempt: base * attempt


def get_runtime(minutes):
    return lambda wildcards, attempt: minutes * attempt
