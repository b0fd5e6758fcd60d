"""The judge: quality goals (data) applied to metrics, and a verdict with the findings that decided it.

``dsqc.stages`` imports it. Pure functions over plain data; only :func:`load` reads a file::

    from dsqc.judge import decide, evaluate, load
    results, findings = evaluate(load().goals, experiment, metrics, run_key="RUN_1", file="leaf_R1.fastq.gz")
"""

from dsqc.judge.evaluate import Decision, decide, evaluate
from dsqc.judge.goals import Goal, QualityGoals, load

__all__ = ["Decision", "Goal", "QualityGoals", "decide", "evaluate", "load"]
