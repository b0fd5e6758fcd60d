"""The judge: quality goals (data) and what forms declare against metrics, and a verdict with what decided it.

``dsqc.stages`` imports it. Pure functions over plain data; only :func:`load` reads a file::

    from dsqc.judge import decide, evaluate, load
    results, findings = evaluate(load().goals, experiment, metrics, run_key="RUN_1", file="leaf_R1.fastq.gz")
"""

from dsqc.judge.declared import Declared, depth_findings, file_findings, run_findings
from dsqc.judge.evaluate import Decision, decide, evaluate
from dsqc.judge.goals import Goal, QualityGoals, load
from dsqc.judge.identity import Pair, Person, compare, counts_of, identity_document, identity_findings
from dsqc.judge.inferred import FileResult, Inference, RunResult, infer, inferred_findings, inferred_rows
from dsqc.judge.organisms import organism_findings
from dsqc.judge.repeated import repeated_findings
from dsqc.judge.siblings import Oddity, mate_findings, oddities, sibling_findings

__all__ = [
    "Decision",
    "Declared",
    "FileResult",
    "Goal",
    "Inference",
    "Oddity",
    "Pair",
    "Person",
    "QualityGoals",
    "RunResult",
    "compare",
    "counts_of",
    "decide",
    "depth_findings",
    "evaluate",
    "file_findings",
    "identity_document",
    "identity_findings",
    "infer",
    "inferred_findings",
    "inferred_rows",
    "load",
    "mate_findings",
    "oddities",
    "organism_findings",
    "repeated_findings",
    "run_findings",
    "sibling_findings",
]
