"""Registered runs straight in the catalog's tables, many at once: what figures are made over."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from dsqc.catalog.events import append_event
from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    MetricRecord,
    ObjectRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)

GENOMICS = "Genomics data (sequence read, functional genomics data, nucleotide and assembly, variation)"
_numbers = count(1)


def add_submission(
    session: Session,
    runs: int,
    *,
    size_bytes: int = 10**9,
    centre: str = "NABIC",
    data_type: str = GENOMICS,
    ministry: str = "RDA",
    field: str = "seed_crop",
    platform: str = "ILLUMINA",
    strategy: str = "WGS",
    organism: str = "Oryza sativa",
    access: str = "open",
    states: Mapping[str, str] | None = None,
    metrics: Mapping[str, Sequence[float]] | None = None,
    verdict: str = "pass",
) -> SubmissionRecord:
    """A submission of one sample and one experiment with ``runs`` runs of one file each.

    Args:
        size_bytes: of all files together; the first file takes what does not divide.
        states: time (``2025-03-01T00:00``, UTC) of each state it was in, in their order; the last one is its state.
            What ends registered is settled at once, as the station does.
        metrics: values by metric, one a run.
    """
    number = next(_numbers)
    states = states or {"registered": "2025-03-01T00:00"}
    if list(states)[-1] == "registered":  # The station settles it in the same second.
        states = {**states, "closed" if access == "closed" else "released": states["registered"]}
    project = ProjectRecord(
        accession=f"TP{number}", minted=True, submitter="s", alias=f"p{number}", project_type="Primary Project",
        data_type=data_type, title_en="", title_ko="", ministry=ministry, attributes={},
    )  # fmt: skip
    session.add(project)
    session.flush()
    submission = SubmissionRecord(
        submitter="s", alias=f"a{number}", accession=f"TU{number}", state="", content_sha256=f"{number:064x}",
        verdict=verdict, verdict_sha256="", research_field=field, form_version="1.0.0", package="", data_centre=centre,
        access_level=access, release_date="", project_id=project.id, attributes={}, project_attributes={}, reasons=[],
    )  # fmt: skip
    session.add(submission)
    session.flush()
    for state, at in states.items():
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        submission.state = state
        append_event(session, submission, state, actor="test", clock=lambda moment=moment: moment)  # type: ignore[misc]
    sample = SampleRecord(
        accession=f"TS{number}", minted=True, submission_id=submission.id, project_id=project.id, name="s",
        name_key="s", title="", organism=organism, taxonomy_id=None, collection_date="", geo_loc_name="", attributes={},
    )  # fmt: skip
    stored = ObjectRecord(sha256=f"{number:064x}", md5=f"{number:032x}", size_bytes=1)
    session.add_all([sample, stored])
    session.flush()
    experiment = ExperimentRecord(
        accession=f"TE{number}", submission_id=submission.id, project_id=project.id, sample_id=sample.id,
        library_id="l", title="", library_strategy=strategy, library_source="GENOMIC", library_selection="RANDOM",
        library_layout="PAIRED", platform=platform, instrument_model="", attributes={},
    )  # fmt: skip
    session.add(experiment)
    session.flush()
    sizes = [size_bytes - size_bytes // runs * (runs - 1), *([size_bytes // runs] * (runs - 1))]
    _add_runs(session, experiment, stored, sizes, metrics or {})
    return submission


def _add_runs(
    session: Session,
    experiment: ExperimentRecord,
    stored: ObjectRecord,
    sizes: Sequence[int],
    metrics: Mapping[str, Sequence[float]],
) -> None:
    submission = experiment.submission_id
    rows: list[dict[str, Any]] = [
        {
            "accession": f"TR{submission}-{place:06d}", "submission_id": submission,
            "experiment_id": experiment.id, "alias": f"r{place}", "run_key": f"r{place}", "file_type": "fastq",
            "run_date": "", "attributes": {},
        }
        for place in range(len(sizes))
    ]  # fmt: skip
    session.execute(insert(RunRecord), rows)
    ids = [run.id for run in session.query(RunRecord.id).filter_by(submission_id=submission).order_by(RunRecord.id)]
    files = [
        {
            "run_id": run, "object_id": stored.id, "name": f"f{place}", "read_role": "R1", "format": "fastq",
            "container": "bgzf", "md5": "", "sha256": "", "size_bytes": size, "read_count": 1,
            "base_count": 4, "attributes": {},
        }
        for place, (run, size) in enumerate(zip(ids, sizes, strict=True))
    ]  # fmt: skip
    session.execute(insert(DataFileRecord), files)
    values = [
        {"run_id": run, "metric": name, "value": float(value), "text": None}
        for name, column in metrics.items()
        for run, value in zip(ids, column, strict=True)
    ]
    if values:
        session.execute(insert(MetricRecord), values)
