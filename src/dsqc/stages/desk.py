"""desk: validate, measure and judge a whole submission at the submitter's desk: the verdict that the station will give.

The same steps as at the station, in one directory. Signing (:mod:`dsqc.stages.sign`) is built on it.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dsqc import artefact
from dsqc.errors import UsageError
from dsqc.limits import Limits
from dsqc.sketch import Panel
from dsqc.stages._qc_measure import Progress
from dsqc.stages._qc_results import MeasuredRun
from dsqc.stages._validate_files import folder_of
from dsqc.stages.judge import JudgeResult, judge
from dsqc.stages.qc import qc_run
from dsqc.stages.report import render_run
from dsqc.stages.validate import SUBMISSION, ValidateResult
from dsqc.submission import lone_table
from dsqc.taxonomy import Taxonomy

PAGES = "pages"
"""Directory, beside the results, of the page of each run: its measurements, and form against file."""

Validate = Callable[[Path], ValidateResult]


@dataclass(frozen=True, slots=True)
class Desk:
    """How a submission is judged at the desk.

    Attributes:
        validate: validates it into a directory, as the command was asked to.
        panel_path, panel: the genomes that organisms are told by; ``None`` and ``None`` for none.
        goals: quality goals; ``None`` for those that dsqc ships.
        limits, taxonomy: the station's; ``None`` for those that dsqc ships.
        threads, progress: as in ``qc``.
    """

    validate: Validate
    panel_path: Path | None = None
    panel: Panel | None = None
    goals: Path | None = None
    limits: Limits | None = None
    taxonomy: Taxonomy | None = None
    threads: int = 2
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class DeskResult:
    """What was found at the desk.

    Attributes:
        validation: what validate found in the forms.
        judged: the verdict, with what the data files gave.
        pages: page of each run, in the order of the sheets; none where no results are kept.
    """

    validation: ValidateResult
    judged: JudgeResult
    pages: tuple[Path, ...] = ()


def check_reads(submission: Path, desk: Desk, results: Path | None = None) -> DeskResult:
    """Validate the forms, measure every data file and judge: form against file, and the verdict of the station.

    Files are measured also where the forms have errors, so that everything is told at once.

    Args:
        submission: its directory, or its workbook with the files beside it.
        desk: how it is judged.
        results: where everything that was found goes, with a page a run; ``None``: nowhere.

    Raises:
        UsageError: there is no submission, it is a single table, or its files are encrypted.
        SystemFault: a file cannot be read, or changed meanwhile; the disk refused.
    """
    folder = whole_folder(submission)
    with work_place(results, folder) as work:
        validation = desk.validate(work)
        for run in validation.submission.runs():
            measure(run.key, folder, work, desk)
        judged = judge_at(work, desk)
        pages = tuple(_write_pages(work, validation, judged)) if results is not None else ()
    return DeskResult(validation, judged, pages)


def whole_folder(submission: Path) -> Path:
    """The folder in which the files of a submission stand.

    Raises:
        UsageError: it is a single table.
    """
    if not submission.is_dir() and lone_table(submission.name) is not None:
        raise UsageError(f"{submission} is one table.", hint="Name the directory of the whole submission.")
    return folder_of(submission)


@contextlib.contextmanager
def work_place(results: Path | None, folder: Path) -> Iterator[Path]:
    """Where results are written: ``results``, or a directory named like ``folder`` that is gone afterwards."""
    if results is not None:
        yield results
        return
    with tempfile.TemporaryDirectory(prefix="dsqc-desk-") as place:
        yield Path(place) / (folder.resolve().name or "submission")


def measure(key: str, folder: Path, work: Path, desk: Desk) -> MeasuredRun:
    """Measure one run of what was validated into ``work``."""
    result = qc_run(
        work / SUBMISSION,
        key,
        folder,
        work / "runs" / key,
        threads=desk.threads,
        panel=desk.panel_path,
        progress=desk.progress,
    )
    return MeasuredRun(result.data, result.files, result.findings)


def judge_at(work: Path, desk: Desk) -> JudgeResult:
    """The verdict of what stands in ``work``."""
    return judge(work, goals=desk.goals, limits=desk.limits, taxonomy=desk.taxonomy)


def _write_pages(work: Path, validation: ValidateResult, judged: JudgeResult) -> Iterator[Path]:
    for run in validation.submission.runs():
        data = artefact.read_json(work / "runs" / run.key / "qc.json")
        if data["state"] == "skipped":
            continue
        page = work / PAGES / f"{run.key}.html"
        artefact.write_text(page, render_run(work, data, judged.document, back=""))
        yield page
