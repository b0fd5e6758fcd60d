"""Form against file: what the reads alone tell of every attribute, and whether the form says the same.

Each attribute has an inference with its probability and its evidence, and one of three answers: agree, disagree, cannot
tell. Probabilities are how often such an inference was right on simulated runs (``benchmarks/confusion.py``); what was
right in less than 95 % of them contradicts nothing. Whatever can be explained otherwise is "cannot tell": a false alarm
is worse than none.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from dsqc.findings import Finding, Location, finding
from dsqc.judge.inferred.library import infer_library
from dsqc.judge.inferred.model import Agreement, FileResult, Inference, RunResult
from dsqc.judge.inferred.origin import infer_origin
from dsqc.judge.inferred.sample import infer_sample
from dsqc.judge.inferred.shape import infer_shape

FOUND_ELSEWHERE = frozenset({"DSQC-D007", "DSQC-D015", "DSQC-D023", "DSQC-D025"})
"""Codes of attributes that other checks compare; here they only stand in the table."""

__all__ = ["Agreement", "FileResult", "Inference", "RunResult", "infer", "inferred_findings", "inferred_rows"]


def infer(run: RunResult) -> list[Inference]:
    """Every attribute of which the form or the reads say something; none of a run that is not whole."""
    if run.measured["state"] != "measured" or not run.files:
        return []
    every = [*infer_origin(run), *infer_shape(run), *infer_library(run), *infer_sample(run)]
    return [item for item in every if item.declared or item.inferred]


def inferred_findings(run: RunResult, inferences: Iterable[Inference]) -> Iterator[Finding]:
    """DSQC-D033 to DSQC-D048: where form and reads disagree, and no other check says it."""
    for item in inferences:
        if item.agreement is not Agreement.DISAGREE or item.code in FOUND_ELSEWHERE:
            continue
        yield finding(
            item.code,
            Location(path=item.path, sheet=item.sheet, row=item.row, attribute=item.form_attribute),
            object_id=run.declared.run.key,
            value=item.inferred,
            expected=item.declared,
            probability=f"{100 * (item.probability or 0):.1f} %",
            evidence=item.evidence.en,
            evidence_ko=item.evidence.ko,
        )


def inferred_rows(inferences: Iterable[Inference]) -> list[dict[str, Any]]:
    """The inferences of one run as they stand in ``verdict.json``."""
    return [
        {
            "attribute": item.attribute,
            "declared": item.declared,
            "inferred": item.inferred,
            "agreement": item.agreement.value,
            "probability": None if item.probability is None else round(item.probability, 6),
            "basis": item.basis,
            "evidence": item.evidence.en,
            "evidence_ko": item.evidence.ko,
            "sheet": item.sheet,
            "row": item.row,
            "form_attribute": item.form_attribute,
            "file": item.path,
            "code": item.code if item.agreement is Agreement.DISAGREE else "",
        }
        for item in inferences
    ]
