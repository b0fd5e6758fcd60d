import shlex

from snakemake.utils import validate
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

from dsqc.batch.ends import wakes_for_ends
from dsqc.batch.plan import INDEX, read_index

validate(config, schema="../../schemas/workflow/config.schema.yaml")

# Executors of clusters ask ever more rarely how the jobs are; here they ask when a shard has left its end, too.
RemoteExecutor.sleep = wakes_for_ends(RemoteExecutor.sleep)

SHARDS = read_index(INDEX)
ENDS = [f"shards/{name}.end.json" for name in SHARDS]


wildcard_constraints:
    shard=r"s\d+",


def get_earlier(wildcards):
    return [f"shards/{name}.end.json" for name in SHARDS[wildcards.shard]["after"]]


def get_threads(wildcards):
    return SHARDS[wildcards.shard]["threads"]


# Memory, time and scratch grow with the attempt: a shard that was killed for any of them has more of it the next time.
def get_growing(name):
    return lambda wildcards, attempt: SHARDS[wildcards.shard][name] * attempt


def get_attempt(wildcards, attempt):
    return attempt


def get_options():
    chosen = ((name, config[name]) for name in ("station", "today", "goals"))
    return " ".join(f"--{name} {shlex.quote(value)}" for name, value in chosen if value)
